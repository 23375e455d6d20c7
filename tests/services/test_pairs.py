from itertools import pairwise

import pytest

from matcher.domain.settings import Settings
from matcher.pipeline import MatchResult, match
from matcher.placement import shared_words
from matcher.ranking import explain
from matcher.services.board import Rebuilt
from matcher.services.pairs import candidates, pieces, shaded, view_pair, why_not
from tests import strategies


@pytest.fixture(scope="session")
def rebuilt(sample_result: MatchResult) -> Rebuilt:
    return Rebuilt(sample_result.ranking, sample_result.market, sample_result.assignment.pairs)


def test_a_view_holds_both_texts_whole_and_parts_that_add_up(rebuilt: Rebuilt) -> None:
    ranking = rebuilt.ranking
    for need_id, expert_id in rebuilt.pairs:
        need = ranking.ranker.needs[ranking.need_position[need_id]]
        expert = ranking.ranker.experts[ranking.expert_position[expert_id]]
        view = view_pair(rebuilt, need, expert)

        assert "".join(text for text, _ in view.need_title) == need.need_title
        assert "".join(text for text, _ in view.need_detail) == need.need_detail
        assert {name: "".join(text for text, _ in found) for name, found in view.profile} == {
            name: text for name in ("research_fields", "expertise", "achievements") if (text := getattr(expert, name))
        }
        assert sum(value for _, value in view.spans + view.dense) == pytest.approx(view.agreement, abs=1e-9)
        for side in (view.firm_side, view.expert_side):
            assert sum(value for _, value in side.parts) == pytest.approx(side.score, abs=1e-9)
        shown = repr(view)
        assert not need.contact or need.contact not in shown
        assert not expert.contact or expert.contact not in shown


def test_what_is_marked_in_one_text_is_marked_in_the_other(rebuilt: Rebuilt) -> None:
    ranking = rebuilt.ranking
    for need_id, expert_id in rebuilt.pairs:
        i, j = ranking.need_position[need_id], ranking.expert_position[expert_id]
        need, expert = ranking.ranker.needs[i], ranking.ranker.experts[j]
        reasons = explain(ranking.ranker, i, j)
        shades = shaded(reasons.spans, reasons.text)
        for span in (span for spans in shades.values() for span in spans):
            assert pieces(need.text, {1: [span]}) != ((need.text, 0),)
            assert pieces(expert.profile, {1: [span]}) != ((expert.profile, 0),)


def test_a_synonym_is_marked_in_both_texts_as_it_stands_there_and_named_both_ways() -> None:
    experts = [strategies.expert("e", "微特电机，印染"), strategies.expert("f", "印染")]
    result = match(experts, [strategies.need("n", "用微电机")], Settings())
    rebuilt = Rebuilt(result.ranking, result.market, [("n", "e")])
    view = view_pair(rebuilt, result.ranking.ranker.needs[0], result.ranking.ranker.experts[0])

    assert view.need_title == (("用", 0), ("微电机", 3))
    assert dict(view.profile)["research_fields"] == (("微特电机", 3), ("，印染", 0))
    assert [name for name, _ in view.spans] == ["微电机（微特电机）"]
    assert shared_words(result.ranking.ranker, 0, 0) == ("微电机（微特电机）",)


def test_candidates_stand_in_the_order_of_the_side_that_chooses(rebuilt: Rebuilt) -> None:
    ranking = rebuilt.ranking
    holders = {need_id: {e for n, e in rebuilt.pairs if n == need_id} for need_id, _ in rebuilt.pairs}
    for need in ranking.ranker.needs:
        found = candidates(rebuilt, need)
        assert [line.rank for line in found] == sorted(line.rank for line in found)
        assert {line.id for line in found if line.chosen} == holders.get(need.need_id, set())
        assert all(line.tier or line.fit >= later.fit for line, later in pairwise(found))


def test_the_needs_of_an_expert_say_who_has_them(rebuilt: Rebuilt) -> None:
    ranking = rebuilt.ranking
    name_of = {expert.expert_id: expert.name for expert in ranking.ranker.experts}
    for expert in ranking.ranker.experts[:40]:
        for line in candidates(rebuilt, expert):
            holders = [name_of[e] for n, e in rebuilt.pairs if n == line.id and e != expert.expert_id]
            assert list(line.elsewhere) == holders
            assert line.chosen == ((line.id, expert.expert_id) in rebuilt.pairs)


def test_why_not_has_names_in_the_place_of_ids(rebuilt: Rebuilt) -> None:
    ranking = rebuilt.ranking
    need = ranking.ranker.needs[0]
    statuses = set()
    for expert in ranking.ranker.experts:
        found = why_not(rebuilt, need, expert)
        statuses.add(found.status)
        assert (found.bar is not None) == (found.status == "unacceptable")
        assert need.name in str(found.sentence)
        assert expert.expert_id not in str(found.sentence)
    assert {"matched", "unacceptable"} <= statuses
