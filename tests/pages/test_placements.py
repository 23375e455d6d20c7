import csv
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from google.protobuf import text_format
from streamlit.testing.v1 import AppTest

from matcher.files import read_placements
from matcher.services.inputs import Options, load_inputs
from matcher.services.placing import PLACEMENTS, REPORT, UNPLACED, place
from matcher.store import Store
from tests.pages.conftest import keep_run
from tests.strategies import DATA, Sample

Open = Callable[..., AppTest]


def markup(page: AppTest) -> str:
    """All HTML of the page."""
    return "\n".join(part.proto.body for part in page.html if not part.proto.body.startswith("<style>"))


def words(page: AppTest) -> str:
    """What a person reads of it."""
    return unescape(re.sub(r"<[^>]+>", "", markup(page)))


def listed(page: AppTest) -> pd.DataFrame:
    return page.dataframe[0].value


def everything(page: AppTest) -> str:
    """Every element as it goes to the browser, and the grid's cells."""
    elements = [node for block in (page.main, page.sidebar) for node in block if getattr(node, "proto", None)]
    sent = [text_format.MessageToString(node.proto, as_utf8=True) for node in elements]
    return "\n".join([*sent, *(frame.value.to_csv() for frame in page.dataframe)])


def test_the_page_shows_the_whole_list_and_its_figures(open_page: Open, result: Path) -> None:
    page = open_page(result)
    statistics = json.loads((result / REPORT).read_text(encoding="utf-8"))["statistics"]

    assert page.title[0].value == "派遣名单"
    assert len(listed(page)) == statistics["pairs"] == len(read_placements(result / PLACEMENTS))
    shown = {metric.label: (metric.value, metric.delta) for metric in page.metric}
    assert shown["配对"][0] == str(statistics["pairs"])
    assert shown["得到专家的需求"][0] == f"{statistics['needs_placed']} / {statistics['needs']}"
    assert shown["平均匹配度"] == (f"{statistics['fit_mean']:.2f}", "未校准")
    assert shown["复核：阻塞对"] == ("0 对", "查遍全部可行配对")


def test_search_narrows_the_list_and_every_word_counts(open_page: Open, result: Path) -> None:
    page = open_page(result)
    whole = listed(page)
    page.text_input(key="search").set_value("三江街道 电机").run()

    found = listed(page)
    assert 0 < len(found) < len(whole)
    assert set(found["township"]) == {"三江街道"}


def test_search_finds_words_of_the_texts_and_forgives_full_width_forms(open_page: Open, result: Path) -> None:
    page = open_page(result)
    page.text_input(key="search").set_value("ＢＬＤＣ").run()
    plain = open_page(result)
    plain.text_input(key="search").set_value("bldc").run()

    assert 0 < len(listed(page)) < 20
    assert listed(page).equals(listed(plain))


def test_a_search_without_result_says_so(open_page: Open, result: Path) -> None:
    page = open_page(result)
    page.text_input(key="search").set_value("没有这样的词").run()

    assert not page.exception
    assert not page.dataframe
    assert "没有符合条件的配对" in words(page)


def test_filters_keep_a_township_and_those_far_down(open_page: Open, result: Path) -> None:
    page = open_page(result)
    page.multiselect(key="townships").select("甘霖镇").run()
    assert set(listed(page)["township"]) == {"甘霖镇"}

    page.multiselect(key="townships").unselect("甘霖镇").run()
    page.button_group(key="view").set_value("review").run()
    assert (listed(page)[["firm_rank", "expert_rank"]].max(axis=1) > 5).all()


def test_choosing_a_pair_shows_both_texts_with_their_shared_words_marked(
    open_page: Open, result: Path, sample: Sample
) -> None:
    page = open_page(result)
    need_id, expert_id = pair = ("F004-1", "E061")
    page.selectbox(key="pair").set_value(pair).run()

    need = next(need for need in sample.needs if need.need_id == need_id)
    expert = next(expert for expert in sample.experts if expert.expert_id == expert_id)
    for text in (need.need_title, need.need_detail, expert.research_fields, expert.expertise, expert.achievements):
        assert text in words(page)
    body = next(part.proto.body for part in page.html if "<mark" in part.proto.body)
    _, of_need, of_expert = re.split("<h3>(?:企业需求|专家简介)", body)
    for text in (of_need, of_expert):
        assert re.search('<mark class="shade-[1-3]">[^<]*洗衣机电机', text)
    assert page.query_params["need"] == need_id
    assert page.query_params["expert"] == expert_id


def test_a_link_leads_to_its_pair(open_page: Open, result: Path) -> None:
    page = open_page(result, need="F004-1", expert="E061")

    assert page.selectbox(key="pair").value == ("F004-1", "E061")
    assert "浙江临溪洗涤电机有限公司 → 方海燕" in words(page)


