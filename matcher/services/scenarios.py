"""Scenarios: ways to match a round, as settings with locks and bans in them; made, copied, changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from matcher.assignment import rules_of
from matcher.domain.errors import InputError, MatcherError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.domain.rounds import confirm_allowed
from matcher.domain.settings import Settings
from matcher.services.exchanges import Exchange, Pair, Sides, problem
from matcher.services.forms import records_of
from matcher.services.freezing import fixed_bans, fixed_locks, with_round
from matcher.services.inputs import confirm_objective
from matcher.services.outcomes import last_result, placed_pairs
from matcher.services.permissions import permitted
from matcher.services.rounds import confirm_no_files, confirm_reason
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Round, Scenario


@permitted
def create(store: Store, who: Principal, round_id: int, name: str, settings: Settings | None = None) -> Scenario:
    """
    Make a scenario of a round.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    round_id : int
    name : str
        No other scenario of the round has it.
    settings : Settings or None
        None: those that the round begins with.

    Raises
    ------
    InputError
        When the name is blank or taken, or a lock may not be.
    SettingsError
        When a rule names what is not there, the objective is unknown, or a file is named.
    NotAllowed
        When the round is not matching.
    """
    with store.writing(who.name) as work:
        round_ = _editable(work, round_id)
        begins = Settings.model_validate(round_.settings)
        chosen = _confirmed_for(who, work, round_, begins, settings or begins)
        return scenario_for(who, _insert(work, "create_scenario", round_, name, chosen, copied_from=None))


@permitted
def copy(store: Store, who: Principal, scenario_id: int, name: str, settings: Settings | None = None) -> Scenario:
    """
    Make a scenario like another of its round, under a name of its own.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    scenario_id : int
        Of the other.
    name : str
    settings : Settings or None
        None: those of the other. Else these; raises what `create` does.
    """
    with store.writing(who.name) as work:
        model = work.get(Scenario, id=scenario_id)
        round_ = _editable(work, model.round_id)
        chosen = Settings.model_validate(model.settings)
        if settings is not None:
            chosen = _confirmed_for(who, work, round_, chosen, settings)
        return scenario_for(who, _insert(work, "copy_scenario", round_, name, chosen, copied_from=model.id))


@permitted
def rename(store: Store, who: Principal, scenario_id: int, name: str, *, version: int | None = None) -> Scenario:
    """
    Give a scenario another name; its results stay what they are.

    Raises
    ------
    InputError
        When the name is blank, or another scenario of the round has it.
    NotAllowed
        When the round is not matching, or an analyst asks for what somebody else changed last.
    ChangedMeanwhile
        When somebody else changed the scenario.
    """
    with store.writing(who.name) as work:
        scenario, round_ = _opened(work, scenario_id, version)
        _confirm_own(who, scenario)
        renamed = work.change(scenario, "rename_scenario", name=_free_name(work, round_, name, scenario))
        return scenario_for(who, renamed)


@permitted
def change_settings(
    store: Store, who: Principal, scenario_id: int, settings: Settings, *, version: int | None = None
) -> Scenario:
    """Give a scenario other settings, locks and bans too; raises what `create` does."""
    with store.writing(who.name) as work:
        scenario, round_ = _opened(work, scenario_id, version)
        _confirm_own(who, scenario)
        chosen = _confirmed_for(who, work, round_, Settings.model_validate(scenario.settings), settings)
        return scenario_for(who, work.change(scenario, "change_scenario", settings=chosen.model_dump(mode="json")))


@permitted
def lock(
    store: Store, who: Principal, scenario_id: int, pair: Pair, why: str, *, version: int | None = None
) -> Scenario:
    """
    Fix a pair.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    scenario_id : int
    pair : (str, str)
        Ids of a need, or of a firm with one need, and of an expert. A lock may be below the smallest fit.
    why : str
    version : int or None
        That was read before.

    Raises
    ------
    SettingsError
        When an id names nobody, or a firm of several needs.
    InputError
        When there is no reason; when the pair is banned, or barred by more than its fit.
    NotAllowed
        When the round is not matching.
    ChangedMeanwhile
        When somebody else changed the scenario.
    """
    return _apply(store, who, (scenario_id, version), ("lock", why), lambda sides, _: sides.exchange(locks=[pair]))


@permitted
def ban(
    store: Store, who: Principal, scenario_id: int, pair: Pair, why: str, *, version: int | None = None
) -> Scenario:
    """Veto a pair on behalf of the office; a firm means all its needs. Takes and raises what `lock` does."""
    return _apply(store, who, (scenario_id, version), ("ban", why), lambda sides, _: sides.exchange(bans=[pair]))


@permitted
def swap(
    store: Store, who: Principal, scenario_id: int, pairs: tuple[Pair, Pair], why: str, *, version: int | None = None
) -> Scenario:
    """
    Let two placed pairs exchange their experts: the new pairs are locked, the old ones banned.

    Parameters
    ----------
    store : Store
    who : Principal
    scenario_id : int
    pairs : two of (str, str)
        Of the list of the scenario's last run that is done; if they were locked, they are so no longer.
    why : str
    version : int or None

    Raises
    ------
    NotAllowed
        When no run of the scenario is done; else what `lock` raises, and `InputError` when a pair is not placed.
    """
    return _apply(
        store, who, (scenario_id, version), ("swap", why), lambda sides, placed: sides.swapped(pairs, placed())
    )


@permitted
def replace_expert(
    store: Store, who: Principal, scenario_id: int, pair: Pair, why: str, *, expert_id: str, version: int | None = None
) -> Scenario:
    """Let another expert take the place of a placed pair's: the new pair is locked, the old one banned. See `swap`."""
    return _apply(
        store,
        who,
        (scenario_id, version),
        ("swap", why),
        lambda sides, placed: sides.replaced(pair, expert_id, placed()),
    )


