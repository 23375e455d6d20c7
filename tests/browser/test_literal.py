"""What people typed stands in headings and labels as they typed it: Markdown is read by the browser."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.conftest import environment, free_port, wait_until_open

NASTY = (
    *("www.evil.example 厂", "WWW.EVIL.EXAMPLE", "甲www.evil.example乙", "https://evil.example/x", "HTTP://例.cn"),
    *("ftp://a.b", "a@b.example", "mailto:a@b.example", "xmpp:a@b@c.example", "https://https://x.y", "x.www.y.z"),
    *("甲--乙", "甲 -- 乙", "甲 --- 乙", "甲->乙", "甲 -> 乙 <- 丙 <-> 丁", "1 >= 2 <= 3 != 4 ~= 5 => 6 == 7"),
    *("a...b (c) +-", "a\n\nb", "甲\n===", "甲\n---", "a|b\n-|-", "    甲", "  甲  ", "---"),
    *("# 甲", "1. 甲", "1) 甲", "- 甲", "+ 甲", "> 甲", "{x} 20%"),
    *("5~10mm、20~30mm", "~~x~~", "*a* **b** __c__ a_b_c", "`a` ``", "$x$ $$y$$", "<b>x</b>", "&amp; &#64;", "\\*x\\"),
    *("![x](y)", "[x](y)", "[^1] [x]", ":red[x]", ":small[]", ":material/home:", ":smile: x:y", ":blue-badge[x]"),
)  # fmt: skip

PAGE = f"""
import streamlit as st
from matcher.pages.markup import literal
for number, typed in enumerate({NASTY!r}):
    shown = literal(typed)
    st.title(shown, anchor=False)
    st.header(shown, anchor=False)
    st.selectbox(shown, [1], key=f"s{{number}}")
    st.metric(shown, 1)
    st.popover(shown, key=f"p{{number}}").write("x")
    st.button(shown, key=f"b{{number}}")
    st.expander(shown).write("x")
    st.page_link("https://example.invalid", label=shown)
st.tabs([literal(typed) for typed in {NASTY!r}])
"""

SHOWN = "[data-testid=stMarkdownContainer]"
PLACES = {
    "title": "h1",
    "heading": "h2",
    "label": f"[data-testid=stSelectbox] label {SHOWN}",
    "figure": f"[data-testid=stMetricLabel] {SHOWN}",
    "popover": f"[data-testid=stPopover] button {SHOWN}",
    "button": f"[data-testid=stButton] button {SHOWN}",
    "expander": f"summary {SHOWN}",
    "page": f"[data-testid=stPageLink] {SHOWN}",
    "tab": f"[data-testid=stTab] {SHOWN}",
}
OTHER = "a, em, strong, del, code, pre, img, svg, li, hr, blockquote, table, .katex"
READ = f"all => all.map(one => [one.textContent, one.querySelectorAll('{OTHER}').length])"
WRITTEN = """([selector, count]) => {
  const all = [...document.querySelectorAll(selector)];
  return all.length === count && all.every((one) => one.textContent.trim());
}"""
"""An element stands there before what is in it has been read."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    script, log, port = tmp_path / "page.py", tmp_path / "log", free_port()
    script.write_text(PAGE, encoding="utf-8")
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options, "--browser.gatherUsageStats=false"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment(tmp_path), cwd=tmp_path, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until_open(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_what_was_typed_is_shown_as_it_was_typed_in_every_kind_of_heading_and_label(
    chromium: Browser, address: str
) -> None:
    page = chromium.new_page()
    page.goto(address)
    wanted = [[" ".join(typed.split()), 0] for typed in NASTY]
    for place, selector in PLACES.items():
        page.wait_for_function(WRITTEN, arg=[selector, len(NASTY)])
        found = page.locator(selector).evaluate_all(READ)
        assert [[text.strip(), other] for text, other in found] == wanted, place
    page.close()
