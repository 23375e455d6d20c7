"""Write docs/reference/ anew from the code: settings, columns of files, commands, and the names of the package."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from annotated_types import Gt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import matcher
from matcher import cli
from matcher.domain import settings
from matcher.files.columns import Column, number_range, table, without_none
from matcher.language import LANGUAGES, label, use
from matcher.ranking.tables import LEVELS, rows_of

HERE = Path(__file__).parent / "reference"
MADE = "<!-- Made by `make reference`; change the code. -->"
ROOMS = ("text", "ranking", "ranking.learning", "assignment", "placement", "plots", "files", "store", "language")
"""Packages whose public names are those that they list themselves."""
MODULES = {
    "pipeline": ("MatchResult", "match", "open_market", "place_ranked"),
    "newcomers": ("weighed_newcomer_gains",),
    "domain.settings": (
        *("AssignmentSettings", "CalibrationSettings", "CheckSettings", "EligibilitySettings", "Logistic"),
        *("QuotaSettings", "RankingSettings", "Settings", "TermSettings", "TextSettings", "Weights"),
    ),
    "domain.errors": ("InfeasibleProblem", "InputError", "MatcherError", "SettingsError"),
    "text.quality": ("NeedQuality", "advice", "assess"),
    "text.plain": ("TermScores", "plain_bm25", "plain_grams", "plain_tf_idf", "plain_words"),
    "services.benchmark": ("Benchmark", "load_benchmark"),
    "services.evaluating": ("METRICS", "Evaluation", "Measured", "compared", "evaluate", "measure"),
}
"""Modules of which some names are public, too."""
TABLES = ("experts", "firms", "ratings", "placements", "queries", "documents", "relevance")
KINDS = {
    "en": {
        "text": "text, up to 5,000 characters",
        "passage": "text",
        "id": "up to 64 characters, none of them a blank, `;` or `=`",
        "texts": "list, by `;`",
        "ids": "ids, by `;`",
        "tiers": "ids by rank; `;` is next, `=` is equal",
        "whole": "whole number",
        "real": "number",
        "word": "one of",
        "comma": ", ",
    },
    "zh": {
        "text": "文字，最多 5,000 字",
        "passage": "文字",
        "id": "最多 64 个字符，不含空格、分号和等号",
        "texts": "多项，用分号隔开",
        "ids": "多个编号，用分号隔开",
        "tiers": "按志愿顺序写编号；分号表示下一位，等号表示并列",
        "whole": "整数",
        "real": "数字",
        "word": "填其一",
        "comma": "，",
    },
}
FILES: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Columns of the files",
        "head": ("header", "Chinese header", "what it says", "what a cell holds"),
        "note": "Headers in either language, in any order, with spaces and full-width forms forgiven; CSV (UTF-8 or\n"
        "GB18030) or XLSX. Columns with a * may not be blank, nor all of those with (*). Unknown columns are left\n"
        "aside with a warning that names them.",
        "experts": "Experts, a row each",
        "firms": "Needs, a row each; a firm with several needs gives each a need_id",
        "ratings": "Ratings of earlier years, for `--ratings`",
        "placements": "A placement list, as `assign` writes it and `audit` and `--keep` read it",
        "queries": "`queries.csv` of a benchmark for `evaluate`",
        "documents": "`documents.csv` of it",
        "relevance": "`relevance.csv` of it",
        "known": "Ways of writing that are known",
        "of": ("what", "written", "rule"),
        "titles": ("title: ", "anywhere in the cell; of several the longest counts"),
        "degrees": ("degree, of doctors", "as the whole cell"),
        "disciplines": ("discipline", "anywhere in the cell, also by other common names"),
        "industries": ("industry", "anywhere in the cell, also by other common names"),
        "places": (
            "place, here",
            "anywhere in an address; the counties of the province and cities with universities are known, too",
        ),
        "words": "as the whole cell",
    },
    "zh": {
        "title": "表格怎么填",
        "head": ("列名", "英文列名", "填什么", "格式"),
        "note": "列名用中文或英文都可以，顺序不限，空格和全角字符不影响识别；文件可以是 CSV（UTF-8 或\n"
        "GB18030）或 XLSX。带 * 的列必填，带 (*) 的列至少填一个。不认识的列不读入，并会提示是哪些列。",
        "experts": "专家表，每位专家一行",
        "firms": "企业需求表，每项需求一行；一家企业有几项需求时，每项填写需求编号",
        "ratings": "往年评分表",
        "placements": "派遣名单",
        "queries": "评测用的查询表",
        "documents": "评测用的文档表",
        "relevance": "评测用的相关度表",
        "known": "认得的写法",
        "of": ("什么", "写法", "怎样认"),
        "titles": ("职称：", "在格子里任何位置都行，有几个时按最长的"),
        "degrees": ("学位，算博士的", "整格就是它"),
        "disciplines": ("学科", "在格子里任何位置都行，常见的别名也认"),
        "industries": ("行业", "在格子里任何位置都行，常见的别名也认"),
        "places": ("地名，本地的", "在地址里任何位置都行；省内各市县、外地有高校的城市也认"),
        "words": "整格就是它",
    },
}


def main() -> None:
    """Write every page; with ``--check``, only say which would change, and end with code 1 where one would."""
    pages = {f"{name}.md": text for name, text in made().items()}
    if "--check" in sys.argv:
        stale = [name for name, text in pages.items() if not is_so(HERE / name, text)]
        sys.exit(f"Not as the code has it, run `make reference`: {', '.join(stale)}" if stale else 0)
    HERE.mkdir(exist_ok=True)
    for name, text in pages.items():
        (HERE / name).write_text(text, encoding="utf-8")


def made() -> dict[str, str]:
    """Make the text of every page, by name."""
    use("en")
    pages = {
        "settings": settings_page(),
        "files": files_page("en"),
        "files.zh": files_page("zh"),
        "commands": commands_page(),
        "python": python_page(),
    }
    return {name: f"{MADE}\n{text.rstrip()}\n" for name, text in pages.items()}


def is_so(path: Path, text: str) -> bool:
    """Whether a page stands there as it was made."""
    return path.is_file() and path.read_text(encoding="utf-8") == text


# ---- settings


def settings_page() -> str:
    """Write every setting with what it may be, its default and its meaning."""
    lines = [
        "# Settings",
        "",
        "What a run depends on besides its input, in a TOML file for `--settings`, or in a scenario of the service.",
        "[settings.example.toml](../../settings.example.toml) is such a file, with every default.",
        "",
    ]
    for place, model, usual in sections(settings.Settings, settings.Settings()):
        lines += [f"## `[{place}]`", "", inspect.getdoc(model) or "", ""]
        lines += ["| name | value | default | meaning |", "|---|---|---|---|"]
        said = docs_of(model)
        for name, info in model.model_fields.items():
            if not is_section(info):
                lines.append(f"| `{name}` | {allowed(info)} | {default(info, name, usual)} | {said.get(name, '')} |")
        lines.append("")
    return "\n".join(lines)


def sections(model: type[BaseModel], usual: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Give every table that holds a setting: its name in the file, its kind, and what it is unless said otherwise."""
    for name, info in model.model_fields.items():
        inner, path = section_of(info), f"{place}{name}"
        if inner is not None:
            own = getattr(usual, name, None) or None
            if any(not is_section(each) for each in inner.model_fields.values()):
                yield f"[{path}]" if get_origin(info.annotation) is tuple else path, inner, own
            yield from sections(inner, own, f"{path}.")


