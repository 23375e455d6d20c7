"""Commands that match, and that say what a list is worth."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from matcher.cli.shared import (
    FINE,
    SHOWN,
    SHOWN_AS_INFORMATION,
    UNSOUND,
    Experts,
    Firms,
    Json,
    KeepFile,
    Objective,
    Out,
    Proposer,
    RatingsFile,
    Seed,
    SettingsFile,
    say,
    say_lines,
    warn,
    write_json,
)
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.language import sentence


def check(
    experts: Experts,
    firms: Firms,
    settings: SettingsFile = None,
    ratings: RatingsFile = None,
    as_json: Json = False,
) -> None:
    """Report on both files."""
    from matcher.services.checking import check_forms, check_json
    from matcher.services.inputs import Options

    checked = check_forms(experts, firms, Options(settings, ratings))
    inputs = checked.inputs
    warn(inputs.warnings)
    if as_json:
        write_json(check_json(checked))
        return
    for expert, bar in checked.ineligible:
        values = {"expert": f"{expert.name} {expert.expert_id}", "bar": Message(bar.code)}
        say(Message("cli.check.ineligible", values))
    if checked.vague:
        say(Message("cli.check.vague", {"count": len(checked.vague), "below": inputs.settings.check.vague_below}))
        say_lines(checked.vague)
    if checked.duplicates:
        say(Message("cli.check.duplicates", {"count": len(checked.duplicates)}))
        say_lines(checked.duplicates)
    firms_counted = len({need.firm_id for need in inputs.needs})
    counts = {"experts": len(inputs.experts), "firms": firms_counted, "needs": len(inputs.needs)}
    wishes = {
        "needs": sum(bool(need.preferred_experts) for need in inputs.needs),
        "experts": sum(bool(expert.preferred_firms) for expert in inputs.experts),
        "wanted": sum(need.capacity for need in inputs.needs),
        "offered": sum(expert.capacity for expert in inputs.experts),
    }
    say(Message("cli.check.fine", counts))
    say(Message("cli.check.wishes", wishes))


def suggest(
    experts: Experts,
    firms: Firms,
    firm: Annotated[str | None, typer.Option(help="cli.option.firm")] = None,
    expert: Annotated[str | None, typer.Option(help="cli.option.expert")] = None,
    top: Annotated[int | None, typer.Option(help="cli.option.top", min=1, max=10_000)] = None,
    settings: SettingsFile = None,
    ratings: RatingsFile = None,
    as_json: Json = False,
) -> None:
    """List who would suit."""
    if (firm is None) == (expert is None):
        raise InputError([Problem(Message("cli.one_of_firm_expert"))])
    from matcher.domain.records import Expert, Need
    from matcher.pipeline import open_market
    from matcher.ranking import exposure
    from matcher.services.asking import Suggestion, suggest_experts, suggest_needs
    from matcher.services.inputs import Options, find_expert, find_needs, load_inputs
    from matcher.terminal.pairs import suggestions

    inputs = load_inputs(experts, firms, Options(settings, ratings))
    warn(inputs.warnings)
    needs = find_needs(inputs, firm) if firm is not None else []
    somebody = find_expert(inputs, expert) if expert is not None else None
    ranking, market = open_market(
        inputs.experts,
        inputs.needs,
        inputs.settings,
        ratings=inputs.ratings,
        lexicon=inputs.lexicon,
        vectors=inputs.vectors,
        epoch=inputs.epoch,
    )
    shown = exposure(ranking, "firm" if somebody is None else "expert", top=top)
    lists: list[tuple[Need | Expert, list[Suggestion]]] = []
    lists += [(need, suggest_experts(ranking, market, need, shown.top, shown)) for need in needs]
    if somebody is not None:
        lists.append((somebody, suggest_needs(ranking, market, somebody, shown.top, shown)))
    if as_json:
        key = "need_id" if somebody is None else "expert_id"
        found = [{key: getattr(who, key), "suggestions": [asdict(line) for line in lines]} for who, lines in lists]
        write_json({"calibrated": inputs.settings.ranking.is_calibrated, "lists": found, "exposure": shown.figures()})
    else:
        suggestions(lists, ranking, shown)


def assign(
    experts: Experts,
    firms: Firms,
    out: Out,
    settings: SettingsFile = None,
    objective: Objective = None,
    proposer: Proposer = None,
    ratings: RatingsFile = None,
    keep: KeepFile = None,
    seed: Seed = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="cli.option.parquet")] = False,
    jobs: Annotated[int | None, typer.Option(help="cli.option.jobs", min=1, max=1024)] = None,
    scheduler: Annotated[str | None, typer.Option(help="cli.option.scheduler")] = None,
    reuse: Annotated[Path | None, typer.Option(help="cli.option.reuse")] = None,
) -> None:
    """Match and save."""
    started = time.perf_counter()
    from matcher.services.inputs import Options, load_inputs
    from matcher.services.parting import is_parted, partitions_of
    from matcher.services.placing import place
    from matcher.terminal.lists import summary
    from matcher.terminal.progress import progress

    with progress() as on_progress:
        if on_progress:
            on_progress(0, 0, "reading")
        inputs = load_inputs(experts, firms, Options(settings, ratings, objective, proposer, seed, keep))
    warn(inputs.warnings)
    partitions, told = None, list[Message]()
    if is_parted(inputs):
        partitions = partitions_of(inputs, out, jobs=jobs, scheduler=scheduler, reuse=reuse, tell=told.append)
    if partitions and (done := partitions.done()):
        say(Message("cli.assign.goes_on", {"count": len(done)}))
    elif not partitions and (jobs or scheduler or reuse):
        say(Message("cli.assign.not_parted", {"most": inputs.settings.ranking.full_market_pairs}))
    try:
        with progress() as on_progress:
            result = place(
                *(inputs, out), started=started, on_progress=on_progress, as_parquet=parquet, partitions=partitions
            )
    except KeyboardInterrupt:
        if partitions and partitions.done():
            say(Message("cli.assign.interrupted"))
        raise
    finally:  # not into the bar
        say_lines(told)
    summary(result, out, as_parquet=parquet)


def compare(
    experts: Experts,
    firms: Firms,
    out: Out,
    settings: SettingsFile = None,
    ratings: RatingsFile = None,
    keep: KeepFile = None,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Place by every objective, and show the lists side by side."""
    started = time.perf_counter()
    from matcher.services.comparing import compare as compared
    from matcher.services.inputs import Options, load_inputs
    from matcher.terminal.lists import comparison
    from matcher.terminal.progress import progress

    inputs = load_inputs(experts, firms, Options(settings, ratings, "total", None, seed, keep))
    warn(inputs.warnings)
    with progress() as on_progress:
        found = compared(inputs, out, started=started, on_progress=on_progress)
    if as_json:
        write_json({"runs": found.runs, "keep_curve": found.curve})
    comparison(found, out)


