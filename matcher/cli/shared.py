"""What all commands share: exit codes, options, and how they speak."""

import json
import os
from collections.abc import Sequence
from datetime import date
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.language import sentence

FINE, OUR_FAULT, WRONG_INPUT, INFEASIBLE, UNSOUND, UNREACHABLE = 0, 1, 2, 3, 4, 5
"""Exit codes."""

SHOWN, SHOWN_AS_INFORMATION = 200, 10
"""Problems shown at most, and blocking pairs where the objective does not promise that there are none."""

Experts = Annotated[Path, typer.Argument(metavar="EXPERTS", help="cli.option.experts")]
Firms = Annotated[Path, typer.Argument(metavar="FIRMS", help="cli.option.firms")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="cli.option.settings")]
RatingsFile = Annotated[Path | None, typer.Option("--ratings", help="cli.option.ratings")]
Objective = Annotated[str | None, typer.Option(help="cli.option.objective")]
Proposer = Annotated[Literal["firms", "experts"] | None, typer.Option(help="cli.option.proposer")]
KeepFile = Annotated[Path | None, typer.Option("--keep", help="cli.option.keep")]
Seed = Annotated[int | None, typer.Option(help="cli.option.seed", min=0, max=2**63 - 1)]
Out = Annotated[Path, typer.Option(help="cli.option.out")]
Json = Annotated[bool, typer.Option("--json", help="cli.option.json")]


def at_terminal() -> Principal:
    """
    Say who is at the terminal, by the name there: whoever may open the database may do everything.

    In a container a user may have a number alone.
    """
    try:
        name = getuser()
    except (KeyError, OSError):
        name = f"uid {os.getuid()}"
    return Principal(name, "administrator")


def day(written: str) -> date:
    """
    Read a day as it is written on the command line.

    Raises
    ------
    InputError
        When it is none.
    """
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise InputError([Problem(Message("cli.no_day", {"value": written}))]) from None


def warn(warnings: Sequence[Problem]) -> None:
    """Show what is worth a look."""
    if warnings:
        say(Message("cli.warnings", {"count": len(warnings)}))
        say_lines(warnings)


def say_all(heading: str, messages: Sequence[Message | Problem]) -> None:
    """Show messages under a heading that counts them; one alone needs none."""
    if len(messages) > 1:
        say(Message(heading, {"count": len(messages)}))
    say_lines(messages)


def say_lines(messages: Sequence[Message | Problem], at_most: int = SHOWN) -> None:
    """Show messages, a line each, and how many more there are: of too many first what is of no row, but of it all."""
    if len(messages) > at_most:
        messages = sorted(messages, key=lambda message: getattr(message, "row", None) is not None)
    for message in messages[:at_most]:
        say(message)
    if len(messages) > at_most:
        say(Message("cli.more", {"count": len(messages) - at_most}))


def say(message: Message | Problem) -> None:
    """Show one message on standard error."""
    typer.echo(sentence(message), err=True)


def write_json(content: Any) -> None:
    """Write values to standard output, for programs."""
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
