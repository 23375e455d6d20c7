"""The papers of a list: the public notice, and for each pair its appointment letter and its tripartite agreement."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal

from matcher.domain.messages import Message
from matcher.files.archive import file_name
from matcher.files.document import Print, Table, docx_bytes
from matcher.files.stationery import Issue, Stationery, chinese_date, term_dots, term_words
from matcher.language import label
from matcher.placement import PUBLIC_COLUMNS, PairLine, PublicLine

_LANGUAGE = "zh"
_WIDTHS = {
    "expert": 8, "institution": 16, "expert_title": 9, "research_fields": 22, "firm": 19, "township": 10,
    "need_title": 21, "term": 13,
}  # fmt: skip
_NUMBER_WIDTH = 5

PairPaper = Literal["letter", "agreement"]


def notice_docx(lines: Sequence[PublicLine], issue: Issue, on: Stationery) -> bytes:
    """
    Write the public notice.

    Parameters
    ----------
    lines : sequence of PublicLine
    issue : Issue
    on : Stationery

    Returns
    -------
    bytes
        A DOCX: title, basis, procedure, list, period, how to object, telephones, issuer and date, as the template
        ``notice.txt`` has it.

    Raises
    ------
    InputError
        When the template is not in order.
    """
    to_fill = label("papers.no_date", _LANGUAGE)
    first, last = map(chinese_date, issue.notice) if issue.notice else (to_fill, to_fill)
    count = on.bureau.holidays.working_days(*issue.notice) if issue.notice else on.bureau.notice_working_days
    counts = {"experts": "expert", "firms": "firm", "institutions": "institution"}
    values = {
        **on.values(issue),
        "first_day": first,
        "last_day": last,
        "working_days": str(count),
        "pairs": str(len(lines)),
        **{name: str(len({_who(line, column) for line in lines})) for name, column in counts.items()},
    }
    title = label("papers.notice", _LANGUAGE)
    return docx_bytes(on.template("notice").filled(values), _print(title, issue, on), _list_table(lines, on))


def notice_warnings(issue: Issue, on: Stationery, said: Collection[str] = ()) -> list[Message]:
    """Say what is to be looked at before the notice goes out; ``said`` is what its list says itself, as `list_says`."""
    found = on.warnings("notice", said)
    if issue.notice is None:
        return [*found, Message("papers.not_published")]
    holidays, least = on.bureau.holidays, on.bureau.notice_working_days
    count = holidays.working_days(*issue.notice)
    if count < least:
        first, last = issue.notice
        values = {"start": first, "end": last, "count": count, "least": least}
        found.append(Message("papers.notice_too_short", values))
    unknown = [year for year in sorted({day.year for day in issue.notice}) if not holidays.knows(year)]
    if unknown:
        found.append(Message("papers.holidays_unchecked", {"years": [str(year) for year in unknown]}))
    return found


def pair_docx(paper: PairPaper, pair: PairLine, issue: Issue, on: Stationery) -> bytes:
    """
    Write the appointment letter, or the tripartite agreement, of a pair.

    Raises
    ------
    InputError
        When the template is not in order.
    """
    line, bureau = pair.line, on.bureau
    otherwise = bureau.agreement_term if paper == "agreement" else bureau.term
    days = bureau.days if pair.days is None else label("papers.days", _LANGUAGE).format(days=pair.days)
    values = {
        **on.values(issue),
        **{name: getattr(line, name) for name in PUBLIC_COLUMNS},
        "credit_code": pair.credit_code,
        "days": days,
        "number": f"{pair.number:03}",
        "mode": label(f"papers.mode.{pair.mode}", _LANGUAGE),
        "term": term_words(line.term_from, line.term_to, otherwise),
        "roles": label("join.words", _LANGUAGE).join(bureau.roles),
    }
    title = f"{label(f'papers.{paper}', _LANGUAGE)} {line.expert} {line.firm}"
    how = _print(title, issue, on, is_numbered=paper == "agreement")
    return docx_bytes(on.template(paper).filled(values), how)


def pair_blanks(paper: PairPaper, pairs: Sequence[PairLine], on: Stationery) -> list[str]:
    """Name what the papers of these pairs would print of ``bureau.toml`` that nobody has filled in yet."""
    return on.blanks(paper, _said(pairs))


def pair_warnings(paper: PairPaper, pairs: Sequence[PairLine], on: Stationery) -> list[Message]:
    """Say what is to be looked at before the papers of these pairs go out."""
    found = on.warnings(paper, _said(pairs))
    firms = {pair.line.firm for pair in pairs if not pair.credit_code}
    if firms and "credit_code" in on.template(paper).fields:
        found.append(Message("papers.no_credit_code", {"names": sorted(firms)}))
    return found


def list_says(lines: Iterable[PublicLine]) -> set[str]:
    """Name what every line of a list says itself, so that nothing of ``bureau.toml`` stands for it."""
    return {"term"} if all(line.term_from or line.term_to for line in lines) else set()


def _said(pairs: Sequence[PairLine]) -> set[str]:
    """Name what each of these pairs says itself, as `list_says` does."""
    days = all(pair.days is not None for pair in pairs)
    return list_says(pair.line for pair in pairs) | ({"days"} if days else set())


def pair_file_name(paper: PairPaper, pair: PairLine, issue: Issue) -> str:
    """Name the file of a pair's paper."""
    words = (label(f"papers.{paper}", _LANGUAGE), pair.line.expert, pair.line.firm)
    return paper_name(issue, f"{pair.number:03}", *words, suffix="docx")


def paper_name(issue: Issue, *words: str, suffix: str) -> str:
    """Name a file, and say first where nothing in it is real."""
    return file_name(*([label("papers.demo.short", _LANGUAGE)] if issue.is_demo else []), *words, suffix=suffix)


def _print(title: str, issue: Issue, on: Stationery, *, is_numbered: bool = True) -> Print:
    return Print(on.bureau.fonts, title, on.bureau.name, issue.day, issue.banner, is_numbered)


def _list_table(lines: Sequence[PublicLine], on: Stationery) -> Table:
    header = [label("papers.number", _LANGUAGE), *(public_header(name) for name in _WIDTHS)]
    rows = [[str(number), *public_cells(line, on.bureau.term)] for number, line in enumerate(lines, start=1)]
    return Table(header, rows, [_NUMBER_WIDTH, *_WIDTHS.values()])


def public_header(name: str) -> str:
    """Head a column of the published list."""
    columns: Mapping[str, str] = {"research_fields": "experts.research_fields", "term": "papers.term"}
    return label(columns.get(name, f"placements.{name}"), _LANGUAGE)


def public_cells(line: PublicLine, otherwise: str) -> list[str]:
    """Write out a line of the published list: both days of the term in one cell, ``otherwise`` where it has none."""
    cells = [getattr(line, name) for name in _WIDTHS if name != "term"]
    return [*cells, term_dots(line.term_from, line.term_to, otherwise)]


def public_headers() -> list[str]:
    """Head the published list, without its running number."""
    return [public_header(name) for name in _WIDTHS]


def _who(line: PublicLine, column: str) -> tuple[str, ...]:
    """Tell people of one name apart by where they are."""
    apart = {"expert": (line.institution,), "firm": (line.township,), "institution": ()}
    return (getattr(line, column), *apart[column])
