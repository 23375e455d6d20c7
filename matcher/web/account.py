"""Logging in and out, taking an invitation, passwords, and the statement on privacy: plain pages with plain forms."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from matcher.domain.errors import InputError, NotAllowed, SignInRefused, Throttled
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import CONSENTS, PARTIES, Consent, Principal
from matcher.language.catalogue import DEFAULT
from matcher.services import consents, devices, signing_in
from matcher.services.privacy import STATEMENT
from matcher.services.signing_in import SignedIn
from matcher.web.exports import OWN_DATA
from matcher.web.house import Busy, House
from matcher.web.plain import HERE, form_of, language_of, local_path, page

ASSETS = ("style.css", "icon.png", "alive.js", "desk.js")

_BUSY_S = 5
"""When to come again while too many are at the door."""

DEVICE = "-device"
"""How the cookie is named by which a browser is known, after that of the session."""

_DEVICE_S = 365 * 24 * 3600

_DIFFER = (Message("web.password.differ"),)

Problems = Sequence[Message | Problem]
Endpoint = Callable[[House, Request], Awaitable[Response]]


def routes(house: House) -> list[Route]:
    """Give the routes of this room."""
    pages: dict[str, Endpoint] = {
        "login": login,
        "logout": logout,
        "invite": invite,
        "reset": invite,
        "password": password,
        "privacy": privacy,
    }
    made = [Route(f"/account/{name}", partial(call, house), methods=["GET", "POST"]) for name, call in pages.items()]
    assets = [Route(f"/account/static/{name}", partial(_asset, name)) for name in ASSETS]
    return [*made, *assets, Route("/account/alive", _alive)]


async def login(house: House, request: Request) -> Response:
    """Ask for name and password; who gives them right gets a session, under a token that nobody had before."""
    if request.method != "POST":
        if _signed_in(request) is not None:
            return _on(request, request.query_params.get("next", "/"))
        return _login_page(house, request)
    given = await form_of(request)
    name, person = given.get("name", "").strip(), given.get("person", "").strip()
    kept = {"name": name, "person": person}
    where = {"address": house.address_of(request.scope), "device": house.cookie_of(request.scope, DEVICE)}
    call = partial(signing_in.sign_in, person=person, **where)
    try:
        token = await house.hashing(call, house.store, name, given.get("password", ""))
    except (NotAllowed, InputError, Busy) as fault:
        return _refused(house, request, fault, partial(_login_page, kept=kept))
    return await let_in(house, request, token)


async def logout(house: House, request: Request) -> Response:
    """End the session, and every page that is open by it; only when asked by a form of ours."""
    if request.method != "POST":
        who = _signed_in(request)
        return _on(request, "/") if who is None else page(house, request, "logout", {"name": who.principal.shown})
    token = house.token_of(request.scope)
    if token:
        await to_thread.run_sync(signing_in.sign_out, house.store, token)
        house.sockets.end(token)
    answer = RedirectResponse(_with_language(request, "/account/login", {"out": "1"}), 303)
    house.take_from(answer)
    return answer


async def invite(house: House, request: Request) -> Response:
    """
    Let somebody who was invited choose a password; so does a reset.

    To look uses nothing up: what opens links before people do shall not take their place.
    """
    if request.method != "POST":
        return await _invitation_page(house, request, request.query_params.get("token", ""))
    given = await form_of(request)
    token, chosen = given.get("token", ""), given.get("password", "")
    again = partial(_invitation_page, house, request, token)
    if chosen != given.get("again", ""):
        return await again(problems=_DIFFER, status=422)
    call = partial(signing_in.redeem, address=house.address_of(request.scope))
    code = token or given.get("code", "").strip()
    try:
        session = await house.hashing(call, house.store, code, chosen)
    except (NotAllowed, InputError, Busy) as fault:
        status, problems = _told(fault)
        return _paused(await again(problems=problems, status=status), fault)
    return await let_in(house, request, session)


async def password(house: House, request: Request) -> Response:
    """Let somebody who is logged in choose another password; the other sessions end."""
    who = _signed_in(request)
    assert who is not None  # noqa: S101 - the guard lets nobody else come here
    show = partial(page, house, request, "password")
    if request.method != "POST":
        return show({"problems": (), "is_done": False})
    given = await form_of(request)
    if given.get("password", "") != given.get("again", ""):
        return show({"problems": _DIFFER, "is_done": False}, status=422, said=_DIFFER)
    call = partial(signing_in.change_password, keep=house.token_of(request.scope))
    try:
        await house.hashing(call, house.store, who.principal, given.get("old", ""), given.get("password", ""))
    except (InputError, NotAllowed, Busy) as fault:
        status, problems = _told(fault)
        return _paused(show({"problems": problems, "is_done": False}, status=status, said=problems), fault)
    answer = show({"problems": (), "is_done": True})
    await _remember_device(house, answer, house.token_of(request.scope))
    return answer


async def privacy(house: House, request: Request) -> Response:
    """
    Show the statement on privacy to everybody; who is logged in says once that it was read.

    A party says there, too, what else it agrees to, each by itself, and takes back what it said; and has its data.
    """
    who = _signed_in(request)
    if request.method == "POST":
        if who is None:
            return RedirectResponse(_with_language(request, "/account/login", {}), 303)
        # Whoever is asked for nothing besides sends a form without fields.
        given = await form_of(request) if request.headers.get("content-length", "0") != "0" else {}
        if "consents" in given:
            await to_thread.run_sync(_state_consents, house, who.principal, given)
        if who.has_accepted:
            return RedirectResponse(_with_language(request, "/account/privacy", {"saved": "1"}), 303)
        await to_thread.run_sync(signing_in.accept_statement, house.store, who.principal, STATEMENT)
        return _on(request, request.query_params.get("next", "/"))
    values = {
        "to_accept": who is not None and not who.has_accepted,
        "is_in": who is not None,
        "version": STATEMENT,
        "consents": await to_thread.run_sync(_consents_of, house, who.principal) if who else {},
        "side": who.principal.role if who else "",
        "is_saved": "saved" in request.query_params,
        "own_data": OWN_DATA,
    }
    return page(house, request, "privacy", values)


def _consents_of(house: House, who: Principal) -> dict[Consent, bool | None]:
    """Tell what a party may agree to, and what it said, None where that is nothing; nothing for whoever is no party."""
    if who.role not in ("firm", "expert"):
        return {}
    said = {row.kind: row.given for row in consents.consents_of(house.store, who, who.role, str(who.party))}
    return {kind: said.get(kind) for kind in CONSENTS[who.role]}


def _state_consents(house: House, who: Principal, given: Mapping[str, str]) -> None:
    """Write down what was decided, and nothing where nothing was: silence is no answer."""
    said = _consents_of(house, who)
    for kind, before in said.items():
        decided = {"yes": True, "no": False}.get(given.get(kind, ""))
        if decided is not None and decided is not before and who.role in PARTIES:
            consents.state_consent(house.store, who, who.role, str(who.party), kind, given=decided)


async def let_in(house: House, request: Request, token: str, *, wished: str | None = None) -> Response:
    """Begin to be somebody else: the session that the browser had before ends, and the cookie has another token."""
    before = house.token_of(request.scope)
    if before:
        await to_thread.run_sync(signing_in.sign_out, house.store, before)
        house.sockets.end(before)
    answer = _on(request, wished or request.query_params.get("next", "/"))
    house.keep_in(answer, token)
    await _remember_device(house, answer, token)
    return answer


async def _remember_device(house: House, answer: Response, token: str) -> None:
    """Let a browser in which somebody has logged in be told from strangers, the next time."""
    device = await to_thread.run_sync(devices.device_of, house.store, token)
    house.keep_in(answer, device, DEVICE, for_s=_DEVICE_S)


def target_of(request: Request, asked: str) -> str:
    """Give the page of ours that was asked for, in the same language."""
    target = local_path(asked)
    lang = language_of(request)
    if lang != DEFAULT and "lang=" not in target:
        target += ("&" if "?" in target else "?") + urlencode({"lang": lang})
    return target


def _on(request: Request, asked: str) -> Response:
    """Lead on to the page that was asked for."""
    return RedirectResponse(target_of(request, asked), 303)


def _login_page(
    house: House,
    request: Request,
    *,
    kept: dict[str, str] | None = None,
    problems: Problems = (),
    status: int = 200,
) -> Response:
    identity = house.settings.identity
    wished = local_path(request.query_params.get("next", "/"))
    is_out = request.query_params.get("out") == "1" and not problems
    values = {
        "kept": kept or {"name": "", "person": ""},
        "problems": problems,
        "is_out": is_out,
        "identity": identity.name if identity else "",
        "by_identity": _with_language(request, "/account/identity", {"next": wished} if wished != "/" else {}),
    }
    return page(house, request, "login", values, status=status, said=problems)


async def _invitation_page(
    house: House, request: Request, token: str, problems: Problems = (), status: int = 200
) -> Response:
    """Show the form of an invitation; by its short code where there is no link, and why where it opens nothing."""
    purpose = request.url.path.rpartition("/")[2]
    found = None
    if token:
        try:
            found = await to_thread.run_sync(signing_in.invitation_of, house.store, token)
        except SignInRefused:
            said = problems or (Message("web.no_invitation.lead"), Message("web.no_invitation.hint"))
            given = {"purpose": purpose}
            return page(house, request, "no_invitation", given, status=status if problems else 404, said=said)
    values = {"purpose": purpose, "token": token, "found": found, "problems": problems}
    return page(house, request, "invite", values, status=status, said=problems)


def _refused(house: House, request: Request, fault: Exception, show: Callable[..., Response]) -> Response:
    status, problems = _told(fault)
    return _paused(show(house, request, problems=problems, status=status), fault)


def _told(fault: Exception) -> tuple[int, Problems]:
    """Give the status of a refusal and all of its sentences: the same for every reason why a login opens nothing."""
    if isinstance(fault, InputError):
        return 422, fault.messages
    if isinstance(fault, NotAllowed):
        return 429 if isinstance(fault, Throttled) else 403, fault.messages
    return 503, (Message("web.busy"),)


def _paused(answer: Response, fault: Exception) -> Response:
    """Say when to come again (RFC 9110, section 10.2.3)."""
    if isinstance(fault, Throttled | Busy):
        answer.headers["Retry-After"] = str(fault.wait_s if isinstance(fault, Throttled) else _BUSY_S)
    return answer


def _with_language(request: Request, place: str, query: dict[str, str]) -> str:
    lang = language_of(request)
    given = urlencode({**query, **({} if lang == DEFAULT else {"lang": lang})})
    return place + (f"?{given}" if given else "")


def _signed_in(request: Request) -> SignedIn | None:
    return request.scope["matcher.signed_in"]


async def _alive(_request: Request) -> Response:
    """Tell an open page that its session goes on; where it does not, the guard says so."""
    return Response(status_code=204)


async def _asset(name: str, _request: Request) -> Response:
    return FileResponse(HERE / "static" / name, headers={"Cache-Control": "max-age=3600"})
