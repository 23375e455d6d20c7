"""match() on the sample: who may not be placed is not, and neither order nor repetition changes a line."""

import copy
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matcher
from matcher.domain.errors import InputError, SettingsError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need
from matcher.domain.settings import Settings
from matcher.pipeline import MatchResult, match, open_market
from matcher.ranking.bars import institution_key
from tests.strategies import Sample, expert, need

PLACEMENTS = [
    *("firm_id", "need_id", "firm", "township", "industry", "need_title"),
    *("expert_id", "expert", "institution", "expert_title"),
    *("firm_fit", "expert_fit", "fit", "value", "firm_rank", "expert_rank"),
    *("status", "term_from", "term_to", "reasons"),
]


def test_at_least_100_different_experts_are_placed(sample: Sample, sample_result: MatchResult) -> None:
    assert sample_result.placements["expert_id"].nunique() >= 100
    assert match(sample.experts, sample.needs).placements["expert_id"].nunique() >= 100  # without ratings, too


def test_the_list_is_stable_within_its_bound_and_the_certificate_says_so(sample_result: MatchResult) -> None:
    certificate = sample_result.certificate

    assert (certificate.objective, certificate.scope) == ("stable", "full")
    assert (certificate.n_blocking_pairs, certificate.violations) == (0, ())
    assert certificate.value == len(sample_result.placements) <= certificate.bound


def test_frames_have_the_columns_of_the_files(sample_result: MatchResult) -> None:
    assert list(sample_result.placements.columns) == PLACEMENTS
    assert list(sample_result.unplaced.columns) == ["side", "id", "name", "free_places", "reason"]
    assert len(sample_result.placements) == len(sample_result.lines)
    assert set(sample_result.unplaced["side"]) == {"firm", "expert"}


def test_a_market_without_an_acceptable_pair_gives_an_empty_list_with_its_columns() -> None:
    result = match([expert("e", "茶叶")], [need("n", "电机")])

    assert list(result.placements.columns) == PLACEMENTS
    assert len(result.placements) == 0
    assert len(result.unplaced) == 2


def test_no_capacity_is_exceeded_and_no_firm_served_twice_by_one(sample: Sample, sample_result: MatchResult) -> None:
    frame = sample_result.placements
    places = {n.need_id: n.capacity for n in sample.needs}
    seats = {e.expert_id: e.capacity for e in sample.experts}

    assert all(count <= places[name] for name, count in frame["need_id"].value_counts().items())
    assert all(count <= seats[name] for name, count in frame["expert_id"].value_counts().items())
    assert not frame.duplicated(["firm_id", "expert_id"]).any()


def test_nobody_is_placed_who_may_not_be(sample: Sample, sample_result: MatchResult) -> None:
    experts = {e.expert_id: e for e in sample.experts}
    placed = [experts[name] for name in sample_result.placements["expert_id"]]

    assert not [e.expert_id for e in placed if e.other_list or e.consent is False or e.in_post is False]
    assert [e for e in sample.experts if e.other_list]
    assert [e for e in sample.experts if e.consent is False]


def test_no_veto_conflict_mode_or_refusal_of_others_is_passed_over(sample: Sample, sample_result: MatchResult) -> None:
    needs, experts = {n.need_id: n for n in sample.needs}, {e.expert_id: e for e in sample.experts}
    related: dict[str, set[str]] = {}
    for n in sample.needs:
        related.setdefault(n.firm_id, set()).update(map(institution_key, (*n.related_institutions, n.name)))

    for need_id, expert_id in sample_result.assignment.pairs:
        n, e = needs[need_id], experts[expert_id]
        names_firm = any({n.firm_id, n.need_id} & set(tier) for tier in e.preferred_firms)
        names_expert = any(expert_id in tier for tier in n.preferred_experts)

        assert expert_id not in n.vetoed_experts
        assert not {n.firm_id, n.need_id} & set(e.vetoed_firms)
        assert institution_key(e.institution) not in related[n.firm_id]
        assert {n.mode, e.mode} != {"onsite", "online"}
        assert n.accepts_others or names_expert
        assert e.accepts_others or names_firm


def test_the_rules_that_the_sample_must_keep_would_be_broken_by_some_pair(sample: Sample) -> None:
    """Else the test above would pass on an empty promise."""
    assert any(n.vetoed_experts for n in sample.needs)
    assert any(e.vetoed_firms for e in sample.experts)
    assert any(n.related_institutions for n in sample.needs)
    assert any(not n.accepts_others for n in sample.needs)
    assert any(not e.accepts_others for e in sample.experts)


