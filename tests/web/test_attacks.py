"""What somebody might try at the doors of the real server."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from matcher.domain.roles import MACHINE
from matcher.services import accounts
from matcher.services.names import folded_name
from matcher.services.throttling import OF_ADDRESS
from matcher.store.entities import Account, Attempt, Event, Session
from tests.web.conftest import PASSWORD, PLAIN, Service, log_in

MARKUP = "<script>alert(1)</script>"


def socket_of(
    service: Service, browser: httpx.Client | None, origin: str | None = None, *, session: str = ""
) -> ClientConnection:
    """Open the websocket of the pages as a browser would, from a page of some origin, to go on with a session."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items()) if browser else ""
    return connect(
        f"ws://127.0.0.1:{service.port}/_stcore/stream",
        origin=Origin(service.origin if origin is None else origin),
        additional_headers={"Cookie": cookies} if cookies else None,
        subprotocols=[Subprotocol(part) for part in ("streamlit", *(("none", session) if session else ()))],
    )


def closing_code(socket: ClientConnection) -> int | None:
    """Wait until the other end closes, and give its code."""
    with pytest.raises(ConnectionClosed) as closed:
        for _ in iter(lambda: socket.recv(timeout=15), None):
            pass
    return closed.value.rcvd.code if closed.value.rcvd else None


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/placements", "/account/password", "/account/identities", "/account/login/x", "/accounts"),
        *("/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/_stcore/allowed-message-origins"),
        *(
            "/_stcore/upload_file/a/b",
            "/_stcore/agent/openapi.json",
            "/_stcore/agent/mcp",
            "/_stcore/bidi-components/a",
        ),
        *("/_stcore/script-health-check", "/healthz/", "/healthz/x", "/HEALTHZ"),
        *("/media/0123456789abcdef.csv", "/component/a/b", "/static/index.html", "/static/js/x.js", "/favicon.png"),
        *("/app/static/x", "/export/publication/1/list.csv", "/auth/logout", "/account/static/../../etc/passwd"),
        *("//account/login", "/account/%2e%2e/media/x", "/%61ccount/password", "/account/login%2f..%2f..%2fmedia"),
    ],
)
def test_nothing_answers_without_a_login_but_what_is_named(service: Service, path: str) -> None:
    with httpx.Client(verify=PLAIN) as browser:
        plain = browser.get(service.origin + path, headers={"Accept": "*/*"})
        page = browser.get(service.origin + path, headers={"Accept": "text/html"})

    assert plain.status_code == 401
    assert (page.status_code, page.headers["location"].partition("?")[0]) == (303, "/account/login")


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/_stcore/agent/mcp"])
def test_what_no_page_asks_for_is_not_there_for_anybody(service: Service, path: str) -> None:
    with service.logged_in(f"asks for {path}", "administrator") as browser:
        assert browser.get(path, headers={"Accept": "*/*"}).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/_stcore/upload_file/a/b", "/_stcore/agent/interact", "/", "/export/x/1/y"])
def test_no_method_gets_around_the_login(service: Service, method: str, path: str) -> None:
    with service.browser() as browser:
        assert browser.request(method, path).status_code in (401, 403)


@pytest.mark.parametrize(
    "path", ["/account/login", "/account/invite", "/account/reset", "/account/privacy", "/healthz"]
)
def test_what_is_for_everybody_answers_everybody(service: Service, path: str) -> None:
    assert httpx.get(service.origin + path, verify=PLAIN).status_code == 200


def test_every_answer_tells_browsers_what_not_to_do(service: Service) -> None:
    with service.logged_in("looks at headers") as browser:
        answers = [
            browser.get(path)
            for path in ("/", "/account/login", "/account/password", "/export/a/1/b", "/healthz", "/static/x.js")
        ]
    answers.append(httpx.get(service.origin + "/media/x", verify=PLAIN))
    answers.append(httpx.get(service.origin, headers={"Host": "rebound.example"}, verify=PLAIN))

    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "script-src 'self' 'unsafe-inline'" not in policy
        assert "'unsafe-eval'" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers
    assert answers[0].headers["content-security-policy"] != answers[1].headers["content-security-policy"]
    assert "script" not in answers[1].headers["content-security-policy"]


