"""The secret stands outside the database, for its owner alone; what is no secret is refused in a sentence."""

import base64
import stat
from pathlib import Path

import pytest

from matcher.domain.errors import StorageError
from matcher.services.keeping import upgrade_database
from matcher.store import Store, connect, is_demo, mark_demo
from matcher.store.entities import Event
from matcher.store.secret import derived_key, given_secret, make_secret
from tests.databases import Databases


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MATCHER_SECRET")
    monkeypatch.delenv("MATCHER_DATABASE_URL", raising=False)
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_an_upgrade_makes_the_secret_once_for_its_owner_alone(home: Path) -> None:
    assert given_secret() is None
    upgrade_database()
    written = (home / "secret").read_bytes()
    assert len(base64.b64decode(written)) == 32
    assert stat.S_IMODE((home / "secret").stat().st_mode) == 0o600
    upgrade_database()
    assert (home / "secret").read_bytes() == written
    assert connect().secret == given_secret() == base64.b64decode(written)
    with pytest.raises(StorageError, match="secret"):
        make_secret()


def test_the_environment_goes_before_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_secret()
    other = bytes(range(32))
    monkeypatch.setenv("MATCHER_SECRET", base64.b64encode(other).decode())
    assert given_secret() == other
    assert (home / "secret").exists()


@pytest.mark.parametrize("text", ["geheim", base64.b64encode(b"x" * 31).decode(), "键" * 50, "=" * 60])
def test_what_is_no_secret_is_refused_and_not_repeated(home: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_SECRET", text)
    with pytest.raises(StorageError, match="MATCHER_SECRET 不是有效的服务密钥") as refused:
        given_secret()
    assert text not in str(refused.value)
    monkeypatch.delenv("MATCHER_SECRET")
    home.mkdir()
    (home / "secret").write_text(text, encoding="utf-8")
    (home / "secret").chmod(0o600)
    with pytest.raises(StorageError, match=r"home/secret 不是有效的服务密钥"):
        given_secret()


def test_a_secret_that_others_can_read_is_refused(home: Path) -> None:
    make_secret()
    (home / "secret").chmod(0o640)
    with pytest.raises(StorageError, match="可被他人读取"):
        given_secret()


def test_each_purpose_has_a_key_of_its_own_and_none_shows_the_secret(store: Store) -> None:
    keys = {store.key_for(purpose) for purpose in ("events", "codes", "attempts", "")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert store.secret not in keys
    assert store.key_for("events") == derived_key(store.secret or b"", "events")
    assert repr(store.secret) not in repr(store)


def test_a_demonstration_is_marked_as_one_and_nothing_else_is(store: Store) -> None:
    assert not is_demo(store)
    mark_demo(store, "x")
    assert is_demo(store)


def test_what_changed_no_row_can_be_written_down_too(databases: Databases) -> None:
    store = connect(databases.ready())
    with store.writing("王科长") as work:
        work.note("look_into", "preferences/1/expert/E1", "有人投诉", round_id=1)
    with store.reading() as view:
        [event] = view.listed(Event)
    assert (event.who, event.what, event.about) == ("王科长", "look_into", "preferences/1/expert/E1")
    assert (event.why, event.round_id, event.before, event.after) == ("有人投诉", 1, None, None)
    store.close()
