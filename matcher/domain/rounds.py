"""
A round of a batch: its states, the ways between them, and what may be done in each.

The tables are the whole rule: who asks whether something may be done asks them, and nobody else decides. They follow
the process of real notices: call, two-way selection, matching, confirmation, public notice, in force, assessment.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from matcher.domain.errors import NotAllowed
from matcher.domain.messages import Message

RoundState = Literal["collecting", "choosing", "matching", "confirming", "notice", "active", "assessed"]
RoundKind = Literal["first", "supplementary", "adjustment"]
"""``supplementary`` adds to the pairs placed, which stay; ``adjustment`` may change them."""
FormState = Literal["draft", "submitted", "returned", "accepted"]
"""Of a firm's need and of an expert's application."""
PlacementState = Literal["proposed", "confirmed", "public", "active", "ended"]
Ending = Literal["declined", "objection", "withdrawn", "adjusted", "quit", "expired"]
"""
Why a placement ended: a side declined; an objection was upheld; its proposal or publication was withdrawn; a later
round placed otherwise; a side left early; its term was over.
"""
RunState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
Silence = Literal["accept", "decline"]
"""What it means when a side does not answer by the date."""
Answer = Literal["accepted", "declined", "accepted_by_silence", "declined_by_silence"]

Action = Literal[
    "import_forms", "write_form", "submit_form", "withdraw_form", "review_form", "record_consent",
    "state_preferences", "withdraw_preferences", "look_into_preferences",
    "change_settings", "edit_scenario", "run", "propose", "answer", "publish", "withdraw_publication",
    "receive_objection", "decide_objection", "activate",
    "log_service", "end_placement", "open_round", "assess", "wish_renewal",
    "advance", "step_back",
]  # fmt: skip

STATES: tuple[RoundState, ...] = get_args(RoundState)
ACTIONS: tuple[Action, ...] = get_args(Action)

ALLOWED: Mapping[RoundState, frozenset[Action]] = {
    "collecting": frozenset(
        {"import_forms", "write_form", "submit_form", "withdraw_form", "review_form", "record_consent"}
        | {"change_settings", "advance"}
    ),
    "choosing": frozenset(
        {"import_forms", "write_form", "submit_form", "review_form", "record_consent"}
        | {"state_preferences", "withdraw_preferences", "change_settings", "advance", "step_back"}
    ),
    "matching": frozenset(
        {"record_consent", "change_settings", "look_into_preferences", "edit_scenario", "run", "propose"}
        | {"decide_objection", "step_back"}
    ),
    "confirming": frozenset({"answer", "publish", "decide_objection", "step_back"}),
    "notice": frozenset({"receive_objection", "decide_objection", "publish", "withdraw_publication", "activate"}),
    "active": frozenset({"log_service", "end_placement", "open_round", "assess", "wish_renewal", "advance"}),
    "assessed": frozenset({"end_placement", "assess", "wish_renewal"}),
}
"""
What may be done in each state. ``publish`` in ``notice`` is a further version after an objection; an objection to what
was withdrawn is still to be decided; a placement whose term is over ends when it was assessed.
"""

MOVES: Mapping[tuple[RoundState, RoundState], Action] = {
    ("collecting", "choosing"): "advance",
    ("choosing", "matching"): "advance",
    ("active", "assessed"): "advance",
    ("choosing", "collecting"): "step_back",
    ("matching", "choosing"): "step_back",
    ("confirming", "matching"): "step_back",
    ("matching", "confirming"): "propose",
    ("confirming", "notice"): "publish",
    ("notice", "matching"): "withdraw_publication",
    ("notice", "active"): "activate",
}
"""Ways from one state to another, and the action that goes each."""

FORM_MOVES: Mapping[FormState, Mapping[str, FormState]] = {
    "draft": {"write_form": "draft", "submit_form": "submitted"},
    "submitted": {"write_form": "draft", "return": "returned", "accept": "accepted"},
    "returned": {"write_form": "draft", "submit_form": "submitted", "accept": "accepted"},
    "accepted": {"write_form": "draft", "return": "returned"},
}
"""What may be done with a form in each state, and where that leads; ``review_form`` is to return or to accept."""

WITHDRAWABLE: frozenset[FormState] = frozenset({"draft", "returned"})
"""States in which a party may take its own form away: the office has nothing of it to do."""

PLACEMENT_MOVES: Mapping[PlacementState, frozenset[PlacementState]] = {
    "proposed": frozenset({"confirmed", "ended"}),
    "confirmed": frozenset({"public", "ended"}),
    "public": frozenset({"active", "ended"}),
    "active": frozenset({"ended"}),
    "ended": frozenset(),
}
"""States that may follow each state of a placement."""


def confirm_allowed(state: RoundState, action: Action, *others: Action) -> None:
    """
    Raise `NotAllowed`, with the states that would allow it, where a round's state does not allow an action.

    Parameters
    ----------
    state : str
    action : str
    others : str
        What goes with the action, so that it may be done wherever one of them may.
    """
    enough = {action, *others}
    if not enough & ALLOWED[state]:
        states = tuple(Message(f"value.round.{other}") for other in STATES if enough & ALLOWED[other])
        values = {"action": Message(f"value.action.{action}"), "state": Message(f"value.round.{state}")}
        raise NotAllowed([Message("rounds.not_now", {**values, "states": states})])


def next_state(state: RoundState, action: Action) -> RoundState:
    """
    Say where an action leads from a state.

    Raises
    ------
    NotAllowed
        When it leads nowhere from there.

    Examples
    --------
    >>> next_state("collecting", "advance")
    'choosing'
    """
    confirm_allowed(state, action)
    return next(after for (before, after), way in MOVES.items() if before == state and way == action)
