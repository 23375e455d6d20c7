"""The laws of a ranked list with ties, whatever list and whoever is moved."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.records import Tiers
from matcher.domain.tiers import added, is_tied, lowered, moved, place_in, raised, removed, tied, untied

NAMES = "ABCDEFG"


@st.composite
def lists(draw: st.DrawFn) -> Tiers:
    """Draw a list with ties: some of the names in any order, cut anywhere."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True))
    cuts = [draw(st.booleans()) for _ in names]
    tiers: list[list[str]] = []
    for name, is_new in zip(names, cuts, strict=True):
        if is_new or not tiers:
            tiers.append([])
        tiers[-1].append(name)
    return tuple(map(tuple, tiers))


def alike(tiers: Tiers) -> list[set[str]]:
    """Forget the order among those who are tied: it says nothing."""
    return list(map(set, tiers))


names = st.sampled_from(NAMES)
places = st.integers(-3, 12)


@given(lists(), names, places)
def test_whatever_is_done_everybody_stands_in_the_list_once_and_no_place_is_empty(
    tiers: Tiers, name: str, place: int
) -> None:
    before = Counter(one for tier in tiers for one in tier)
    steps = (raised(tiers, name), lowered(tiers, name), tied(tiers, name), untied(tiers, name))
    for after in (*steps, moved(tiers, name, place)):
        assert Counter(one for tier in after for one in tier) == before
        assert all(after)
    assert Counter(one for tier in added(tiers, name) for one in tier) == before | Counter([name])
    assert Counter(one for tier in removed(tiers, name) for one in tier) == before - Counter([name])


@given(lists(), names, places)
def test_the_others_keep_their_order_and_their_ties(tiers: Tiers, name: str, place: int) -> None:
    others = alike(removed(tiers, name))
    steps = (raised(tiers, name), lowered(tiers, name), tied(tiers, name), untied(tiers, name))
    for after in (*steps, moved(tiers, name, place), added(tiers, name)):
        assert alike(removed(after, name)) == others


@given(lists(), names)
def test_up_and_then_down_is_nothing_for_who_stands_alone_and_not_first(tiers: Tiers, name: str) -> None:
    place = place_in(tiers, name)
    if place is None or is_tied(tiers, name):
        return
    if place > 1:
        assert lowered(raised(tiers, name), name) == tiers
    if place < len(tiers):
        assert raised(lowered(tiers, name), name) == tiers


@given(lists(), names)
def test_to_tie_and_then_untie_is_nothing_for_who_stands_alone(tiers: Tiers, name: str) -> None:
    if not is_tied(tiers, name):
        assert untied(tied(tiers, name), name) == tiers


@given(lists(), names)
def test_up_leads_to_the_first_place_alone_and_stays_there(tiers: Tiers, name: str) -> None:
    for _ in range(len(NAMES) + 1):
        tiers = raised(tiers, name)
    assert raised(tiers, name) == tiers
    if place_in(tiers, name):
        assert tiers[0] == (name,)


@given(lists(), names, places)
def test_who_is_moved_to_a_place_stands_there_alone(tiers: Tiers, name: str, place: int) -> None:
    after = moved(tiers, name, place)
    if place_in(tiers, name) is None:
        assert after == tiers
    else:
        assert place_in(after, name) == min(max(place, 1), len(removed(tiers, name)) + 1)
        assert not is_tied(after, name)
        assert moved(after, name, place) == after


@given(lists(), names)
def test_who_is_added_comes_last_and_is_gone_when_removed(tiers: Tiers, name: str) -> None:
    after = added(tiers, name)
    if place_in(tiers, name) is None:
        assert after[-1] == (name,)
        assert removed(after, name) == tiers
    assert place_in(removed(after, name), name) is None
    assert added(after, name) == after


@given(lists(), names)
def test_to_tie_shares_the_place_above(tiers: Tiers, name: str) -> None:
    place = place_in(tiers, name)
    if place and place > 1:
        after = tied(tiers, name)
        assert place_in(after, name) == place - 1
        assert set(tiers[place - 2]) < set(after[place - 2])
