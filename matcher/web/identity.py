"""
Logging in by a provider of identities (OpenID Connect, by ``streamlit[auth]``): it says who somebody is, and no more.

Streamlit's routes lead to the provider and back, and leave a signed cookie, which opens their pages for thirty days to
whoever copies it. Here it is looked at once, soon, in the browser that began, for a session of ours, and taken away:
sessions of ours can be ended, and roles come from our accounts alone.
"""

import base64
import json
from functools import partial
from typing import Any

from anyio import to_thread
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from matcher.domain.errors import SignInRefused
from matcher.services import signing_in
from matcher.services.server import Identity, ServerSettings
from matcher.store import Store
from matcher.web.account import let_in, target_of
from matcher.web.house import House
from matcher.web.logs import codes_of
from matcher.web.plain import error_answer

_PROVIDER = "default"

LOGIN_S = 600
"""How long one may be at the provider."""

YOUNG_S = 120
"""For how long it is believed what the provider has said."""

_BEGUN = "-begun"
"""How the cookie is named that says that a login began in this browser, after that of the session."""


def secrets_for(store: Store, settings: ServerSettings) -> dict[str, Any] | None:
    """Give what Streamlit's routes need to know of the provider; None where there is none."""
    identity: Identity | None = settings.identity
    if identity is None:
        return None
    key = base64.urlsafe_b64encode(store.key_for("identity cookie")).decode()
    names = ("server_metadata_url", "client_id", "client_secret")
    given = {name: getattr(identity, name) for name in names}
    return {"auth": {"redirect_uri": f"{settings.origin}/oauth2callback", "cookie_secret": key, **given}}


def routes(house: House) -> list[Route]:
    """Give the routes of this room; none where there is no provider."""
    return [Route("/account/identity", partial(identify, house), methods=["GET"])] if house.settings.identity else []


async def identify(house: House, request: Request) -> Response:
    """
    Lead to the provider, or let in whoever comes back from there.

    It is a GET, since browsers let no form lead on to another site under our policy; so nothing is believed that was
    not begun here, in this browser, by a page of ours or by hand, and what the provider said is taken once, and soon.
    """
    from streamlit.web.server.starlette import starlette_auth_routes as theirs
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    if USER_COOKIE_NAME not in request.cookies:
        return _begin(house, request)
    begun, said = _begun(house, request), _said(request)
    if begun is None and said is None:  # left from a login long ago
        answer: Response = RedirectResponse("/account/login", 303)
    elif begun is None or said is None:
        answer = error_answer(house, request, 403, "begun")
    else:
        answer = await _let_in(house, request, begun, said)
    theirs._clear_auth_cookie(answer, request)
    house.take_from(answer, _BEGUN)
    return answer


def _begin(house: House, request: Request) -> Response:
    """Lead to the provider, with a mark in this browser of where one wished to be."""
    from streamlit.auth_util import encode_provider_token

    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return RedirectResponse("/account/login", 303)
    answer = RedirectResponse(f"/auth/login?provider={encode_provider_token(_PROVIDER)}", 303)
    wished = target_of(request, request.query_params.get("next", "/"))
    house.keep_in(answer, _marks(house).dumps(wished), _BEGUN, for_s=LOGIN_S)
    return answer


def _begun(house: House, request: Request) -> str | None:
    """Tell where one wished to be who has begun to log in here; None: nobody has, or too long ago."""
    try:
        return str(_marks(house).loads(house.cookie_of(request.scope, _BEGUN), max_age=LOGIN_S))
    except BadData:
        return None


def _said(request: Request) -> str | None:
    """Give what the provider has said, as Streamlit signed it; None where it did not, or not just now."""
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    def one(name: str) -> bytes | None:
        value = request.cookies.get(name, "")
        return decode_signed_value(get_cookie_secret(), name, value, max_age_days=YOUNG_S / 86_400)

    said = get_cookie_with_chunks(one, USER_COOKIE_NAME)
    return None if said is None else said.decode()


async def _let_in(house: House, request: Request, wished: str, said: str) -> Response:
    claims, address = json.loads(said), house.address_of(request.scope)
    call = partial(signing_in.sign_in_by_identity, said=said, address=address)
    try:
        token = await to_thread.run_sync(call, house.store, str(claims["iss"]), str(claims["sub"]))
    except SignInRefused as fault:
        return error_answer(house, request, 403, "begun" if "accounts.identity_used" in codes_of(fault) else "nobody")
    return await let_in(house, request, token, wished=wished)


def _marks(house: House) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(house.store.key_for("identity begun"))
