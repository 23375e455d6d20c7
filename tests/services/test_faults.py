"""Power cuts and races at the moments that matter most: a publication is there whole, or not at all."""

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

from matcher.domain.errors import MatcherError
from matcher.domain.rounds import PlacementState
from matcher.services import publishing, rounds
from matcher.store import Store, open_store
from matcher.store.entities import Event, Publication
from tests import bureau
from tests.bureau import NOTICE, WHO, colleague
from tests.dying import in_a_child, publish


def published(store: Store, round_id: int, moment: int) -> int:
    """Publish in a process that is killed after so many statements, and give its exit code."""
    return in_a_child(publish, store.url, round_id, {**NOTICE, "notice": (date(2099, 1, 1), date(2099, 1, 7))}, moment)


def left_behind(store: Store, round_id: int) -> tuple[str, list[PlacementState], int, int]:
    """What a publication changes: the round, its placements, the publications, what is written down."""
    with store.reading() as view:
        states = [placed.state for placed in publishing.placements(store, WHO, round_id)]
        n_events = sum(event.what == "publish" for event in view.listed(Event))
        return rounds.round_of(store, WHO, round_id).state, states, len(view.listed(Publication)), n_events


def test_whoever_is_killed_while_publishing_has_published_nothing(store: Store) -> None:
    round_ = bureau.agreed(store)
    before = left_behind(store, round_.id)
    assert [published(store, round_.id, moment) for moment in (2, 6, 10, 14, 18)] == [-signal.SIGKILL] * 5
    opened = open_store(store.url)
    assert left_behind(opened, round_.id) == before
    opened.close()
    assert publishing.publish(store, WHO, round_.id, **NOTICE).version == 1


def test_who_comes_to_the_end_has_published_all_of_it(store: Store) -> None:
    round_ = bureau.agreed(store)
    assert published(store, round_.id, 1000) == 0
    state, states, count, n_events = left_behind(store, round_.id)
    assert (state, set(states), count, n_events) == ("notice", {"public"}, 1, len(states) + 2)


def test_of_many_who_publish_at_the_same_moment_one_wins_and_every_other_is_told_who(store: Store) -> None:
    round_ = bureau.agreed(store)
    barrier = Barrier(8)

    def won_by(k: int) -> str:
        barrier.wait()
        try:
            publishing.publish(store, colleague(f"管理员{k}"), round_.id, **NOTICE, version=round_.version)
        except MatcherError as told:
            return str(told)
        return "won"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(won_by, range(8)))
    ((publication, _),) = publishing.publications(store, WHO, round_.id)
    assert said.count("won") == 1
    others = [sentence for sentence in said if sentence != "won"]
    assert len(others) == 7
    assert all(publication.published_by in sentence for sentence in others)
