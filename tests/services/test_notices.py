"""The notice of a round at a glance tells beforehand what publishing and activating would refuse."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import InputError, MatcherError
from matcher.services import consents, publishing
from matcher.services.notices import look_at_span, notices, number_used, propose_span
from matcher.store import Store, connect
from tests import bureau
from tests.bureau import NOTICE, WHO, later
from tests.databases import THE_DAY, Databases


@pytest.fixture
def store(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """One engine: what is read here is written by others."""
    opened = connect(every_engine["sqlite"].clean(), clock=lambda: THE_DAY)
    yield opened
    opened.close()


def test_open_answers_are_told_as_publishing_refuses_them(store: Store) -> None:
    round_ = bureau.proposed(store)
    found = notices(store, WHO, round_.id)

    assert found.is_due
    assert found.states["proposed"] > 0
    with pytest.raises(InputError) as refused:
        publishing.publish(store, WHO, round_.id, **NOTICE)
    assert str(refused.value) == "\n".join(map(str, found.in_the_way))


def test_an_expert_who_refuses_to_be_named_is_named_before(store: Store) -> None:
    round_ = bureau.agreed(store)
    assert not notices(store, WHO, round_.id).unnamed
    consents.state_consent(store, WHO, "expert", "E1", "notice", given=False, basis="来函")

    found = notices(store, WHO, round_.id)
    assert found.unnamed == {"E1": "陈永"}
    assert found.refusing == {"E1"}
    with pytest.raises(InputError, match="陈永"):
        publishing.publish(store, WHO, round_.id, **NOTICE)


def test_the_notice_and_its_objections_keep_a_list_from_force_until_they_are_over(store: Store) -> None:
    publication = bureau.published(store)
    found = notices(store, WHO, publication.round_id)
    assert [message.code for message in found.hindrances] == ["publishing.notice_not_over"]
    objection = publishing.receive_objection(store, WHO, found.public[0].id, "赵某", "有误")

    after = later(store, 10)
    found = notices(after, WHO, publication.round_id)
    assert [message.code for message in found.hindrances] == ["publishing.objections_open"]
    assert found.objections[0][1].id == objection.placement_id
    publishing.decide_objection(after, WHO, objection.id, "属实", upheld=True)
    found = notices(after, WHO, publication.round_id)
    assert [message.code for message in found.hindrances] == ["publishing.to_be_published_anew"]
    assert found.is_due

    publishing.publish(after, WHO, publication.round_id, **bureau.notice(10))
    found = notices(later(store, 20), WHO, publication.round_id)
    assert (found.hindrances, found.is_due) == ((), False)
    assert [version.version for version, _ in found.versions] == [2, 1]


def test_versions_whose_pairs_are_in_force_are_those_with_letters(store: Store) -> None:
    publication = bureau.published(store)
    assert notices(store, WHO, publication.round_id).in_force == frozenset()
    publishing.activate(later(store, 10), WHO, publication.round_id)

    assert notices(store, WHO, publication.round_id).in_force == {publication.id}


def test_the_proposed_days_of_a_notice_are_as_many_working_days_as_asked_for(store: Store) -> None:
    assert propose_span(store, WHO) == (date(2026, 6, 1), date(2026, 6, 5))


def test_a_notice_that_is_too_short_is_told_before_it_is_published(store: Store) -> None:
    round_ = bureau.agreed(store)
    short = look_at_span(store, WHO, round_.id, (date(2026, 6, 5), date(2026, 6, 8)))

    assert (short.working_days, short.least) == (2, 5)
    assert "papers.notice_too_short" in [message.code for message in short.warnings]
    enough = look_at_span(store, WHO, round_.id, propose_span(store, WHO))
    assert "papers.notice_too_short" not in [message.code for message in enough.warnings]


def test_days_that_publishing_refuses_are_told_before(store: Store) -> None:
    round_ = bureau.agreed(store)
    for days in ((date(2026, 6, 8), date(2026, 6, 5)), (date(2026, 5, 29), date(2026, 6, 5))):
        found = look_at_span(store, WHO, round_.id, days)
        given: dict[str, Any] = {**NOTICE, "notice": days}
        with pytest.raises(InputError) as refused:
            publishing.publish(store, WHO, round_.id, **given)
        assert str(refused.value) == "\n".join(map(str, found.wrong))


def test_one_paper_of_several_experts_is_recorded_for_all_of_them_or_for_none(store: Store) -> None:
    bureau.collecting(store)
    consents.state_consent(store, bureau.expert("E2"), "expert", "E2", "notice", given=False)

    def says(one: str) -> list[bool]:
        return [row.given for row in consents.consents_of(store, WHO, "expert", one)]

    for names, basis, told in (
        (["E1", "E2"], "书面", "须由本人改为同意"),
        (["E1", "E9"], "书面", "没有 E9 的资料"),
        (["E1"], " ", "请写明依据"),
        ([], "书面", "至少一位"),
    ):
        with pytest.raises(MatcherError, match=told):
            consents.agree_for(store, WHO, "notice", names, basis)
        assert says("E1") == []
    consents.agree_for(store, WHO, "notice", ["E1", "E3"], "5 月 8 日书面同意")
    assert (says("E1"), says("E2"), says("E3")) == ([True], [False], [True])


def test_a_number_that_another_publication_has_is_told_however_it_is_spaced(store: Store) -> None:
    bureau.published(store)

    assert number_used(store, WHO, "嵊科〔2026〕13号") is None
    for same in ("嵊科〔2026〕12号", " 嵊科〔2026〕 12 号"):
        used = number_used(store, WHO, same)
        assert used is not None
        assert used.values == {"value": "嵊科〔2026〕12号", "batch": "2026", "number": 1, "version": 1}
