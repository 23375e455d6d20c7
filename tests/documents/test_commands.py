"""The commands and what is written of them: each stands in the README or a guide, and whatever stands there exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from matcher import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every command that does something, by the words that call it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    for name, one in (inner or {}).items():
        yield from commands(one, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(cli.app)))


def calls(page: Path) -> Iterator[list[str]]:
    """Give the words of every command line in a page's blocks, without its comment."""
    for line in re.findall(r"^\.venv/bin/matcher (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
        yield shlex.split(line, comments=True)


def called(words: list[str]) -> tuple[str, ...]:
    return next((path for path in COMMANDS if tuple(words[: len(path)]) == path), ())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_is_shown_in_the_readme_or_a_guide(path: tuple[str, ...]) -> None:
    assert any(called(words) == path for page in PAGES for words in calls(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_is_a_command_with_options_that_there_are(page: Path) -> None:
    for words in calls(page):
        assert called(words), words
        command = COMMANDS[called(words)]
        there = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert given <= there | {"--lang", "--help"}, words
