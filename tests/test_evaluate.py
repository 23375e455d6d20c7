"""A benchmark folder goes through the command: what is measured, and what is refused."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from matcher import cli
from matcher.domain.settings import Settings, TextSettings
from matcher.language import use
from matcher.services.benchmark import load_benchmark
from matcher.services.evaluating import METRICS, channel_variants, evaluate, figures_of, measure

QUERIES = [("0012", "电机降噪"), ("q2", "茶叶烘干"), ("q3", "丝绸印染")]
DOCUMENTS = [
    ("d1", "蚕丝、印染废水"),
    ("d2", "电机设计。噪声与降噪"),
    ("0012", "绿茶烘干。茶叶加工"),
    ("d4", "轴承磨削"),
]
RELEVANCE = [("0012", "d2", "1"), ("q2", "0012", "1"), ("q3", "d1", "1")]

Written = Callable[..., Path]


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def matcher(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*words: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        use("zh")
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Written:
    """Write a benchmark folder; what is not given is the sound one."""

    def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], encoding: str) -> None:
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([header, *rows])

    def written(
        queries: Sequence[Sequence[str]] = QUERIES,
        documents: Sequence[Sequence[str]] = DOCUMENTS,
        relevance: Sequence[Sequence[str]] = RELEVANCE,
        *,
        columns: Sequence[str] = ("query_id", "text"),
        encoding: str = "utf-8",
    ) -> Path:
        write(tmp_path / "queries.csv", columns, queries, encoding)
        write(tmp_path / "documents.csv", ("document_id", "text"), documents, encoding)
        write(tmp_path / "relevance.csv", ("query_id", "document_id", "grade"), relevance, encoding)
        return tmp_path

    return written


def figures(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_a_sound_folder_gives_the_five_metrics_as_plain_numbers(matcher: Callable[..., Ran], folder: Written) -> None:
    got = figures(matcher("evaluate", folder(), "--json"))

    assert [got[name] for name in METRICS] == [1.0] * 5
    assert got["intervals"]["mrr"] == {"low": 1.0, "high": 1.0}
    assert (got["queries"], got["skipped_queries"], got["documents"]) == (3, 0, 4)
    assert got["vectors"] == {"semantic": "profiles"}
    assert "variants" not in got


def test_graded_relevance_counts_by_its_grade(matcher: Callable[..., Ran], folder: Written) -> None:
    """Only d2 and 0012 share a term with the query, and d2 more of them, though 0012 is the better one."""
    documents = [("d2", "电机降噪"), ("0012", "电机"), ("d4", "轴承磨削"), ("d5", "茶叶")]
    relevance = [("q", "d2", "1"), ("q", "0012", "2.5"), ("q", "d4", "0")]
    got = figures(matcher("evaluate", folder([("q", "电机降噪")], documents, relevance), "--json"))

    assert got["ndcg@10"] == pytest.approx((1 + 2.5 / np.log2(3)) / (2.5 + 1 / np.log2(3)), abs=1e-6)
    assert [got["recall@1"], got["recall@5"], got["mrr"]] == [0.5, 1.0, 1.0]


def test_judged_ranks_only_what_was_judged_for_the_query(matcher: Callable[..., Ran], folder: Written) -> None:
    """The best document of all was never judged: it stands first among all, and is not there among the judged."""
    documents = [("best", "电机降噪"), ("good", "电机"), ("bad", "轴承磨削")]
    relevance = [("q", "good", "1"), ("q", "bad", "0")]
    path = folder([("q", "电机降噪")], documents, relevance)

    assert figures(matcher("evaluate", path, "--json"))["mrr"] == 0.5
    judged = figures(matcher("evaluate", path, "--judged", "--json"))
    assert judged["mrr"] == 1.0
    assert judged["judged"] is True


def test_a_query_without_a_relevant_document_is_left_out_and_counted(
    matcher: Callable[..., Ran], folder: Written
) -> None:
    queries = [*QUERIES, ("nothing", "集成灶"), ("judged-0", "洗碗机")]
    ran = matcher("evaluate", folder(queries, relevance=[*RELEVANCE, ("judged-0", "d1", "0")]), "--json")

    assert figures(ran)["skipped_queries"] == 2
    assert figures(ran)["ndcg@10"] == 1.0
    assert "有 2 个查询没有相关的文档，不计入平均" in ran.err


def test_what_shares_no_term_with_the_query_is_found_by_chance_wherever_it_stands(
    matcher: Callable[..., Ran], folder: Written
) -> None:
    documents = [("d1", "甲"), ("d2", "乙"), ("d3", "丙"), ("d4", "丁")]
    for name, _ in documents:
        got = figures(matcher("evaluate", folder([("q", "电机")], documents, [("q", name, "1")]), "--json"))
        assert got["recall@1"] == 0.25
        assert got["mrr"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4, abs=1e-6)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_any_encoding_and_line_breaks_in_cells_give_the_same(
    matcher: Callable[..., Ran], folder: Written, encoding: str
) -> None:
    documents = [(name, text.replace("。", "\n")) for name, text in DOCUMENTS]
    got = figures(matcher("evaluate", folder(documents=documents, encoding=encoding), "--json"))

    assert got["ndcg@10"] == 1.0


def test_a_text_may_be_longer_than_any_cell_of_ours_and_hold_a_stray_control_character(
    matcher: Callable[..., Ran], folder: Written
) -> None:
    documents = [("long", "轴承\x0b磨削。" * 20_000 + "电机降噪"), *DOCUMENTS]

    assert figures(matcher("evaluate", folder(documents=documents), "--json"))["documents"] == 5


def test_chinese_headers_in_any_order_and_other_columns_are_read(matcher: Callable[..., Ran], folder: Written) -> None:
    path = folder()
    (path / "queries.csv").write_text(
        "备注,正文,查询编号\n甲,电机降噪,0012\n乙,茶叶烘干,q2\n,丝绸印染,q3\n", encoding="utf-8"
    )
    ran = matcher("evaluate", path, "--json")

    assert figures(ran)["ndcg@10"] == 1.0
    assert "queries.csv：不认识的列，未读入：备注" in ran.err


def test_a_title_weighs_more_than_it_does_within_the_text(folder: Written) -> None:
    queries = [("q", "电机降噪", "怎样做都行"), ("r", "", "茶叶烘干")]
    path = folder(queries, relevance=[("q", "d2", "1"), ("r", "0012", "1")], columns=("query_id", "title", "text"))

    assert load_benchmark(path).queries == [("电机降噪", "电机降噪\n怎样做都行"), ("茶叶烘干", "茶叶烘干")]


def test_the_answer_is_the_same_each_time_and_whatever_the_order_of_the_rows(
    matcher: Callable[..., Ran], folder: Written
) -> None:
    said = [matcher("evaluate", folder(), "--json").out for _ in range(2)]
    said.append(matcher("evaluate", folder(documents=DOCUMENTS[::-1], relevance=RELEVANCE[::-1]), "--json").out)

    assert said[0] == said[1] == said[2]


def test_blocks_join_without_a_seam(sample_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    benchmark = load_benchmark(sample_folder)
    for judged in (False, True):
        whole = figures_of(evaluate(benchmark, judged=judged))
        with monkeypatch.context() as patch:
            patch.setattr("matcher.services.evaluating._BLOCK_CELLS", 1000)
            assert figures_of(evaluate(benchmark, judged=judged)) == whole


# ---- what is shown and saved


def test_people_get_a_table_in_their_language(matcher: Callable[..., Ran], folder: Written) -> None:
    chinese = matcher("evaluate", folder())
    english = matcher("evaluate", folder(), "--judged", "--lang", "en")

    assert "在全部文档中排序：3 个查询，4 个文档" in chinese.out
    assert "召回率@10" in chinese.out
    assert "Ranking each query's judged documents: 3 queries, 4 documents" in english.out
    assert "vectors: kindred terms (profiles)" in english.out


def test_baselines_are_each_channel_alone_and_plain_jieba(matcher: Callable[..., Ran], folder: Written) -> None:
    got = figures(matcher("evaluate", folder(), "--baselines", "--json"))
    shown = matcher("evaluate", folder(), "--baselines")

    channels = ("words", "characters", "semantic")
    expected = [*(f"{name}_alone" for name in channels), *(f"without_{name}" for name in channels), "jieba_tf_idf"]
    assert [other["name"] for other in got["variants"]] == expected
    assert all(other.keys() == {"name", *METRICS, "difference"} for other in got["variants"])
    assert "只用词语" in shown.out
    assert "普通 jieba TF-IDF" in shown.out


def test_a_difference_is_ours_less_theirs_and_its_interval_holds_it(sample_folder: Path) -> None:
    found = evaluate(load_benchmark(sample_folder), baselines=True)

    for other, low, high in found.others:
        difference = found.ours.means - other.means
        assert (low <= difference).all()
        assert (difference <= high).all()
    words = found.others[0]
    # In pairs: narrower than what two intervals by themselves would give.
    assert words[2][0] - words[1][0] < found.high[0] - found.low[0]


def test_each_query_can_be_saved_to_be_paired_with_another_system(
    matcher: Callable[..., Ran], folder: Written, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "per_query.csv"
    got = figures(matcher("evaluate", folder(), "--out", out, "--json"))

    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["query_id"] for row in rows] == ["0012", "q2", "q3"]
    assert list(rows[0]) == ["query_id", "relevant", "first_rank", *METRICS]
    assert np.mean([float(row["ndcg@10"]) for row in rows]) == pytest.approx(got["ndcg@10"])


def test_the_figures_of_queries_never_replace_the_benchmark(matcher: Callable[..., Ran], folder: Written) -> None:
    path = folder()
    before = (path / "relevance.csv").read_bytes()
    ran = matcher("evaluate", path, "--out", path / "relevance.csv")

    assert ran.code == 2
    assert (path / "relevance.csv").read_bytes() == before


def test_settings_count(matcher: Callable[..., Ran], folder: Written, tmp_path: Path) -> None:
    """The character 烘 alone is shared, which is no word of the document: the channel of words can't find it."""
    path = folder([("q", "烘")], [("d1", "轴承"), ("d2", "烘干")], [("q", "d2", "1")])
    settings = tmp_path / "words.toml"
    settings.write_text("[text]\nwords = 1.0\ncharacters = 0.0\nsemantic = 0.0\n", encoding="utf-8")

    assert figures(matcher("evaluate", path, "--json"))["recall@1"] == 1.0
    assert figures(matcher("evaluate", path, "--settings", settings, "--json"))["recall@1"] == 0.5


