"""Whether the service is well, for those who watch it: it says so, and no more."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from matcher.domain.errors import MatcherError
from matcher.store import Store
from matcher.store.entities import Mark
from matcher.web.house import House
from matcher.web.logs import codes_of, log


async def health(house: House, _request: Request) -> Response:
    """Answer 200 when the database gives an answer, else 503; a line of the log says why."""
    try:
        await to_thread.run_sync(_asked, house.store)
    except MatcherError as fault:
        log.warning("health", extra={"fields": {"codes": codes_of(fault)}})
        return JSONResponse({"status": "unavailable"}, 503)
    return JSONResponse({"status": "ok"})


def _asked(store: Store) -> None:
    """Ask the database for something that it always has."""
    with store.reading() as view:
        view.listed(Mark)
