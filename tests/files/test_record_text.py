"""Records become spreadsheets: the same bytes for the same records, which are read as the same records."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matcher.domain.errors import InputError
from matcher.domain.records import Expert, Need, Rating
from matcher.files import (
    Loaded,
    Upload,
    load_experts,
    load_firms,
    load_ratings,
    records_csv,
    unwritable,
    write_csv,
)
from matcher.files.columns import Column, Record, table
from matcher.files.record_text import read_record, typed_text
from matcher.language import use

ROOT = Path(__file__).resolve().parents[2]
LOADERS: dict[str, Callable[..., Loaded[Any]]] = {
    "experts": load_experts,
    "firms": load_firms,
    "ratings": load_ratings,
}
SORTED_BY: dict[str, Callable[[Any], Any]] = {
    "experts": lambda expert: expert.expert_id,
    "firms": lambda need: need.need_id,
    "ratings": lambda rating: (rating.expert_id, rating.firm_id, rating.year, rating.need_title),
}

# Half of all texts are such as people type, so that half of all records can be written; the others are any at all.
TYPED = st.text("电机 aB1()-·，'", min_size=1, max_size=8).map(str.strip).filter(bool)
ODD = st.text(" \t\r\n;；=＝,、'#\u3000\u200b\ufeff\x07ａ①F@+-0", min_size=1, max_size=6) | st.sampled_from(
    ["#N/A", "1.2E+15", "=1+1", "'=1", "''", "\ufffd", "是", "yes", "0", "1.0", "{value}", '"', '",\r\n"']
)
ANY = (TYPED | ODD | st.text(min_size=1, max_size=20)).filter(str.strip)
ID = st.from_regex(r"[A-Z][0-9]{1,4}", fullmatch=True)
ANY_ID = ID | st.from_regex(r"[^;=；\s]{1,12}", fullmatch=True)


def values(column: Column, *, typed: bool) -> st.SearchStrategy[Any]:
    """Any value that a record's field may have, or one that people type."""
    text, id_ = (TYPED, ID) if typed else (ANY, ANY_ID)
    tier = st.lists(id_, min_size=int(typed), max_size=3).map(tuple)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "id": id_,
        "text": text if column.required else text | st.just(""),
        "texts": st.lists(ID if typed else text | st.just(""), max_size=3).map(tuple),
        "ids": st.lists(id_, max_size=3).map(tuple),
        "tiers": st.lists(tier, max_size=3).map(tuple),
        "whole": st.integers(int(column.least or 0), int(column.most or 0)),
        "word": st.sampled_from(sorted(set(column.words.values()), key=str)) if column.words else st.nothing(),
    }
    may_be_none = column.kind in ("whole", "word") and column.name not in ("year", "capacity", "mode", "accepts_others")
    return kinds[column.kind] | (st.none() if may_be_none else st.nothing())


@st.composite
def records(draw: Callable[..., Any], table_name: str) -> list[Any]:
    of = table(table_name)
    typed = draw(st.booleans())
    one = st.builds(of.record, **{name: values(column, typed=typed) for name, column in of.columns.items()})
    return draw(st.lists(one, min_size=1, max_size=3, unique_by=SORTED_BY[table_name]))


def read_back(table_name: str, data: bytes) -> list[Any]:
    loaded = LOADERS[table_name](Upload(f"{table_name}.csv", data))
    assert [str(problem) for problem in loaded.problems] == []
    return loaded.records


def expert(**otherwise: object) -> Expert:
    given = {"expert_id": "E1", "name": "陈树", "institution": "西泠", "research_fields": "电机"}
    return Expert(**(given | otherwise))  # ty: ignore[invalid-argument-type] - what a test gives is for pydantic to judge


def need(**otherwise: object) -> Need:
    given = {
        "firm_id": "F1",
        "need_id": "F1",
        "name": "厂",
        "township": "甘霖镇",
        "industry": "电机",
        "need_title": "降噪",
    }
    return Need(**(given | otherwise))  # ty: ignore[invalid-argument-type] - likewise


# ---- laws


