"""What the terminal shows of how good the ranking is, and of what it learned."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from matcher.domain.messages import Message
from matcher.language import label, sentence
from matcher.services.evaluating import METRICS, Evaluation
from matcher.terminal.tables import add_row, new_console, new_table

if TYPE_CHECKING:  # what learns takes a while to load, and an evaluation needs none of it
    from matcher.ranking.learning import Estimate, Evidence
    from matcher.services.tuning import Tuned


def evaluation(found: Evaluation) -> None:
    """Show on standard output how good the ranking is, and beside what."""
    console = new_console()
    counts = {"queries": len(found.benchmark.queries), "documents": len(found.benchmark.documents)}
    title = Message(f"cli.evaluate.title_{'judged' if found.judged else 'all'}", counts)
    console.print(Text(sentence(title), style="bold"))
    sources = tuple(
        Message("cli.evaluate.source", {"channel": Message(f"value.channel.{name}"), "source": source})
        for name, source in found.vectors.items()
    )
    console.print(Text(sentence(Message("cli.evaluate.vectors", {"vectors": sources or None}))))
    table = new_table("metric", "mean", "low", "high", prefix="cli.evaluate")
    for metric, *values in zip(METRICS, found.ours.means, found.low, found.high, strict=True):
        add_row(table, label(f"cli.evaluate.{metric}"), *(f"{value:.4f}" for value in values))
    console.print(table)
    if found.others:
        table = new_table("variant", *METRICS, "difference", prefix="cli.evaluate")
        add_row(table, sentence(found.ours.name), *(f"{mean:.4f}" for mean in found.ours.means), "")
        for other, low, high in found.others:
            less = found.ours.means[0] - other.means[0]
            difference = f"{less:+.4f} [{low[0]:+.4f}, {high[0]:+.4f}]"
            add_row(table, sentence(other.name), *(f"{mean:.4f}" for mean in other.means), difference)
        console.print(table)
    console.print(Text(label("cli.evaluate.note"), style="dim"))


def learned(found: "Tuned", out: Path) -> None:
    """Show on standard error what ratings taught of each side, and what that means."""
    console = new_console(stderr=True)
    table = new_table("figure", *found.evidence, prefix="cli.tune", numbers_from=1)
    sides = list(found.evidence.values())
    rows: list[tuple[str, Callable[[Evidence], str]]] = [
        ("n", lambda one: str(one.n)),
        ("n_good", lambda one: str(one.n_good)),
        ("people", lambda one: f"{one.n_firms} / {one.n_experts}"),
        ("base", lambda one: f"{one.base.log_loss:.4f}"),
        ("fixed", lambda one: f"{one.fixed.log_loss:.4f}"),
        ("learned", lambda one: f"{one.learned.log_loss:.4f}"),
        ("auc", lambda one: f"{one.fixed.auc:.3f} / {one.learned.auc:.3f}"),
        ("gain", lambda one: _estimated(one.gain, 4)),
        ("over_base", lambda one: _estimated(one.over_base, 4)),
        ("error", lambda one: f"{one.calibration_error:.3f}"),
    ]
    for name, shown_of in rows:
        add_row(table, label(f"cli.tune.{name}"), *map(shown_of, sides))
    table.add_section()
    for part in sides[0].shares:
        name = sentence(Message("cli.tune.share", {"part": label(f"part.{part}")}))
        add_row(table, name, *(_estimated(one.shares[part], 3) for one in sides))
    console.print(table)
    console.print(Text(label("cli.tune.note"), style="dim"))
    for message in found.found:
        console.print(Text(sentence(message)))
    console.print(Text(sentence(Message("cli.files", {"names": (str(out),)}))))


def _estimated(found: "Estimate", decimals: int) -> str:
    value, low, high = (f"{number:.{decimals}f}" for number in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]"
