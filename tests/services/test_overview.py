from dataclasses import replace
from datetime import timedelta

from matcher.services import forms, publishing, rounds
from matcher.services.in_force import pairs_in_force
from matcher.services.overview import overview
from matcher.store import Store
from tests.bureau import EXPERTS, NEEDS, WHO, active, choosing, matching, published, ran
from tests.databases import THE_DAY


def codes(store: Store, round_id: int) -> list[str]:
    return [matter.message.code for matter in overview(store, WHO, round_id).matters]


def test_forms_are_counted_by_state_and_those_handed_in_wait_for_the_office(store: Store) -> None:
    opened = rounds.open_batch(store, WHO, "2026", 2026)
    form = forms.write_form(store, WHO, opened.id, NEEDS[0])
    forms.write_form(store, WHO, opened.id, NEEDS[1])
    forms.submit_form(store, WHO, form)
    forms.write_form(store, WHO, opened.id, EXPERTS[0])
    found = overview(store, WHO, opened.id)

    assert found.forms == {"firm": {"submitted": 1, "draft": 1}, "expert": {"draft": 1}}
    assert found.matters[0].is_urgent
    assert found.matters[0].message.values == {"count": 1}
    assert codes(store, opened.id)[0] == "overview.submitted.firm"
    assert {"overview.waiting.write", "overview.waiting.consent"} <= set(codes(store, opened.id))


def test_only_wishes_of_accepted_forms_count(store: Store) -> None:
    round_ = choosing(store)

    assert overview(store, WHO, round_.id).stated == {}
    assert codes(store, round_.id).count("overview.waiting.choose") == 2


def test_the_last_two_scenarios_with_a_result_are_compared_the_newest_first(store: Store) -> None:
    round_ = matching(store)
    assert codes(store, round_.id)[0] == "overview.no_result"
    made = [ran(store, round_).scenario_id for _ in range(3)]

    assert [row["scenario"] for row in overview(store, WHO, round_.id).results] == made[:0:-1]
    assert "overview.to_propose" in codes(store, round_.id)


def test_an_undecided_objection_is_urgent_and_the_end_of_the_notice_is_told(store: Store) -> None:
    store = replace(store, clock=lambda: THE_DAY)
    publication = published(store)
    placed = publishing.placements(store, WHO, publication.round_id)[0]
    during = replace(store, clock=lambda: THE_DAY + timedelta(days=2))
    publishing.receive_objection(during, WHO, placed.id, "某某公司", "名单有误")
    first, *rest = overview(during, WHO, publication.round_id).matters

    assert first.is_urgent
    assert first.message.values["objector"] == "某某公司"
    assert "overview.notice_until" in [matter.message.code for matter in rest]


def test_a_round_in_force_waits_for_nothing_of_its_notice(store: Store) -> None:
    round_ = active(replace(store, clock=lambda: THE_DAY))

    assert "overview.notice_until" not in codes(store, round_.id)
    assert overview(store, WHO, round_.id).answers["active"] > 0


def test_pairs_in_force_that_nobody_hears_of_are_urgent_and_lead_to_the_quiet_ones(store: Store) -> None:
    round_ = active(replace(store, clock=lambda: THE_DAY))
    for days in (70, 71):
        later = replace(store, clock=lambda days=days: THE_DAY + timedelta(days=days))
        quiet = sum(pair.is_quiet for pair in pairs_in_force(later, WHO, round_.batch_id))
        told = [one for one in overview(later, WHO, round_.id).matters if one.message.code == "overview.quiet"]
        assert [one.message.values["count"] for one in told] == ([quiet] if quiet else [])
    assert quiet == 3
    assert (told[0].room, told[0].view, told[0].is_urgent) == ("service", "quiet", True)