@pytest.mark.parametrize("table_name", LOADERS)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_can_be_written_is_read_back_equal(table_name: str, data: st.DataObject) -> None:
    mine = [record for record in data.draw(records(table_name)) if not unwritable(table_name, record)]
    if mine:
        assert read_back(table_name, records_csv(table_name, mine)) == sorted(mine, key=SORTED_BY[table_name])


@pytest.mark.parametrize("table_name", LOADERS)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_cannot_be_written_would_not_be_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, table_name: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("out") / "a.csv"
    columns = list(table(table_name).columns)
    for record in data.draw(records(table_name)):
        problems = unwritable(table_name, record)
        if not problems:
            continue
        assert all(str(problem) for problem in problems)
        with pytest.raises(InputError):
            records_csv(table_name, [record])
        try:
            write_csv(path, columns, [[getattr(record, name) for name in columns]])
        except ValueError:
            continue
        loaded = LOADERS[table_name](path)
        assert loaded.problems or loaded.records != [record]


def as_typed(table_name: str, record: Any) -> dict[str, Any]:
    """What stands in the fields of a page that shows a record."""
    columns = table(table_name).columns
    return {
        name: value if columns[name].kind in ("word", "whole", "real") else typed_text(value)
        for name in columns
        for value in [getattr(record, name)]
    }


@pytest.mark.parametrize("table_name", LOADERS)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_a_person_leaves_as_it_stands_in_the_fields_is_the_record_that_they_show(
    table_name: str, data: st.DataObject
) -> None:
    for record in data.draw(records(table_name)):
        if not unwritable(table_name, record):
            assert read_record(table_name, as_typed(table_name, record)) == record
            assert read_record(table_name, {}, base=record) == record


@pytest.mark.parametrize("table_name", LOADERS)
def test_the_sample_is_written_alike_from_any_order_in_any_language(table_name: str) -> None:
    sample = LOADERS[table_name](ROOT / "data" / f"{table_name}.csv").records
    written = records_csv(table_name, sample)
    assert read_back(table_name, written) == sorted(sample, key=SORTED_BY[table_name])
    use("en")
    shuffled = random.Random(0).sample(sample, len(sample))  # noqa: S311 - any order will do
    assert records_csv(table_name, shuffled) == written


@example(order=[1, 0])
@given(order=st.permutations([0, 1]))
def test_rows_of_the_same_ids_are_in_an_order_too(order: Sequence[int]) -> None:
    ratings = [Rating(expert_id="E1", firm_id="F1", year=2024, expert_rating=stars) for stars in (None, 5)]
    assert (
        records_csv("ratings", [ratings[k] for k in order])
        == (
            "\ufeffexpert_id,firm_id,year,firm_rating,expert_rating,need_title,assessment\r\n"
            "E1,F1,2024,,,,\r\nE1,F1,2024,,5,,\r\n"
        ).encode()
    )


# ---- examples


def test_words_are_english_and_everything_is_written_out() -> None:
    written = expert(
        in_post=True,
        other_list=False,
        consent=True,
        mode="onsite",
        roles=("技术攻关员", "政策宣讲员"),
        preferred_firms=(("F1",), ("F2", "F3")),
        vetoed_firms=("F7",),
        achievements="=获奖\n两项",
    )
    header, row = records_csv("experts", [written]).decode("utf-8-sig").split("\r\n")[:2]
    assert header.split(",") == list(table("experts").columns)
    assert row == (
        'E1,陈树,西泠,,,,,yes,no,,电机,,"\'=获奖\n两项",技术攻关员;政策宣讲员,,1,,onsite,yes,yes,F1;F2=F3,F7,'
    )


def test_needs_of_one_firm_come_back_each_with_its_own_id() -> None:
    needs = [need(), need(need_id="F1-2"), need(firm_id="F2", need_id="F2")]
    assert read_back("firms", records_csv("firms", needs)) == needs


def test_without_records_there_is_a_header_alone() -> None:
    assert records_csv("ratings", []).decode("utf-8-sig") == ",".join(table("ratings").columns) + "\r\n"


