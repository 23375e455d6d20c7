"""What is wrong with a text that documents say: each function takes a text and names what in it does not exist."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import typer
from babel.messages.pofile import read_po

from matcher import cli
from matcher.cli import shared
from matcher.domain.roles import ROLES
from matcher.domain.settings import QuotaSettings, Settings
from matcher.files.bureau import Bureau
from matcher.files.columns import table
from matcher.language import label
from matcher.pages import finding_list
from matcher.pages.frame import PAGES
from matcher.services import in_force, passwords, sessions, throttling, tokens
from matcher.services.server import ServerSettings
from matcher.web import account
from matcher.web.exports import EXPORTS, OWN_DATA

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)

DOCUMENTS = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").glob("*.md"),
        *ROOT.glob("benchmarks/**/*.md"),
        *(ROOT / "notebooks").glob("*.py"),
    )
    if path.name != "CHANGELOG.md"  # it names what was, too
)


@cache
def text_of(page: Path) -> str:
    """Give what a document says: of a notebook's script its cells of words."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".py":
        return text
    cells = re.findall(r"^# %% \[markdown\]\n((?:#.*\n)*)", text, re.MULTILINE)
    return "\n".join(re.sub(r"^# ?", "", cell, flags=re.MULTILINE) for cell in cells)


# ---- code in a text


def prose(text: str) -> str:
    """Give a text without its blocks of code."""
    return BLOCK.sub("", text)


