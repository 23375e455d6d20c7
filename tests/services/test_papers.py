"""Papers of a round: made of what was published, for whom they may be, and written down."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import docx
import pytest
from python_calamine import CalamineWorkbook

from matcher.domain.errors import InputError, NotAllowed, Unseen
from matcher.domain.roles import Principal
from matcher.files.bureau import read_bureau
from matcher.services import papers, privacy, proposing, publishing, rounds
from matcher.services.notices import look_at_span
from matcher.services.papers import Paper
from matcher.services.publishing import LIST
from matcher.store import Store, connect, mark_demo
from matcher.store.entities import Account, Event, GivenConsent, Mark, PlacedPair, Publication
from matcher.web.exports import EXPORTS
from tests import bureau
from tests.bureau import WHO, expert
from tests.databases import THE_DAY, Databases
from tests.strategies import DATA

ADMIN = Principal("王科长", "administrator", None, 1)
ANALYST = Principal("分析员", "analyst", None, 2)
CONTACTS = ("13900000001", "13800000004")
PUBLIC_OR_OWN = ("notice", "letters", "agreements")


@pytest.fixture
def desk(every_engine: dict[str, Databases], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A database of SQLite: what is written here, a list, is written alike on either engine."""
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    opened = connect(every_engine["sqlite"].clean(), clock=lambda: THE_DAY)
    yield opened
    opened.close()


@pytest.fixture
def in_force(desk: Store) -> tuple[Store, Publication]:
    """A list in force, ten days after it was published."""
    publication = bureau.published(desk)
    publishing.activate(bureau.later(desk, 10), WHO, publication.round_id)
    return bureau.later(desk, 10), publication


def party(placed: PlacedPair, side: str) -> Principal:
    return Principal("某", side, placed.firm_id if side == "firm" else placed.expert_id, 9)  # ty: ignore[invalid-argument-type]


def words(data: bytes) -> str:
    """Everything readable in a document, a workbook or an archive of them."""
    if data[:2] != b"PK":
        return data.decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return "\n".join(words(archive.read(n)) for n in archive.namelist() if not n.endswith((".png", ".jpeg")))


def rows(paper: Paper, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(paper.content)).get_sheet_by_name(sheet).to_python()


def fill_in(home: Path) -> None:
    (home / "bureau.toml").write_bytes((DATA / "bureau.toml").read_bytes())


def placed_in(store: Store, publication: Publication) -> list[PlacedPair]:
    with store.reading() as view:
        return view.listed(PlacedPair, round_id=publication.round_id, state="active")


# ---- what they are made of ----------------------------------------------------------------


def test_the_workbook_is_of_the_published_list_with_its_number_and_days(desk: Store) -> None:
    publication = bureau.published(desk)
    paper = papers.workbook(desk, ADMIN, publication.id)
    assert paper.name == "派遣名单-嵊科〔2026〕12号.xlsx"
    listed = list(csv.DictReader(io.StringIO(papers.list_csv(desk, ADMIN, publication.id).content.decode("utf-8-sig"))))
    assert [row[1] for row in rows(paper, "派遣名单")[3:]] == [line["expert"] for line in listed]
    settings = {row[0]: row[1] for row in rows(paper, "设置")}
    assert settings["文号"] == "嵊科〔2026〕12号"
    assert settings["公示期"] == "2026-06-02 — 2026-06-08"
    assert settings["批准人"] == "李局长"


def test_a_pair_that_was_declined_is_not_listed_and_told_among_those_left_out(desk: Store) -> None:
    confirming = bureau.agreed(desk)
    declined, *_ = publishing.placements(desk, WHO, confirming.id)
    proposing.answer(desk, WHO, declined.id, "expert", accepts=False, why="出国半年")
    publication = publishing.publish(desk, WHO, confirming.id, **bureau.NOTICE)
    paper = papers.workbook(desk, ADMIN, publication.id)
    listed = {(row[1], row[7]) for row in rows(paper, "派遣名单")[3:]}
    assert (declined.line["expert"], declined.line["need_title"]) not in listed
    reasons = {row[1]: row[4] for row in rows(paper, "未安排") if "没有列入公示名单" in str(row[4])}
    assert reasons == {
        declined.need_id: f"与{declined.line['expert']}的配对没有列入公示名单：一方未接受",
        declined.expert_id: f"与{declined.line['firm']}的配对没有列入公示名单：一方未接受",
    }
    assert "出国半年" not in words(papers.notice(desk, ADMIN, publication.id).content)


