"""Colours, fonts and titles of every plot."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEEP = "#0B6E5F"
"""Colour of the pages: what a plot is about."""
PALE = "#CFE6DF"
"""Its pale kin: what that is a part of."""
MOSS = "#7B8C5A"
"""A second kind of thing."""
ATTENTION = "#E08E45"
"""What should be looked at, and nothing else."""
INK = "#1C2B2A"
"""Colour of words: what is said."""
QUIET = "#55686A"
"""Colour of words that explain it."""

_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
)
"""Chinese fonts that systems come with, the plainest first."""
_FILES = ("notosanscjk", "sourcehansans", "pingfang", "hiragino sans gb", "msyh", "wqy", "simhei")
"""How the files of these begin, in lower case."""
_LATIN = "DejaVu Sans"
"""Comes with matplotlib, and has the letters and signs that a Chinese font lacks."""


@cache
def chinese_font() -> str | None:
    """
    Find a Chinese font, among those that matplotlib knows and those that were installed since it last looked.

    Returns
    -------
    str or None
        Its name; None where there is none, so that nothing Chinese can be drawn.
    """
    from matplotlib import font_manager

    manager = font_manager.fontManager
    if not _known(manager):
        for path in sorted(font_manager.findSystemFonts()):
            if Path(path).name.lower().startswith(_FILES):
                manager.addfont(path)
    return _known(manager)


def speaks_chinese() -> bool:
    """Whether Chinese can be drawn."""
    return chinese_font() is not None


def named(names: Sequence[str], kind: str, ids: Sequence[str] | None = None) -> list[str]:
    """
    Give names to draw: as they are where a font has them, else what any font has.

    Parameters
    ----------
    names : sequence of str
    kind : str
        What they are names of, in English: stands in for those that can't be drawn.
    ids : sequence of str, as long as the names, or None
        To tell them apart; None: their numbers, from 1.

    Examples
    --------
    >>> named(["Tom"], "expert")
    ['Tom']
    """
    drawn = chinese_font() is not None
    marks = ids or [str(k) for k in range(1, len(names) + 1)]
    return [name if drawn or name.isascii() else f"{kind} {mark}" for name, mark in zip(names, marks, strict=True)]


def use_style() -> None:
    """Draw in the house's colours and fonts from here on: matplotlib's settings of this process."""
    import matplotlib.pyplot as plt

    font = chinese_font()
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "savefig.dpi": 110,
            "figure.facecolor": "white",
            "font.family": [*([font] if font else []), _LATIN],  # what the first lacks comes from the second
            "font.size": 10,
            "text.color": INK,
            "axes.edgecolor": "#9DBDB5",
            "axes.labelcolor": QUIET,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.unicode_minus": False,
            "xtick.color": QUIET,
            "ytick.color": QUIET,
        }
    )


def new_figure(width: float, height: float, n_columns: int = 1, **options: Any) -> tuple["Figure", Any]:
    """
    Begin a figure.

    Parameters
    ----------
    width, height : float
        In inches.
    n_columns : int
        Charts side by side.
    options
        As `matplotlib.pyplot.subplots` takes them.

    Returns
    -------
    Figure
    Axes, or an array of them where there are several columns
    """
    import matplotlib.pyplot as plt

    return plt.subplots(1, n_columns, figsize=(width, height), layout="constrained", **options)


def finding(axis: "Axes", title: str, note: str = "") -> None:
    """
    Say above a chart what it shows.

    Parameters
    ----------
    axis : Axes
    title : str
        What is found, as a sentence.
    note : str
        What is drawn and in which unit; in smaller letters below.
    """
    lines = note.count("\n") + 1 if note else 0
    axis.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK, pad=8 + 13 * lines)
    if note:
        below = axis.text(0, 1.02, note, transform=axis.transAxes, fontsize=9, color=QUIET, va="bottom")
        below.set_in_layout(False)  # a long note must not make the chart narrower


def _known(manager: Any) -> str | None:
    """Find the first of the fonts that is there."""
    there = {font.name for font in manager.ttflist}
    return next((name for name in _FONTS if name in there), None)
