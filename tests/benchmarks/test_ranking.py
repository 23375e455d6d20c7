"""The benchmark of the ranking: its folders are what the protocol says, its baselines what others compute."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bm25s
import numpy as np
import pytest

from matcher.services.benchmark import Benchmark, load_benchmark
from matcher.services.evaluating import measure
from matcher.text.plain import plain_tf_idf

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def ranking() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield importlib.import_module("benchmarks.ranking")


@pytest.fixture(scope="module")
def half(ranking: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    return load_benchmark(ranking.write_nsfc(tmp_path_factory.mktemp("report"), "report", 60))


def test_the_halves_part_the_queries_and_share_all_documents(ranking: ModuleType, tmp_path: Path) -> None:
    halves = [load_benchmark(ranking.write_nsfc(tmp_path / half, half)) for half in ("choose", "report")]

    assert [len(half.queries) for half in halves] == [1700, 1693]
    assert [len(half.documents) for half in halves] == [3393, 3393]
    assert max(halves[0].query_ids) < "Q8" <= min(halves[1].query_ids)


def test_a_query_is_never_among_the_titles_of_its_own_profile(half: Benchmark) -> None:
    for query, document in zip(half.query, half.document, strict=True):
        assert half.queries[query][1] not in half.documents[document].split("。")


def test_texts_are_lower_case_and_one_document_is_relevant_to_each_query(half: Benchmark) -> None:
    assert all(text == text.lower() for text in (*half.documents, *(text for _, text in half.queries)))
    assert half.query.tolist() == list(range(60))


def test_bm25_is_that_of_bm25s(ranking: ModuleType, half: Benchmark) -> None:
    for cut in ranking.CUTS.values():
        theirs = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
        theirs.index([cut(text) for text in half.documents], show_progress=False)
        ours = ranking.bm25(cut, 1.2, 0.6, half).agreement(np.arange(5))
        expected = [theirs.get_scores([t for t in cut(text) if t in theirs.vocab_dict]) for _, text in half.queries[:5]]
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)


def test_the_baseline_of_the_command_is_one_of_those_of_the_tables(ranking: ModuleType, half: Benchmark) -> None:
    here = ranking.tf_idf(ranking.CUTS["jieba words, punctuation too"], True, half).agreement(np.arange(60))
    there = plain_tf_idf(half.documents, [text for _, text in half.queries]).agreement(np.arange(60))

    np.testing.assert_allclose(here, there)


def test_bm25_is_tuned_to_the_greatest_ndcg_of_its_grid(ranking: ModuleType, half: Benchmark) -> None:
    grid = ((0.5, 0.0), (1.5, 0.75))
    tuned = ranking.tune(half, grid=grid)

    for name, cut in ranking.CUTS.items():
        reached = {point: measure(ranking.bm25(cut, *point, half), half).means[0] for point in grid}
        assert reached[tuned[name]] == max(reached.values())


def test_wishes_are_graded_by_their_tier(ranking: ModuleType, sample, tmp_path: Path) -> None:
    benchmark = load_benchmark(ranking.write_sample(tmp_path, sample.experts, sample.needs))
    need = next(need for need in sample.needs if len(need.preferred_experts) > 1)
    place = benchmark.query_ids.index(need.need_id)
    graded = dict(
        zip(benchmark.document[benchmark.query == place], benchmark.grade[benchmark.query == place], strict=True)
    )

    experts = [expert.expert_id for expert in sample.experts]
    assert {experts[document]: grade for document, grade in graded.items()} == {
        name: len(need.preferred_experts) - tier for tier, names in enumerate(need.preferred_experts) for name in names
    }
    assert benchmark.queries[place] == (need.need_title, need.text)
    assert benchmark.skipped == sum(not need.preferred_experts for need in sample.needs)


def test_one_command_prints_a_table_of_all_rankings_with_ours_first(
    ranking: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ranking.main(["--half", "report", "--people", "20", "--untuned", "--out", str(tmp_path)])
    lines = capsys.readouterr().out.strip().splitlines()
    names = [line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith("| ")]

    assert lines[0].startswith("**NSFC, report**: 20 queries")
    assert names[:4] == ["ranking", "ours", "vectors of other titles", "words alone"]
    assert any("BM25" in name for name in names)
    assert all(line.count("|") == 8 for line in lines if line.startswith("| "))
    ranking.main([str(tmp_path / "report"), "--untuned", "--judged"])
    assert "20 queries (0 more left out), 40 documents; BM25 tuned not" in capsys.readouterr().out
