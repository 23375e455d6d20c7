"""What is answered where something can't be done: a status, and a page with the sentences that its reader may have."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from matcher.domain.errors import (
    ChangedMeanwhile,
    InputError,
    MatcherError,
    NotAllowed,
    SettingsError,
    StorageError,
    Throttled,
)
from matcher.domain.messages import Problem
from matcher.domain.roles import PARTIES
from matcher.web.house import House
from matcher.web.logs import codes_of, log
from matcher.web.plain import error_answer

STATUSES: Mapping[type[MatcherError], int] = {
    Throttled: 429,
    NotAllowed: 403,
    ChangedMeanwhile: 409,
    InputError: 422,
    SettingsError: 422,
    StorageError: 503,
}
"""Of what somebody can put right; whatever else goes wrong is our own fault."""

_NOT_THERE = frozenset({"store.no_such_row", "store.file_erased"})
_SAID = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 503})
"""Statuses that have words of their own; the others are said as 400."""


async def matcher_error(house: House, request: Request, fault: MatcherError) -> Response:
    """
    Answer what a use case refuses or can't do.

    What is wrong with the bureau's own files or its database is told to its people, with where: a party reads that the
    bureau has something to put right, and no path of this machine.
    """
    status = next((status for kind, status in STATUSES.items() if isinstance(fault, kind)), None)
    if status is None:
        raise fault
    if _NOT_THERE.intersection(codes_of(fault)):
        return error_answer(house, request, 404)
    if status in (422, 503):
        log.warning("refused", extra={"fields": {"codes": codes_of(fault)}})
    told = () if _is_of_the_house(fault) and not _is_of_the_office(request) else fault.messages
    answer = error_answer(house, request, status, told=told)
    if isinstance(fault, Throttled):
        answer.headers["Retry-After"] = str(fault.wait_s)
    return answer


async def http_error(house: House, request: Request, fault: HTTPException) -> Response:
    """Answer what there is not, or what is no request."""
    answer = error_answer(house, request, fault.status_code if fault.status_code in _SAID else 400)
    answer.status_code = fault.status_code
    answer.headers.update(fault.headers or {})  # what may be asked instead, where this may not
    return answer


def our_fault(house: House, request: Request) -> Response:
    """Answer what nobody foresaw: that the log says what it was, and nothing else."""
    return error_answer(house, request, 500)


def _is_of_the_house(fault: MatcherError) -> bool:
    """Whether it is about files of this machine, and not about what somebody sent."""
    in_files = any(isinstance(message, Problem) and message.path for message in fault.messages)
    return in_files or isinstance(fault, SettingsError | StorageError)


def _is_of_the_office(request: Request) -> bool:
    signed_in = request.scope.get("matcher.signed_in")
    return signed_in is not None and signed_in.principal.role not in PARTIES
