"""What the terminal shows of placement lists: the figures of one and its first lines, and several side by side."""

from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from matcher.domain.messages import Message
from matcher.language import label, sentence, shown
from matcher.pipeline import MatchResult
from matcher.services.comparing import BLOCKING, LEAST_DISRUPTION, Comparison
from matcher.services.placing import PARQUET, PLACEMENTS, REPORT, TIMING, UNPLACED
from matcher.terminal.tables import LINES, add_row, new_console, new_table, of_fit

_WORDS = 3
_WIDTHS = {"firm": 28, "need": 30, "expert": 8, "institution": 18, "fit": 7, "ranks": 8, "words": 24}
_COLUMNS = (
    (120, ("firm", "need", "expert", "institution", "fit", "ranks", "words")),
    (95, ("firm", "need", "expert", "fit", "ranks", "words")),
    (70, ("firm", "need", "expert", "fit", "ranks")),
    (0, ("firm", "expert", "fit")),
)
"""Columns of the list's first lines, by the least width of the terminal that holds them."""
_GIVES_WAY = 10
_NOT_COMPARED = ("name", "objective", "scope", "townships", "gap")
_EXACT = 1e-6
"""Sums of values that differ by less are equal."""


def summary(result: MatchResult, out: Path, *, as_parquet: bool = False) -> None:
    """Show the figures of a run and the first lines of its list, on standard error."""
    console = new_console(stderr=True)
    claim = result.certificate
    title = Message(f"cli.summary.title_{claim.scope}", {"objective": label(f"page.objective.{claim.objective}")})
    console.print(Text(sentence(title), style="bold"))
    console.print(_figures(result))
    console.print(_first_lines(result, console.width))
    console.print(Text(of_fit("cli.list.note", bool(result.statistics["calibrated"])), style="dim"))
    values = {"shown": min(LINES, len(result.lines)), "count": len(result.lines), "unplaced": len(result.left_out)}
    console.print(Text(sentence(Message("cli.list.rest", values))))
    lists = out / PLACEMENTS, out / UNPLACED
    others = [path.with_suffix(PARQUET) for path in lists] if as_parquet else []
    names = tuple(map(str, (*lists, *others, out / REPORT, out / TIMING)))
    console.print(Text(sentence(Message("cli.files", {"names": names}))))


def _figures(result: MatchResult) -> Table:
    figures: dict[str, Any] = result.statistics
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    worst = min(
        figures["townships"].items(), key=lambda item: (item[1]["placed"] / item[1]["needs"], item[0]), default=None
    )
    largest = next(iter(figures["institutions"].items()), None)
    rows = [
        ("pairs", figures["pairs"]),
        ("experts", f"{figures['experts_placed']} / {figures['experts']}"),
        ("needs", f"{figures['needs_placed']} / {figures['needs']}"),
        ("firms", f"{figures['firms_placed']} / {figures['firms']}"),
        ("firm_first", figures["firm_first_choices"]),
        ("expert_first", figures["expert_first_choices"]),
        ("places", f"{figures['places_wanted']} / {figures['places_offered']} / {figures['pairs']}"),
    ]
    if figures["fit_mean"] is not None:
        rows.append(("fit", f"{figures['fit_mean']:.3f} / {figures['fit_worst']:.3f}"))
    if worst and worst[0]:
        rows.append(("worst_township", f"{worst[0]} {worst[1]['placed']} / {worst[1]['needs']}"))
    if largest:
        rows.append(("largest_institution", f"{largest[0]} {largest[1]['pairs']} ({largest[1]['share']:.0%})"))
    seen = figures["exposure"]["experts"]
    rows.append(("never_suggested", f"{seen['never']} / {seen['candidates']}"))
    if figures["kept"] or figures["broken"]:
        rows.append(("kept", f"{figures['kept']} / {figures['broken']}"))
    if result.certificate.objective != "stable" and figures["value_worst"] is not None:
        rows.append(("value", f"{figures['value_total']:.3f} / {figures['value_worst']:.3f}"))
    rows.append(("proof", _proof(result)))
    for name, value in rows:
        code = f"cli.summary.{name}"
        shown_name = of_fit(code, figures["calibrated"]) if name == "fit" else label(code)
        table.add_row(Text(shown_name, style="dim"), Text(str(value)))
    return table


