"""What documents name exists: links, files, options, settings, columns, examples, and words on the screen."""

import ast
import doctest
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from babel.messages.pofile import read_po

from matcher import cli
from matcher.domain.roles import ROLES
from matcher.domain.settings import Settings
from matcher.files import read_settings
from matcher.files.bureau import Bureau
from matcher.files.columns import table
from matcher.pages.frame import PAGES
from matcher.services.server import ServerSettings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").glob("*.md"),
        *ROOT.glob("benchmarks/**/*.md"),
    )
    if path.name != "CHANGELOG.md"  # it names what was, too
)
GUIDES = [path for path in DOCUMENTS if path.parent.name in ("guides", "reference") or path.parent == ROOT]
by_name = pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
"""Of a test: once for each document."""


def prose(page: Path) -> str:
    """Give a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """Give the blocks of code of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Name the headings of a page as links do: small letters, blanks as hyphens, without marks."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@by_name
def test_every_link_leads_to_something_that_is_there(page: Path) -> None:
    gone = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            gone.append(target)
    assert gone == []


@by_name
def test_every_guide_and_decision_is_linked_from_another_page(page: Path) -> None:
    if page.parent == ROOT:
        return
    linked = {
        (other.parent / target.partition("#")[0]).resolve()
        for other in DOCUMENTS
        if other != page
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(other))
    }
    assert page in linked or page.parent in linked


@by_name
def test_every_example_of_python_can_be_read_and_its_imports_found(page: Path) -> None:
    for code in blocks(page, "python"):
        if ">>>" in code:
            continue
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom):
                room = import_module(str(node.module))
                for alias in node.names:
                    assert hasattr(room, alias.name) or import_module(f"{node.module}.{alias.name}")


@by_name
def test_every_dialogue_with_python_goes_as_written(page: Path) -> None:
    text = "\n".join(code for code in blocks(page, "python") if ">>>" in code)
    example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    told: list[str] = []
    doctest.DocTestRunner().run(example, out=told.append)
    assert told == []


@by_name
def test_every_option_is_one_of_ours_or_of_a_tool_that_is_named(page: Path) -> None:
    ours = {"--lang", "--help", "--check"}
    for script in (ROOT / "benchmarks").rglob("*.py"):
        ours |= set(re.findall(r'"(--[a-z-]+)"', script.read_text(encoding="utf-8")))
    for command in every(typer.main.get_command(cli.app)):
        ours |= {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    named = set(re.findall(r"`[^`\n]*?(--[a-z][a-z-]*)[^`\n]*`", prose(page)))
    assert named - ours - TOOLS == set()


TOOLS = {"--target", "--upgrade", "--python", "--without-pip"}
"""Options of tools that documents speak of."""


def every(command: Any) -> Iterator[Any]:
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from every(inner)


@by_name
def test_every_block_of_settings_is_read(page: Path, tmp_path: Path) -> None:
    for text in blocks(page, "toml"):
        if set(tomllib.loads(text)) <= set(Settings.model_fields):
            file = tmp_path / "settings.toml"
            file.write_text(text, encoding="utf-8")
            read_settings(file)
        else:
            known = {*ServerSettings.model_fields, *Bureau.model_fields}
            assert set(tomllib.loads(text)) <= known


def test_every_setting_of_the_server_and_of_the_bureau_is_explained_in_a_guide() -> None:
    serving, exports = (
        (ROOT / "docs" / "guides" / f"{name}.md").read_text(encoding="utf-8") for name in ("serving", "exports")
    )
    assert [name for name in ServerSettings.model_fields if not re.search(rf"\b{name}\b", serving)] == []
    template = ROOT / "matcher" / "files" / "templates" / "zh" / "bureau.toml"
    said = exports + template.read_text(encoding="utf-8")
    assert [name for name in Bureau.model_fields if not re.search(rf"\b{name}\b", said)] == []


def test_columns_that_the_readme_calls_required_are() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, needed in (
        ("experts", {"expert_id", "name", "institution", "research_fields"}),
        ("firms", {"firm_id", "name", "township", "industry", "need_title"}),
    ):
        (row,) = re.findall(rf"^\| {name} \|.*\| (.*) \|$", text, re.MULTILINE)
        assert set(row.split(", ")) == {group[0] for group in table(name).required} == needed


def test_the_reference_is_as_the_code_has_it() -> None:
    reference = import_reference()
    stale = [
        name for name, text in reference.made().items() if not reference.is_so(reference.HERE / f"{name}.md", text)
    ]
    assert stale == [], "make reference"


def test_every_setting_command_option_and_public_name_has_a_sentence() -> None:
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for name in ("settings", "commands", "python")
        for line in (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [`A-Z]", line)
    ]
    assert len(rows) > 250
    assert [row for row in rows if not row[-1]] == []


CHINESE = [page for page in DOCUMENTS if page.parent.name == "guides" and page.name.endswith(".zh.md")]
"""Guides for people who read the pages in Chinese."""


def said_in_chinese() -> dict[str, str]:
    """Give the sentences of the Chinese catalogue by their codes."""
    with (ROOT / "matcher" / "language" / "locale" / "zh" / "LC_MESSAGES" / "matcher.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file)}


def bracketed(page: Path) -> set[str]:
    """Give what a guide puts in corner brackets: words of the screen."""
    return set(re.findall(r"「([^」]+)」", prose(page)))


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_what_a_chinese_guide_puts_in_corner_brackets_stands_on_the_screen(page: Path) -> None:
    said, words = said_in_chinese().values(), bracketed(page)
    assert words
    assert {word for word in words if not any(word in text for text in said)} == set()


def test_every_page_of_every_role_is_named_in_a_chinese_guide() -> None:
    said, named = said_in_chinese(), {word for page in CHINESE for word in bracketed(page)}
    pages = {name for role in ROLES for names in PAGES[role].values() for name in names}
    assert {name for name in pages if said[f"page.title.{name}"] not in named} == set()


def import_reference() -> Any:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
