"""The command line as its users meet it: exit codes, words, files."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from matcher import cli
from matcher.language import label, use
from tests.city import City, city_in

pytestmark = pytest.mark.usefixtures("weighed_once")

ROOT = Path(__file__).resolve().parents[1]
EXPERTS, FIRMS, RATINGS = (str(ROOT / "data" / f"{name}.csv") for name in ("experts", "firms", "ratings"))


COLUMNS = [
    *("firm_id", "need_id", "firm", "township", "industry", "need_title"),
    *("expert_id", "expert", "institution", "expert_title"),
    *("firm_fit", "expert_fit", "fit", "value", "firm_rank", "expert_rank"),
    *("status", "term_from", "term_to", "reasons"),
]


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def matcher(capsys: pytest.CaptureFixture[str]):
    def run(*words: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        use("zh")
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the list of the sample data."""
    out = tmp_path_factory.mktemp("placed")
    with pytest.raises(SystemExit) as ended:
        cli.main(["assign", EXPERTS, FIRMS, "--ratings", RATINGS, "--out", str(out)])
    assert not ended.value.code
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def rewritten(placed: Path, folder: Path, change) -> Path:
    """A copy of the list, with its report beside it, changed by hand."""
    lines = rows(placed / "placements.csv")
    columns = list(lines[0])
    lines = change(lines) or lines
    with (folder / "placements.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(lines)
    for name in ("report.json", "timing.json"):
        (folder / name).write_bytes((placed / name).read_bytes())
    return folder / "placements.csv"


def test_assign_writes_the_four_files_with_the_columns_of_the_contract(placed: Path) -> None:
    assert list(rows(placed / "placements.csv")[0]) == COLUMNS
    assert list(rows(placed / "unplaced.csv")[0]) == ["side", "id", "name", "free_places", "reason"]
    assert sorted(path.name for path in placed.iterdir()) == [
        "placements.csv", "report.json", "timing.json", "unplaced.csv",
    ]  # fmt: skip
    assert (placed / "placements.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_report_holds_what_the_list_was_made_of_and_what_is_claimed_of_it(placed: Path) -> None:
    report = json.loads((placed / "report.json").read_text(encoding="utf-8"))
    assert {
        "settings",
        "objective",
        "proposer",
        "inputs",
        "versions",
        "tokenizer",
        "seed",
        "statistics",
        "certificate",
    } <= set(report)
    assert report["inputs"].keys() == {"experts", "firms", "ratings"}
    assert report["certificate"]["n_blocking_pairs"] == 0
    assert report["statistics"]["pairs"] == len(rows(placed / "placements.csv"))
    assert report["statistics"]["experts_placed"] >= 100


def test_the_same_input_gives_the_same_bytes_whatever_the_folder_and_the_process(placed: Path, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "matcher")]
    subprocess.run(
        [*command, "assign", EXPERTS, FIRMS, "--ratings", RATINGS, "--out", str(tmp_path)],
        check=True, capture_output=True, env={"PATH": "", "PYTHONHASHSEED": "7", "HOME": str(tmp_path)},
    )  # fmt: skip
    for name in ("placements.csv", "unplaced.csv", "report.json"):
        assert (tmp_path / name).read_bytes() == (placed / name).read_bytes(), name


def test_the_summary_goes_to_standard_error_and_says_uncalibrated(matcher, tmp_path: Path) -> None:
    ran = matcher("assign", EXPERTS, FIRMS, "--out", tmp_path)
    assert ran.code == 0
    assert ran.out == ""
    assert "未校准" in ran.err
    assert "阻塞对 0 个" in ran.err
    english = matcher("--lang", "en", "assign", EXPERTS, FIRMS, "--out", tmp_path)
    assert "uncalibrated" in english.err
    assert "0 blocking pairs" in english.err


def test_reasons_are_in_the_language_asked_for(matcher, tmp_path: Path) -> None:
    matcher("assign", EXPERTS, FIRMS, "--lang=en", "--out", tmp_path)
    assert any("shared words: " in line["reasons"] for line in rows(tmp_path / "placements.csv"))
    assert any("acceptable" in line["reason"] for line in rows(tmp_path / "unplaced.csv"))


def test_every_problem_of_both_files_is_listed_at_once_and_the_code_is_2(matcher, tmp_path: Path) -> None:
    header = "expert_id,name,institution,research_fields,capacity,preferred_firms"
    experts = f"{header}\nE1,甲,大学,电机,x,F9\nE1,乙,大学,,1,\n"
    firms = "企业编号,单位名称,乡镇街道,行业,需求名称,拟需人数\nF1,丙,甘霖镇,电机,温升,11\n"
    (tmp_path / "e.csv").write_text(experts, encoding="utf-8")
    (tmp_path / "f.csv").write_text(firms, encoding="utf-8")
    ran = matcher("assign", tmp_path / "e.csv", tmp_path / "f.csv", "--out", tmp_path / "out")
    assert ran.code == 2
    assert "e.csv：第 2 行「可服务企业数」应为 1–10 的整数，读到 'x'" in ran.err
    assert "e.csv：第 3 行「研究方向」" in ran.err
    assert "F9" not in ran.err
    assert "f.csv：第 2 行「拟需人数」应为 1–10 的整数，读到 '11'" in ran.err
    assert not (tmp_path / "out").exists()


def test_problems_between_the_files_name_file_row_and_column(matcher, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(
        "expert_id,name,institution,research_fields,preferred_firms,vetoed_firms\nE1,甲,大学,电机,F9;F1,F1\nE1,乙,大学,电机,,\n",
        encoding="utf-8",
    )
    (tmp_path / "f.csv").write_text(
        "firm_id,name,township,industry,need_title,preferred_experts\nF1,丙,甘霖镇,电机,温升,E7\n", encoding="utf-8"
    )
    ran = matcher("check", tmp_path / "e.csv", tmp_path / "f.csv")
    assert ran.code == 2
    places = ("e.csv：第 2 行「志愿企业」", "e.csv：第 2 行「回避企业」", "e.csv：第 3 行「专家编号」")
    for said in (*places, "f.csv：第 2 行「志愿专家」", "F9", "E7"):
        assert said in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ("assign", EXPERTS, FIRMS),
        ("suggest", EXPERTS, FIRMS),
        ("suggest", EXPERTS, FIRMS, "--firm", "F001", "--expert", "E001"),
        ("suggest", EXPERTS, FIRMS, "--firm", "nobody"),
        ("why", EXPERTS, FIRMS, "--firm", "F001", "--expert", "nobody"),
        ("assign", EXPERTS, FIRMS, "--out", "x", "--objective", "best"),
        ("assign", EXPERTS, FIRMS, "--out", "x", "--proposer", "nobody"),
        ("assign", EXPERTS, FIRMS, "--out", "x", "--seed", "-1"),
        ("assign", EXPERTS, FIRMS, "--out", "x", "--settings", "nowhere.toml"),
        ("audit", EXPERTS, FIRMS, "nowhere.csv"),
        ("check", EXPERTS, FIRMS, "--lang", "fr"),
        ("why", EXPERTS, FIRMS, "--firm", "F001", "--expert", "E001", "--objective", "best"),
        ("unknown",),
    ],
)
def test_wrong_use_ends_with_2_and_a_sentence(matcher, words: tuple[str, ...], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = matcher(*words)
    assert ran.code == 2
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_objective_is_told_the_names_that_there_are(matcher, tmp_path: Path) -> None:
    assert "stable" in matcher("assign", EXPERTS, FIRMS, "--out", tmp_path, "--objective", "best").err


def test_a_fault_of_ours_ends_with_1_and_says_so(matcher, monkeypatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("matcher.services.inputs.load_experts", broken)
    ran = matcher("check", EXPERTS, FIRMS)
    assert ran.code == 1
    assert "程序自身的错误" in ran.err
    assert "boom" in ran.err


def test_check_reports_what_is_worth_a_look_and_ends_with_0(matcher) -> None:
    ran = matcher("check", EXPERTS, FIRMS)
    assert ran.code == 0
    for said in ("'姑苏丝绸研究院'", "'西泠工业大学'", "派出单位不同意", "140 位专家", "185 项需求"):
        assert said in ran.err


def test_check_says_of_each_vague_need_what_to_add_and_of_the_others_nothing(matcher) -> None:
    ran = matcher("check", EXPERTS, FIRMS)
    assert "可以退回补充的需求 15 项（得分 0–1，低于 0.6）：" in ran.err
    line = next(line for line in ran.err.splitlines() if "F156" in line)
    assert line.endswith(
        "第 171 行「需求详情」写得太笼统（F156「稳定酱菜品质」，得分 0.325）："
        "看不出是哪种产品、工序、设备或材料的什么问题；没有写现在的状况：目前的数值、做法或问题出在哪里；"
        "没有写限制条件，如成本、材料、标准、工期或不能改动之处"
    )
    assert "F001" not in ran.err
    assert "重复" not in ran.err
    english = matcher("--lang", "en", "check", EXPERTS, FIRMS)
    assert english.err.count("the present state is missing") == 12
    for command in (
        ("suggest", EXPERTS, FIRMS, "--firm", "F156"),
        ("why", EXPERTS, FIRMS, "--firm", "F156", "--expert", "E001"),
    ):
        assert "笼统" not in matcher(*command).err


def test_check_points_out_what_was_entered_twice(matcher, tmp_path: Path) -> None:
    detail = "绕组温升72K，客户要65K以内，BMC导热0.6W/(m·K)，换过两家高导热料，流动性变差，端部有缺料和气孔"
    (tmp_path / "e.csv").write_text(
        f"expert_id,name,institution,research_fields\nE1,甲,越州大学,茶叶\nE2,甲,越州大学,电机\nE3,乙,越州大学,{detail}\n"
        f"E4,丙,会稽学院,{detail}\n",
        encoding="utf-8",
    )
    rows = "".join(f"{ids},某厂,甘霖镇,电机,温升高,{detail}\n" for ids in ("F1,F1-1", "F1,F1-2", "F2,F2"))
    header = "firm_id,need_id,name,township,industry,need_title,need_detail\n"
    (tmp_path / "f.csv").write_text(header + rows, encoding="utf-8")
    ran = matcher("check", tmp_path / "e.csv", tmp_path / "f.csv")
    assert ran.code == 0
    for said in (
        "疑似重复 5 处：",
        "e.csv：第 3 行：甲 E2 与第 2 行 甲 E1 同名同单位，请核对是否重复填报",
        "e.csv：第 5 行：丙 E4 与第 4 行 乙 E3 的简介几乎相同（相似度 1），请核对是否同一人或照抄",
        "f.csv：第 3 行：需求 F1-2 与第 2 行同一企业（某厂）的需求 F1-1 文字几乎相同（相似度 1），请核对是否重复填报",
        "f.csv：第 4 行：需求 F2 与第 2 行 某厂 的需求 F1-1 文字几乎相同（相似度 1），请核对是否重复填报或照抄",
    ):
        assert said in ran.err


def test_the_settings_say_from_where_on_check_points_out(matcher, tmp_path: Path) -> None:
    settings = tmp_path / "s.toml"
    settings.write_text("[check]\nvague_below = 0.3\nduplicate_above = 0.21\n", encoding="utf-8")
    ran = matcher("check", EXPERTS, FIRMS, "--settings", settings)
    assert "可以退回补充的需求 8 项（得分 0–1，低于 0.3）" in ran.err
    assert "需求 F146 与第 93 行 " in ran.err


def test_check_gives_machines_every_score_and_every_pair(matcher) -> None:
    ran = matcher("check", EXPERTS, FIRMS, "--json")
    found = json.loads(ran.out)
    assert ran.code == 0
    assert len(found["needs"]) == 185
    assert {need["need_id"] for need in found["needs"] if need["is_vague"]} == {
        need["need_id"] for need in found["needs"] if need["advice"]
    }
    worst = next(need for need in found["needs"] if need["need_id"] == "F008")
    assert (worst["row"], worst["score"], worst["missing"][0]) == (10, 0.05, "matter")
    assert worst["advice"][1] == "没有写现在的状况：目前的数值、做法或问题出在哪里"
    assert found["duplicates"] == {"needs": [], "experts": []}
    assert found["ineligible"][0] == {"expert_id": "E032", "bar": "out_of_post"}
    assert "笼统" not in ran.err


def test_suggest_lists_by_rank_with_words_of_both_texts(matcher) -> None:
    listed = json.loads(matcher("suggest", EXPERTS, FIRMS, "--firm", "F001", "--top", 5, "--json").out)
    suggestions = listed["lists"][0]["suggestions"]
    assert listed["calibrated"] is False
    assert [line["rank"] for line in suggestions] == sorted(line["rank"] for line in suggestions)
    assert len(suggestions) >= 2
    assert any("塑封电机" in line["words"] for line in suggestions)
    assert "塑封电机" in matcher("suggest", EXPERTS, FIRMS, "--firm", "F001").out


def test_suggest_takes_a_firm_with_two_needs_or_one_of_them_or_an_expert(matcher) -> None:
    def lists(*words: str) -> list[dict]:
        return json.loads(matcher("suggest", EXPERTS, FIRMS, *words, "--json").out)["lists"]

    assert [found["need_id"] for found in lists("--firm", "F004")] == ["F004-1", "F004-2"]
    assert [found["need_id"] for found in lists("--firm", "F004-2")] == ["F004-2"]
    assert [found["expert_id"] for found in lists("--expert", "E001")] == ["E001"]


def test_why_explains_every_kind_of_pair(matcher, placed: Path) -> None:
    def answer(firm: str, expert: str) -> dict:
        words = ("why", EXPERTS, FIRMS, "--firm", firm, "--expert", expert, "--placements", placed / "placements.csv")
        assert matcher(*words).code == 0
        return json.loads(matcher(*words, "--json").out)["answers"][0]

    line = rows(placed / "placements.csv")[0]
    together = answer(line["need_id"], line["expert_id"])
    assert together["status"] == "matched"
    assert together["firm_rank"] == int(line["firm_rank"])
    assert abs(sum(part["value"] for part in together["firm_parts"]) - together["firm_fit"]) <= 1e-9
    assert abs(together["expert_fit"] - float(line["expert_fit"])) <= 1e-6
    vetoed = answer("F020", "E014")
    assert (vetoed["status"], vetoed["bar"]) == ("unacceptable", "firm_veto")
    # A firm that did not get its first choice asks for it.
    lines = [
        row for row in rows(placed / "placements.csv") if row["firm_rank"] == "2" and row["need_id"] == row["firm_id"]
    ]
    asked = ("suggest", EXPERTS, FIRMS, "--ratings", RATINGS, "--firm", lines[0]["need_id"], "--top", "1", "--json")
    first = json.loads(matcher(*asked).out)["lists"][0]["suggestions"][0]["id"]
    taken = answer(lines[0]["need_id"], first)
    assert taken["firm_rank"] == 1
    assert taken["status"] in ("expert_prefers_own", "firm_full")
    assert taken["expert_holds"]
    assert "what_if" in taken
    assert vetoed["what_if"] is None
    assert taken["what_if"]["sentences"][0].startswith("如果锁定这一对：")
    assert taken["what_if"]["lost"]
    unfit = answer("F002", "E014")
    assert unfit["bar"] == "expert_below_min_fit"
    assert "ranking.min_fit = 0.07" in unfit["what_if"]["sentences"][0]
    assert unfit["what_if"]["lost"]


def test_why_tells_a_party_nothing_of_anybody_else(matcher, placed: Path) -> None:
    listed = ("--placements", placed / "placements.csv")
    line = rows(placed / "placements.csv")[0]
    asked = ("why", EXPERTS, FIRMS, "--firm", line["need_id"], "--expert", line["expert_id"], *listed)
    for party in ("firm", "expert"):
        found = json.loads(matcher(*asked, "--for", party, "--json").out)["answers"][0]
        assert (found["status"], found["for"]) == ("matched", party)
        assert set(found) == {"firm_id", "need_id", "expert_id", "for", "status", "sentence", "reasons"}
        said = matcher(*asked, "--for", party).out
        assert found["sentence"] in said
        assert all(reason in said for reason in found["reasons"])
    vetoed = ("why", EXPERTS, FIRMS, "--firm", "F020", "--expert", "E014", *listed)
    of_expert = json.loads(matcher(*vetoed, "--for", "expert", "--json").out)["answers"][0]
    assert of_expert["status"] == "not_arranged"
    assert json.loads(matcher(*vetoed, "--for", "firm", "--json").out)["answers"][0]["status"] == "own_veto"
    assert json.loads(matcher(*vetoed, "--json").out)["answers"][0]["bar"] == "firm_veto"
    assert matcher(*asked, "--for", "press").code == 2


def test_why_gives_fields_effects_and_what_is_missing(matcher, placed: Path) -> None:
    line = rows(placed / "placements.csv")[0]
    asked = ("why", EXPERTS, FIRMS, "--firm", line["need_id"], "--expert", line["expert_id"])
    ran = matcher(*asked, "--placements", placed / "placements.csv", "--json")
    found = json.loads(ran.out)["answers"][0]

    assert {part["field"] for part in found["firm_parts"] if part["kind"] == "text"} <= {
        "research_fields",
        "expertise",
        "achievements",
    }
    assert all(part["field"] for part in found["firm_parts"] if part["kind"] == "text")
    assert found["firm_effects"].keys() >= {"text", "title", "role"}
    assert all(one["words"] and one["weight"] >= 1 for one in found["missing"])
    assert found["reasons"]


def test_suggestions_are_counted_and_spread_as_the_settings_say(matcher, tmp_path: Path) -> None:
    settings = tmp_path / "spread.toml"
    settings.write_text("[ranking]\nspread = 0.1\nsuggestions = 5\n", encoding="utf-8")
    asked = ("suggest", EXPERTS, FIRMS, "--ratings", RATINGS, "--settings", settings)
    lists = [json.loads(matcher(*asked, "--firm", firm, "--json").out) for firm in ("F001", "F003", "F004", "F029")]
    figures = lists[0]["exposure"]
    lines = [line for found in lists for each in found["lists"] for line in each["suggestions"]]

    assert figures["gini"] < figures["gini_before"]
    assert 0 < figures["given_up"] <= 0.1
    assert {line["moved_up"] for line in lines} == {True, False}
    assert all(line["rank"] > 5 for line in lines if line["moved_up"])
    assert all(1 <= line["suggested"] <= figures["most"] for line in lines)
    assert all(len(each["suggestions"]) <= 5 for found in lists for each in found["lists"])
    said = matcher(*asked, "--firm", "F003").out
    assert "分散推荐" in said
    assert "分散推荐" not in matcher("suggest", EXPERTS, FIRMS, "--firm", "F003").out
    assert "从未被推荐的专家" in said


def test_why_and_audit_take_their_options_from_the_report_beside_the_list(
    matcher, placed: Path, tmp_path: Path
) -> None:
    assert matcher("audit", EXPERTS, FIRMS, placed / "placements.csv").code == 0
    # What is given stands above the report: another smallest fit bars pairs, the ratings are still those of the report.
    assert matcher("audit", EXPERTS, FIRMS, placed / "placements.csv", "--objective", "stable").code == 0
    (tmp_path / "s.toml").write_text("[ranking]\nmin_fit = 0.3\n", encoding="utf-8")
    assert matcher("audit", EXPERTS, FIRMS, placed / "placements.csv", "--settings", tmp_path / "s.toml").code == 4


def test_audit_refuses_inputs_that_are_not_those_of_the_report(matcher, placed: Path, tmp_path: Path) -> None:
    changed = tmp_path / "experts.csv"
    changed.write_bytes(Path(EXPERTS).read_bytes().replace("鄢小禾".encode(), "鄢小和".encode()))
    ran = matcher("audit", changed, FIRMS, placed / "placements.csv")
    assert ran.code == 2
    assert "experts.csv" in ran.err
    assert "report.json" in ran.err


def test_audit_without_a_report_uses_the_defaults(matcher, tmp_path: Path) -> None:
    matcher("assign", EXPERTS, FIRMS, "--out", tmp_path)
    (tmp_path / "report.json").unlink()
    (tmp_path / "timing.json").unlink()
    assert matcher("audit", EXPERTS, FIRMS, tmp_path / "placements.csv").code == 0


def test_a_list_that_somebody_else_made_with_two_columns_is_audited_too(matcher, placed: Path, tmp_path: Path) -> None:
    lines = rows(placed / "placements.csv")
    text = "need_id,expert_id\n" + "".join(f"{line['need_id']},{line['expert_id']}\n" for line in lines)
    (tmp_path / "theirs.csv").write_text(text, encoding="utf-8")
    assert matcher("audit", EXPERTS, FIRMS, tmp_path / "theirs.csv", "--ratings", RATINGS).code == 0


def drop(lines):
    return lines[1:]


def duplicate(lines):
    return [lines[0], *lines]


def swap(lines):
    one = lines[0]
    other = next(line for line in lines if line["expert_id"] != one["expert_id"] and line["firm_id"] != "F001")
    for key in ("expert_id", "expert", "institution", "expert_title"):
        one[key], other[key] = other[key], one[key]


def unknown(lines):
    lines[0]["expert_id"] = "E999"


def vetoed(lines):
    return [*lines, {**dict.fromkeys(lines[0], ""), "firm_id": "F020", "need_id": "F020", "expert_id": "E014"}]


def over_capacity(lines):
    kept = ("firm_id", "need_id", "firm", "status")
    other = next(line for line in lines if line["need_id"] == "F001")
    return [*lines, {key: other[key] if key in kept else "" for key in other} | {"expert_id": "E014"}]


def changed(column: str, value: str):
    def change(lines):
        lines[0][column] = value

    change.__name__ = column
    return change


@pytest.mark.parametrize(
    "change",
    [
        drop, duplicate, swap, unknown, vetoed, over_capacity,
        changed("fit", "0.9"), changed("firm_fit", "0.9"), changed("expert_fit", "0.258184"), changed("value", "0.5"),
        changed("firm_rank", "2"), changed("expert_rank", "9"), changed("status", "kept"), changed("expert", "别人"),
        changed("institution", "别处"), changed("firm", "别家"), changed("firm_id", "F002"),
    ],
    ids=lambda change: change.__name__,
)  # fmt: skip
def test_audit_catches_a_list_changed_by_hand(matcher, placed: Path, tmp_path: Path, change) -> None:
    ran = matcher("audit", EXPERTS, FIRMS, rewritten(placed, tmp_path, change))
    assert ran.code == 4
    assert "复核未通过" in ran.err
    found = json.loads(matcher("audit", EXPERTS, FIRMS, tmp_path / "placements.csv", "--json").out)
    assert found["sound"] is False
    assert found["violations"] or found["blocking_pairs"] or found["broken_claims"]


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("value", 999),
        ("n_blocking_pairs", 1),
        ("bound", 3),
        ("scope", "shortlists"),
        ("violations", ["x"]),
        ("objective", "fair"),
    ],
)
def test_a_claim_changed_in_the_report_is_caught(matcher, placed: Path, tmp_path: Path, claim: str, value) -> None:
    path = rewritten(placed, tmp_path, lambda lines: lines)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    report["certificate"][claim] = value
    (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert matcher("audit", EXPERTS, FIRMS, path).code == 4


def test_a_report_that_is_damaged_is_a_sentence_not_a_traceback(matcher, placed: Path, tmp_path: Path) -> None:
    path = rewritten(placed, tmp_path, lambda lines: lines)
    good = json.loads((placed / "report.json").read_text(encoding="utf-8"))
    odd = [{**good, "inputs": value} for value in ([], {"x": 1}, {"experts": {}}, {})]
    odd += [{**good, "certificate": value} for value in ([1], None, {})]
    for content in ("{", "[]", '{"settings": 3}', "null", *map(json.dumps, odd)):
        (tmp_path / "report.json").write_text(content, encoding="utf-8")
        ran = matcher("audit", EXPERTS, FIRMS, path)
        assert ran.code == 2
        assert "report.json" in ran.err
        assert "Traceback" not in ran.err


def test_a_folder_that_cannot_be_written_is_said(matcher, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    ran = matcher("assign", EXPERTS, FIRMS, "--out", tmp_path / "taken")
    assert ran.code == 2
    assert "taken" in ran.err
    assert "Traceback" not in ran.err


def test_settings_from_a_file_are_used_and_options_stand_above_them(matcher, tmp_path: Path) -> None:
    settings = '[assignment]\nproposer = "experts"\nseed = 3\n[ranking]\nmin_fit = 0.2\n'
    (tmp_path / "s.toml").write_text(settings, encoding="utf-8")
    matcher("assign", EXPERTS, FIRMS, "--settings", tmp_path / "s.toml", "--seed", 5, "--out", tmp_path / "out")
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert (report["proposer"], report["seed"], report["settings"]["ranking"]["min_fit"]) == ("experts", 5, 0.2)
    for line in rows(tmp_path / "out" / "placements.csv"):
        named = "志愿" in line["reasons"]
        assert named or min(float(line["firm_fit"]), float(line["expert_fit"])) >= 0.2


def test_help_is_in_the_language_asked_for(matcher) -> None:
    assert "派遣名单" in matcher("--help").out
    assert "placement list" in matcher("--help", "--lang", "en").out
    assert "settings file" in matcher("--lang", "en", "assign", "--help").out


def test_importing_matcher_is_light() -> None:
    heavy = {"numpy", "scipy", "sklearn", "pandas", "jieba", "pydantic", "streamlit", "typer", "rich"}
    code = "import matcher, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not heavy & set(ran.stdout.split())


def pair_of_files(folder: Path, firms: str, experts: str = "E1,甲,大学,永磁电机\n") -> tuple[Path, Path]:
    """Two small files: rows of experts and of firms, with the required columns."""
    header = "expert_id,name,institution,research_fields\n"
    (folder / "e.csv").write_text(header + experts, encoding="utf-8")
    (folder / "f.csv").write_text("firm_id,name,township,industry,need_title\n" + firms, encoding="utf-8")
    return folder / "e.csv", folder / "f.csv"


def test_audit_refuses_an_objective_that_there_is_not(matcher, placed: Path) -> None:
    ran = matcher("audit", EXPERTS, FIRMS, placed / "placements.csv", "--objective", "stabel")
    assert ran.code == 2
    assert "stable" in ran.err


def test_what_looks_like_markup_in_a_name_is_shown_as_written(matcher, tmp_path: Path) -> None:
    files = pair_of_files(tmp_path, "F1,[red]厂[/b],甘霖镇,电机,永磁电机\n")
    ran = matcher("assign", *files, "--out", tmp_path / "out")
    assert ran.code == 0
    assert "[red]厂[/b]" in ran.err
    assert "[red]厂[/b]" in matcher("suggest", *files, "--expert", "E1").out
    assert "[red]厂[/b]" in matcher("why", *files, "--firm", "F1", "--expert", "E1").out


def test_one_expert_and_two_firms_are_a_market_too(matcher, tmp_path: Path) -> None:
    files = pair_of_files(tmp_path, "F1,乙,甘霖镇,电机,永磁电机\nF2,丙,甘霖镇,电机,电机\n")
    assert matcher("assign", *files, "--out", tmp_path / "out").code == 0
    assert matcher("audit", *files, tmp_path / "out" / "placements.csv").code == 0
    assert matcher("why", *files, "--firm", "F2", "--expert", "E1").code == 0


def test_a_list_without_a_pair_can_be_made_and_audited(matcher, tmp_path: Path) -> None:
    files = pair_of_files(tmp_path, "F1,乙,甘霖镇,茶叶,夏秋茶\n")
    assert matcher("assign", *files, "--out", tmp_path / "out").code == 0
    assert rows(tmp_path / "out" / "placements.csv") == []
    assert matcher("audit", *files, tmp_path / "out" / "placements.csv").code == 0
    why = ("why", *files, "--firm", "F1", "--expert", "E1", "--placements", tmp_path / "out" / "placements.csv")
    assert matcher(*why).code == 0
    assert "没有相符之处" in matcher("suggest", *files, "--firm", "F1").out


def test_an_input_is_never_overwritten(matcher, tmp_path: Path) -> None:
    experts, firms = pair_of_files(tmp_path, "F1,乙,甘霖镇,电机,永磁电机\n")
    taken = firms.rename(tmp_path / "placements.csv")
    before = taken.read_bytes()
    assert matcher("assign", experts, taken, "--out", tmp_path).code == 2
    assert taken.read_bytes() == before


def test_what_is_stated_and_does_nothing_is_pointed_out(matcher, tmp_path: Path) -> None:
    files = pair_of_files(tmp_path, "F1,乙,甘霖镇,电机,永磁电机\n")
    (tmp_path / "r.csv").write_text("expert_id,firm_id,year,firm_rating\nE9,F9,2024,5\n", encoding="utf-8")
    assert "不起作用" in matcher("check", *files, "--ratings", tmp_path / "r.csv").err


def test_a_school_of_a_related_university_is_pointed_out(matcher, tmp_path: Path) -> None:
    experts, firms = pair_of_files(tmp_path, "", "E1,甲,越州大学机械工程学院,电机\nE2,乙,越州大学,电机\n")
    header = "firm_id,name,township,industry,need_title,related_institutions\n"
    firms.write_text(header + "F1,乙,甘霖镇,电机,电机,越州大学、会稽大学\n", encoding="utf-8")
    ran = matcher("check", experts, firms)
    assert "'越州大学机械工程学院'" in ran.err
    assert matcher("suggest", experts, firms, "--expert", "E2").out.count("关联") == 1


def test_a_terminal_that_lacks_a_character_is_no_reason_to_stop() -> None:
    command = [str(Path(sys.executable).parent / "matcher"), "suggest", EXPERTS, FIRMS, "--firm", "F001"]
    narrow = {"PYTHONIOENCODING": "ascii", "HOME": "/nonexistent"}
    ran = subprocess.run(command, capture_output=True, env=narrow, check=False)
    assert ran.returncode == 0
    assert b"E118" in ran.stdout


def test_the_version_is_told(matcher) -> None:
    assert matcher("--version").out.strip() == "0.1.0"


def test_a_wrong_cell_does_not_hide_a_repeated_id(matcher, tmp_path: Path) -> None:
    files = pair_of_files(tmp_path, "F1,乙,,电机,永磁电机\n", "E1,甲,大学,电机\nE1,乙,大学,电机\n")
    ran = matcher("check", *files)
    assert ran.code == 2
    assert "f.csv：第 2 行「乡镇街道」" in ran.err
    assert "e.csv：第 3 行「专家编号」" in ran.err


@pytest.fixture
def city(tmp_path: Path) -> City:
    (tmp_path / "city").mkdir()
    return city_in(tmp_path / "city")


def test_an_earlier_list_is_kept_where_that_can_be_and_found_again_by_audit_and_why(
    matcher, city: City, tmp_path: Path
) -> None:
    words = ("--keep", city.keep, "--settings", city.settings("total"), "--out", tmp_path / "out")
    ran = matcher("assign", city.experts, city.firms, *words)
    assert ran.code == 0
    assert "keep.csv：有 1 行原有配对的专家或企业不在本次名单中" in ran.err
    assert "续聘 / 未续" in ran.err
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    statistics = report["statistics"]
    assert report["inputs"]["keep"]["file"] == "keep.csv"
    assert statistics["kept"] + statistics["broken"] == 3
    listed = tmp_path / "out" / "placements.csv"
    assert sum(line["status"] == "kept" for line in rows(listed)) == statistics["kept"] > 0
    assert matcher("audit", city.experts, city.firms, listed).code == 0
    city.keep.rename(tmp_path / "out" / "keep.csv")
    assert matcher("audit", city.experts, city.firms, listed).code == 0
    assert matcher("audit", city.experts, city.firms, listed, "--keep", tmp_path / "out" / "keep.csv").code == 0
    assert (
        matcher("why", city.experts, city.firms, "--firm", "F02", "--expert", "E03", "--placements", listed).code == 0
    )
    (tmp_path / "out" / "keep.csv").unlink()
    lost = matcher("audit", city.experts, city.firms, listed)
    assert lost.code == 2
    assert "--keep" in lost.err


def test_another_earlier_list_than_that_of_the_run_is_refused(matcher, city: City, tmp_path: Path) -> None:
    matcher("assign", city.experts, city.firms, "--keep", city.keep, "--out", tmp_path / "out")
    city.keep.write_text("need_id,expert_id\nF02,E04\n", encoding="utf-8")
    ran = matcher("audit", city.experts, city.firms, tmp_path / "out" / "placements.csv")
    assert ran.code == 2
    assert "keep.csv" in ran.err


def test_a_stable_list_cannot_buy_kept_pairs_and_is_told_who_can(matcher, city: City, tmp_path: Path) -> None:
    ran = matcher(
        "assign",
        city.experts,
        city.firms,
        "--settings",
        city.settings("total"),
        "--objective",
        "stable",
        "--out",
        tmp_path,
    )
    assert ran.code == 2
    assert "compare --keep" in ran.err


def test_rules_that_cannot_be_kept_end_with_3_and_every_reason(matcher, city: City, tmp_path: Path) -> None:
    for objective in ("stable", "total", "fair"):
        settings = city.settings(objective, minimum=40, maximum=0)
        ran = matcher("assign", city.experts, city.firms, "--settings", settings, "--out", tmp_path / "out")
        assert ran.code == 3
        assert "派出单位“越州大学”（assignment.quotas[2]）至少要 40 对" in ran.err
        assert "乡镇街道“甘霖镇”（assignment.quotas[1]）至多 0 对，锁定的已有 1 对" in ran.err
        assert not (tmp_path / "out").exists()


def test_a_rule_that_names_what_is_not_there_is_said_with_its_file(matcher, city: City, tmp_path: Path) -> None:
    text = "[[assignment.quotas]]\ncolumn = 'township'\nvalue = '甘林镇'\nmaximum = 3\n"
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    ran = matcher("assign", city.experts, city.firms, "--settings", tmp_path / "s.toml", "--out", tmp_path / "out")
    assert ran.code == 2
    assert "s.toml：设置 'assignment.quotas[1].value'：「乡镇街道」一栏没有 '甘林镇'，相近的有：甘霖镇" in ran.err


def test_who_is_kept_out_by_a_ban_or_a_limit_is_told_so(matcher, city: City, tmp_path: Path) -> None:
    settings = city.settings("stable", maximum=2)
    matcher("assign", city.experts, city.firms, "--settings", settings, "--out", tmp_path)
    reasons = [line["reason"] for line in rows(tmp_path / "unplaced.csv")]
    limit = "乡镇街道“甘霖镇”（assignment.quotas[1]）至多 2 对"
    assert any("名额已满" in reason and limit in reason for reason in reasons)

    def answer(firm: str, expert: str) -> dict:
        words = ("--firm", firm, "--expert", expert, "--placements", tmp_path / "placements.csv", "--json")
        return json.loads(matcher("why", city.experts, city.firms, *words).out)["answers"][0]

    pairs = [(f"F{k:02}", f"E{j:02}") for k in (3, 9) for j in range(1, 15)]
    found = {said["status"]: said["sentence"] for said in (answer(*pair) for pair in pairs)}
    assert limit in found["forbidden_by_quota"]
    banned = answer("F01", "E05")
    assert banned["status"] == "banned"
    assert "assignment.bans" in banned["sentence"]
    assert answer("F05", "E02")["status"] == "matched"


def test_blocking_pairs_of_another_objective_are_a_few_examples(matcher, tmp_path: Path) -> None:
    matcher("assign", EXPERTS, FIRMS, "--objective", "total", "--out", tmp_path)
    ran = matcher("audit", EXPERTS, FIRMS, tmp_path / "placements.csv")
    assert ran.code == 0
    assert ran.err.count("双方都更愿意在一起") == 10


def test_compare_shows_all_objectives_side_by_side(matcher, city: City, tmp_path: Path) -> None:
    ran = matcher("compare", city.experts, city.firms, "--keep", city.keep, "--out", tmp_path)
    assert ran.code == 0
    for said in ("稳定·企业优先", "总价值最大", "兼顾最弱", "改动最少", "阻塞对", "两种办法", "blocking.csv"):
        assert said in ran.err
    english = matcher("--lang", "en", "compare", city.experts, city.firms, "--out", tmp_path / "en")
    assert "value of the worst-off need placed" in english.err
    assert "least disruption" not in english.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("assign",), "缺少 EXPERTS"),
        (("assign", "a", "b", "--ou", "x"), "没有 --ou 这个选项，是不是 --out？"),
        (("assign", "a", "b", "--nonsense"), "没有 --nonsense 这个选项"),
        (("assign", "a", "b", "--out"), "--out 后面要写上它的值"),
        (("assign", "a", "b", "--out", "o", "--seed", "x"), "--seed 应为 0 到 9223372036854775807 之间的整数"),
        (("serve", "--port", "99999"), "--port 应为 0 到 65535 之间的整数"),
        (("account", "add", "wang", "--role", "chief"), "--role 只能是：administrator、analyst、firm、expert"),
        (("account", "bogus"), "没有 bogus 这个命令，可用的有：add、invite"),
        (("assing",), "没有 assing 这个命令，是不是 assign？可用的有：check"),
        (("check", "a", "b", "c", "d"), "多出了 c d：这里不需要"),
        (("suggest", "a", "b", "c", "--firm", "F1"), "多出了 c：这里不需要"),
        (("database", "upgrade", "x"), "多出了 x：这里不需要"),
        (("account", "invite", "a", "(b) (c)"), "多出了 (b) (c)：这里不需要"),
        (("evaluate", "f", "--json", "x"), "多出了 x：这里不需要"),
        (("check", "--json=yes", "a", "b"), "--json 是开关"),
        (("serve", "--demo=1"), "--demo 是开关"),
        (("database", "upgrade", "--new-secret=1"), "--new-secret 是开关"),
        (("assign", "a", "b", "--out", "o", "--seed", "-1"), "--seed 应为 0 到 9223372036854775807 之间的整数"),
        (("suggest", "a", "b", "--firm", "F1", "--top", "0"), "--top 应为 1 到 10000 之间的整数"),
        (("database", "log", "--limit", "0"), "--limit 应为不小于 1 的整数"),
        (("assign", "a", "b", "--out", "--seed", "3"), "--out 后面要写上它的值"),
        (("assign", "a", "b", "--out", "--"), "--out 后面要写上它的值"),
        (("assign", "a", "b", "--out="), "--out 后面要写上它的值"),
        (("assign", "a", "b", "--out", ""), "--out 后面要写上它的值"),
        (("check", "a", "b", "--settings="), "--settings 后面要写上它的值"),
        (("-",), "没有 - 这个命令"),
        (("assign", "a", "b", "--version"), "没有 --version 这个选项\n"),
        (("assign", "a", "b", "--foo"), "没有 --foo 这个选项\n"),
    ],
)
def test_a_command_that_is_written_wrongly_is_told_in_words_and_where_its_help_is(matcher, words, said: str) -> None:
    ran = matcher(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(said)
    _, second = ran.err.splitlines()
    groups = ("account", "database")
    named = words[:2] if words[0] in groups and words[1] != "bogus" else words[:1]
    command = " ".join(("matcher", *(word for word in named if word not in ("assing", "-"))))
    assert second == f"用法见 {command} --help"
    assert "For help: matcher" in matcher("--lang", "en", *words).err


def test_one_of_two_options_is_asked_for_in_a_whole_sentence(matcher) -> None:
    for rest in ((), ("--firm", "F1", "--expert", "E1")):
        assert matcher("suggest", "a", "b", *rest).err == "请在 --firm 与 --expert 中给出一个\n"


@pytest.mark.parametrize("words", [("--help",), ("database", "log", "--help"), ("assign", "--help"), ("account",)])
def test_help_has_no_word_of_another_language(matcher, words) -> None:
    spoken = ("Usage", "Options", "OPTIONS", "Arguments", "Commands", "COMMAND", "[required]", "[default", "Show this")
    shown = matcher(*words)
    assert [word for word in spoken if word in shown.out + shown.err] == []
    english = matcher("--lang", "en", *words)
    assert "Usage: matcher" in english.out + english.err
    assert not [character for character in english.out + english.err if "\u4e00" <= character <= "\u9fff"]


def test_help_shows_every_text_whole_and_says_in_words_what_a_value_is(matcher, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in ((), ("assign",), ("serve",), ("account", "invite"), ("account", "add"), ("database", "restore")):
        assert "…" not in matcher(*words, "--help").out
    shown = "".join(matcher("assign", "--help").out.split()).replace("│", "")
    assert label("cli.option.objective").replace(" ", "") in shown
    assert all(kind in shown for kind in ("<路径>", "<整数>", "<文字>", "<firms|experts>"))
    assert not any(kind in shown for kind in ("<path>", "<int", "<str>", "<bool>"))


def test_two_dashes_with_nothing_behind_them_are_nothing(matcher) -> None:
    assert matcher("--").err == matcher().err != ""