def test_the_parts_shown_add_up_to_the_sums_shown(open_page: Open, result: Path) -> None:
    body = next(part.proto.body for part in open_page(result).html if "<mark" in part.proto.body)

    groups = re.findall(r'<ul class="bars">(.*?)</ul>', body)
    assert len(groups) == 3
    for group in groups:
        *parts, total = [float(number) for number in re.findall(r'class="number">([\d.]+)<', group)]
        assert sum(parts) == pytest.approx(total, abs=0.0005 * (len(parts) + 1))
    assert "未校准" in body
    assert {"学科", "地点与方式", "往年考核"} <= set(re.findall(r">([^<>]+)<", body))


def test_what_the_need_names_and_the_profile_does_not_is_said_below_the_words(open_page: Open, result: Path) -> None:
    page = open_page(result, need="F041", expert=next(iter(_placed_with(result, "F041"))))
    body = next(part.proto.body for part in page.html if "<mark" in part.proto.body)

    assert "语义相近" in body
    assert re.search("需求提到而(简介|所有专家都)没有：", body)


def _placed_with(result: Path, need_id: str) -> list[str]:
    with (result / "placements.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["expert_id"] for row in csv.DictReader(file) if row["need_id"] == need_id]


def test_why_not_says_who_has_the_place(open_page: Open, result: Path) -> None:
    page = open_page(result, need="F004-1", expert="E061")
    page.selectbox(key="why_not").set_value("E054").run()

    assert not page.exception
    said = words(page)
    assert "郭晓东 的名额已由同样或更愿意去的需求占用：" in said
    assert re.search(r"名额已由同样或更愿意去的需求占用：[^；]+（第 \d+）", said)
    assert "正在服务" in said


def test_why_not_names_what_bars_a_pair(open_page: Open, result: Path) -> None:
    page = open_page(result, need="F004-1", expert="E061")
    page.selectbox(key="why_not").set_value("E140").run()

    assert "不可对接的原因： 文字相符程度或对专家的匹配度低于下限" in words(page)


def test_those_left_out_stand_there_with_their_reasons_and_can_be_searched(open_page: Open, result: Path) -> None:
    written = pd.read_csv(result / UNPLACED)
    page = open_page(result, tab="left")
    said = words(page)
    assert [name for name in written["name"] if name not in said] == []
    assert [reason for reason in written["reason"] if reason not in said] == []

    someone = written["name"][0]
    page.text_input(key="search_left").set_value(someone).run()
    table = next(part.proto.body for part in page.html if 'class="left"' in part.proto.body)
    assert someone in table
    assert table.count("<tr>") - 1 == (written["name"] == someone).sum() < len(written)


def test_english_is_a_switch_away_and_stays_in_the_address(open_page: Open, result: Path) -> None:
    page = open_page(result, tab="left")
    page.button_group(key="lang").set_value("en").run()

    assert page.title[0].value == "Placement list"
    assert page.query_params["lang"] == "en"
    assert ") serve needs at least as dear to them" in words(page)
    assert "uncalibrated" in words(open_page(result, lang="en"))

    page.button_group(key="lang").set_value("zh").run()
    assert page.title[0].value == "派遣名单"
    assert "lang" not in page.query_params


def test_calibrated_fits_are_called_chances_and_nothing_is_called_uncalibrated(
    open_page: Open, sample: Sample, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.toml"
    curves = "firm = { intercept = -3.8, slope = 17.2 }\nexpert = { intercept = -2.9, slope = 15.3 }\n"
    settings.write_text(f"[ranking.calibration]\n{curves}", encoding="utf-8")
    inputs = load_inputs(DATA / "experts.csv", DATA / "firms.csv", Options(settings))
    result = place(inputs, tmp_path / "out", started=0.0)
    line = result.lines[0]
    page = open_page(tmp_path / "out", need=str(line["need_id"]), expert=str(line["expert_id"]))
    page.selectbox(key="why_not").set_value(
        next(e.expert_id for e in sample.experts if e.expert_id != line["expert_id"])
    )
    page.run()

    shown = {metric.label: (metric.value, metric.delta) for metric in page.metric}
    assert shown["平均匹配度"] == (f"{result.statistics['fit_mean']:.2f}", "预计好评概率")
    assert "未校准" not in everything(page)
    assert f"企业评为好的预计概率{line['firm_fit']:.3f}" in words(page)


def test_a_language_that_does_not_exist_is_no_error(open_page: Open, result: Path) -> None:
    assert open_page(result, lang="xx").title[0].value == "派遣名单"


def test_no_contact_data_is_sent_to_the_browser(open_page: Open, result: Path, sample: Sample) -> None:
    page = open_page(result)
    page.selectbox(key="why_not").set_value("E054").run()
    sent = everything(page)

    contacts = [record.contact for side in (sample.experts, sample.needs) for record in side if record.contact]
    tokens = {token for contact in contacts for token in contact.split() if re.search(r"\d{4}|@", token)}
    assert len(tokens) > 100
    assert "裘仲明" in sent
    assert [token for token in sorted({*contacts, *tokens}) if token in sent] == []


def test_a_name_that_looks_like_markup_is_shown_as_text(open_page: Open, tiny: Path) -> None:
    page = open_page(tiny, need="F1", expert="E1")
    page.selectbox(key="why_not").set_value("E2").run()

    assert "<img src=x>电机厂" in words(page)
    assert "<img" not in markup(page)
    assert "<img" not in "".join(part.value for part in [*page.markdown, *page.header, *page.caption])


def test_without_a_result_the_page_says_how_to_make_one(open_page: Open) -> None:
    page = open_page(None, name="placements")

    assert "还没有结果" in words(page)
    assert "导入双方名册" in words(page)
    assert not page.metric


def test_when_an_input_has_changed_the_list_is_shown_without_the_why(open_page: Open, tiny: Path) -> None:
    inputs = tiny.parent / "experts.csv"
    inputs.write_text(inputs.read_text(encoding="utf-8").replace("某学院", "另一学院"), encoding="utf-8")
    page = open_page(tiny)

    assert "experts.csv 的内容与匹配时不同" in words(page)
    assert len(listed(page)) == 2
    assert "<mark" not in markup(page)
    assert "领带厂" in words(open_page(tiny, tab="left"))
    assert {metric.label: metric.delta for metric in page.metric}["复核：阻塞对"] == "取自报告，未重查"


@pytest.mark.parametrize("forget", ["the inputs", "where they were"])
def test_when_an_input_is_gone_the_page_says_which(open_page: Open, tiny: Path, forget: str) -> None:
    if forget == "the inputs":
        (tiny.parent / "firms.csv").unlink()
    else:
        (tiny / "timing.json").unlink()

    assert "找不到匹配时用的 firms.csv" in words(open_page(tiny))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (REPORT, "{"),
        (REPORT, "[]"),
        (REPORT, None),
        (PLACEMENTS, "nonsense\n1\n"),
        (PLACEMENTS, None),
    ],
)
def test_a_damaged_result_is_told_in_words(open_page: Open, tiny: Path, name: str, content: str | None) -> None:
    if content is None:
        (tiny / name).unlink()
    else:
        (tiny / name).write_text(content, encoding="utf-8")
    page = open_page(tiny)

    assert "结果读不出来" in words(page)
    assert name in words(page)
    assert not page.metric


