"""Spreadsheets into a round: what is wrong, row by row; what they would change; and then all of it, or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.domain.rounds import ALLOWED, STATES
from matcher.files import Upload
from matcher.files.columns import Table
from matcher.files.columns import table as table_of
from matcher.pages.acting import attempt, tell
from matcher.pages.chosen import chosen_round, pick, round_name
from matcher.pages.frame import heading, link_to, page
from matcher.pages.grid import Column, grid, searched, table
from matcher.pages.markup import literal, notice, tag, text
from matcher.pages.record_fields import field_name, reading
from matcher.pages.words import Words
from matcher.services import importing, rounds
from matcher.services.differences import Comparison
from matcher.services.importing import Imported, Preview
from matcher.store import Store
from matcher.store.entities import Round

SHEETS: Mapping[str, tuple[str, str]] = {
    "experts": ("experts", "experts"),
    "firms": ("needs", "firms"),
    "ratings": ("ratings", "ratings"),
    "keep": ("keep", "placements"),
}
"""What can be imported, as the use cases call it; with what a preview calls it, and the table whose columns it has."""

_SEEN, _ASKED, _SET = "import-seen", "import-asked", "import-set"
_REMOVE, _ACCEPT = "import-remove", "import-accept"


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What came of looking into files; kept from look to look, until it is imported or is about something else.

    Parameters
    ----------
    round_id : int or None
        None where a batch was to be opened.
    files : tuple of str
        Their names.
    problems, warnings : tuple of Problem
    preview : Preview or None
    """

    round_id: int | None
    files: tuple[str, ...]
    problems: tuple[Problem | Message, ...]
    warnings: tuple[Problem, ...]
    preview: Preview | None = None


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Show the page."""
    round_ = chosen_round(say, store, who)
    name = say("page.imports.first") if round_ is None else round_name(say, rounds.batch_of(store, who, round_), round_)
    heading(say, say("page.title.imports"), name)
    if round_ is not None and "import_forms" not in ALLOWED[round_.state]:
        states = tuple(say(f"value.round.{state}") for state in STATES if "import_forms" in ALLOWED[state])
        values = {"states": states, "state": say(f"value.round.{round_.state}")}
        st.html(notice(say("page.imports.not_now", values), [say("page.imports.not_now.hint")]))
        link_to(say, "rounds", say("page.title.rounds"))
        return
    left, right = st.columns([1, 1.9], gap="small")
    with left, st.container(border=True, key="card-upload"):
        given = _upload(say, store, round_)
        _columns(say)
    with right:
        _do(say, store, who, round_, given)
        seen = _seen(round_)
        with st.container(border=True, key="card-seen"):
            if seen is None:
                st.html(notice(say("page.imports.nothing_seen"), [say("page.imports.nothing_seen.hint")]))
            else:
                _show(say, seen)


def _upload(say: Words, store: Store, round_: Round | None) -> dict[str, Any]:
    """Ask for the files, and give those that there are."""
    st.header(say("page.imports.upload"), anchor=False)
    st.html(tag("p", text(say("page.imports.upload.note")), "quiet"))
    st.html(_own_words(say))
    number = st.session_state.setdefault(_SET, 0)
    with st.form("upload", border=False):
        if round_ is None:
            st.text_input(say("page.rounds.column.name"), key="import-name")
            year = store.clock().year
            st.number_input(say("page.rounds.column.year"), value=year, step=1, key="import-year")
        given = {
            kind: st.file_uploader(say(f"page.imports.file.{kind}"), type=["csv", "xlsx"], key=f"file-{kind}-{number}")
            for kind in SHEETS
        }
        what = "open" if round_ is None else "preview"
        st.form_submit_button(say(f"page.imports.{what}"), type="primary", on_click=_ask, args=(what,))
    return {kind: file for kind, file in given.items() if file is not None}


def _own_words(say: Words) -> str:
    """Put our word on the uploaders' buttons, which Streamlit labels in English alone."""
    button = '[data-testid="stFileUploaderDropzone"] > span button'
    return tag("style", f'{button} p::after {{ content: "{say("page.imports.choose")}"; font-size: .9rem; }}')


def _ask(what: str) -> None:
    st.session_state[_ASKED] = what


