"""From a run to a list in force: both sides asked, silence, notices, objections, versions, on either engine."""

import csv
import io
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from matcher.domain.errors import ChangedMeanwhile, InputError, NotAllowed
from matcher.services import following, forms, proposing, publishing, rounds
from matcher.services.proposing import answer, extend_answers, own_placements, propose
from matcher.services.publishing import (
    activate,
    decide_objection,
    placements,
    publications,
    publish,
    published_files,
    receive_objection,
    withdraw_publication,
)
from matcher.store import Store
from matcher.store.entities import Application, Event, PlacedPair, Round
from tests import bureau
from tests.bureau import EXPERTS, NOTICE, WHO, colleague, expert, firm, later, notice, party

ANSWERS: dict[str, Any] = {"answer_by": date(2026, 6, 30), "silence": "accept"}


def states(store: Store, round_id: int) -> dict[tuple[str, str], str]:
    return {placed.pair: placed.state for placed in placements(store, WHO, round_id)}


def pair_of(store: Store, round_id: int, expert_id: str) -> PlacedPair:
    return next(placed for placed in placements(store, WHO, round_id) if placed.expert_id == expert_id)


def listed(store: Store, publication_id: int) -> list[dict[str, str]]:
    text = published_files(store, WHO, publication_id)["list.csv"].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def with_another_expert(store: Store, collecting: Round) -> Round:
    """Let one more expert of motors apply, and bring the round to where it matches."""
    late = replace(EXPERTS[0], expert_id="E5", name="何迟")
    forms.accept_form(store, WHO, forms.submit_form(store, WHO, forms.write_form(store, WHO, collecting.id, late)))
    for _ in range(2):
        collecting = rounds.advance(store, WHO, collecting.id)
    return collecting


def test_a_list_goes_from_its_proposal_to_its_force(store: Store) -> None:
    round_ = bureau.proposed(store)
    assert round_.state == "confirming"
    assert set(states(store, round_.id).values()) == {"proposed"}
    for placed in placements(store, WHO, round_.id):
        answer(store, party(placed, "firm"), placed.id, "firm", accepts=True)
        assert states(store, round_.id)[placed.pair] == "proposed"
        answer(store, party(placed, "expert"), placed.id, "expert", accepts=True)
        assert states(store, round_.id)[placed.pair] == "confirmed"
    publication = publish(store, WHO, round_.id, **NOTICE)
    assert (publication.version, publication.approved_by, publication.document_number) == (
        1,
        "李局长",
        "嵊科〔2026〕12号",
    )
    assert set(states(store, round_.id).values()) == {"public"}
    active = activate(later(store, 8), WHO, round_.id)
    assert active.state == "active"
    assert set(states(store, round_.id).values()) == {"active"}
    assert rounds.advance(store, WHO, round_.id).state == "assessed"


def test_a_publication_can_be_proved_by_anybody_who_has_its_files(store: Store, tmp_path: Path) -> None:
    from matcher.cli import app

    publication = bureau.published(store)
    for name, content in published_files(store, WHO, publication.id).items():
        (tmp_path / name).write_bytes(content)
    files = [str(tmp_path / name) for name in ("experts.csv", "firms.csv", "placements.csv")]
    audited = CliRunner().invoke(app, ["audit", *files])
    assert audited.exit_code == 0, audited.output
    assert "1380000" not in (tmp_path / "experts.csv").read_text(encoding="utf-8-sig")
    lines = listed(store, publication.id)
    assert [(line["need_id"], line["expert_id"]) for line in lines] == sorted(states(store, publication.round_id))
    assert {line["firm_answer"] for line in lines} == {"accepted"}


def test_each_side_sees_its_own_pairs_alone(store: Store) -> None:
    round_ = bureau.proposed(store)
    for placed in placements(store, WHO, round_.id):
        for side in ("firm", "expert"):
            who = party(placed, side)
            assert placed.pair in {row.pair for row in own_placements(store, who, round_.id, side, str(who.party))}
    assert all(placed.line["firm_id"] == "F2" for placed in own_placements(store, WHO, round_.id, "firm", "F2"))
    assert own_placements(store, WHO, round_.id, "firm", "E1") == []


