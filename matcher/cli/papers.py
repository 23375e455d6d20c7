"""Commands that make papers: of a folder, without the database."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from matcher.cli.shared import say, say_lines
from matcher.domain.messages import Message


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="cli.option.result")],
    to: Annotated[Literal["xlsx", "docx"], typer.Option("--to", help="cli.option.to")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="cli.option.export_out")] = None,
) -> None:
    """Make a list into something to print."""
    from matcher.services.printing import print_folder

    path, warnings = print_folder(folder, to, out)
    say_lines(warnings)
    say(Message("cli.files", {"names": (path,)}))


def templates(
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="cli.option.templates_out")] = None,
) -> None:
    """Write out the wording of papers, to be changed."""
    from matcher.services.printing import lay_out_templates

    path, names = lay_out_templates(out)
    say(Message("cli.templates.written", {"path": path, "names": names}))
