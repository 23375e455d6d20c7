"""Logging in by a provider of identities: a real one, on this machine."""

import base64
import json
import re
import time
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from itsdangerous import TimestampSigner
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from matcher.domain.roles import MACHINE
from matcher.services import accounts
from matcher.store.entities import Account
from matcher.web.identity import YOUNG_S
from tests.web.conftest import Service


def go_and_come_back(service: Service, browser: httpx.Client, subject: str, begin: str = "/account/identity") -> None:
    """Go to the provider, say there who one is, and come back with what it said."""
    to_streamlit = browser.get(begin)
    to_provider = browser.get(to_streamlit.headers["location"])
    asked = urlsplit(to_provider.headers["location"])
    assert parse_qs(asked.query)["redirect_uri"] == [f"{service.origin}/oauth2callback"]
    back = httpx.post(asked.geturl(), data={"sub": subject})
    home = browser.get(back.headers["location"])
    assert (home.status_code, home.headers["location"]) == (302, "/")
    led = browser.get("/")
    assert (led.status_code, led.headers["location"]) == (303, "/account/identity")


def come_by(service: Service, browser: httpx.Client, subject: str, begin: str = "/account/identity") -> httpx.Response:
    """Go there and back; gives the answer to the page that one then asks for."""
    go_and_come_back(service, browser, subject, begin)
    return browser.get("/account/identity", headers={"Sec-Fetch-Site": "cross-site"})


def cookies_of(browser: httpx.Client, beginning: str) -> dict[str, str]:
    return {name: value for name, value in browser.cookies.items() if name.startswith(beginning)}


def link(service: Service, provider: str, name: str, subject: str, **role: str | None) -> None:
    """Say which identity is whose account."""
    account = accounts.add(service.store, MACHINE, name=name, **role)  # ty: ignore[invalid-argument-type]
    with service.store.writing("tests") as work:
        work.change(work.get(Account, id=account.id), "link_account", issuer=provider, subject=subject)


def test_the_login_page_offers_the_provider(service: Service) -> None:
    with service.browser() as browser:
        assert re.search(r'href="/account/identity">用OIDC登录', browser.get("/account/login").text)


def test_whose_identity_has_an_account_is_let_in_with_the_role_of_the_account(service: Service, provider: str) -> None:
    link(service, provider, "comes by identity", "subject-1", role="firm", party="F1")
    with service.browser() as browser:
        answer = come_by(service, browser, "subject-1")

        assert answer.status_code == 303
        assert browser.cookies["matcher"]
        assert [name for name in browser.cookies if name.startswith("_streamlit_user")] == []
        browser.post("/account/privacy")
        assert "comesbyidentity" in browser.get("/account/logout").text
        assert browser.get(f"/export/publication/{service.publication}/list.csv").status_code == 403
        before = browser.cookies["matcher"]
        browser.post("/account/logout")
        browser.cookies.set("matcher", before, domain="127.0.0.1")
        assert browser.get("/").headers["location"] == "/account/login"


def test_whose_identity_has_no_account_is_told_so_and_stays_outside(service: Service) -> None:
    with service.browser() as browser:
        answer = come_by(service, browser, "subject-2")

        assert answer.status_code == 403
        assert "这个身份没有对应的账号" in answer.text
        assert "matcher" not in browser.cookies
        assert browser.get("/").headers["location"] == "/account/login"


def test_an_identity_that_somebody_made_up_is_none(service: Service) -> None:
    with service.browser() as browser:
        for name in ("_streamlit_user", "_streamlit_user_tokens"):
            browser.cookies.set(name, '{"iss": "x", "sub": "first", "is_logged_in": true}', domain="127.0.0.1")
        assert browser.get("/account/identity").headers["location"] == "/account/login"
        assert browser.get("/oauth2callback?code=x&state=y").headers["location"] == "/"
        assert "matcher" not in browser.cookies


def test_after_a_login_by_identity_one_is_where_one_wished_to_be(service: Service, provider: str) -> None:
    link(service, provider, "wishes", "subject-3", role="analyst")
    with service.browser() as browser:
        shown = browser.get("/account/login?next=%2F%3Fneed%3DF1&lang=en").text
        [begin] = re.findall(r'href="(/account/identity[^"]*)"', shown)
        answer = come_by(service, browser, "subject-3", unescape(begin))
    assert answer.headers["location"] == "/?need=F1&lang=en"


def test_what_the_provider_said_opens_one_session_and_in_the_browser_that_asked(
    service: Service, provider: str
) -> None:
    link(service, provider, "is copied", "subject-4", role="analyst")
    with service.browser() as browser, service.browser() as thief, service.browser() as patient:
        go_and_come_back(service, browser, "subject-4")
        identity, all_of_it = cookies_of(browser, "_streamlit"), cookies_of(browser, "")
        for name, value in identity.items():
            thief.cookies.set(name, value, domain="127.0.0.1")
        refused = thief.get("/account/identity")
        assert (refused.status_code, "同一个浏览器" in refused.text) == (403, True)
        assert cookies_of(thief, "matcher") == {}
        assert cookies_of(thief, "_streamlit_user") == {}

        assert browser.get("/account/identity").status_code == 303
        assert cookies_of(browser, "matcher-begun") == {}
        for name, value in all_of_it.items():
            patient.cookies.set(name, value, domain="127.0.0.1")
        again = patient.get("/account/identity")
        assert (again.status_code, "重复使用" in again.text) == (403, True)
        assert cookies_of(patient, "matcher") == {}


def test_what_the_provider_said_a_while_ago_opens_nothing(
    service: Service, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(service, provider, "is late", "subject-5", role="analyst")
    identity = service.store.key_for("identity cookie")
    secret = base64.urlsafe_b64encode(identity).decode()
    said = json.dumps({"iss": provider, "sub": "subject-5", "is_logged_in": True})
    for age_s, status in ((YOUNG_S + 10, 403), (0, 303)):
        with monkeypatch.context() as patch, service.browser() as browser:
            assert browser.get("/account/identity").status_code == 303
            patch.setattr(TimestampSigner, "get_timestamp", lambda _self, age_s=age_s: int(time.time()) - age_s)
            signed = create_signed_value(secret, "_streamlit_user", said).decode()
            browser.cookies.set("_streamlit_user", signed, domain="127.0.0.1")
            assert browser.get("/account/identity").status_code == status
            assert ("matcher" in browser.cookies) == (status == 303)


def test_no_other_site_begins_a_login_in_somebodys_browser(service: Service) -> None:
    for site in ("cross-site", "same-site"):
        with service.browser() as browser:
            led = browser.get("/account/identity", headers={"Sec-Fetch-Site": site})
            assert led.headers["location"] == "/account/login"
            assert cookies_of(browser, "matcher") == {}


def test_a_return_that_nobody_here_has_begun_logs_nobody_in(service: Service, provider: str) -> None:
    """Login forgery: past our page, by Streamlit's own, somebody is led through the provider."""
    link(service, provider, "is led", "subject-6", role="analyst")
    with service.browser() as attacker, service.browser() as browser:
        past_us = attacker.get("/account/identity").headers["location"]
        to_provider = browser.get(past_us)
        back = httpx.post(to_provider.headers["location"], data={"sub": "subject-6"})
        browser.get(back.headers["location"])
        assert browser.get("/account/identity").status_code == 403
        assert cookies_of(browser, "matcher") == {}
