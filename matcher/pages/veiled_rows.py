"""Lines of a list under pseudonyms: as a grid, and as cards where the screen is narrow."""

from collections.abc import Sequence

from matcher.domain.records import Placement
from matcher.pages.grid import Column, grid
from matcher.pages.markup import bar, chip, tag, text
from matcher.pages.words import Words


def veiled_grid(say: Words, lines: Sequence[Placement], *, name: str, alt: str) -> None:
    """Show lines as a grid, which sorts by a click on a head."""
    most = max((line.fit or 0.0 for line in lines), default=0.0)
    columns = {
        "need_id": Column(say("page.column.need_id"), 220),
        "expert_id": Column(say("page.column.expert_id"), 220),
        "fit": Column(say("page.column.fit"), 260, "bar", most=most),
        "status": Column(say("page.column.state"), 110),
    }
    rows = [{**{part: getattr(line, part) for part in columns}, "status": _state(say, line)} for line in lines]
    grid(say, rows, columns, name=name, alt=alt)


def veiled_cards(say: Words, lines: Sequence[Placement]) -> str:
    """Write lines as cards; there is nothing behind them."""
    most = max((line.fit or 0.0 for line in lines), default=0.0) or 1.0
    cards = []
    for line in lines:
        fit = tag("span", bar((line.fit or 0.0) / most) + text("–" if line.fit is None else f"{line.fit:.2f}"), "fit")
        content = (
            tag("b", text(line.need_id))
            + tag("span", text(line.expert_id), "who")
            + tag("span", fit, "quiet")
            + tag("span", chip(_state(say, line), "accent"))
        )
        cards.append(tag("li", tag("div", content, "pair-card")))
    return tag("ul", "".join(cards), "cards")


def _state(say: Words, line: Placement) -> str:
    return say(f"value.status.{line.status or 'new'}")
