"""The command line: words from the catalogue, results on standard output or in files, the rest on standard error."""

import gc
import io
import json
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from matcher import __version__
from matcher.domain.errors import AuditError, InfeasibleProblem, MatcherError
from matcher.domain.messages import Message, Problem
from matcher.language import label, sentence, use

FINE, OUR_FAULT, WRONG_INPUT, INFEASIBLE, UNSOUND = 0, 1, 2, 3, 4
"""Exit codes."""

_CODES = {InfeasibleProblem: INFEASIBLE, AuditError: OUR_FAULT}
"""Codes of the errors that are not wrong input."""

_SHOWN, _SHOWN_AS_INFORMATION = 200, 10
"""Problems shown at most, and blocking pairs where the objective does not promise that there are none."""

app = typer.Typer(
    name="matcher", help="cli.app", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)

# Help texts are codes of the catalogue; main() puts them into words once the language is known.
Experts = Annotated[Path, typer.Argument(metavar="EXPERTS", help="cli.option.experts")]
Firms = Annotated[Path, typer.Argument(metavar="FIRMS", help="cli.option.firms")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="cli.option.settings")]
RatingsFile = Annotated[Path | None, typer.Option("--ratings", help="cli.option.ratings")]
Objective = Annotated[str | None, typer.Option(help="cli.option.objective")]
Proposer = Annotated[Literal["firms", "experts"] | None, typer.Option(help="cli.option.proposer")]
KeepFile = Annotated[Path | None, typer.Option("--keep", help="cli.option.keep")]
Seed = Annotated[int | None, typer.Option(help="cli.option.seed", min=0)]
Out = Annotated[Path, typer.Option(help="cli.option.out")]
Json = Annotated[bool, typer.Option("--json", help="cli.option.json")]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """
    Run the command and exit with its code: 0 fine, 1 our fault, 2 wrong use or input, 3 infeasible, 4 not sound.

    Parameters
    ----------
    arguments : sequence of str or None
        None: those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no reason to stop
    # One short run makes few cycles; collecting ever again costs a tenth of it.
    gc.set_threshold(200_000, 50, 50)
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        words, command = _choose_language(words), typer.main.get_command(app)
        _in_words(command)
        command.main(args=words, prog_name="matcher")
    except MatcherError as fault:
        _warn(getattr(fault, "warnings", ()))
        if isinstance(fault, InfeasibleProblem):
            _say(Message("cli.infeasible"))
            _say_lines(fault.messages)
        else:
            _say_all("cli.problems", fault.messages)
        sys.exit(next((code for kind, code in _CODES.items() if isinstance(fault, kind)), WRONG_INPUT))
    except Exception as fault:  # noqa: BLE001 - the last line of defence: whatever gets here is our fault, and says so
        typer.echo(label("cli.fault"), err=True)
        traceback.print_exception(fault)
        sys.exit(OUR_FAULT)
    sys.exit(FINE)


@app.callback(invoke_without_command=True)
def _versioned(version: Annotated[bool, typer.Option("--version", help="cli.option.version")] = False) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit(FINE)


@app.command(help="cli.check")
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
    _warn(inputs.warnings)
    if as_json:
        _write_json(check_json(checked))
        return
    for expert, bar in checked.ineligible:
        values = {"expert": f"{expert.name} {expert.expert_id}", "bar": Message(bar.code)}
        _say(Message("cli.check.ineligible", values))
    if checked.vague:
        _say(Message("cli.check.vague", {"count": len(checked.vague), "below": inputs.settings.check.vague_below}))
        _say_lines(checked.vague)
    if checked.duplicates:
        _say(Message("cli.check.duplicates", {"count": len(checked.duplicates)}))
        _say_lines(checked.duplicates)
    firms_counted = len({need.firm_id for need in inputs.needs})
    counts = {"experts": len(inputs.experts), "firms": firms_counted, "needs": len(inputs.needs)}
    wishes = {
        "needs": sum(bool(need.preferred_experts) for need in inputs.needs),
        "experts": sum(bool(expert.preferred_firms) for expert in inputs.experts),
        "wanted": sum(need.capacity for need in inputs.needs),
        "offered": sum(expert.capacity for expert in inputs.experts),
    }
    _say(Message("cli.check.fine", counts))
    _say(Message("cli.check.wishes", wishes))


@app.command(help="cli.suggest")
def suggest(
    experts: Experts,
    firms: Firms,
    firm: Annotated[str | None, typer.Option(help="cli.option.firm")] = None,
    expert: Annotated[str | None, typer.Option(help="cli.option.expert")] = None,
    top: Annotated[int | None, typer.Option(help="cli.option.top", min=1)] = None,
    settings: SettingsFile = None,
    ratings: RatingsFile = None,
    as_json: Json = False,
) -> None:
    """List who would suit."""
    if (firm is None) == (expert is None):
        raise typer.BadParameter(label("cli.one_of_firm_expert"))
    from matcher.domain.records import Expert, Need
    from matcher.pipeline import open_market
    from matcher.ranking import exposure
    from matcher.services.asking import Suggestion, suggest_experts, suggest_needs
    from matcher.services.inputs import Options, find_expert, find_needs, load_inputs
    from matcher.terminal import suggestions

    inputs = load_inputs(experts, firms, Options(settings, ratings))
    _warn(inputs.warnings)
    needs = find_needs(inputs, firm) if firm is not None else []
    somebody = find_expert(inputs, expert) if expert is not None else None
    ranking, market = open_market(
        inputs.experts,
        inputs.needs,
        inputs.settings,
        ratings=inputs.ratings,
        lexicon=inputs.lexicon,
        vectors=inputs.vectors,
    )
    shown = exposure(ranking, "firm" if somebody is None else "expert", top=top)
    lists: list[tuple[Need | Expert, list[Suggestion]]] = []
    lists += [(need, suggest_experts(ranking, market, need, shown.top, shown)) for need in needs]
    if somebody is not None:
        lists.append((somebody, suggest_needs(ranking, market, somebody, shown.top, shown)))
    if as_json:
        key = "need_id" if somebody is None else "expert_id"
        found = [{key: getattr(who, key), "suggestions": [asdict(line) for line in lines]} for who, lines in lists]
        _write_json({"calibrated": inputs.settings.ranking.is_calibrated, "lists": found, "exposure": shown.figures()})
    else:
        suggestions(lists, ranking, shown)


@app.command(help="cli.vectors")
def vectors(
    texts: Annotated[list[Path], typer.Argument(metavar="TEXTS", help="cli.option.texts")],
    out: Annotated[Path, typer.Option(help="cli.option.vectors_out")],
    settings: SettingsFile = None,
) -> None:
    """Learn vectors from unlabelled text."""
    from matcher.services.vectoring import learn_vectors

    learned, warnings = learn_vectors(texts, out, settings)
    _warn(warnings)
    _say(Message("cli.vectors.fine", {"terms": len(learned.terms), "path": out}))


@app.command(help="cli.assign")
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
) -> None:
    """Match and save."""
    started = time.perf_counter()
    from matcher.services.inputs import Options, load_inputs
    from matcher.services.placing import place
    from matcher.terminal import progress, summary

    inputs = load_inputs(experts, firms, Options(settings, ratings, objective, proposer, seed, keep))
    _warn(inputs.warnings)
    with progress() as on_progress:
        result = place(inputs, out, started=started, on_progress=on_progress)
    summary(result, out)


@app.command(help="cli.compare")
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
    from matcher.terminal import comparison, progress

    inputs = load_inputs(experts, firms, Options(settings, ratings, "total", None, seed, keep))
    _warn(inputs.warnings)
    with progress() as on_progress:
        found = compared(inputs, out, started=started, on_progress=on_progress)
    if as_json:
        _write_json({"runs": found.runs, "keep_curve": found.curve})
    comparison(found, out)


@app.command(help="cli.tune")
def tune(
    experts: Experts,
    firms: Firms,
    ratings: Annotated[Path, typer.Option("--ratings", help="cli.option.ratings")],
    out: Annotated[Path, typer.Option(help="cli.option.tuned")],
    settings: SettingsFile = None,
    as_json: Json = False,
) -> None:
    """Learn from ratings."""
    from matcher.services.inputs import Options, load_inputs
    from matcher.services.tuning import tune as tuned
    from matcher.services.tuning import tuned_json
    from matcher.terminal import learned, progress

    inputs = load_inputs(experts, firms, Options(settings, ratings))
    _warn(inputs.warnings)
    with progress() as on_progress:
        found = tuned(inputs, out, settings=settings, on_progress=on_progress)
    if as_json:
        _write_json(tuned_json(found))
    learned(found, out)


@app.command(help="cli.audit")
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
    _warn(inputs.warnings)
    found = check_list(inputs, placements, report)
    _warn(found.warnings)
    values = {"count": found.pairs, "violations": len(found.violations), "blocking": len(found.blocking_pairs)}
    if as_json:
        _write_json(
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
        _say_lines([*found.violations, *found.broken_claims])
        blocking = [Message("audit.blocking", {"firm": f, "expert": e}) for f, e in found.blocking_pairs]
        _say_lines(blocking, _SHOWN if found.objective == "stable" else _SHOWN_AS_INFORMATION)
        _say(Message("cli.audit.sound" if found.is_sound else "cli.audit.unsound", values))
        if not found.is_verified:
            _say(Message("cli.audit.not_verified"))
        if found.scope != "full":
            _say(Message("cli.summary.shortlists"))
    raise typer.Exit(FINE if found.is_sound else UNSOUND)


@app.command(help="cli.why")
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
    from matcher.terminal import answer, answer_json, party_answer, party_answer_json

    inputs, _ = inputs_of_list(experts, firms, placements, Options(settings, ratings, objective, proposer, seed, keep))
    if reader == "office":
        _warn(inputs.warnings)  # they name others, and what these refuse
        answers = why_pair(inputs, firm, expert, placements)
        is_calibrated = inputs.settings.ranking.is_calibrated
        if as_json:
            _write_json({"calibrated": is_calibrated, "answers": [answer_json(found) for found in answers]})
        else:
            for found in answers:
                answer(found, is_calibrated=is_calibrated)
        return
    told = why_pair_for(inputs, firm, expert, placements, reader)
    if as_json:
        _write_json({"answers": [party_answer_json(found) for found in told]})
    else:
        for found in told:
            party_answer(found)


@app.command(help="cli.evaluate")
def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="cli.option.benchmark")],
    judged: Annotated[bool, typer.Option("--judged", help="cli.option.judged")] = False,
    baselines: Annotated[bool, typer.Option("--baselines", help="cli.option.baselines")] = False,
    settings: SettingsFile = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="cli.option.per_query")] = None,
    as_json: Json = False,
) -> None:
    """Measure the ranking on a benchmark folder."""
    from matcher.services.benchmark import load_benchmark
    from matcher.services.evaluating import evaluate as evaluated
    from matcher.services.evaluating import figures_of, save_per_query
    from matcher.services.inputs import Options
    from matcher.terminal import evaluation, progress

    options = Options(settings)
    chosen = options.resolve()
    read = {"lexicon": options.read_lexicon(chosen), "vectors": options.read_vectors(chosen)}
    benchmark = load_benchmark(folder)
    _warn(benchmark.warnings)
    if benchmark.skipped:
        _say(Message("cli.evaluate.skipped", {"count": benchmark.skipped}))
    with progress() as on_progress:
        found = evaluated(benchmark, chosen, **read, judged=judged, baselines=baselines, on_progress=on_progress)
    if out is not None:
        save_per_query(found, out, folder)
        _say(Message("cli.files", {"names": (str(out),)}))
    if as_json:
        _write_json(figures_of(found))
    else:
        evaluation(found)


def _choose_language(words: list[str]) -> list[str]:
    """Take ``--lang`` out, wherever it stands: help and errors are to be in that language too."""
    rest, chosen = [], None
    at = iter(words)
    for word in at:
        if word == "--lang":
            chosen = next(at, "")
        elif word.startswith("--lang="):
            chosen = word.partition("=")[2]
        else:
            rest.append(word)
    if chosen is not None:
        use(chosen)
    return rest


def _in_words(command: Any) -> None:
    """Put the codes of help texts into words."""
    for described in (command, *command.params):
        code = getattr(described, "help", None)
        if code and code.startswith("cli."):
            described.help = label(code)
    for inner in getattr(command, "commands", {}).values():
        _in_words(inner)


def _warn(warnings: Sequence[Problem]) -> None:
    if warnings:
        _say(Message("cli.warnings", {"count": len(warnings)}))
        _say_lines(warnings)


def _say_all(heading: str, messages: Sequence[Message | Problem]) -> None:
    if len(messages) > 1:
        _say(Message(heading, {"count": len(messages)}))
    _say_lines(messages)


def _say_lines(messages: Sequence[Message | Problem], at_most: int = _SHOWN) -> None:
    for message in messages[:at_most]:
        _say(message)
    if len(messages) > at_most:
        _say(Message("cli.more", {"count": len(messages) - at_most}))


def _say(message: Message | Problem) -> None:
    typer.echo(sentence(message), err=True)


def _write_json(content: Any) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))
