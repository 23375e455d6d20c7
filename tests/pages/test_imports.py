"""Spreadsheets into a round, by the page: problems row by row, differences, and all or nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from streamlit.testing.v1 import AppTest

from matcher.files.writing import csv_bytes
from matcher.services import forms, preferences, rounds
from matcher.store import Store
from matcher.store.entities import Round
from tests.bureau import EXPERTS, NEEDS, WHO, colleague, collecting, matching
from tests.pages.test_placements import words
from tests.pages.test_rounds import press

Open = Callable[..., AppTest]
COLUMNS = {
    "experts": ("expert_id", "name", "institution", "title", "capacity", "research_fields", "contact"),
    "firms": ("firm_id", "need_id", "name", "township", "industry", "need_title", "need_detail"),
}


def row(kind: str, record: Any, **otherwise: object) -> dict[str, Any]:
    return {name: getattr(record, name) for name in COLUMNS[kind]} | otherwise


def sheet(kind: str, *rows: Mapping[str, Any]) -> tuple[str, bytes, str]:
    names = COLUMNS[kind]
    return f"{kind}.csv", csv_bytes(names, [[one[name] for name in names] for one in rows]), "text/csv"


def chosen(page: AppTest, **files: tuple[str, bytes, str]) -> AppTest:
    """Choose files, and ask for the differences."""
    for kind, file in files.items():
        next(one for one in page.file_uploader if str(one.key).startswith(f"file-{kind}-")).set_value(file)
    return press(page, "查看差异")


def experts(*, but: int = 4, **changes: object) -> tuple[str, bytes, str]:
    """The bureau's experts as they are, but for the first, and without those from a place on."""
    return sheet("experts", row("experts", EXPERTS[0], **changes), *(row("experts", one) for one in EXPERTS[1:but]))


def states(store: Store, round_: Round) -> dict[str, str]:
    return {form.own_id: form.state for side in forms.forms(store, WHO, round_.id) for form in side}


def title_of(store: Store, round_: Round) -> str:
    return forms.forms(store, WHO, round_.id)[0][0].record.title


def test_nothing_is_asked_for_where_the_round_takes_no_sheets(open_page: Open, service: Store) -> None:
    matching(service)
    page = open_page(None, name="imports")
    assert "现在是“匹配”阶段，表格只能在征集、互选阶段导入" in words(page)
    assert not page.file_uploader


def test_whoever_chose_no_file_is_told_so(open_page: Open, service: Store) -> None:
    collecting(service)
    assert "请至少选择一个 CSV 或 XLSX 文件" in words(press(open_page(None, name="imports"), "查看差异"))


def test_problems_stand_row_by_row_with_column_and_what_was_found_and_can_be_searched(
    open_page: Open, service: Store
) -> None:
    round_ = collecting(service)
    page = chosen(open_page(None, name="imports"), experts=experts(capacity="很多", name=""))
    table = page.dataframe[0].value

    assert list(table["file"]) == ["experts.csv", "experts.csv"]
    assert list(zip(table["row"], table["column"], table["found"], strict=True)) == [
        ("2", "姓名", ""),
        ("2", "可服务企业数", "很多"),
    ]
    assert list(table["problem"])[1] == "应为 1–10 的整数，读到 '很多'"
    assert "有 2 处要改正" in words(page)
    assert not [one for one in page.button if one.key == "apply"]
    assert states(service, round_)["E1"] == "accepted"

    page.text_input(key="problems-search").set_value("姓名").run()
    assert len(page.dataframe[0].value) == 1


