"""The guard by itself, before an application that lets everybody in: idle sessions, proxies, TLS."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileURLsRequest

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message as Said
from matcher.domain.roles import MACHINE, Principal
from matcher.services import accounts, passwords, signing_in
from matcher.services.privacy import STATEMENT
from matcher.services.server import ServerSettings
from matcher.store import Store, connect, upgrade
from matcher.store.engine import sqlite_url
from matcher.web import guard, health, logs, owners
from matcher.web.guard import Guard
from matcher.web.house import Busy, House
from matcher.web.owners import session_told
from matcher.web.plain import local_path
from tests.databases import THE_DAY
from tests.web.conftest import CHEAP, PASSWORD

TLS = ServerSettings(base_url="https://match.example", proxy="10.0.0.1", address="0.0.0.0")  # noqa: S104 - behind a proxy


async def inside(_scope: Scope, receive: Receive, send: Send) -> None:
    """Answer everybody; of a websocket, give back whatever comes until it ends."""
    if _scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "bytes": message["bytes"]})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", CHEAP)
        url = sqlite_url(tmp_path_factory.mktemp("guard") / "matcher.db")
        made = connect(url, create=True, clock=lambda: THE_DAY)
        upgrade(made)
        account = accounts.add(made, MACHINE, name="first", role="administrator")
        signing_in.redeem(made, accounts.invite(made, MACHINE, account.id).token, PASSWORD, address="")
        who = Principal("first", "administrator", None, account.id)
        signing_in.accept_statement(made, who, STATEMENT)
        yield made
        made.close()


@pytest.fixture
def token(store: Store, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(passwords, "hasher", CHEAP)
    return signing_in.sign_in(store, "first", PASSWORD, address="192.0.2.1")


def scope_of(kind: str = "http", cookie: str = "", **given: Any) -> Scope:
    headers = {"host": "127.0.0.1:8501", "cookie": cookie, "accept": "*/*", **given.pop("headers", {})}
    return {
        "type": kind,
        "method": "GET",
        "path": "/media/x",
        "query_string": b"",
        "scheme": "http" if kind == "http" else "ws",
        "client": ("127.0.0.1", 5000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        **given,
    }


def asked(house: House, scope: Scope) -> int:
    """Ask for something, and give the status of the answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    asyncio.run(Guard(inside, house)(scope, receive, send))
    return sent[0]["status"]


def later(store: Store, **by: float) -> Store:
    return replace(store, clock=lambda: THE_DAY + timedelta(**by))


@pytest.mark.parametrize(("hours", "status"), [(1.9, 200), (2.1, 401)])
def test_a_login_is_over_when_nothing_was_done_for_two_hours(
    store: Store, token: str, hours: float, status: int
) -> None:
    house = House(later(store, hours=hours), ServerSettings())

    assert asked(house, scope_of(cookie=f"matcher={token}")) == status


def test_a_login_is_over_after_twelve_hours_whatever_was_done(store: Store, token: str) -> None:
    by_hour = [
        asked(House(later(store, hours=hour), ServerSettings()), scope_of(cookie=f"matcher={token}"))
        for hour in range(14)
    ]

    assert by_hour == [200] * 13 + [401]


def test_a_page_that_only_stands_open_does_not_keep_its_login_and_is_closed(
    store: Store, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "LOOK_S", 0.01)
    now = {"hours": 0.0}
    house = House(replace(store, clock=lambda: THE_DAY + timedelta(**now)), ServerSettings())
    sent: list[Message] = []
    comes: asyncio.Queue[Message] = asyncio.Queue()

    async def send(message: Message) -> None:
        sent.append(message)

    async def stays_open() -> None:
        scope = scope_of("websocket", f"matcher={token}", headers={"origin": "http://127.0.0.1:8501"})
        comes.put_nowait({"type": "websocket.connect"})
        it = asyncio.create_task(Guard(inside, house)(scope, comes.get, send))
        comes.put_nowait({"type": "websocket.receive", "bytes": b"1"})
        await _until(lambda: len(sent) == 2)
        for hours in (0.5, 1.0, 1.5):
            now["hours"] = hours
            await asyncio.sleep(0.05)
        assert len(sent) == 2
        now["hours"] = 2.1
        await asyncio.wait_for(it, 10)

    asyncio.run(stays_open())

    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[-1]["code"] == 1008


