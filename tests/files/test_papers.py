"""Every document is opened again by a library that did not write it."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need, Placement
from matcher.files import Upload, load_placements
from matcher.files.archive import file_name
from matcher.files.invitation_sheets import InvitationLine, invitation_docx, invitation_workbook
from matcher.files.list_workbook import FIGURES, ListBook, list_workbook, workbook_warnings
from matcher.files.papers import (
    list_says,
    notice_docx,
    notice_warnings,
    pair_blanks,
    pair_docx,
    pair_file_name,
    pair_warnings,
)
from matcher.files.reminder_sheet import Reminder, reminder_workbook
from matcher.files.stationery import Issue, Stationery, stationery, term_words
from matcher.placement import PairLine, pair_line, public_lines
from tests.bureau import EXPERTS, NEEDS

EVIL = '=HYPERLINK("http://x","点")\x00\x0b<w:t>&\u202e'
ISSUE = Issue(
    batch="2026",
    day=date(2026, 6, 2),
    year=2026,
    document_number="嵊科〔2026〕12号",
    notice=(date(2026, 6, 2), date(2026, 6, 8)),
    version=1,
    chain_head="9f" * 32,
)
PAIRS = ((0, 0), (1, 1), (3, 3))
REPORT: dict[str, Any] = {
    "objective": "stable",
    "proposer": "firms",
    "seed": 0,
    "versions": {"matcher": "0.1"},
    "tokenizer": {},
    "settings": {
        "assignment": {"quotas": [{"column": "township", "maximum": 3}], "bans": [["F1", "E2"]], "term": None}
    },
    "inputs": {"experts": {"file": "experts.csv", "sha256": "ab" * 32}},
    "certificate": {"n_blocking_pairs": 0, "proof": {"prices": [1, 2]}},
    "statistics": {
        **dict.fromkeys(FIGURES, 1),
        "calibrated": False,
        "fit_mean": None,
        "townships": {"三江街道": {"needs": 3, "placed": 2}},
        "institutions": {"东海大学": {"experts": 2, "pairs": 2, "share": 0.666667}},
    },
}


def placed(need: Need, expert: Expert) -> Placement:
    return Placement(
        firm_id=need.firm_id, need_id=need.need_id, firm=need.name, township=need.township,
        industry=need.industry, need_title=need.need_title, expert_id=expert.expert_id,
        expert=expert.name, institution=expert.institution, expert_title=expert.title,
        firm_fit=0.4321, expert_fit=0.5432, fit=0.48765, value=0.987, firm_rank=17, expert_rank=23,
        status="new", term_from="2026-07-01", term_to="2028-06-30", reasons="共同的词：秘而不宣",
    )  # fmt: skip


LIST = [placed(NEEDS[i], EXPERTS[j]) for i, j in PAIRS]
LINES = public_lines(LIST, {expert.expert_id: expert for expert in EXPERTS})
PAIR = pair_line(LIST[0], 7, NEEDS[0], EXPERTS[0])
INVITED = [
    InvitationLine(
        "firm", f"企业{k}", "张三", f"9133{k}", f"https://a.example/i?token=t{k}", "ABCDE2345F", date(2026, 6, 15)
    )
    for k in range(9)
]  # fmt: skip


@pytest.fixture(scope="module")
def on() -> Stationery:
    return stationery()


def opened(data: bytes) -> Any:
    return docx.Document(io.BytesIO(data))


def words(data: bytes) -> str:
    """All that a DOCX says: paragraphs, tables, headers and footers."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".xml")]
    return "\n".join("".join(re.findall(r"<w:t[ >][^<]*|</w:p>", part)) for part in parts if "<w:t" in part)


def paragraphs(data: bytes) -> list[str]:
    return [paragraph.text for paragraph in opened(data).paragraphs]


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def workbook(on: Stationery, issue: Issue = ISSUE, **changes: Any) -> bytes:
    left = [{"side": "firm", "id": "N22", "name": "越锦丝绸", "free_places": "1", "reason": EVIL}]
    return list_workbook(replace(ListBook(LINES, LIST, left, REPORT), **changes), issue, on)


