"""The command line: words from the catalogue, results on standard output or in files, the rest on standard error."""

import gc
import io
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.exceptions import Abort, TyperException

from matcher import __version__
from matcher.cli import account, database, learning, matching, papers, privacy, serving
from matcher.cli.shared import FINE, INFEASIBLE, OUR_FAULT, UNREACHABLE, WRONG_INPUT, say, say_all, say_lines, warn
from matcher.cli.usage import misuse, put_into_words, without_value
from matcher.domain.errors import AuditError, InfeasibleProblem, MatcherError, Unreachable
from matcher.domain.messages import Message
from matcher.language import label, use

_CODES = {InfeasibleProblem: INFEASIBLE, AuditError: OUR_FAULT, Unreachable: UNREACHABLE}
"""Codes of the errors that are not wrong input."""

_INTERRUPTED = 130
"""As shells have it of whoever was told to stop by Ctrl-C."""

app = typer.Typer(
    name="matcher", help="cli.app", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

# In the order of the help, whose texts are codes of the catalogue: main() puts them into words in the language chosen.
for _command in (
    *(matching.check, matching.suggest, learning.vectors, learning.epoch, matching.assign, matching.compare),
    *(learning.tune, matching.audit, matching.why, learning.evaluate),
    *(papers.export, papers.templates, serving.serve),
):
    app.command(help=f"cli.{_command.__name__}")(_command)
app.add_typer(database.app)
app.add_typer(account.app)
app.add_typer(privacy.app)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """
    Run the command and exit with its code.

    0 fine, 1 our fault, 2 wrong use or input, 3 infeasible, 4 not sound, 5 the database does not answer.

    Parameters
    ----------
    arguments : sequence of str or None
        None: those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to stop
    # One short run makes few cycles; collecting ever again costs a tenth of it.
    gc.set_threshold(200_000, 50, 50)
    words, command = list(sys.argv[1:] if arguments is None else arguments), typer.main.get_command(app)
    try:
        words = _choose_language(words)
        words = words[:-1] if words[-1:] == ["--"] else words  # nothing is behind it
        put_into_words(command)
        if said := without_value(command, words):
            say_lines(said)
            sys.exit(WRONG_INPUT)
        code = command.main(args=words, prog_name="matcher", standalone_mode=False)
    except MatcherError as fault:
        warn(getattr(fault, "warnings", ()))
        if isinstance(fault, InfeasibleProblem):
            say(Message("cli.infeasible"))
            say_lines(fault.messages)
        else:
            say_all("cli.problems", fault.messages)
        sys.exit(next((code for kind, code in _CODES.items() if isinstance(fault, kind)), WRONG_INPUT))
    except TyperException as fault:
        if type(fault).__name__ == "NoArgsIsHelpError":
            fault.show()  # ty: ignore[missing-attribute]  # the help itself
        else:
            say_lines(misuse(fault, command, words))
        sys.exit(WRONG_INPUT)
    except Abort:
        sys.exit(_INTERRUPTED)
    except Exception as fault:  # noqa: BLE001 - the last line of defence: whatever gets here is our fault, and says so
        typer.echo(label("cli.fault"), err=True)
        traceback.print_exception(fault)
        sys.exit(OUR_FAULT)
    sys.exit(code or FINE)


@app.callback(invoke_without_command=True)
def _versioned(version: Annotated[bool, typer.Option("--version", help="cli.option.version")] = False) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit(FINE)


def _choose_language(words: list[str]) -> list[str]:
    """Take ``--lang`` out, wherever it stands: help and errors are to be in that language too."""
    rest, chosen = [], None
    at = iter(words)
    for word in at:
        if word == "--lang":
            chosen = next(at, "")
        elif word.startswith("--lang="):
            chosen = word.partition("=")[2]
        else:
            rest.append(word)
    if chosen is not None:
        use(chosen)
    return rest
