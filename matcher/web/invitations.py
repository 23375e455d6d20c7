"""Sheets of invitations: a form that makes them, and the file, which nobody can be given again."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from matcher.domain.errors import InputError, Unseen
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.language.catalogue import DEFAULT
from matcher.services import inviting, rounds
from matcher.services.accounts import INVITE_DAYS, MOST_DAYS
from matcher.services.admission import admission, state_of
from matcher.services.papers import Paper
from matcher.web.exports import file_answer, who_asks
from matcher.web.house import House
from matcher.web.plain import form_of, language_of, page

FORMATS = ("docx", "xlsx")


def routes(house: House) -> list[Route]:
    """Give the routes of this room."""
    return [Route("/export/round/{id:int}/invitations", partial(invitations, house), methods=["GET", "POST"])]


async def invitations(house: House, request: Request) -> Response:
    """
    Ask how the parties of a round are to be invited; when asked by the form, invite them, and give the sheets.

    To look invites nobody. Warnings stand above the button: who sends the form has read them, or reads those that came
    up since before anybody is invited.

    Raises
    ------
    HTTPException
        404 where there can be no such round, 400 where the form is none of ours.
    MatcherError
        As the use cases do, such as when it is not for whoever asks.
    """
    round_id, who = request.path_params["id"], who_asks(request)
    if not 0 < round_id < 2**31:
        raise HTTPException(404)
    show = partial(_form, house, request, who, round_id)
    if request.method != "POST":
        return await show({})
    given = await form_of(request)
    if given.get("to") not in FORMATS:
        raise HTTPException(400)
    try:
        paper = await to_thread.run_sync(_made, house, who, round_id, given)
    except Unseen:
        return await show(given, status=409)
    except InputError as fault:
        if any(isinstance(message, Problem) and message.path for message in fault.messages):
            raise  # of the bureau's own files, not of what was sent
        return await show(given, problems=fault.messages, status=422)
    return file_answer(paper, f"round-{round_id}-invitations.{given['to']}")


def _made(house: House, who: Principal, round_id: int, given: Mapping[str, str]) -> Paper:
    days = given.get("days", "").strip()
    if not (days.isascii() and days.isdigit() and len(days) <= len(str(MOST_DAYS))):
        raise InputError([Problem(Message("accounts.days", {"value": days, "most": MOST_DAYS}))])
    return inviting.invitation_sheets(
        house.store,
        who,
        round_id,
        address=house.settings.origin,
        days=int(days),
        again=given.get("again") == "yes",
        to="xlsx" if given["to"] == "xlsx" else "docx",
        seen=given.get("seen", ""),
    )


async def _form(
    house: House,
    request: Request,
    who: Principal,
    round_id: int,
    given: Mapping[str, str],
    *,
    problems: Sequence[Message | Problem] = (),
    status: int = 200,
) -> Response:
    """Show the form, with what was given in it."""
    values = await to_thread.run_sync(_values, house, who, round_id)
    lang = language_of(request)
    kept = {"days": given.get("days", str(INVITE_DAYS)), "to": given.get("to", "docx"), "again": "again" in given}
    back = f"/accounts?tab=invite&round={round_id}" + ("" if lang == DEFAULT else f"&lang={lang}")
    rest = {"problems": problems, "kept": kept, "back": back, "most": MOST_DAYS, "formats": FORMATS}
    said = problems or values["warnings"]
    return page(house, request, "invitations", {**values, **rest}, status=status, said=said)


def _values(house: House, who: Principal, round_id: int) -> dict[str, Any]:
    """Give what the form says of the round: its name, whom it would invite, who is invited already, warnings."""
    found = admission(
        house.store, who, round_id
    )  # first: to whom it is not allowed, it says of no round that it is there
    round_ = rounds.round_of(house.store, who, round_id)
    warnings, digest = inviting.sheet_warnings(house.store, who)
    return {
        "batch": rounds.batch_of(house.store, who, round_).name,
        "number": round_.number,
        "uninvited": len(found.uninvited),
        "waiting": sum(
            state_of(status) == "invited" and str(status.account.party) in found.parties.get(status.account.role, {})
            for status in found.accounts
        ),
        "warnings": warnings,
        "digest": digest,
    }