def _proof(result: MatchResult) -> str:
    claim = result.certificate
    values: dict[str, object] = {"blocking": claim.n_blocking_pairs}
    if claim.objective == "stable":
        code = "proven_largest" if claim.value == claim.bound else "proven"
        values |= {"pairs": int(claim.value), "bound": int(claim.bound)}
    else:
        is_proven = claim.bound - claim.value <= _EXACT
        code = ("proven_" if is_proven else "bounded_") + claim.objective
        values |= {"value": claim.value, "bound": claim.bound, "gap": f"{claim.gap:.2%}"}
    proven = [Message(f"cli.summary.{code}", values)]
    if claim.n_blocking_pairs and "fewest_blocking" in claim.proof:
        proven.append(Message("cli.summary.fewest", {"least": claim.proof["fewest_blocking"]}))
    if (bonus := result.assignment.rules.keep_bonus) and claim.objective != "stable":
        values = {"bonus": bonus, "value": result.statistics["value_total"]}
        proven.append(Message("cli.summary.with_bonus", values))
    if claim.scope != "full":
        proven.append(Message("cli.summary.shortlists"))
    return shown(proven)


def _first_lines(result: MatchResult, width: int) -> Table:
    """Show a line a pair, with as many columns as the terminal has room for; what is cut stands in the file."""
    names = next((names for least, names in _COLUMNS if width >= least), _COLUMNS[-1][1])
    table = new_table(*names, prefix="cli.list")
    for name, column in zip(names, table.columns, strict=True):
        column.no_wrap, column.overflow, column.max_width = True, "ellipsis", _WIDTHS[name]
        column.min_width = min(_WIDTHS[name], _GIVES_WAY)
    for line in result.lines[:LINES]:
        cells = {
            "firm": str(line["firm"]),
            "need": str(line["need_title"]),
            "expert": str(line["expert"]),
            "institution": str(line["institution"]),
            "fit": f"{line['fit']:.3f}",
            "ranks": f"{line['firm_rank']} / {line['expert_rank']}",
            "words": shown(_shared_words(line["reasons"])[:_WORDS]),
        }
        add_row(table, *(cells[name] for name in names))
    return table


def _shared_words(reasons: Any) -> tuple[str, ...]:
    """Take the words that both texts share out of a line's reasons."""
    return next((part.values["spans"] for part in reasons.values["reasons"] if "spans" in part.values), ())


def comparison(found: Comparison, out: Path) -> None:
    """Show on standard error what each objective reaches, a column each, and what keeping the earlier list costs."""
    console = new_console(stderr=True)
    table = new_table("figure", *(str(row["name"]) for row in found.runs), prefix="cli.compare", numbers_from=1)
    for key in found.runs[0]:
        if key in _NOT_COMPARED or (key in ("kept", "broken") and not found.curve):
            continue
        code = f"cli.compare.{key}"
        name = of_fit(code, found.is_calibrated) if key == "fit_mean" else label(code)
        add_row(table, name, *(_compared(row[key]) for row in found.runs))
    console.print(table)
    console.print(Text(label("cli.compare.note"), style="dim"))
    if found.curve:
        console.print(Text(label("cli.compare.curve"), style="bold"))
        table = new_table(*found.curve[0], prefix="cli.curve", numbers_from=0)
        for row in found.curve:
            add_row(table, *map(_compared, row.values()))
        console.print(table)
        console.print(Text(sentence(Message("cli.compare.offers", _offers(found, out)))))
    console.print(Text(sentence(Message("cli.files", {"names": tuple(str(out / name) for name in found.names)}))))


def _offers(found: Comparison, out: Path) -> dict[str, object]:
    """Put both ways of going on from an earlier list side by side."""
    runs: dict[object, Any] = {row["name"]: row for row in found.runs}
    again = max((row for row in runs.values() if row["objective"] == "stable"), key=lambda row: row["kept"])
    least = runs[LEAST_DISRUPTION]
    return {
        "stable_kept": again["kept"],
        "stable_broken": again["broken"],
        "least_kept": least["kept"],
        "least_broken": least["broken"],
        "blocking": found.blocking,
        "path": out / LEAST_DISRUPTION / BLOCKING,
    }


def _compared(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else shown(value)
