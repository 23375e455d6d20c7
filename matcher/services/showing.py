"""The newest result in the database, as its page shows it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.files import write_bytes
from matcher.services.board import Board, load_board
from matcher.services.freezing import EXPERTS, FIRMS, KEEP, RATINGS
from matcher.services.permissions import permitted
from matcher.services.placing import TIMING
from matcher.services.runs import contents
from matcher.store import Reader, Store
from matcher.store.entities import Publication, Round, Run, Scenario

_ROLES = {"experts": EXPERTS, "firms": FIRMS, "ratings": RATINGS, "keep": KEEP}


@dataclass(frozen=True, slots=True)
class Shown:
    """
    Which result it is.

    Parameters
    ----------
    run : Run
        The last of all that is done.
    batch, scenario : str
        Their names.
    round_ : Round
    publication : Publication or None
        The last that was made of it, if it is not withdrawn.
    """

    run: Run
    batch: str
    round_: Round
    scenario: str
    publication: Publication | None


@permitted
def board_of(store: Store, who: Principal, run_id: int) -> Board:
    """
    Make the board of a run: its list, and what explains it, made again of what the run froze.

    It says who wished whom; who opens it for people to look at writes that down by `note_look`.

    Raises
    ------
    InputError
        When its result is damaged.
    """
    with store.reading() as view:
        return board_in(view, view.get(Run, id=run_id))


def board_in(view: Reader, run: Run) -> Board:
    """Make the board of a run, for whoever shows of it what may be seen; raises what `board_of` does."""
    files = contents(view, {**run.inputs, **run.results})
    with TemporaryDirectory(prefix="matcher-board-") as folder:
        for name, content in files.items():
            write_bytes(Path(folder) / name, content)
        paths = {role: str(Path(folder) / name) for role, name in _ROLES.items() if name in files}
        write_bytes(Path(folder) / TIMING, json.dumps({"inputs": paths}).encode())
        try:
            board = load_board(Path(folder))
        except InputError as fault:
            raise InputError([_without_folder(message) for message in fault.messages]) from fault
    assert board is not None  # noqa: S101 - its files were laid out just now
    return board


@permitted
def note_look(store: Store, who: Principal, run_id: int) -> None:
    """Write down that somebody looks at the board of a run, where wishes are."""
    with store.writing(who.name) as work:
        scenario = work.get(Scenario, id=work.get(Run, id=run_id).scenario_id)
        work.note("look_into_preferences", f"runs/{run_id}", round_id=scenario.round_id)


def _without_folder(message: Message | Problem) -> Message | Problem:
    """Name a file by its name alone, and its folder not at all: that is gone when somebody reads of it."""
    if not isinstance(message, Problem):
        return message
    path = Path(message.path)
    return replace(message, path=path.name if path.suffix else "")
