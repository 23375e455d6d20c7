"""Logins as those meet them who log in, and as those do who should not get in."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, BoundedSemaphore
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event

from matcher.domain.errors import InputError, NotAllowed, SignInRefused, StorageError, Throttled
from matcher.domain.messages import Message
from matcher.domain.roles import MACHINE, Principal
from matcher.services import accounts, devices, passwords, signing_in, throttling
from matcher.services.privacy import STATEMENT
from matcher.store import Store
from matcher.store.entities import Acceptance, Account, Attempt, Event, Session

pytestmark = pytest.mark.usefixtures("cheap_hashes")
on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

OFFICE = Principal("王科长", "administrator")
GOOD, OTHER = "剡溪九曲绕城东流过桥", "越剧故乡在施家岙村口"
HOME, ELSEWHERE = "10.1.2.3", "10.9.9.9"


def later(store: Store, **time: float) -> Store:
    return replace(store, clock=lambda: store.clock() + timedelta(**time))


@pytest.fixture
def wang(store: Store) -> Account:
    values: dict[str, Any] = {"name": "wangfang", "code": "91330683MA2D0ABC1X", "person": "王芳", "password": GOOD}
    return accounts.add(store, OFFICE, role="firm", party="F1", **values)


def log_in(store: Store, name: str = "wangfang", password: str = GOOD, **given: str) -> str:
    return signing_in.sign_in(store, name, password, **{"address": HOME, **given})


def principal(store: Store, token: str) -> Principal | None:
    found = signing_in.signed_in(store, token)
    return found.principal if found is not None else None


def fail(store: Store, times: int, *, name: str = "wangfang", address: str = HOME) -> None:
    for number in range(times):
        with pytest.raises(SignInRefused):
            log_in(store, name, f"wrong guess {number}", address=address)


def rows(store: Store, kind: Any) -> list[Any]:
    with store.reading() as view:
        return view.listed(kind)


def whats(store: Store) -> list[str]:
    return [found.what for found in rows(store, Event)]


def in_threads(calls: int, call: Callable[[int], object]) -> list[object]:
    """Make calls at the same moment; what one raises is what it gives."""
    together = Barrier(calls)

    def one(number: int) -> object:
        together.wait(10)
        try:
            return call(number)
        except NotAllowed as fault:
            return type(fault)

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(one, range(calls)))


@pytest.fixture
def writes(store: Store) -> Iterator[list[str]]:
    """Collect what is written from now on."""
    found: list[str] = []

    def watch(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE"):
            found.append(statement)

    event.listen(store.engine, "before_cursor_execute", watch)
    yield found
    event.remove(store.engine, "before_cursor_execute", watch)


# ---- who gets in


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("wangfang", ""),
        (" ＷＡＮＧ fang", ""),
        ("wangfang", "谁都可以"),
        ("91330683MA2D0ABC1X", "王芳"),
        ("９１330683 ma2d0abc1x", " 王 芳 "),
    ],
)
@on_sqlite
def test_one_logs_in_by_name_or_by_code_and_person(store: Store, wang: Account, name: str, person: str) -> None:
    token = log_in(store, name, person=person)
    found = signing_in.signed_in(store, token)
    who = Principal(f"firm:F1#{wang.id}", "firm", "F1", wang.id)
    assert found == signing_in.SignedIn(who, "王芳", False, store.now())


@on_sqlite
@pytest.mark.usefixtures("wang")
@pytest.mark.parametrize(
    ("name", "password", "person"),
    [
        ("wangfang", GOOD + " ", ""),
        ("wangfang", "", ""),
        ("wangfang", GOOD * 1000, ""),
        ("nobody", GOOD, ""),
        ("", "", ""),
        ("\x00", "\x00", "\x00"),
        ("\ud800" * 1000, "\ud800" * 1000, "\ud800"),
        ("' OR 1=1 --", "' OR 1=1 --", "%"),
        ("91330683MA2D0ABC1X", GOOD, ""),
        ("91330683MA2D0ABC1X", GOOD, "王"),
        ("91330683MA2D0ABC1X", GOOD, "%"),
        ("disabled", GOOD, ""),
        ("invited", "", ""),
        ("x" * 5_000_000, GOOD, "y" * 5_000_000),
    ],
)
def test_whoever_does_not_get_in_learns_nothing_about_why(store: Store, name: str, password: str, person: str) -> None:
    shut = accounts.add(store, OFFICE, name="disabled", role="analyst", password=GOOD)
    accounts.disable(store, OFFICE, shut.id)
    accounts.invite(store, OFFICE, accounts.add(store, OFFICE, name="invited", role="analyst").id)
    with pytest.raises(SignInRefused) as refused:
        log_in(store, name, password, person=person)
    assert refused.value.messages == (Message("accounts.refused"),)
    assert rows(store, Session) == []


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_a_hash_is_compared_whoever_is_tried(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[object] = []

    class Watched(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:  # noqa: A002 - as it is called there
            verified.append(hash)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "hasher", Watched(time_cost=1, memory_cost=8, parallelism=1))
    accounts.add(store, OFFICE, name="waiting", role="analyst")
    for name in ("wangfang", "nobody", "waiting"):
        fail(store, 1, name=name)
    assert len(verified) == 3
    assert len(set(verified)) == 2


@on_sqlite
def test_a_password_is_hashed_anew_at_login_when_the_parameters_have_changed(
    store: Store, wang: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    fail(store, 1)
    [kept] = rows(store, Account)
    assert kept.password == wang.password
    log_in(store)
    [renewed] = rows(store, Account)
    assert renewed.password.startswith("$argon2id$v=19$m=16,t=2,p=1$")
    log_in(store)
    assert rows(store, Account) == [renewed]
    assert whats(store) == ["add_account", "renew_password", "sign_in", "sign_in"]


# ---- sessions


@pytest.mark.usefixtures("wang")
def test_a_session_is_opaque_and_kept_as_a_hash_and_each_login_has_its_own(store: Store) -> None:
    first, second = log_in(store), log_in(store)
    kept = {session.token for session in rows(store, Session)}
    assert len(kept | {first, second}) == 4
    for token in (*kept, first[:-1], "", "\ud800", "../../etc", first.swapcase()):
        assert principal(store, token) is None
    assert principal(store, first) == principal(store, second)


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_a_session_is_over_after_two_hours_without_use(store: Store) -> None:
    token = log_in(store)
    assert signing_in.signed_in(later(store, hours=2), token, touch=False) is not None
    assert principal(later(store, hours=2, seconds=1), token) is None
    assert principal(later(store, hours=2), token) is not None
    assert principal(later(store, hours=4), token) is not None
    assert principal(later(store, hours=6, seconds=1), token) is None


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_however_much_it_is_used_a_session_ends_after_twelve_hours(store: Store) -> None:
    token = log_in(store)
    assert all(principal(later(store, hours=hour), token) is not None for hour in range(13))
    assert principal(later(store, hours=12, seconds=1), token) is None


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_to_look_writes_nothing_within_five_minutes_and_nothing_that_is_no_use(store: Store, writes: list[str]) -> None:
    token = log_in(store)
    writes.clear()
    assert principal(later(store, minutes=5), token) is not None
    assert signing_in.signed_in(later(store, hours=1), token, touch=False) is not None
    assert writes == []
    assert principal(later(store, minutes=5, seconds=1), token) is not None
    assert len(writes) == 1
    [session] = rows(store, Session)
    assert session.seen_at == later(store, minutes=5, seconds=1).now()


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_while_nobody_can_write_pages_are_still_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    token = log_in(store)

    def locked(*_: object) -> None:
        raise StorageError([])

    monkeypatch.setattr(Store, "writing", locked)
    assert principal(later(store, hours=1), token) is not None
    [session] = rows(store, Session)
    assert session.seen_at == store.now()


@pytest.mark.usefixtures("wang")
def test_who_has_logged_out_is_out_whoever_replays_the_cookie(store: Store) -> None:
    token, other = log_in(store), log_in(store)
    signing_in.sign_out(store, token)
    for _ in range(2):
        assert principal(store, token) is None
        signing_in.sign_out(store, token)
    signing_in.sign_out(store, "never was")
    assert principal(store, other) is not None
    assert whats(store).count("sign_out") == 1


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_what_is_over_of_ones_sessions_goes_at_the_next_login(store: Store) -> None:
    tokens = [log_in(later(store, hours=hour)) for hour in (0, 1, 6)]
    signing_in.sign_out(later(store, hours=6), tokens[-1])
    last = log_in(later(store, hours=7))
    [session] = rows(store, Session)
    assert (session.begun_at, session.ended_at) == (later(store, hours=7).now(), None)
    assert principal(later(store, hours=7), last) is not None


@on_sqlite
def test_a_role_is_that_of_the_account_at_this_moment(store: Store, wang: Account) -> None:
    token = log_in(store)
    with store.writing("x") as work:
        work.change(work.get(Account, id=wang.id), "tests", party="F2")
    assert principal(store, token) == Principal(f"firm:F2#{wang.id}", "firm", "F2", wang.id)


# ---- throttling


def test_after_five_failures_even_the_right_password_waits(store: Store, wang: Account) -> None:
    fail(store, 4)
    fail(later(store, minutes=5), 1, address=ELSEWHERE)
    for address in (HOME, ELSEWHERE, "192.0.2.1"):
        with pytest.raises(Throttled, match="10 分钟后") as refused:
            log_in(later(store, minutes=5, seconds=10), address=address)
        assert refused.value.wait_s == 590
    assert principal(store, log_in(later(store, minutes=15))) is not None
    assert whats(store) == ["add_account", "throttle", "sign_in"]
    [noted] = [found for found in rows(store, Event) if found.what == "throttle"]
    assert (noted.who, noted.about) == (MACHINE.name, f"accounts/{wang.id}")


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_by_another_of_its_names_an_account_is_not_tried_more_often(store: Store) -> None:
    fail(store, 2)
    fail(store, 1, name="ＷANG fang")
    for _ in range(2):
        with pytest.raises(SignInRefused):
            log_in(store, "91330683ma2d0abc1x", "wrong guess", person="王 芳")
    with pytest.raises(Throttled):
        log_in(store, person="another")


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_a_name_that_nobody_has_is_throttled_just_the_same_and_fills_no_log(store: Store) -> None:
    fail(store, 5, name="no body")
    with pytest.raises(Throttled):
        log_in(store, "NOBODY")
    assert whats(store) == ["add_account"]


@on_sqlite
def test_after_twenty_failures_an_address_waits_and_others_do_not(store: Store, wang: Account) -> None:
    for number in range(20):
        fail(store, 1, name=f"guess{number}")
    with pytest.raises(Throttled):
        log_in(store)
    with pytest.raises(Throttled):
        signing_in.sign_in_by_identity(store, "https://id", "1", said="一", address=HOME)
    with pytest.raises(Throttled):
        signing_in.redeem(store, accounts.reset(store, OFFICE, wang.id).token, OTHER, address=HOME)
    assert principal(store, log_in(store, address=ELSEWHERE)) is not None
    assert principal(store, log_in(later(store, minutes=15))) is not None


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_a_right_password_forgives_the_account_and_not_the_address(store: Store) -> None:
    for _ in range(4):
        fail(store, 4)
        log_in(store)
    for number in range(4):
        fail(store, 1, name=f"guess{number}")
    with pytest.raises(Throttled):
        log_in(store)
    log_in(store, address=ELSEWHERE)


@on_sqlite
@pytest.mark.usefixtures("wang")
@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.1.2.3", "10.1.2.3", True),
        ("::ffff:10.1.2.3", "::ffff:10.1.2.4", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("testclient", "testclient", True),
        ("", "unknown", False),
    ],
)
def test_an_address_is_a_network_where_one_person_has_all_of_it(
    store: Store, one: str, other: str, are_one: bool
) -> None:
    for _ in range(throttling.OF_ADDRESS):
        throttling.count(store, throttling.keys_of(store, None, one))
    with pytest.raises(Throttled) if are_one else nullcontext():
        log_in(store, address=other)


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_a_browser_that_is_known_waits_for_its_own_failures_alone(store: Store) -> None:
    device = devices.device_of(store, log_in(store))
    fail(store, throttling.OF_ACCOUNT, address=ELSEWHERE)
    with pytest.raises(Throttled):
        log_in(store)
    assert principal(store, log_in(store, device=device)) is not None
    with pytest.raises(Throttled):
        log_in(store)  # what it does right gives strangers no more tries
    for number in range(throttling.OF_ACCOUNT):
        with pytest.raises(SignInRefused):
            log_in(store, password=f"wrong {number}", device=device)
    with pytest.raises(Throttled):
        log_in(store, device=device)
    other = devices.device_of(store, log_in(later(store, minutes=16)))
    assert principal(store, log_in(store, device=other)) is not None, "another browser of the same person"
    assert whats(store).count("throttle") == 2


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_a_known_browser_is_not_kept_out_by_who_shares_its_address(store: Store) -> None:
    device = devices.device_of(store, log_in(store))
    for number in range(throttling.OF_ADDRESS):
        fail(store, 1, name=f"nobody {number}")
    with pytest.raises(Throttled):
        log_in(store)
    log_in(store, device=device)


@on_sqlite
def test_no_browser_is_known_by_what_was_made_up_is_anothers_or_of_an_old_password(store: Store, wang: Account) -> None:
    other = accounts.add(store, OFFICE, name="other", role="analyst", password=GOOD)
    ours, theirs = devices.device_of(store, log_in(store)), devices.device_of(store, log_in(store, other.name))
    nonce, _, seal = ours.partition(".")
    for given in (
        theirs,
        f"{nonce}x.{seal}",
        f"{nonce}.{seal[:-1]}",
        f".{seal}",
        nonce,
        "",
        ".",
        "ü.ü",
        "\udcff.\udcff",
    ):
        assert devices.known_device(store, wang, given) is None, given
    assert devices.known_device(store, wang, ours) == nonce
    who = Principal("wangfang", "firm", "F1", wang.id)
    signing_in.change_password(store, who, GOOD, OTHER, keep="")
    assert devices.known_device(store, rows(store, Account)[0], ours) is None
    assert devices.device_of(store, "no session") == ""


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_failures_are_kept_as_keyed_hashes_and_forgotten_in_time(store: Store) -> None:
    fail(store, 3)
    fail(store, 1, name="nobody", address="2001:db8::1")
    kept = rows(store, Attempt)
    assert len(kept) == 8
    assert {len(attempt.key) for attempt in kept} == {64}
    other = replace(store, secret=bytes(32))
    assert throttling.keys_of(store, "wang", None) != throttling.keys_of(other, "wang", None)
    fail(later(store, minutes=15), 1)
    assert {attempt.at for attempt in rows(store, Attempt)} == {later(store, minutes=15).now()}


@on_sqlite
@pytest.mark.usefixtures("wang")
def test_a_flood_that_is_refused_writes_nothing(store: Store, writes: list[str]) -> None:
    fail(store, 5)
    writes.clear()
    for _ in range(30):
        with pytest.raises(Throttled):
            log_in(store)
    assert writes == []


@pytest.mark.usefixtures("wang")
def test_of_many_guesses_at_once_no_more_are_made_than_may_fail(store: Store, monkeypatch) -> None:
    verified: list[object] = []

    class Watched(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:  # noqa: A002 - as it is called there
            verified.append(password)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "hasher", Watched(time_cost=1, memory_cost=8, parallelism=1))
    monkeypatch.setattr(passwords, "_turns", BoundedSemaphore(100))  # as if a great many could hash at once
    ended = in_threads(12, lambda number: log_in(store, password=f"guess {number}", address=f"192.0.2.{number}"))
    assert len(verified) == throttling.OF_ACCOUNT == ended.count(SignInRefused)
    assert ended.count(Throttled) == 12 - throttling.OF_ACCOUNT


# ---- invitations


def test_of_many_who_take_one_invitation_exactly_one_gets_in(store: Store) -> None:
    made = accounts.add(store, OFFICE, name="invited", role="expert", party="E1")
    invited = accounts.invite(store, OFFICE, made.id)
    ended = in_threads(
        6,
        lambda number: signing_in.redeem(
            *(store, (invited.token, invited.code)[number % 2], f"{GOOD}{number}"), address=f"192.0.2.{number}"
        ),
    )
    tokens = [token for token in ended if isinstance(token, str)]
    assert len(tokens) == 1
    assert ended.count(SignInRefused) == 5
    assert principal(store, tokens[0]) == Principal(f"expert:E1#{made.id}", "expert", "E1", made.id)
    assert whats(store).count("redeem") == 2, "of the invitation, and of the account"
    winner = ended.index(tokens[0])
    assert principal(store, log_in(store, "invited", f"{GOOD}{winner}")) is not None


@on_sqlite
def test_to_look_at_an_invitation_uses_nothing_up(store: Store, writes: list[str]) -> None:
    made = accounts.add(store, OFFICE, name="chen", role="expert", party="E1", code="E1", person="陈永")
    invited = accounts.invite(store, OFFICE, made.id)
    writes.clear()
    shown = signing_in.OpenInvitation("invite", "chen", "E1", "陈永", "expert", invited.expires_at)
    for opens in (invited.token, invited.code, invited.code, f" {invited.code[:5].lower()}-{invited.code[5:]} "):
        assert signing_in.invitation_of(store, opens) == shown
    assert writes == []


@on_sqlite
def test_a_password_that_is_no_good_leaves_the_invitation_as_it_was(store: Store) -> None:
    made = accounts.add(store, OFFICE, name="chen", role="expert", party="E1", code="E1", person="陈永明生")
    invited = accounts.invite(store, OFFICE, made.id)
    for password in ("short", "陈永明生陈永明生2026", "password123"):
        with pytest.raises(InputError):
            signing_in.redeem(store, invited.code, password, address=HOME)
    assert (rows(store, Attempt), rows(store, Session)) == ([], [])
    signing_in.redeem(store, invited.code, GOOD, address=HOME)


@on_sqlite
@pytest.mark.parametrize("opens", ["", "0" * 10, "nothing", "\ud800", "\x00", "%", "x" * 1_000_000])
def test_what_opens_nothing_has_one_sentence(store: Store, opens: str) -> None:
    with pytest.raises(SignInRefused) as looked:
        signing_in.invitation_of(store, opens)
    with pytest.raises(SignInRefused) as refused:
        signing_in.redeem(store, opens, GOOD, address=HOME)
    for found in (looked, refused):
        assert found.value.messages == (Message("accounts.no_invitation"),)


@on_sqlite
def test_codes_are_not_guessed_from_one_address(store: Store) -> None:
    invited = accounts.invite(store, OFFICE, accounts.add(store, OFFICE, name="chen", role="analyst").id)
    for number in range(20):
        with pytest.raises(SignInRefused):
            signing_in.redeem(store, f"{number:010}", GOOD, address=HOME)
    with pytest.raises(Throttled):
        signing_in.redeem(store, invited.token, GOOD, address=HOME)
    signing_in.redeem(store, invited.token, GOOD, address=ELSEWHERE)


@on_sqlite
def test_to_take_a_reset_ends_every_session_and_opens_a_throttled_account(store: Store, wang: Account) -> None:
    thief = log_in(store)
    fail(store, 5, address=ELSEWHERE)
    found = accounts.reset(store, OFFICE, wang.id)
    token = signing_in.redeem(store, found.token, OTHER, address=HOME)
    assert (principal(store, thief), principal(store, token) is not None) == (None, True)
    log_in(store, password=OTHER)


@pytest.mark.parametrize("meanwhile", ["disabled", "reset"])
@on_sqlite
def test_a_login_that_is_overtaken_is_refused(
    store: Store, wang: Account, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add(store, OFFICE, name="office", role="administrator", password=GOOD)
    found = accounts.reset(store, OFFICE, wang.id)
    is_right = passwords.is_right

    def overtaken(kept: str | None, password: str) -> bool:
        right = is_right(kept, password)
        if meanwhile == "disabled":
            accounts.disable(store, OFFICE, wang.id)
        else:
            signing_in.redeem(store, found.token, OTHER, address=ELSEWHERE)
        return right

    monkeypatch.setattr(passwords, "is_right", overtaken)
    with pytest.raises(SignInRefused):
        log_in(store)


# ---- another password, the statement, identities


def test_another_password_ends_the_other_sessions(store: Store, wang: Account) -> None:
    who = Principal(f"firm:F1#{wang.id}", "firm", "F1", wang.id)
    mine, thief = log_in(store), log_in(store, address=ELSEWHERE)
    with pytest.raises(InputError, match="至少需要"):
        signing_in.change_password(store, who, GOOD, "short", keep=mine)
    signing_in.change_password(store, who, GOOD, OTHER, keep=mine)
    assert (principal(store, mine), principal(store, thief)) == (who, None)
    fail(store, 1)
    log_in(store, password=OTHER)
    assert whats(store).count("change_password") == 1


@on_sqlite
def test_who_has_found_an_open_page_does_not_guess_the_old_password(store: Store, wang: Account) -> None:
    who = Principal(f"firm:F1#{wang.id}", "firm", "F1", wang.id)
    mine = log_in(store)
    for number in range(5):
        with pytest.raises(SignInRefused, match="原密码不正确"):
            signing_in.change_password(store, who, f"wrong guess {number}", OTHER, keep=mine)
    with pytest.raises(Throttled):
        signing_in.change_password(store, who, GOOD, OTHER, keep=mine)
    log_in(later(store, minutes=15))


@on_sqlite
def test_each_takes_note_of_the_present_statement_once(store: Store, wang: Account) -> None:
    who = Principal(f"firm:F1#{wang.id}", "firm", "F1", wang.id)
    token = log_in(store)
    with pytest.raises(InputError, match="隐私说明已更新"):
        signing_in.accept_statement(store, who, "1999-1")
    for _ in range(2):
        signing_in.accept_statement(store, who, STATEMENT)
    found = signing_in.signed_in(store, token)
    assert found is not None
    assert found.has_accepted
    assert rows(store, Acceptance) == [Acceptance(account_id=wang.id, statement=STATEMENT, accepted_at=store.now())]
    assert whats(store).count("accept_statement") == 1
    with pytest.raises(InputError):
        signing_in.accept_statement(store, OFFICE, STATEMENT)  # at the terminal there is no account
    with pytest.raises(InputError):
        signing_in.change_password(store, OFFICE, GOOD, OTHER, keep="")


def test_an_identity_says_who_and_the_account_what_for(store: Store, wang: Account) -> None:
    accounts.link(store, OFFICE, wang.id, issuer="https://id", subject="8c1f")
    token = signing_in.sign_in_by_identity(store, "https://id", "8c1f", said="一", address=HOME)
    assert principal(store, token) == Principal(f"firm:F1#{wang.id}", "firm", "F1", wang.id)
    for issuer, subject in (("https://ID", "8c1f"), ("https://id", "8C1F"), ("https://id/", "8c1f"), ("", "")):
        with pytest.raises(SignInRefused, match="没有可用的账号"):
            signing_in.sign_in_by_identity(store, issuer, subject, said="一", address=HOME)
    accounts.disable(store, OFFICE, wang.id)
    with pytest.raises(SignInRefused, match="没有可用的账号"):
        signing_in.sign_in_by_identity(store, "https://id", "8c1f", said="一", address=HOME)
    assert principal(store, token) is None
    assert len(rows(store, Attempt)) == 6


def test_what_a_provider_said_opens_one_session(store: Store, wang: Account) -> None:
    accounts.link(store, OFFICE, wang.id, issuer="https://id", subject="8c1f")
    before = later(store, minutes=-1)
    signing_in.sign_in_by_identity(before, "https://id", "8c1f", said="nonce 1", address=HOME)
    with pytest.raises(SignInRefused, match="已经用过"):
        signing_in.sign_in_by_identity(store, "https://id", "8c1f", said="nonce 1", address=ELSEWHERE)
    signing_in.sign_in_by_identity(store, "https://id", "8c1f", said="nonce 2", address=HOME)
    assert len(rows(store, Session)) == 2
    assert not [row for row in rows(store, Attempt) if "nonce" in row.key]