@permitted
def unlock(
    store: Store, who: Principal, scenario_id: int, pair: Pair, why: str, *, version: int | None = None
) -> Scenario:
    """Fix a pair no longer; raises `InputError` where it was not."""
    return _lift(store, who, (scenario_id, version), ("unlock", why), pair)


@permitted
def unban(
    store: Store, who: Principal, scenario_id: int, pair: Pair, why: str, *, version: int | None = None
) -> Scenario:
    """Veto a pair no longer; a firm means all its needs. Raises `InputError` where it was not."""
    return _lift(store, who, (scenario_id, version), ("unban", why), pair)


@permitted
def scenarios(store: Store, who: Principal, round_id: int) -> list[Scenario]:
    """List the scenarios of a round, the oldest first."""
    with store.reading() as view:
        return [scenario_for(who, row) for row in view.listed(Scenario, round_id=round_id)]


@permitted
def scenario_of(store: Store, who: Principal, scenario_id: int) -> Scenario:
    """Give a scenario as it is now."""
    with store.reading() as view:
        return scenario_for(who, view.get(Scenario, id=scenario_id))


def scenario_for(who: Principal, scenario: Scenario) -> Scenario:
    """Show a scenario: whom the office fixed and vetoed in it names people, and is not for an analyst."""
    if who.role != "analyst":
        return scenario
    return replace(scenario, settings=without_pairs(Settings.model_validate(scenario.settings)).model_dump(mode="json"))


def without_pairs(settings: Settings) -> Settings:
    """Leave out of settings the locks and bans, which name people."""
    assignment = settings.assignment.model_copy(update={"locks": (), "bans": ()})
    return settings.model_copy(update={"assignment": assignment})


def with_pairs(settings: Settings, stored: Settings) -> Settings:
    """Put the locks and bans of other settings into these."""
    update = {name: getattr(stored.assignment, name) for name in ("locks", "bans")}
    return settings.model_copy(update={"assignment": settings.assignment.model_copy(update=update)})


_Reading = Callable[[Sides, Callable[[], Sequence[Pair]]], Exchange]
"""Makes an exchange of what people ask for; the second argument looks up who is placed, where that matters."""


def _apply(
    store: Store, who: Principal, scenario: tuple[int, int | None], step: tuple[str, str], read: _Reading
) -> Scenario:
    confirm_reason(step[1])
    with store.writing(who.name) as work:
        found, round_ = _opened(work, *scenario)
        settings = Settings.model_validate(found.settings)
        sides = _sides(work, round_, with_round(work, round_, settings))
        asked = read(sides, lambda: placed_pairs(work, last_result(work, found.id)))
        return work.change(found, *step, settings=asked.applied_to(settings).model_dump(mode="json"))


