"""The benchmark of somebody new runs from a clone, and its table says what it claims to."""

from benchmarks.newcomers import LEAST, candidates, rows
from tests.strategies import Sample


def test_its_table_has_a_row_for_each_way_of_weighing(sample: Sample) -> None:
    disciplines = candidates(sample)
    some = {name: disciplines[name] for name in ("E001", "E005")}
    header, *found = rows(sample, some)
    assert [row[0] for row in found] == ["nothing", "words", "words and vectors"]
    assert {len(row) for row in found} == {len(header)}
    # E001's vectors, learned with a copy, know only that copy.
    assert [row[3] for row in found] == ["2 of 2", "2 of 2", "1 of 2"]


def test_it_asks_of_those_who_may_be_sent_in_disciplines_of_enough(sample: Sample) -> None:
    disciplines = candidates(sample)
    assert min(map(list(disciplines.values()).count, disciplines.values())) == LEAST
    barred = {one.expert_id for one in sample.experts if one.other_list or one.consent is False or one.in_post is False}
    assert barred
    assert barred.isdisjoint(disciplines)
