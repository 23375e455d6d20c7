"""Charts say their values; Chinese is drawn where a font has it, and nothing that can't be drawn is."""

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.text import Text

from matcher.plots import bars, finding, intervals, lines, named, new_figure, speaks_chinese, style, use_style
from matcher.plots.charts import spread_out


@pytest.fixture(autouse=True)
def drawn_on_nothing() -> Iterator[None]:
    with mpl.rc_context():
        mpl.use("agg")
        yield
        import matplotlib.pyplot as plt

        plt.close("all")
        style.chinese_font.cache_clear()


@pytest.fixture
def without_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = [font for font in font_manager.fontManager.ttflist if font.name.startswith("DejaVu")]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", plain)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    style.chinese_font.cache_clear()


def texts(axis: Axes) -> list[str]:
    return [part.get_text() for part in axis.findobj() if isinstance(part, Text) and part.get_text()]


@pytest.mark.usefixtures("without_chinese")
def test_without_a_chinese_font_names_become_what_any_font_has() -> None:
    assert not speaks_chinese()
    assert named(["甘霖镇", "Zone A"], "township") == ["township 1", "Zone A"]
    assert named(["裘仲明"], "expert", ["E001"]) == ["expert E001"]


@pytest.mark.usefixtures("without_chinese")
def test_a_plot_without_a_chinese_font_warns_of_no_missing_glyph() -> None:
    use_style()
    figure, axis = new_figure(4, 2)
    bars(axis, named(["甘霖镇", "三界镇"], "township"), [1, 2])

    figure.canvas.draw()  # a warning is an error here


def test_names_stay_just_where_a_chinese_font_is_there_and_are_drawn_without_a_warning() -> None:
    use_style()
    figure, axis = new_figure(4, 2)
    bars(axis, named(["甘霖镇", "三界镇"], "township"), [1, 2], written=["一", "二"])
    if not speaks_chinese():
        assert not {"甘霖镇", "三界镇"} & set(texts(axis))
        return
    finding(axis, "三界镇 has most", "需求 ≥ 1, −1 to +1 · by township")

    figure.canvas.draw()
    assert {"甘霖镇", "三界镇", "三界镇 has most"} <= set(texts(axis))


def test_a_font_installed_after_matplotlib_last_looked_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [path for path in font_manager.findSystemFonts() if "notosanscjk-regular" in path.lower()]
    manager = font_manager.FontManager.__new__(font_manager.FontManager)
    manager.__dict__ = {**font_manager.fontManager.__dict__, "ttflist": []}
    monkeypatch.setattr(font_manager, "fontManager", manager)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: paths)
    style.chinese_font.cache_clear()

    assert style.chinese_font() in (("Noto Sans CJK SC", "Noto Sans CJK JP") if paths else (None,))


def test_bars_write_their_values_and_lie_from_the_top() -> None:
    _, axis = new_figure(4, 2)
    bars(axis, ["a", "b"], [2.5, 0], of=[4, 1], written=["2.5 of 4", "none"])

    assert {"a", "b", "2.5 of 4", "none"} <= set(texts(axis))
    assert axis.get_ylim()[0] > axis.get_ylim()[1]
    assert [bar.get_width() for bar in axis.patches] == [4, 1, 2.5, 0]


def test_no_bars_are_an_empty_chart() -> None:
    figure, axis = new_figure(4, 2)
    bars(axis, [], [])

    figure.canvas.draw()


def test_an_interval_that_holds_the_reference_is_drawn_quietly() -> None:
    _, axis = new_figure(4, 2)
    intervals(axis, ["sure", "open"], [0.2, 0.1], [0.1, -0.1], [0.3, 0.3])

    spans = [line for line in axis.lines if len(line.get_xdata()) == 2 and line.get_linewidth() > 2]
    assert [line.get_color() for line in spans] == [style.DEEP, style.QUIET]
    assert {"+0.200", "+0.100"} <= set(texts(axis))


def test_lines_carry_their_names_at_their_ends() -> None:
    figure, axis = new_figure(4, 2)
    lines(axis, [1, 2], {"up": [0, 1], "down": [1, 0.99]}, colours=[style.DEEP, style.ATTENTION])

    figure.canvas.draw()
    heights = {found.get_text(): found.xyann[1] for found in axis.texts}
    assert heights["up"] > heights["down"]
    assert heights["up"] - heights["down"] >= 0.05


@given(st.lists(st.floats(-5, 5), max_size=8), st.floats(0.1, 2))
def test_labels_are_apart_keep_their_order_and_their_middle(heights: list[float], apart: float) -> None:
    found = spread_out(np.array(heights), apart)

    assert (np.diff(np.sort(found)) >= apart - 1e-9).all()
    assert np.argsort(found, kind="stable").tolist() == np.argsort(heights, kind="stable").tolist()
    assert float(found.sum()) == pytest.approx(sum(heights), abs=1e-6)
    if (np.diff(np.sort(heights)) >= apart).all():
        assert found.tolist() == pytest.approx(heights)
