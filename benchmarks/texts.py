"""
What it costs to make rows of weights of texts: CPU seconds, microseconds a character, memory.

To run it: ``.venv/bin/python -m benchmarks.texts``, with ``--experts``, ``--needs`` and ``--tokenizer`` for others.

Protocol: sides are made as `benchmarks.made` says and read as files are. The tokenizer has its dictionary before the
clock starts. Then `matcher.text.profile` runs once, in one process, without vectors, which are no matter of size alone.
A need's title counts twice, as it is weighed twice.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.made import corpus_line, write_sides
from matcher.domain.settings import TextSettings
from matcher.files import read_experts, read_firms
from matcher.text import profile, tokenizer_named


def peak_mb() -> float:
    """Give the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--experts", type=int, default=20_000)
    parser.add_argument("--needs", type=int, default=20_000)
    parser.add_argument("--tokenizer", choices=("jieba", "rjieba"), default="rjieba")
    asked = parser.parse_args(arguments)
    print(corpus_line())
    with tempfile.TemporaryDirectory() as folder:
        paths = write_sides(Path(folder), asked.experts, asked.needs)
        experts, needs = read_experts(paths[0]), read_firms(paths[1])
    characters = sum(len(expert.profile) for expert in experts)
    characters += sum(len(need.need_title) + len(need.text) for need in needs)
    tokenizer = tokenizer_named(asked.tokenizer)
    tokenizer("abc")
    before, start = peak_mb(), time.process_time()
    profile(experts, needs, TextSettings(semantic=0), tokenizer)
    seconds = time.process_time() - start
    each = seconds / characters * 1e6
    print(f"{tokenizer.name}: {characters:,} characters, {seconds:.1f} s, {each:.2f} µs a character")
    print(f"peak {peak_mb():.0f} MB, of which {before:.0f} MB before")


if __name__ == "__main__":
    main()
