"""What papers are written on: the bureau, its wording, and the issue of the list that they are of."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from matcher.domain.messages import Message
from matcher.files.bureau import BUREAU, Bureau, read_bureau
from matcher.files.own import own_names
from matcher.files.templating import Look, Template, read_template
from matcher.language import label

_LANGUAGE = "zh"
_BUREAU = ("office", "office_telephone", "inspection", "inspection_telephone", "address", "postcode", "email", "basis")
_ISSUE = ("bureau", *_BUREAU, "batch", "year", "round", "document_number", "date", "version", "chain_head")
_PAIR = (
    *("expert", "institution", "expert_title", "research_fields", "firm", "township", "credit_code", "need_title"),
    *("term", "term_from", "term_to", "mode", "days", "roles", "number"),
)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "notice": (
        *(*_ISSUE, "first_day", "last_day", "working_days"),
        *("pairs", "experts", "firms", "institutions"),
    ),
    "letter": (*_ISSUE, *_PAIR),
    "agreement": (*_ISSUE, *_PAIR),
    "invitation": (*_ISSUE, "party", "person", "link", "code", "login", "valid_until"),
}
"""Names that each template may have in braces."""
_FILES = tuple(f"{name}.txt" for name in FIELDS)
TEMPLATES = "templates"
"""The folder of templates of one's own, beside ``bureau.toml``."""
_ALIKE = 0.8
"""From which likeness on a name is taken for one that is misspelt."""
_SAID_BY: Mapping[str, tuple[str, ...]] = {"invitation": ("party", "login", "link", "code")}
"""Without which a paper says too little: an invitation for nobody, or that opens nothing."""
_WITHOUT: Mapping[str, tuple[Look, ...]] = {
    "notice": (),
    "letter": ("list",),
    "agreement": ("list",),
    "invitation": ("list", "cells", "page", "landscape"),
}
"""What each has no room for."""


@dataclass(frozen=True, slots=True)
class Issue:
    """
    Which list a paper is of, and when it was issued.

    Parameters
    ----------
    batch : str
        Name of the batch; empty where it is not known.
    day : date
        Of the paper: that of the publication, or else the term's or none's; never the clock's.
    year : int or None
    kind : str
        Of the round: ``"first"``, ``"supplementary"`` or ``"adjustment"``.
    document_number : str
    notice : (date, date) or None
        First and last day of the public notice; None where there is none yet.
    version : int or None
        Of the publication.
    chain_head : str
        The last link of the audit log when it was published; empty where it is not known.
    is_demo : bool
        Nothing of it is real, and every page says so.
    """

    batch: str = ""
    day: date | None = None
    year: int | None = None
    kind: str = "first"
    document_number: str = ""
    notice: tuple[date, date] | None = None
    version: int | None = None
    chain_head: str = ""
    is_demo: bool = False

    @property
    def banner(self) -> str:
        """What every page says of it."""
        return label("papers.demo", _LANGUAGE) if self.is_demo else ""

    @property
    def batch_words(self) -> str:
        """The batch as it stands in a sentence: a bare year is called one."""
        is_year = self.batch.isdecimal() and len(self.batch) == 4
        return label("papers.year", _LANGUAGE).format(year=self.batch) if is_year else self.batch

    @property
    def round_words(self) -> str:
        """The kind of the round, where it is not the first."""
        return "" if self.kind == "first" else label(f"papers.round.{self.kind}", _LANGUAGE)


