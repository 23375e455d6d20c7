"""What the terminal shows: tables and bars, in the words of the catalogue."""

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from matcher.assignment.whatif import WhatIf
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.language import label, sentence, shown
from matcher.pipeline import MatchResult
from matcher.placement import nobody
from matcher.ranking import Exposure, Ranking
from matcher.services.asking import Answer, PartyAnswer, Suggestion
from matcher.services.comparing import BLOCKING, LEAST_DISRUPTION, Comparison
from matcher.services.evaluating import METRICS, Evaluation
from matcher.services.placing import PLACEMENTS, REPORT, TIMING, UNPLACED

if TYPE_CHECKING:  # what learns takes a while to load, and most commands show none of it
    from matcher.ranking.learning import Estimate, Evidence
    from matcher.services.accounts import AccountStatus
    from matcher.services.demo import Login
    from matcher.services.importing import Preview
    from matcher.services.tuning import Tuned
    from matcher.store.entities import Event

_LINES = 12
_PARTS = 8
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


@contextmanager
def progress() -> Generator[Callable[[int, int, str], None] | None]:
    """Show a bar on standard error while work is long and somebody looks; gives the callback that moves it, or None."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def on_progress(done: int, total: int, stage: str) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(label(f"cli.stage.{stage}"), total=total)
            bar.update(tasks[stage], completed=done)

        yield on_progress


def logins(found: Sequence["Login"]) -> None:
    """Show names with their passwords, on standard output: the one time that anybody sees them."""
    table = Table(box=box.SIMPLE_HEAD)
    for code in ("role", "name", "password"):
        table.add_column(label(f"cli.serve.{code}"))
    for login in found:
        table.add_row(label(f"page.role.{login.role}"), login.name, login.password)
    _console().print(table)


def summary(result: MatchResult, out: Path) -> None:
    """Show the figures of a run and the first lines of its list, on standard error."""
    console = _console(stderr=True)
    claim = result.certificate
    title = Message(f"cli.summary.title_{claim.scope}", {"objective": label(f"page.objective.{claim.objective}")})
    console.print(Text(sentence(title), style="bold"))
    console.print(_figures(result))
    console.print(_first_lines(result, console.width))
    console.print(Text(_of_fit("cli.list.note", bool(result.statistics["calibrated"])), style="dim"))
    values = {"shown": min(_LINES, len(result.lines)), "count": len(result.lines), "unplaced": len(result.left_out)}
    console.print(Text(sentence(Message("cli.list.rest", values))))
    names = tuple(str(out / name) for name in (PLACEMENTS, UNPLACED, REPORT, TIMING))
    console.print(Text(sentence(Message("cli.files", {"names": names}))))


def differences(found: "Preview", *, remove_gone: bool) -> None:
    """Show what an import would change, on standard error: counts, then each field that would be another."""
    console = _console(stderr=True)
    kinds = ("experts", "needs", "ratings", "keep")
    given = [(kind, compared) for kind in kinds if (compared := getattr(found, kind)) is not None]
    table = _table("kind", "new", "changed", "gone", "same", prefix="cli.import")
    for kind, compared in given:
        counts = (len(compared.new), len(compared.changed), len(compared.gone), compared.same)
        _add(table, label(f"cli.import.{kind}"), *map(str, counts))
    console.print(table)
    for kind, compared in given:
        columns = {"needs": "firms", "keep": "placements"}.get(kind, kind)
        lines = [
            Message(
                "cli.import.changed_line",
                {
                    "who": " ".join(filter(None, (row.id, row.name))),
                    "fields": tuple(
                        Message(
                            "cli.import.field",
                            {"column": Message(f"{columns}.{part.name}"), "before": part.before, "after": part.after},
                        )
                        for part in row.fields
                    ),
                },
            )
            for row in compared.changed
        ]
        for line in lines[:_LINES]:
            console.print(Text(sentence(line)))
        if len(lines) > _LINES:
            console.print(Text(sentence(Message("cli.more", {"count": len(lines) - _LINES})), style="dim"))
        if compared.gone:
            code = "cli.import.removed" if remove_gone else "cli.import.stays"
            names = tuple(_id_of(record) for record in compared.gone[:_LINES])
            values = {"kind": Message(f"cli.import.{kind}"), "count": len(compared.gone), "names": names}
            console.print(Text(sentence(Message(code, values))))


def _id_of(record: Any) -> str:
    """Name a record by its ids."""
    ids = ("need_id", "firm_id", "expert_id", "year")
    return " / ".join(dict.fromkeys(str(getattr(record, name)) for name in ids if hasattr(record, name)))


def comparison(found: Comparison, out: Path) -> None:
    """Show on standard error what each objective reaches, a column each, and what keeping the earlier list costs."""
    console = _console(stderr=True)
    kinds = ["figure", *(str(row["name"]) for row in found.runs)]
    table = Table(box=box.SIMPLE_HEAD)
    for kind in kinds:
        table.add_column(label(f"cli.compare.{kind}"), justify="left" if kind == "figure" else "right", overflow="fold")
    for key in found.runs[0]:
        if key in _NOT_COMPARED or (key in ("kept", "broken") and not found.curve):
            continue
        code = f"cli.compare.{key}"
        name = _of_fit(code, found.is_calibrated) if key == "fit_mean" else label(code)
        _add(table, name, *(_compared(row[key]) for row in found.runs))
    console.print(table)
    console.print(Text(label("cli.compare.note"), style="dim"))
    if found.curve:
        console.print(Text(label("cli.compare.curve"), style="bold"))
        table = _table(*found.curve[0], prefix="cli.curve")
        for column in table.columns:
            column.justify = "right"
        for row in found.curve:
            _add(table, *map(_compared, row.values()))
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


def suggestions(lists: Sequence[tuple[Need | Expert, list[Suggestion]]], ranking: Ranking, shown: Exposure) -> None:
    """Show shortlists on standard output, how often the other side is suggested, and what it costs to spread that."""
    console = _console()
    for asker, listed in lists:
        if isinstance(asker, Need):
            values = {"name": asker.name, "title": asker.need_title, "id": asker.need_id}
            console.print(Text(sentence(Message("cli.suggest.for_need", values)), style="bold"))
        else:
            values = {"name": asker.name, "id": asker.expert_id}
            console.print(Text(sentence(Message("cli.suggest.for_expert", values)), style="bold"))
        if not listed:
            counts = (
                ranking.need_bars[ranking.need_position[asker.need_id]]
                if isinstance(asker, Need)
                else ranking.expert_bars[ranking.expert_position[asker.expert_id]]
            )
            console.print(Text(sentence(nobody("cli.suggest.none", counts))))
            continue
        columns = ("rank", "id", "name", "about", "firm_fit", "expert_fit", "suggested", "words")
        table = _table(*columns, prefix="cli.suggest")
        for line in listed:
            fits = (f"{line.firm_fit:.3f}", f"{line.expert_fit:.3f}")
            named = (str(line.rank), line.id, line.name, line.about)
            _add(table, *named, *fits, str(line.suggested), _words(line))
        console.print(table)
    console.print(Text(_of_fit("cli.suggest.note", ranking.ranker.settings.is_calibrated), style="dim"))
    figures = shown.figures()
    whom = "experts" if isinstance(lists[0][0], Need) else "needs"
    console.print(Text(sentence(Message(f"cli.suggest.exposure_{whom}", figures)), style="dim"))
    if shown.spread:
        console.print(Text(sentence(Message("cli.suggest.spread", figures)), style="dim"))


def evaluation(found: Evaluation) -> None:
    """Show on standard output how good the ranking is, and beside what."""
    console = _console()
    counts = {"queries": len(found.benchmark.queries), "documents": len(found.benchmark.documents)}
    title = Message(f"cli.evaluate.title_{'judged' if found.judged else 'all'}", counts)
    console.print(Text(sentence(title), style="bold"))
    sources = tuple(
        Message("cli.evaluate.source", {"channel": Message(f"value.channel.{name}"), "source": source})
        for name, source in found.vectors.items()
    )
    console.print(Text(sentence(Message("cli.evaluate.vectors", {"vectors": sources or None}))))
    table = _table("metric", "mean", "low", "high", prefix="cli.evaluate")
    for metric, *values in zip(METRICS, found.ours.means, found.low, found.high, strict=True):
        _add(table, label(f"cli.evaluate.{metric}"), *(f"{value:.4f}" for value in values))
    console.print(table)
    if found.others:
        table = _table("variant", *METRICS, "difference", prefix="cli.evaluate")
        _add(table, sentence(found.ours.name), *(f"{mean:.4f}" for mean in found.ours.means), "")
        for other, low, high in found.others:
            less = found.ours.means[0] - other.means[0]
            difference = f"{less:+.4f} [{low[0]:+.4f}, {high[0]:+.4f}]"
            _add(table, sentence(other.name), *(f"{mean:.4f}" for mean in other.means), difference)
        console.print(table)
    console.print(Text(label("cli.evaluate.note"), style="dim"))


def learned(found: "Tuned", out: Path) -> None:
    """Show on standard error what ratings taught of each side, and what that means."""
    console = _console(stderr=True)
    table = _table("figure", *found.evidence, prefix="cli.tune")
    for column in table.columns[1:]:
        column.justify = "right"
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
        _add(table, label(f"cli.tune.{name}"), *map(shown_of, sides))
    table.add_section()
    for part in sides[0].shares:
        name = sentence(Message("cli.tune.share", {"part": label(f"part.{part}")}))
        _add(table, name, *(_estimated(one.shares[part], 3) for one in sides))
    console.print(table)
    console.print(Text(label("cli.tune.note"), style="dim"))
    for message in found.found:
        console.print(Text(sentence(message)))
    console.print(Text(sentence(Message("cli.files", {"names": (str(out),)}))))


def account_list(found: Sequence["AccountStatus"]) -> None:
    """Show accounts, on standard output."""
    from matcher.services.moments import in_china

    table = _table("name", "role", "party", "code", "person", "state", "seen", prefix="cli.account.column")
    for row in found:
        account = row.account
        state = (
            *(["disabled"] if account.disabled_at else []),
            *(["password"] if account.password else []),
            *(["identity"] if account.issuer else []),
            *(["invited"] if row.invited_until else []),
        )
        said = shown([Message(f"value.account.{word}") for word in state or ("waiting",)])
        seen = in_china(row.seen_at) if row.seen_at else ""
        role, names = label(f"value.role.{account.role}"), (account.party or "", account.code or "", account.person)
        _add(table, account.name, role, *names, said, seen)
    _console().print(table)


def log_entries(found: Sequence["Event"]) -> None:
    """Show entries of the log, on standard output: all that each says, cut nowhere but within a value."""
    from matcher.services.log_words import worded

    table = _table("id", "at", "who", "what", "about", "changes", "why", prefix="cli.log")
    for entry in found:
        said = worded(entry)
        changes = "\n".join((sentence(said.how), *([shown(said.changes)] if said.changes else [])))
        told = (said.at, entry.who, sentence(said.what), sentence(said.about), changes, entry.why or "")
        _add(table, str(entry.id), *told)
    _console().print(table)


def _estimated(found: "Estimate", decimals: int) -> str:
    value, low, high = (f"{number:.{decimals}f}" for number in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]"


def _of_fit(code: str, is_calibrated: bool) -> str:
    """Say of fits what they are: good for comparing alone, or chances of a good rating."""
    return label(f"{code}.calibrated" if is_calibrated else code)


def answer(found: Answer, *, is_calibrated: bool = False) -> None:
    """Show on standard output why a pair is placed or not."""
    console = _console()
    need, expert, reasons = found.need, found.expert, found.reasons
    console.print(Text(sentence(found.why.message), style="bold"))
    if reasons.bar:
        console.print(Text(sentence(Message("cli.why.bar", {"bar": Message(reasons.bar.code)}))))
    console.print(Text(f"{label('cli.why.need')}  {need.name} · {need.need_title} ({need.need_id})"))
    console.print(Text(f"{label('cli.why.expert')}  {expert.name} · {expert.institution} ({expert.expert_id})"))
    _said(console, found.said)
    console.print(Text(label("cli.why.usual_note"), style="dim"))
    title = _of_fit("cli.why.parts", is_calibrated)
    table = _table("part", "firm_side", "expert_side", "fields", prefix="cli.why", title=title)
    for name, values, fields in _parts(found):
        _add(table, name, *(f"{value:.4f}" for value in values), fields)
    table.add_section()
    _add(table, label("cli.why.sum"), f"{reasons.firm_score:.4f}", f"{reasons.expert_score:.4f}")
    if is_calibrated:
        _add(table, label("cli.why.fit"), f"{reasons.firm_fit:.4f}", f"{reasons.expert_fit:.4f}")
    console.print(table)
    for message in found.consequences:
        console.print(Text(sentence(message)))


def party_answer(found: PartyAnswer) -> None:
    """Show on standard output what a party may read of its pair."""
    console = _console()
    need, expert = found.need, found.expert
    console.print(Text(sentence(found.answer), style="bold"))
    console.print(Text(f"{label('cli.why.need')}  {need.name} · {need.need_title} ({need.need_id})"))
    console.print(Text(f"{label('cli.why.expert')}  {expert.name} · {expert.institution} ({expert.expert_id})"))
    _said(console, found.said)


def party_answer_json(found: PartyAnswer) -> dict[str, Any]:
    """Give it as plain values."""
    return {
        "firm_id": found.need.firm_id,
        "need_id": found.need.need_id,
        "expert_id": found.expert.expert_id,
        "for": found.party,
        "status": found.answer.code.removeprefix("party."),
        "sentence": sentence(found.answer),
        "reasons": [sentence(message) for message in found.said],
    }


def _said(console: Console, messages: Sequence[Message]) -> None:
    for message in messages:
        console.print(Text(f"· {sentence(message)}"))


def answer_json(found: Answer) -> dict[str, Any]:
    """Give an answer as plain values: the class, the holders, the scores and their parts."""
    reasons = found.reasons
    return {
        "firm_id": found.need.firm_id,
        "need_id": found.need.need_id,
        "expert_id": found.expert.expert_id,
        "status": found.why.status,
        "sentence": sentence(found.why.message),
        "bar": reasons.bar.name.lower() if reasons.bar else None,
        "bar_sentence": label(reasons.bar.code) if reasons.bar else None,
        "firm_rank": found.why.firm_rank,
        "expert_rank": found.why.expert_rank,
        "firm_holds": [{"expert_id": name, "rank": rank} for name, rank in found.why.firm_holds],
        "expert_holds": [{"need_id": name, "rank": rank} for name, rank in found.why.expert_holds],
        "firm_tier": reasons.firm_tier,
        "expert_tier": reasons.expert_tier,
        "firm_fit": reasons.firm_fit,
        "expert_fit": reasons.expert_fit,
        "firm_score": reasons.firm_score,
        "expert_score": reasons.expert_score,
        "reasons": [sentence(message) for message in found.said],
        "missing": [asdict(one) for one in found.lacking],
        "firm_effects": dict(reasons.firm_effects),
        "expert_effects": dict(reasons.expert_effects),
        "firm_parts": [asdict(part) for part in reasons.firm],
        "expert_parts": [asdict(part) for part in reasons.expert],
        "what_if": found.why.what_if and _what_if_json(found.why.what_if, found.consequences),
    }


def _what_if_json(found: WhatIf, consequences: Sequence[Message]) -> dict[str, Any]:
    return {
        "gained": found.gained,
        "lost": found.lost,
        "value": found.value,
        "blocking_pairs": found.blocking,
        "broken": [sentence(message) for message in found.broken],
        "sentences": [sentence(message) for message in consequences],
    }


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
        shown_name = _of_fit(code, figures["calibrated"]) if name == "fit" else label(code)
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
    table = _table(*names, prefix="cli.list")
    for name, column in zip(names, table.columns, strict=True):
        column.no_wrap, column.overflow, column.max_width = True, "ellipsis", _WIDTHS[name]
        column.min_width = min(_WIDTHS[name], _GIVES_WAY)
    for line in result.lines[:_LINES]:
        cells = {
            "firm": str(line["firm"]),
            "need": str(line["need_title"]),
            "expert": str(line["expert"]),
            "institution": str(line["institution"]),
            "fit": f"{line['fit']:.3f}",
            "ranks": f"{line['firm_rank']} / {line['expert_rank']}",
            "words": shown(_shared_words(line["reasons"])[:_WORDS]),
        }
        _add(table, *(cells[name] for name in names))
    return table


def _add(table: Table, *cells: str) -> None:
    """Add a row of plain text: what stands in a spreadsheet is no markup."""
    table.add_row(*map(Text, cells))


def _shared_words(reasons: Any) -> tuple[str, ...]:
    """Take the words that both texts share out of a line's reasons."""
    return next((part.values["spans"] for part in reasons.values["reasons"] if "spans" in part.values), ())