def spans(text: str) -> list[str]:
    """Give what stands between backticks in a text's lines, on one line each."""
    return [" ".join(span.split()) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", prose(text))]


def code_lines(text: str) -> Iterator[str]:
    """Give the lines of code: of blocks, fenced or indented, between backticks, and what units of systemd start."""
    for block in BLOCK.findall(text):
        yield from block.splitlines()[1:-1]
    yield from spans(text)
    yield from re.findall(r"^(?: {4}|ExecStart=)(.*)$", prose(text), re.MULTILINE)


# ---- commands


_CALL = re.compile(r"(?:^\s*|[;&|(]\s*|[\"'])(?:(?:[\w.]*/)+)?matcher(?= [a-z])|/bin/matcher(?= [a-z])")


def calls(text: str) -> Iterator[list[str]]:
    """Give the words behind ``matcher`` wherever code calls it; of `a | b` after a group each one by itself."""
    for line in code_lines(text):
        for found in _CALL.finditer(line):
            rest = line[found.end() :]
            if line[: found.end()].count("'") % 2:
                rest = rest.partition("'")[0]
            first, *others = re.split(r" \| (?=[a-z-]+(?: \||$))", rest.strip())
            words = shlex.split(first, comments=True)
            yield words
            for other in others:
                yield [*words[:-1], other]


@cache
def tree() -> Any:
    return typer.main.get_command(cli.app)


def called(words: Iterable[str]) -> tuple[tuple[str, ...], Any, list[str]]:
    """Walk down the commands: the path, what is there (None: nothing), and the words that are left."""
    here, path, left = tree(), (), list(words)
    while here is not None and hasattr(here, "commands") and left and left[0] != "...":
        if left[0] in ("--help", "--lang"):
            break
        path = (*path, left[0])
        here = here.commands.get(left.pop(0))
    return path, here, left


def every(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every command that does something, by the words that call it."""
    if not hasattr(command, "commands"):
        yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from every(inner, (*path, name))


def command_faults(text: str) -> list[str]:
    """Name calls of a command that there is not, or with an option or a choice that it does not have."""
    faults = []
    for words in calls(text):
        path, command, left = called(words)
        if command is None:
            faults.append(f"matcher {' '.join(path)}")
            continue
        there = {name: each for each in getattr(command, "params", ()) for name in (*each.opts, *each.secondary_opts)}
        for number, word in enumerate(left):
            name, _, value = word.partition("=")
            if name.startswith("--") and name not in {*there, "--lang", "--help"}:
                faults.append(f"matcher {' '.join(path)} {name}")
            choices = there[name].display_type_rich(None) or "" if name in there else ""
            value = value or (left[number + 1] if number + 1 < len(left) else "")
            if "|" in choices and value and not set(value.split("|")) <= set(choices.strip("<>").split("|")):
                faults.append(f"matcher {' '.join(path)} {name} {value}")
    return faults


_TOOLS = {"--target", "--upgrade", "--python", "--without-pip", "--check"}
"""Options of tools that documents speak of."""


@cache
def _options() -> frozenset[str]:
    ours = {"--lang", "--help"}
    for script in (ROOT / "benchmarks").rglob("*.py"):
        ours |= set(re.findall(r'"(--[a-z-]+)"', script.read_text(encoding="utf-8")))
    for _, command in every(tree()):
        ours |= {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return frozenset(ours)


def option_faults(text: str) -> list[str]:
    """Name options between backticks that neither a command, a benchmark nor a tool that is spoken of has."""
    named = {name for span in spans(text) for name in re.findall(r"(?<![\w-])--[a-z][a-z-]*", span)}
    return sorted(named - _options() - _TOOLS)


def target_faults(text: str) -> list[str]:
    """Name targets of make that the Makefile does not have."""
    there = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = [found[1] for line in code_lines(text) if (found := re.match(r"\s*make ([a-z][a-z-]*)", line))]
    return [f"make {name}" for name in asked if name not in there]


# ---- files and addresses


_FILE = re.compile(
    r"[\w.*-]+\.(?:py|md|toml|csv|tsv|txt|json|lock|css|js|po|ipynb|service|timer|env|conf|xlsx|docx|zip|db)"
)
_ROOMS = ("", "matcher/", "docs/", "benchmarks/oracles/", "benchmarks/", "tests/")
"""Where a path may begin: documents leave out the folder that they speak of."""
_EXAMPLES = {
    "notize.txt",
    "tuned.toml",
    "Bureau.toml",
    "sub/letter.txt",
    "matcher/_bundle",
    "publication-3-list.xlsx",
    "演示.txt",
    "text/html",
    "natural-2017-09-26.csv.zip",
}
"""What a document names because it is not there: a slip in a name, and what would be beside the program."""


@cache
def _code() -> str:
    """All that the program's own files say."""
    files = (path for path in (ROOT / "matcher").rglob("*") if path.suffix in (".py", ".po", ".js", ".html", ".toml"))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@cache
def _names() -> frozenset[str]:
    """The name of every file of the repository; folders that tools make are none of it."""
    rooms = ("matcher", "docs", "data", "benchmarks", "notebooks", "tests")
    below = {path.name for room in rooms for path in (ROOT / room).rglob("*") if path.is_file()}
    return frozenset(below | {path.name for path in ROOT.iterdir()})


@cache
def _written() -> frozenset[str]:
    """The names of files that the code has: what it writes or reads."""
    return frozenset(re.findall(r"[\"'/]([\w.-]+\.\w+)[\"']", _code()))


def path_faults(text: str) -> list[str]:
    """
    Name paths between backticks that are not there.

    A path begins at the root or in a folder of `_ROOMS`; a bare name, or one below a folder that is not ours, is that
    of a file anywhere, or one that the code names, since it writes or reads it; NAME stands for any.
    """
    tops = {path.name for room in _ROOMS for path in (ROOT / room).iterdir() if path.is_dir()} - {"templates"}
    faults = []
    for span in {word for line in spans(text) for word in line.split()}:
        if span in _EXAMPLES or not re.fullmatch(r"[\w.*/-]+", span) or span.startswith(("/", "-")):
            continue
        pattern = re.sub(r"\bNAME\b", "*", span)
        top, slash, _ = span.rstrip("/").partition("/")
        name = span.rpartition("/")[2]
        if slash and top in tops:
            if not any(any(ROOT.glob(room + pattern.rstrip("/"))) for room in _ROOMS):
                faults.append(span)
        elif _FILE.fullmatch(name) and name.islower() and "*" not in name and name not in _names() | _written():
            faults.append(span)
    return sorted(faults)


@cache
def _addresses() -> tuple[str, ...]:
    """Every address of the doors, as a pattern."""
    house: Any = None  # which the doors ask only when they are knocked at
    doors = [route.path for route in account.routes(house)]
    exports = [f"/export/{kind}/ID/{name}" for kind, name in EXPORTS]
    others = re.findall(r'Route\("(/[^"]+)"', _code())
    return (OWN_DATA, *doors, *exports, *(route.replace("{id:int}", "ID") for route in others))


def address_faults(text: str) -> list[str]:
    """Name addresses between backticks that no door answers; a name behind one in a table's cell is beside it."""
    said = [span for span in spans(text) if re.match(r"/(account|export|healthz)\b", span)]
    for first, others in re.findall(r"^\| `(/[^`]+)`((?:, `[^`]+`)*)", prose(text), re.MULTILINE):
        said += [f"{first.rpartition('/')[0]}/{name}" for name in re.findall(r"`([^`]+)`", others)]
    return [address for address in said if "…" not in address and address.partition("?")[0] not in _addresses()]


def port_faults(text: str) -> list[str]:
    """Name defaults of the server that a block of its settings, or an address of this machine, tells otherwise."""
    usual = ServerSettings()
    told = re.findall(r"127\.0\.0\.1:(\d+)", text)
    for block in re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        told += re.findall(r"^port = (\d+)", block, re.MULTILINE)
    return [port for port in told if int(port) != usual.port]


# ---- settings, columns, names


def _field(model: Any, names: list[str]) -> bool:
    """Whether a table of settings, and a name in it, are there."""
    for name in names:
        fields = getattr(model, "model_fields", {})
        if name not in fields:
            return False
        found = [fields[name].annotation]
        while not hasattr(found[-1], "model_fields") and get_args(found[-1]):
            inner = [each for each in get_args(found[-1]) if each not in (type(None), Ellipsis)]
            found.append(next((each for each in inner if hasattr(each, "model_fields") or get_args(each)), None))
        model = found[-1]
    return True


def setting_faults(text: str) -> list[str]:
    """Name settings, written `[table] name`, that neither a run, the server nor the bureau has."""
    faults = []
    for span in spans(text):
        found = re.fullmatch(r"\[{1,2}([a-z_.]+)\]{1,2}(?: ([a-z_]+)(?: = .*)?)?", span)
        if found and not found[1].startswith("tool."):
            names = [*found[1].split("."), *([found[2]] if found[2] else [])]
            if not any(_field(model, names) for model in (Settings, ServerSettings, Bureau)):
                faults.append(span)
    return faults


_FOREIGN = {
    *("pkg_resources", "ndcg_score", "sparse_dot_topn", "pg_dump", "quote_prefix", "run_every", "on_change", "st.form"),
    *("ip_hash", "year.month", "example.com", "example.edu", "matcher.db"),
    *("HttpOnly", "Secure", "SERIALIZABLE", "VACUUM", "ScriptRunner._execing", "result.placements.nsmallest"),
}
"""Names of other programs, and of their data."""
_NAME = re.compile(r"[a-z]+(?:[_.][a-z]+)+|(?:[a-z_]+\.)*_*[A-Z][A-Za-z_]*(?:\.[A-Za-z_]+)*")


def name_faults(text: str) -> list[str]:
    """
    Name what is written as a name, and is nowhere in the code.

    Between backticks one of Python, a column or a setting, `a_b`, `a.b`, `Ab` or `AB`; anywhere a variable of the
    environment.
    """
    faults = [name for name in re.findall(r"\bMATCHER_[A-Z_]+", text) if f'"{name}"' not in _code()]
    for span in spans(text):
        name = span.partition("(")[0]
        if not _NAME.fullmatch(name) or _FILE.fullmatch(name) or name in _FOREIGN:
            continue
        if name.startswith("matcher."):
            if not _importable(name):
                faults.append(name)
        elif not all(re.search(rf"\b{part}\b", _code()) for part in name.split(".")):
            faults.append(name)
    return faults


def _importable(name: str) -> bool:
    room, _, last = name.rpartition(".")
    try:
        return hasattr(import_module(room), last) or bool(import_module(name))
    except ImportError:
        return False


_TABLES = {"experts": "experts", "专家表": "experts", "firms": "firms", "企业需求表": "firms"}


def column_faults(text: str) -> list[str]:
    """
    Name columns that are not there, or not required where a table says so.

    A row that begins with the name of a spreadsheet lists what it requires, in either language; names in brackets
    behind a file of a benchmark are its columns; "in a column: of firms ...; of experts ..." lists those of quotas.
    """
    faults = []
    for name, rest in re.findall(rf"^\| ({'|'.join(_TABLES)}) \| (.*) \|$", text, re.MULTILINE):
        for cell in rest.split(" | "):
            said = set(re.split(r", |、", cell))
            groups = [table(_TABLES[name]).columns[group[0]] for group in table(_TABLES[name]).required]
            needed = {column.name for column in groups}, {label(column.code, "zh") for column in groups}
            if len(said) > 2:
                faults += sorted(said ^ min(needed, key=lambda one: len(said ^ one)))
    for name, names in re.findall(r"`(queries|documents|relevance)\.csv`\s+\(([^;)]+)", text):
        faults += [each for each in re.findall(r"[a-z_]+", names) if each not in {*table(name).columns, "optionally"}]
    for names in re.findall(r"in a column: of firms ([a-z_,\s]+); of experts ([a-z_,\s]+)\.", text):
        known = set(get_args(QuotaSettings.model_fields["column"].annotation))
        faults += sorted(set(re.findall(r"[a-z_]+", " ".join(names))) ^ known)
    return faults


# ---- words on the screen


@cache
def said_in_chinese() -> dict[str, str]:
    """Give the sentences of the Chinese catalogue by their codes."""
    with (ROOT / "matcher" / "language" / "locale" / "zh" / "LC_MESSAGES" / "matcher.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file)}


def as_pattern(said: str) -> str | None:
    """
    Make a pattern of a sentence: blanks in it stand for anything; of a label followed by a value, the label will do.

    None where there is little beside the blanks.
    """
    parts = re.split(r"\{[^{}]*\}", said)
    if len(parts) > 1 and sum(map(len, parts)) < 2:
        return None
    shown = ".+".join(re.escape(part) for part in parts)
    name, *rest = re.split(r"[ “]*[{（：]", said, maxsplit=1)
    return f"{shown}|{re.escape(name)}" if rest and len(name) > 1 else shown


@cache
def _screen() -> re.Pattern[str]:
    return re.compile("|".join(filter(None, map(as_pattern, said_in_chinese().values()))))


def bracketed(text: str) -> list[str]:
    """Give what stands in corner brackets: words of the screen."""
    return re.findall(r"「([^」]+)」", prose(text))


def screen_faults(text: str) -> list[str]:
    """Name words in corner brackets that are no whole sentence of the Chinese catalogue."""
    return [word for word in bracketed(text) if not _screen().fullmatch(word)]


def shown_faults(text: str) -> list[str]:
    """Name Chinese words of a guide in English, outside code, that are no whole sentence of the Chinese catalogue."""
    words = re.findall(r"[\u4e00-\u9fff](?:[\u4e00-\u9fff/：、…]*[\u4e00-\u9fff])?", re.sub("`[^`]*`", "", prose(text)))
    return [word for word in words if word not in _SAID_ELSEWHERE and not _screen().fullmatch(word)]


_SAID_ELSEWHERE = {"五大员", "演示数据"}
"""What the ministry calls the roles, and what papers of a demonstration say."""


@cache
def _codes(page: str) -> re.Pattern[str]:
    """Give a pattern of the codes of the catalogue that a page's module, or one that it stands on, may say."""
    todo, seen, codes = [page], set(), set()
    while todo:
        name = todo.pop()
        path = ROOT / "matcher" / "pages" / f"{name}.py"
        if name in seen or not path.is_file():
            continue
        seen.add(name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("matcher.pages"):
                todo += [str(node.module).rpartition(".")[2], *(alias.name for alias in node.names)]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
                codes.add(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = [str(each.value) if isinstance(each, ast.Constant) else None for each in node.values]
                if parts[0] not in (None, "page.", "value.") and "." in str(parts[0]):
                    codes.add("".join(".+" if part is None else re.escape(part) for part in parts))
    return re.compile("|".join(codes))


_PAGES = {name for role in ROLES for names in PAGES[role].values() for name in names}


def page_faults(text: str) -> list[str]:
    """
    Name words that a text says to be on a page, "在「page」 ... 「word」", and that its module never says.

    So up to the end of the sentence, or to the next page that is named. Values, titles of columns and what a door or
    a service says may stand anywhere.
    """
    titles = {said_in_chinese()[f"page.title.{name}"]: name for name in _PAGES}
    faults = []
    for title, rest in re.findall(r"在「([^」]+)」([^。；|\n]*)", prose(text)):
        if title not in titles:
            continue
        for word in re.findall(r"「([^」]+)」", re.split("|".join(f"「{name}」" for name in titles), rest)[0]):
            codes = [code for code, said in said_in_chinese().items() if re.fullmatch(as_pattern(said) or "(?!)", word)]
            if not any(
                _codes(titles[title]).fullmatch(code) or not code.startswith(("page.", "value.action.", "value.what."))
                for code in codes
            ):
                faults.append(f"{title}: {word}")
    return faults


# ---- sources and recipes


def source_faults(text: str) -> list[str]:
    """Name sources, "- Author (year). Title", that the text before them cites nowhere."""
    cited, _, listed = text.partition("## Sources")
    flat = " ".join(cited.split())
    sources = re.findall(r"^- ([^.(]+) \((\d{4})\)", listed, re.MULTILINE)
    return [f"{who} {year}" for who, year in sources if not re.search(_cited(who, year), flat)]


def _cited(who: str, year: str) -> str:
    """Give the pattern of a citation: all authors of a source, or the first of many "et al.", and the year."""
    return rf"(?:{re.escape(who)}|{re.escape(who.partition(',')[0])} et al\.) {year}"


def recipe_faults(text: str) -> list[str]:
    """Name the recipes of "How to add" behind which what fails until all is done does not stand."""
    recipes = re.findall(r"^\*\*(.+?)\.\*\* (.*?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return [name for name, rest in recipes if "*Fails*" not in rest]


# ---- facts


@cache
def facts() -> tuple[tuple[str, object], ...]:
    """Give what documents say of a number, as a pattern of it, with the number that the code has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    projects = (ROOT / "benchmarks" / "data" / "nsfc_projects.tsv").read_text(encoding="utf-8").count("\n") - 1
    return (
        (r"([\d,]+) (?:funded projects|个受资助项目)", f"{projects:,}"),
        (r"Python ([\d.]+) (?:or newer|and newer|以上)", project["requires-python"].removeprefix(">=")),
        (r"\b(\d) fine", shared.FINE),
        (r"\b(\d) a fault of ours", shared.OUR_FAULT),
        (r"\b(\d) wrong use or input", shared.WRONG_INPUT),
        (r"missing[^.]* ends with code (\d)", shared.WRONG_INPUT),
        (r"\b(\d) no feasible assignment", shared.INFEASIBLE),
        (r"contradict each other[^.]* exit code (?:is )?(\d)", shared.INFEASIBLE),
        (r"\b(\d) the audit found something", shared.UNSOUND),
        (r"\bexit 0,? or (\d)", shared.UNSOUND),
        (r"verify`[^.]* exit code (\d)", shared.UNSOUND),
        (r"\b(\d) the database does not answer", shared.UNREACHABLE),
        (r"does not answer,[^.]* code (\d)", shared.UNREACHABLE),
        (r"(\w+) hours (?:idle|without use|in which nothing)", sessions.IDLE // timedelta(hours=1)),
        (r"idle, (\w+) at most", sessions.ABSOLUTE // timedelta(hours=1)),
        (r"after (\w+)(?: hours)? in any case", sessions.ABSOLUTE // timedelta(hours=1)),
        (r"password has (\d+) to", passwords.LEAST),
        (r"密码，至少 (\d+) 个字符", passwords.LEAST),
        (r"password has \d+ to (\d+)", passwords.MOST),
        (r"(\w+) mistyped passwords", throttling.OF_ADDRESS),
        (r"等 (\d+) 分钟", throttling.WINDOW // timedelta(minutes=1)),
        (r"一般不少于 (\d+) 个", _least_working_days()),
        (r"notice_working_days` \((\d+)\)", _least_working_days()),
        (r"超过 (\d+) 天没有动静", in_force.QUIET_DAYS),
        (r"(\d+) 位邀请码", tokens.CODE_LENGTH),
        (r"点「对比」，最多(.)[位家项]并排", finding_list.COMPARED),
    )


def _least_working_days() -> int:
    """Read how many working days a notice has at least, where the bureau says nothing else."""
    text = (ROOT / "matcher" / "files" / "templates" / "zh" / "bureau.toml").read_text(encoding="utf-8")
    return int(tomllib.loads(text)["notice_working_days"])


_IN_WORDS = {2: ("two",), 3: ("三",), 12: ("twelve",), 20: ("twenty",)}


def fact_faults(text: str) -> list[str]:
    """Name what a text says of a number of `facts`, where the code has another."""
    flat = " ".join(text.split())
    return [
        found[0]
        for pattern, value in facts()
        for found in re.finditer(pattern, flat)
        if found[1] not in (str(value), *_IN_WORDS.get(value, ()))
    ]


# ---- figures


_LINK = re.compile(r"\]\(((?:\.\./|docs/)measurements/[\w-]+\.md)\)")
_FIGURE = re.compile(r"(?<![\w.,])[-+]?\d[\d,]*\.\d+(?![\d.]*\.\d)(?!\w)")


def figure_faults(text: str) -> list[str]:
    """
    Name rows of tables, and figures of sentences, that the measurement to which they link does not have.

    A table's measurement is linked in the paragraph before it, else in the one behind. The figures of a row must be
    those of one line there, rounded; of a sentence those of nDCG@10 in that column, those with a unit anywhere.
    """
    parts = [part for part in re.split(r"\n\s*\n", prose(text)) if part.strip()]
    faults = []
    for number, part in enumerate(parts):
        is_table = part.startswith("|")
        places = [number - 1, number + 1] if is_table else [number]
        links = [found[1] for place in places if 0 <= place < len(parts) and (found := _LINK.search(parts[place]))]
        if not links:
            continue
        there = (ROOT / "docs" / "measurements" / Path(links[0]).name).read_text(encoding="utf-8")
        lines = [_FIGURE.findall(line) for line in there.splitlines()]
        if is_table:
            rows = [(row, _FIGURE.findall(row)) for row in part.splitlines()]
            faults += [row for row, figures in rows if not any(all(_among(f, line) for f in figures) for line in lines)]
        else:
            firsts = re.findall(r"^\|[^|]*\| ([\d.]+) \|", there, re.MULTILINE)  # nDCG@10 in the tables of rankings
            faults += [f for f in _FIGURE.findall(part) if "nDCG@10" in part and not _among(f, firsts)]
            for figure in re.findall(r"(?<![\d.,])(\d[\d,.]*) (?:MB|ms|s)\b", _LINK.sub("]", part)):
                if not _among(figure, re.findall(r"\d[\d,]*(?:\.\d+)?", there)):
                    faults.append(figure)
    return faults


def _among(figure: str, exact: list[str]) -> bool:
    """Whether a figure is one of others, rounded."""
    digits = len(figure.partition(".")[2])
    value = float(figure.replace(",", ""))
    return any(abs(float(each.replace(",", "")) - value) <= 0.5000001 * 10**-digits for each in exact)
