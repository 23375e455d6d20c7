"""Files to take away, and what is answered where there is none: in-process, and once by the real server."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from matcher.domain.errors import (
    AuditError,
    ChangedMeanwhile,
    InputError,
    MatcherError,
    NotAllowed,
    SettingsError,
    StorageError,
    Throttled,
)
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.domain.settings import RankingSettings, Settings
from matcher.files.settings import parse_settings
from matcher.services import publishing
from matcher.services.scenario_file import asked_of
from matcher.services.server import ServerSettings
from matcher.services.signing_in import SignedIn
from matcher.store import Store, connect
from matcher.store.entities import Event, PlacedPair
from matcher.web import account, exports, invitations
from matcher.web.faults import http_error, matcher_error, our_fault
from matcher.web.house import House
from matcher.web.logs import AccessLog
from tests import bureau
from tests.bureau import WHO, firm
from tests.databases import THE_DAY, Databases
from tests.web.conftest import Service


class Browser:
    """Asks an application of some routes as if somebody were logged in; None: nobody."""

    def __init__(
        self, store: Store, who: Principal | None, *routes: Route, middleware: Sequence[Middleware] = ()
    ) -> None:
        house = House(store, ServerSettings())
        handlers: dict[Any, Any] = {
            MatcherError: partial(matcher_error, house),
            HTTPException: partial(http_error, house),
        }
        self._app = Starlette(
            routes=routes or [*invitations.routes(house), *exports.routes(house)],
            middleware=middleware,
            exception_handlers=handlers,
        )
        self._signed_in = None if who is None else SignedIn(who, "", has_accepted=True, begun_at="")

    def get(self, path: str, accept: str = "text/html") -> httpx.Response:
        return self.ask("GET", path, accept)

    def post(self, path: str, data: dict[str, str]) -> httpx.Response:
        return self.ask("POST", path, "text/html", data)

    def ask(
        self, method: str, path: str, accept: str = "text/html", data: dict[str, str] | None = None
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(self._as_somebody), base_url="http://x"
            ) as client:
                return await client.request(method, path, headers={"Accept": accept}, data=data)

        return asyncio.run(ask())

    async def _as_somebody(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "matcher.signed_in": self._signed_in}, receive, send)


@pytest.fixture(scope="module")
def desk(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """A list in force, ten days after it was published; on one engine, since what is asked is the door's answer."""
    opened = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    publishing.activate(bureau.later(opened, 10), WHO, bureau.published(opened).round_id)
    yield bureau.later(opened, 10)
    opened.close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    return tmp_path


def taken(store: Store) -> list[str]:
    with store.reading() as view:
        return [event.about for event in view.listed(Event, what="export")]


def on(page: httpx.Response) -> str:
    """Where the button of a page of warnings leads."""
    return unescape(page.text.split('class="button" href="')[1].partition('"')[0])


def test_who_has_read_the_warnings_of_a_paper_gets_it_and_only_then_is_it_on_record(desk: Store) -> None:
    before = taken(desk)
    office = Browser(desk, WHO)
    shown = office.get("/export/publication/1/notice.docx?lang=en")

    assert shown.status_code == 409
    assert "content-disposition" not in shown.headers
    assert "still has values to be filled in" in shown.text
    assert "Download all the same" in shown.text
    assert taken(desk) == before
    file = office.get(on(shown))
    assert (file.status_code, file.content[:2]) == (200, b"PK")
    assert taken(desk) == [*before, "publications/1/notice"]


def test_who_has_read_other_warnings_reads_these_first(desk: Store, home: Path) -> None:
    office = Browser(desk, WHO)
    read = on(office.get("/export/publication/1/notice.docx"))
    (home / "bureau.toml").write_text('name = "嵊州市科学技术局"\n', encoding="utf-8")

    again = office.get(read)
    assert again.status_code == 409
    assert on(again) != read
    assert office.get(on(again)).status_code == 200
    assert office.get("/export/publication/1/notice.docx?seen=").status_code == 409