def test_the_order_of_the_rows_does_not_matter(sample: Sample, sample_result: MatchResult) -> None:
    luck = random.Random(4)  # noqa: S311 - a shuffle, no secret
    experts, needs, ratings = (luck.sample(rows, len(rows)) for rows in sample)
    shuffled = match(experts, needs, ratings=ratings)

    assert experts != sample.experts
    assert shuffled.lines == sample_result.lines
    assert shuffled.left_out == sample_result.left_out
    assert shuffled.statistics == sample_result.statistics
    assert shuffled.certificate == sample_result.certificate


def test_a_second_run_gives_the_same_and_leaves_its_input_as_it_was(sample: Sample, sample_result: MatchResult) -> None:
    before = copy.deepcopy(sample)
    again = match(sample.experts, sample.needs, ratings=sample.ratings)

    assert again.lines == sample_result.lines
    assert again.left_out == sample_result.left_out
    assert sample == before


@pytest.mark.parametrize(
    ("proposer", "pairs"), [("firms", [("m", "a"), ("n", "b")]), ("experts", [("m", "b"), ("n", "a")])]
)
def test_the_side_that_proposes_is_that_of_the_settings(proposer: str, pairs: list[tuple[str, str]]) -> None:
    experts = [expert("a", preferred_firms=(("n",), ("m",))), expert("b", preferred_firms=(("m",), ("n",)))]
    needs = [need("m", preferred_experts=(("a",), ("b",))), need("n", preferred_experts=(("b",), ("a",)))]
    chosen = Settings.model_validate({"assignment": {"proposer": proposer}})

    assert match(experts, needs, chosen).assignment.pairs == pairs


def test_a_market_beyond_the_size_that_is_set_holds_shortlists_and_is_proven_in_full(sample: Sample) -> None:
    chosen = Settings.model_validate({"ranking": {"full_market_pairs": 0, "shortlist": 5}})
    result = match(sample.experts, sample.needs, chosen)

    assert result.market.scope == "shortlists"
    assert result.certificate.scope == "full"
    assert result.certificate.violations == ()


def test_progress_is_told_up_to_the_end(sample: Sample) -> None:
    told: list[tuple[int, int, str]] = []
    open_market(sample.experts, sample.needs, on_progress=lambda *step: told.append(step))

    assert told[-1] == (185, 185, "ranking")


def test_another_tokenizer_is_used() -> None:
    cut: list[str] = []

    class Whole:
        name = "whole"

        def __call__(self, text: str) -> list[str]:
            cut.append(text)
            return [text]

    match([expert("e")], [need("n")], tokenizer=Whole())

    assert "电机降噪" in cut


texts = st.lists(st.sampled_from(("电机", "茶叶", "印染", "我们", "，", "20")), min_size=1, max_size=4).map("".join)
flags = st.sampled_from((None, None, True, False))


@st.composite
def two_sides(draw: Callable[..., Any]) -> tuple[list[Expert], list[Need]]:
    """Up to five experts and five needs who may wish, refuse, lack a word in common or a right to be placed."""
    firm_of = {f"n{i}": f"n{i}" if draw(st.booleans()) else "f" for i in range(draw(st.integers(1, 5)))}
    expert_ids = [f"e{j}" for j in range(draw(st.integers(1, 5)))]

    def columns(of: str, ids: list[str]) -> dict[str, Any]:
        order, cut = draw(st.permutations(ids)), draw(st.integers(0, 3))
        tiers = (tuple(order[:1]), tuple(order[1:cut])) if cut > 1 else (tuple(order[:cut]),)
        return {
            f"preferred_{of}": tuple(tier for tier in tiers if tier),
            f"vetoed_{of}": tuple(order[cut : cut + draw(st.integers(0, 1))]),
            "capacity": draw(st.integers(1, 3)),
            "accepts_others": draw(st.sampled_from((True, True, False))),
            "mode": draw(st.sampled_from(("either", "either", "onsite", "online"))),
        }

    experts = [
        expert(name, draw(texts), consent=draw(flags), other_list=draw(flags), **columns("firms", list(firm_of)))
        for name in expert_ids
    ]
    needs = [need(name, draw(texts), firm_id=firm, **columns("experts", expert_ids)) for name, firm in firm_of.items()]
    return experts, needs