def test_the_cookie_is_kept_from_scripts_and_other_sites(service: Service) -> None:
    with service.browser() as browser:
        session, device = log_in(browser, service.person("has a cookie")).headers.get_list("set-cookie")

    assert re.fullmatch(r"matcher=[\w-]{22,}; HttpOnly; Path=/; SameSite=lax", session)
    assert re.fullmatch(
        r"matcher-device=[\w-]{22}\.[0-9a-f]{64}; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax", device
    )


def test_who_is_failed_under_by_strangers_logs_in_where_they_did_before(service: Service) -> None:
    with service.logged_in("is kept out") as browser:
        browser.post("/account/logout")
        for _ in range(5):
            with service.browser() as stranger:
                log_in(stranger, "is kept out", "a wrong password")
        assert log_in(browser, "is kept out").status_code == 303
        del browser.cookies["matcher-device"]
        assert log_in(browser, "is kept out").status_code == 429


def test_a_form_says_everything_that_is_wrong(service: Service) -> None:
    with service.logged_in("qwertyuiop") as browser:
        given = {"old": PASSWORD, "password": "qwertyuiop", "again": "qwertyuiop"}
        told = browser.post("/account/password", data=given)
    assert (told.status_code, "太常见" in told.text, "略加几个字符" in told.text) == (422, True, True)


def test_a_login_takes_no_token_that_was_there_before(service: Service) -> None:
    """Session fixation: whoever gave somebody a cookie has nothing of what that cookie becomes."""
    name = service.person("is fixed upon")
    with service.browser() as browser, service.browser() as thief:
        browser.cookies.set("matcher", "planted-token-0123456789", domain="127.0.0.1")
        log_in(browser, name)
        thief.cookies.set("matcher", "planted-token-0123456789")
        assert thief.get("/").status_code == 303

        before = browser.cookies["matcher"]
        log_in(browser, name)
        assert browser.cookies["matcher"] != before
        thief.cookies.set("matcher", before)
        assert thief.get("/").status_code == 303
        assert browser.get("/").status_code == 200


def test_a_cookie_opens_nothing_after_the_logout_and_its_pages_close(service: Service) -> None:
    with service.logged_in("logs out") as browser, service.browser() as thief:
        thief.cookies.set("matcher", browser.cookies["matcher"])
        with socket_of(service, browser) as socket:
            assert browser.post("/account/logout").status_code == 303
            assert closing_code(socket) == 1008
        assert thief.get("/").status_code == 303
        assert thief.get("/media/x", headers={"Accept": "*/*"}).status_code == 401
        with pytest.raises(InvalidStatus), socket_of(service, thief):
            pass


def test_an_account_that_is_disabled_is_out_at_its_next_step(service: Service) -> None:
    with service.logged_in("is disabled", "analyst") as browser, socket_of(service, browser) as socket:
        accounts.disable(service.store, MACHINE, _account(service, "is disabled").id)
        assert browser.get("/").status_code == 303
        socket.send(b"")
        assert closing_code(socket) == 1008


def test_brute_force_is_stopped_by_account_whoever_tries(service: Service) -> None:
    name = service.person("is guessed at")
    for _ in range(5):
        with service.browser() as browser:
            assert log_in(browser, name, "a wrong password").status_code == 403
    with service.browser() as browser:
        refused = log_in(browser, name)

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert "失败次数过多" in refused.text
    assert "set-cookie" not in refused.headers


def test_brute_force_is_stopped_by_address_whomever_it_is_tried_on(service: Service) -> None:
    name = service.person("is somebody else")
    with service.browser("198.51.100.7") as browser:
        for number in range(OF_ADDRESS):
            assert log_in(browser, f"nobody {number}", "a wrong password").status_code == 403
        assert log_in(browser, name).status_code == 429
    with service.browser("198.51.100.8") as browser:
        assert log_in(browser, name).status_code == 303