def _parts(found: Answer) -> list[tuple[str, list[float], str]]:
    """Parts of both sides' scores by name: the weightiest words one by one, the others together, then the features."""
    sides: list[dict[tuple[str, str], float]] = []
    for parts in (found.reasons.firm, found.reasons.expert):
        sums: dict[tuple[str, str], float] = {}
        for part in parts:
            sums[part.kind, part.span] = sums.get((part.kind, part.span), 0.0) + part.value
        sides.append(sums)
    keys = list(dict.fromkeys(key for side in sides for key in side))
    values = {key: [side.get(key, 0.0) for side in sides] for key in keys}
    words = [key for key in keys if key[0] == "text"]
    rows = [(key[1], values[key], _fields(found, key[1])) for key in words[:_PARTS]]
    if rest := words[_PARTS:]:
        name = sentence(Message("cli.why.more_words", {"count": len(rest)}))
        rows.append((name, [sum(side.get(key, 0.0) for key in rest) for side in sides], ""))
    return rows + [(label(f"part.{key[0]}"), values[key], "") for key in keys if key[0] != "text"]


def _fields(found: Answer, span: str) -> str:
    """Say which fields of the profile hold a span, with their shares where there are several."""
    parts = [part for part in found.reasons.firm if part.kind == "text" and part.span == span]
    total = sum(part.value for part in parts)
    if len(parts) == 1:
        return label(f"experts.{parts[0].field}")
    shares = [(label(f"experts.{part.field}"), f"{part.value / total:.0%}") for part in parts]
    return " · ".join(f"{field} {share}" for field, share in shares)


def _words(line: Suggestion) -> str:
    named = [(f"reason.{side}_named", tier) for side, tier in (("firm", line.firm_tier), ("expert", line.expert_tier))]
    found = [sentence(Message(code, {"tier": tier})) for code, tier in named if tier]
    found += [label("cli.suggest.moved_up")] if line.moved_up else []
    return " · ".join([*found, *line.words])


def _table(*columns: str, prefix: str, title: str | None = None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="")
    for column in columns:
        right = column in ("fit", "firm_fit", "expert_fit", "rank", "firm_side", "expert_side", "suggested")
        table.add_column(
            label(f"{prefix}.{column}"), justify="right" if right else "left", no_wrap=right, overflow="fold"
        )
    return table


def _console(*, stderr: bool = False) -> Console:
    """Give a console as wide as the terminal; where there is none, wide enough for the tables."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 140, highlight=False)
