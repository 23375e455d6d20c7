"""Who and what the log is about, and the proof of it as a page asks for it."""

import pytest

from matcher.domain.errors import InputError
from matcher.domain.roles import Principal
from matcher.services import accounts, log_desk, rounds
from matcher.store import Store, verify, verifying
from matcher.store.entities import Account
from tests.bureau import WHO, colleague


def test_each_who_acted_is_listed_once_and_called_as_people_do(store: Store) -> None:
    accounts.add(store, WHO, name="liming", role="administrator", person="李明")
    made = accounts.add(store, colleague("liming"), name="f1", role="firm", party="F1", person="张三")
    stranger = Principal("firm:F9#77", "firm", "F9")
    with store.writing(stranger.name) as work:
        work.note("export", "rounds/1")
    with store.writing(made.handle) as work:
        work.note("sign_in", "sessions/1")

    found = log_desk.in_log(store, WHO)
    assert found.people == {
        WHO.name: WHO.name,
        "liming": "liming · 李明",
        made.handle: "f1 · 张三",
        stranger.name: stranger.name,
    }
    assert found.actions == ("add_account", "export", "sign_in")
    assert found.accounts == {"accounts/1": "liming", f"accounts/{made.id}": "f1"}


def test_a_name_that_was_erased_is_not_told_and_the_handle_stays(store: Store) -> None:
    made = accounts.add(store, WHO, name="f1", role="firm", party="F1", person="张三")
    with store.writing(made.handle) as work:
        row = work.get(Account, id=made.id)
        work.change(row, "erase_party", name=f"erased-{made.id}", person="")

    assert log_desk.in_log(store, WHO).people[made.handle] == made.handle
    assert log_desk.in_log(store, WHO).accounts == {f"accounts/{made.id}": f"erased-{made.id}"}


def test_the_proof_is_that_of_the_store_and_tells_how_far_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        rounds.open_batch(store, WHO, f"第{number}批", 2026)
    monkeypatch.setattr(verifying, "TOLD_EVERY", 3)
    told: list[tuple[int, int, str]] = []
    found = log_desk.verified(store, WHO, known=log_desk.head(store, WHO), on_progress=lambda *word: told.append(word))

    assert found == verify(store)
    assert found.is_sound
    assert found.head == log_desk.head(store, WHO)
    total = found.counts["entries"]
    assert told == [(done, total, "verify") for done in range(0, total, 3)]
    with pytest.raises(InputError):
        log_desk.verified(store, WHO, known="zz")
