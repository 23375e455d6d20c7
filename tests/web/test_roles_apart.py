"""Who forges pages, hashes, widgets, messages or files gets nothing of anybody else's, whoever asks for whose."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain, product
from typing import Any

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection

from matcher.domain.records import Expert, Need
from matcher.domain.roles import Role
from matcher.pages.frame import PAGES
from matcher.services import (
    consents,
    following,
    forms,
    preferences,
    proposing,
    publishing,
    rounds,
    runs,
    scenarios,
)
from matcher.store import Store, connect, upgrade
from matcher.store.engine import sqlite_url
from matcher.store.entities import Event, PlacedPair, Run
from matcher.web.owners import UPLOADS
from tests import bureau
from tests.bureau import EXPERTS, NEEDS, WHO, expert, firm, later
from tests.databases import THE_DAY
from tests.web.conftest import Service, log_in, served
from tests.web.test_attacks import socket_of

NOTICE: dict[str, Any] = {**bureau.NOTICE, "document_number": "1"}
NAMES = sorted({name for sections in PAGES.values() for names in sections.values() for name in names})
MARK = re.compile("〔[^〕]*〕".encode())
TYPED = re.compile("-(why|done|name)$")
"""Keys of the fields that a text is to be typed into, for what is asked to be done."""
ASKING = "pair={other}&placement={other}&round=1&scenario=1&need=F3&expert=E4&firm=F3&run=1&account=1&tab=reach"

WHOSE: dict[str, tuple[Role, str | None]] = {
    "the office": ("administrator", None),
    "an analyst": ("analyst", None),
    "a firm": ("firm", "F1"),
    "its expert": ("expert", "E1"),
    "another firm": ("firm", "F3"),
    "another expert": ("expert", "E4"),
}
MAY_READ = {
    "another firm": {"F3"},
    "another expert": {"E4"},
    "a firm": {"F1"},
    "its expert": {"E1"},
    "an analyst": {"detail"},
}
"""Marks that one may read: with these words in them."""


def mark(*whose: str) -> str:
    """Make words that are found again wherever they get: they are for somebody alone."""
    return f"〔{' '.join(whose)}〕"


def marked(record: Expert | Need) -> Expert | Need:
    """Put marks where a form holds what is for its own party and the office."""
    whose = record.firm_id if isinstance(record, Need) else record.expert_id
    if isinstance(record, Expert):
        return replace(record, contact=mark(whose, "contact"))
    return replace(record, contact=mark(whose, "contact"), need_detail=record.need_detail + mark(whose, "detail"))


def prepared(store: Store) -> None:
    """One batch in force, with everything said that can be; and another whose sides are asked."""
    consents.record_basis(store, WHO, "notice", "嵊科 2026-3")
    for name in ("2026", "2027"):
        opened = rounds.open_batch(store, WHO, name, int(name))
        for record in (*EXPERTS, *NEEDS):
            form = forms.submit_form(store, WHO, forms.write_form(store, WHO, opened.id, marked(record)))
            forms.accept_form(store, WHO, form)
        choosing = rounds.advance(store, WHO, opened.id)
        for own_id, refused in (("F1", "E3"), ("F3", "E2")):
            why = [(refused, mark(own_id, "veto"))]
            preferences.state_preferences(store, firm(own_id), choosing.id, "firm", own_id, tiers=(), vetoes=why)
        for own_id, refused in (("E1", "F3"), ("E4", "F1")):
            why = [(refused, mark(own_id, "veto"))]
            preferences.state_preferences(store, expert(own_id), choosing.id, "expert", own_id, tiers=(), vetoes=why)
        matching = rounds.advance(store, WHO, choosing.id)
        if name == "2027":
            bureau.proposed(store, matching, answer_by=date(2099, 1, 1))
            break
        confirming = bureau.proposed(store, matching)
        for placed in placements(store):
            for side in ("firm", "expert"):
                who = bureau.party(placed, side)
                why = mark(str(who.party), "answer")
                proposing.answer(store, who, placed.id, side, accepts=True, why=why)
        publishing.publish(store, WHO, confirming.id, **NOTICE)
        publishing.activate(later(store, 10), WHO, confirming.id)
        for placed in placements(store):
            done = mark(placed.firm_id, placed.expert_id, "service")
            following.log_service(
                later(store, 40), firm(placed.firm_id), placed.id, day=date(2026, 6, 20), days=1, done=done
            )
            following.assess(later(store, 40), expert(placed.expert_id), placed.id, expert_rating=1)


def placements(store: Store) -> list[PlacedPair]:
    with store.reading() as view:
        return view.listed(PlacedPair)


@dataclass(frozen=True)
class Town:
    """A service, and a browser of each of those who try."""

    service: Service
    browsers: dict[str, httpx.Client]

    @property
    def store(self) -> Store:
        return self.service.store

    def other_pair(self) -> int:
        """Give the placement in force of the other firm and the other expert."""
        return next(row.id for row in placements(self.store) if row.pair == ("F3", "E4") and row.state == "active")

    def events(self) -> int:
        """Count what was done, and written down."""
        with self.store.reading() as view:
            return len(view.listed(Event))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    home = tmp_path_factory.mktemp("town")
    store = connect(sqlite_url(home / "matcher.db"), create=True)
    upgrade(store)
    prepared(replace(store, clock=lambda: THE_DAY))
    store.close()
    with served(home) as service:
        browsers = {}
        for name, (role, party) in WHOSE.items():
            browsers[name] = service.browser()
            kept = service.person(name, role, party)
            assert log_in(browsers[name], kept).status_code == 303
        yield Town(service, browsers)
        for browser in browsers.values():
            browser.close()


def asked(
    socket: ClientConnection,
    page: str,
    query: str = "",
    *,
    by_hash: bool = False,
    ids: Sequence[str] = (),
    fragment: str = "",
    file: str = "",
) -> list[bytes]:
    """Ask for a page, by its name or its hash, or for a part of it, with widgets that were used; give what is sent."""
    message = BackMsg()
    message.rerun_script.fragment_id = fragment
    if by_hash:
        message.rerun_script.page_script_hash = page
    else:
        message.rerun_script.page_name = page
    message.rerun_script.query_string = query
    for id_ in ids:
        state = message.rerun_script.widget_states.widgets.add()
        state.id = id_
        if TYPED.search(id_):
            state.string_value = "伪造"
        elif "-new-file-" in id_:
            given = [UploadedFileInfo(file_id=file, name="settings.toml", size=1)] if file else []
            state.file_uploader_state_value.CopyFrom(FileUploaderState(uploaded_file_info=given))
        else:
            state.trigger_value = True
    socket.send(message.SerializeToString())
    sent = []
    while True:
        part = socket.recv(timeout=60, decode=False)
        sent.append(part)
        if ForwardMsg.FromString(part).WhichOneof("type") == "script_finished":
            return sent


def hashes(town: Town) -> set[str]:
    """Collect the hashes by which the server knows the pages of everybody."""
    found = set()
    for browser in town.browsers.values():
        with socket_of(town.service, browser) as socket:
            parts = [ForwardMsg.FromString(part) for part in asked(socket, "")]
        found |= {page.page_script_hash for part in parts for page in part.navigation.app_pages}
    return found


def session_in(sent: Sequence[bytes]) -> str:
    """Tell which session of the server somebody has."""
    parts = map(ForwardMsg.FromString, sent)
    return next(part.new_session.initialize.session_id for part in parts if part.HasField("new_session"))


def foreign(sent: Sequence[bytes], who: str) -> set[str]:
    """Find the marks of others: those of a pair are for both of its sides."""
    return {one for one in marks(sent) if not MAY_READ.get(who, set()) & set(one.split())}


def marks(sent: Sequence[bytes]) -> set[str]:
    return {match.decode()[1:-1] for match in MARK.findall(b"".join(sent))}


def widgets(sent: Sequence[bytes]) -> set[str]:
    """Find the ids of all widgets."""
    elements = [ForwardMsg.FromString(part).delta.new_element for part in sent]
    kinds = (getattr(element, str(element.WhichOneof("type")), None) for element in elements)
    ids = {str(getattr(kind, "id", "")) for kind in kinds}
    return {id_ for id_ in ids if id_.startswith("$$ID")}


def test_what_is_marked_is_found_where_it_may_be(town: Town) -> None:
    with socket_of(town.service, town.browsers["another firm"]) as socket:
        sent = asked(socket, "my_results")
    assert {"F3 E4 service", "F3 detail"} & marks(sent) == {"F3 E4 service"}
    with socket_of(town.service, town.browsers["the office"]) as socket:
        sent = asked(socket, "service", ASKING.format(other=town.other_pair()).replace("&tab=reach", ""))
    assert "F3 E4 service" in marks(sent)


@pytest.mark.parametrize("who", ["an analyst", "a firm", "its expert"])
def test_no_page_of_another_role_or_party_is_shown_however_it_is_asked_for(town: Town, who: str) -> None:
    query = ASKING.format(other=town.other_pair())
    ways = [*((name, False) for name in NAMES), *((hash_, True) for hash_ in sorted(hashes(town)))]
    assert len(ways) > len(NAMES) + 5
    for name, by_hash in ways:
        with socket_of(town.service, town.browsers[who]) as socket:
            sent = asked(socket, name, query, by_hash=by_hash)
        assert foreign(sent, who) == set(), (name, by_hash)


def widgets_of(town: Town, whose: str) -> list[str]:
    """Collect the widgets of all pages of somebody, as they are sent."""
    role = WHOSE[whose][0]
    names = chain.from_iterable(PAGES[role].values())
    found: set[str] = set()
    for name in names:
        with socket_of(town.service, town.browsers[whose]) as socket:
            found |= widgets(asked(socket, name, f"round=1&pair={town.other_pair()}"))
    return sorted(found)


@pytest.mark.parametrize("whose", ["the office", "another firm", "another expert", "an analyst"])
def test_widgets_of_somebody_else_do_nothing_and_show_nothing(town: Town, whose: str) -> None:
    ids = widgets_of(town, whose)
    assert ids or whose == "an analyst"
    before = town.events()
    for who in ("a firm", "its expert", *(() if whose in ("the office", "an analyst") else ("an analyst",))):
        for name in (*chain.from_iterable(PAGES[WHOSE[whose][0]].values()), ""):
            with socket_of(town.service, town.browsers[who]) as socket:
                asked(socket, "")
                sent = asked(socket, name, f"pair={town.other_pair()}", ids=ids)
            assert not foreign(sent, who), (who, name)
    assert town.events() == before


def test_ones_own_widgets_do_what_they_say(town: Town) -> None:
    """The same messages, sent by whom they are for, change something: so they are what a browser sends."""
    before = town.events()
    with socket_of(town.service, town.browsers["another firm"]) as socket:
        ids = [id_ for id_ in widgets(asked(socket, "my_results")) if re.search(r"answer-\d+-yes", id_)]
        asked(socket, "my_results", ids=ids)
    assert town.events() == before + 1
    assert [row.firm_answer for row in placements(town.store) if row.pair == ("F3", "E4")] == ["accepted", "accepted"]


@pytest.mark.parametrize("whose", ["the office", "another firm"])
def test_a_session_of_somebody_else_is_not_gone_on_with(town: Town, whose: str) -> None:
    """Streamlit takes up a session by the id that a browser sends when it connects again; of others', none comes in."""
    page = next(iter(chain.from_iterable(PAGES[WHOSE[whose][0]].values())))
    with socket_of(town.service, town.browsers[whose]) as socket:
        parts = asked(socket, page)
    session = session_in(parts)
    with socket_of(town.service, town.browsers["a firm"], session=session) as socket:
        assert session_in(asked(socket, "")) != session
        for name in NAMES:
            assert foreign(asked(socket, name), "a firm") == set(), name
    with socket_of(town.service, town.browsers[whose], session=session) as socket:
        assert session_in(asked(socket, "")) == session, "its owner goes on with it"


