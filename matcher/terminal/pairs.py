"""What the terminal shows of pairs: who would suit whom, and why two are together or not."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from matcher.assignment.whatif import WhatIf
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.language import label, sentence
from matcher.placement import nobody
from matcher.ranking import Exposure, Ranking
from matcher.services.asking import Answer, PartyAnswer, Suggestion
from matcher.terminal.tables import add_row, new_console, new_table, of_fit

_PARTS = 8


def suggestions(lists: Sequence[tuple[Need | Expert, list[Suggestion]]], ranking: Ranking, shown: Exposure) -> None:
    """Show shortlists on standard output, how often the other side is suggested, and what it costs to spread that."""
    console = new_console()
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
        table = new_table(*columns, prefix="cli.suggest")
        for line in listed:
            fits = (f"{line.firm_fit:.3f}", f"{line.expert_fit:.3f}")
            named = (str(line.rank), line.id, line.name, line.about)
            add_row(table, *named, *fits, str(line.suggested), _words(line))
        console.print(table)
    console.print(Text(of_fit("cli.suggest.note", ranking.ranker.settings.is_calibrated), style="dim"))
    figures = shown.figures()
    whom = "experts" if isinstance(lists[0][0], Need) else "needs"
    console.print(Text(sentence(Message(f"cli.suggest.exposure_{whom}", figures)), style="dim"))
    if shown.spread:
        console.print(Text(sentence(Message("cli.suggest.spread", figures)), style="dim"))


def _words(line: Suggestion) -> str:
    named = [(f"reason.{side}_named", tier) for side, tier in (("firm", line.firm_tier), ("expert", line.expert_tier))]
    found = [sentence(Message(code, {"tier": tier})) for code, tier in named if tier]
    found += [label("cli.suggest.moved_up")] if line.moved_up else []
    return " · ".join([*found, *line.words])


def answer(found: Answer, *, is_calibrated: bool = False) -> None:
    """Show on standard output why a pair is placed or not."""
    console = new_console()
    reasons = found.reasons
    console.print(Text(sentence(found.why.message), style="bold"))
    if reasons.bar:
        console.print(Text(sentence(Message("cli.why.bar", {"bar": Message(reasons.bar.code)}))))
    _say(console, found)
    console.print(Text(label("cli.why.usual_note"), style="dim"))
    title = of_fit("cli.why.parts", is_calibrated)
    table = new_table("part", "firm_side", "expert_side", "fields", prefix="cli.why", title=title)
    for name, values, fields in _parts(found):
        add_row(table, name, *(f"{value:.4f}" for value in values), fields)
    table.add_section()
    add_row(table, label("cli.why.sum"), f"{reasons.firm_score:.4f}", f"{reasons.expert_score:.4f}")
    if is_calibrated:
        add_row(table, label("cli.why.fit"), f"{reasons.firm_fit:.4f}", f"{reasons.expert_fit:.4f}")
    console.print(table)
    for message in found.consequences:
        console.print(Text(sentence(message)))


def _say(console: Console, found: Answer | PartyAnswer) -> None:
    """Say which pair it is, what speaks for it and what against."""
    need, expert = found.need, found.expert
    console.print(Text(f"{label('cli.why.need')}  {need.name} · {need.need_title} ({need.need_id})"))
    console.print(Text(f"{label('cli.why.expert')}  {expert.name} · {expert.institution} ({expert.expert_id})"))
    for message in found.said:
        console.print(Text(f"· {sentence(message)}"))


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


def party_answer(found: PartyAnswer) -> None:
    """Show on standard output what a party may read of its pair."""
    console = new_console()
    console.print(Text(sentence(found.answer), style="bold"))
    _say(console, found)


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