def test_who_writes_addresses_before_that_of_the_proxy_is_not_believed(service: Service) -> None:
    with service.browser() as browser:
        for number in range(OF_ADDRESS):
            browser.headers["X-Forwarded-For"] = f"203.0.113.{number}, 198.51.100.9"
            assert log_in(browser, f"nobody at {number}", "a wrong password").status_code == 403
        browser.headers["X-Forwarded-For"] = "203.0.113.77, 198.51.100.9"
        assert log_in(browser, "nobody at all", "a wrong password").status_code == 429


def test_a_refusal_does_not_tell_whether_there_is_such_an_account(service: Service) -> None:
    service.person("is there")
    accounts.disable(service.store, MACHINE, _account(service, service.person("was there")).id)
    said = set()
    for name, password in (("is there", "a wrong password"), ("is not there", PASSWORD), ("was there", PASSWORD)):
        with service.browser() as browser:
            refused = log_in(browser, name, password)
            said.add((refused.status_code, refused.text.replace(name, "")))

    assert len(said) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1.elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/account/login", "/account/logout", "/account/password", "/account/privacy"])
def test_no_other_site_sends_a_form_in_somebodys_name(service: Service, path: str, headers: dict[str, str]) -> None:
    name = f"is sent from {path} {sorted(headers.items())}"
    with service.logged_in(name) as browser:
        forged = browser.post(path, data={"name": name, "password": PASSWORD, "old": PASSWORD}, headers=headers)

        assert forged.status_code == 403
        assert "请求不是从本站的页面发出的" in forged.text
        assert browser.get("/").status_code == 200


def test_a_form_that_does_not_say_where_it_is_from_is_refused(service: Service) -> None:
    with service.browser() as browser:
        del browser.headers["Origin"]
        assert log_in(browser, "anybody").status_code == 403


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://localhost:1"])
def test_no_other_site_opens_a_websocket_in_somebodys_name(service: Service, origin: str) -> None:
    with service.logged_in(f"is connected from {origin}") as browser:
        with pytest.raises(InvalidStatus) as refused, socket_of(service, browser, origin):
            pass
        assert refused.value.response.status_code == 403
        with socket_of(service, browser):
            pass


def test_a_websocket_without_a_login_is_never_accepted(service: Service) -> None:
    for browser in (None, service.browser()):
        if browser:
            browser.cookies.set("matcher", "made-up")
        with pytest.raises(InvalidStatus) as refused, socket_of(service, browser):
            pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "next_",
    [
        *("https://elsewhere.example/", "//elsewhere.example", "///elsewhere.example", "/\\elsewhere.example"),
        *("\\\\elsewhere.example", "/\t/elsewhere.example", "javascript:alert(1)", "http:/elsewhere.example"),
        *("/account/logout", "/\r\nSet-Cookie: x=y", "%2f%2felsewhere.example", "elsewhere.example"),
    ],
)
def test_after_a_login_nobody_is_led_elsewhere(service: Service, next_: str) -> None:
    name = service.person(f"is led to {next_!r}")
    with service.browser() as browser:
        answer = browser.post("/account/login", params={"next": next_}, data={"name": name, "password": PASSWORD})

        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "x" not in answer.cookies


def test_after_a_login_one_is_where_one_wished_to_be(service: Service) -> None:
    name = service.person("comes by a link")
    with service.browser() as browser:
        led = browser.get("/?need=F004-1&expert=E061&lang=en")
        assert led.headers["location"].startswith("/account/login?")
        answer = browser.post(led.headers["location"], data={"name": name, "password": PASSWORD})

    assert answer.headers["location"] == "/?need=F004-1&expert=E061&lang=en"


