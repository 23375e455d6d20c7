"""The oracles' side of the seam: reads a question a line, writes an answer a line, as JSON. Run by their own Python."""

import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.oracles import optima, stability, trying

ORACLES: dict[str, Callable[[dict[str, Any]], Any]] = {
    function.__name__: function
    for function in (
        optima.flow_most_pairs,
        optima.flow_total,
        optima.pairing_total,
        optima.program_fair,
        optima.program_total,
        stability.algmatch_all_stable,
        stability.algmatch_optima,
        stability.algmatch_projects,
        stability.algmatch_stronger,
        stability.matching_blocking,
        stability.matching_optima,
        stability.matching_projects,
        trying.tried_blocking,
        trying.tried_fair,
        trying.tried_fewest,
        trying.tried_total,
    )
}


def main() -> None:
    """Answer ``{"oracle": name, "instance": {...}}`` by ``{"answer": ...}``, or by ``{"failed": why}``."""
    for line in sys.stdin:
        question = json.loads(line)
        try:
            said = {"answer": ORACLES[question["oracle"]](question["instance"])}
        except Exception as error:  # noqa: BLE001 - an oracle's own fault is counted as that, whatever it is
            said = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