def rerun(**state: Any) -> bytes:
    return BackMsg(rerun_script=ClientState(**state)).SerializeToString()


@pytest.mark.parametrize(
    ("said", "is_use"),
    [
        (rerun(query_string="need=F1"), True),
        (rerun(fragment_id="list"), True),
        (rerun(fragment_id="progress", is_auto_rerun=True), False),
        (BackMsg(file_urls_request=FileURLsRequest(request_id="1")).SerializeToString(), True),
        (BackMsg(app_heartbeat=True).SerializeToString(), False),
        (b"1", False),
        (b"", False),
    ],
)
def test_what_somebody_does_keeps_a_login_and_a_page_that_looks_by_itself_does_not(
    store: Store, token: str, said: bytes, is_use: bool
) -> None:
    now = {"hours": 0.0}
    house = House(replace(store, clock=lambda: THE_DAY + timedelta(**now)), ServerSettings())
    sent: list[Message] = []
    comes: asyncio.Queue[Message] = asyncio.Queue()

    async def send(message: Message) -> None:
        sent.append(message)

    async def polls() -> None:
        scope = scope_of("websocket", f"matcher={token}", headers={"origin": "http://127.0.0.1:8501"})
        comes.put_nowait({"type": "websocket.connect"})
        it = asyncio.create_task(Guard(inside, house)(scope, comes.get, send))
        await _until(lambda: len(sent) == 1)
        for number, hours in enumerate((0.9, 1.8), start=2):
            now["hours"] = hours
            comes.put_nowait({"type": "websocket.receive", "bytes": said})
            await _until(lambda number=number: len(sent) == number)
        now["hours"] = 2.1
        comes.put_nowait({"type": "websocket.receive", "bytes": said})
        await _until(lambda: len(sent) == 4)
        comes.put_nowait({"type": "websocket.disconnect"})
        await asyncio.wait_for(it, 10)

    asyncio.run(polls())

    assert sent[-1]["type"] == ("websocket.send" if is_use else "websocket.close")


@pytest.mark.parametrize("path", sorted(guard.UNATTENDED))
def test_what_open_pages_ask_for_by_themselves_keeps_no_login(store: Store, token: str, path: str) -> None:
    by_hour = [
        asked(House(later(store, hours=hour), ServerSettings()), scope_of(cookie=f"matcher={token}", path=path))
        for hour in range(4)
    ]

    assert by_hour == [200, 200, 200, 401]


@pytest.mark.parametrize(
    ("settings", "given", "status"),
    [
        (ServerSettings(), {}, 200),
        (ServerSettings(), {"client": ("192.0.2.7", 5000)}, 421),
        (ServerSettings(), {"client": None}, 421),
        (ServerSettings(), {"headers": {"host": "match.example"}}, 421),
        (ServerSettings(), {"headers": {"host": "[::1]:8501"}}, 200),
        (ServerSettings(), {"headers": {"host": "localhost"}}, 200),
        (TLS, {"client": ("10.0.0.1", 5000), "headers": {"host": "match.example"}}, 200),
        (TLS, {"client": ("10.0.0.1", 5000), "headers": {"host": "MATCH.example:443"}}, 200),
        (TLS, {"client": ("10.0.0.1", 5000), "headers": {"host": "elsewhere.example"}}, 421),
    ],
)
def test_who_comes_and_under_which_name(
    store: Store, token: str, settings: ServerSettings, given: dict[str, Any], status: int
) -> None:
    scope = scope_of(cookie=f"{settings.cookie}={token}", **given)

    assert asked(House(store, settings), scope) == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://match.example", 200), ("http://match.example", 403), ("https://match.example.elsewhere.example", 403)],
)
def test_behind_a_proxy_a_form_comes_from_the_address_that_people_see(
    store: Store, token: str, origin: str, status: int
) -> None:
    headers = {"host": "match.example", "origin": origin}
    scope = scope_of(cookie=f"__Host-matcher={token}", headers=headers, method="POST", client=("10.0.0.1", 1))

    assert asked(House(store, TLS), scope) == status