def test_who_declines_says_why_and_is_banned_in_the_next_run_while_what_others_said_still_stands(store: Store) -> None:
    round_ = bureau.proposed(store)
    gone, kept = pair_of(store, round_.id, "E1"), pair_of(store, round_.id, "E4")
    with pytest.raises(InputError, match="理由"):
        answer(store, expert("E1"), gone.id, "expert", accepts=False)
    answer(store, expert("E1"), gone.id, "expert", accepts=False, why="出国半年")
    ended = pair_of(store, round_.id, "E1")
    assert (ended.state, ended.ending, ended.expert_answer, ended.ended_because) == (
        "ended",
        "declined",
        "declined",
        "出国半年",
    )
    for side in ("firm", "expert"):
        answer(store, party(kept, side), kept.id, side, accepts=True)
    back = rounds.step_back(store, WHO, round_.id, "有一对谢绝")
    assert back.state == "matching"
    again = bureau.proposed(store, back)
    now = {placed.pair: placed for placed in placements(store, WHO, again.id) if placed.state != "ended"}
    assert gone.pair not in now
    assert now[kept.pair].state == "confirmed"


def test_until_the_list_is_published_a_side_may_say_otherwise_and_after_the_date_nothing(store: Store) -> None:
    round_ = bureau.proposed(store)
    placed = pair_of(store, round_.id, "E1")
    (unasked,) = own_placements(store, firm("F1"), round_.id, "firm", "F1")
    answer(store, firm("F1"), placed.id, "firm", accepts=True, version=unasked.version)
    confirmed = answer(store, expert("E1"), placed.id, "expert", accepts=True)
    with pytest.raises(InputError, match="2026-06-30"):
        answer(later(store, 30), expert("E1"), placed.id, "expert", accepts=False, why="太迟")
    extend_answers(later(store, 30), WHO, round_.id, date(2026, 7, 15))
    with pytest.raises(ChangedMeanwhile, match="您看到的内容已有变化"):
        answer(store, firm("F1"), placed.id, "firm", accepts=True, version=unasked.version)
    ended = answer(
        later(store, 30), expert("E1"), placed.id, "expert", accepts=False, why="太远", version=confirmed.version
    )
    assert ended.ending == "declined"
    with pytest.raises(NotAllowed, match="已结束"):
        answer(store, expert("E1"), placed.id, "expert", accepts=True)


@pytest.mark.parametrize(("silence", "state"), [("accept", "public"), ("decline", "ended")])
def test_silence_means_what_the_round_says_and_the_list_says_that_it_was_silence(
    store: Store, silence: str, state: str
) -> None:
    round_ = bureau.proposed(store, silence=silence)
    spoken = pair_of(store, round_.id, "E1")
    for side in ("firm", "expert"):
        answer(store, party(spoken, side), spoken.id, side, accepts=True)
    with pytest.raises(InputError, match="期限为 2026-06-30"):
        publish(store, WHO, round_.id, **NOTICE)
    publication = publish(later(store, 30), WHO, round_.id, **notice(30))
    now = states(store, round_.id)
    assert now.pop(spoken.pair) == "public"
    assert set(now.values()) == {state}
    said = {(line["expert_id"], line["firm_answer"]) for line in listed(store, publication.id)}
    assert ("E1", "accepted") in said
    assert (("E4", "accepted_by_silence") in said) is (silence == "accept")


def test_nothing_is_published_where_nobody_agreed(store: Store) -> None:
    round_ = bureau.proposed(store, silence="decline")
    with pytest.raises(InputError, match="没有双方都确认"):
        publish(later(store, 30), WHO, round_.id, **notice(30))
    assert set(states(store, round_.id).values()) == {"proposed"}, "and the answers stay open"


def test_of_two_who_publish_one_wins_and_the_other_is_told(store: Store) -> None:
    round_ = bureau.agreed(store)
    first = publish(store, colleague("甲"), round_.id, **NOTICE, version=round_.version)
    with pytest.raises(ChangedMeanwhile, match="甲"):
        publish(store, colleague("乙"), round_.id, **NOTICE, version=round_.version)
    with pytest.raises(InputError, match=r"第 1 版（甲 于 2026-06-01T01:30:00Z 公示）"):
        publish(store, colleague("乙"), round_.id, **NOTICE)
    assert [publication for publication, _ in publications(store, WHO, round_.id)] == [first]


def test_of_two_who_propose_one_wins_and_the_other_is_told(store: Store) -> None:
    round_ = bureau.matching(store)
    run = bureau.ran(store, round_)
    propose(store, colleague("甲"), run.id, **ANSWERS, version=round_.version)
    with pytest.raises(ChangedMeanwhile, match="甲"):
        propose(store, colleague("乙"), run.id, **ANSWERS, version=round_.version)
    with pytest.raises(NotAllowed, match="确认"):
        propose(store, colleague("乙"), run.id, **ANSWERS)


