"""Whose each session of Streamlit is: who knows the id of another's neither goes on with it nor gives it files."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope

UPLOADS = "/_stcore/upload_file/"
"""Streamlit's place for files; what follows names the session, then the file."""
_PROTOCOLS = "sec-websocket-protocol"
_KEPT = 20_000
"""Sessions that are known; those begun longest ago are forgotten, and are nobody's then."""


class Owners:
    """
    Accounts by session, as the server tells each websocket which one it has.

    Streamlit knows no accounts: it takes up a session by the id alone, with the functions, widgets and files in it.
    """

    def __init__(self) -> None:
        self._accounts: dict[str, int | None] = {}

    def note(self, session: str, account: int | None) -> None:
        """Keep whose a session is; it stays with whoever had it first."""
        self._accounts.setdefault(session, account)
        if len(self._accounts) > _KEPT:
            del self._accounts[next(iter(self._accounts))]

    def owns(self, account: int | None, session: str) -> bool:
        """Whether a session is somebody's."""
        return session in self._accounts and self._accounts[session] == account

    def may_upload(self, scope: Scope, account: int | None) -> bool:
        """Whether a request is no upload, or one into a session of one's own."""
        path: str = scope["path"]
        return not path.startswith(UPLOADS) or self.owns(account, path[len(UPLOADS) :].partition("/")[0])

    def anew(self, scope: Scope, account: int | None) -> Scope:
        """Leave out of a websocket's request the session to go on with, where it is not one's own."""
        entries = [entry.strip() for entry in Headers(scope=scope).get(_PROTOCOLS, "").split(",")]
        if len(entries) < 3 or self.owns(account, entries[2]):
            return scope
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers[_PROTOCOLS] = ", ".join(entries[:2])
        return {**scope, "headers": headers.raw, "subprotocols": entries[:2]}


def session_told(message: Message) -> str | None:
    """Read which session the server tells a websocket that it has; None where a message is about something else."""
    from google.protobuf.message import DecodeError
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    try:
        said = ForwardMsg.FromString(message.get("bytes") or b"")
    except DecodeError:
        return None
    return said.new_session.initialize.session_id if said.HasField("new_session") else None
