"""settings.example.toml: it holds every setting, in order, with its default."""

import re
import tomllib
import types
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from matcher.domain.settings import Settings
from matcher.files import read_settings

EXAMPLE = Path(__file__).resolve().parents[2] / "settings.example.toml"
BEHIND = re.compile(r"^# (\w+ = |\[\[)", re.MULTILINE)


def sections(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Tables within a table, lists of tables too."""
    found = {}
    for name, info in model.model_fields.items():
        inner: Any = info.annotation
        if isinstance(inner, types.GenericAlias) and isinstance(get_args(inner)[0], type(BaseModel)):
            inner = get_args(inner)[0]
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found[name] = inner
    return found


def differing(written: dict[str, Any], model: type[BaseModel], place: str = "") -> list[str]:
    """Settings that are missing or stand in another order; in a table, plain ones come before tables."""
    inner = sections(model)
    names = [name for name in model.model_fields if name not in inner] + list(inner)
    found = [] if list(written) == names else [f"{place or 'the file'}: {list(written)}, not {names}"]
    for name, section in inner.items():
        table = written.get(name, {})
        found += differing(table[0] if isinstance(table, list) else table, section, f"{place}{name}.")
    return found


def test_as_it_stands_it_says_the_defaults() -> None:
    assert read_settings(EXAMPLE) == Settings()


def test_with_what_stands_behind_a_sign_it_holds_every_setting_in_order() -> None:
    assert differing(tomllib.loads(BEHIND.sub(r"\1", EXAMPLE.read_text(encoding="utf-8"))), Settings) == []


def test_what_stands_behind_a_sign_can_be_used(tmp_path: Path) -> None:
    text = BEHIND.sub(r"\1", EXAMPLE.read_text(encoding="utf-8"))
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    assert read_settings(tmp_path / "settings.toml").assignment.quotas[0].maximum == 8
