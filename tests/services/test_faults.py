"""Power cuts and races at the moments that matter most: a publication is there whole, or not at all."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from matcher.domain.errors import MatcherError
from matcher.domain.rounds import PlacementState
from matcher.services import publishing, rounds
from matcher.store import Store, open_store
from matcher.store.entities import Event, Publication
from tests import bureau
from tests.bureau import NOTICE, WHO, colleague

# One process for every moment: it forks, and each child dies a little later than the one before.
PUBLISH_AND_DIE = """
import os, signal, sys
from datetime import date
from sqlalchemy import event
from matcher.services.publishing import publish
from matcher.store import connect
from tests.bureau import NOTICE, colleague

round_id, moments = int(sys.argv[1]), [int(word) for word in sys.argv[2:]]
for moment in moments:
    child = os.fork()
    if not child:
        store, left = connect(os.environ["MATCHER_DATABASE_URL"]), moment

        @event.listens_for(store.engine, "before_cursor_execute")
        def _count(*_rest):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        publish(store, colleague("甲"), round_id, **{**NOTICE, "notice": (date(2099, 1, 1), date(2099, 1, 7))})
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def killed(store: Store, round_id: int, *moments: int) -> list[str]:
    """Publish once for each number of statements after which the process is killed, and give the exit codes."""
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH_AND_DIE, str(round_id), *map(str, moments)],
        env={**os.environ, "MATCHER_DATABASE_URL": store.url},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def left_behind(store: Store, round_id: int) -> tuple[str, list[PlacementState], int, int]:
    """What a publication changes: the round, its placements, the publications, what is written down."""
    with store.reading() as view:
        states = [placed.state for placed in publishing.placements(store, WHO, round_id)]
        n_events = sum(event.what == "publish" for event in view.listed(Event))
        return rounds.round_of(store, WHO, round_id).state, states, len(view.listed(Publication)), n_events


def test_whoever_is_killed_while_publishing_has_published_nothing(store: Store) -> None:
    round_ = bureau.agreed(store)
    before = left_behind(store, round_.id)
    assert killed(store, round_.id, 2, 6, 10, 14, 18) == ["-9"] * 5
    opened = open_store(store.url)
    assert left_behind(opened, round_.id) == before
    opened.close()
    assert publishing.publish(store, WHO, round_.id, **NOTICE).version == 1


def test_who_comes_to_the_end_has_published_all_of_it(store: Store) -> None:
    round_ = bureau.agreed(store)
    assert killed(store, round_.id, 1000) == ["0"]
    state, states, count, n_events = left_behind(store, round_.id)
    assert (state, set(states), count, n_events) == ("notice", {"public"}, 1, len(states) + 2)


def test_of_many_who_publish_at_the_same_moment_one_wins_and_every_other_is_told_who(store: Store) -> None:
    round_ = bureau.agreed(store)
    barrier = Barrier(8)

    def publish(k: int) -> str:
        barrier.wait()
        try:
            publishing.publish(store, colleague(f"管理员{k}"), round_.id, **NOTICE, version=round_.version)
        except MatcherError as told:
            return str(told)
        return "won"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(publish, range(8)))
    ((publication, _),) = publishing.publications(store, WHO, round_.id)
    assert said.count("won") == 1
    others = [sentence for sentence in said if sentence != "won"]
    assert len(others) == 7
    assert all(publication.published_by in sentence for sentence in others)