def test_a_program_reads_the_warnings_as_sentences_and_where_to_go_on(desk: Store) -> None:
    program = Browser(desk, WHO).get("/export/publication/1/notice.docx", accept="*/*")
    assert (program.status_code, program.headers["content-type"]) == (409, "text/plain; charset=utf-8")
    *warnings, on_from = program.text.splitlines()
    assert any("待填" in warning for warning in warnings)
    address = on_from.partition("：")[2]
    assert Browser(desk, WHO).get(address, accept="*/*").status_code == 200


def test_a_program_that_may_not_log_in_or_has_no_invitation_reads_why_as_sentences(desk: Store) -> None:
    stranger = Browser(desk, None, *account.routes(House(desk, ServerSettings())))
    login = stranger.ask("POST", "/account/login", "*/*", {"name": "nobody", "password": "wrong"})
    invited = stranger.get("/account/invite?token=x", accept="*/*")
    taken_up = stranger.ask("POST", "/account/invite", "*/*", {"token": "x", "password": "a", "again": "b"})
    assert [one.status_code for one in (login, invited, taken_up)] == [403, 404, 422]
    for told in (login, invited, taken_up):
        assert told.headers["content-type"] == "text/plain; charset=utf-8"
        assert told.text.strip()
    assert "<form" in stranger.get("/account/login", accept="*/*").text, "what is no refusal is the page"


def test_to_ask_for_the_head_of_a_file_makes_none_and_is_not_on_record(desk: Store) -> None:
    before = taken(desk)
    for who, path in ((WHO, "publication/1/list.csv"), (firm("F1"), "own/data.json")):
        answer = Browser(desk, who).ask("HEAD", f"/export/{path}", "*/*")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert taken(desk) == before


def test_a_way_to_ask_that_there_is_not_is_said_in_words_of_its_own(desk: Store) -> None:
    answer = Browser(desk, WHO).ask("DELETE", "/export/publication/1/list.csv", "text/html")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert "这个网址不能这样请求" in answer.text


def test_a_partys_program_reads_that_the_bureau_has_to_act(desk: Store, home: Path) -> None:
    (home / "bureau.toml").write_text("telephone = 1\n", encoding="utf-8")
    with desk.reading() as view:
        placed = view.listed(PlacedPair, state="active")[0]
    told = Browser(desk, firm(placed.firm_id)).get(f"/export/placement/{placed.id}/letter.docx", accept="*/*")
    assert told.status_code == 422
    assert told.text.splitlines()[1].startswith("科技局的文件或设置有误")


def test_what_warns_of_nothing_comes_at_once(desk: Store) -> None:
    for path in ("publication/1/list.csv", "publication/1/list.xlsx"):
        assert Browser(desk, WHO).get(f"/export/{path}").status_code == 200


def test_the_warnings_of_a_letter_are_for_the_office_and_its_party_gets_it_once_nothing_is_blank(
    desk: Store, home: Path
) -> None:
    with desk.reading() as view:
        placed = view.listed(PlacedPair, state="active")[0]
    path = f"/export/placement/{placed.id}/letter.docx"
    office, party, before = Browser(desk, WHO), Browser(desk, firm(placed.firm_id)), taken(desk)
    told = party.get(path)

    assert office.get(path).status_code == 409
    assert (told.status_code, "请与科技局联系" in told.text) == (403, True)
    assert "the bureau has not yet filled in" in party.get(f"{path}?lang=en").text
    assert taken(desk) == before
    (home / "bureau.toml").write_text('name = "嵊州市科学技术局"\n', encoding="utf-8")
    assert party.get(path).status_code == 200
    assert office.get(path).status_code == 409, "the names of roles are still to be confirmed"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("bureau.toml", "telephone = 1\n", "telephone"),
        ("templates/letter.txt", "# 聘书\n{fit}\n", "没有可填的 {fit}"),
        ("templates/letter.txt", "# 聘书\na\x07b\n", "第 2 行：有无法印出的字符 U+0007"),
    ],
)
def test_a_fault_in_the_bureaus_files_is_told_to_the_office_and_not_to_a_party(
    desk: Store, home: Path, name: str, content: str, why: str
) -> None:
    (home / name).parent.mkdir(exist_ok=True)
    (home / name).write_text(content, encoding="utf-8")
    before = taken(desk)
    with desk.reading() as view:
        placed = view.listed(PlacedPair, state="active")[0]
    path = f"/export/placement/{placed.id}/letter.docx"
    office, party = Browser(desk, WHO).get(path), Browser(desk, firm(placed.firm_id)).get(path)

    assert (office.status_code, party.status_code) == (422, 422)
    assert why in unescape(office.text)
    assert "请告诉科技局" in party.text
    assert Path(name).name not in party.text
    assert str(home) not in party.text
    assert taken(desk) == before


