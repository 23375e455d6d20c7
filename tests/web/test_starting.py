"""When the service may begin, and when a demonstration may; and that each says what is missing."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from matcher import cli
from matcher.domain.errors import MatcherError, SettingsError, StorageError
from matcher.domain.roles import MACHINE
from matcher.language import use
from matcher.services import accounts, following, own_results, passwords, showing, signing_in, veiled
from matcher.services.demo import demo_url, make_demo
from matcher.services.opening import confirm_ready
from matcher.services.server import ServerSettings, server_settings
from matcher.store import Store, connect, upgrade, verify
from matcher.store.engine import sqlite_url
from matcher.store.entities import Account, AssessedPair, Batch, Round, Scenario, Service
from matcher.store.marks import is_demo, mark_demo
from matcher.web.serving import confirm_free, prepare_demo
from tests.strategies import DATA
from tests.web.conftest import CHEAP, free_port


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the service of its own, and no database that is configured."""
    use("zh")
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    monkeypatch.delenv("MATCHER_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def made(home: Path) -> Store:
    store = connect(sqlite_url(home / "matcher.db"), create=True)
    upgrade(store)
    return store


@pytest.fixture
def serve(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run the command until it ends; gives its code and what it says."""

    def run(*words: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["serve", "--port", str(free_port()), *words])
        return int(ended.value.code or 0), capsys.readouterr().err

    return run


def codes(fault: MatcherError) -> list[str]:
    return [getattr(message, "message", message).code for message in fault.messages]  # ty: ignore


def test_a_service_without_a_database_does_not_begin(serve: Callable[..., tuple[int, str]]) -> None:
    code, said = serve()

    assert code == 2
    assert "matcher database upgrade" in said


def test_a_service_without_an_administrator_does_not_begin(serve: Callable[..., tuple[int, str]], made: Store) -> None:
    accounts.add(made, MACHINE, name="analyst", role="analyst")
    gone = accounts.add(made, MACHINE, name="gone", role="administrator")
    with made.writing("tests") as work:  # by the service, the last one is not disabled
        work.change(work.get(Account, id=gone.id), "disable_account", disabled_at=work.at)
    code, said = serve()

    assert code == 2
    assert "没有可用的管理员账号" in said


def test_a_service_whose_database_is_a_demonstrations_does_not_begin(
    serve: Callable[..., tuple[int, str]], made: Store
) -> None:
    accounts.add(made, MACHINE, name="first", role="administrator")
    mark_demo(made, "tests")
    code, said = serve()

    assert code == 2
    assert "是演示用的" in said


def test_everything_that_is_missing_is_said_at_once(
    serve: Callable[..., tuple[int, str]], made: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_demo(made, "tests")
    monkeypatch.delenv("MATCHER_SECRET")
    code, said = serve()

    assert code == 2
    assert [part in said for part in ("是演示用的", "没有密钥", "没有可用的管理员账号")] == [True] * 3


def test_a_service_that_has_all_of_it_may_begin(made: Store) -> None:
    accounts.add(made, MACHINE, name="first", role="administrator")

    confirm_ready(made)


def test_a_demonstration_refuses_a_configured_database(
    serve: Callable[..., tuple[int, str]], made: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_DATABASE_URL", made.url)
    code, said = serve("--demo")

    assert code == 2
    assert "MATCHER_DATABASE_URL" in said
    assert not is_demo(made)


def test_a_demonstration_is_left_as_it_is_where_it_is_somebodys_database(made: Store, home: Path) -> None:
    assert not is_demo(made)
    (home / "demo").mkdir()
    (home / "matcher.db").rename(home / "demo" / "matcher.db")
    before = (home / "demo" / "matcher.db").read_bytes()
    with pytest.raises(StorageError) as refused:
        make_demo(DATA)

    assert codes(refused.value) == ["demo.not_ours"]
    assert (home / "demo" / "matcher.db").read_bytes() == before


@pytest.mark.usefixtures("home")
def test_a_demonstration_that_is_being_served_is_left_as_it_is() -> None:
    upgrade(connect(demo_url(), create=True))
    served = connect(demo_url(), serves=True)
    mark_demo(served, "tests")
    accounts.add(served, MACHINE, name="of the one that runs", role="administrator")
    with pytest.raises(StorageError) as refused:
        make_demo(DATA)

    assert codes(refused.value) == ["demo.running"]
    with served.reading() as view:
        assert [account.role for account in view.listed(Account)] == ["administrator"]
    served.close()


def test_a_demonstration_is_made_anew_with_logins_that_work_and_a_list_to_look_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "hasher", CHEAP)
    stale = connect(demo_url(), create=True)
    upgrade(stale)
    mark_demo(stale, "tests")
    accounts.add(stale, MACHINE, name="of the last demonstration", role="administrator")
    store, logins = make_demo(DATA)

    assert is_demo(store)
    assert [login.role for login in logins] == ["administrator", "analyst", "firm", "expert"]
    assert len({login.password for login in logins}) == 4
    assert all(login.password not in repr(login) for login in logins)
    signed_in = {}
    for login in logins:
        token = signing_in.sign_in(store, login.name, login.password, address="127.0.0.1")
        found = signing_in.signed_in(store, token)
        assert found is not None
        signed_in[login.role] = found.principal
    with store.reading() as view:
        newest = view.listed(Scenario)[-1]
    found = veiled.shown_run(store, signed_in["analyst"], newest.id)
    assert found is not None
    shown, _ = found
    board = showing.board_of(store, signed_in["administrator"], shown.run.id)
    assert (len(board.placements) > 100, board.departures, board.outdated) == (True, (), ())
    for side in ("firm", "expert"):
        assert own_results.own_results(store, signed_in[side], side, str(signed_in[side].party)).pairs
    with store.reading() as view:
        assert [one.state for one in view.listed(Round)] == ["active", "confirming"]
        assert [one.name for one in view.listed(Scenario)] == ["总价值最大", "总价值最大", "稳定匹配"]
        assert (shown.scenario, view.listed(Round)[1].proposed_run) == ("稳定匹配", shown.run.id)
        before, _ = view.listed(Batch)
        assert min(len(view.listed(kind)) for kind in (Service, AssessedPair)) > 0
    in_force = following.days_served(store, signed_in["administrator"], before.id)
    assert min(in_force.values()) == 0 < max(in_force.values())
    assert verify(store).findings == ()
    with store.reading() as view:
        assert view.find(Account, name="of the last demonstration") is None


def test_a_port_in_use_is_named_before_anything_is_made(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StorageError) as refused:
            prepare_demo(port)
        with pytest.raises(StorageError):
            confirm_free(ServerSettings(port=port))

    assert str(port) in str(refused.value)
    assert not (home / "demo").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("port = ", ["server.unreadable"]),
        ("port = 70000", ["server.wrong_value"]),
        ('port = "80"', ["server.wrong_value"]),
        ("prot = 1\naddress = 3", ["server.wrong_value", "server.unknown"]),
        ('address = "0.0.0.0"', ["server.base_url_missing"]),
        ('base_url = "http://match.example"', ["server.base_url"]),
        ('base_url = "https://match.example/path"', ["server.base_url"]),
        ('base_url = "https://user@match.example"', ["server.base_url"]),
        ('base_url = "match.example"', ["server.base_url"]),
        ('base_url = "https://match.example:x"', ["server.base_url"]),
        ('proxy = "everybody"', ["server.proxy"]),
        ('[identity]\nclient_id = "x"', ["server.missing", "server.missing"]),
        ('[identity]\nclient_id = "x"\nclient_secret = "y"\nserver_metadata_url = "z"', ["server.base_url_missing"]),
    ],
)
def test_each_fault_of_the_servers_settings_is_told(home: Path, text: str, expected: list[str]) -> None:
    (home / "server.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        server_settings()

    assert sorted(codes(refused.value)) == sorted(expected)
    assert str(home / "server.toml") in str(refused.value)


def test_by_tls_the_cookie_belongs_to_the_host_alone_and_links_begin_with_its_name(home: Path) -> None:
    text = 'address = "0.0.0.0"\nbase_url = "https://Match.example/"\nproxy = "10.0.0.0/8"\n'
    (home / "server.toml").write_text(text, encoding="utf-8")
    settings = server_settings()

    assert (settings.cookie, settings.origin) == ("__Host-matcher", "https://match.example")
    assert settings.is_secure
    assert "match.example" in settings.names


def test_a_provider_s_secret_is_shown_nowhere(home: Path) -> None:
    text = '[identity]\nclient_id = "x"\nclient_secret = "marked"\nserver_metadata_url = 3\n'
    (home / "server.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        server_settings()

    assert "marked" not in str(refused.value)
    identity = {"client_id": "x", "client_secret": "marked", "server_metadata_url": "z"}
    settings = ServerSettings.model_validate({"base_url": "https://match.example", "identity": identity})
    assert "marked" not in repr(settings)
