"""What each state of a round allows, cell by cell, and that its ways lead from the call to the assessment."""

import itertools
from pathlib import Path

import pytest

from matcher.domain.errors import NotAllowed
from matcher.domain.rounds import (
    ACTIONS,
    ALLOWED,
    FORM_MOVES,
    MOVES,
    PLACEMENT_MOVES,
    STATES,
    Action,
    RoundState,
    confirm_allowed,
    next_state,
)
from matcher.language import LANGUAGES, label, sentence

# x: allowed. Written out apart from the code, by the process of real notices.
TABLE = """
                      collecting choosing matching confirming notice active assessed
import_forms              x         x        .         .        .      .       .
write_form                x         x        .         .        .      .       .
submit_form               x         x        .         .        .      .       .
withdraw_form             x         .        .         .        .      .       .
review_form               x         x        .         .        .      .       .
record_consent            x         x        x         .        .      .       .
state_preferences         .         x        .         .        .      .       .
withdraw_preferences      .         x        .         .        .      .       .
look_into_preferences     .         .        x         .        .      .       .
change_settings           x         x        x         .        .      .       .
edit_scenario             .         .        x         .        .      .       .
run                       .         .        x         .        .      .       .
propose                   .         .        x         .        .      .       .
answer                    .         .        .         x        .      .       .
publish                   .         .        .         x        x      .       .
withdraw_publication      .         .        .         .        x      .       .
receive_objection         .         .        .         .        x      .       .
decide_objection          .         .        x         x        x      .       .
activate                  .         .        .         .        x      .       .
log_service               .         .        .         .        .      x       .
end_placement             .         .        .         .        .      x       x
open_round                .         .        .         .        .      x       .
assess                    .         .        .         .        .      x       x
wish_renewal              .         .        .         .        .      x       x
advance                   x         x        .         .        .      x       .
step_back                 .         x        x         x        .      .       .
"""
HEADER, *ROWS = (line.split() for line in TABLE.strip().splitlines())
CELLS = [(row[0], state, mark == "x") for row in ROWS for state, mark in zip(HEADER, row[1:], strict=True)]


def test_the_table_has_every_state_and_every_action() -> None:
    assert tuple(HEADER) == STATES
    assert {row[0] for row in ROWS} == set(ACTIONS)


@pytest.mark.parametrize(("action", "state", "is_allowed"), CELLS, ids=str)
def test_a_state_allows_just_what_its_column_says(action: Action, state: RoundState, is_allowed: bool) -> None:
    assert (action in ALLOWED[state]) is is_allowed
    if is_allowed:
        confirm_allowed(state, action)
    else:
        with pytest.raises(NotAllowed) as refused:
            confirm_allowed(state, action)
        said = sentence(refused.value.messages[0], "en")
        for other in STATES:
            named = label(f"value.round.{other}", "en") in said.split("but when it is")[1]
            assert named is (action in ALLOWED[other])


def test_every_way_is_gone_by_an_action_that_its_first_state_allows() -> None:
    for (before, _after), action in MOVES.items():
        assert action in ALLOWED[before]


def test_an_action_leads_from_a_state_to_one_other_at_most() -> None:
    ways = [(before, action) for (before, _), action in MOVES.items()]
    assert len(ways) == len(set(ways))


def test_forward_the_states_follow_each_other_and_nothing_is_skipped() -> None:
    order = {state: k for k, state in enumerate(STATES)}
    forward = {(before, after) for before, after in MOVES if order[after] > order[before]}
    assert forward == set(itertools.pairwise(STATES))


def test_what_leads_nowhere_is_refused() -> None:
    for state in STATES:
        for action in ACTIONS:
            if (state, action) in {(before, way) for (before, _), way in MOVES.items()}:
                assert (state, next_state(state, action)) in MOVES
            elif action not in ALLOWED[state]:
                with pytest.raises(NotAllowed):
                    next_state(state, action)


def test_a_form_gets_from_its_draft_to_its_acceptance_and_back_with_a_reason() -> None:
    assert FORM_MOVES["draft"]["submit_form"] == "submitted"
    assert FORM_MOVES["submitted"]["accept"] == "accepted"
    assert FORM_MOVES["submitted"]["return"] == "returned"
    assert FORM_MOVES["returned"]["submit_form"] == "submitted"
    assert "accept" not in FORM_MOVES["draft"], "nobody accepts what was not handed in"
    assert {after for ways in FORM_MOVES.values() for after in ways.values()} == set(FORM_MOVES)


def test_a_placement_goes_one_way_and_may_end_from_every_state() -> None:
    order = ("proposed", "confirmed", "public", "active", "ended")
    for before, after in itertools.pairwise(order[:-1]):
        assert PLACEMENT_MOVES[before] == {after, "ended"}
    assert PLACEMENT_MOVES["active"] == {"ended"}
    assert PLACEMENT_MOVES["ended"] == frozenset()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_states_and_actions_have_words(lang: str) -> None:
    for code in (*(f"value.round.{state}" for state in STATES), *(f"value.action.{action}" for action in ACTIONS)):
        assert label(code, lang)


def test_the_guide_shows_the_same_table() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "rounds.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in guide.splitlines() if line.startswith("|")
    ]
    header, _, *table = rows[: len(ACTIONS) + 2]
    assert [cell.split()[0] for cell in header[1:]] == list(STATES)
    shown = {row[0].strip("`"): [mark == "x" for mark in row[1:]] for row in table}
    assert shown == {action: [action in ALLOWED[state] for state in STATES] for action in ACTIONS}