def test_what_is_not_there_is_404_and_of_what_stands_not_yet_the_reason_is_told(desk: Store) -> None:
    office = Browser(desk, WHO)

    assert office.get("/export/publication/4711/notice.docx").status_code == 404
    assert office.get("/export/placement/4711/letter.docx").status_code == 404
    with desk.reading() as view:
        left = [placed.id for placed in view.listed(PlacedPair) if placed.state != "active"]
    for placement_id in left:
        assert office.get(f"/export/placement/{placement_id}/letter.docx").status_code == 403


HERE = Problem(Message("server.unreadable", {"reason": "marked"}), path="/srv/marked")
SENT = Problem(Message("accounts.other_statement"))


@pytest.mark.parametrize(
    ("fault", "status", "office", "party"),
    [
        (InputError([HERE]), 422, True, False),
        (SettingsError([HERE]), 422, True, False),
        (StorageError([Message("store.missing", {"path": "/srv/marked"})]), 503, True, False),
        (InputError([Problem(Message("accounts.identity_taken", {"name": "marked"}))]), 422, True, True),
        (NotAllowed([Message("accounts.has_password", {"name": "marked"})]), 403, True, True),
        (ChangedMeanwhile([Message("accounts.has_password", {"name": "marked"})]), 409, True, True),
        (InputError([Problem(Message("store.no_such_row", {"kind": "x", "key": "marked"}))]), 404, False, False),
        (StorageError([Message("store.file_erased")]), 404, False, False),
    ],
)
def test_each_fault_has_its_status_and_who_reads_what_of_it(
    desk: Store, fault: MatcherError, status: int, office: bool, party: bool
) -> None:
    async def fails(_request: Request) -> Response:
        raise fault

    for who, reads in ((WHO, office), (firm("F1"), party), (None, party)):
        asked = Browser(desk, who, Route("/x", fails))
        page, plain = asked.get("/x?lang=en"), asked.get("/x?lang=en", accept="*/*")
        assert (page.status_code, plain.status_code) == (status, status)
        assert ("marked" in page.text, "marked" in plain.text) == (reads, reads)
        assert "<html" not in plain.text


def test_who_fails_too_often_is_told_when_to_come_again_and_a_fault_of_ours_is_no_refusal(desk: Store) -> None:
    async def waits(_request: Request) -> Response:
        raise Throttled([Message("accounts.throttled", {"minutes": 1})], 42)

    async def is_ours(_request: Request) -> Response:
        raise AuditError([Message("accounts.throttled", {"minutes": 1})])

    assert Browser(desk, None, Route("/x", waits)).get("/x").headers["retry-after"] == "42"
    with pytest.raises(AuditError):
        Browser(desk, WHO, Route("/x", is_ours)).get("/x")


