"""Hashes are found again as a list finds them, those that begin alike too."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matcher.partitions.hashes import HASH, hashes_of, places

ALIKE = st.builds(lambda begin, end: bytes([begin] * 8 + [0] * 7 + [end]), st.integers(0, 2), st.integers(0, 3))


@given(st.lists(ALIKE, max_size=9), st.lists(ALIKE, max_size=9))
def test_each_is_found_where_it_stands_first_or_not_at_all(there: list[bytes], wanted: list[bytes]) -> None:
    found = places(np.array(there, dtype=HASH), np.array(wanted, dtype=HASH))

    assert found.tolist() == [there.index(one) if one in there else -1 for one in wanted]


def test_a_text_is_known_by_all_that_it_says() -> None:
    hashes = hashes_of(["\u7535\u673a", "\u7535\u673a ", "", "\ud800", "\u7535\u673a"])

    assert len({one.tobytes() for one in hashes}) == 4
    assert hashes[0] == hashes[4]
