import shutil
import time
from pathlib import Path

import pytest

from matcher.domain.settings import Settings
from matcher.services.board import load_board, records_of, search
from matcher.services.exchanges import Sides
from matcher.services.inputs import Options, load_inputs
from matcher.services.pairs import why_not
from matcher.services.placing import PLACEMENTS, place
from tests.city import City, run
from tests.strategies import DATA


@pytest.fixture
def out(tmp_path: Path) -> Path:
    for name in ("experts", "firms"):
        shutil.copy(DATA / f"{name}.csv", tmp_path)
    inputs = load_inputs(tmp_path / "experts.csv", tmp_path / "firms.csv", Options())
    place(inputs, tmp_path / "out", started=time.perf_counter())
    return tmp_path / "out"


def test_where_nothing_was_run_there_is_no_board(tmp_path: Path) -> None:
    assert load_board(tmp_path) is None


def test_a_board_of_a_fresh_run_is_complete_and_sound(out: Path) -> None:
    board = load_board(out)

    assert board is not None
    assert board.rebuilt is not None
    assert (board.outdated, board.departures, board.blocking_pairs) == ((), (), ())
    fits = [line.fit for line in board.placements]
    assert fits == sorted(fits, key=lambda fit: -(fit or 0))
    assert search(board, "", board.placements) == list(board.placements)


def test_a_blocking_pair_made_by_hand_is_counted_now_whatever_the_report_claims(out: Path) -> None:
    lines = (out / PLACEMENTS).read_text(encoding="utf-8-sig").splitlines(keepends=True)
    (out / PLACEMENTS).write_text("".join(lines[:-1]), encoding="utf-8-sig")
    board = load_board(out)

    assert board is not None
    assert board.certificate.n_blocking_pairs == 0
    assert board.n_blocking_pairs > 0
    assert [getattr(message, "code", "") for message in board.departures] == ["audit.other_value"]


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_a_board_of_a_run_under_rules_knows_them(city: City, tmp_path: Path, objective: str) -> None:
    settings = city.settings(objective, maximum=3)
    words = ("--settings", settings, "--keep", city.keep, "--out", tmp_path)
    assert run("assign", city.experts, city.firms, *words) == 0
    board = load_board(tmp_path)

    assert board is not None
    assert board.rebuilt is not None
    assert (board.outdated, board.departures) == ((), ())
    assert board.n_blocking_pairs == board.certificate.n_blocking_pairs
    assert {"locked"} <= {line.status for line in board.placements} <= {"new", "kept", "locked"}
    assert any("至多 3 对" in str(line.reason) for line in board.left)
    need, expert = records_of(board.rebuilt, "F01", "E05") or (None, None)
    assert need is not None
    assert expert is not None
    assert why_not(board.rebuilt, need, expert).status == "banned"


def test_what_may_be_locked_is_what_no_lock_is_refused_for(out: Path) -> None:
    board = load_board(out)
    assert board is not None
    assert board.rebuilt is not None
    ranker = board.rebuilt.ranking.ranker
    sides = Sides(ranker.experts, ranker.needs, Settings())
    every = [(need.need_id, expert.expert_id) for need in ranker.needs[::9] for expert in ranker.experts]
    refused = {(problem.message.values["firm"], problem.message.values["expert"]) for problem in sides.barred(every)}
    said = {pair for pair in every if not board.rebuilt.may_be_locked(*pair)}

    assert said == refused
    assert 0 < len(said) < len(every)
    assert not board.rebuilt.may_be_locked("nobody", "E1")