def _lift(
    store: Store, who: Principal, scenario: tuple[int, int | None], step: tuple[str, str], pair: Pair
) -> Scenario:
    confirm_reason(step[1])
    name = "locks" if step[0] == "unlock" else "bans"
    with store.writing(who.name) as work:
        found, round_ = _opened(work, *scenario)
        settings = Settings.model_validate(found.settings)
        present = getattr(settings.assignment, name)
        # What stands there is lifted as it stands: whom it names may be gone by now.
        gone = {pair} if pair in present else {*_sides(work, round_, settings).meant(bans=[pair]).bans}
        left = tuple(other for other in present if other not in gone)
        if left == present:
            raise InputError([problem(f"scenarios.not_in_{name}", pair)])
        assignment = settings.assignment.model_copy(update={name: left})
        settings = settings.model_copy(update={"assignment": assignment})
        return work.change(found, *step, settings=settings.model_dump(mode="json"))


def _confirmed_for(who: Principal, view: Reader, round_: Round, before: Settings, settings: Settings) -> Settings:
    """
    Confirm settings, and leave it to the office who is fixed and who is vetoed: an analyst tries weights and rules.

    What an analyst is shown has no locks and bans; those that there are stay, and are not named in a refusal.
    """
    if who.role != "analyst":
        return _confirmed(view, round_, settings)
    for name in ("locks", "bans"):
        if getattr(settings.assignment, name) not in ((), getattr(before.assignment, name)):
            raise NotAllowed([Message("permissions.role", {"role": Message("value.role.analyst")})])
    _confirmed(view, round_, without_pairs(settings))
    try:
        return _confirmed(view, round_, with_pairs(settings, before))
    except MatcherError as fault:
        raise InputError([Problem(Message("scenarios.against_fixed"))]) from fault


def _confirm_own(who: Principal, scenario: Scenario) -> None:
    """Leave to an analyst what they changed last: a copy is their own."""
    if who.role == "analyst" and scenario.changed_by != who.name:
        raise NotAllowed([Message("permissions.not_own")])


def _confirmed(view: Reader, round_: Round, settings: Settings) -> Settings:
    """Refuse what no run could go by, and name needs in the place of firms."""
    confirm_no_files(settings)
    confirm_objective(settings)
    chosen = settings.assignment
    without_locks = settings.model_copy(update={"assignment": chosen.model_copy(update={"locks": ()})})
    sides = _sides(view, round_, with_round(view, round_, without_locks))
    rules_of(chosen, sides.experts, sides.needs)
    found = sides.exchange(locks=chosen.locks, bans=chosen.bans)
    assignment = chosen.model_copy(update={"locks": found.locks, "bans": found.bans})
    return settings.model_copy(update={"assignment": assignment})


def _free_name(view: Reader, round_: Round, name: str, own: Scenario | None = None) -> str:
    """Make sure that a scenario has a name, and no other of its round the same."""
    name = name.strip()
    if not name:
        raise InputError([Problem(Message("scenarios.without_name"))])
    same = view.find(Scenario, round_id=round_.id, name=name)
    if same is not None and (own is None or same.id != own.id):
        raise InputError([Problem(Message("scenarios.name_taken", {"value": name}))])
    return name


def _insert(
    work: Writer, what: str, round_: Round, name: str, settings: Settings, *, copied_from: int | None
) -> Scenario:
    values = {"round_id": round_.id, "name": _free_name(work, round_, name), "copied_from": copied_from}
    return work.insert(Scenario, what, **values, settings=settings.model_dump(mode="json"))


def _editable(view: Reader, round_id: int) -> Round:
    round_ = view.get(Round, id=round_id)
    confirm_allowed(round_.state, "edit_scenario")
    return round_


def _opened(view: Reader, scenario_id: int, version: int | None) -> tuple[Scenario, Round]:
    scenario = view.get(Scenario, id=scenario_id, version=version)
    return scenario, _editable(view, scenario.round_id)


def _sides(view: Reader, round_: Round, settings: Settings) -> Sides:
    fixed = fixed_locks(view, round_), fixed_bans(view, round_)
    return Sides(*records_of(view, round_.id, "accepted"), settings, *fixed)