def section_of(info: FieldInfo) -> type[BaseModel] | None:
    """Give the table that a field is, or lists; None where it is a value."""
    annotation: Any = without_none(info.annotation)
    if get_origin(annotation) is tuple:
        annotation = get_args(annotation)[0]
    return annotation if inspect.isclass(annotation) and issubclass(annotation, BaseModel) else None


def is_section(info: FieldInfo) -> bool:
    """Whether a field is a table, or a list of tables."""
    return section_of(info) is not None


def docs_of(model: type[BaseModel]) -> dict[str, str]:
    """Give what is written below each field; a field without a text shares the next one's."""
    (body,) = [node.body for node in ast.walk(ast.parse(inspect.getsource(model))) if isinstance(node, ast.ClassDef)]
    said: dict[str, str] = {}
    waiting: list[str] = []
    for node in body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name)):
                waiting.append(name)
            case ast.Expr(value=ast.Constant(value=str(text))) if waiting:
                said |= dict.fromkeys(waiting, in_a_cell(text))
                waiting = []
    return said


def allowed(info: FieldInfo) -> str:
    """Say what a setting may be."""
    annotation: Any = without_none(info.annotation)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "list of pairs"
    metadata = [*info.metadata, *getattr(annotation, "__metadata__", ())]
    least, most = number_range(metadata)
    above = next((bound.gt for bound in metadata if isinstance(bound, Gt)), None)
    kind = getattr(getattr(annotation, "__origin__", annotation), "__name__", "")
    name = {"bool": "`true`, `false`", "int": "whole number", "float": "number", "str": "text", "date": "day"}[kind]
    if above is not None and most is not None:
        return f"{name}, above {above:g}, up to {shown(most)}"
    if least is not None and most is not None:
        return f"{name}, {least:g} to {shown(most)}"
    return name if least is None else f"{name}, from {least:g}"


