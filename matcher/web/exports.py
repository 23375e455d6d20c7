"""Files to take away: a table of names, each with the use case that makes it; every one is written down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from matcher.domain.errors import InputError
from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.language import sentence
from matcher.services.publishing import LIST
from matcher.services.showing import list_file
from matcher.store import Store
from matcher.web.house import House
from matcher.web.plain import language_of

CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Export:
    """
    A file that may be taken away.

    Parameters
    ----------
    make : callable
        A use case: of store, principal, the id in the address, and whether it is a demonstration, which what it makes
        has to say; gives the bytes. Who may have it, it knows itself.
    media : str
        Media type.
    """

    make: Callable[[Store, Principal, int, bool], bytes]
    media: str


def _published_list(store: Store, who: Principal, publication_id: int, _is_demo: bool) -> bytes:
    return list_file(store, who, publication_id)


EXPORTS: Mapping[tuple[str, str], Export] = {
    ("publication", LIST): Export(_published_list, CSV),
}
"""What there is, by what it is of and by its name; of anything else there is nothing."""


def routes(house: House) -> list[Route]:
    """Give the routes of this room."""
    return [Route("/export/{kind:str}/{id:int}/{name:str}", partial(export, house), methods=["GET"])]


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
    found = EXPORTS.get((kind, name))
    if found is None or not 0 < id_ < 2**31:
        raise HTTPException(404)
    who = request.scope["matcher.signed_in"].principal
    try:
        content = await to_thread.run_sync(_made, house, found, who, (kind, id_, name))
    except InputError as fault:
        raise HTTPException(404) from fault
    mark = sentence(Message("web.demo.mark"), language_of(request)) + "-" if house.is_demo else ""
    named = f"{mark}{kind}-{id_}-{name}"
    disposition = f"attachment; filename=\"{kind}-{id_}-{name}\"; filename*=UTF-8''{quote(named)}"
    return Response(content, media_type=found.media, headers={"Content-Disposition": disposition})


def _made(house: House, found: Export, who: Principal, place: tuple[str, int, str]) -> bytes:
    """Make a file, and write down who took it."""
    kind, id_, name = place
    content = found.make(house.store, who, id_, house.is_demo)
    with house.store.writing(who.name) as work:
        work.note("export", f"{kind}/{id_}/{name}")
    return content
