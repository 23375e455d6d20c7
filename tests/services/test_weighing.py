"""Texts that were weighed are kept for the next question, and never given to another."""

from dataclasses import replace

from matcher.domain.settings import Settings, TextSettings
from matcher.pipeline import open_market
from matcher.services.weighing import rank_kept, weigh
from matcher.text import profile
from tests.bureau import EXPERTS, NEEDS


def test_the_same_texts_are_weighed_once_and_whoever_wrote_them_does_not_matter() -> None:
    first = weigh(EXPERTS, NEEDS, TextSettings())
    renamed = [replace(expert, name="别人", contact="1") for expert in EXPERTS]
    assert weigh(renamed, NEEDS, TextSettings()) is first
    plain = profile(EXPERTS, NEEDS, TextSettings())
    assert (first.needs != plain.needs).nnz == (first.experts != plain.experts).nnz == 0


def test_other_texts_another_order_and_other_weights_are_weighed_anew() -> None:
    first = weigh(EXPERTS, NEEDS, TextSettings())
    rewritten = [replace(EXPERTS[0], expertise="茶叶"), *EXPERTS[1:]]
    for other in (
        weigh(rewritten, NEEDS, TextSettings()),
        weigh(EXPERTS[::-1], NEEDS, TextSettings()),
        weigh(EXPERTS, NEEDS, TextSettings(words=0.1)),
    ):
        assert other is not first


def test_a_market_of_kept_texts_is_that_of_texts_weighed_anew() -> None:
    (_, kept), (_, plain) = (open_market(EXPERTS, NEEDS, Settings(), rank_by=how) for how in (rank_kept, None))
    assert kept.position == plain.position
    assert (kept.firm_rank == plain.firm_rank).all()
    assert (kept.expert_rank == plain.expert_rank).all()
