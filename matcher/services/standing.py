"""How the list of a scenario stands: which run made it, what was changed since, and what became of its pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.services import runs
from matcher.services.board import is_far_down
from matcher.services.exchanges import Pair
from matcher.services.freezing import fixed_bans, fixed_locks
from matcher.services.permissions import permitted
from matcher.services.showing import Shown
from matcher.store import Reader, Store
from matcher.store.entities import Batch, PlacedPair, Publication, Round, Run, Scenario, Withdrawal


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How the list of a scenario stands.

    Parameters
    ----------
    scenario : Scenario
        As it is now; its version is what a change is to name.
    shown : Shown
        The run whose list it is: the one put before both sides, else the last that is done.
    waiting : Run or None
        The newest run of the scenario that is not over.
    placed : mapping of str to mapping of str to PlacedPair
        What became of the pairs of that run that were put before both sides, by need, then by expert: the last of each.
    locks, bans : tuples of (str, str)
        Of the scenario, which may be lifted.
    fixed_locks, fixed_bans : tuples of (str, str)
        Which may not: pairs that an earlier round holds, and those that have failed in this one.
    """

    scenario: Scenario
    shown: Shown
    waiting: Run | None
    placed: Mapping[str, Mapping[str, PlacedPair]]
    locks: tuple[Pair, ...]
    bans: tuple[Pair, ...]
    fixed_locks: tuple[Pair, ...]
    fixed_bans: tuple[Pair, ...]

    @property
    def is_changed(self) -> bool:
        """Whether the scenario is no longer what the run was made of."""
        return self.scenario.version != self.shown.run.scenario_version

    def became(self, line: Placement) -> PlacedPair | None:
        """Tell what became of a pair; None where it was not put before both sides."""
        return self.placed.get(line.need_id, {}).get(line.expert_id)

    def is_locked(self, line: Placement) -> bool:
        """Whether a pair is to stay."""
        return (line.need_id, line.expert_id) in {*self.locks, *self.fixed_locks}

    def is_to_review(self, line: Placement) -> bool:
        """Whether a pair is worth a look: it has ended, a side declined, or a side got somebody from far down."""
        placed = self.became(line)
        return is_far_down(line) or (
            placed is not None and (placed.state == "ended" or "declined" in (placed.firm_answer, placed.expert_answer))
        )


@permitted
def standing(store: Store, who: Principal, scenario_id: int) -> Standing | None:
    """Tell how the list of a scenario stands; None where no run of it is done."""
    with store.reading() as view:
        scenario = view.get(Scenario, id=scenario_id)
        round_ = view.get(Round, id=scenario.round_id)
        run = _proposed(view, round_, scenario) or runs.last_done(view, scenario_id)
        if run is None:
            return None
        batch = view.get(Batch, id=round_.batch_id)
        chosen = Settings.model_validate(scenario.settings).assignment
        return Standing(
            scenario=scenario,
            shown=Shown(run, batch.name, round_, scenario.name, _publication(view, run)),
            waiting=next(reversed(view.listed(Run, scenario_id=scenario_id, state=runs.OPEN)), None),
            placed=_placed(view, run),
            locks=chosen.locks,
            bans=chosen.bans,
            fixed_locks=tuple(fixed_locks(view, round_)),
            fixed_bans=tuple(fixed_bans(view, round_)),
        )


@permitted
def scenario_first(store: Store, who: Principal, round_id: int) -> int | None:
    """Tell which scenario of a round is to be looked at first: the one proposed, else the one done last; None: none."""
    with store.reading() as view:
        round_ = view.get(Round, id=round_id)
        if round_.proposed_run is not None:
            return view.get(Run, id=round_.proposed_run).scenario_id
        of_round = tuple(scenario.id for scenario in view.listed(Scenario, round_id=round_id))
        done = view.listed(Run, scenario_id=of_round, state="done")
        return max(done, key=lambda run: run.id).scenario_id if done else None


def _proposed(view: Reader, round_: Round, scenario: Scenario) -> Run | None:
    """Give the run that was put before both sides, where it is one of the scenario's."""
    run = view.get(Run, id=round_.proposed_run) if round_.proposed_run is not None else None
    return run if run is not None and run.scenario_id == scenario.id else None


def _placed(view: Reader, run: Run) -> dict[str, dict[str, PlacedPair]]:
    """Gather the pairs of a run that were put before both sides; what was proposed again takes the earlier's place."""
    found: dict[str, dict[str, PlacedPair]] = {}
    for row in sorted(view.listed(PlacedPair, run_id=run.id), key=lambda row: row.id):
        found.setdefault(row.need_id, {})[row.expert_id] = row
    return found


def _publication(view: Reader, run: Run) -> Publication | None:
    made = [row for row in view.listed(Publication, run_id=run.id) if not view.find(Withdrawal, publication_id=row.id)]
    return made[-1] if made else None
