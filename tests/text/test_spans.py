"""Units, grams and common spans against a brute force that goes over every run of both texts."""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matcher.text import CharacterGrams, JiebaTokenizer, common_spans, locate, whole_words
from matcher.text.lexicon import entries
from matcher.text.spans import holders
from matcher.text.units import folded, runs

PIECES = ("电", "机", "噪", "a", "B", "Ａ", "1", "２", "，", " ", "。", "我们", "Ω")
texts = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)

Run = list[tuple[str, int, int]]


def naive_runs(text: str) -> list[Run]:
    """Units with their positions, run by run, read character by character."""
    plain = unicodedata.normalize("NFKC", text.replace("我们", "  ")).lower()
    assert len(plain) == len(text)
    found: list[Run] = [[]]
    for k, character in enumerate(plain):
        joins = found[-1] and (found[-1][-1][0] + character).isascii()
        if not character.isalnum():
            found.append([])
        elif joins:
            unit, start, _ = found[-1][-1]
            found[-1][-1] = (unit + character, start, k + 1)
        else:
            found[-1].append((character, k, k + 1))
    return [run for run in found if run]


def pieces(text: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Every run of neighbouring units of a text, with the positions of its ends."""
    for run in naive_runs(text):
        for i in range(len(run)):
            for j in range(i, len(run)):
                yield tuple(unit for unit, _, _ in run[i : j + 1]), run[i][1], run[j][2]


def naive_spans(text: str, other: str) -> list[str]:
    theirs = {units for units, _, _ in pieces(other)}
    common = [piece for piece in pieces(text) if piece[0] in theirs]
    longest = [
        (units, start)
        for units, start, end in common
        if not any(s <= start and end <= e and (s, e) != (start, end) for _, s, e in common)
    ]
    first = dict(sorted(longest, key=lambda piece: -piece[1]))
    return ["".join(units) for units in sorted(first, key=lambda units: (-len(units), first[units]))]


@settings(max_examples=300)
@given(texts)
def test_units_are_those_of_a_reading_character_by_character(text: str) -> None:
    assert [[tuple(unit) for unit in run] for run in runs(text)] == naive_runs(text)


@settings(max_examples=600)
@given(texts, texts)
@example("电机噪电机", "噪电机，电机噪")
@example("a电机", "B电机1")
@example("电机我们电", "机电")
def test_common_spans_are_the_longest_runs_of_all(text: str, other: str) -> None:
    assert common_spans(text, other) == naive_spans(text, other)


@given(texts, texts)
def test_whatever_is_common_lies_within_a_span(text: str, other: str) -> None:
    """So no addend of a score is without words to show for it."""
    spans = common_spans(text, other)
    theirs = {units for units, _, _ in pieces(other)}

    for units, _, _ in pieces(text):
        if units in theirs:
            assert holders(["".join(units)], spans)[0] in spans


@given(texts, texts)
def test_a_term_goes_to_the_first_span_that_holds_its_units_whole(text: str, other: str) -> None:
    spans = [*common_spans(text, other), "a1", "1机"]
    held = {span: {units for units, _, _ in pieces(span)} for span in spans}
    terms = {"".join(units): units for units, _, _ in pieces(text + "，" + other)}

    expected = [next((span for span in spans if units in held[span]), term) for term, units in terms.items()]
    assert holders(terms, spans) == expected
    assert holders((f"^{term}" for term in terms), spans[:0]) == [f"^{term}" for term in terms]


@given(st.text(), st.text())
def test_any_text_at_all_has_spans_that_both_texts_hold(text: str, other: str) -> None:
    for span in common_spans(text, other):
        assert locate(text, [span])
        assert locate(other, [span])


@given(texts)
def test_a_text_has_its_own_runs_in_common_with_itself(text: str) -> None:
    assert set(common_spans(text, text)) >= {"".join(unit for unit, _, _ in run) for run in naive_runs(text)[:1]}


@settings(max_examples=400)
@given(texts, texts, texts)
def test_located_is_every_occurrence_of_a_span_and_nothing_else(text: str, one: str, other: str) -> None:
    spans = common_spans(one, other)
    wanted = {tuple(unit for unit, _, _ in run) for span in spans for run in naive_runs(span)}
    marked = {k for units, start, end in pieces(text) if units in wanted for k in range(start, end)}
    found = locate(text, spans)

    assert {k for start, end in found for k in range(start, end)} == marked
    assert all(end < following for (_, end), (following, _) in pairwise(found))


@pytest.mark.parametrize(
    ("text", "span", "places"),
    [
        ("用ＰＬＡ改性料", "pla改性", ["ＰＬＡ改性"]),
        ("㎡级ＰＬＣ　电机", "plc", ["ＰＬＣ"]),
        ("Motor noise, NOISE", "noise", ["noise", "NOISE"]),
        ("noisemotor", "noise", []),
        ("第12号，2号", "2号", ["2号"]),
        ("电机电机", "电机", ["电机电机"]),
        ("电机，电机", "电机", ["电机", "电机"]),
        ("电，机", "电机", []),
    ],
)
def test_positions_are_true_to_the_text_as_it_was_written(text: str, span: str, places: list[str]) -> None:
    assert [text[start:end] for start, end in locate(text, [span])] == places


@given(st.text())
def test_folding_keeps_every_position(text: str) -> None:
    assert len(folded(text)) == len(text)
    assert all(text[unit.start : unit.end] and folded(text[unit.start : unit.end]) == unit.text
               for run in runs(text) for unit in run)  # fmt: skip


def test_folding_forgives_width_and_case() -> None:
    assert folded("ＰＬＡ改性，Ｎ·ｍ") == "pla改性,n·m"
    assert CharacterGrams()("ＰＬＡ改性") == CharacterGrams()("pla改性")


@settings(max_examples=300)
@given(texts)
def test_grams_are_the_units_and_the_pairs_of_neighbours_of_each_run_its_bounds_among_them(text: str) -> None:
    expected = []
    for run in naive_runs(text):
        units = [unit for unit, _, _ in run]
        expected += [unit for unit in units if not unit.isdigit()]
        expected += [one + two for one, two in pairwise(units)]
        expected += [] if units[0].isdigit() else ["^" + units[0]]
        expected += [] if units[-1].isdigit() else [units[-1] + "$"]

    assert sorted(CharacterGrams()(text)) == sorted(expected)


@pytest.mark.parametrize("parting", ["，", "。", " ", "\n", "/", "-", "、", "（", "产业化", "关键技术", "希望"])
def test_grams_never_cross_punctuation_a_space_or_boilerplate(parting: str) -> None:
    grams = set(CharacterGrams()(f"塑封{parting}电机"))

    assert grams == {"^塑", "塑", "塑封", "封", "封$", "^电", "电", "电机", "机", "机$"}


def test_boilerplate_is_no_evidence() -> None:
    assert CharacterGrams()("".join(entries("boilerplate"))) == []
    assert common_spans("我们希望产业化", "我们希望产业化") == []


def test_a_number_alone_is_no_evidence() -> None:
    assert CharacterGrams()("20, 3.5") == []
    assert CharacterGrams()("20台") == ["20台", "台", "台$"]


def test_spans_are_cut_back_to_whole_words_for_people_to_read() -> None:
    text = "材料导热不好，吸油烟机电机的排产"
    words = whole_words(text, ["料导热", "吸油烟机电", "机电机", "的排产", "不"], JiebaTokenizer())
    assert words == ["导热", "吸油烟机", "电机", "排产"]