def audit(
    experts: Experts,
    firms: Firms,
    placements: Annotated[Path, typer.Argument(metavar="PLACEMENTS", help="cli.option.placements")],
    settings: SettingsFile = None,
    objective: Objective = None,
    proposer: Proposer = None,
    ratings: RatingsFile = None,
    keep: KeepFile = None,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Check a list from files alone."""
    from matcher.services.asking import inputs_of_list
    from matcher.services.auditing import check_list
    from matcher.services.inputs import Options

    inputs, report = inputs_of_list(
        experts, firms, placements, Options(settings, ratings, objective, proposer, seed, keep)
    )
    warn(inputs.warnings)
    found = check_list(inputs, placements, report)
    warn(found.warnings)
    values = {"count": found.pairs, "violations": len(found.violations), "blocking": len(found.blocking_pairs)}
    if as_json:
        write_json(
            {
                "sound": found.is_sound,
                "objective": found.objective,
                "scope": found.scope,
                "verified": found.is_verified,
                "pairs": found.pairs,
                "violations": [sentence(message) for message in found.violations],
                "broken_claims": [sentence(message) for message in found.broken_claims],
                "blocking_pairs": found.blocking_pairs,
            }
        )
    else:
        say_lines([*found.violations, *found.broken_claims])
        blocking = [Message("audit.blocking", {"firm": f, "expert": e}) for f, e in found.blocking_pairs]
        say_lines(blocking, SHOWN if found.objective == "stable" else SHOWN_AS_INFORMATION)
        say(Message("cli.audit.sound" if found.is_sound else "cli.audit.unsound", values))
        if not found.is_verified:
            say(Message("cli.audit.not_verified"))
        if found.scope != "full":
            say(Message("cli.summary.shortlists"))
    raise typer.Exit(FINE if found.is_sound else UNSOUND)


def why(
    experts: Experts,
    firms: Firms,
    firm: Annotated[str, typer.Option(help="cli.option.firm")],
    expert: Annotated[str, typer.Option(help="cli.option.expert")],
    placements: Annotated[Path | None, typer.Option(help="cli.option.placements")] = None,
    reader: Annotated[Literal["office", "firm", "expert"], typer.Option("--for", help="cli.option.for")] = "office",
    settings: SettingsFile = None,
    objective: Objective = None,
    proposer: Proposer = None,
    ratings: RatingsFile = None,
    keep: KeepFile = None,
    seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Say why, or why not."""
    from matcher.services.asking import inputs_of_list, why_pair, why_pair_for
    from matcher.services.inputs import Options
    from matcher.terminal.pairs import answer, answer_json, party_answer, party_answer_json

    inputs, _ = inputs_of_list(experts, firms, placements, Options(settings, ratings, objective, proposer, seed, keep))
    if reader == "office":
        warn(inputs.warnings)  # they name others, and what these refuse
        answers = why_pair(inputs, firm, expert, placements)
        is_calibrated = inputs.settings.ranking.is_calibrated
        if as_json:
            write_json({"calibrated": is_calibrated, "answers": [answer_json(found) for found in answers]})
        else:
            for found in answers:
                answer(found, is_calibrated=is_calibrated)
        return
    told = why_pair_for(inputs, firm, expert, placements, reader)
    if as_json:
        write_json({"answers": [party_answer_json(found) for found in told]})
    else:
        for found in told:
            party_answer(found)