def test_the_notice_has_the_days_and_the_number_of_its_publication(desk: Store) -> None:
    publication = bureau.published(desk)
    paper = papers.notice(desk, ADMIN, publication.id)
    said = words(paper.content)
    assert "2026年6月2日至2026年6月8日，共5个工作日" in said
    assert "文号：嵊科〔2026〕12号" in said
    assert [warning.code for warning in paper.warnings] == ["papers.unfilled", "papers.holidays_unchecked"]
    assert paper.content == papers.notice(desk, ADMIN, publication.id).content


def test_what_the_bureau_wrote_stands_above_ours(desk: Store, tmp_path: Path) -> None:
    publication = bureau.published(desk)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "notice.txt").write_text("# {bureau}公示\n{list}\n", encoding="utf-8")
    (tmp_path / "bureau.toml").write_text(
        'name = "嵊州市科学技术局"\n[holidays]\noff = [2026-06-19]\n', encoding="utf-8"
    )
    paper = papers.notice(desk, ADMIN, publication.id)
    assert docx.Document(io.BytesIO(paper.content)).paragraphs[0].text == "嵊州市科学技术局公示"
    assert paper.warnings == ()


def test_a_template_that_is_wrong_gives_no_paper_and_is_no_export(desk: Store, tmp_path: Path) -> None:
    publication = bureau.published(desk)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "notice.txt").write_text("# 公示\n{fit}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"notice\.txt：第 2 行：没有可填的 \{fit\}"):
        papers.notice(desk, ADMIN, publication.id)
    assert exports(desk) == []


def test_there_is_no_notice_of_what_was_withdrawn_but_its_record(desk: Store) -> None:
    publication = bureau.published(desk)
    publishing.withdraw_publication(desk, WHO, publication.id, "名单有误")
    with pytest.raises(NotAllowed, match="已撤回（名单有误）"):
        papers.notice(desk, ADMIN, publication.id)
    assert ["已撤回，原因", "名单有误"] in rows(papers.workbook(desk, ADMIN, publication.id), "设置")


def test_of_an_older_version_the_notice_warns(desk: Store) -> None:
    first = bureau.published(desk)
    contested, *_ = publishing.placements(desk, WHO, first.round_id)
    objection = publishing.receive_objection(desk, WHO, contested.id, "赵某", "持股")
    publishing.decide_objection(desk, WHO, objection.id, "属实", upheld=True)
    publishing.publish(desk, WHO, first.round_id, **bureau.NOTICE)
    codes = [warning.code for warning in papers.notice(desk, ADMIN, first.id).warnings]
    assert codes[-1] == "papers.newer"


def test_whoever_refused_to_be_named_in_the_notice_is_warned_of(desk: Store) -> None:
    publication = bureau.published(desk)
    placed, *_ = publishing.placements(desk, WHO, publication.round_id)
    with desk.writing(WHO.name) as work:
        of = {"side": "expert", "party": placed.expert_id}
        work.insert(GivenConsent, "consent", **of, kind="notice", given=False, basis="本人")
    warning = papers.notice(desk, ADMIN, publication.id).warnings[-1]
    assert (warning.code, warning.values["names"]) == ("papers.without_consent", [placed.line["expert"]])


# ---- letters and agreements ---------------------------------------------------------------


def test_each_pair_in_force_has_its_letter_and_its_agreement(in_force: tuple[Store, Publication]) -> None:
    store, publication = in_force
    placed = placed_in(store, publication)
    for paper in (papers.letters(store, ADMIN, publication.id), papers.agreements(store, ADMIN, publication.id)):
        with zipfile.ZipFile(io.BytesIO(paper.content)) as archive:
            names = archive.namelist()
            made = [docx.Document(io.BytesIO(archive.read(name))) for name in names]
        assert len(made) == len(placed) > 1
        assert all(re.fullmatch(r"\d{3}-(聘书|三方协议)-[\w()-]+\.docx", name) for name in names)
    letters = papers.letters(store, ADMIN, publication.id).content
    assert "2026年6月11日" in words(letters), "of the day on which the list came into force"


@pytest.mark.parametrize("call", [papers.letters, papers.agreements])
def test_before_the_notice_is_over_there_is_no_letter_and_no_agreement(desk: Store, call: Any) -> None:
    publication = bureau.published(desk)
    with pytest.raises(NotAllowed, match="还没有生效"):
        call(desk, ADMIN, publication.id)
    placed, *_ = publishing.placements(desk, WHO, publication.round_id)
    with pytest.raises(NotAllowed, match="还没有生效，或已经结束"):
        papers.own_agreement(desk, party(placed, "firm"), placed.id)


@pytest.mark.parametrize("call", [papers.own_agreement, papers.own_letter])
def test_a_party_gets_its_own_and_nobody_elses(in_force: tuple[Store, Publication], tmp_path: Path, call: Any) -> None:
    store, publication = in_force
    fill_in(tmp_path)
    for placed in placed_in(store, publication):
        for side in ("firm", "expert"):
            paper = call(store, party(placed, side), placed.id)
            said = words(paper.content)
            assert placed.line["expert"] in said
            assert placed.line["firm"] in said
            assert paper.warnings == ()
            others = [one for one in placed_in(store, publication) if not {*one.pair} & {*placed.pair}]
            strangers = {one.line[name] for one in others for name in ("expert", "need_title")}
            assert not [name for name in strangers if name in said]
            for other in others:
                owner = other.firm_id if side == "firm" else other.expert_id
                if owner != (placed.firm_id if side == "firm" else placed.expert_id):
                    with pytest.raises(NotAllowed):
                        call(store, party(placed, side), other.id)


def test_a_party_waits_until_the_bureau_has_filled_in_what_its_paper_says(
    in_force: tuple[Store, Publication], tmp_path: Path
) -> None:
    store, publication = in_force
    placed, *_ = placed_in(store, publication)
    for call in (papers.own_letter, papers.own_agreement):
        with pytest.raises(NotAllowed, match="暂时不能下载；请与科技局联系"):
            call(store, party(placed, "expert"), placed.id)
        assert "papers.unfilled" in [one.code for one in call(store, ADMIN, placed.id).warnings]
    (tmp_path / "bureau.toml").write_text('name = "嵊州市科学技术局"\n', encoding="utf-8")
    assert papers.own_letter(store, party(placed, "expert"), placed.id).warnings == ()
    with pytest.raises(NotAllowed, match="三方协议"):
        papers.own_agreement(store, party(placed, "expert"), placed.id)
    fill_in(tmp_path)
    assert "待填" not in words(papers.own_agreement(store, party(placed, "expert"), placed.id).content)


def test_a_party_waits_as_well_for_what_was_left_empty(in_force: tuple[Store, Publication], tmp_path: Path) -> None:
    store, publication = in_force
    placed, *_ = placed_in(store, publication)
    filled = (DATA / "bureau.toml").read_text(encoding="utf-8")
    for name in ("name", "agreement_term"):
        emptied = re.sub(rf'^{name} = ".*"$', f'{name} = ""', filled, flags=re.MULTILINE)
        (tmp_path / "bureau.toml").write_text(emptied, encoding="utf-8")
        with pytest.raises(NotAllowed, match="暂时不能下载"):
            papers.own_agreement(store, party(placed, "firm"), placed.id)
        found = {one.code: one.values for one in papers.agreements(store, ADMIN, publication.id).warnings}
        assert found["papers.unfilled"]["names"] == [name]


def test_a_term_that_nobody_says_is_warned_of_wherever_the_list_is_printed(desk: Store, tmp_path: Path) -> None:
    publication = bureau.published(desk)
    (tmp_path / "bureau.toml").write_text('term = "（待填：期限）"\n', encoding="utf-8")
    for call in (papers.workbook, papers.notice):
        paper = call(desk, ADMIN, publication.id)
        assert "（待填：期限）" in words(paper.content)
        assert "term" in str(paper.warnings[0].values["names"])
    with pytest.raises(Unseen):
        papers.workbook(desk, ADMIN, publication.id, seen="")
    span = look_at_span(desk, ADMIN, publication.round_id, (THE_DAY.date(), THE_DAY.date()))
    assert "term" in str(span.warnings)


def test_the_office_reads_which_firms_have_no_credit_code_before_agreements_go_out(
    in_force: tuple[Store, Publication],
) -> None:
    store, publication = in_force
    firms = {placed.line["firm"] for placed in placed_in(store, publication)}
    found = {one.code: one.values for one in papers.agreements(store, ADMIN, publication.id).warnings}
    assert set(found["papers.no_credit_code"]["names"]) == firms  # ty: ignore[invalid-argument-type]
    assert "agreement_term" in str(found["papers.unfilled"]["names"])
    assert "papers.no_credit_code" not in [one.code for one in papers.letters(store, ADMIN, publication.id).warnings]


def test_of_a_demonstration_a_party_gets_its_papers_of_a_bureau_that_is_nobodys(
    in_force: tuple[Store, Publication],
) -> None:
    store, publication = in_force
    placed, *_ = placed_in(store, publication)
    mark_demo(store, "demo")
    said = words(papers.own_agreement(store, party(placed, "firm"), placed.id).content)
    assert read_bureau(DATA).name in said
    assert "待填" not in said


# ---- who may, what leaks, what is written down --------------------------------------------


def calls(publication: Publication) -> dict[str, tuple[Any, int]]:
    of_list = {name: (getattr(papers, name), publication.id) for name in (*PUBLIC_OR_OWN, "workbook", "list_csv")}
    return of_list | {"reminders": (papers.reminders, publication.round_id)}


@pytest.mark.parametrize("who", [ANALYST, Principal("企", "firm", "F1", 3), Principal("专", "expert", "E1", 4)])
def test_the_others_get_no_paper_of_the_office_but_analysts_the_list(
    in_force: tuple[Store, Publication], who: Principal
) -> None:
    store, publication = in_force
    for name, (call, key) in calls(publication).items():
        if name == "list_csv" and who is ANALYST:
            assert call(store, who, key).name == "list-嵊科〔2026〕12号.csv"
        else:
            with pytest.raises(NotAllowed):
                call(store, who, key)
    assert [event.about for event in exports(store)] == (
        [f"publications/{publication.id}/list"] if who is ANALYST else []
    )


def test_contacts_are_in_no_paper_but_the_offices_list_to_telephone_by(desk: Store) -> None:
    confirming = bureau.proposed(desk)
    telephoned = words(papers.reminders(desk, ADMIN, confirming.id).content)
    assert all(contact in telephoned for contact in CONTACTS)
    for placed in publishing.placements(desk, WHO, confirming.id):
        for side in ("firm", "expert"):
            proposing.answer(desk, WHO, placed.id, side, accepts=True)
    publication = publishing.publish(desk, WHO, confirming.id, **bureau.NOTICE)
    publishing.activate(bureau.later(desk, 10), WHO, publication.round_id)
    for name, (call, key) in calls(publication).items():
        said = words(call(bureau.later(desk, 10), ADMIN, key).content)
        assert not [contact for contact in CONTACTS if contact in said], name


def test_papers_that_leave_the_office_have_no_fit_rank_or_reason(in_force: tuple[Store, Publication]) -> None:
    store, publication = in_force
    lines = list(csv.DictReader(io.StringIO(papers.list_csv(store, ADMIN, publication.id).content.decode("utf-8-sig"))))
    secrets = {line[name] for line in lines for name in ("firm_fit", "expert_fit", "fit", "value", "reasons")}
    assert len(secrets) > len(lines)
    for name in PUBLIC_OR_OWN:
        said = words(calls(publication)[name][0](store, ADMIN, publication.id).content)
        assert not [secret for secret in secrets if secret in said], name


def test_the_csv_is_the_frozen_list_byte_for_byte(desk: Store) -> None:
    publication = bureau.published(desk)
    with desk.reading() as view:
        assert papers.list_csv(desk, ADMIN, publication.id).content == view.file(publication.files[LIST])


def test_an_analyst_gets_the_list_under_pseudonyms_with_its_figures(desk: Store) -> None:
    publication = bureau.published(desk)
    rows = list(csv.DictReader(io.StringIO(papers.list_csv(desk, ANALYST, publication.id).content.decode("utf-8-sig"))))
    assert {row["expert_id"][:7] for row in rows} == {"expert-"}
    assert {(row["firm"], row["expert"], row["need_title"], row["reasons"]) for row in rows} == {("", "", "", "")}
    assert all(float(row["fit"]) > 0 for row in rows)


def exports(store: Store) -> list[Event]:
    with store.reading() as view:
        return view.listed(Event, what="export")


def test_every_export_is_written_down(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    publication = bureau.published(store)
    papers.notice(store, ADMIN, publication.id)
    papers.list_csv(store, ANALYST, publication.id)
    found = [(event.who, event.about, event.round_id) for event in exports(store)]
    assert found == [
        ("王科长", f"publications/{publication.id}/notice", publication.round_id),
        ("分析员", f"publications/{publication.id}/list", publication.round_id),
    ]


def test_of_a_demonstration_every_paper_says_so(in_force: tuple[Store, Publication]) -> None:
    store, publication = in_force
    with store.writing(WHO.name) as work:
        work.insert(Mark, "tests", name="demo", value="yes")
    placed, *_ = placed_in(store, publication)
    made = [call(store, ADMIN, key) for call, key in calls(publication).values()]
    for paper in (*made, papers.own_agreement(store, party(placed, "firm"), placed.id)):
        assert paper.name.startswith("演示-")
        assert "演示数据" in words(paper.content)
    header, *lines = csv.reader(io.StringIO(papers.list_csv(store, ADMIN, publication.id).content.decode("utf-8-sig")))
    assert header[-1] == "demo"
    assert all(line[-1].startswith("演示数据") for line in lines)


# ---- reminders and invitations ------------------------------------------------------------


def matters(store: Store, round_id: int) -> list[tuple[Any, ...]]:
    found = rows(papers.reminders(store, ADMIN, round_id), "催办名单")
    return [tuple(row[2:7]) for row in found if isinstance(row[0], float)]


def test_while_forms_are_written_the_reminders_are_of_them(desk: Store) -> None:
    from matcher.services import forms

    opened = rounds.open_batch(desk, WHO, "2026", 2026)
    forms.write_form(desk, WHO, opened.id, bureau.NEEDS[0])
    sent = forms.submit_form(
        desk, WHO, forms.write_form(desk, WHO, opened.id, replace(bureau.EXPERTS[0], consent=True))
    )
    forms.return_form(desk, WHO, sent, "研究方向太笼统")
    assert matters(desk, opened.id) == [
        ("F1", "嵊星电机", "三江街道", "需求或申请还是草稿，请提交", "永磁电机噪声偏高"),
        ("E1", "陈永", "东海大学", "需求或申请被退回（研究方向太笼统），请修改后重新提交", ""),
    ]


def test_while_choosing_they_are_of_preferences_and_of_institutions(desk: Store) -> None:
    from matcher.services import preferences

    choosing = bureau.choosing(desk)
    preferences.state_preferences(desk, expert("E1"), choosing.id, "expert", "E1", tiers=(("F1",),), vetoes=())
    found = matters(desk, choosing.id)
    chosen = {row[0] for row in found if row[3] == "还没有填报志愿"}
    assert chosen == {"F1", "F2", "F3", "E2", "E3", "E4"}
    assert {row[0] for row in found if row[3] == "派出单位还没有出具同意意见"} == {"E1", "E2", "E3", "E4"}


def test_while_confirming_they_are_of_answers_until_their_day(desk: Store) -> None:
    confirming = bureau.proposed(desk, silence="decline")
    placed, *others = publishing.placements(desk, WHO, confirming.id)
    proposing.answer(desk, WHO, placed.id, "firm", accepts=True)
    found = rows(papers.reminders(desk, ADMIN, confirming.id), "催办名单")[2:]
    assert len(found) == 1 + 2 * len(others)
    assert {row[7] for row in found} == {"2026-06-30"}
    assert {row[5] for row in found} == {"还没有确认派驻配对；逾期视为不接受"}
    about = f"{placed.line['need_title']} / {placed.line['expert']}"
    assert not [row for row in found if row[1] == "企业" and row[6] == about]


def test_when_assessed_they_are_of_ratings_and_of_going_on(in_force: tuple[Store, Publication]) -> None:
    from matcher.services import following

    store, publication = in_force
    assert matters(store, publication.round_id) == []
    rounds.advance(store, WHO, publication.round_id)
    placed, *others = placed_in(store, publication)
    following.assess(store, WHO, placed.id, firm_rating=5)
    found = [row[3] for row in matters(store, publication.round_id)]
    assert found.count("还没有评价这次派驻") == 2 * len(others) + 1
    assert found.count("还没有表示是否续聘") == 2 * len(others) + 2


def account(store: Store, **values: Any) -> Account:
    blank = {"code": None, "person": "", "password": None, "issuer": None, "subject": None, "disabled_at": None}
    with store.writing(WHO.name) as work:
        return work.insert(Account, "add", **{**blank, **values})


def test_whose_invitation_is_not_used_is_reminded(desk: Store) -> None:
    confirming = bureau.agreed(desk)
    account(desk, name="f1", role="firm", party="F1", person="张三")
    account(desk, name="f2", role="firm", party="F2", password="x")  # noqa: S106 - no password of anybody's
    account(desk, name="f9", role="firm", party="F9")
    assert matters(desk, confirming.id) == [("F1", "嵊星电机", "三江街道", "还没有登录过：邀请尚未使用", "张三")]


@dataclass(frozen=True)
class Invited:
    account: Account
    token: str
    code: str
    expires_at: str


@pytest.mark.parametrize("to", ["docx", "xlsx"])
def test_invitations_name_the_party_and_carry_link_code_and_day(desk: Store, to: Any) -> None:
    opened = bureau.collecting(desk)
    firm = account(desk, name="f1", role="firm", party="F1", code="91330683MA2ABCDE0X", person="张三")
    expert = account(desk, name="e1", role="expert", party="E1")
    invited = [Invited(one, f"TOKEN{one.id}", "ABCDE2345F", "2026-06-14T16:30:00Z") for one in (firm, expert)]
    paper = papers.invitations(desk, ADMIN, opened.id, invited, address="https://match.example/", to=to)
    said = words(paper.content)
    for part in ("嵊星电机", "张三", "91330683MA2ABCDE0X", "陈永", "E1", "ABCDE 2345F"):
        assert part in said
    assert f"https://match.example/account/invite?token=TOKEN{firm.id}" in said
    assert ("2026年6月15日" if to == "docx" else "2026-06-15") in said, "the day where the bureau is"
    with desk.reading() as view:
        assert "TOKEN" not in str(view.listed(Event))
    with pytest.raises(NotAllowed):
        papers.invitations(desk, ANALYST, opened.id, invited, address="https://match.example", to=to)


@pytest.mark.parametrize(("kind", "name"), EXPORTS)
def test_whatever_leaves_a_demonstration_says_so(in_force: tuple[Store, Publication], kind: str, name: str) -> None:
    store, publication = in_force
    ids = {"publication": publication.id, "placement": placed_in(store, publication)[0].id, "round": 1, "scenario": 1}
    make = EXPORTS[kind, name]
    assert "演示" not in words(make(store, ADMIN, ids[kind], seen=None).content)
    mark_demo(store, "demo")
    assert "演示" in words(make(store, ADMIN, ids[kind], seen=None).content)


def test_what_a_party_of_a_demonstration_takes_away_says_so_first(desk: Store) -> None:
    bureau.choosing(desk)
    assert "演示" not in words(privacy.own_data(desk, expert("E1"), "expert", "E1"))
    mark_demo(desk, "demo")
    assert words(privacy.own_data(desk, expert("E1"), "expert", "E1")).startswith('{\n  "demo": "演示数据')