@settings(max_examples=100)
@given(two_sides(), st.sampled_from(("firms", "experts")), st.sampled_from((0, 250_000)), st.sampled_from((0, 0.08)))
def test_any_two_sides_give_a_list_that_passes_the_audit_and_forgets_nobody(
    sides: tuple[list[Expert], list[Need]], proposer: str, full_market_pairs: int, min_fit: float
) -> None:
    ranking = {"min_fit": min_fit, "full_market_pairs": full_market_pairs, "shortlist": 2}
    experts, needs = sides
    chosen = Settings.model_validate({"ranking": ranking, "assignment": {"proposer": proposer}})
    result = match(experts, needs, chosen)
    placed = {*result.placements["need_id"], *result.placements["expert_id"]}
    left_out = set(result.unplaced["id"])

    assert (result.certificate.n_blocking_pairs, result.certificate.violations) == (0, ())
    assert placed | left_out == {*(n.need_id for n in needs), *(e.expert_id for e in experts)}
    assert not placed & left_out
    assert all(isinstance(line["reason"], Message) for line in result.left_out)


def codes(error: pytest.ExceptionInfo[InputError]) -> list[tuple[str, str | None]]:
    return [(p.message.code, p.column) for p in error.value.messages if isinstance(p, Problem)]


def test_every_problem_between_the_rows_comes_at_once() -> None:
    experts = [
        expert("a", preferred_firms=(("x",), ("n",)), vetoed_firms=("y", "n")),
        expert("a"),
        expert("b", preferred_firms=(("n",), ("n",))),
    ]
    needs = [need("n", preferred_experts=(("z",),)), need("n"), need("m", vetoed_experts=("w",))]
    with pytest.raises(InputError) as caught:
        match(experts, needs)

    assert sorted(codes(caught)) == sorted(
        [
            ("input.repeated_id", "experts.expert_id"),
            ("input.repeated_id", "firms.need_id"),
            ("input.unknown_id", "experts.preferred_firms"),
            ("input.unknown_id", "experts.vetoed_firms"),
            ("input.preferred_and_vetoed", "experts.vetoed_firms"),
            ("input.preferred_twice", "experts.preferred_firms"),
            ("input.unknown_id", "firms.preferred_experts"),
            ("input.unknown_id", "firms.vetoed_experts"),
        ]
    )


def test_a_need_called_as_another_firm_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        match([expert("e")], [need("g", firm_id="f"), need("g-1", firm_id="g")])

    assert codes(caught) == [("input.need_id_is_a_firm", "firms.need_id")]


@pytest.mark.parametrize(
    ("preferred", "vetoed", "problem"),
    [
        ((("f-1",),), ("f",), ("input.need_against_firm", "experts.vetoed_firms")),
        ((("f",), ("f-1",)), (), ("input.need_and_firm", "experts.preferred_firms")),
    ],
)
def test_an_expert_who_contradicts_himself_about_a_firm_and_its_need_is_told(
    preferred: tuple[tuple[str, ...], ...], vetoed: tuple[str, ...], problem: tuple[str, str]
) -> None:
    needs = [need("f-1", firm_id="f"), need("f-2", firm_id="f")]
    with pytest.raises(InputError) as caught:
        match([expert("e", preferred_firms=preferred, vetoed_firms=vetoed)], needs)

    assert codes(caught) == [problem]


def test_an_expert_may_want_a_firm_and_refuse_one_of_its_needs() -> None:
    needs = [need("f-1", firm_id="f"), need("f-2", firm_id="f")]
    result = match([expert("e", preferred_firms=(("f",),), vetoed_firms=("f-1",))], needs)

    assert result.assignment.pairs == [("f-2", "e")]


def test_empty_sides_are_refused_both_at_once() -> None:
    with pytest.raises(InputError) as caught:
        match([], [])

    assert codes(caught) == [("input.no_rows", "experts.expert_id"), ("input.no_rows", "firms.firm_id")]


def test_an_unknown_objective_is_refused() -> None:
    with pytest.raises(SettingsError):
        match([expert("e")], [need("n")], Settings.model_validate({"assignment": {"objective": "best"}}))


HEAVY = ["babel", "jieba", "numpy", "pandas", "pydantic", "rich", "scipy", "sklearn", "streamlit", "typer"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import matcher, sys; print(sorted(set({HEAVY}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (found.stdout.strip(), found.stderr) == ("[]", "")


@pytest.mark.parametrize("name", matcher.__all__)
def test_every_name_of_the_package_leads_to_what_it_says(name: str) -> None:
    assert getattr(matcher, name).__name__ == name
    assert name in dir(matcher)


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'mach'"):
        _ = matcher.mach