def shown(number: float) -> str:
    """Write a number out, thousands parted from 10,000 on."""
    return f"{number:,.15g}" if number >= 10_000 else f"{number:g}"


def default(info: FieldInfo, name: str, usual: Any) -> str:
    """Say what a setting is where nothing is said."""
    value = info.default if usual is None else getattr(usual, name)
    if value is PydanticUndefined:
        return "must be given"
    if value is None or value == ():
        return "none"
    if isinstance(value, str):
        return f'`"{value}"`'
    return f"`{str(value).lower()}`"


# ---- files


def files_page(language: str) -> str:
    """Write every column of every kind of file."""
    words, kinds = FILES[language], KINDS[language]
    lines = [f"# {words['title']}", "", words["note"], ""]
    for name in TABLES:
        lines += [f"## {words[name]}", "", "| {} | {} | {} | {} |".format(*words["head"]), "|---|---|---|---|"]
        marks = {column: "*" if len(group) == 1 else "(*)" for group in table(name).required for column in group}
        for column in table(name).columns.values():
            mark = marks.get(column.name, "")
            headers = [f"`{column.name}`{mark}", label(column.code, "zh")]
            if language == "zh":
                headers = [f"{label(column.code, 'zh')}{mark}", f"`{column.name}`"]
            cells = (*headers, meaning(column, language), held(column, kinds, language))
            lines.append("| {} | {} | {} | {} |".format(*cells))
        lines.append("")
    lines += [f"## {words['known']}", "", "| {} | {} | {} |".format(*words["of"]), "|---|---|---|"]
    lines += [f"| {what} | {written} | {rule} |" for what, written, rule in known(words, language)]
    return "\n".join(lines)


def meaning(column: Column, language: str) -> str:
    """Say what a column is for, in the words that its form shows, where there is one, and in those of the catalogue."""
    said = []
    for code in (f"page.hint.{column.code}", f"column.help.{column.code}"):
        try:
            said.append(label(code, language))
        except KeyError:
            continue
    return in_a_cell({"zh": "。", "en": ". "}[language].join(said))


def known(words: dict[str, Any], language: str) -> Iterator[tuple[str, str, str]]:
    """Give what the tables know, and every word for a value, each with how it is found in a cell."""
    between = {"zh": "、", "en": ", "}[language]
    for level in reversed(LEVELS):
        titles = [row["title"] for row in rows_of("titles") if row["level"] == level]
        what, rule = words["titles"]
        yield f"{what}{label(f'value.{level}', language)}", between.join(titles), rule
    here = rows_of("places")[0]["within"]
    tables = {
        "degrees": [row["degree"] for row in rows_of("degrees") if row["level"] == "doctorate"],
        "disciplines": dict.fromkeys(row["discipline"] for row in rows_of("discipline_names")),
        "industries": dict.fromkeys(row["industry"] for row in rows_of("industry_names")),
        "places": [row["place"] for row in rows_of("places") if row["within"] == here],
    }
    for name, written in tables.items():
        what, rule = words[name]
        yield what, between.join(written), rule
    for code in WORDS:
        spellings = [
            word
            for lang in LANGUAGES
            for word in (label(f"value.{code}", lang), *label(f"read.{code}", lang).split("|"))
        ]
        yield label(f"value.{code}", language), between.join(dict.fromkeys(spellings)), words["words"]