def test_a_run_of_what_has_changed_since_is_not_proposed(store: Store) -> None:
    round_ = bureau.matching(store)
    run = bureau.ran(store, round_)
    with store.reading() as view:
        form = view.get(Application, round_id=round_.id, expert_id="E1")
    forms.record_consent(store, WHO, form, False, on=date(2026, 6, 1), document="东大科〔2026〕8号")
    with pytest.raises(InputError, match=r"experts\.csv.*重新运行"):
        propose(store, WHO, run.id, **ANSWERS)
    assert placements(store, WHO, round_.id) == []


def test_a_date_that_is_past_a_missing_approver_and_an_upside_down_notice_are_told(store: Store) -> None:
    run = bureau.ran(store, bureau.matching(store))
    with pytest.raises(InputError, match="2026-05-31"):
        propose(store, WHO, run.id, answer_by=date(2026, 5, 31), silence="accept")
    propose(store, WHO, run.id, answer_by=date(2026, 6, 1), silence="accept")
    round_ = rounds.round_of(store, WHO, 1)
    wrong: dict[str, Any] = {"approved_by": " ", "document_number": "", "notice": (date(2026, 6, 8), date(2026, 6, 2))}
    with pytest.raises(InputError) as refused:
        publish(later(store, 5), WHO, round_.id, **wrong)
    assert len(refused.value.messages) == 3
    with pytest.raises(InputError, match="2026-06-02 早于今天"):
        publish(later(store, 5), WHO, round_.id, **NOTICE)


def test_an_upheld_objection_takes_the_pair_out_and_a_new_version_leaves_the_first_as_it_was(store: Store) -> None:
    first = bureau.published(store)
    before = published_files(store, WHO, first.id)
    placed = pair_of(store, first.round_id, "E1")
    with pytest.raises(InputError) as anonymous:
        receive_objection(store, WHO, placed.id, " ", "")
    assert len(anonymous.value.messages) == 2
    objection = receive_objection(store, WHO, placed.id, "赵某某", "专家持有该企业股份")
    with pytest.raises(InputError, match="1 条异议"):
        activate(later(store, 10), WHO, first.round_id)
    decided = decide_objection(store, WHO, objection.id, "经查属实", upheld=True)
    assert decided.upheld
    assert states(store, first.round_id)[placed.pair] == "ended"
    with pytest.raises(NotAllowed, match=WHO.name):
        decide_objection(store, colleague("乙"), objection.id, "不成立", upheld=False)
    with pytest.raises(InputError, match="第 1 版公示后名单已有变化"):
        activate(later(store, 10), WHO, first.round_id)
    second = publish(later(store, 3), WHO, first.round_id, **notice(3))
    assert second.version == 2
    assert [line["expert_id"] for line in listed(store, second.id)] == [
        line["expert_id"] for line in listed(store, first.id) if line["expert_id"] != "E1"
    ]
    assert publications(store, WHO, first.round_id)[0][0] == first
    assert published_files(store, WHO, first.id) == before
    activate(later(store, 12), WHO, first.round_id)
    assert states(store, first.round_id)[placed.pair] == "ended"


def test_an_objection_that_is_not_upheld_changes_no_pair(store: Store) -> None:
    publication = bureau.published(store)
    placed = pair_of(store, publication.round_id, "E1")
    objection = receive_objection(store, WHO, placed.id, "赵某某", "不公平")
    assert decide_objection(store, WHO, objection.id, "无依据", upheld=False).upheld is False
    activate(later(store, 10), WHO, publication.round_id)
    assert states(store, publication.round_id)[placed.pair] == "active"


def test_a_withdrawn_publication_stays_as_it_was_and_the_round_matches_again(store: Store) -> None:
    publication = bureau.published(store)
    with pytest.raises(InputError, match="理由"):
        withdraw_publication(store, WHO, publication.id, "")
    withdrawal = withdraw_publication(store, WHO, publication.id, "文号有误")
    assert (withdrawal.reason, withdrawal.withdrawn_by) == ("文号有误", WHO.name)
    assert publications(store, WHO, publication.round_id) == [(publication, withdrawal)]
    assert rounds.round_of(store, WHO, publication.round_id).state == "matching"
    assert {placed.ending for placed in placements(store, WHO, publication.round_id)} == {"withdrawn"}
    with pytest.raises(NotAllowed):
        withdraw_publication(store, WHO, publication.id, "再撤一次")
    again = bureau.published(store, rounds.round_of(store, WHO, publication.round_id))
    assert again.version == 2


def test_the_notice_has_to_be_over_before_the_list_is_in_force(store: Store) -> None:
    publication = bureau.published(store)
    with pytest.raises(InputError, match="2026-06-08"):
        activate(later(store, 7), WHO, publication.round_id)
    assert activate(later(store, 8), WHO, publication.round_id).state == "active"


