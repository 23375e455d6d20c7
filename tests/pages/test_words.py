"""What the pages say is in the catalogue, and the catalogue holds nothing for them that they don't say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.pofile import read_po

import matcher

PACKAGE = Path(matcher.__file__).parent
WORDS = ("page.", "web.")
ROOMS = ("pages", "services", "terminal", "web")


def codes() -> set[str]:
    with (PACKAGE / "language" / "locale" / "zh" / "LC_MESSAGES" / "matcher.po").open("rb") as file:
        return {str(entry.id) for entry in read_po(file) if str(entry.id).startswith(WORDS)}


def said() -> Iterator[tuple[str, bool]]:
    """Codes written in the code, each with whether it is whole; of those put together, the part before the value."""
    for path in (PACKAGE / "web" / "templates").glob("*.html"):
        for code, joined in re.findall(r"say\([\"\']([^\"\']+)[\"\']( ~)?", path.read_text(encoding="utf-8")):
            yield code, not joined
    for path in [path for room in ROOMS for path in (PACKAGE / room).glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
        parts = {id(part) for node in joined for part in node.values}
        for node in joined:
            if isinstance(node.values[0], ast.Constant) and str(node.values[0].value).startswith(WORDS):
                yield str(node.values[0].value), False
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in parts and str(node.value).startswith(WORDS):
                yield str(node.value), True


def test_every_code_that_the_pages_say_is_in_the_catalogue() -> None:
    known = codes()
    missing = [
        code for code, whole in said() if not (code in known if whole else any(k.startswith(code) for k in known))
    ]
    assert missing == []


def test_the_catalogue_holds_no_words_that_no_page_says() -> None:
    whole = {code for code, is_whole in said() if is_whole}
    begun = tuple(code for code, is_whole in said() if not is_whole)
    assert [code for code in sorted(codes()) if code not in whole and not code.startswith(begun)] == []


def test_headings_that_hold_a_value_show_it_as_it_was_typed() -> None:
    """Streamlit reads headings and the labels of tabs as Markdown: a name could be a link, a formula or struck out."""
    bare = [
        f"{path.name}:{call.lineno}"
        for path in (PACKAGE / "pages").glob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        if isinstance(call.func, ast.Attribute)
        if call.func.attr in ("title", "header", "subheader", "markdown", "caption") and call.args
        if not _is_literal(call.args[0])
    ]
    assert bare == []


def _is_literal(said: ast.expr) -> bool:
    """Whether a text is escaped, or a sentence of the catalogue without values."""
    if not isinstance(said, ast.Call):
        return False
    called = said.func.attr if isinstance(said.func, ast.Attribute) else getattr(said.func, "id", "")
    return called == "literal" or (called == "say" and len(said.args) == 1)