@pytest.mark.parametrize("who", ["an analyst", "a firm", "its expert"])
def test_no_file_of_another_party_or_of_the_office_is_given(town: Town, who: str) -> None:
    browser, before = town.browsers[who], town.events()
    others = [row.id for row in placements(town.store) if row.pair != ("F1", "E1")]
    paths = [f"/export/placement/{id_}/{name}.docx" for id_ in others for name in ("letter", "agreement")]
    paths += [f"/export/publication/1/{name}" for name in ("list.xlsx", "notice.docx", "letters.zip", "agreements.zip")]
    paths += ["/export/round/1/reminders.xlsx", "/export/round/1/invitations"]
    if who != "an analyst":
        paths.append("/export/publication/1/list.csv")
    for path in paths:
        answer = browser.get(path)
        assert (answer.status_code, foreign([answer.content], who)) == (403, set()), path
        assert "attachment" not in answer.headers.get("content-disposition", "")
    assert town.events() == before


@pytest.mark.parametrize("who", ["a firm", "its expert"])
def test_ones_own_data_are_ones_own_alone(town: Town, who: str) -> None:
    answer = town.browsers[who].get("/export/own/data.json")
    assert answer.status_code == 200
    assert foreign([answer.content], who) == set()
    assert MARK.search(answer.content)