def test_what_is_typed_into_the_forms_is_shown_as_text(service: Service) -> None:
    quoting = f'"{MARKUP}'
    with service.browser() as browser:
        texts = [
            log_in(browser, quoting).text,
            browser.post("/account/login", data={"name": "x", "person": quoting, "password": quoting}).text,
            browser.get("/account/login", params={"next": quoting, "lang": quoting}).text,
            browser.get("/account/invite", params={"token": quoting, "lang": "en"}).text,
            browser.post("/account/invite", data={"code": quoting, "password": quoting, "again": quoting}).text,
            browser.get(f"/account/privacy?{quoting}={quoting}").text,
        ]
    with service.logged_in(quoting) as browser:
        texts += [browser.get("/account/logout").text, browser.get("/export/<script>/1/<script>").text]

    assert [text for text in texts if MARKUP in text or "<script" in text] == []
    assert MARKUP in unescape(texts[0])
    assert MARKUP in unescape(texts[-2])


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/export/publication/{id}/../list.csv",
            "/export/publication/{id}/..%2f..%2fsecret",
            "/export/run/{id}/list.csv",
        ),
        *(
            "/export/publication/{id}/list.csv/",
            "/export/publication/{id}/experts.csv",
            "/export/publication/0/list.csv",
        ),
        *("/export/publication/{id}/list.csv%00", "/export/publication/-1/list.csv", "/export/publication/x/list.csv"),
        *("/export/publication/99999999999999999999/list.csv", "/export/publication/{id}/....//secret"),
        *("/export/publication/{id}/%252e%252e%252fsecret", "/export//etc/passwd", "/export/publication/4711/list.csv"),
    ],
)
def test_no_other_name_leads_to_a_file(service: Service, path: str) -> None:
    with service.logged_in(f"asks for {path}") as browser:
        url = httpx.URL(service.origin + path.format(id=service.publication))
        answer = browser.send(browser.build_request("GET", url, headers={"Accept": "*/*"}))

    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.text.splitlines()) == 2, "what is wrong, and what to do"
    assert "陈永" not in answer.text


def test_an_address_names_the_methods_that_it_takes(service: Service) -> None:
    with service.logged_in("asks otherwise") as browser:
        for method, path, allowed in (
            ("PUT", "/account/login", "GET, HEAD, POST"),
            ("POST", f"/export/publication/{service.publication}/list.csv", "GET"),
            ("HEAD", f"/export/publication/{service.publication}/list.csv", "GET"),
            ("PATCH", "/export/round/1/invitations", "GET, HEAD, POST"),
            ("DELETE", "/account/alive", "GET, HEAD"),
        ):
            answer = browser.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed), path
        assert browser.request("DELETE", "/export/nothing").status_code == 404


def test_the_published_list_is_for_the_office_alone_and_who_took_it_is_written_down(service: Service) -> None:
    path = f"/export/publication/{service.publication}/list.csv"
    with service.logged_in("takes the list") as browser:
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "陈永" in answer.content.decode("utf-8-sig")
        assert "attachment" in answer.headers["content-disposition"]
    with service.logged_in("counts the list", "analyst") as browser:
        assert "expert-" in browser.get(path).text
        assert "陈永" not in browser.get(path).text
    for role, party in (("firm", "F1"), ("expert", "E1")):
        with service.logged_in(f"a {role} takes the list", role, party) as browser:
            refused = browser.get(path)
            assert refused.status_code == 403
            assert "陈永" not in refused.text
    with service.store.reading() as view:
        taken = [event for event in view.listed(Event, what="export") if event.about.endswith("/list")]
    assert [event.who for event in taken] == ["takesthelist", "countsthelist", "countsthelist"]


def test_a_role_is_what_the_database_says_whatever_is_sent_along(service: Service) -> None:
    path = f"/export/publication/{service.publication}/list.csv"
    with service.logged_in("forges a role", "firm", "F1") as browser:
        browser.cookies.set("role", "administrator")
        browser.headers.update({"X-Role": "administrator", "X-Forwarded-User": "first", "X-Remote-User": "first"})
        assert browser.get(path, params={"role": "administrator", "who": "first"}).status_code == 403


