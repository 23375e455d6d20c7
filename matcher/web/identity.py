"""
Logging in by a provider of identities (OpenID Connect, by ``streamlit[auth]``): it says who somebody is, and no more.

Streamlit's routes lead to the provider and back, and leave a signed cookie. Here it is looked at once, for a session of
ours, and taken away: sessions of ours can be ended, and roles come from our accounts alone.
"""

import base64
import json
from functools import partial
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from matcher.domain.errors import SignInRefused
from matcher.services import signing_in
from matcher.services.server import Identity, ServerSettings
from matcher.store import Store
from matcher.web.account import let_in
from matcher.web.house import House
from matcher.web.plain import error_page

_PROVIDER = "default"


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
    """Let in whoever comes back from the provider, or lead there."""
    from streamlit.auth_util import encode_provider_token
    from streamlit.web.server.starlette import starlette_auth_routes as theirs
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    cookie = theirs._get_cookie_value_from_request(request, USER_COOKIE_NAME)
    if cookie is None:
        answer: Response = RedirectResponse(f"/auth/login?provider={encode_provider_token(_PROVIDER)}", 303)
    else:
        told = json.loads(cookie)
        address = house.address_of(request.scope)
        call = partial(signing_in.sign_in_by_identity, address=address)
        try:
            token = await to_thread.run_sync(call, house.store, str(told["iss"]), str(told["sub"]))
            answer = await let_in(house, request, token)
        except SignInRefused:
            answer = error_page(house, request, 403, "nobody")
    theirs._clear_auth_cookie(answer, request)
    return answer