def papers(on: Stationery, issue: Issue = ISSUE) -> dict[str, bytes]:
    return {
        "notice": notice_docx(LINES, issue, on),
        "letter": pair_docx("letter", PAIR, issue, on),
        "agreement": pair_docx("agreement", PAIR, issue, on),
        "invitation": invitation_docx(INVITED, issue, on),
    }


# ---- the notice --------------------------------------------------------------------------------------


def test_the_notice_says_what_notices_say_in_their_order(on: Stationery) -> None:
    said = "\n".join(paragraphs(notice_docx(LINES, ISSUE, on)))
    order = [
        *("关于2026年企业科技指导员派遣名单的公示", "选派依据", "选派程序", "公示名单", "公示期"),
        *("2026年6月2日至2026年6月8日，共5个工作日", "异议方式", "真实姓名", "联系电话", "监督电话"),
        *("附件：", "2026年6月2日", "文号：嵊科〔2026〕12号", "登记校验：9f9f"),
    ]
    places = [said.index(part) if part != "2026年6月2日" else said.rindex(part) for part in order]
    assert places == sorted(places)
    assert "电子邮箱" not in said, "an address that is blank has no line"


def test_the_list_has_the_columns_of_notices_and_a_row_a_pair(on: Stationery) -> None:
    (table,) = opened(notice_docx(LINES, ISSUE, on)).tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["序号", "姓名", "工作单位", "职称", "研究方向", "派驻企业", "乡镇/街道", "对接需求", "派驻期限"]
    assert rows[1] == [
        *("1", "陈永", "东海大学", "教授", "永磁电机设计；电机电磁噪声", "嵊星电机", "三江街道"),
        *("永磁电机噪声偏高", "2026.07.01—2028.06.30"),
    ]
    assert [row[0] for row in rows[1:]] == ["1", "2", "3"]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_the_list_has_a_page_across_of_its_own(on: Stationery) -> None:
    upright, across = opened(notice_docx(LINES, ISSUE, on)).sections
    assert (upright.page_width.mm, upright.page_height.mm) == pytest.approx((210, 297), abs=0.1)
    assert (across.page_width.mm, across.page_height.mm) == pytest.approx((297, 210), abs=0.1)


def test_a_supplementary_round_is_called_one(on: Stationery) -> None:
    title, *_ = paragraphs(notice_docx(LINES, replace(ISSUE, kind="supplementary"), on))
    assert title == "关于2026年企业科技指导员（补录）派遣名单的公示"


def test_counts_are_of_people_and_firms_not_of_lines(on: Stationery) -> None:
    twice = [LINES[0], replace(LINES[0], need_title="另一项需求")]
    assert "拟柔性选派1名科研人员到1家企业担任科技指导员（共2对）" in words(notice_docx(twice, ISSUE, on))


@pytest.mark.parametrize(
    ("notice", "found"),
    [
        ((date(2026, 6, 2), date(2026, 6, 8)), None),
        ((date(2026, 6, 3), date(2026, 6, 8)), 4),
        ((date(2026, 6, 6), date(2026, 6, 7)), 0),
    ],
)
def test_a_notice_of_fewer_than_five_working_days_is_warned_of(
    on: Stationery, notice: tuple[date, date], found: int | None
) -> None:
    warned = [
        one for one in notice_warnings(replace(ISSUE, notice=notice), on) if one.code == "papers.notice_too_short"
    ]
    assert [one.values["count"] for one in warned] == ([] if found is None else [found])


def test_a_year_whose_holidays_nobody_wrote_down_is_to_be_checked(on: Stationery) -> None:
    across = replace(ISSUE, notice=(date(2026, 12, 30), date(2027, 1, 8)))
    warned = [one for one in notice_warnings(across, on) if one.code == "papers.holidays_unchecked"]
    assert [one.values["years"] for one in warned] == [["2026", "2027"]]