def test_a_channel_left_out_of_two_is_the_other_alone_and_one_alone_has_no_variant() -> None:
    two = TextSettings(semantic=0)

    assert list(channel_variants(two)) == ["words_alone", "characters_alone"]
    assert channel_variants(two)["words_alone"][1] == TextSettings(characters=0, semantic=0)
    assert channel_variants(TextSettings(words=0, semantic=0)) == {}


def test_of_three_channels_each_is_also_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.services.evaluating.CHANNELS", ("words", "characters", "title"))

    found = channel_variants(TextSettings())

    assert found["without_title"][1] == TextSettings(title=0)
    assert found["title_alone"][1].model_dump() == TextSettings().model_dump() | {"words": 0, "characters": 0}


def test_the_scores_are_those_of_the_main_job(sample_folder: Path, sample_result) -> None:
    benchmark, market = load_benchmark(sample_folder), sample_result.ranking.ranker

    class AsPlaced:
        def agreement(self, rows: np.ndarray) -> np.ndarray:
            ids = {need.need_id: position for position, need in enumerate(market.needs)}
            return market.profiles.agreement(np.array([ids[benchmark.query_ids[row]] for row in rows]))

    ours = evaluate(benchmark, Settings()).ours.per_query
    np.testing.assert_allclose(measure(AsPlaced(), benchmark).per_query, ours)