@pytest.mark.parametrize(
    ("otherwise", "sentence"),
    [
        ({"name": "#N/A"}, "「姓名」是 Excel 的错误值 '#N/A'，请改正公式或直接填写"),
        (
            {"contact": "1.2E+15"},
            "「联系方式」被 Excel 改写成了数字 '1.2E+15'，后面的位数已丢失；请把该列设为文本后重填",
        ),
        ({"city": "嵊\x07州"}, r"「所在地」含有看不见的控制字符，读到 '嵊\x07州'，请删除后重填"),
        ({"name": "\u200b"}, "「姓名」不能为空"),
        (
            {"title": "教授\u200b"},
            r"「职称」含有首尾空白、看不见的字符或特殊字形，存入表格后会丢失；请把 '教授\u200b' 改为 '教授'",
        ),
        (
            {"expert_id": "Ｅ1"},
            "「专家编号」含有首尾空白、看不见的字符或特殊字形，存入表格后会丢失；请把 'Ｅ1' 改为 'E1'",
        ),
        (
            {"roles": ("攻关、宣讲",)},
            "「可任角色」中的每一项不能为空，也不能含分号、逗号、顿号、换行、看不见的字符或特殊字形，读到 '攻关、宣讲'",
        ),
        (
            {"team_members": ("甲;乙", "丙")},
            "「团队成员」中的每一项不能为空，也不能含分号、逗号、顿号、换行、看不见的字符或特殊字形，读到 '甲;乙、丙'",
        ),
        (
            {"preferred_firms": (("F1",), ())},
            "「志愿企业」中的每一项不能为空，也不能含分号、逗号、顿号、换行、看不见的字符或特殊字形，读到 'F1、'",
        ),
    ],
)
def test_what_cannot_be_written_is_told_with_its_column(otherwise: dict[str, object], sentence: str) -> None:
    (problem,) = unwritable("experts", expert(**otherwise))
    assert str(problem) == sentence


def test_every_such_field_is_told_with_the_row_of_its_record() -> None:
    record: Record = need(township="", name="#REF!", row=7)
    assert [str(problem) for problem in unwritable("firms", record)] == [
        "第 7 行「单位名称」是 Excel 的错误值 '#REF!'，请改正公式或直接填写",
        "第 7 行「乡镇街道」不能为空",
    ]


# ---- what a person types


def test_what_is_typed_is_read_by_the_rules_of_a_row_and_the_rest_stays() -> None:
    base = expert(consent=True, preferred_firms=(("F1",),), roles=("甲",))
    read = read_record("experts", {"name": "　陈 树 ", "roles": "乙；丙、丁", "capacity": 3, "city": ""}, base=base)
    assert read == expert(name="陈 树", roles=("乙", "丙", "丁"), capacity=3, consent=True, preferred_firms=(("F1",),))


def test_nobody_takes_what_is_typed_for_a_formula() -> None:
    contact = "+86 139-0000-0000"
    assert typed_text(contact) == contact
    assert read_record("experts", {"contact": contact}, base=expert()) == expert(contact=contact)
    assert read_record("experts", {"contact": "'=1"}, base=expert()) == expert(contact="'=1")


def test_everything_wrong_with_what_is_typed_is_told_at_once_with_its_field() -> None:
    use("zh")
    typed = {"name": " ", "expert_id": "E 1", "capacity": 11, "birth_year": 1850}
    with pytest.raises(InputError) as told:
        read_record("experts", typed, base=expert())
    assert str(told.value).splitlines() == [
        "「专家编号」应为不含空格、分号和等号的编号，读到 'E 1'",
        "「姓名」不能为空",
        "「出生年」应为 1900–2100 的整数，读到 '1850'",
        "「可服务企业数」应为 1–10 的整数，读到 '11'",
    ]


def test_a_new_need_without_an_id_gets_its_firms_and_one_without_a_firm_is_told_so() -> None:
    use("zh")
    typed = {
        "firm_id": "F7",
        "need_id": "",
        "name": "厂",
        "township": "甘霖镇",
        "industry": "电机",
        "need_title": "降噪",
    }
    assert read_record("firms", typed) == need(firm_id="F7", need_id="F7")
    with pytest.raises(InputError, match=r"(?s)企业编号.*不能为空.*行业.*不能为空"):
        read_record("firms", {**typed, "firm_id": "", "industry": ""})