def test_by_tls_a_cookie_without_its_prefix_opens_nothing(store: Store, token: str) -> None:
    scope = scope_of(cookie=f"matcher={token}", headers={"host": "match.example"})

    assert asked(House(store, TLS), scope) == 401


@pytest.mark.parametrize(
    ("settings", "client", "forwarded", "address"),
    [
        (ServerSettings(), ("192.0.2.7", 5), "203.0.113.9", "192.0.2.7"),
        (TLS, ("10.0.0.1", 5), "203.0.113.9", "203.0.113.9"),
        (TLS, ("10.0.0.1", 5), "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (TLS, ("10.0.0.1", 5), "", "10.0.0.1"),
        (TLS, ("10.0.0.2", 5), "203.0.113.9", "10.0.0.2"),
        (ServerSettings(), ("203.0.113.9", 0), "203.0.113.9", "127.0.0.1"),
    ],
)
def test_an_address_is_the_connections_or_the_known_proxys_last(
    store: Store, settings: ServerSettings, client: tuple[str, int], forwarded: str, address: str
) -> None:
    scope = scope_of(client=client, headers={"x-forwarded-for": forwarded})

    assert House(store, settings).address_of(scope) == address


def test_who_comes_while_too_many_wait_is_sent_away(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr("matcher.web.house.WAITING_AT_MOST", 1)
    house, gate = House(store, ServerSettings()), threading.Event()

    async def crowd() -> None:
        waiting = [asyncio.create_task(house.hashing(gate.wait)) for _ in range(3)]
        await _until(lambda: house._hashing.statistics().tasks_waiting == 1)
        with pytest.raises(Busy):
            await house.hashing(gate.wait)
        gate.set()
        assert await asyncio.gather(*waiting) == [True] * 3

    asyncio.run(crowd())


def test_health_is_not_well_without_its_database(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_store: Store) -> None:
        raise StorageError([Said("store.missing", {"path": "marked"})])

    house: Any = House(store, ServerSettings())
    request: Any = None
    assert asyncio.run(health.health(house, request)).status_code == 200
    monkeypatch.setattr(health, "_asked", gone)
    answer = asyncio.run(health.health(house, request))

    assert answer.status_code == 503
    assert b"marked" not in bytes(answer.body)


def test_while_the_database_does_not_answer_nobody_gets_in_and_is_told_to_come_again(
    store: Store, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_args: object, **_kwargs: object) -> None:
        raise StorageError([Said("store.missing", {"path": "marked"})])

    monkeypatch.setattr(signing_in, "signed_in", gone)

    assert asked(House(store, ServerSettings()), scope_of(cookie=f"matcher={token}")) == 503


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", "/"),
        ("/account/login", "/account/login"),
        ("/export/publication/3/list.csv", "/export/publication"),
        ("/media/0a1b2c.csv", "/media"),
        ("/_stcore/upload_file/session/file", "/_stcore/upload_file"),
        ("/张三", "/…"),
        ("//account/login", "/…"),
    ],
)
def test_the_log_names_places_of_ours_and_nothing_that_somebody_made_up(path: str, told: str) -> None:
    assert logs.shortened(path) == told


def test_the_log_says_of_an_error_what_it_was_and_where_but_not_what_it_says() -> None:
    try:
        local_path(None)  # ty: ignore[invalid-argument-type]
    except AttributeError as fault:
        told = logs.described(fault)
    assert told["error"] == "AttributeError"
    assert told["where"] == [f"web/plain.py:{told['where'][0].rpartition(':')[2]}"]


async def _until(what: Callable[[], bool]) -> None:
    for _ in range(1000):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


def test_a_session_stays_with_whoever_had_it_first_and_one_that_is_forgotten_is_nobodys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(owners, "_KEPT", 2)
    known = owners.Owners()
    known.note("a", 1)
    known.note("a", 2)
    assert (known.owns(1, "a"), known.owns(2, "a"), known.owns(1, "b"), known.owns(None, "b")) == (
        *(True, False),
        *(False, False),
    )
    known.note("b", 2)
    known.note("c", 2)
    assert (known.owns(1, "a"), known.owns(2, "c")) == (False, True)
    assert session_told({"type": "websocket.send", "bytes": b"\xff\xff"}) is None