def test_only_a_form_uses_an_invitation_up_and_only_once(service: Service) -> None:
    account = accounts.add(service.store, MACHINE, name="is invited", role="firm", party="F1", person="张三")
    invited = accounts.invite(service.store, MACHINE, account.id)
    with service.browser() as scanner:
        for _ in range(2):
            shown = scanner.get("/account/invite", params={"token": invited.token})
            assert shown.status_code == 200
            assert "张三" in shown.text
    given = {"token": invited.token, "password": PASSWORD, "again": PASSWORD}
    with service.browser() as browser, service.browser() as thief:
        differing = browser.post("/account/invite", data={**given, "again": "something else"})
        assert (differing.status_code, "不一样" in differing.text) == (422, True)
        assert browser.post("/account/invite", data={**given, "password": "short", "again": "short"}).status_code == 422
        assert browser.post("/account/invite", data=given).status_code == 303
        assert browser.get("/").headers["location"].startswith("/account/privacy")
        assert thief.post("/account/invite", data=given).status_code in (403, 404)
        assert thief.get("/account/invite", params={"token": invited.token}).status_code == 404
        assert thief.get("/").headers["location"].startswith("/account/login")


def test_an_invitation_is_taken_by_its_short_code_too(service: Service) -> None:
    account = accounts.add(service.store, MACHINE, name="has a code", role="analyst")
    invited = accounts.invite(service.store, MACHINE, account.id)
    given = {"code": f" {invited.code.lower()} ", "password": PASSWORD, "again": PASSWORD}
    with service.browser() as browser:
        assert browser.post("/account/invite", data=given).status_code == 303


def test_codes_cannot_be_guessed_at_leisure(service: Service) -> None:
    with service.browser() as browser:
        tried = [
            browser.post("/account/invite", data={"code": f"GUESS{n}", "password": PASSWORD, "again": PASSWORD})
            for n in range(OF_ADDRESS + 1)
        ]
    assert [answer.status_code for answer in tried] == [403] * OF_ADDRESS + [429]


def test_a_reset_ends_every_session_and_sets_another_password(service: Service) -> None:
    with service.logged_in("forgets") as browser, service.browser() as other:
        link = accounts.reset(service.store, MACHINE, _account(service, "forgets").id)
        assert browser.get("/").status_code == 303
        given = {"token": link.token, "password": "another long password", "again": "another long password"}
        assert "重设密码" in other.get("/account/reset", params={"token": link.token}).text
        assert other.post("/account/reset", data=given).status_code == 303
        assert other.get("/").status_code == 200
    with service.browser() as browser:
        assert log_in(browser, "forgets").status_code == 403


def test_another_password_ends_the_other_sessions_and_their_pages(service: Service) -> None:
    name = service.person("changes")
    with service.browser() as here, service.browser() as there:
        log_in(here, name)
        log_in(there, name)
        wrong = here.post(
            "/account/password", data={"old": "wrong", "password": "hunderttausend", "again": "hunderttausend"}
        )
        assert wrong.status_code == 403
        with socket_of(service, there) as socket:
            changed = here.post(
                "/account/password", data={"old": PASSWORD, "password": "zweihundertmal", "again": "zweihundertmal"}
            )
            assert (changed.status_code, "密码已修改" in changed.text) == (200, True)
            assert here.get("/").status_code == 200
            assert there.get("/").status_code == 303
            socket.send(b"")
            assert closing_code(socket) == 1008


def test_nobody_goes_on_before_having_read_the_statement(service: Service) -> None:
    account = accounts.add(service.store, MACHINE, name="reads", role="expert", party="E1")
    token = accounts.invite(service.store, MACHINE, account.id).token
    with service.browser() as browser:
        browser.post("/account/invite", data={"token": token, "password": PASSWORD, "again": PASSWORD})
        assert browser.get("/?x=1").headers["location"] == "/account/privacy?next=%2F%3Fx%3D1"
        assert browser.get("/media/x", headers={"Accept": "*/*"}).status_code == 403
        with pytest.raises(InvalidStatus), socket_of(service, browser):
            pass
        assert browser.post("/account/privacy?next=%2F%3Fx%3D1").headers["location"] == "/?x=1"
        assert browser.get("/").status_code == 200
        with socket_of(service, browser):
            pass


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * 20_000, "application/x-www-form-urlencoded", 413),
        (b"name=%ff%fe&password=x", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % n for n in range(100)), "application/x-www-form-urlencoded", 400),
        (b'{"name": "x"}', "application/json", 400),
        (b"", "", 400),
    ],
)
def test_a_form_that_is_none_is_refused(service: Service, body: bytes, kind: str, status: int) -> None:
    with service.browser() as browser:
        answer = browser.post("/account/login", content=body, headers={"Content-Type": kind})

    assert answer.status_code == status
    assert "返回首页" in answer.text


