"""Sheets of invitations: who may have them made, what is said before, and what the file opens."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import docx
import pytest
from python_calamine import CalamineWorkbook

from matcher.domain.moments import moment
from matcher.domain.roles import Principal
from matcher.services import accounts, signing_in
from matcher.services.tokens import read_code
from matcher.store import Store, connect
from matcher.store.entities import Account, Event, Invitation
from tests.bureau import WHO, collecting, firm
from tests.databases import THE_DAY, Databases
from tests.web.conftest import Service
from tests.web.test_exports import Browser

CODE = "[0-9A-HJKMNP-TV-Z]{5} [0-9A-HJKMNP-TV-Z]{5}"
FORM = "/export/round/1/invitations"


@pytest.fixture
def office(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """A round whose seven parties have no accounts; on one engine, since what is asked is the door's answer."""
    opened = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    collecting(opened)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    return tmp_path


def filled(page: str, **given: str) -> dict[str, str]:
    """Fill the form in as it came, but for what is given."""
    (seen,) = re.findall(r'name="seen" value="(\w*)"', page)
    return {"seen": seen, "days": "14", "to": "docx", **given}


def invited(store: Store) -> list[Invitation]:
    with store.reading() as view:
        return view.listed(Invitation)


def test_to_look_at_the_form_invites_nobody_and_says_whom_it_would(office: Store) -> None:
    shown = Browser(office, WHO).get(FORM)

    assert shown.status_code == 200
    assert "<dt>尚未邀请</dt><dd>7</dd>" in shown.text
    assert "2026，第 1 轮" in shown.text
    assert invited(office) == []


@pytest.mark.parametrize("to", ["docx", "xlsx"])
def test_the_file_holds_links_and_codes_that_open_what_they_are_for(office: Store, to: str) -> None:
    browser = Browser(office, WHO)
    answer = browser.post(FORM, filled(browser.get(FORM).text, to=to, days="30"))

    assert answer.status_code == 200
    assert f'filename="round-1-invitations.{to}"' in answer.headers["content-disposition"]
    if to == "xlsx":
        rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
        text = "\n".join(" ".join(map(str, row)) for row in rows)
    else:
        document = docx.Document(io.BytesIO(answer.content))
        parts = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        text = "\n".join([*(paragraph.text for paragraph in document.paragraphs), *parts])
    tokens = set(re.findall(r"http://127\.0\.0\.1:8501/account/invite\?token=([\w-]+)", text))
    codes = set(re.findall(rf"(?<![\w-]){CODE}(?![\w-])", text))
    assert (len(tokens), len(codes)) == (7, 7)
    found = {signing_in.invitation_of(office, token).name for token in tokens}
    assert found == {signing_in.invitation_of(office, read_code(code)).name for code in codes}
    assert {moment(one.expires_at) for one in invited(office)} == {THE_DAY + timedelta(days=30)}
    with office.reading() as view:
        assert [(event.who, event.about) for event in view.listed(Event, what="export")] == [
            (WHO.name, "rounds/1/invitations")
        ]


def test_those_invited_already_are_left_out_unless_that_is_asked(office: Store) -> None:
    accounts.invite_parties(office, WHO, 1)
    browser = Browser(office, WHO)
    page = browser.get(FORM).text
    assert "<dt>已邀请未用</dt><dd>7</dd>" in page

    refused = browser.post(FORM, filled(page, days="7", to="xlsx"))
    assert refused.status_code == 422
    assert "没有需要邀请的企业和专家" in refused.text
    assert 'value="7"' in refused.text
    assert 'value="xlsx" checked' in refused.text
    assert browser.post(FORM, filled(page, again="yes")).status_code == 200
    assert len([one for one in invited(office) if one.revoked_at is None]) == 7


def test_whoever_has_not_read_the_warnings_reads_them_before_anybody_is_invited(office: Store, home: Path) -> None:
    browser = Browser(office, WHO)
    page = browser.get(FORM).text
    assert "已核对，邀请并下载" in page
    (home / "bureau.toml").write_text('name = "嵊州市科学技术局"\n', encoding="utf-8")

    for seen in ("", filled(page)["seen"]):
        again = browser.post(FORM, filled(page, seen=seen, again="yes"))
        assert again.status_code == 409
        assert "content-disposition" not in again.headers
        assert 'name="again" value="yes" checked' in again.text
        assert invited(office) == []
    assert browser.post(FORM, filled(again.text)).status_code == 200