@pytest.fixture(scope="module")
def sample_folder(sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wishes of the sample's firms as a benchmark, by the script that makes it."""
    from benchmarks.ranking import write_sample

    return write_sample(tmp_path_factory.mktemp("wishes"), sample.experts, sample.needs)


# ---- what is refused


def refused(ran: Ran) -> str:
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err
    return ran.err


def test_every_problem_of_all_files_is_listed_at_once(matcher: Callable[..., Ran], folder: Written) -> None:
    queries = [*QUERIES, ("q2", "再来一次")]
    documents = [*DOCUMENTS, ("d1", "再来一次")]
    relevance = [
        *RELEVANCE, ("q9", "d1", "1"), ("q2", "d9", "1"), ("q2", "d1", "好"), ("q2", "d2", "-1"), ("0012", "d2", "2"),
        ("q3", "d2", "1e999"), ("q3", "d4", ""),
    ]  # fmt: skip
    said = refused(matcher("evaluate", folder(queries, documents, relevance)))

    for expected in (
        "queries.csv：第 5 行「查询编号」编号 'q2' 重复，首次出现的行：3",
        "documents.csv：第 6 行「文档编号」编号 'd1' 重复，首次出现的行：2",
        "relevance.csv：第 5 行「查询编号」应为另一张表中的编号，读到 'q9'，那里没有",
        "relevance.csv：第 6 行「文档编号」应为另一张表中的编号，读到 'd9'，那里没有",
        "relevance.csv：第 7 行「相关度」应为数字，读到 '好'",
        "relevance.csv：第 8 行「相关度」应为 0–1000000 的数，读到 '-1'",
        "relevance.csv：第 9 行：再次评判了查询 '0012' 的文档 'd2'，首次出现的行：2；请只留一处",
        "relevance.csv：第 10 行「相关度」应为 0–1000000 的数",
        "relevance.csv：第 11 行「相关度」不能为空",
        "发现 9 个问题",
    ):
        assert expected in said


def test_missing_files_are_all_named(matcher: Callable[..., Ran], tmp_path: Path) -> None:
    said = refused(matcher("evaluate", tmp_path / "nowhere"))

    assert [name in said for name in ("queries.csv", "documents.csv", "relevance.csv")] == [True] * 3
    assert said.count("找不到文件") == 3


@pytest.mark.parametrize("name", ["queries.csv", "documents.csv", "relevance.csv"])
def test_an_empty_file_and_one_without_rows_are_said(matcher: Callable[..., Ran], folder: Written, name: str) -> None:
    path = folder()
    header = (path / name).read_text(encoding="utf-8").splitlines()[0]
    (path / name).write_text("", encoding="utf-8")
    assert f"{name}：文件是空的" in refused(matcher("evaluate", path))
    (path / name).write_text(header + "\n", encoding="utf-8")
    assert f"{name}：没有数据行" in refused(matcher("evaluate", path))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        *(("queries.csv", column) for column in ("query_id", "text")),
        *(("documents.csv", column) for column in ("document_id", "text")),
        *(("relevance.csv", column) for column in ("query_id", "document_id", "grade")),
    ],
)
def test_a_missing_column_is_named(matcher: Callable[..., Ran], folder: Written, name: str, column: str) -> None:
    path = folder()
    (path / name).write_text((path / name).read_text(encoding="utf-8").replace(column, "x", 1), encoding="utf-8")
    said = refused(matcher("evaluate", path, "--lang", "en"))

    assert f"{name}: required columns are missing: {column}" in said


def test_rows_that_failed_are_not_told_again_as_ids_that_are_not_there(
    matcher: Callable[..., Ran], folder: Written
) -> None:
    said = refused(matcher("evaluate", folder(queries=[("0012", ""), *QUERIES[1:]])))

    assert "queries.csv：第 2 行「正文」不能为空" in said
    assert "那里没有" not in said


def test_a_folder_in_which_nothing_is_relevant_is_refused(matcher: Callable[..., Ran], folder: Written) -> None:
    said = refused(matcher("evaluate", folder(relevance=[("q2", "d1", "0")])))

    assert "relevance.csv：没有一个查询有相关的文档" in said
