"""
Sides as large as one likes, made of real words with a fixed seed: to measure by, not to learn from.

An item is the beginning of one title in ``benchmarks/data/nsfc_other_titles.txt`` (Tsai1993/Fund, MPL-2.0) and the end
of another; every third time it is a sentence of a sample's text in ``data/`` instead. So words are as frequent as in
real texts, and hardly two are alike; they are of fewer subjects than a nation's. Whatever is no text (place, industry,
discipline, title, capacity, mode) is taken from a row of the sample, by chance. Nobody names or refuses anybody, for
the sample's wishes mean nobody here.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count, islice
from pathlib import Path

import numpy as np

TITLES = Path(__file__).with_name("data") / "nsfc_other_titles.txt"
SAMPLE = Path(__file__).parent.parent / "data"
SEED = 1
EXPERT_TEXTS = {"research_fields": 2, "expertise": 1, "achievements": 1}
"""Columns that are made anew, each with its number of items."""
NEED_TEXTS = {"need_title": 1, "need_detail": 1}
NOT_MADE = (
    *("preferred_firms", "vetoed_firms", "preferred_experts", "vetoed_experts", "related_institutions"),
    *("need_id", "credit_code", "contact"),
)


def corpus_line(seed: int = SEED) -> str:
    """Say what a benchmark's texts are made of, for whoever reads its figures without its source."""
    what = "halves of real titles (NSFC projects), in whole sides also sentences and rows of the sample"
    return f"Corpus: made, not real. It is put together by chance, seed {seed}, of {what}."


def made_texts(n_rows: int, n_items: Sequence[int], seed: int = SEED) -> list[str]:
    """
    Make texts of halves of titles.

    Parameters
    ----------
    n_rows : int
    n_items : sequence of int
        Of which each text has one, by chance.
    seed : int

    Returns
    -------
    list of str, length n_rows
        Items end in a full stop.
    """
    titles = TITLES.read_text(encoding="utf-8").splitlines()
    draw = np.random.default_rng(seed)
    return ["。".join(_item(titles, draw) for _ in range(draw.choice(n_items))) for _ in range(n_rows)]


def write_sides(folder: Path, n_experts: int, n_needs: int, seed: int = SEED) -> tuple[Path, Path]:
    """
    Write spreadsheets of both sides, as the sample's.

    Parameters
    ----------
    folder : path
    n_experts, n_needs : int
        One need a firm.
    seed : int

    Returns
    -------
    experts, firms : path
    """
    experts, firms = _rows("experts", EXPERT_TEXTS, seed), _rows("firms", NEED_TEXTS, seed + 1)
    return _written(folder / "experts.csv", experts, n_experts), _written(folder / "firms.csv", firms, n_needs)


def _item(titles: Sequence[str], draw: np.random.Generator) -> str:
    first, second = (titles[at] for at in draw.integers(len(titles), size=2))
    return first[: draw.integers(len(first) // 2, len(first) + 1)] + second[draw.integers(len(second) // 2 + 1) :]


def _rows(table: str, texts: Mapping[str, int], seed: int) -> Iterator[dict[str, str]]:
    """Make rows without end: a sample's, with other texts of so many items each."""
    sample = list(csv.DictReader((SAMPLE / f"{table}.csv").read_text(encoding="utf-8").splitlines(keepends=True)))
    sentences = sorted({s for row in sample for column in texts for s in row[column].split("。") if len(s) > 4})
    titles = TITLES.read_text(encoding="utf-8").splitlines()
    draw = np.random.default_rng(seed)

    def item() -> str:
        return sentences[draw.integers(len(sentences))] if draw.integers(3) == 0 else _item(titles, draw)

    first, *_ = sample[0]
    for number in count():
        row = dict(sample[draw.integers(len(sample))])
        row |= {column: "。".join(item() for _ in range(n_items)) for column, n_items in texts.items()}
        row |= {column: "" for column in NOT_MADE if column in row}
        yield row | {first: f"{first[0].upper()}{number:07}", "name": f"{row['name']}{number}"}


def _written(path: Path, rows: Iterator[dict[str, str]], n_rows: int) -> Path:
    first = next(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, first.keys())
        writer.writeheader()
        writer.writerows(islice(chain([first], rows), n_rows))
    return path