def test_what_nobody_filled_in_is_printed_as_such_and_warned_of(on: Stationery) -> None:
    codes = [one.code for one in notice_warnings(Issue(), on)]
    assert codes == ["papers.unfilled", "papers.not_published"]
    said = words(notice_docx(LINES, Issue(), on))
    assert {"（待填：科技局全称）", "（待填：文号）", "（待填：日期）"} <= set(re.findall(r"（待填：[^（）]*）", said))


# ---- letters and agreements --------------------------------------------------------------------------


def test_a_letter_appoints_one_expert_for_one_firm(on: Stationery) -> None:
    said = words(pair_docx("letter", PAIR, ISSUE, on))
    for part in (
        "陈永同志",
        "东海大学教授",
        "嵊星电机",
        "永磁电机噪声偏高",
        "2026年7月1日至2028年6月30日",
        "12号-007",
    ):
        assert part in said
    assert "林蓝" not in said


def test_an_agreement_has_three_parties_who_sign(on: Stationery) -> None:
    need = replace(NEEDS[0], credit_code="91330683MA2ABCDE0X", days_per_year=40, mode="onsite")
    data = pair_docx("agreement", pair_line(LIST[0], 7, need, EXPERTS[0]), ISSUE, on)
    said = words(data)
    for part in (
        "甲方（派驻企业）：嵊星电机",
        "91330683MA2ABCDE0X",
        "乙方（派出单位）：东海大学",
        "丙方（科技指导员）：陈永",
    ):
        assert part in said
    assert "方式：现场。每年服务不少于40天" in said
    (table,) = opened(data).tables
    assert [cell.text for cell in table.rows[0].cells] == ["甲方（盖章）", "乙方（盖章）", "丙方（签字）"]


def of_no_term(pair: PairLine) -> PairLine:
    return replace(pair, line=replace(pair.line, term_from="", term_to=""))


def test_an_agreement_does_not_refer_to_itself_for_its_term(on: Stationery) -> None:
    pair = of_no_term(PAIR)
    assert "（一）期限：（待填：派驻期限）。" in words(pair_docx("agreement", pair, ISSUE, on))
    assert "聘期：以三方协议约定为准。" in words(pair_docx("letter", pair, ISSUE, on))
    assert "agreement_term" in pair_blanks("agreement", [PAIR, pair], on)
    assert "agreement_term" not in pair_blanks("agreement", [PAIR], on)
    assert "agreement_term" not in pair_blanks("letter", [pair], on)
    agreed = replace(on, bureau=on.bureau.model_copy(update={"agreement_term": "自签订之日起二年"}))
    assert "（一）期限：自签订之日起二年。" in words(pair_docx("agreement", pair, ISSUE, agreed))


def test_a_term_that_neither_the_list_nor_the_bureau_says_is_warned_of_with_the_notice_and_the_workbook(
    on: Stationery,
) -> None:
    nobody = Stationery(on.bureau.model_copy(update={"term": ""}))
    endless = [replace(LINES[0], term_from="", term_to=""), *LINES[1:]]
    (warned,) = workbook_warnings(endless, nobody)
    assert warned.values["names"] == ["term"]
    assert "term" in str(notice_warnings(ISSUE, nobody, list_says(endless))[0].values["names"])
    assert "term" not in str(notice_warnings(ISSUE, nobody, list_says(LINES))[0].values["names"])
    assert workbook_warnings(LINES, nobody) == workbook_warnings(endless, on) == []


def test_what_a_pair_says_itself_is_no_blank(on: Stationery) -> None:
    assert "days" in pair_blanks("agreement", [PAIR, replace(PAIR, days=30)], on)
    assert "days" not in pair_blanks("agreement", [replace(PAIR, days=30)], on)
    assert pair_blanks("letter", [PAIR], on) == ["name"]


