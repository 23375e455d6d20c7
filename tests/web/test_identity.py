"""Logging in by a provider of identities: a real one, on this machine."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx

from matcher.domain.roles import MACHINE
from matcher.services import accounts
from matcher.store.entities import Account
from tests.web.conftest import Service


def come_by(service: Service, browser: httpx.Client, subject: str) -> httpx.Response:
    """Go to the provider, say there who one is, and come back; gives the answer to the page that one then asks for."""
    to_streamlit = browser.get("/account/identity")
    to_provider = browser.get(to_streamlit.headers["location"])
    asked = urlsplit(to_provider.headers["location"])
    assert parse_qs(asked.query)["redirect_uri"] == [f"{service.origin}/oauth2callback"]
    back = httpx.post(asked.geturl(), data={"sub": subject})
    home = browser.get(back.headers["location"])
    assert (home.status_code, home.headers["location"]) == (302, "/")
    led = browser.get("/")
    assert (led.status_code, led.headers["location"]) == (303, "/account/identity")
    return browser.get("/account/identity")


def link(service: Service, provider: str, name: str, subject: str, **role: str | None) -> None:
    """Say which identity is whose account."""
    account = accounts.add(service.store, MACHINE, name=name, **role)  # ty: ignore[invalid-argument-type]
    with service.store.writing("tests") as work:
        work.change(work.get(Account, id=account.id), None, issuer=provider, subject=subject)


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
        assert browser.get("/account/identity").headers["location"].startswith("/auth/login?provider=")
        assert browser.get("/oauth2callback?code=x&state=y").headers["location"] == "/"
        assert "matcher" not in browser.cookies
