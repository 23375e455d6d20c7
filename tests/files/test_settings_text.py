"""Settings written out are read back as they were."""

from datetime import date
from pathlib import Path

import pytest

from matcher.domain.settings import Settings
from matcher.files import read_settings
from matcher.files.settings_text import write_settings

EVERYTHING = {
    "text": {"words": 1e-05, "lexicon": '引号"与\\反斜线\t', "vectors": "\x7f"},
    "ranking": {
        "firm": {"text": 0.5, "title": 0.25},
        "calibration": {"firm": {"intercept": -3.5, "slope": 12}, "expert": {"intercept": 0, "slope": 0.5}},
    },
    "eligibility": {"in_post": False, "maximum_age": 60, "year": 2026},
    "assignment": {
        "locks": [["F1", "E1"], ["F2", "E2"]],
        "quotas": [{"column": "township", "maximum": 3}, {"column": "institution", "value": "某", "minimum": 1}],
    },
    "term": {"start": date(2026, 3, 1)},
}


@pytest.mark.parametrize("content", [{}, EVERYTHING, *({name: EVERYTHING[name]} for name in EVERYTHING)])
def test_what_is_written_is_read_back(tmp_path: Path, content: dict[str, object]) -> None:
    settings = Settings.model_validate(content)
    write_settings(tmp_path / "s.toml", settings, ["说明\n一行", "second\x00"])
    assert read_settings(tmp_path / "s.toml") == settings
    lines = (tmp_path / "s.toml").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# 说明 一行", "# second "]


def test_defaults_are_left_out_unless_asked_for(tmp_path: Path) -> None:
    write_settings(tmp_path / "s.toml", Settings(), always={"ranking": {"firm": {}}})
    text = (tmp_path / "s.toml").read_text(encoding="utf-8")
    assert text.startswith("[ranking.firm]\ntext = 0.77\n")
    assert "[ranking.expert]" not in text
    assert "min_fit" not in text