def test_a_party_hears_the_same_of_a_round_that_is_there_and_of_one_that_is_not(office: Store) -> None:
    asked = Browser(office, firm("F1"))
    there, nowhere = asked.get(FORM), asked.get("/export/round/4711/invitations")
    assert (there.status_code, nowhere.status_code) == (403, 403)
    assert there.text == nowhere.text.replace("4711", "1")
    assert Browser(office, WHO).get("/export/round/4711/invitations").status_code == 404


def test_a_program_reads_what_is_wrong_with_the_form_as_sentences(office: Store) -> None:
    browser = Browser(office, WHO)
    page = browser.get(FORM).text
    told = browser.ask("POST", FORM, "*/*", filled(page, days="x"))
    assert (told.status_code, told.headers["content-type"]) == (422, "text/plain; charset=utf-8")
    unread = browser.ask("POST", FORM, "*/*", filled(page, seen=""))
    assert unread.status_code == 409
    assert "待填" in unread.text
    assert invited(office) == []


def test_where_nothing_is_to_be_filled_in_there_is_no_warning(office: Store, home: Path) -> None:
    names = ("name", "office", "office_telephone")
    (home / "bureau.toml").write_text("".join(f'{name} = "有"\n' for name in names), encoding="utf-8")
    page = Browser(office, WHO).get(FORM).text

    assert "<li>" not in page
    assert "<button>邀请并下载</button>" in page


@pytest.mark.parametrize("days", ["0", "91", "-1", "two", "", "١", "9" * 5000])
def test_days_out_of_bounds_are_refused_and_stand_in_the_form(office: Store, days: str) -> None:
    browser = Browser(office, WHO)
    answer = browser.post(FORM, filled(browser.get(FORM).text, days=days))

    assert answer.status_code == 422
    assert "有效天数应为 1 至 90" in answer.text
    assert invited(office) == []


def test_what_is_no_form_of_ours_and_a_round_that_is_not_there(office: Store) -> None:
    browser = Browser(office, WHO)
    given = filled(browser.get(FORM).text)

    assert browser.post(FORM, {**given, "to": "exe"}).status_code == 400
    assert browser.get("/export/round/4711/invitations").status_code == 404
    assert browser.post("/export/round/4711/invitations", given).status_code == 404
    assert browser.get(f"/export/round/{2**31}/invitations").status_code == 404
    assert invited(office) == []


def test_a_wording_that_is_not_in_order_is_told_before_anybody_is_invited(office: Store, home: Path) -> None:
    browser = Browser(office, WHO)
    given = filled(browser.get(FORM).text)
    (home / "templates").mkdir()
    (home / "templates" / "invitation.txt").write_text("{fit}\n", encoding="utf-8")

    for answer in (browser.get(FORM), browser.post(FORM, given)):
        assert answer.status_code == 422
        assert "没有可填的 {fit}" in unescape(answer.text)
    assert invited(office) == []


@pytest.mark.parametrize("who", [Principal("分析员", "analyst"), firm("F1")], ids=lambda who: who.role)
def test_others_may_neither_look_nor_invite(office: Store, who: Principal) -> None:
    given = filled(Browser(office, WHO).get(FORM).text)
    shown, sent = Browser(office, who).get(FORM), Browser(office, who).post(FORM, given)

    assert (shown.status_code, sent.status_code) == (403, 403)
    assert "<dd>7</dd>" not in shown.text
    assert invited(office) == []
    with office.reading() as view:
        assert view.listed(Account) == []


def test_the_form_speaks_english_and_leads_back(office: Store) -> None:
    shown = Browser(office, WHO).get(f"{FORM}?lang=en").text

    assert "Make invitation sheets" in shown
    assert 'href="/accounts?tab=invite&amp;round=1&amp;lang=en"' in shown
    assert not re.search("[一-鿿]", shown.replace("中文", "").partition("<ul")[0])


def test_the_real_door_takes_the_form_from_its_own_page_alone(service: Service) -> None:
    path = f"{FORM}?lang=en"
    with service.logged_in("prints invitations") as office, service.browser() as stranger:
        given = filled(office.get(path).text, days="1")
        foreign = {"Origin": "https://elsewhere.example"}
        before = len(invited(service.store))
        assert office.post(path, data=given, headers=foreign).status_code == 403
        assert office.post(path, data=given, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert stranger.post(path, data=given).status_code == 401
        assert stranger.get(path).headers["location"].startswith("/account/login")
        assert len(invited(service.store)) == before
        file = office.post(path, data=given)
        assert (file.status_code, file.content[:2]) == (200, b"PK")
        assert file.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in office.get(path).headers["content-security-policy"]
        assert file.content[:2] not in service.log.read_bytes()
        tokens = [one.token for one in invited(service.store)]
    assert len(tokens) > before
