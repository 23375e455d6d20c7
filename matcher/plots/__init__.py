"""
Plots that say what they show, in the colours of the pages; Chinese where a font has it.

They need matplotlib, the extra ``plots``; it is loaded when the first of them is drawn. A chart here has its values
written beside its marks, so that nobody measures by eye: no legend, no grid, no axis that tells nothing.

Examples
--------
>>> from matcher.plots import bars, finding, new_figure, use_style
>>> use_style()
>>> figure, axis = new_figure(5, 2)
>>> bars(axis, ["motors", "tea"], [12, 3])
>>> finding(axis, "Motors ask for most", "places wanted, by industry")
"""

from matcher.plots.charts import bars, intervals, lines
from matcher.plots.style import (
    ATTENTION,
    DEEP,
    INK,
    MOSS,
    PALE,
    QUIET,
    finding,
    named,
    new_figure,
    speaks_chinese,
    use_style,
)

__all__ = [
    "ATTENTION",
    "DEEP",
    "INK",
    "MOSS",
    "PALE",
    "QUIET",
    "bars",
    "finding",
    "intervals",
    "lines",
    "named",
    "new_figure",
    "speaks_chinese",
    "use_style",
]
