"""What documents hold goes: links, examples, blocks of settings; and each page, setting and name is in a document."""

import ast
import doctest
import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from matcher.assignment import OBJECTIVES
from matcher.domain.roles import ROLES
from matcher.domain.settings import Settings
from matcher.files import read_settings
from matcher.files.bureau import Bureau
from matcher.files.columns import table
from matcher.pages.frame import PAGES
from matcher.services import permissions
from matcher.services.server import ServerSettings
from matcher.web.exports import EXPORTS
from tests.documents.addresses import addresses
from tests.documents.faults import DOCUMENTS, ROOT, bracketed, prose, said_in_chinese, text_of

by_name = pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
"""Of a test: once for each document."""


def blocks(page: Path, language: str) -> list[str]:
    """Give the blocks of code of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Name the headings of a page as links do: small letters, blanks as hyphens, without marks."""
    headings = re.findall(r"^#+ (.*)$", prose(text_of(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*DOCUMENTS, ROOT / "CHANGELOG.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_something_that_is_there(page: Path) -> None:
    gone = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text_of(page))):
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
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(text_of(other)))
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


def test_every_export_is_in_the_guides() -> None:
    exports, serving = (text_of(ROOT / "docs" / "guides" / f"{name}.md") for name in ("exports", "serving"))
    use_cases = {
        name
        for row in re.findall(r"^\| [^|]+ \| ([^|]+) \|", exports, re.MULTILINE)
        for name in re.findall(r"`([\w.]+)`", row)
    }
    made = {key: permissions.name_of(make) for key, make in EXPORTS.items()}
    assert {key for key, name in made.items() if name.removeprefix("papers.") not in use_cases} == set()
    said = {
        (kind, name)
        for kind, names in re.findall(r"^\| `/export/(\w+)/ID/([^|]+?) \|", serving, re.MULTILINE)
        for name in re.findall(r"[\w.]+", names)
    }
    assert EXPORTS.keys() - said == set()


def test_pages_lead_to_every_export_and_to_nothing_else() -> None:
    led = set().union(*(addresses(path.read_text(encoding="utf-8")) for path in (ROOT / "matcher/pages").glob("*.py")))
    assert led == {*EXPORTS, ("round", "invitations")}  # a form, and a route of its own


@pytest.mark.parametrize(
    ("source", "led"),
    [
        ('link(f"/export/round/{round_.id}/reminders.xlsx")', {("round", "reminders.xlsx")}),
        ('link(f"/export/round/{round_.id}/remindrs.xlsx")', {("round", "remindrs.xlsx")}),
        ('link(f"/export/round/{x}/"); say("reminders.xlsx")', set()),
        (
            'say("list.csv")\nfor name in ("list.csw",): link(f"/export/publication/{x}/{name}")',
            {("publication", "list.csw")},
        ),
        (
            'of = f"/export/placement/{x}"\n[f"{of}/{n}.docx" for n in ("letter",)]; say("agreement")',
            {("placement", "letter.docx")},
        ),
        ('def one(): of = f"/export/placement/{x}"\ndef other(): link(f"{of}/letter.docx")', set()),
        (
            'A = ("a.zip",)\ndef one(): [f"/export/round/{x}/{n}" for n in [*A, *(["b.zip"] if x else [])]]',
            {("round", "a.zip"), ("round", "b.zip")},
        ),
        (
            'of = ["a.zip"]\nof += B if x else ("b.zip",)\n[f"/export/round/{x}/{n}" for n in of]',
            {("round", "a.zip"), ("round", "b.zip")},
        ),
        ('link(f"/export/{kind}/{x}/list.csv")', set()),
        ('link(f"/export/scenario/{x}/settings.toml{asked}")', {("scenario", "settings.toml")}),
        ('link(f"/export/scenario/{x}/settings{ending}.toml")', set()),
        ('path = f"{path}/export/scenario/{x}/settings.toml"\nlink(path)', set()),
    ],
)
def test_an_address_is_what_a_page_puts_together_and_not_what_stands_elsewhere_in_it(
    source: str, led: set[tuple[str, str]]
) -> None:
    assert addresses(source) == led


def test_contributing_says_of_every_room_what_changes_there() -> None:
    table_of_rooms = text_of(ROOT / "CONTRIBUTING.md").partition("| what changes | where |")[2].partition("\n\n")[0]
    said = set(re.findall(r"`([\w.]+)`", table_of_rooms))
    rooms = {
        path.name for path in (ROOT / "matcher").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert rooms - {"__init__.py"} - said == set()


def test_every_objective_stands_where_settings_say_what_there_is() -> None:
    example = (ROOT / "settings.example.toml").read_text(encoding="utf-8").partition("\nobjective =")[2]
    (row,) = re.findall(
        r"^\| `objective` .*", (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [name for name in OBJECTIVES if f'"{name}": ' not in example.partition("\nproposer")[0]] == []
    assert [name for name in OBJECTIVES if f"`{name}`" not in row] == []


def test_the_reference_is_as_the_code_has_it() -> None:
    reference = import_reference()
    stale = [
        name for name, text in reference.made().items() if not reference.is_so(reference.HERE / f"{name}.md", text)
    ]
    assert stale == [], "make reference"


@pytest.mark.parametrize("name", ["files", "files.zh"])
def test_every_column_says_how_it_is_filled_in(name: str) -> None:
    lines = (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if re.search(r"\| `\w+`", f" {line}")]
    assert len(rows) == sum(len(table(each).columns) for each in import_reference().TABLES)
    assert [row for row in rows if len(row) != 4 or not all(row)] == []


def test_the_catalogue_explains_columns_that_there_are() -> None:
    columns = {column.code for name in import_reference().TABLES for column in table(name).columns.values()}
    said = {code.removeprefix("column.help.") for code in said_in_chinese() if code.startswith("column.help.")}
    assert said - columns == set()


def test_every_setting_has_the_range_that_it_is_held_to() -> None:
    said = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `\w+` \| number \|.*", said, re.MULTILINE) == []


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_a_notebook_uses_names_that_are_listed_as_public(path: Path) -> None:
    said = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    rooms = {room: set(re.findall(r"^\| `(\w+)`", rows, re.MULTILINE)) for room, rows in SECTIONS.findall(said)}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        (str(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "matcher"
        for alias in node.names
    } | {
        ("matcher", node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "matcher"
    }
    assert used
    assert [".".join(name) for name in sorted(used) if name[1] not in rooms.get(name[0], ())] == []
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name for name in modules if name.startswith("matcher.")} == set()


SECTIONS = re.compile(r"^## `([\w.]+)`\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
"""Of the list of public names: each room with its rows."""


def test_every_setting_command_option_and_public_name_has_a_sentence() -> None:
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for name in ("settings", "commands", "python")
        for line in (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| [`A-Z]", line)
    ]
    assert len(rows) > 250
    assert [row for row in rows if not row[-1]] == []


def test_every_page_of_every_role_is_named_in_a_chinese_guide() -> None:
    said = said_in_chinese()
    guides = (ROOT / "docs" / "guides").glob("*.zh.md")
    named = {word for page in guides for word in bracketed(text_of(page))}
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