def test_a_supplementary_round_keeps_what_is_placed_and_asks_nobody_of_it_again(store: Store) -> None:
    first = bureau.active(store)
    in_force = set(states(store, first.id))
    gone = pair_of(store, first.id, "E1")
    following.end_placement(store, WHO, gone.id, "quit", on=date(2026, 6, 1), why="调离")
    opened = with_another_expert(store, rounds.open_next_round(store, WHO, first.id, "supplementary"))
    confirming = bureau.proposed(store, opened)
    asked = {placed.pair for placed in placements(store, WHO, confirming.id)}
    assert asked == {("F1", "E5")}, "who left is not sent back"
    publication = publish(later(store, 30), WHO, confirming.id, **notice(30))
    assert publication.run_id == confirming.proposed_run
    assert {(line["need_id"], line["expert_id"]) for line in listed(store, publication.id)} == (
        in_force - {gone.pair}
    ) | asked
    activate(later(store, 40), WHO, confirming.id)
    with store.reading() as view:
        active = view.listed(PlacedPair, batch_id=first.batch_id, state="active")
    assert {placed.pair for placed in active} == (in_force - {gone.pair}) | asked


def test_an_adjustment_keeps_what_it_can_and_ends_what_it_placed_otherwise_when_it_is_in_force(store: Store) -> None:
    first = bureau.active(store)
    opened = with_another_expert(store, rounds.open_next_round(store, WHO, first.id, "adjustment"))
    moved = pair_of(store, first.id, "E1")
    run = bureau.ran(store, opened, bans=[moved.pair])
    propose(store, WHO, run.id, **ANSWERS)
    assert pair_of(store, first.id, "E1").state == "active", "until then nothing changes"
    assert states(store, opened.id) == {("F1", "E5"): "proposed"}
    publish(later(store, 30), WHO, opened.id, **notice(30))
    activate(later(store, 40), WHO, opened.id)
    ended = next(placed for placed in placements(store, WHO, first.id) if placed.id == moved.id)
    assert (ended.state, ended.ending) == ("ended", "adjusted")
    assert {placed.state for placed in placements(store, WHO, first.id) if placed.id != moved.id} == {"active"}
    assert states(store, opened.id) == {("F1", "E5"): "active"}


def test_an_adjustment_that_only_ends_pairs_is_published_too(store: Store) -> None:
    first = bureau.active(store)
    opened = rounds.open_next_round(store, WHO, first.id, "adjustment")
    for _ in range(2):
        opened = rounds.advance(store, WHO, opened.id)
    moved = pair_of(store, first.id, "E1")
    propose(store, WHO, bureau.ran(store, opened, bans=[moved.pair]).id, **ANSWERS)
    publication = publish(store, WHO, opened.id, **NOTICE)
    assert moved.pair not in {(line["need_id"], line["expert_id"]) for line in listed(store, publication.id)}
    activate(later(store, 10), WHO, opened.id)
    assert pair_of(store, first.id, "E1").ending == "adjusted"


def test_everything_that_was_done_is_written_down(store: Store) -> None:
    bureau.active(store)
    with store.reading() as view:
        events = view.listed(Event)
    assert {event.round_id for event in events} == {None, 1}, "of the round, whatever row they are about,"
    assert [event.about for event in events if event.round_id is None] == [
        "marks/basis.notice",
        "batches/1",
    ], "but for the batch itself, and what holds for all of them"
    done = [event.what for event in events if not event.about.startswith(("experts", "needs"))]
    assert [what for what, before in zip(done, ["", *done], strict=False) if what != before] == [
        "record_basis",
        "open_batch",
        "open_round",
        "advance",
        "create_scenario",
        "queue_run",
        "start_run",
        "finish_run",
        "propose",
        "answer",
        "publish",
        "activate",
    ]


def test_a_round_knows_which_run_it_proposed_until_it_steps_back(store: Store) -> None:
    round_: Round = bureau.proposed(store)
    assert round_.proposed_run is not None
    back = rounds.step_back(store, WHO, round_.id, "再看看")
    assert (back.proposed_run, back.answer_by, back.silence) == (None, None, None)
    assert {placed.ending for placed in publishing.placements(store, WHO, round_.id)} == {"withdrawn"}


