"""Headers that tell browsers what not to do; every answer has them."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NOBODY = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"

PLAIN_CSP = f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; {_NOBODY}"
"""Of our own pages, which need a style sheet and a picture, and no script."""

STREAMLIT_CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' "
    "'sha256-{inline}'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    f"connect-src 'self'; worker-src 'self' blob:; form-action 'self'; {_NOBODY}"
)
"""Of Streamlit's page: no script but its own files and the one line that its page holds, by that line's digest."""

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers would then send forms with "Origin: null", which tells nothing of where they are from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
TLS = {"Strict-Transport-Security": "max-age=31536000"}
"""Where people come by TLS, they come by nothing else (RFC 6797)."""


class SecurityHeaders:
    """
    Put the headers on every answer, refusals too.

    Parameters
    ----------
    app : ASGI application
    inline : str
        SHA-256, in base64, of the line of script that Streamlit's page holds.
    is_secure : bool
        Whether people come by TLS.
    """

    def __init__(self, app: ASGIApp, inline: str, *, is_secure: bool) -> None:
        self.app = app
        self._streamlit_csp = STREAMLIT_CSP.replace("{inline}", inline)
        self._always = {**ALWAYS, **(TLS if is_secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and put the headers on its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        policy = PLAIN_CSP if is_plain(scope["path"]) else self._streamlit_csp

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._always.items():
                    headers[name] = value
                headers["Content-Security-Policy"] = policy
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"  # a shared computer remembers no page of whoever was there
            await send(message)

        await self.app(scope, receive, with_headers)


def is_plain(path: str) -> bool:
    """Whether what stands at a path is ours alone, and no page of Streamlit's."""
    return path.startswith(("/account/", "/export/", "/healthz"))
