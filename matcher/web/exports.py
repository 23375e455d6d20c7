"""Files to take away: a table of addresses, each with the use case that makes it and writes down who took it."""

from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import quote

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from matcher.domain.errors import InputError, StorageError
from matcher.domain.messages import Message
from matcher.domain.roles import PARTIES, Principal
from matcher.services import papers
from matcher.services.papers import Paper
from matcher.services.privacy import own_data
from matcher.store import Store
from matcher.web.house import House

Make = Callable[[Store, Principal, int], Paper]
"""A use case of `matcher.services.papers`: of store, principal and the id in the address. Who may, it knows itself."""

EXPORTS: Mapping[tuple[str, str], Make] = {
    ("publication", "list.csv"): papers.list_csv,
    ("publication", "list.xlsx"): papers.workbook,
    ("publication", "notice.docx"): papers.notice,
    ("publication", "letters.zip"): papers.letters,
    ("publication", "agreements.zip"): papers.agreements,
    ("placement", "letter.docx"): papers.own_letter,
    ("placement", "agreement.docx"): papers.own_agreement,
    ("round", "reminders.xlsx"): papers.reminders,
}
"""What there is, by what it is of and by its name; of anything else there is nothing."""

OWN_DATA = "/export/own/data.json"


def routes(house: House) -> list[Route]:
    """Give the routes of this room."""
    return [
        Route(OWN_DATA, partial(export_own_data, house), methods=["GET"]),
        Route("/export/{kind:str}/{id:int}/{name:str}", partial(export, house), methods=["GET"]),
    ]


async def export(house: House, request: Request) -> Response:
    """
    Give a file to whoever may have it.

    Raises
    ------
    HTTPException
        404 where there is no such file, and where what it is of is not there.
    NotAllowed
        When it is not for whoever asks.
    """
    kind, id_, name = (request.path_params[part] for part in ("kind", "id", "name"))
    make = EXPORTS.get((kind, name))
    if make is None or not 0 < id_ < 2**31:
        raise HTTPException(404)
    try:
        paper = await to_thread.run_sync(make, house.store, _who(request), id_)
    except InputError as fault:
        raise HTTPException(404) from fault
    except StorageError as fault:
        if any(isinstance(message, Message) and message.code == "store.file_erased" for message in fault.messages):
            raise HTTPException(404) from fault
        raise
    disposition = f"attachment; filename=\"{kind}-{id_}-{name}\"; filename*=UTF-8''{quote(paper.name)}"
    return Response(paper.content, media_type=paper.media_type, headers={"Content-Disposition": disposition})


async def export_own_data(house: House, request: Request) -> Response:
    """Give a party everything that is held of it; the office's people have theirs by asking the office."""
    who = _who(request)
    if who.role not in PARTIES:
        raise HTTPException(404)
    content = await to_thread.run_sync(own_data, house.store, who, who.role, str(who.party))
    return Response(
        content,
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="matcher-data.json"'},
    )


def _who(request: Request) -> Principal:
    return request.scope["matcher.signed_in"].principal
