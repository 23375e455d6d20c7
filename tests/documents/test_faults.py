"""Each kind of fault is found in a text that has it, and in no document; so no check can come to find nothing."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.documents import faults
from tests.documents.faults import DOCUMENTS, ROOT, text_of

DEPLOYED = sorted((ROOT / "docs" / "deployment").iterdir())

CHINESE = [path for path in DOCUMENTS if path.parent.name == "guides" and path.name.endswith(".zh.md")]
"""Guides for people who read the pages in Chinese."""
ENGLISH = [
    path for path in DOCUMENTS if path.parent.name == "guides" and path not in CHINESE and path.name != "score.md"
]
"""Guides that name pages as the screen has them; the one on scores reads a need and a profile."""
QUOTING = [path for path in DOCUMENTS if path.parent == ROOT or path.parent.name == "guides"]
"""Documents that quote what was measured; a decision says what was measured when it was taken."""

Check = Callable[[str], list[str]]
EVERYWHERE: tuple[Check, ...] = (
    faults.command_faults,
    faults.option_faults,
    faults.target_faults,
    faults.path_faults,
    faults.address_faults,
    faults.port_faults,
    faults.setting_faults,
    faults.name_faults,
    faults.column_faults,
    faults.fact_faults,
)
CHECKS = [
    *((check, page) for check in EVERYWHERE for page in (*DOCUMENTS, *DEPLOYED)),
    *((check, page) for check in (faults.screen_faults, faults.page_faults) for page in CHINESE),
    (faults.source_faults, ROOT / "docs" / "guides" / "mathematics.md"),
    (faults.recipe_faults, ROOT / "CONTRIBUTING.md"),
    *((faults.shown_faults, page) for page in ENGLISH),
    *((faults.figure_faults, page) for page in QUOTING),
]


@pytest.mark.parametrize(
    ("check", "page"), CHECKS, ids=[f"{check.__name__}-{page.relative_to(ROOT)}" for check, page in CHECKS]
)
def test_a_document_has_no_fault(check: Check, page: Path) -> None:
    assert check(text_of(page)) == []


def test_every_fact_that_is_checked_is_said_in_a_document() -> None:
    texts = [" ".join(text_of(page).split()) for page in DOCUMENTS]
    assert [pattern for pattern, _ in faults.facts() if not any(re.search(pattern, text) for text in texts)] == []


def test_of_a_notebook_its_cells_of_words_are_checked(tmp_path: Path) -> None:
    script = tmp_path / "07_more.py"
    script.write_text(
        "# %% [markdown]\n# Run `matcher compare`.\n#\n# See.\n\n# %%\n# `matcher contrast`\n", encoding="utf-8"
    )
    assert text_of(script) == "Run `matcher compare`.\n\nSee.\n"


MEASURED = "See [there](docs/measurements/ranking.md).\n\n"


@pytest.mark.parametrize(
    ("check", "text", "words"),
    [
        # a command: at the beginning of a line, by any path, within a shell's quotes, in a unit, a table, a sentence
        (faults.command_faults, "```\nmatcher database {}\n```", ("upgrade", "rebuild")),
        (faults.command_faults, "```\n.venv/bin/matcher database {}  # to make it\n```", ("upgrade", "upgrad")),
        (
            faults.command_faults,
            "  ```\n  su x -c 'set -a; /opt/bin/matcher database {}'\n  ```",
            ("upgrade", "upgrad"),
        ),
        (
            faults.command_faults,
            "ExecStart=/bin/sh -c '/opt/matcher/bin/matcher database {} \"/x\"'",
            ("backup", "bakup"),
        ),
        (faults.command_faults, "| 保存 | `matcher privacy {} 2026` |", ("keep", "hold")),
        (faults.command_faults, "by `matcher database import | {} | assign`", ("export", "exports")),
        (faults.command_faults, "    matcher account add NAME --{}", ("invite", "invites")),
        (faults.command_faults, "`matcher why --for firm|{}`", ("expert", "experts")),
        (faults.command_faults, "`matcher export out --to={}`", ("docx", "pdf")),
        (faults.option_faults, "`--ratings` and `assign --out DIR --{} FILE`", ("keep", "kept")),
        (faults.target_faults, "Then `make {}`, and look.", ("screenshots", "pictures")),
        (faults.target_faults, "```\nmake {}  # all\n```", ("test", "tests")),
        # a file: from the root, from a folder of it, by its name, by a pattern, as what a command writes
        (faults.path_faults, "`tests/web/test_{}.py`", ("roles_apart", "rolls_apart")),
        (faults.path_faults, "`services/{}.py`", ("permissions", "permission")),
        (faults.path_faults, "`{}.py`", ("claims", "claim")),
        (faults.path_faults, "`matcher/{}/NAME.py`", ("assignment", "assignments")),
        (faults.path_faults, "`notebooks/*.{}`", ("py", "rb")),
        (faults.path_faults, "`{}.csv`", ("unplaced", "placeless")),
        (faults.path_faults, "`demo/{}.db`, beside it", ("matcher", "matches")),
        (faults.path_faults, "`check data/{} firms.csv`", ("experts.csv", "exports.csv")),
        (faults.address_faults, "`/account/{}`", ("login", "logon")),
        (faults.address_faults, "| `/account/login`, `{}` | everybody |", ("logout", "logoff")),
        (faults.address_faults, "`/export/publication/ID/list.{}`", ("csv", "pdf")),
        (faults.address_faults, "`/export/round/ID/{}`", ("invitations", "invites")),
        (faults.port_faults, "```toml\nport = {}\n```", ("8501", "9999")),
        (faults.port_faults, "http://127.0.0.1:{}", ("8501", "8502")),
        (faults.setting_faults, "`[ranking] {}` is 0", ("spread", "sprawl")),
        (faults.setting_faults, "`[{}]`", ("ranking.calibration.firm", "ranking.calibrations")),
        (faults.setting_faults, "`[[assignment.{}]]`", ("quotas", "quota")),
        (faults.setting_faults, "`[{}]` of `bureau.toml`", ("holidays", "holiday")),
        (faults.name_faults, "`{}` of the settings", ("keep_bonus", "keep_bonuses")),
        (faults.name_faults, "where MATCHER_{} is set", ("HOME", "HOUSE")),
        (faults.name_faults, "`matcher.services.{}`", ("erasing.erase_party", "erasing.rub_out")),
        (faults.name_faults, "`forms.{}(...)`", ("record_consent", "record_assent")),
        (faults.name_faults, "`permissions.{}`", ("RULES", "RULE")),
        (faults.name_faults, "as `{}`, or a line in `OBJECTIVES`", ("CharacterGrams", "CharGrams")),
        (faults.column_faults, "| firms | firm_id, name, {}, industry, need_title |", ("township", "zone")),
        (faults.column_faults, "| 专家表 | 专家编号、姓名、派出单位、{} |", ("研究方向", "研究领域")),
        (faults.column_faults, "`documents.csv` (document_id, {})", ("text", "words")),
        (
            faults.column_faults,
            (
                "in a column: of firms firm_id, {}, zone, industry, above_scale, high_tech, cooperation, role_wanted; "
                "of experts institution, city, in_city, title, title_level, degree, discipline."
            ),
            ("township", "municipality"),
        ),
        (faults.screen_faults, "点「{}」", ("保存并运行", "运")),
        (faults.screen_faults, "点「{}」", ("批量邀请", "批量邀请函")),  # a label with a count behind it
        (faults.shown_faults, "| {} | what is done there |", ("公示与导出", "公告与导出")),
        (faults.page_faults, "在「账号」点「{}」", ("添加账号", "名单生效")),
        (faults.page_faults, "在「方案」点「{}」", ("新方案", "添加账号")),
        (
            faults.source_faults,
            "So it is (Roth {}).\n\n## Sources\n\n- Roth (1986). On the allocation.",
            ("1986", "1984"),
        ),
        (
            faults.recipe_faults,
            "**A page.** A file.\n*{}*: a test.\n\n**A setting.** *Fails*: it.",
            ("Fails", "Falls"),
        ),
        (faults.fact_faults, "Python {}\nor newer", ("3.11", "3.9")),
        (faults.fact_faults, "ends after {} hours in which nothing was done", ("two", "three")),
        (faults.fact_faults, "Where rules contradict each other, exit code {} says why", ("3", "4")),
        (faults.fact_faults, "下面写明有几个工作日，一般不少于 {} 个。", ("5", "3")),
        (faults.fact_faults, "「久无记录」是超过 {} 天没有动静的", ("60", "90")),
        (faults.fact_faults, "输入 {} 位邀请码", ("10", "8")),
        (faults.fact_faults, "拿不准的点「对比」，最多{}位并排看", ("三", "五")),
        (faults.fact_faults, "设一个密码，至少 {} 个字符", ("10", "8")),
        (faults.figure_faults, f"{MEASURED}| ours | {{}} | 0.188 | 0.396 |", ("0.282", "0.382")),
        (faults.figure_faults, f"| ours | {{}} | 0.188 | 0.396 |\n\n{MEASURED}", ("0.282", "0.382")),
        (faults.figure_faults, "[找专家](docs/measurements/ranking.md)的 nDCG@10 为 {}", ("0.282", "0.382")),
        (faults.figure_faults, "A hundred pages in {} MB ([so](../measurements/pages.md)).", ("433", "438")),
    ],
)
def test_a_fault_is_found_and_what_is_right_is_none(check: Check, text: str, words: tuple[str, str]) -> None:
    right, wrong = words
    assert check(text.format(right)) == []
    assert check(text.format(wrong)) != []