def test_names_that_no_database_holds_are_refused_like_any_other(service: Service) -> None:
    with service.browser() as browser:
        for name in ("\0", "x" * 5000, "", "a\nb"):
            assert log_in(browser, name).status_code in (400, 403)


def test_who_asks_under_a_foreign_name_gets_nothing(service: Service) -> None:
    for host in ("rebound.example", "127.0.0.1.rebound.example", "", "[", "user@127.0.0.1.example"):
        answer = httpx.get(f"{service.origin}/account/login", headers={"Host": host, "Accept": "*/*"}, verify=PLAIN)
        assert answer.status_code in (400, 421)
        assert "form" not in answer.text


def test_many_logins_at_once_neither_fail_nor_mix_people_up(service: Service) -> None:
    names = [service.person(f"comes at once {n}") for n in range(8)]

    def comes(name: str) -> bool:
        with service.browser() as browser:
            log_in(browser, name)
            return name in browser.get("/account/logout").text

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(comes, names))


def test_the_log_is_lines_of_json_in_which_nobody_is_named(service: Service) -> None:
    name = service.person("marked-person-4711")
    with service.browser("198.51.100.99") as browser:
        log_in(browser, name, "marked-password-4711")
        log_in(browser, name)
        browser.get("/account/invite", params={"token": "marked-token-4711"})
        browser.get("/marked-path-4711/x")
        token = browser.cookies["matcher"]
    for _ in range(100):  # a line is written when its answer is on the way
        lines = service.log.read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        if "/…" in {line.get("path") for line in told}:
            break
        time.sleep(0.1)

    assert [line for line in lines if "marked-" in line or token in line or "198.51.100.99" in line] == []
    assert [line for line in lines if not line.startswith("{")] == lines[
        :1
    ]  # where it is served, for whoever starts it
    assert {"/account/login", "/account/invite", "/…"} <= {line.get("path") for line in told}
    with service.store.reading() as view:
        assert [row for row in view.listed(Attempt) if "marked-" in row.key or "198.51.100" in row.key] == []
        assert [row for row in view.listed(Session) if row.token == token] == []


def test_health_is_told_and_nothing_else(service: Service) -> None:
    assert httpx.get(f"{service.origin}/healthz", verify=PLAIN).json() == {"status": "ok"}


def _account(service: Service, name: str) -> Account:
    with service.store.reading() as view:
        return view.get(Account, name=folded_name(name))


def test_a_party_agrees_to_each_thing_by_itself_takes_it_back_and_has_its_own_data(service: Service) -> None:
    with service.logged_in("agrees", "expert", "E1") as browser:
        shown = browser.get("/account/privacy").text
        assert shown.count('type="radio"') == 4
        assert " checked" not in shown, "nothing is decided before somebody says so"

        def saved(**said: str) -> str:
            sent = {"consents": "1", **said}
            return browser.post("/account/privacy", data=sent, follow_redirects=True).text

        assert " checked" not in saved(), "who decides nothing has said nothing"
        assert saved(notice="yes").count('value="yes" checked') == 1
        assert saved(notice="no", contact="no").count('value="no" checked') == 2
        held = browser.get("/export/own/data.json").json()
    assert {form["record"]["expert_id"] for form in held["forms"]} == {"E1"}
    assert {(row["kind"], row["given"]) for row in held["consents"]} == {("notice", False), ("contact", False)}
    assert "$argon2" not in json.dumps(held)
    with service.logged_in("has no data") as browser:
        assert browser.get("/export/own/data.json").status_code == 404
        assert 'type="radio"' not in browser.get("/account/privacy").text