def test_firms_whose_agreement_has_no_credit_code_are_named(on: Stationery) -> None:
    known = replace(PAIR, credit_code="91330683MA2ABCDE0X")
    other = replace(PAIR, line=replace(PAIR.line, firm="灶王厨具"))
    warned = pair_warnings("agreement", [other, PAIR, PAIR, known], on)[-1]
    assert str(warned) == "这些企业没有统一社会信用代码，协议中这一项是空的：嵊星电机、灶王厨具"
    codes = [one.code for one in (*pair_warnings("agreement", [known], on), *pair_warnings("letter", [PAIR], on))]
    assert "papers.no_credit_code" not in codes


def test_where_one_side_does_not_care_they_meet_as_the_other_wants() -> None:
    online = replace(EXPERTS[0], mode="online")
    assert pair_line(LIST[0], 1, NEEDS[0], online).mode == "online"
    assert pair_line(LIST[0], 1, None, None).mode == "either"


@pytest.mark.parametrize(
    ("days", "words_of_them"),
    [
        (("2026-07-01", "2028-06-30"), "2026年7月1日至2028年6月30日"),
        (("2026-07-01", ""), "自2026年7月1日起"),
        (("", "2028-06-30"), "至2028年6月30日止"),
        (("", ""), "以协议为准"),
    ],
)
def test_a_term_is_said_as_far_as_it_is_known(days: tuple[str, str], words_of_them: str) -> None:
    assert term_words(*days, "以协议为准") == words_of_them


# ---- what no paper for others holds ------------------------------------------------------------------


def test_no_paper_for_others_has_a_fit_a_rank_a_reason_an_id_or_a_contact(on: Stationery) -> None:
    for name, data in papers(on).items():
        said = words(data)
        for secret in ("0.43", "0.54", "0.48765", "0.987", "秘而不宣", "13900000001", "13800000004", "E1", "N21"):
            assert secret not in said, (name, secret)


def test_the_printed_sheet_has_none_of_them_either(on: Stationery) -> None:
    printed = str(sheets(workbook(on))["派遣名单"])
    assert not [part for part in ("0.43", "0.54", "0.98", "秘而不宣", "E1", "N21") if part in printed]


# ---- the workbook ------------------------------------------------------------------------------------


def test_the_workbook_has_five_sheets_and_the_list_is_the_first(on: Stationery) -> None:
    found = sheets(workbook(on))
    assert list(found) == ["派遣名单", "未安排", "统计", "设置", "原始数据"]
    assert found["派遣名单"][0][0] == "2026年企业科技指导员派遣名单"
    assert found["派遣名单"][1][0] == "文号：嵊科〔2026〕12号"
    assert found["派遣名单"][2] == [
        *("序号", "姓名", "工作单位", "职称", "研究方向", "派驻企业", "乡镇/街道", "对接需求", "派驻期限"),
    ]
    assert [row[:2] for row in found["派遣名单"][3:]] == [[1.0, "陈永"], [2.0, "林蓝"], [3.0, "吴燃"]]
    assert ["专家", 3.0, ""] in found["统计"]
    assert ["三江街道", 2.0, 3.0] in found["统计"]
    settings = dict(found["设置"])
    assert settings["登记校验"] == "9f" * 32
    assert settings["settings.assignment.quotas[1].column"] == "township"
    assert settings["settings.assignment.bans[1]"] == "F1;E2"
    assert "certificate.proof.prices" not in settings


def test_the_raw_sheet_is_read_as_the_same_list(on: Stationery) -> None:
    loaded = load_placements(Upload("list.xlsx", workbook(on)))
    assert loaded.problems == []
    assert loaded.records == LIST


def test_the_list_prints_across_on_a4_with_its_header_on_every_page(on: Stationery) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(on))) as archive:
        sheet, book = (archive.read(f"xl/{name}").decode() for name in ("worksheets/sheet1.xml", "workbook.xml"))
    assert re.search(r'<pageSetup paperSize="9"[^>]*fitToHeight="0"[^>]*orientation="landscape"', sheet)
    assert '<pane xSplit="2" ySplit="3"' in sheet
    assert "&amp;P" in sheet
    assert "'派遣名单'!$3:$3" in book or "派遣名单!$3:$3" in book


