"""The office reads all; what a party reads names no third person and lets nothing of the other side be guessed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.assignment import assign, why
from matcher.assignment.audit import CLASSES
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import EligibilitySettings, Settings
from matcher.language import sentence
from matcher.pipeline import MatchResult, open_market
from matcher.placement import Party, pair_effects, pair_gaps, pair_reasons, party_answer
from matcher.placement.reasons import STATUSES
from matcher.ranking import Bar, Ranker, Ranking, explain
from tests.language.test_catalogue import LOCALE
from tests.strategies import expert, need

TRADES = ("电机降噪", "茶叶烘干", "丝绸印染")
PEOPLE = ("端木鲲", "澹台鹭", "尉迟骅")
FIRMS = ("麒麟厂", "凤凰社", "貔貅行")
SCHOOLS = ("鹳雀大学", "鸱鸮学院")
RULES = EligibilitySettings(consent="given", minimum_title="lecturer", maximum_age=60, year=2025)
PARTIES = get_args(Party)


def names_of(record: Expert | Need) -> tuple[str, ...]:
    """All that a person or firm could be known by."""
    if isinstance(record, Expert):
        return record.expert_id, record.name
    return record.need_id, record.firm_id, record.name


@st.composite
def towns(draw: Callable[..., Any]) -> tuple[list[Expert], list[Need], list[Rating]]:
    """Three experts and three firms with distinctive names, and any wishes, vetoes, modes, conflicts and pasts."""
    experts, needs = [], []
    for k, name in enumerate(PEOPLE):
        experts.append(
            expert(
                f"EXP{k}",
                draw(st.sampled_from(TRADES)),
                name=name,
                institution=draw(st.sampled_from(SCHOOLS)),
                title=draw(st.sampled_from(("教授", "讲师"))),
                mode=draw(st.sampled_from(("either", "either", "online"))),
                consent=draw(st.sampled_from((True, True, True, False))),
                accepts_others=draw(st.booleans()),
                **draw(wishes("preferred_firms", "vetoed_firms", "FIRM")),
            )
        )
    for k, name in enumerate(FIRMS):
        needs.append(
            need(
                f"FIRM{k}",
                draw(st.sampled_from(TRADES)),
                name=name,
                mode=draw(st.sampled_from(("either", "either", "onsite"))),
                accepts_others=draw(st.booleans()),
                related_institutions=draw(st.sampled_from(((), (), SCHOOLS[:1]))),
                **draw(wishes("preferred_experts", "vetoed_experts", "EXP")),
            )
        )
    stars = st.one_of(st.none(), st.integers(1, 5))
    ratings = [
        Rating(expert_id=e.expert_id, firm_id=n.firm_id, year=2024, firm_rating=draw(stars), expert_rating=draw(stars))
        for e in experts
        for n in needs
        if draw(st.booleans())
    ]
    return experts, needs, ratings


@st.composite
def wishes(draw: Callable[..., Any], preferred: str, vetoed: str, prefix: str) -> dict[str, Any]:
    of_each = [draw(st.sampled_from(("", "", "first", "second", "veto"))) for _ in range(3)]
    tiers = [tuple(f"{prefix}{k}" for k in range(3) if of_each[k] == tier) for tier in ("first", "second")]
    return {
        preferred: tuple(tier for tier in tiers if tier),
        vetoed: tuple(f"{prefix}{k}" for k in range(3) if of_each[k] == "veto"),
    }


def told(ranking: Ranking, pair: tuple[int, int], code: str, party: Party) -> list[Message]:
    """All that a party may be told of a pair."""
    ranker = ranking.ranker
    return [
        party_answer(ranker, pair, code, party),
        *pair_reasons(ranker, *pair, party),
        *pair_gaps(ranker, *pair, party),
    ]


@settings(max_examples=40)
@given(towns())
def test_a_party_is_told_of_no_third_person(town: tuple[list[Expert], list[Need], list[Rating]]) -> None:
    experts, needs, ratings = town
    ranking, market = open_market(experts, needs, Settings(), ratings=ratings)
    placed = assign(market)
    for i, asked in enumerate(needs):
        for j, who in enumerate(experts):
            code = why(market, placed, asked.need_id, who.expert_id).message.code
            others = [other for other in (*needs, *experts) if other not in (asked, who)]
            for party in PARTIES:
                for lang in ("zh", "en"):
                    said = " ".join(sentence(message, lang) for message in told(ranking, (i, j), code, party))
                    assert not [name for other in others for name in names_of(other) if name in said]


@settings(max_examples=15)
@given(towns(), towns())
def test_nothing_that_the_other_side_keeps_to_itself_changes_what_a_party_reads(
    town: tuple[list[Expert], list[Need], list[Rating]], other: tuple[list[Expert], list[Need], list[Rating]]
) -> None:
    experts, needs, ratings = town
    secrets = (
        ("preferred_firms", "vetoed_firms", "accepts_others"),
        (
            "preferred_experts",
            "vetoed_experts",
            "accepts_others",
        ),
    )
    for party, side, others in (("firm", 0, other[0]), ("expert", 1, other[1])):
        own = experts if side == 0 else needs
        changed: list[Any] = [
            replace(mine, **{name: getattr(theirs, name) for name in secrets[side]})
            for mine, theirs in zip(own, others, strict=True)
        ]
        hidden = "expert_rating" if side == 0 else "firm_rating"
        forgotten = [replace(rating, **{hidden: None}) for rating in ratings]
        worlds = [
            open_market(experts, needs, Settings(), ratings=ratings)[0],
            open_market(*((changed, needs) if side == 0 else (experts, changed)), Settings(), ratings=forgotten)[0],
        ]
        for i in range(3):
            for j in range(3):
                said = [pair_reasons(w.ranker, i, j, party) + pair_gaps(w.ranker, i, j, party) for w in worlds]
                assert said[0] == said[1]
                barred = [explain(w.ranker, i, j).bar != Bar.NONE for w in worlds]
                if all(barred):
                    answers = [party_answer(w.ranker, (i, j), "why.unacceptable", party) for w in worlds]
                    assert answers[0] == answers[1]


def test_every_answer_has_its_sentence_for_each_party_and_none_has_a_value_to_fill_in() -> None:
    statuses = {f"why.{name}" for name in CLASSES} | {"why.expert_without_places", "why.firm_without_places"}

    assert STATUSES.keys() == statuses
    for of_party in STATUSES.values():
        assert of_party.keys() == set(PARTIES)
        for code in of_party.values():
            assert {sentence(Message(code), lang) for lang in ("zh", "en")}


def barred(columns: dict[str, Any], asked: dict[str, Any], title: str = "电机降噪") -> Ranker:
    """One pair that something bars, beside another expert."""
    who: dict[str, Any] = {"title": "教授", "birth_year": 1980, "consent": True, **columns}
    experts = [expert("e", **who), expert("f", "印染", **{**who, "consent": True})]
    settings_ = Settings(eligibility=RULES, ranking={"min_fit": 0.9} if title == "降噪" else {})
    return open_market(experts, [need("n", title, **asked)], settings_)[0].ranker


BARS: dict[Bar, tuple[dict[str, Any], dict[str, Any], str, str, str]] = {
    Bar.OUT_OF_POST: ({"in_post": False}, {}, "电机降噪", "other_not_eligible", "not_eligible"),
    Bar.ON_OTHER_LIST: ({"other_list": True}, {}, "电机降噪", "other_not_eligible", "not_eligible"),
    Bar.CONSENT_REFUSED: ({"consent": False}, {}, "电机降噪", "other_not_eligible", "not_eligible"),
    Bar.CONSENT_MISSING: ({"consent": None}, {}, "电机降噪", "other_not_eligible", "not_eligible"),
    Bar.TITLE_TOO_LOW: ({"title": "助教"}, {}, "电机降噪", "other_not_eligible", "not_eligible"),
    Bar.TOO_OLD: ({"birth_year": 1950}, {}, "电机降噪", "other_not_eligible", "not_eligible"),
    Bar.AGE_UNKNOWN: ({"birth_year": None}, {}, "电机降噪", "other_not_eligible", "not_eligible"),
    Bar.CONFLICT: ({}, {"related_institutions": ("某大学",)}, "电机降噪", "conflict", "conflict"),
    Bar.EXPERT_VETO: ({"vetoed_firms": ("n",)}, {}, "电机降噪", "not_arranged", "own_veto"),
    Bar.FIRM_VETO: ({}, {"vetoed_experts": ("e",)}, "电机降噪", "own_veto", "not_arranged"),
    Bar.MODE: ({"mode": "online"}, {"mode": "onsite"}, "电机降噪", "mode", "mode"),
    Bar.EXPERT_TAKES_ONLY_NAMED: ({"accepts_others": False}, {}, "电机降噪", "not_arranged", "own_takes_only_named"),
    Bar.FIRM_TAKES_ONLY_NAMED: ({}, {"accepts_others": False}, "电机降噪", "own_takes_only_named", "not_arranged"),
    Bar.NO_COMMON_TERM: ({}, {}, "印染", "no_common_term", "no_common_term"),
    Bar.FIRM_BELOW_MIN_FIT: ({"preferred_firms": (("n",),)}, {}, "降噪", "below_min_fit", "not_arranged"),
    Bar.EXPERT_BELOW_MIN_FIT: ({}, {"preferred_experts": (("e",),)}, "降噪", "not_arranged", "below_min_fit"),
}


@pytest.mark.parametrize("bar", [bar for bar in Bar if bar], ids=lambda bar: bar.name)
def test_every_bar_has_its_sentence_for_each_party(bar: Bar) -> None:
    columns, asked, title, of_firm, of_expert = BARS[bar]
    ranker = barred(columns, asked, title)

    assert explain(ranker, 0, 0).bar == bar
    for party, code in (("firm", of_firm), ("expert", of_expert)):
        message = party_answer(ranker, (0, 0), "why.unacceptable", party)
        assert message.code == f"party.{code}"
        assert {sentence(message, lang) for lang in ("zh", "en")}


def test_who_vetoed_reads_so_whatever_the_other_side_did() -> None:
    both = barred({"vetoed_firms": ("n",)}, {"vetoed_experts": ("e",)})

    assert {party_answer(both, (0, 0), "why.unacceptable", party).code for party in PARTIES} == {"party.own_veto"}


def test_the_sentence_of_a_hidden_veto_is_that_of_other_causes_too() -> None:
    for party in PARTIES:
        causes = [code for code, of_party in STATUSES.items() if of_party[party] == "party.not_arranged"]
        assert len(causes) >= 3


def test_every_sentence_for_a_party_is_said_somewhere() -> None:
    with (LOCALE / "zh" / "LC_MESSAGES" / "matcher.po").open("rb") as file:
        known = {str(entry.id) for entry in read_po(file, locale="zh") if str(entry.id).startswith("party.")}
    said = {code for of_party in STATUSES.values() for code in of_party.values()}
    said |= {f"party.{code}" for *_, of_firm, of_expert in BARS.values() for code in (of_firm, of_expert)}

    assert known == said | {"party.named", "party.rated_well", "party.left_out", "party.left_out.only_named"}


def test_a_party_reads_of_its_own_wish_and_rating_alone() -> None:
    experts = [expert("e", "电机降噪", preferred_firms=(("x",), ("n",))), expert("f", "印染")]
    needs = [need("n", preferred_experts=(("e",),)), need("x", "印染")]
    ratings = [Rating(expert_id="e", firm_id="n", year=2024, firm_rating=5, expert_rating=4, assessment="excellent")]
    ranker = open_market(experts, needs, Settings(), ratings=ratings)[0].ranker
    codes = {
        audience: [message.code for message in pair_reasons(ranker, 0, 0, audience)]
        for audience in ("office", "firm", "expert")
    }

    assert {"reason.firm_named", "reason.expert_named", "reason.firm_rated_well", "reason.assessed_well"} <= {
        *codes["office"]
    }
    assert [m.values["tier"] for m in pair_reasons(ranker, 0, 0, "firm") if m.code == "party.named"] == [1]
    assert [m.values["tier"] for m in pair_reasons(ranker, 0, 0, "expert") if m.code == "party.named"] == [2]
    assert [m.values["stars"] for m in pair_reasons(ranker, 0, 0, "firm") if m.code == "party.rated_well"] == [5.0]
    assert [m.values["stars"] for m in pair_reasons(ranker, 0, 0, "expert") if m.code == "party.rated_well"] == [4.0]
    assert not [code for party in PARTIES for code in codes[party] if "rated" in code and not code.startswith("party.")]


def test_the_office_alone_reads_that_nobody_offers_a_word() -> None:
    experts = [expert("e", "电机"), expert("f", "机器视觉")]
    ranker = open_market(experts, [need("n", "电机，蒸汽熨烫，机器视觉")], Settings())[0].ranker

    assert [(m.code, m.values["words"]) for m in pair_gaps(ranker, 0, 0)] == [
        ("reason.missing", ("机器视觉",)),
        ("reason.missing_everywhere", ("蒸汽熨烫",)),
    ]
    assert [m.values["words"] for m in pair_gaps(ranker, 0, 0, "firm")] == [("机器视觉", "蒸汽熨烫")]


def test_a_long_way_is_said_once_whether_it_speaks_for_or_against(sample_result: MatchResult) -> None:
    ranker = sample_result.ranking.ranker
    seen = set()
    for i in range(0, 185, 7):
        for j in range(0, 140, 5):
            speaking, against = ([m.code for m in say(ranker, i, j)] for say in (pair_reasons, pair_gaps))
            ways = [
                code for code in (*speaking, *against) if code in ("reason.distance", "reason.near", "reason.online")
            ]
            assert len(ways) <= 1
            seen.add("reason.distance" in against)
    assert seen == {True, False}


def test_effects_are_said_for_each_side_the_greatest_first(sample_result: MatchResult) -> None:
    reasons = explain(sample_result.ranking.ranker, 0, 0)
    said = pair_effects(
        replace(reasons, firm_effects=(("text", 0.0201), ("role", 0.03), ("place", -0.01), ("title", 0)))
    )

    assert [sentence(message, "zh") for message in said[:2]] == [
        "对企业的匹配度高于一般：角色 +0.030、文字 +0.020",
        "对企业的匹配度低于一般：地点与方式 -0.010",
    ]