WORDS = tuple(
    dict.fromkeys(
        message.code.removeprefix("value.")
        for name in TABLES
        for column in table(name).columns.values()
        for message in column.expected
    )
)
"""Codes of the values that are words."""


def held(column: Column, kinds: dict[str, str], language: str) -> str:
    """Say what a cell of a column holds."""
    if column.kind == "word":
        words = [label(message.code, language) for message in column.expected]
        if language == "en":
            words = [f"{label(message.code, 'en')} ({label(message.code, 'zh')})" for message in column.expected]
        return f"{kinds['word']} {' / '.join(words)}"
    if column.least is not None and column.most is not None:
        return f"{kinds[column.kind]}{kinds['comma']}{column.least:g}–{shown(column.most)}"
    return kinds[column.kind]


# ---- commands


def commands_page() -> str:
    """Write every command with its arguments and options."""
    command: Any = typer.main.get_command(cli.app)
    cli.put_into_words(command)
    lines: list[str] = [
        "# Commands",
        "",
        "`--lang en` or `--lang zh` chooses the language, `--help` says all this in it.",
        "",
    ]
    for path, one in commands(command):
        shown = " ".join(["matcher", *path, *(f"{name_of(each)}" for each in one.params if is_argument(each))])
        lines += [f"## `{shown}`", "", in_a_cell(str(one.help)), ""]
        options = [each for each in one.params if each.name != "help"]
        if options:
            lines += ["| | value | |", "|---|---|---|"]
            for each in options:
                need = " (required)" if each.required and not is_argument(each) else ""
                lines.append(f"| {name_of(each)} | {value_of(each)} | {in_a_cell(str(each.help or ''))}{need} |")
            lines.append("")
    return "\n".join(lines)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every command that does something, by the words that call it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    for name, one in (inner or {}).items():
        yield from commands(one, (*path, name))


def is_argument(parameter: Any) -> bool:
    """Whether a parameter is told by its place rather than by a name."""
    return parameter.param_type_name == "argument"


def name_of(parameter: Any) -> str:
    """Name a parameter as it is written."""
    if is_argument(parameter):
        return str(parameter.metavar or parameter.name).upper()
    return ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))


def value_of(parameter: Any) -> str:
    """Say what a parameter takes; of a switch nothing."""
    return in_a_cell(parameter.display_type_rich(None) or "").strip("<>")


# ---- Python


def python_page() -> str:
    """Write the public names of the package and its rooms."""
    lines = [
        "# Names of the package",
        "",
        "What may be used in Python; everything else may change. `help(matcher.match)` says all of a name.",
        "Use cases of the service are functions of `matcher.services`, each with its line in",
        "[who may do what](../decisions/0017-who-may-do-what.md).",
        "",
    ]
    rooms = {"matcher": matcher, **{f"matcher.{room}": import_module(f"matcher.{room}") for room in (*ROOMS, *MODULES)}}
    for name, room in rooms.items():
        lines += [
            f"## `{name}`",
            "",
            in_a_cell((inspect.getdoc(room) or "").split("\n\n", 1)[0]),
            "",
            "| | |",
            "|---|---|",
        ]
        for public in sorted(MODULES.get(name.removeprefix("matcher."), ()) or room.__all__):
            lines.append(f"| `{public}` | {summary(room, public)} |")
        lines.append("")
    return "\n".join(lines)


def summary(room: Any, name: str) -> str:
    """Give the first sentence of a name: of a function or a class its docstring, of a constant what stands below it."""
    value = getattr(room, name)
    if inspect.isclass(value) or inspect.isfunction(value) or (callable(value) and hasattr(value, "__wrapped__")):
        return in_a_cell((inspect.getdoc(value) or "").split("\n\n", 1)[0])
    return constant_docs(room.__name__).get(name, "")


def constant_docs(package: str) -> dict[str, str]:
    """Find what is written below each constant of a package's modules."""
    said = {}
    for path in sorted(Path(str(import_module(package).__file__)).parent.glob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for before, node in pairwise(body):
            match before, node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    said[name] = in_a_cell(text.strip().split("\n\n", 1)[0])
    return said


def in_a_cell(text: str) -> str:
    """Bring a text into one line of a table, without marks of footnotes."""
    return re.sub(r" \[\d+\]_", "", " ".join(text.split())).replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    main()
