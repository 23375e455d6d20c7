"""Messages are kept as plain data, and said later as if they had just been found."""

import json
from datetime import date
from pathlib import PurePath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.messages import Message, Problem, as_plain, from_plain
from matcher.language import sentence

ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.dates(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).map(PurePath),
    st.frozensets(st.one_of(st.text(), st.integers())),
)


def messages(values: st.SearchStrategy[object]) -> st.SearchStrategy[Message]:
    return st.builds(Message, st.text(), st.dictionaries(st.text(), values, max_size=4))


def problems(values: st.SearchStrategy[object]) -> st.SearchStrategy[Problem]:
    places = (st.text(), st.none() | st.integers(), st.none() | st.text())
    return st.builds(Problem, messages(values), *places)


VALUES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(st.lists(inner, max_size=4).map(tuple), messages(inner), problems(inner)),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_kept_as_json_comes_back_as_it_was(value: object) -> None:
    written = json.dumps(as_plain(value), allow_nan=False)
    assert from_plain(json.loads(written)) == value


def test_a_number_that_json_has_no_word_for_comes_back_too() -> None:
    found = from_plain(json.loads(json.dumps(as_plain((float("nan"), float("inf"), -0.0)), allow_nan=False)))
    assert [str(number) for number in found] == ["nan", "inf", "-0.0"]


def test_numbers_of_arrays_are_numbers_and_lists_are_tuples() -> None:
    assert from_plain(as_plain([np.int64(3), np.float32(0.5)])) == (3, 0.5)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_comes_back_is_said_in_the_same_words(lang: str) -> None:
    values = {"least": 1, "most": 10, "value": "x"}
    found = Problem(Message("input.cell.whole_number", values), "experts.csv", 3, "experts.capacity")
    assert sentence(from_plain(as_plain(found)), lang) == sentence(found, lang)


@pytest.mark.parametrize("value", [object(), b"x", {"a": 1}, np.bool_(True), np.datetime64(date(2026, 1, 1))])
def test_what_no_message_holds_is_our_mistake(value: object) -> None:
    with pytest.raises(TypeError, match="no message holds"):
        as_plain(Message("input.no_rows", {"value": value}))