def test_differences_are_shown_with_what_is_and_what_would_be_and_then_written(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    file = sheet(
        "experts",
        row("experts", EXPERTS[0], title="研究员"),
        *(row("experts", one) for one in EXPERTS[1:3]),
        row("experts", EXPERTS[3], contact="13900000009"),
        row("experts", EXPERTS[0], expert_id="E9", name="新来"),
    )
    page = chosen(open_page(None, name="imports"), experts=file)
    table = page.dataframe[0].value.fillna("")

    assert [tuple(line) for line in table.itertuples(index=False)] == [
        ("变更", "E1", "陈永", "职称", "教授", "研究员"),
        ("变更", "E4", "吴燃", "联系方式", "•", "•"),
        ("新增", "E9", "新来", "", "", ""),
    ]
    page = press(page, "导入")
    assert "新增 1，变更 2，删除 0，不变 2" in words(page)
    assert title_of(service, round_) == "研究员"
    assert states(service, round_)["E9"] == "accepted"
    assert "还没有查看" in words(page)


def test_what_is_gone_stays_unless_it_is_to_be_removed_and_what_comes_may_wait(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = chosen(open_page(None, name="imports"), experts=experts(but=3, title="研究员"))
    page = press(page, "导入")
    assert states(service, round_)["E4"] == "accepted"

    page = chosen(page, experts=experts(but=3, title="讲师"))
    page.checkbox(key="import-remove").check()
    page.checkbox(key="import-accept").uncheck()
    page = press(page, "导入")
    assert "删除 1" in words(page)
    assert states(service, round_)["E1"] == "submitted"
    assert "E4" not in states(service, round_)


def test_what_cannot_be_removed_is_told_before_it_is_tried(open_page: Open, service: Store) -> None:
    round_ = rounds.advance(service, WHO, collecting(service).id)
    preferences.state_preferences(service, WHO, round_.id, "firm", "F1", tiers=(("E4",),))
    page = chosen(open_page(None, name="imports"), experts=experts(but=3))
    page.checkbox(key="import-remove").check().run()

    assert "不能删除" in words(page)
    assert next(one for one in page.button if one.key == "apply").disabled


def test_a_stale_preview_is_refused_and_stays_to_be_looked_at(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = chosen(open_page(None, name="imports"), experts=experts(title="研究员"))
    form = forms.forms(service, WHO, round_.id)[0][0]
    forms.return_form(service, colleague("赵科员"), form, "缺成果")
    page = press(page, "导入")

    assert "没有完成" in words(page)
    assert "赵科员" in words(page)
    assert title_of(service, round_) == "教授"
    page = press(press(page, "查看差异"), "导入")
    assert title_of(service, round_) == "研究员"


def test_a_preview_outlives_a_look_and_is_thrown_away_with_its_round(open_page: Open, service: Store) -> None:
    collecting(service)
    other = rounds.open_batch(service, WHO, "2027", 2027)
    page = chosen(open_page(None, name="imports", round="1"), experts=experts(title="研究员"))
    assert page.run().dataframe
    assert "来自 experts.csv" in words(page)

    page.selectbox(key="round").set_value(str(other.id))
    assert not page.run().dataframe
    page.selectbox(key="round").set_value("1")
    assert not page.run().dataframe


def test_the_first_batch_is_opened_with_what_the_sheets_hold_or_not_at_all(open_page: Open, service: Store) -> None:
    page = open_page(None, name="imports")
    page.text_input(key="import-name").set_value("2026 年")
    files = {"experts": experts(), "firms": sheet("firms", *(row("firms", one) for one in NEEDS))}
    page.file_uploader[0].set_value(experts(capacity="很多"))
    page.file_uploader[1].set_value(files["firms"])
    page = press(page, "建立批次并导入")
    assert "应为 1–10 的整数" in str(page.dataframe[0].value["problem"][0])
    assert rounds.batches(service, WHO) == []
    assert page.text_input(key="import-name").value == "2026 年"

    page.file_uploader[0].set_value(files["experts"])
    page = press(page, "建立批次并导入")
    (batch,) = rounds.batches(service, WHO)
    assert batch.name == "2026 年"
    assert "导入专家 4 位、需求 4 项" in words(page)
    assert page.selectbox(key="round").value == str(rounds.rounds(service, WHO, batch.id)[0].id)


def test_it_says_in_english_which_columns_a_sheet_has(open_page: Open, service: Store) -> None:
    collecting(service)
    page = open_page(None, name="imports", lang="en")
    assert page.title[0].value == "Import"
    assert "Required: expert_id, name, institution, research_fields" in words(page)
