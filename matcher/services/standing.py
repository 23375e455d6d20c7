"""How the list of a scenario stands: which run made it, what was changed since, and what became of its pairs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.services import runs
from matcher.services.board import is_far_down
from matcher.services.exchanges import Pair
from matcher.services.freezing import fixed_bans, fixed_locks, is_of_settings
from matcher.services.permissions import permitted
from matcher.services.showing import Shown
from matcher.store import Reader, Store
from matcher.store.entities import Batch, PlacedPair, Publication, Round, Run, Scenario, Withdrawal


@dataclass(frozen=True, slots=True)
class TakenBack:
    """
    That a list was put before both sides, and taken back before it came into force.

    Parameters
    ----------
    on : str
        The day, in China.
    why : str
        The reason given then.
    pairs : int
        That ended by it; those that had ended before are not among them.
    accepted : int
        Answers of a side that stand when the pair is proposed again.
    """

    on: str
    why: str
    pairs: int
    accepted: int


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
    failed : Run or None
        The newest run of all, where it came to no result.
    is_changed : bool
        Whether the settings of the scenario are no longer what the run was made of.
    placed : mapping of str to mapping of str to PlacedPair
        What became of the pairs of that run that were put before both sides, by need, then by expert: the last of each;
        not of those that were taken back with the list, which are as if nobody had been asked.
    taken_back : TakenBack or None
        Where the list was, and is not before both sides again.
    locks, bans : tuples of (str, str)
        Of the scenario, which may be lifted.
    fixed_locks, fixed_bans : tuples of (str, str)
        Which may not: pairs that an earlier round holds, and those that have failed in this one.
    """

    scenario: Scenario
    shown: Shown
    waiting: Run | None
    failed: Run | None
    is_changed: bool
    placed: Mapping[str, Mapping[str, PlacedPair]]
    taken_back: TakenBack | None
    locks: tuple[Pair, ...]
    bans: tuple[Pair, ...]
    fixed_locks: tuple[Pair, ...]
    fixed_bans: tuple[Pair, ...]

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
        shown = shown_of(view, scenario)
        if shown is None:
            return None
        run = shown.run
        chosen = Settings.model_validate(scenario.settings).assignment
        newest, placed = view.listed(Run, scenario_id=scenario_id)[-1], _last_of_each(view, run)
        withdrawn = [row for row in placed if row.ending == "withdrawn"]
        return Standing(
            scenario=scenario,
            shown=shown,
            waiting=next(reversed(view.listed(Run, scenario_id=scenario_id, state=runs.OPEN)), None),
            failed=newest if newest.state in ("failed", "interrupted") else None,
            is_changed=not is_of_settings(view, run, scenario),
            placed=_by_pair(row for row in placed if row.ending != "withdrawn"),
            taken_back=_taken_back(withdrawn) if withdrawn and round_.proposed_run != run.id else None,
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


def shown_of(view: Reader, scenario: Scenario) -> Shown | None:
    """Tell which run has made the list of a scenario: the one put before both sides, else the last; None: none has."""
    round_ = view.get(Round, id=scenario.round_id)
    run = _proposed(view, round_, scenario) or runs.last_done(view, scenario.id)
    if run is None:
        return None
    batch = view.get(Batch, id=round_.batch_id)
    return Shown(run, batch.name, round_, scenario.name, _publication(view, run))


def _proposed(view: Reader, round_: Round, scenario: Scenario) -> Run | None:
    """Give the run that was put before both sides, where it is one of the scenario's."""
    run = view.get(Run, id=round_.proposed_run) if round_.proposed_run is not None else None
    return run if run is not None and run.scenario_id == scenario.id else None


def _last_of_each(view: Reader, run: Run) -> list[PlacedPair]:
    """Gather the pairs of a run that were put before both sides; what was proposed again takes the earlier's place."""
    rows = sorted(view.listed(PlacedPair, run_id=run.id), key=lambda row: row.id)
    return list({row.pair: row for row in rows}.values())


def _by_pair(rows: Iterable[PlacedPair]) -> dict[str, dict[str, PlacedPair]]:
    found: dict[str, dict[str, PlacedPair]] = {}
    for row in rows:
        found.setdefault(row.need_id, {})[row.expert_id] = row
    return found


def _taken_back(withdrawn: Sequence[PlacedPair]) -> TakenBack:
    """Sum up pairs that were taken back; those of the last time say when and why."""
    last = max(withdrawn, key=lambda row: row.id)
    accepted = sum(answer == "accepted" for row in withdrawn for answer in (row.firm_answer, row.expert_answer))
    return TakenBack(str(last.ended_on), last.ended_because or "", len(withdrawn), accepted)


def _publication(view: Reader, run: Run) -> Publication | None:
    made = [row for row in view.listed(Publication, run_id=run.id) if not view.find(Withdrawal, publication_id=row.id)]
    return made[-1] if made else None
