"""Files to take away: a table of addresses, each with the use case that makes it and writes down who took it."""

from collections.abc import Mapping
from functools import partial
from typing import Protocol
from urllib.parse import quote

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from matcher.domain.errors import Unseen
from matcher.domain.messages import Message
from matcher.domain.roles import PARTIES, Principal
from matcher.services import papers, scenario_file
from matcher.services.papers import Paper
from matcher.services.privacy import own_data
from matcher.store import Store
from matcher.web.house import House
from matcher.web.plain import page, with_query


class Make(Protocol):
    """A use case that makes a paper, of the id in the address. Who may, it knows itself."""

    def __call__(self, store: Store, who: Principal, id_: int, /, *, seen: str | None) -> Paper: ...  # noqa: D102


EXPORTS: Mapping[tuple[str, str], Make] = {
    ("publication", "list.csv"): papers.list_csv,
    ("publication", "list.xlsx"): papers.workbook,
    ("publication", "notice.docx"): papers.notice,
    ("publication", "letters.zip"): papers.letters,
    ("publication", "agreements.zip"): papers.agreements,
    ("placement", "letter.docx"): papers.own_letter,
    ("placement", "agreement.docx"): papers.own_agreement,
    ("round", "reminders.xlsx"): papers.reminders,
    ("scenario", "settings.toml"): scenario_file.settings_toml,
}
"""What there is, by what it is of and by its name; of anything else there is nothing."""


class MakeAsAsked(Make, Protocol):
    """A use case that makes a paper otherwise than it is stored, by names and values in the address."""

    def __call__(  # noqa: D102
        self, store: Store, who: Principal, id_: int, /, *, seen: str | None, asked: Mapping[str, str] | None = None
    ) -> Paper: ...


AS_ASKED: Mapping[tuple[str, str], MakeAsAsked] = {("scenario", "settings.toml"): scenario_file.settings_toml}
"""Of `EXPORTS` those that can be asked for so."""

_OURS = ("seen", "lang")
"""Names in an address that ask for nothing of the file."""

OWN_DATA = "/export/own/data.json"


def routes(house: House) -> list[Route]:
    """Give the routes of this room."""
    made = [
        Route(OWN_DATA, partial(export_own_data, house)),
        Route("/export/{kind:str}/{id:int}/{name:str}", partial(export, house)),
    ]
    for route in made:
        route.methods = {"GET"}  # nothing is made for whoever would take nothing away: the log holds what somebody got
    return made


async def export(house: House, request: Request) -> Response:
    """
    Give a file to whoever may have it, and has read what it warns of.

    Raises
    ------
    HTTPException
        404 where there is no such file.
    MatcherError
        As the use case does, such as when it is not for whoever asks.
    """
    kind, id_, name = (request.path_params[part] for part in ("kind", "id", "name"))
    make, as_asked = EXPORTS.get((kind, name)), AS_ASKED.get((kind, name))
    if make is None or not 0 < id_ < 2**31:
        raise HTTPException(404)
    if as_asked is not None:
        make = partial(as_asked, asked={key: value for key, value in request.query_params.items() if key not in _OURS})
    call = partial(make, house.store, who_asks(request), id_, seen=request.query_params.get("seen", ""))
    try:
        paper = await to_thread.run_sync(call)
    except Unseen as fault:
        values = {"told": fault.messages, "file": name, "address": with_query(request, seen=fault.digest)}
        said = (*fault.messages, Message("web.warnings.read", {"path": values["address"]}))
        # A program is not to take the page for the file.
        return page(house, request, "warnings", values, status=409, said=said)
    return file_answer(paper, f"{kind}-{id_}-{name}")


async def export_own_data(house: House, request: Request) -> Response:
    """Give a party everything that is held of it; the office's people have theirs by asking the office."""
    who = who_asks(request)
    if who.role not in PARTIES:
        raise HTTPException(404)
    content = await to_thread.run_sync(own_data, house.store, who, who.role, str(who.party))
    return Response(
        content,
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="matcher-data.json"'},
    )


def who_asks(request: Request) -> Principal:
    """Tell who is connected: the guard lets nobody else come here."""
    return request.scope["matcher.signed_in"].principal


def file_answer(paper: Paper, plain: str) -> Response:
    """Give a paper as a file to keep: by its name, and by a plain one where a browser can't read that."""
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(paper.name)}"
    return Response(paper.content, media_type=paper.media_type, headers={"Content-Disposition": disposition})
