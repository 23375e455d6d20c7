"""Every benchmark of made texts says that they are made, and of what."""

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIDES = ["--experts", "30", "--needs", "40"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("nearest", ["--documents", "50", "--queries", "40"]),
        ("renewal", [*SIDES, "--share", "0.1"]),
        ("scale", ["--stages", "kernel", "--most", "1000"]),
        ("texts", SIDES),
    ],
)
def test_a_benchmark_says_what_its_texts_are_made_of(
    name: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(ROOT)

    importlib.import_module(f"benchmarks.{name}").main(arguments)

    first, *others = capsys.readouterr().out.splitlines()
    assert first.startswith("Corpus: made, not real. It is put together by chance, seed 1, of halves of real titles")
    assert any(character.isdigit() for line in others for character in line)