def _columns(say: Words) -> None:
    """Say which columns each sheet has."""
    with st.expander(say("page.imports.columns")):
        for kind, (_, name) in SHEETS.items():
            of = table_of(name)
            required = [of.columns[group[0]] for group in of.required]
            others = [column for column in of.columns.values() if column not in required]
            lines = (
                tag("p", text(say(f"page.imports.columns.{which}", {"columns": tuple(map(say, codes))})), "quiet")
                for which, codes in (("required", [c.code for c in required]), ("others", [c.code for c in others]))
                if codes
            )
            st.html(tag("h3", text(say(f"page.imports.file.{kind}"))) + "".join(lines))


def _do(say: Words, store: Store, who: Principal, round_: Round | None, given: Mapping[str, Any]) -> None:
    """Carry out what was asked for; here and not where it was asked, so that the page says that it is at work."""
    asked = st.session_state.pop(_ASKED, None)
    if asked is None:
        return
    with st.spinner(say(f"page.imports.working.{asked}")):
        if asked == "apply":
            _apply(store, who)
        elif not given:
            tell(say("page.imports.no_file"), is_problem=True)
        elif round_ is not None:
            found = importing.preview(store, who, round_.id, **_sources(given))
            st.session_state[_SEEN] = Seen(
                round_.id, tuple(file.name for file in given.values()), found.problems, found.warnings, found
            )
        else:
            _open(store, who, given)
    st.rerun()


def _open(store: Store, who: Principal, given: Mapping[str, Any]) -> None:
    """Open the first batch with what the files hold; where anything is wrong, there is none."""
    batch = (st.session_state["import-name"], int(st.session_state["import-year"]))
    try:
        opened, found = importing.import_new(store, who, batch, **_sources(given))
    except InputError as fault:
        st.session_state[_SEEN] = Seen(
            None, tuple(file.name for file in given.values()), fault.messages, fault.warnings
        )
        return
    counts = {name: len(sheet.new) if (sheet := getattr(found, name)) else 0 for name in ("experts", "needs")}
    tell(Message("page.imports.opened", {"name": batch[0], **counts}), *found.warnings)
    st.query_params["round"] = str(opened.id)
    _forget()


def _apply(store: Store, who: Principal) -> None:
    """Import what was previewed; once, however often it was asked for."""
    seen = st.session_state.get(_SEEN)
    if seen is None or seen.preview is None:
        return
    found = seen.preview
    remove, accept = bool(st.session_state.get(_REMOVE)), bool(st.session_state.get(_ACCEPT))
    if attempt(partial(importing.apply, store, who, found, remove_gone=remove, accept=accept), _done) is not None:
        _forget()


def _forget() -> None:
    """Put away what was seen, and the files with it."""
    st.session_state.pop(_SEEN, None)
    st.session_state[_SET] += 1


def _done(imported: Imported) -> Message:
    counts = [part for part in (imported.experts, imported.needs, imported.ratings, imported.keep) if part]
    names = ("new", "changed", "removed", "same", "accepted")
    values = {name: sum(getattr(part, name) for part in counts) for name in names}
    return Message("page.imports.done" if imported.is_any else "page.imports.done.nothing", values)


def _sources(given: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: Upload(file.name, file.getvalue()) for kind, file in given.items()}


def _seen(round_: Round | None) -> Seen | None:
    """Give what was seen, where it was of this round; of another it is put away."""
    seen = st.session_state.get(_SEEN)
    if seen and seen.round_id != (round_.id if round_ else None):
        del st.session_state[_SEEN]
        return None
    return seen


def _show(say: Words, seen: Seen) -> None:
    """Show what is wrong; or else what would change, and what to do about it."""
    st.html(tag("p", text(say("page.imports.of", {"files": seen.files})), "quiet"))
    if seen.problems:
        title = say("page.imports.problems", {"count": len(seen.problems)})
        st.html(notice(title, [say("page.imports.problems.hint")], "attention"))
        _problems(say, seen.problems, "problems")
    if seen.warnings:
        st.header(literal(say("page.imports.warnings", {"count": len(seen.warnings)})), anchor=False)
        _problems(say, seen.warnings, "warnings")
    if seen.preview is None or seen.problems:
        return
    st.header(say("page.imports.differences"), anchor=False)
    given = {kind: part for kind, (name, _) in SHEETS.items() if (part := getattr(seen.preview, name)) is not None}
    st.html(_counts(say, given))
    _differences(say, given)
    _decide(say, seen.preview, has_gone=any(part.gone for part in given.values()))


