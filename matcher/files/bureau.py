"""What papers say of the bureau itself: its name, telephones, what it goes by, which days are off, its fonts."""

import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.domain.working_days import is_weekend, working_days
from matcher.files.own import own_file
from matcher.files.settings import read_toml
from matcher.files.settings_text import toml_value
from matcher.files.templating import template_bytes
from matcher.language import label

BUREAU = "bureau.toml"
"""Name of the file, ours and one's own."""

_Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_ROLES, _ROLE = range(2, 11), range(2, 21)
"""How many roles there are, and of how many characters each."""
_KINDS = {
    "notice_working_days": "days", "roles_confirmed": "yes_no", "roles": "names", "holidays": "table", "fonts": "table",
}  # fmt: skip
"""What else is expected than words."""
_MAY_BE_EMPTY = frozenset({"email"})
"""What a bureau may have none of: its line is left out of the notice."""


def _roles(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) not in _ROLES or len(set(names)) < len(names) or any(len(name) not in _ROLE for name in names):
        raise ValueError("not the names of roles")
    return names


def _weekdays(days: tuple[date, ...]) -> tuple[date, ...]:
    """Refuse a day that changes nothing: it was meant to be another. So no day is both off and worked."""
    if wrong := [day for day in days if is_weekend(day)]:
        raise PydanticCustomError("off_on_weekend", "at weekends", {"days": wrong})
    return days


def _weekends(days: tuple[date, ...]) -> tuple[date, ...]:
    if wrong := [day for day in days if not is_weekend(day)]:
        raise PydanticCustomError("worked_on_weekday", "on weekdays", {"days": wrong})
    return days


class _Part(BaseModel):
    """A table of the file: frozen, and an unknown name in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Holidays(_Part):
    """Days that are not what their weekday says."""

    off: Annotated[tuple[date, ...], Field(strict=False), AfterValidator(_weekdays)] = ()
    worked: Annotated[tuple[date, ...], Field(strict=False), AfterValidator(_weekends)] = ()

    def working_days(self, first: date, last: date) -> int:
        """Count the working days of a period, both ends included."""
        return len(list(working_days(first, last, off=self.off, worked=self.worked)))

    def knows(self, year: int) -> bool:
        """Tell whether any day of a year is written down: no year of China's has none."""
        return any(day.year == year for day in (*self.off, *self.worked))


class Fonts(_Part):
    """Names of fonts, by what is set in them; ``latin`` is for figures and letters in all of them."""

    title: _Name
    heading: _Name
    emphasis: _Name
    body: _Name
    table: _Name
    latin: _Name


class Bureau(_Part):
    """
    The bureau, as its papers name it.

    ``basis`` is the document that the selection goes by; ``term`` and ``days`` are what papers say where the list, or
    the need, says nothing, and ``agreement_term`` what the agreement says there, which can't refer to itself; ``roles``
    are what an instructor is for, and ``roles_confirmed`` that somebody has made sure of their names.
    """

    name: _Words
    office: _Words
    office_telephone: _Words
    inspection: _Words
    inspection_telephone: _Words
    address: _Words
    postcode: _Words
    email: _Words
    basis: _Words
    notice_working_days: Annotated[int, Field(ge=1, le=30)]
    term: _Words
    agreement_term: _Words
    days: _Words
    roles: Annotated[tuple[_Name, ...], Field(strict=False), AfterValidator(_roles)]
    roles_confirmed: bool
    holidays: Annotated[Holidays, BeforeValidator(lambda given: {} if given == [] else given)]
    fonts: Fonts

    @property
    def unfilled(self) -> list[str]:
        """Names of what is still to be filled in: what says so, as in the example, however it is spaced, or nothing."""
        mark = label("papers.to_fill", "zh")
        seen = {name: _visible(value) for name, value in self if isinstance(value, str)}
        return [name for name, value in seen.items() if mark in value or not (value or name in _MAY_BE_EMPTY)]


def read_bureau(folder: Path | None = None) -> Bureau:
    """
    Read what the bureau says of itself.

    Parameters
    ----------
    folder : path or None
        Where its ``bureau.toml`` may be; what that leaves out is as in the example, which marks what to
        fill in.

    Raises
    ------
    SettingsError
        With every fault: a name that does not exist, a value of another kind; a file that is no TOML.
    InputError
        When what stands there is no file.
    """
    content: dict[str, Any] = tomllib.loads(template_bytes(BUREAU)[1].decode())
    path = own_file(folder, BUREAU)
    if path is not None:
        content = _over(content, read_toml(path))
    try:
        return Bureau.model_validate(content)
    except ValidationError as error:
        messages = [_message(fault) for fault in error.errors(include_url=False)]
        raise SettingsError([Problem(message, path=str(path or BUREAU)) for message in messages]) from None


def _visible(text: str) -> str:
    """Leave out what nobody sees: blanks, controls and marks of format, by their general categories in Unicode."""
    return "".join(character for character in text if unicodedata.category(character)[0] not in "ZC")


def _over(ours: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Put one's own values over ours; a table is put over a table name by name."""

    def of(name: str, value: Any) -> Any:
        return _over(ours[name], value) if isinstance(value, dict) and isinstance(ours.get(name), dict) else value

    return {**ours, **{name: of(name, value) for name, value in own.items()}}


def _message(fault: Mapping[str, Any]) -> Message:
    place = [part for part in fault["loc"] if isinstance(part, str)]
    key = ".".join(place)
    if fault["type"] == "extra_forbidden":
        section: Any = {"holidays": Holidays, "fonts": Fonts}.get(place[0], Bureau) if len(place) > 1 else Bureau
        return Message("papers.bureau.unknown", {"key": key, "allowed": sorted(section.model_fields)})
    if fault["type"] in ("off_on_weekend", "worked_on_weekday"):
        return Message(f"papers.bureau.{fault['type']}", {"key": key, "days": fault["ctx"]["days"]})
    kind = _KINDS.get(key) or ("dates" if place[:1] == ["holidays"] else "words")
    return Message(f"papers.bureau.{kind}", {"key": key, "value": toml_value(fault["input"])})
