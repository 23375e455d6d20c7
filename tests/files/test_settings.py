"""The settings file: every fault has its own message, with what was found and what was expected."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from matcher.domain.errors import SettingsError
from matcher.domain.settings import AssignmentSettings, QuotaSettings, Settings
from matcher.files import read_settings
from matcher.files.settings import parse_settings, settings_of
from matcher.files.settings_text import settings_text
from matcher.language import sentence

Rows = Callable[..., Path]
LINE = re.compile(r"^第 (\d+) 行：")
QUOTA = "[[assignment.quotas]]\ncolumn = 'city'\n"


@pytest.fixture
def faults(write: Rows) -> Callable[[str | bytes], list[str]]:
    def found(content: str | bytes) -> list[str]:
        path = write(content, "settings.toml")
        with pytest.raises(SettingsError) as error:
            read_settings(path)
        assert all(sentence(message, "en") for message in error.value.messages)
        return [str(message).removeprefix(f"{path}：") for message in error.value.messages]

    return found


def test_an_empty_file_gives_the_defaults(write: Rows) -> None:
    assert read_settings(write("", "settings.toml")) == Settings()


def test_the_tables_are_the_fields_of_the_settings(write: Rows) -> None:
    text = (
        "\ufeff[ranking]\nmin_fit = 0.1\n[ranking.firm]\ntext = 1\n[assignment]\nseed = 7\n[term]\nstart = 2025-03-01\n"
    )
    settings = read_settings(write(text, "settings.toml"))
    assert (settings.ranking.min_fit, settings.ranking.firm.text, settings.assignment.seed) == (0.1, 1.0, 7)
    assert settings.term.start == date(2025, 3, 1)


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("[ranking]\nmin_fitt = 0.1", "没有设置 'ranking.min_fitt'，是否想写 'ranking.min_fit'？可用：ranking.firm、"),
        ("shortlist = 5", "没有设置 'shortlist'，是否想写 'ranking.shortlist'？可用：text、ranking、"),
        ("[text]\nqqqqqqqqqqqq = 5", "没有设置 'text.qqqqqqqqqqqq'"),
        ("[ranking]\nmin_fit = 3", "设置 'ranking.min_fit' 应为 0 到 1 的数，读到 '3'"),
        ("[ranking]\nmin_fit = 'x'", "设置 'ranking.min_fit' 应为 0 到 1 的数，读到 'x'"),
        ("[ranking]\nshortlist = 0", "设置 'ranking.shortlist' 应为 1 到 10000 的整数，读到 '0'"),
        ("[ranking]\nshortlist = 2.5", "设置 'ranking.shortlist' 应为 1 到 10000 的整数，读到 '2.5'"),
        ("[ranking.firm]\ntitle = -1", "设置 'ranking.firm.title' 应为 0 到 1 的数，读到 '-1'"),
        ("[assignment]\nseed = -1", "设置 'assignment.seed' 应为不小于 0 的整数，读到 '-1'"),
        ("[assignment]\njoint = 'max'", "设置 'assignment.joint' 应为 mean、min、geometric 之一，读到 'max'"),
        ("[assignment]\nobjective = 3", "设置 'assignment.objective' 应为加引号的文字，读到 '3'"),
        (
            "[assignment]\ndays_per_placement = 400",
            "设置 'assignment.days_per_placement' 应为 1 到 366 的整数，读到 '400'",
        ),
        ("[eligibility]\nin_post = 'x'", "设置 'eligibility.in_post' 应为 true 或 false，读到 'x'"),
        ("[eligibility]\nminimum_title = 'dean'", "设置 'eligibility.minimum_title' 应为 assistant、lecturer、"),
        ("[term]\nstart = 'soon'", "设置 'term.start' 应为日期，如 2025-03-01，读到 'soon'"),
        ("ranking = 3", "设置 'ranking' 应为一节，写作 [ranking]，读到 '3'"),
        (
            "[text]\nwords = 0\ncharacters = 0\nsemantic = 0",
            "设置 'text.words'、'text.characters'、'text.semantic' 与 'text.embedding' 之和应大于 0",
        ),
        ("[ranking.firm]\ntext = 0", "设置 'ranking.firm.text' 应大于 0"),
        ("[ranking.expert]\ntext = 0", "设置 'ranking.expert.text' 应大于 0"),
        ("[eligibility]\nmaximum_age = 58", "设置 'eligibility.maximum_age' 需要同时有 'eligibility.year'"),
        ("[assignment]\nkeep_bonus = -1", "设置 'assignment.keep_bonus' 应为 0 到 1000000 的数，读到 '-1'"),
        ("[assignment]\nkeep_bonus = inf", "设置 'assignment.keep_bonus' 应为 0 到 1000000 的数，读到 'inf'"),
        ("[assignment]\nlocks = 3", "设置 'assignment.locks' 应为若干对编号，写作 [[\"需求或企业编号\""),
        (
            "[assignment]\nbans = [['F1', 'E1'], ['F1']]",
            "设置 'assignment.bans[2]' 应为一对编号，写作 [\"需求或企业编号\"",
        ),
        ("[assignment]\nlocks = [['F1', 'E1', 'E2']]", "设置 'assignment.locks[1]' 应为一对编号"),
        ("[assignment]\nlocks = [['F1', 3]]", "设置 'assignment.locks[1]' 应为一对编号"),
        ("[assignment]\nquotas = 3", "设置 'assignment.quotas' 应为若干节，每节写作 [[assignment.quotas]]，读到 '3'"),
        (
            "[assignment.quotas]\ncolumn = 'city'\nmaximum = 1",
            "设置 'assignment.quotas' 应为若干节，每节写作 [[assignment.quotas]]",
        ),
        (
            f"{QUOTA}maximum = 1\n{QUOTA}maximum = -1",
            "设置 'assignment.quotas[2].maximum' 应为不小于 0 的整数，读到 '-1'",
        ),
        (f"{QUOTA}minimum = 1.5", "设置 'assignment.quotas[1].minimum' 应为不小于 0 的整数，读到 '1.5'"),
        (f"{QUOTA}maximum = 1\ncounts = 'x'", "设置 'assignment.quotas[1].counts' 应为 pairs、people 之一，读到 'x'"),
        (f"{QUOTA}maximum = 1\nvalue = true", "设置 'assignment.quotas[1].value' 应为加引号的文字，读到 'True'"),
        (
            f"{QUOTA}maximum = 1\nmaximun = 1",
            "没有设置 'assignment.quotas[1].maximun'，是否想写 'assignment.quotas[1].maximum'？",
        ),
        (QUOTA, "设置 'assignment.quotas[1]' 应有 minimum（下限）或 maximum（上限）"),
        ("[[assignment.quotas]]\nmaximum = 1", "设置 'assignment.quotas[1].column' 没有填写，应为 firm_id、township、"),
        (
            "[[assignment.quotas]]\nmaximum = 1\ncolumn = 'townshp'",
            "设置 'assignment.quotas[1].column' 应为 firm_id、township、zone、industry、above_scale、high_tech、",
        ),
        (
            f"{QUOTA.replace('city', 'in_city')}maximum = 1",
            "按 in_city（是否本市）设名额时，需要同时有 'assignment.home_city'",
        ),
        ("[ranking]\nmin_fit = \n", "第 2 行：不合 TOML 语法，读到 'min_fit ='"),
        ("[ranking", "第 1 行：不合 TOML 语法，读到 '[ranking'"),
        ("[ranking]\nmin_fit = 0.1\nmin_fit = 0.2", "第 3 行：不合 TOML 语法，读到 'min_fit = 0.2'"),
        ("# 设置\n[ranking]\n".encode("gb18030"), "设置文件应为 UTF-8 编码，第 1 行附近不合规"),
    ],
)
def test_a_fault_is_said_with_what_was_expected(
    faults: Callable[[str | bytes], list[str]], text: str | bytes, beginning: str
) -> None:
    (fault,) = faults(text)
    assert beginning in (fault[: len(beginning)], LINE.sub("", fault)[: len(beginning)])


def test_all_faults_come_at_once(faults: Callable[[str | bytes], list[str]]) -> None:
    assert len(faults("nonsense = 1\n[ranking]\nmin_fit = 2\nshortlist = 0\n[term]\nstart = 'x'")) == 4


def test_each_fault_is_on_its_line_and_one_within_a_value_on_that_of_the_value(
    faults: Callable[[str | bytes], list[str]],
) -> None:
    quotas = "\n[[assignment.quotas]] # one\ncolumn = 'township'\nmaximum = -1\n[[assignment.quotas]]\ncolumn = 'city'"
    text = f"[assignment]\nobjective = 3\nlocks = [\n  ['F1', 2],\n]{quotas}\n[term]\nstart = 'x'"
    lines = [int(match[1]) for fault in faults(text) if (match := LINE.match(fault))]
    assert lines == [2, 3, 8, 9, 12]


def test_a_text_is_read_as_its_file_is_and_written_settings_come_back() -> None:
    quota = QuotaSettings(column="township", value="甘霖镇", maximum=3)
    settings = Settings(assignment=AssignmentSettings(quotas=(quota,), locks=(("F1", "E1"),)))
    assert parse_settings(settings_text(settings)) == settings
    with pytest.raises(SettingsError, match=r"^第 2 行：设置 'ranking.min_fit'"):
        parse_settings("[ranking]\nmin_fit = 3")


def test_settings_put_together_elsewhere_have_the_same_faults_without_a_line() -> None:
    assert settings_of({"assignment": {"seed": 7}}).assignment.seed == 7
    with pytest.raises(SettingsError, match=r"^设置 'assignment.seed' 应为不小于 0 的整数"):
        settings_of({"assignment": {"seed": -1}})


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="找不到设置文件"):
        read_settings(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match="这是文件夹"):
        read_settings(tmp_path)
