"""The charts: bars, intervals, lines; each with its values beside its marks."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from matcher.plots.style import DEEP, INK, PALE, QUIET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROOM = 1.16
"""Width of a chart of bars, in lengths of its longest: the value is written behind it."""
_APART = 0.055
"""Least distance of two labels, as a share of the chart's height."""

Numbers = Sequence[float] | np.ndarray


def bars(
    axis: "Axes",
    names: Sequence[str],
    values: Numbers,
    *,
    of: Numbers | None = None,
    colours: Sequence[str] | str = DEEP,
    written: Sequence[str] | str = "{:g}",
) -> None:
    """
    Draw lying bars, the first on top, with their values behind them.

    Parameters
    ----------
    axis : Axes
    names : sequence of str
    values : float, shape (n,)
    of : float, shape (n,), or None
        What each is a part of: a paler bar behind.
    colours : str, or a sequence of them
    written : str, or a sequence of them
        A format of the values, or what to write in their place.
    """
    values, places = np.asarray(values, dtype=float), np.arange(len(names))
    longest = np.asarray(values if of is None else of, dtype=float)
    texts = [written.format(value) for value in values.tolist()] if isinstance(written, str) else written
    if of is not None:
        axis.barh(places, longest, color=PALE, height=0.72)
    axis.barh(places, values, color=colours, height=0.72)
    reach = max(float(np.maximum(longest, values).max(initial=0)), 1e-12)
    for place, value, text in zip(places.tolist(), np.maximum(longest, values).tolist(), texts, strict=True):
        axis.text(max(value, 0) + 0.012 * reach, place, text, va="center", fontsize=9, color=INK)
    axis.set_yticks(places, list(names), color=INK)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.set_xlim(min(0.0, float(values.min(initial=0))), _ROOM * reach)
    axis.tick_params(left=False, bottom=False, labelbottom=False)
    axis.spines[["left", "bottom"]].set_visible(False)


def intervals(
    axis: "Axes",
    names: Sequence[str],
    values: Numbers,
    low: Numbers,
    high: Numbers,
    *,
    reference: float | None = 0.0,
    written: str = "{:+.3f}",
) -> None:
    """
    Draw figures with their intervals, the first on top; those that hold the reference are drawn quietly.

    Parameters
    ----------
    axis : Axes
    names : sequence of str
    values, low, high : float, shape (n,)
    reference : float or None
        A line to compare with, such as no difference; None: there is none.
    written : str
        A format of the figures.
    """
    places = range(len(names))
    for place, value, start, end in zip(places, *(np.asarray(n).tolist() for n in (values, low, high)), strict=True):
        is_open = reference is not None and start <= reference <= end
        colour = QUIET if is_open else DEEP
        axis.plot([start, end], [place, place], color=colour, linewidth=2.4, solid_capstyle="round")
        axis.plot(value, place, "o", color="white" if is_open else colour, markeredgecolor=colour, markersize=7)
        axis.annotate(
            *(written.format(value), (value, place)), xytext=(0, 7), textcoords="offset points", ha="center"
        ).set(fontsize=8.5, color=INK)
    if reference is not None:
        axis.axvline(reference, color="#9DBDB5", linewidth=1, zorder=0)
    axis.set_yticks(list(places), list(names), color=INK)
    axis.set_ylim(len(names) - 0.5, -0.7)
    axis.tick_params(left=False)
    axis.spines["left"].set_visible(False)


def lines(
    axis: "Axes",
    x: Numbers,
    series: Mapping[str, Numbers],
    *,
    colours: Sequence[str],
    position: Callable[[str], str] = str,
) -> None:
    """
    Draw lines, each with its name at its right end, in its own colour.

    Parameters
    ----------
    axis : Axes
    x : float, shape (n,)
    series : mapping of str to float, shape (n,)
        By name.
    colours : sequence of str
        One for each.
    position : callable
        What to write for a name.
    """
    for (_, y), colour in zip(series.items(), colours, strict=True):
        axis.plot(x, y, color=colour, linewidth=2, marker="o", markersize=4.5)
    bottom, top = axis.get_ylim()
    ends = np.array([float(np.asarray(y)[-1]) for y in series.values()])
    heights = spread_out(ends, _APART * (top - bottom))
    for name, colour, end, height in zip(series, colours, ends.tolist(), heights.tolist(), strict=True):
        axis.annotate(position(name), (np.asarray(x)[-1], end), xytext=(1.015, height)).set(
            fontsize=9, color=colour, va="center", anncoords=("axes fraction", "data"), annotation_clip=False
        )


def spread_out(heights: np.ndarray, apart: float) -> np.ndarray:
    """
    Move labels as little as need be for none to lie on another.

    Parameters
    ----------
    heights : float, shape (n,)
    apart : float
        The least distance.

    Returns
    -------
    float, shape (n,)
        In the same order from the lowest up.

    Examples
    --------
    >>> spread_out(np.array([1.0, 1.0, 5.0]), 1.0).tolist()
    [0.5, 1.5, 5.0]
    """
    upward = np.argsort(heights, kind="stable")
    clusters: list[list[float]] = []  # centre and number of labels that touch
    for height in heights[upward].tolist():
        clusters.append([height, 1])
        while len(clusters) > 1:
            (below, n_below), (above, n_above) = clusters[-2:]
            if above - below >= apart * (n_below + n_above) / 2:
                break
            n = n_below + n_above
            clusters[-2:] = [[(below * n_below + above * n_above) / n, n]]
    placed = [centre + apart * (k - (n - 1) / 2) for centre, n in clusters for k in range(int(n))]
    spread = np.empty(len(heights))
    spread[upward] = placed
    return spread