def _problems(say: Words, problems: Sequence[Problem | Message], name: str) -> None:
    """List problems by their places, so that whoever has the sheet open finds them."""
    rows = [_problem(say, problem) for problem in problems]
    found = searched(say, rows, f"{name}-search", say("page.imports.problems.search"))
    columns = {
        part: Column(say(f"page.imports.problem.{part}"), width)
        for part, width in (("file", 120), ("row", 56), ("column", 110), ("found", 110), ("problem", 420))
    }
    grid(say, found, columns, name=name, alt=say("page.imports.problems.alt", {"count": len(found)}))
    with st.expander(say("page.imports.problems.read")):
        shown = [row["sentence"] for row in found[:100]]
        st.html(tag("ul", "".join(tag("li", text(line)) for line in shown)))


def _problem(say: Words, problem: Problem | Message) -> dict[str, Any]:
    message, place = (problem.message, problem) if isinstance(problem, Problem) else (problem, None)
    column = place.column if place else None
    value = message.values.get("value")
    return {
        "file": place.path if place else "",
        "row": str(place.row) if place and place.row else "",
        "column": say(column) if column else "",
        "found": "" if value is None else str(value),
        "problem": say.say(message),
        "sentence": say.say(problem),
    }


def _counts(say: Words, given: Mapping[str, Comparison[Any]]) -> str:
    ways = ("new", "changed", "gone", "same")
    columns = {"kind": say("page.imports.kind"), **{way: say(f"page.imports.way.{way}") for way in ways}}
    return table(
        columns,
        [
            {
                "kind": say(f"page.imports.file.{kind}"),
                **{way: len(getattr(part, way)) for way in ways[:3]},
                "same": part.same,
            }
            for kind, part in given.items()
        ],
    )


def _differences(say: Words, given: Mapping[str, Comparison[Any]]) -> None:
    """List what would be new, another, or gone: a line a record, and a line for each field that would be another."""
    lines = [line for kind, part in given.items() for line in _lines(say, kind, part)]
    if not lines:
        st.html(tag("p", text(say("page.imports.all_same")), "quiet"))
        return
    ways = [way for way in ("changed", "new", "gone") if any(line["code"] == way for line in lines)]
    way = pick(say("page.imports.way"), ["all", *ways], "way", format_func=lambda way: say(f"page.imports.way.{way}"))
    wanted = [line for line in lines if way in ("all", line["code"])]
    found = searched(say, wanted, "differences-search", say("page.imports.differences.search"))
    widths = {"kind": 72, "way": 70, "id": 84, "name": 110, "field": 90, "before": 135, "after": 135}
    if len(given) == 1:
        del widths["kind"]
    columns = {part: Column(say(f"page.imports.difference.{part}"), width) for part, width in widths.items()}
    grid(say, found, columns, name="differences", alt=say("page.imports.differences.alt", {"count": len(found)}))


def _lines(say: Words, kind: str, part: Comparison[Any]) -> Iterator[dict[str, str]]:
    of = table_of(SHEETS[kind][1])
    about = {"kind": say(f"page.imports.file.{kind}"), "field": "", "before": "", "after": ""}
    for changed in part.changed:
        for change in changed.fields:
            yield {
                **about,
                "code": "changed",
                "way": say("page.imports.way.changed"),
                "id": changed.id,
                "name": changed.name,
                "field": field_name(say, of.columns[change.name]),
                "before": reading(say, of.columns[change.name], change.before),
                "after": reading(say, of.columns[change.name], change.after),
            }
    for way, records in (("new", part.new), ("gone", part.gone)):
        for record in records:
            named = {"id": _id_of(of, record), "name": getattr(record, "name", "")}
            yield {**about, "code": way, "way": say(f"page.imports.way.{way}"), **named}


def _id_of(of: Table, record: Any) -> str:
    names = [name for name in ("need_id", "firm_id", "expert_id", "year") if name in of.columns]
    return " / ".join(dict.fromkeys(str(getattr(record, name)) for name in names))


def _decide(say: Words, found: Preview, *, has_gone: bool) -> None:
    """Ask how it is to be imported."""
    st.checkbox(say("page.imports.accept"), value=True, key=_ACCEPT, help=say("page.imports.accept.help"))
    remove = has_gone and st.checkbox(say("page.imports.remove"), key=_REMOVE, help=say("page.imports.remove.help"))
    is_barred = bool(remove and found.removal_problems)
    if is_barred:
        st.html(notice(say("page.imports.removal"), [], "attention"))
        _problems(say, found.removal_problems, "removal")
    st.button(
        say("page.imports.apply"),
        type="primary",
        icon=":material/upload:",
        on_click=_ask,
        args=("apply",),
        disabled=is_barred,
        key="apply",
    )


if __name__ == "__main__":
    render()
