"""Commands that learn, and that measure what was learned."""

from pathlib import Path
from typing import Annotated

import typer

from matcher.cli.shared import Experts, Firms, Json, SettingsFile, say, warn, write_json
from matcher.domain.messages import Message


def vectors(
    texts: Annotated[list[Path], typer.Argument(metavar="TEXTS", help="cli.option.texts")],
    out: Annotated[Path, typer.Option(help="cli.option.vectors_out")],
    settings: SettingsFile = None,
) -> None:
    """Learn vectors from unlabelled text."""
    from matcher.services.vectoring import learn_vectors

    learned, warnings = learn_vectors(texts, out, settings)
    warn(warnings)
    say(Message("cli.vectors.fine", {"terms": len(learned.terms), "path": out}))


def epoch(
    experts: Experts,
    out: Annotated[Path, typer.Option(help="cli.option.epoch_out")],
    settings: SettingsFile = None,
) -> None:
    """Freeze how texts are weighed."""
    from matcher.services.epochs import begin

    begun, warnings = begin(experts, out, settings)
    warn(warnings)
    terms = sum(len(channel.terms) for channel in begun.channels.values())
    say(Message("cli.epoch.fine", {"terms": terms, "path": out}))


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
    from matcher.terminal.learning import learned
    from matcher.terminal.progress import progress

    inputs = load_inputs(experts, firms, Options(settings, ratings))
    warn(inputs.warnings)
    with progress() as on_progress:
        found = tuned(inputs, out, settings=settings, on_progress=on_progress)
    if as_json:
        write_json(tuned_json(found))
    learned(found, out)


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
    from matcher.terminal.learning import evaluation
    from matcher.terminal.progress import progress

    options = Options(settings)
    chosen = options.resolve()
    read = {"lexicon": options.read_lexicon(chosen), "vectors": options.read_vectors(chosen)}
    benchmark = load_benchmark(folder)
    warn(benchmark.warnings)
    if benchmark.skipped:
        say(Message("cli.evaluate.skipped", {"count": benchmark.skipped}))
    with progress() as on_progress:
        found = evaluated(benchmark, chosen, **read, judged=judged, baselines=baselines, on_progress=on_progress)
    if out is not None:
        save_per_query(found, out, folder)
        say(Message("cli.files", {"names": (out,)}))
    if as_json:
        write_json(figures_of(found))
    else:
        evaluation(found)
