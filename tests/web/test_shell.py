"""Streamlit's page as it is served: its language, and the script that leads to the login when a session is over."""

import httpx
import pytest

from matcher.web.shell import SCRIPT
from tests.web.conftest import Service


@pytest.mark.parametrize(("path", "lang"), [("/", "zh-CN"), ("/?lang=en", "en"), ("/placements?lang=xx", "zh-CN")])
def test_the_page_says_which_language_it_is_in_and_has_our_script_before_theirs(
    service: Service, path: str, lang: str
) -> None:
    with service.logged_in(f"reads {path}") as browser:
        answer = browser.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": "*"})

    assert answer.status_code == 200
    assert answer.text.count(f'<html lang="{lang}">') == 1
    assert answer.text.count("<html") == answer.text.count(SCRIPT) == 1
    assert answer.text.index(SCRIPT) < answer.text.index("</head>")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"].partition("style-src")[0]


def test_nothing_else_is_changed(service: Service) -> None:
    with service.logged_in("reads the rest") as browser:
        assert "alive.js" not in browser.get("/account/password?lang=en").text
        script = browser.get("/account/static/alive.js")
        assert script.headers["content-type"].startswith(("text/javascript", "application/javascript"))
        assert len(script.text.splitlines()) < 40
        head = browser.head("/")
        assert (head.status_code, head.content) == (200, b"")
        theirs = browser.get("/", headers={"Accept": "*/*"})
        assert '<html lang="en">' in theirs.text, "whoever asks for no page gets the file as it is"


def test_an_open_page_is_told_whether_its_session_goes_on(service: Service) -> None:
    asks = {"Accept": "*/*", "Sec-Fetch-Mode": "cors"}
    with service.logged_in("stays") as browser:
        assert browser.get("/account/alive", headers=asks).status_code == 204
        kept = httpx.Cookies(browser.cookies)
        browser.post("/account/logout")
        with service.browser() as open_page:
            open_page.cookies = kept
            assert open_page.get("/account/alive", headers=asks).status_code == 401
