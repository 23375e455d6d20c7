"""
Do oracles that nobody here wrote agree with matcher? Random instances, the same question to both, a table.

From the root: ``.venv/bin/python -m benchmarks.oracles.agree``; set-up and what is compared: ``README.md`` beside it.
Exits with 1 when one instance differs, and prints the smallest such instance of each row.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.oracles import comparing, instances
from benchmarks.oracles.instances import Instance
from matcher.domain.errors import MatcherError

ROOT = Path(__file__).resolve().parents[2]
PYTHON = Path(__file__).with_name(".venv") / "bin" / "python"


PATIENCE_S = 60
"""Seconds for matcher's side of one instance."""


class Oracles:
    """The oracles' process: a question a line, an answer a line."""

    def __enter__(self) -> Self:
        """Start it."""
        if not PYTHON.exists():
            sys.exit(f"{PYTHON.relative_to(ROOT)} is missing: benchmarks/oracles/README.md says how to make it")
        command = [PYTHON, "-m", "benchmarks.oracles.answers"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.communicate()

    def ask(self, oracle: str, instance: Instance) -> dict[str, Any]:
        """
        Ask one oracle about one instance.

        Returns
        -------
        dict
            ``answer``, or ``failed`` with the oracle's own error.
        """
        said, heard = self._process.stdin, self._process.stdout
        if said is None or heard is None:
            raise RuntimeError("the oracles' process has no pipes")
        said.write(json.dumps({"oracle": oracle, "instance": instance}) + "\n")
        said.flush()
        return json.loads(heard.readline())


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: who is asked what, on which instances, and how answers are compared."""

    oracle: str
    kind: str
    ask: str
    draw: Callable[[random.Random], Instance]
    differs: Callable[[Instance, Any], str]


def _one_to_one(rng: random.Random) -> Instance:
    return instances.listed(rng, rng.randint(1, 12), rng.randint(1, 12), rng.choice((0.2, 0.5, 1.0)))


def _many_to_one(rng: random.Random) -> Instance:
    return instances.listed(rng, rng.randint(1, 8), rng.randint(1, 20), rng.choice((0.2, 0.5, 1.0)), most=4)


def _one_to_many(rng: random.Random) -> Instance:
    n = rng.randint(1, 10)
    return instances.mirrored(instances.listed(rng, n, n, rng.choice((0.2, 0.5, 1.0)), most=3))


def _strict(rng: random.Random) -> Instance:
    return rng.choice((_one_to_one, _many_to_one, _one_to_many))(rng)


def _some_list(rng: random.Random, instance: Instance) -> Instance:
    """Add a list that keeps capacities and locks, made by chance."""
    places, seats, placed, served = {**instance["places"]}, {**instance["seats"]}, [], set()
    cells = [pair[:2] for pair in instance["pairs"]]
    for need, expert in [*instance["locks"], *rng.sample(cells, len(cells))]:
        service = (instance["firm_of"][need], expert)
        is_wanted = [need, expert] in instance["locks"] or rng.random() < 0.8
        if is_wanted and places[need] and seats[expert] and service not in served:
            places[need] -= 1
            seats[expert] -= 1
            served.add(service)
            placed.append([need, expert])
    return {**instance, "placed": placed}


def _tiny_ties(rng: random.Random) -> Instance:
    instance = instances.listed(rng, rng.randint(1, 4), rng.randint(1, 4), 0.6, most=2)
    return instances.tied(rng, instance, grades=3)


def _ties(rng: random.Random) -> Instance:
    instance = instances.listed(rng, rng.randint(1, 8), rng.randint(1, 12), 0.3, most=3)
    return instances.tied(rng, instance, grades=12)


def _supervised(rng: random.Random) -> Instance:
    n_supervisors = rng.randint(1, 4)
    return instances.projects(rng, rng.randint(n_supervisors, 8), rng.randint(2, 14), n_supervisors)


def _ruled(rng: random.Random, *, most_agents: int, **how: bool) -> Instance:
    n_needs, n_experts = rng.randint(2, most_agents), rng.randint(2, most_agents)
    return instances.ruled(rng, instances.listed(rng, n_needs, n_experts, 0.5, most=3), **how)


def _nested(rng: random.Random) -> Instance:
    return instances.kept(rng, _ruled(rng, most_agents=10, nested=True))


def _crossing(rng: random.Random) -> Instance:
    return instances.kept(rng, _ruled(rng, most_agents=7, nested=False, people=True))


def _equal(rng: random.Random) -> Instance:
    instance = _ruled(rng, most_agents=10, nested=True, minima=False)
    return {**instances.graded(rng, instance, grades=1), "locks": []}


def _tiny(rng: random.Random, *, maxima_only: bool = False) -> Instance:
    instance = instances.listed(rng, rng.randint(2, 3), rng.randint(2, 4), 0.6, most=2)
    people = not maxima_only and rng.random() < 0.5
    nested = maxima_only or rng.random() < 0.5
    instance = instances.ruled(rng, instance, nested=nested, people=people, minima=not maxima_only)
    return instances.tied(rng, instance, grades=4) if rng.random() < 0.3 else instance


def _graded(rng: random.Random) -> Instance:
    people = rng.random() < 0.5
    instance = _ruled(rng, most_agents=7, nested=not people, people=people)
    return instances.graded(rng, instance, grades=5)


ROWS = (
    Row("matching", "one to one: both optima", "matching_optima", _one_to_one, comparing.optima),
    Row("matching", "many to one: both optima", "matching_optima", _many_to_one, comparing.optima),
    Row("matching", "one to many: both optima", "matching_optima", _one_to_many, comparing.optima),
    Row(
        "matching",
        "any list: its blocking pairs",
        "matching_blocking",
        lambda r: _some_list(r, _strict(r)),
        comparing.blocking,
    ),
    Row("matching", "supervisors: both optima under quotas", "matching_projects", _supervised, comparing.optima),
    Row("algmatch", "strict lists: both optima", "algmatch_optima", _strict, comparing.optima),
    Row("algmatch", "supervisors: both optima under quotas", "algmatch_projects", _supervised, comparing.optima),
    Row("algmatch", "ties: among all weakly stable, the largest", "algmatch_all_stable", _tiny_ties, comparing.largest),
    Row("algmatch", "ties: super and strongly stable", "algmatch_stronger", _ties, comparing.stronger),
    Row("networkx", "equal values, nested quotas: most pairs", "flow_most_pairs", _equal, comparing.most_pairs),
    Row("networkx", "total, nested quotas: value", "flow_total", _nested, comparing.total),
    Row("scipy", "total, one to one: value", "pairing_total", _one_to_one, comparing.total),
    Row("scipy", "total, nested quotas: value", "program_total", _nested, comparing.total),
    Row("scipy", "total, crossing quotas, people: value", "program_total", _crossing, comparing.total),
    Row("scipy", "fair, any quotas: levels and total", "program_fair", _graded, comparing.fair),
    Row("trying all", "total: value", "tried_total", _tiny, comparing.total),
    Row("trying all", "fair: levels and total", "tried_fair", _tiny, comparing.fair),
    Row(
        "trying all",
        "stable, nested maxima: no blocking pair",
        "tried_fewest",
        lambda r: _tiny(r, maxima_only=True),
        comparing.fewest,
    ),
    Row("trying all", "stable, any quotas: fewest blocking pairs", "tried_fewest", _tiny, comparing.fewest),
    Row(
        "trying all",
        "any list: its blocking pairs",
        "tried_blocking",
        lambda r: _some_list(r, _tiny(r)),
        comparing.blocking,
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row came to: how many agree, the oracle's own errors, the instances that differ."""

    agreements: int
    failures: list[str]
    differences: list[Instance]


def compared(row: Row, oracles: Oracles, instance: Instance) -> tuple[str, str]:
    """
    Ask both about one instance.

    Returns
    -------
    difference, failure : str
        What differs, and the oracle's own error; empty where there is none.
    """
    said = oracles.ask(row.ask, instance)
    if "failed" in said:
        return "", said["failed"]
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    try:
        return row.differs(instance, said["answer"]), ""
    except (MatcherError, AssertionError, TimeoutError) as error:
        return f"matcher: {type(error).__name__}: {error.args}", ""
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def chance(row: Row, seed: int) -> random.Random:
    """Start the draws of a row."""
    return random.Random(f"{seed} {row.ask} {row.kind}")  # noqa: S311 - draws instances, guards nothing


def outcome(row: Row, oracles: Oracles, n_instances: int, seed: int) -> Outcome:
    """Ask about some instances; the same seed draws the same."""
    rng = chance(row, seed)
    found = Outcome(0, [], [])
    for _ in range(n_instances):
        instance = row.draw(rng)
        difference, failure = compared(row, oracles, instance)
        if failure:
            found.failures.append(failure)
        elif difference:
            found.differences.append(instance)
    agreements = n_instances - len(found.failures) - len(found.differences)
    return Outcome(agreements, found.failures, found.differences)


def _give_up(*_: object) -> None:
    raise TimeoutError(f"no answer in {PATIENCE_S} s")


def reduced(row: Row, oracles: Oracles, instance: Instance) -> Instance:
    """Leave out pairs and rules, one at a time, as long as the answers still differ."""
    for part in ("quotas", "locks", "bans", "keep", "pairs", "placed"):
        for entry in list(instance.get(part, [])):
            smaller = {**instance, part: [other for other in instance[part] if other != entry]}
            if compared(row, oracles, smaller)[0]:
                instance = smaller
    smaller = {**instance, "minimum_people": 0}
    return smaller if compared(row, oracles, smaller)[0] else instance


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table and, below it, the smallest instance on which a row differs."""
    parser = argparse.ArgumentParser(description="Do the oracles agree?")
    parser.add_argument("--instances", type=int, default=300, help="a row")
    parser.add_argument("--only", default="", help="rows whose oracle or kind has this in it")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGALRM, _give_up)
    differences = []
    print("| oracle | what | instances | agree | differ | oracle failed | s |\n|---|---|---|---|---|---|---|")
    with Oracles() as oracles:
        for row in ROWS:
            if options.only not in f"{row.oracle}: {row.kind}":
                continue
            start = time.perf_counter()
            found = outcome(row, oracles, options.instances, options.seed)
            counts = (options.instances, found.agreements, len(found.differences), len(found.failures))
            cells = (row.oracle, row.kind, *counts, f"{time.perf_counter() - start:.1f}")
            print("|", " | ".join(map(str, cells)), "|", flush=True)
            if found.differences:
                instance = reduced(row, oracles, min(found.differences, key=lambda one: len(json.dumps(one))))
                differences.append((row, compared(row, oracles, instance)[0], instance))
            if found.failures:
                print(f"{row.oracle} failed: {min(found.failures)}", file=sys.stderr)
    for row, difference, instance in differences:
        print(f"\n{row.oracle}: {row.kind}\n{difference}\n{json.dumps(instance)}")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