@dataclass(frozen=True, slots=True)
class Stationery:
    """
    The bureau and where its own templates are.

    Parameters
    ----------
    bureau : Bureau
    folder : path or None
        Of templates that stand above ours.
    home : path or None
        Where ``bureau.toml`` and that folder are looked for.
    """

    bureau: Bureau
    folder: Path | None = None
    home: Path | None = None
    _read: dict[str, Template] = field(default_factory=dict, init=False, repr=False, compare=False)

    def template(self, name: str) -> Template:
        """Read a template, once; raises `InputError` for what is wrong with it."""
        if name not in self._read:
            self._read[name] = read_template(name, FIELDS[name], self.folder, without=_WITHOUT[name])
        return self._read[name]

    def values(self, issue: Issue) -> dict[str, str]:
        """Give what stands for the names that every template may have."""
        day = "" if issue.day is None else chinese_date(issue.day)
        return {
            "bureau": self.bureau.name,
            **{name: getattr(self.bureau, name) for name in _BUREAU},
            "batch": issue.batch_words,
            "year": "" if issue.year is None else str(issue.year),
            "round": issue.round_words,
            "document_number": issue.document_number or label("papers.no_document_number", _LANGUAGE),
            "date": day or label("papers.no_date", _LANGUAGE),
            "version": "" if issue.version is None else str(issue.version),
            "chain_head": issue.chain_head,
        }

    def blanks(self, template: str, said: Collection[str] = ()) -> list[str]:
        """
        Name what a paper would print of ``bureau.toml`` that nobody has filled in yet.

        Parameters
        ----------
        template : str
        said : collection of str
            Names in braces for which ``bureau.toml`` is not asked, since the list says them.
        """
        called = {"bureau": "name", "term": "agreement_term" if template == "agreement" else "term"}
        found = self.template(template)
        has_list = any(piece.look == "list" for piece in found.pieces)
        named = found.fields | ({"term"} if has_list else frozenset())  # a column of the list
        return self.blank(called.get(name, name) for name in named if name not in said)

    def blank(self, names: Iterable[str]) -> list[str]:
        """Say which of these names of ``bureau.toml`` nobody has filled in yet."""
        used = set(names)
        return [name for name in self.bureau.unfilled if name in used]

    def warnings(self, template: str, said: Collection[str] = ()) -> list[Message]:
        """Say what is to be looked at before a paper goes out; as `blanks` does, and names and files to be checked."""
        found = []
        if names := self.blanks(template, said):
            found.append(Message("papers.unfilled", {"names": names}))
        if "roles" in self.template(template).fields and not self.bureau.roles_confirmed:
            found.append(Message("papers.roles_unconfirmed", {"roles": self.bureau.roles}))
        if lacking := [name for name in _SAID_BY.get(template, ()) if name not in self.template(template).fields]:
            path = self.template(template).path
            found.append(
                Message("papers.template.lacking", {"path": path, "names": [f"{{{name}}}" for name in lacking]})
            )
        strays = ((self.home, _strays_at_home, (BUREAU, TEMPLATES)), (self.folder, _strays, _FILES))
        for folder, look, allowed in strays:
            if folder is not None and (names := look(folder)):
                values = {"names": names, "allowed": allowed, "path": str(folder)}
                found.append(Message("papers.own.unused", values))
        return found


def _strays(folder: Path) -> list[str]:
    """List files that look like templates of one's own and are none: a name misspelt, or one a folder too deep."""
    names = {name for name in own_names(folder) - set(_FILES) if not name.startswith(".")}
    deeper = {name: own_names(folder / name) for name in names if (folder / name).is_dir()}
    found = [f"{name}/{file}" for name, files in deeper.items() for file in files.intersection(_FILES)]
    return sorted([*(names - set(deeper)), *found])


def _strays_at_home(folder: Path) -> list[str]:
    """List what looks like ``bureau.toml``, like the folder of templates, or like one of these outside of it."""
    ours = (BUREAU, TEMPLATES)
    return sorted(
        name
        for name in own_names(folder) - set(ours)
        if name in _FILES
        or name.casefold().startswith(("bureau", "template"))
        or difflib.get_close_matches(name.casefold(), ours, 1, _ALIKE)
    )


def stationery(home: Path | None = None, sample: Path | None = None) -> Stationery:
    """
    Read what a service's papers are written on.

    Parameters
    ----------
    home : path or None
        Folder of the service: its ``bureau.toml``, and in ``templates/`` the wording that stands above ours.
    sample : path or None
        Folder whose ``bureau.toml`` says what nobody has filled in: of a demonstration.

    Raises
    ------
    InputError, SettingsError
        When its ``bureau.toml`` is not in order.
    """
    bureau = read_bureau(home)
    if sample is not None:
        invented = read_bureau(sample)
        bureau = bureau.model_copy(update={name: getattr(invented, name) for name in bureau.unfilled})
    return Stationery(bureau, None if home is None else home / TEMPLATES, home)


def chinese_date(day: date) -> str:
    """Write a day as official documents do (GB/T 9704-2012, 7.3.5.4): Arabic numerals, no leading zero."""
    return label("papers.date", _LANGUAGE).format(year=day.year, month=day.month, day=day.day)


def term_words(start: str, end: str, otherwise: str) -> str:
    """Write a term, of days in ISO form, either of which may be blank."""
    days = {name: chinese_date(date.fromisoformat(day)) for name, day in (("start", start), ("end", end)) if day}
    if not days:
        return otherwise
    return label(f"papers.term.{'_'.join(days)}", _LANGUAGE).format(**days)


def term_dots(start: str, end: str, otherwise: str) -> str:
    """Write a term as a table has room for it."""
    days = [day.replace("-", ".") for day in (start, end)]
    return "\u2014".join(days) if any(days) else otherwise
