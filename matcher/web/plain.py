"""Plain pages: HTML from templates, in the language of the reader, without a script; and small forms, read safely."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from matcher.domain.messages import Message, Problem
from matcher.language import LANGUAGES, sentence
from matcher.language.catalogue import DEFAULT
from matcher.services.passwords import LEAST
from matcher.web.house import House

HERE = Path(__file__).parent

FORM_BYTES = 16_384
FIELDS = 20


def page(
    house: House,
    request: Request,
    name: str,
    values: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    said: Sequence[Message | Problem] = (),
) -> Response:
    """
    Make a page of a template; of a refusal, for whoever is no browser, its sentences alone.

    Parameters
    ----------
    house : House
    request : Request
    name : str
        Of the template, without its ending.
    values : mapping or None
        What the template fills in; every text is escaped.
    status : int
    said : sequence of Message or Problem
        The sentences of a refusal, whose status is 400 or more.
    """
    lang = language_of(request)
    if status >= 400 and "text/html" not in request.headers.get("accept", ""):  # RFC 9110, section 15: a refusal
        return PlainTextResponse("".join(f"{sentence(message, lang)}\n" for message in said), status)
    others = [
        (other, with_query(request, lang=None if other == DEFAULT else other))
        for other in sorted(LANGUAGES, reverse=True)
    ]
    words = {
        "say": partial(_said, lang),
        "lang": lang,
        "html_language": html_language(lang),
        "others": others,
        "is_demo": house.is_demo,
        "least": LEAST,  # characters of a password: a browser says so before anything is sent
    }
    text = _templates().get_template(f"{name}.html").render({**words, "place": request.url.path, **(values or {})})
    return HTMLResponse(text, status)


def error_answer(
    house: House, request: Request, status: int, why: str = "", told: Sequence[Message | Problem] = ()
) -> Response:
    """Answer with an error: what it is, in words, what to do, and on a page the way back."""
    code = f"web.error.{status}" + (f".{why}" if why else "")
    title, hint = Message(code), Message(f"{code}.hint")
    values = {"status": status, "title": title, "hint": hint, "told": tuple(told)}
    return page(house, request, "error", values, status=status, said=told or (title, hint))


def language_of(request: Request) -> str:
    """Take the language from the address, so that a link keeps it; else the default."""
    asked = request.query_params.get("lang", DEFAULT)
    return asked if asked in LANGUAGES else DEFAULT


def html_language(lang: str) -> str:
    """Name a language as HTML does (BCP 47): our Chinese is that of the mainland."""
    return "zh-CN" if lang == "zh" else lang


def local_path(asked: str) -> str:
    r"""
    Give the page that somebody wished to see, if it is one of ours; else the first.

    A browser takes ``//elsewhere``, ``/\elsewhere`` and what has control characters in it for another site.

    Examples
    --------
    >>> local_path("/?need=F1"), local_path("//elsewhere.example"), local_path("https://elsewhere.example/")
    ('/?need=F1', '/', '/')
    """
    try:
        parts = urlsplit(asked)
    except ValueError:
        return "/"
    is_local = asked.startswith("/") and not asked.startswith("//") and not (parts.scheme or parts.netloc)
    is_plain = asked.isascii() and asked.isprintable() and "\\" not in asked
    return asked if is_local and is_plain and not parts.path.startswith(("/account/", "/auth/")) else "/"


def with_query(request: Request, **values: str | None) -> str:
    """Give the address that was asked for with other values in its query; None takes one away."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in values]
    query = urlencode([*kept, *((name, value) for name, value in values.items() if value is not None)])
    return request.url.path + (f"?{query}" if query else "")


async def form_of(request: Request) -> dict[str, str]:
    """
    Read what a form of ours sends: few fields, of little text.

    Raises
    ------
    HTTPException
        400 for anything else, 413 for more.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise HTTPException(413)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise HTTPException(400)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError as fault:
        raise HTTPException(400) from fault
    return dict(pairs)


def _said(lang: str, code: object, **values: object) -> str:
    """Say a code with its values, or a message as it is."""
    return sentence(code if isinstance(code, Message | Problem) else Message(str(code), values), lang)


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