def test_a_fault_of_ours_is_a_page_of_ours_that_does_not_say_what_it_was(
    desk: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(_request: Request) -> Response:
        raise ValueError("something about somebody")

    house = House(desk, ServerSettings())
    logged = Middleware(AccessLog, partial(our_fault, house))
    asked = Browser(desk, WHO, Route("/x", fails), middleware=(logged,))

    pages = [asked.get("/x"), asked.get("/x?lang=en"), asked.get("/x", accept="*/*")]
    assert [page.status_code for page in pages] == [500] * 3
    for page, words in zip(pages, ("系统出错了", "Something is wrong on our side", "系统出错了\n"), strict=True):
        assert words in page.text
        assert "somebody" not in page.text
    assert ["<html" in page.text for page in pages] == [True, True, False]
    logged_of = [vars(record)["fields"]["error"] for record in caplog.records if record.msg == "fault"]
    assert logged_of == ["ValueError"] * 3


def test_the_real_server_shows_warnings_and_faults_as_pages(service: Service) -> None:
    path, template = f"/export/publication/{service.publication}/notice.docx", service.log.parent / "templates"
    with service.logged_in("prints the notice") as office:
        shown = office.get(path)
        assert (shown.status_code, "仍然下载" in shown.text) == (409, True)
        assert office.get(on(shown)).content[:2] == b"PK"
        template.mkdir()
        try:
            (template / "notice.txt").write_text("# {fit}\n", encoding="utf-8")
            told = office.get(path)
        finally:
            (template / "notice.txt").unlink()
            template.rmdir()
    assert (told.status_code, "没有可填的 {fit}" in unescape(told.text)) == (422, True)


def test_the_settings_of_a_scenario_are_for_the_office_and_analysts(desk: Store) -> None:
    before, path = taken(desk), "/export/scenario/1/settings.toml"
    for who in (WHO, Principal("数据组", "analyst")):
        answer = Browser(desk, who).get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/toml; charset=utf-8")
        assert 'filename="scenario-1-settings.toml"' in answer.headers["content-disposition"]
        assert "[ranking.firm]" in answer.text
    assert Browser(desk, firm("F1")).get(path).status_code == 403
    assert Browser(desk, WHO).get("/export/scenario/99/settings.toml").status_code == 404
    assert taken(desk) == [*before, "scenarios/1", "scenarios/1"]


def test_settings_are_taken_with_the_weights_on_the_screen_and_it_is_on_record(desk: Store) -> None:
    before, path = taken(desk), "/export/scenario/1/settings.toml"
    tuned = RankingSettings.model_validate({"firm": {"text": 0.5, "title": 0.3}, "expert": {"text": 0.9}})
    worth = {side: {"intercept": -1.5, "slope": 6.25} for side in ("firm", "expert")}
    learned = RankingSettings.model_validate({**tuned.model_dump(), "calibration": worth})
    office = Browser(desk, WHO)
    for ranking in (tuned, learned):
        answer = office.get(f"{path}?{urlencode(asked_of(ranking))}&lang=en")
        assert answer.status_code == 200
        assert parse_settings(answer.text) == Settings(ranking=ranking)
        assert "权重是调参时的" in answer.text
    assert "权重是调参时的" not in office.get(path).text
    assert taken(desk) == [*before, *["scenarios/1"] * 3]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("firm.text=2", "ranking.firm.text"),
        ("firm.text=nan", "ranking.firm.text"),
        ("expert.title=much", "ranking.expert.title"),
        ("firm.text=0", "ranking.firm"),
        ("firm.charm=0.5", "ranking.firm.charm"),
        ("shortlist=3", "ranking.shortlist"),
        ("firm=0.5", "ranking.firm"),
        ("calibration.firm.slope=inf", "calibration"),
        ("calibration.firm.slope=2", "calibration"),
        ("assignment.locks=F1", "assignment.locks"),
    ],
)
def test_weights_that_are_none_are_refused_with_what_was_expected_and_nothing_is_taken(
    desk: Store, query: str, said: str
) -> None:
    before = taken(desk)
    answer = Browser(desk, WHO).get(f"/export/scenario/1/settings.toml?{query}")
    assert answer.status_code == 422
    assert said in answer.text
    assert taken(desk) == before
