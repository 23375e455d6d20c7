"""Streamlit's page as we serve it: in the language of its reader, and with our scripts before all of theirs."""

from html import escape

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matcher.language import LANGUAGES, label
from matcher.web.headers import is_plain
from matcher.web.plain import html_language, language_of

SCRIPT = '<script src="/account/static/alive.js"></script>'
_DESK_SCRIPT = '<script src="/account/static/desk.js"{words}></script>'

_THEIR_LANGUAGE, _HEAD_ENDS = '<html lang="en">', "</head>"
_WHOLE = frozenset({b"accept-encoding", b"if-modified-since", b"if-none-match", b"range"})
"""What is not asked for inside, so that the page comes whole and as it is."""


class Shell:
    """
    Write the language into Streamlit's page, which calls itself English, and our scripts before all of theirs.

    Parameters
    ----------
    app : ASGI application
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and change the page that it is answered with."""
        is_asked = scope["type"] == "http" and scope["method"] == "GET" and not is_plain(scope["path"])
        if not (is_asked and "text/html" in Headers(scope=scope).get("accept", "")):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def changed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                if not _is_page(start):
                    await send(start)
            elif not _is_page(start):
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    page = _ours(body.decode(), language_of(Request(scope))).encode()
                    headers = MutableHeaders(scope=start)
                    headers["content-length"] = str(len(page))
                    for stale in ("etag", "last-modified", "accept-ranges"):
                        del headers[stale]
                    await send(start)
                    await send({"type": "http.response.body", "body": page})

        whole = [(name, value) for name, value in scope["headers"] if name not in _WHOLE]
        await self.app({**scope, "headers": whole}, receive, changed)


def _is_page(start: Message) -> bool:
    is_html = MutableHeaders(scope=start).get("content-type", "").startswith("text/html")
    return start["status"] == 200 and is_html


def _ours(text: str, lang: str) -> str:
    """
    Change the page of Streamlit.

    Examples
    --------
    >>> _ours('<html lang="en"><head></head>', "zh").partition("</script>")[0]
    '<html lang="zh-CN"><head><script src="/account/static/alive.js">'
    """
    spoken = text.replace(_THEIR_LANGUAGE, f'<html lang="{html_language(lang)}">', 1)
    # In both languages: they may be switched without another page.
    words = "".join(f' data-{each}="{escape(label("page.lost", each))}"' for each in LANGUAGES)
    return spoken.replace(_HEAD_ENDS, SCRIPT + _DESK_SCRIPT.format(words=words) + _HEAD_ENDS, 1)
