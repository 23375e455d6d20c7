"""Both catalogues say the same things, everything that is said is in them, and Chinese is nowhere else."""

import ast
import dataclasses
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from matcher.assignment import OBJECTIVES
from matcher.domain.benchmark import Document, Judgement, Query
from matcher.domain.records import Expert, Need, Placement, Rating
from matcher.language import LANGUAGES, label

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "matcher" / "language" / "locale"
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
SOURCES = sorted([*(ROOT / "matcher").rglob("*.py"), *ROOT.glob("app_streamlit.py")])
HEADERS = {
    "experts": """
        expert_id 专家编号 name 姓名 institution 派出单位 city 所在地 title 职称 degree 学位 birth_year 出生年
        in_post 在岗 other_list 其他派驻 discipline 学科 research_fields 研究方向 expertise 专业特长 achievements 成果
        roles 可任角色 team_members 团队成员 capacity 可服务企业数 days_per_year 可服务天数 mode 服务方式
        consent 派出单位意见 accepts_others 服从调剂 preferred_firms 志愿企业 vetoed_firms 回避企业 contact 联系方式
    """,
    "firms": """
        firm_id 企业编号 need_id 需求编号 name 单位名称 credit_code 统一社会信用代码 township 乡镇街道 zone 开发区
        industry 行业 products 主要产品 above_scale 规上 high_tech 高企 need_title 需求名称 need_detail 需求详情
        cooperation 合作方式 role_wanted 需要角色 capacity 拟需人数 days_per_year 需要天数 mode 服务方式
        accepts_others 服从调剂 preferred_experts 志愿专家 vetoed_experts 不接受专家 related_institutions 关联单位
        contact 联系方式
    """,
    "ratings": "firm_rating 企业评分 expert_rating 专家评分 assessment 考核",
}


def entries(lang: str) -> dict[str, str]:
    with (LOCALE / lang / "LC_MESSAGES" / "matcher.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, locale=lang) if entry.id}


def places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def codes_in(path: Path) -> Iterator[str]:
    """Codes written out as the first argument of a message or a label."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in ("Message", "label", "refused"):
            first = node.args[0]
            chosen = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            yield from (part.value for part in chosen if isinstance(part, ast.Constant) and isinstance(part.value, str))


def test_both_languages_have_the_same_codes() -> None:
    assert list(entries("zh")) == list(entries("en"))


def test_both_languages_fill_in_the_same_values() -> None:
    english = entries("en")
    differing = [code for code, template in entries("zh").items() if places(template) != places(english[code])]
    assert differing == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_entry_is_empty_or_marked_as_unsure(lang: str) -> None:
    with (LOCALE / lang / "LC_MESSAGES" / "matcher.po").open("rb") as file:
        unsure = [entry.id for entry in read_po(file, locale=lang) if entry.id and (not entry.string or entry.fuzzy)]
    assert unsure == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_compiled_catalogue_is_fresh(lang: str) -> None:
    with (LOCALE / lang / "LC_MESSAGES" / "matcher.mo").open("rb") as file:
        compiled = {str(entry.id): str(entry.string) for entry in read_mo(file) if entry.id}
    assert compiled == entries(lang), "run: make catalogue"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_code_that_is_said_is_in_the_catalogue(path: Path) -> None:
    known = entries("zh")
    assert [code for code in codes_in(path) if code not in known] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_chinese_is_written_in_the_catalogue_and_nowhere_in_code(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [f"{number}: {line}" for number, line in enumerate(lines, start=1) if HAN.search(line)] == []


@pytest.mark.parametrize(
    ("table", "record"),
    [
        *(("experts", Expert), ("firms", Need), ("ratings", Rating), ("placements", Placement)),
        *(("queries", Query), ("documents", Document), ("relevance", Judgement)),
    ],
)
def test_every_column_has_its_header_and_the_english_one_is_its_name(table: str, record: type[Expert]) -> None:
    names = [part.name for part in dataclasses.fields(record) if part.name != "row"]
    assert [label(f"{table}.{name}", "en") for name in names] == names
    chinese = [label(f"{table}.{name}", "zh") for name in names]
    assert len(set(chinese)) == len(names)


@pytest.mark.parametrize("table", HEADERS)
def test_the_chinese_headers_are_those_of_the_contract(table: str) -> None:
    words = HEADERS[table].split()
    expected = dict(zip(words[::2], words[1::2], strict=True))
    assert {name: label(f"{table}.{name}", "zh") for name in expected} == expected


@pytest.mark.parametrize(
    ("code", "chinese"),
    [
        ("value.yes", "是"),
        ("value.no", "否"),
        ("value.mode.onsite", "现场"),
        ("value.mode.online", "线上"),
        ("value.mode.either", "均可"),
        ("value.consent.yes", "同意"),
        ("value.consent.no", "不同意"),
        ("value.assessment.excellent", "优秀"),
        ("value.assessment.pass", "合格"),
        ("value.assessment.fail", "不合格"),
        ("value.status.new", "新配"),
        ("value.status.kept", "续聘"),
        ("value.status.locked", "锁定"),
    ],
)
def test_values_have_their_chinese_words(code: str, chinese: str) -> None:
    assert label(code, "zh") == chinese


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_has_all_its_words_and_stands_where_one_chooses(objective: str, lang: str) -> None:
    said = entries(lang)
    compared = ("stable-firms", "stable-experts") if objective == "stable" else (objective,)
    proofs = ("proven", "proven_largest") if objective == "stable" else (f"proven_{objective}", f"bounded_{objective}")
    codes = {
        f"page.objective.{objective}",
        *(f"cli.compare.{name}" for name in compared),
        *(f"cli.summary.{name}" for name in proofs),
    }
    assert codes - said.keys() == set()
    assert re.search(rf"\b{objective}\b", said["cli.option.objective"], re.ASCII)
    assert said[f"page.objective.{objective}"] in said["page.setting.assignment.objective.help"]