def test_silence_is_no_answer_to_a_later_proposal(store: Store) -> None:
    first = bureau.proposed(store, silence="accept")
    spoken = pair_of(store, first.id, "E1")
    answer(store, firm("F1"), spoken.id, "firm", accepts=True)
    publication = publish(later(store, 30), WHO, first.id, **notice(30))
    withdraw_publication(store, WHO, publication.id, "文号有误")
    again = bureau.proposed(store, rounds.round_of(store, WHO, first.id), silence="decline")
    asked = [placed for placed in placements(store, WHO, again.id) if placed.state != "ended"]
    assert {placed.state for placed in asked} == {"proposed"}
    assert {(p.expert_id, p.firm_answer, p.expert_answer) for p in asked if p.firm_answer or p.expert_answer} == {
        ("E1", "accepted", None)
    }


def test_an_objection_outlives_the_withdrawal_of_what_it_was_raised_against(store: Store) -> None:
    publication = bureau.published(store)
    contested = pair_of(store, publication.round_id, "E1")
    objections = [receive_objection(store, WHO, contested.id, name, "持股") for name in ("赵某某", "钱某某")]
    withdraw_publication(store, WHO, publication.id, "文号有误")
    again = bureau.published(store, rounds.round_of(store, WHO, publication.round_id))
    assert contested.pair in {(line["need_id"], line["expert_id"]) for line in listed(store, again.id)}
    with pytest.raises(InputError, match="2 条异议"):
        activate(later(store, 10), WHO, publication.round_id)
    decide_objection(store, WHO, objections[0].id, "属实", upheld=True)
    decide_objection(store, WHO, objections[1].id, "同上", upheld=True)
    assert contested.pair not in {p.pair for p in placements(store, WHO, publication.round_id) if p.state != "ended"}


def test_an_objection_upheld_after_the_withdrawal_bans_the_pair(store: Store) -> None:
    publication = bureau.published(store)
    contested = pair_of(store, publication.round_id, "E1")
    objection = receive_objection(store, WHO, contested.id, "赵某某", "持股")
    withdraw_publication(store, WHO, publication.id, "文号有误")
    decide_objection(store, WHO, objection.id, "属实", upheld=True)
    again = bureau.proposed(store, rounds.round_of(store, WHO, publication.round_id))
    assert contested.pair not in {p.pair for p in placements(store, WHO, again.id) if p.state != "ended"}


@pytest.mark.parametrize("how", ["declined", "objection"])
def test_a_pair_in_force_whose_replacement_failed_stays(store: Store, how: str) -> None:
    first = bureau.active(store)
    opened = with_another_expert(store, rounds.open_next_round(store, WHO, first.id, "adjustment"))
    moved = pair_of(store, first.id, "E1")
    run = bureau.ran(store, opened, bans=[moved.pair])
    assert [placed.pair for placed in proposing.pairs_to_end(store, WHO, run.id)] == [moved.pair]
    propose(store, WHO, run.id, **ANSWERS)
    instead = pair_of(store, opened.id, "E5")
    if how == "declined":
        answer(store, expert("E5"), instead.id, "expert", accepts=False, why="太远")
        publish(store, WHO, opened.id, **NOTICE)
    else:
        for side in ("firm", "expert"):
            answer(store, party(instead, side), instead.id, side, accepts=True)
        publish(store, WHO, opened.id, **NOTICE)
        objection = receive_objection(store, WHO, instead.id, "赵某某", "持股")
        decide_objection(store, WHO, objection.id, "属实", upheld=True)
        publish(later(store, 1), WHO, opened.id, **notice(1))
    latest = publications(store, WHO, opened.id)[-1][0]
    assert moved.pair in {(line["need_id"], line["expert_id"]) for line in listed(store, latest.id)}
    activate(later(store, 12), WHO, opened.id)
    assert pair_of(store, first.id, "E1").state == "active"


def test_the_list_has_the_lines_of_its_own_run_for_pairs_in_force_too(store: Store) -> None:
    first = bureau.active(store)
    opened = with_another_expert(store, rounds.open_next_round(store, WHO, first.id, "supplementary"))
    propose(store, WHO, bureau.ran(store, opened).id, **ANSWERS)
    publication = publish(later(store, 30), WHO, opened.id, **notice(30))
    lines = {(line["need_id"], line["expert_id"]): line["status"] for line in listed(store, publication.id)}
    assert {status for pair, status in lines.items() if pair in states(store, first.id)} == {"locked"}


def test_the_date_for_answers_is_never_brought_forward(store: Store) -> None:
    round_ = bureau.proposed(store)
    with pytest.raises(InputError, match="只能延长"):
        extend_answers(store, WHO, round_.id, date(2026, 6, 15))
    assert extend_answers(store, WHO, round_.id, date(2026, 7, 15)).answer_by == "2026-07-15"
