"""One measurement of a peer, run by the oracles' Python: ``-m benchmarks.oracles.peers NAME INSTANCE.json``."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import algmatch  # ty: ignore[import-not-found]  # this and the next are of the oracles' environment
import matching.games  # ty: ignore[import-not-found]

from benchmarks.assignment import measured
from benchmarks.oracles import optima, stability
from benchmarks.oracles.instances import Instance


def matching_solve(instance: Instance) -> Callable[[], Any]:
    """Prepare ``matching``: making the game is not counted."""
    sys.setrecursionlimit(10**6)  # it copies the players, who refer to each other
    _, residents, hospitals, places = stability.sides(instance)
    game = matching.games.HospitalResident.create_from_dictionaries(residents, hospitals, places)
    return lambda: sum(map(len, game.solve("hospital").values()))


def algmatch_solve(instance: Instance) -> Callable[[], Any]:
    """Prepare ``algmatch``: making the game is not counted."""
    own = stability.Numbered(instance)
    dictionary = own.dictionary(own.residents, own.hospitals)
    game = algmatch.HR(dictionary=dictionary, optimised_side="hospitals")
    return lambda: sum(map(bool, game.get_stable_matching()["resident_sided"].values()))


PEERS: dict[str, Callable[[Instance], Callable[[], Any]]] = {
    "matching": matching_solve,
    "algmatch": algmatch_solve,
    "networkx": lambda instance: lambda: optima.flow_total(instance),
    "HiGHS LP": lambda instance: lambda: optima.program_total(instance, relaxed=True),
    "HiGHS MILP": lambda instance: lambda: optima.program_total(instance),
}


def main() -> None:
    """Print what `benchmarks.assignment` prints of one measurement."""
    name, path = sys.argv[1:]
    instance = json.loads(Path(path).read_text(encoding="utf-8"))
    print(json.dumps(measured(PEERS[name](instance), once=True)))


if __name__ == "__main__":
    main()
