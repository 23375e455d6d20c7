"""The log: a line of JSON for each thing that happens, on standard error, with nobody's data in it."""

import json
import logging
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matcher import __file__ as package
from matcher.domain.errors import MatcherError
from matcher.domain.messages import Problem

HOUSE = Path(package).parent
log = logging.getLogger("matcher.web")


class JsonLines(logging.Formatter):
    """
    Write records as JSON: time, level, who writes, what, and of errors their kind and where in our code.

    What others log is written as its template, without what was filled in, and of an error nothing that it says: both
    may hold names, addresses, cells.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Give one line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": str(record.msg),
            **getattr(record, "fields", {}),
        }
        fault = record.exc_info[1] if record.exc_info else None
        if fault is not None:
            line |= described(fault)
        return json.dumps(line, ensure_ascii=False)


class AccessLog:
    """
    Write down each request: how, where to by the first two parts of its path, with what status, and how long.

    What went wrong on our side is written down too, and answered by what ``our_fault`` makes.
    """

    def __init__(self, app: ASGIApp, our_fault: Callable[[Request], Response]) -> None:
        self.app, self.our_fault = app, our_fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and write it down."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as fault:
            log.error("fault", extra={"fields": described(fault)})
            if status or scope["type"] != "http":
                raise
            await self.our_fault(Request(scope))(scope, receive, watched)
        finally:
            signed_in = scope.get("matcher.signed_in")
            fields = {
                "method": scope.get("method", "WEBSOCKET"),
                "path": shortened(scope["path"]),
                "status": status,
                "ms": round((time.perf_counter() - started) * 1000),
                "role": signed_in.principal.role if signed_in else None,
            }
            is_quiet = scope["path"].startswith("/static/") or scope["path"] in ("/healthz", "/account/alive")
            log.log(logging.DEBUG if is_quiet and status < 400 else logging.INFO, "request", extra={"fields": fields})


def shortened(path: str) -> str:
    """
    Give the part of a path that names a place of ours: no id, no file's name, nothing that somebody made up.

    Examples
    --------
    >>> shortened("/account/login"), shortened("/export/publication/3/list.csv"), shortened("/x/y")
    ('/account/login', '/export/publication', '/…')
    """
    parts = path.split("/")
    known = ("account", "export", "healthz", "_stcore", "media", "static", "component", "auth", "oauth2callback")
    if path == "/":
        return path
    if parts[1] not in known:
        return "/…"
    return "/".join(part for part in parts[:3] if part.replace("_", "").isalnum() or not part)


def codes_of(fault: MatcherError) -> list[str]:
    """Name what an error says by its codes, without the values."""
    return [(part.message if isinstance(part, Problem) else part).code for part in fault.messages]


def described(fault: BaseException) -> dict[str, Any]:
    """Tell of an error its kind and where it was, but not what it says: that may hold somebody's data."""
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(fault.__traceback__)]
    where = [f"{path.relative_to(HOUSE)}:{line}" for path, line in frames if HOUSE in path.parents]
    return {"error": type(fault).__name__, "where": where}


def write_json_lines(level: int = logging.INFO) -> None:
    """Let every logger, ours and the server's, write lines of JSON on standard error."""
    from streamlit import logger as streamlit_logger

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    for other in list(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    log.setLevel(level)
    names = [*streamlit_logger._loggers, "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "websockets"]
    for name in names:
        logger = logging.getLogger("streamlit" if name == "root" else name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.WARNING)
    # Its loggers are made as its modules are imported, each with a handler of its own: none of them any more.
    setattr(streamlit_logger, "setup_formatter", _pass_on)  # noqa: B010 - a name of theirs


def _pass_on(logger: logging.Logger) -> None:
    logger.propagate = True
