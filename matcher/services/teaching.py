"""What the ratings of earlier years teach about the weights of a round, where its batch began with any."""

from collections.abc import Callable
from functools import lru_cache

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.services.forms import market_of
from matcher.services.freezing import earlier_ratings
from matcher.services.inputs import Inputs
from matcher.services.permissions import permitted
from matcher.services.tuning import Tuned, learn_from
from matcher.store import Store
from matcher.store.entities import Round

Progress = Callable[[int, int, str], None]
Lacking = tuple[Message | Problem, ...]


@permitted
def learned(
    store: Store, who: Principal, round_id: int, settings: Settings, *, on_progress: Progress | None = None
) -> Tuned | Lacking:
    """
    Learn weights and calibration from the ratings that a round's batch began with, beside those of some settings.

    Nothing is written, and nothing is said of anybody's rating: figures are of all together. Counted once for the same
    ratings, forms and settings.

    Parameters
    ----------
    store : Store
    who : Principal
    round_id : int
    settings : Settings
        Whose weights the learned ones are compared with.
    on_progress : callable or None
        Called with (done, total, stage).

    Returns
    -------
    Tuned, or tuple of Message
        What there is too little of, where it can't be learned.
    """
    with store.reading() as view:
        experts, needs = market_of(view, round_id)
        ratings = earlier_ratings(view, view.get(Round, id=round_id).batch_id)
    if not ratings:
        return (Message("tuning.no_ratings"),)
    # What is no weight and no text changes nothing of it.
    weighed = Settings(text=settings.text, ranking=settings.ranking)
    return _learned(_Quiet(on_progress), weighed.model_dump_json(), tuple(experts), tuple(needs), tuple(ratings))


@permitted
def has_ratings(store: Store, who: Principal, round_id: int) -> bool:
    """Tell whether the batch of a round began with any ratings."""
    with store.reading() as view:
        return bool(earlier_ratings(view, view.get(Round, id=round_id).batch_id))


class _Quiet:
    """Who is told how far it is: no part of what is asked, so all are equal."""

    def __init__(self, call: Progress | None) -> None:
        self.call = call

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Quiet)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=4)
def _learned(
    told: _Quiet, settings: str, experts: tuple[Expert, ...], needs: tuple[Need, ...], ratings: tuple[Rating, ...]
) -> Tuned | Lacking:
    inputs = Inputs(list(experts), list(needs), list(ratings), Settings.model_validate_json(settings))
    try:
        return learn_from(inputs, on_progress=told.call)
    except InputError as fault:
        return tuple(message.message if isinstance(message, Problem) else message for message in fault.messages)
