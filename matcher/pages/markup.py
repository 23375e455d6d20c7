"""Pieces of HTML. Every text that comes from data is escaped here, for HTML as for labels, which are Markdown."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from matcher.services.pairs import Pieces

_BLANKS = re.compile(r"[\0\t-\r ]+")
"""What HTML shows as one blank; a line that ends would end a heading, and four blanks begin code."""

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
"""What CommonMark lets be escaped (section 2.4)."""

_TAKEN_AS_ONE = re.compile(r"(?<=www)(?=\.)|(?=@)|(?<=:)(?=//)|(?<=[-<>=~!])(?=[-<>=~])", re.IGNORECASE)
"""Places within an address, or within a sign that would be drawn as another."""


def tag(name: str, content: str, css: str = "", **attributes: object) -> str:
    """
    Put markup into an element; its attributes are escaped, ``content`` is markup already.

    Examples
    --------
    >>> tag("p", text("a < b"), "note", title='"quoted"')
    '<p class="note" title="&quot;quoted&quot;">a &lt; b</p>'
    """
    given = {"class": css or None, **{key.replace("_", "-"): value for key, value in attributes.items()}}
    written = "".join(f' {key}="{escape(str(value))}"' for key, value in given.items() if value is not None)
    return f"<{name}{written}>{content}</{name}>"


def text(value: object) -> str:
    """Escape a text."""
    return escape(str(value))


def literal(value: object) -> str:
    r"""
    Write a text so that a heading or a label of Streamlit, which is Markdown, shows it as it was typed, on one line.

    What follows an escape is still looked over once it is text, for addresses (GFM, section 6.9) and for signs such as
    ``->``, within one piece of text: where they would be found, a directive with nothing in it makes two of it. It
    shows nothing, and nothing of it is copied.

    Examples
    --------
    >>> print(literal("5~10mm *2*"), literal("www.evil.example"), literal("\n:red[x] "))
    5\~10mm \*2\* www:small[]\.evil\.example \:red\[x\]
    """
    line = _BLANKS.sub(" ", str(value)).strip(" ")
    return _PUNCTUATION.sub(r"\\\g<0>", _TAKEN_AS_ONE.sub("\0", line)).replace("\0", ":small[]")


def about(label: str, name: str, *, is_pale: bool = False) -> str:
    r"""
    Write the label of one of many buttons alike: it is seen without the name, and heard with whom it is about.

    Markdown has nothing that is heard alone: the style sheet takes what stands on a grey ground in a button out of
    sight. Where nothing else is alike, there is no name.

    Examples
    --------
    >>> about("Up", "Li [2]"), about("Up", "Li", is_pale=True)
    ('Up :gray-background[Li \\[2\\]]', ':gray[Up] :gray-background[Li]')
    """
    shown = f":gray[{literal(label)}]" if is_pale else literal(label)
    return f"{shown} :gray-background[{literal(name)}]" if name else shown


def marked(pieces: Pieces) -> str:
    """
    Write a text with what it shares in ``<mark>``, darker where that adds more.

    Examples
    --------
    >>> marked((("<b>", 0), ("BLDC", 3)))
    '&lt;b&gt;<mark class="shade-3">BLDC</mark>'
    """
    return "".join(tag("mark", escape(piece), f"shade-{shade}") if shade else escape(piece) for piece, shade in pieces)


def chip(label: str, kind: str = "") -> str:
    """Write a short word in a rounded field; ``kind`` may be "accent" or "attention"."""
    return tag("span", escape(label), f"chip {kind}".strip())


def fact(label: str, value: str) -> str:
    """Write a label with its value, which is markup already."""
    return tag("div", tag("dt", escape(label)) + tag("dd", value))


def bar(share: float, start: float = 0.0, kind: str = "") -> str:
    """Draw a thin bar: from ``start``, as long as ``share`` of the track, both in [0, 1]."""
    left, width = max(0.0, min(start, 1.0)), max(0.0, min(share, 1.0 - start))
    style = f"margin-left:{left:.2%};width:{width:.2%}"
    return tag("span", tag("i", "", kind, style=style), "track", aria_hidden="true")


def bar_line(label: str, drawn: str, value: str, css: str = "") -> str:
    """Put a label, a bar and a number on one line; label and bar are markup already."""
    number = tag("span", escape(value), "number")
    return tag("li", tag("span", label, "label") + drawn + number, f"bar-line {css}".strip())


def addends(parts: Sequence[tuple[str, float]], total: tuple[str, float], scale: float) -> str:
    """
    Draw parts that add up: each bar begins where the one before ends, and the last line is their sum.

    Parameters
    ----------
    parts : sequence of (str, float)
        Label and value.
    total : (str, float)
    scale : float
        What the whole track stands for.
    """
    lines, start = [], 0.0
    for label, value in parts:
        drawn = bar(value / scale if scale else 0.0, start / scale if scale else 0.0)
        lines.append(bar_line(escape(label), drawn, f"{value:.3f}"))
        start += value
    label, value = total
    drawn = bar(value / scale if scale else 0.0, kind="sum")
    lines.append(bar_line(tag("b", escape(label)), drawn, f"{value:.3f}", "sum"))
    return bars(lines)


def bars(lines: Iterable[str]) -> str:
    """Gather lines made by `bar_line`."""
    return tag("ul", "".join(lines), "bars")


def notice(title: str, lines: Iterable[str] = (), kind: str = "") -> str:
    """Write a box with a title and, below it, what there is to say; ``kind`` may be "attention"."""
    said = "".join(tag("p", escape(line)) for line in lines)
    return tag("div", tag("strong", escape(title)) + said, f"notice {kind}".strip(), role="status")