def test_a_list_without_a_pair_is_still_a_workbook_and_a_notice(on: Stationery) -> None:
    found = sheets(workbook(on, lines=[], placements=[], unplaced=[]))
    assert len(found["派遣名单"]) == 3
    assert "共0对" in words(notice_docx([], ISSUE, on))


# ---- invitations and reminders -----------------------------------------------------------------------


def test_each_invitation_is_a_block_with_its_link_its_code_and_a_picture(on: Stationery) -> None:
    document = opened(invitation_docx(INVITED, ISSUE, on))
    assert len(document.tables) == len(document.inline_shapes) == len(INVITED)
    for line, table in zip(INVITED, document.tables, strict=True):
        said = table.rows[0].cells[0].text
        for part in (line.party, "张三", line.link, "ABCDE 2345F", line.login, "2026年6月15日"):
            assert part in said
    assert document.tables[0].rows[0]._tr.trPr.find(qn("w:cantSplit")) is not None


def test_invitations_as_a_table_have_a_picture_a_row(on: Stationery) -> None:
    data = invitation_workbook(INVITED, ISSUE, on)
    (rows,) = sheets(data).values()
    assert [row[5] for row in rows[1:]] == [line.link for line in INVITED]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sum(name.startswith("xl/media/") for name in archive.namelist()) == len(INVITED)


def test_what_opens_the_door_shows_in_no_message() -> None:
    assert "token" not in repr(INVITED[0])
    assert "ABCDE" not in repr(INVITED[0])


def test_a_sheet_of_nobody_to_remind_says_so(on: Stationery) -> None:
    (rows,) = sheets(reminder_workbook([], ISSUE, on)).values()
    assert [row[0] for row in rows] == ["2026年企业科技指导员双向选择催办名单", "目前没有需要催办的企业或专家", "序号"]


def test_a_reminder_says_who_what_and_until_when(on: Stationery) -> None:
    matter = Message("papers.matter.answer", {"silence": Message("papers.matter.silence.accept")})
    line = Reminder("firm", "F1", "嵊星电机", "三江街道", matter, "电机 / 陈永", "2026-06-30", "+86 139")
    (rows,) = sheets(reminder_workbook([line], ISSUE, on)).values()
    assert rows[2] == [
        *(1.0, "企业", "F1", "嵊星电机", "三江街道", "还没有确认派驻配对；逾期视为接受", "电机 / 陈永"),
        *("2026-06-30", "'+86 139"),
    ]


# ---- attacks -----------------------------------------------------------------------------------------


def evil(record: Any, *names: str) -> Any:
    return replace(record, **dict.fromkeys(names, EVIL))


def test_no_cell_of_any_workbook_is_a_formula_a_link_or_looks_like_one(on: Stationery) -> None:
    lines = [evil(line, "expert", "firm", "need_title", "research_fields", "township") for line in LINES]
    raw = [evil(line, "expert", "firm", "reasons") for line in LIST]
    matter = Message("papers.matter.correct", {"reason": EVIL})
    bad = [replace(line, party=EVIL, person="@SUM(1)", login="-1", link="+1") for line in INVITED]
    number = replace(ISSUE, document_number=EVIL, batch="=1+1")
    made = [
        workbook(on, number, lines=lines, placements=raw, about={"papers.about.batch": EVIL}),
        invitation_workbook(bad, number, on),
        reminder_workbook([Reminder("firm", "=1", EVIL, "\t=1", matter, "+1", "", "@1")], number, on),
    ]
    for data in made:
        for name, rows in sheets(data).items():
            assert not [c for row in rows for c in row if isinstance(c, str) and c[:1] in tuple("=+-@\t\r")], name
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [archive.read(part) for part in archive.namelist() if part.startswith("xl/worksheets/sheet")]
        assert not [part for part in parts if b"<f>" in part or b"<hyperlink" in part]