@pytest.fixture(scope="module")
def matched(town: Town) -> Run:
    """Give a run that goes on, of a round that is being matched, with another that is done."""
    opened = bureau.matching(town.store, "2028")
    done = bureau.ran(town.store, opened)
    run = runs.queue(town.store, WHO, scenarios.copy(town.store, WHO, done.scenario_id, "又一个").id)
    assert runs.claim(town.store, run.id, "here")
    return runs.run_of(town.store, WHO, run.id)


def of_round(town: Town, run: Run) -> str:
    """Give the address of what is being matched."""
    return f"round={scenarios.scenario_of(town.store, WHO, run.scenario_id).round_id}&scenario={run.scenario_id - 1}"


def fragments(sent: Sequence[bytes]) -> set[str]:
    """Find the ids of the parts that look by themselves."""
    return {part.delta.fragment_id for part in map(ForwardMsg.FromString, sent)} - {""}


def test_parts_of_a_page_of_the_office_are_drawn_for_nobody_else(town: Town, matched: Run) -> None:
    query = of_round(town, matched).rpartition("=")[0] + f"={matched.scenario_id}"
    cancel = f"-cancel-{matched.id}"
    with socket_of(town.service, town.browsers["the office"]) as socket:
        sent = asked(socket, "running", query)
        session = session_in(sent)
        (part,) = fragments(sent)
        assert any(cancel in id_ for id_ in widgets(asked(socket, "running", query, fragment=part)))
    for taken in ("", session):
        with socket_of(town.service, town.browsers["a firm"], session=taken) as socket:
            asked(socket, "")
            sent = asked(socket, "running", query, fragment=part)
        assert not any(cancel in id_ for id_ in widgets(sent))