@pytest.mark.parametrize("part", ["statistics", "certificate", "inputs", "settings"])
def test_a_report_that_lacks_a_part_is_told_in_words(open_page: Open, tiny: Path, part: str) -> None:
    report = json.loads((tiny / REPORT).read_text(encoding="utf-8"))
    (tiny / REPORT).write_text(json.dumps({**report, part: {"other": 1}}), encoding="utf-8")

    assert "结果读不出来" in words(open_page(tiny))


def test_a_list_edited_by_hand_is_told_line_by_line(open_page: Open, tiny: Path) -> None:
    path = tiny / PLACEMENTS
    path.write_text(path.read_text(encoding="utf-8-sig").replace("甲一", "别人"), encoding="utf-8-sig")
    page = open_page(tiny)

    assert "名单与规则、输入或报告有 1 处不符" in words(page)
    assert "写的是 别人，重新计算应为 甲一" in words(page)


def test_a_new_result_is_shown_without_a_restart(open_page: Open, tiny: Path, result: Path, service: Store) -> None:
    page = open_page(tiny)
    assert len(listed(page)) == 2
    keep_run(service, result)
    page.run()

    assert len(listed(page)) > 2


def test_a_run_that_placed_nobody_has_its_page(open_page: Open, tiny: Path) -> None:
    report = json.loads((tiny / REPORT).read_text(encoding="utf-8"))
    figures = {**report["statistics"], "pairs": 0, "fit_mean": None, "fit_worst": None}
    (tiny / REPORT).write_text(json.dumps({**report, "statistics": figures}), encoding="utf-8")
    header = (tiny / PLACEMENTS).read_text(encoding="utf-8-sig").splitlines()[0]
    (tiny / PLACEMENTS).write_text(header + "\n", encoding="utf-8-sig")
    page = open_page(tiny)

    assert "这一次没有配成任何一对" in words(page)
    assert {metric.label: metric.value for metric in page.metric}["平均匹配度"] == "–"