def test_no_name_breaks_a_document_or_becomes_a_part_of_it(on: Stationery) -> None:
    lines = [evil(line, "expert", "firm", "need_title", "institution") for line in LINES]
    pair = replace(PAIR, line=lines[0], credit_code=EVIL)
    made = [
        notice_docx(lines, replace(ISSUE, document_number=EVIL, batch=EVIL), on),
        *(pair_docx(paper, pair, replace(ISSUE, document_number=EVIL), on) for paper in ("letter", "agreement")),
        invitation_docx([replace(line, party=EVIL, person=EVIL) for line in INVITED], ISSUE, on),
    ]
    for data in made:
        document = opened(data)
        every = [p.text for p in document.paragraphs] + [
            c.text for t in document.tables for r in t.rows for c in r.cells
        ]
        assert any('=HYPERLINK("http://x","点") <w:t>&' in text for text in every)
        assert not [text for text in every if "\u202e" in text or "\x00" in text]


@given(st.lists(st.text(max_size=300), max_size=4))
def test_a_file_name_is_a_name_and_no_path(parts: list[str]) -> None:
    name = file_name(*parts, suffix="docx")
    assert Path(name).name == name
    assert not re.search(r'[\\/:*?"<>|\x00-\x1f]', name)
    assert not name.startswith((".", "-", "~"))
    assert name.count(".") == 1
    assert len(file_name(*(part[:60] for part in parts[:1]), suffix="docx").encode()) <= 255


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\x", "CON:", "a\x00b", "$(rm -rf)", "~root"])
def test_papers_of_odd_names_have_plain_file_names(name: str) -> None:
    line = replace(PAIR, line=replace(PAIR.line, expert=name, firm=name))
    assert re.fullmatch(r"007-聘书-[\w()-]+\.docx", pair_file_name("letter", line, ISSUE))


# ---- fonts, demonstration, bytes ---------------------------------------------------------------------


def test_every_run_and_every_style_names_its_east_asian_font(on: Stationery) -> None:
    fonts = {on.bureau.fonts.title, on.bureau.fonts.heading, on.bureau.fonts.emphasis, on.bureau.fonts.body}
    fonts.add(on.bureau.fonts.table)
    for name, data in papers(on).items():
        document = opened(data)
        runs = [run for run in document.element.body.iter(qn("w:r")) if run.find(qn("w:t")) is not None]
        used = {run.rPr.rFonts.get(qn("w:eastAsia")) if run.rPr is not None else None for run in runs}
        assert used <= fonts, name
        styles = [style for style in document.styles if style.name.startswith("Paper ")]
        assert {style.element.rPr.rFonts.get(qn("w:eastAsia")) for style in styles} <= fonts


def test_of_a_demonstration_every_page_and_every_file_says_so(on: Stationery) -> None:
    demo = replace(ISSUE, is_demo=True)
    for name, data in papers(on, demo).items():
        for section in opened(data).sections:
            headers = [section.header] + ([section.even_page_header] if name in ("notice", "agreement") else [])
            assert ["演示数据" in header.paragraphs[0].text for header in headers] == [True] * len(headers)
    with zipfile.ZipFile(io.BytesIO(workbook(on, demo))) as archive:
        for number in range(1, 6):
            assert "演示数据" in archive.read(f"xl/worksheets/sheet{number}.xml").decode()
    assert pair_file_name("letter", PAIR, demo).startswith("演示-")
    assert "演示" not in words(papers(on)["notice"])


def test_the_same_list_gives_the_same_bytes_whenever_it_is_written(
    on: Stationery, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {**papers(on), "workbook": workbook(on), "table": invitation_workbook(INVITED[:1], ISSUE, on)}
    import time

    then = time.localtime(2_000_000_000)
    monkeypatch.setattr(time, "localtime", lambda *_: then)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    after = {**papers(on), "workbook": workbook(on), "table": invitation_workbook(INVITED[:1], ISSUE, on)}
    assert [name for name in before if before[name] != after[name]] == []
    for name, data in before.items():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}, name