def sent_with(browser: httpx.Client) -> dict[str, str]:
    """Give what the pages' own scripts send along."""
    return {"X-Xsrftoken": browser.cookies["_streamlit_xsrf"]}


def put(town: Town, who: str, session: str, file: str) -> int:
    """Put a file into a session, and give the status of the answer."""
    browser = town.browsers[who]
    content = ("settings.toml", f"'{mark('office')}' = 1".encode(), "application/toml")
    return browser.put(f"{UPLOADS}{session}/{file}", files={"file": content}, headers=sent_with(browser)).status_code


def test_files_are_put_into_ones_own_session_and_read_from_there_alone(town: Town, matched: Run) -> None:
    query = of_round(town, matched)
    for browser in town.browsers.values():
        browser.get("/_stcore/health")
    with (
        socket_of(town.service, town.browsers["the office"]) as office,
        socket_of(town.service, town.browsers["an analyst"]) as analyst,
    ):
        theirs, own = (
            session_in(asked(office, "scenarios", query)),
            session_in(sent := asked(analyst, "scenarios", query)),
        )
        assert put(town, "the office", theirs, "secret") == 204
        for who in ("an analyst", "a firm", "its expert"):
            assert put(town, who, theirs, "forged") == 403
            browser = town.browsers[who]
            assert browser.delete(f"{UPLOADS}{theirs}/secret", headers=sent_with(browser)).status_code == 403
        ids = [id_ for id_ in widgets(sent) if "new-" in id_]
        assert marks(asked(analyst, "scenarios", query, ids=ids, file="secret")) == set()
        assert put(town, "an analyst", own, "mine") == 204
        assert marks(asked(analyst, "scenarios", query, ids=ids, file="mine")) == {"office"}


OFFICES = {"lock", "ban", "swap", "unlock", "unban", "propose", "change_settings", "step_back", "advance", "publish"}
"""What an analyst may not do."""


def test_widgets_of_the_office_do_nothing_of_the_offices_for_an_analyst(town: Town, matched: Run) -> None:
    query = of_round(town, matched)
    pages = ("placements", "scenarios", "running", "rounds")
    with socket_of(town.service, town.browsers["the office"]) as socket:
        ids = sorted(set().union(*(widgets(asked(socket, name, query)) for name in pages)))
    back = [id_ for id_ in ids if "-back-" in id_ or ":back-form" in id_]

    def done_by(who: str, *sets: Sequence[str]) -> set[str]:
        with town.store.reading() as view:
            before = len(view.listed(Event))
        for name, some in product(pages, sets):
            with socket_of(town.service, town.browsers[who]) as socket:
                asked(socket, name, query)
                sent = asked(socket, name, query, ids=some)
            assert who == "the office" or not foreign(sent, who), name
        with town.store.reading() as view:
            return {event.what for event in view.listed(Event)[before:]}

    assert done_by("an analyst", ids, back) & OFFICES == set()
    assert "step_back" in done_by("the office", back), "the same message does something for whom it is for"
