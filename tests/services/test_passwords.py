"""What a good password is, how it is kept, and that few are hashed at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.errors import InputError, Throttled
from matcher.services import passwords
from matcher.services.names import MOST, folded_code, folded_name, folded_person
from matcher.services.passwords import LEAST, confirm_good
from matcher.services.tokens import CODE_LENGTH, grouped, new_code, new_token, read_code

NAMES = ("wangfang", "91330683MA2D0ABC1X", "王芳芳", "F001")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "剡溪九曲绕城东流过",
        "越剧故乡在施家岙村 1906",
        "kuchtrzbvq",
        "8305719264",  # digits alone: of what it is made does not matter
        "          剡溪九曲绕城",
        "x" * 100 + "yz1" * 33,
        "qwerty sits on a green sofa",
        "f001 is where we make motors",
    ],
)
def test_length_is_what_counts_and_not_the_kinds_of_characters(password: str) -> None:
    confirm_good(password if len(password) >= LEAST else password + "之声", NAMES)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "只有 5 个字符"),
        ("x" * 201, "有 201 个字符"),
        ("1234567890", "太常见"),
        ("9876543210", "太常见"),
        ("abcdefghijkl", "太常见"),
        ("password123", "太常见"),
        ("PassWord 2026", "太常见"),
        ("ｐａｓｓｗｏｒｄ１２３", "太常见"),
        ("woaini1314520", "太常见"),
        ("woainiwoaini", "太常见"),
        ("!qaz2wsx!qaz2wsx", "太常见"),
        ("1212121212", "太常见"),
        ("aaaaaaaaaaaaaaaaaaaa", "太常见"),
        (" " * 12, "太常见"),
        ("\u200b" * 12, "太常见"),
        ("一二三四一二三四一二三四", "略加几个字符"),
        ("WangFang2026", "略加几个字符"),
        ("wang.fang!!", "略加几个字符"),
        ("91330683ma2d0abc1x", "略加几个字符"),
        ("f001f001f001", "略加几个字符"),
        ("王芳芳王芳芳王芳芳王", "略加几个字符"),
    ],
)
def test_what_is_guessed_first_is_refused_and_never_repeated(password: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        confirm_good(password, (*NAMES, "wang.fang", "一二三四"))
    assert password not in str(refused.value)


def test_the_list_of_common_ones_holds_words_and_nothing_else() -> None:
    common = passwords._common()
    assert len(common) > 800
    assert {"password", "woaini1314", "qwertyuiop", "1qaz2wsx3edc"} <= common
    assert not any(word.startswith("#") or not word for word in common)


def test_hashes_are_argon2id_with_the_parameters_of_rfc_9106() -> None:
    kept = passwords.hashed("correct horse battery staple")
    found = extract_parameters(kept)
    assert kept.startswith("$argon2id$")
    assert (found.memory_cost, found.time_cost, found.parallelism, found.salt_len) == (65536, 3, 4, 16)


@pytest.mark.usefixtures("cheap_hashes")
def test_a_password_is_right_however_the_keyboard_made_it() -> None:
    kept = passwords.hashed("ｃｏｒｒｅｃｔ　ｈｏｒｓｅ")
    assert kept != passwords.hashed("correct horse")
    assert passwords.is_right(kept, "correct horse")
    assert not passwords.is_right(kept, "Correct horse")
    assert not passwords.is_right(kept, "correct horse ")


@pytest.mark.usefixtures("cheap_hashes")
def test_what_is_too_long_is_never_right_even_where_its_beginning_is() -> None:
    kept = passwords.hashed("x" * passwords.MOST + "y")
    assert not passwords.is_right(kept, "x" * passwords.MOST + "y")
    assert not passwords.is_right(passwords.hashed("x" * passwords.MOST), "x" * 10_000_000)


@pytest.mark.parametrize("kept", [None, "", "•", "$argon2id$v=19$m=8,t=1,p=1$no"])
def test_where_nothing_is_kept_a_hash_is_made_all_the_same_and_nothing_is_right(kept, monkeypatch) -> None:
    verified = []

    class Watched(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:  # noqa: A002 - as it is called there
            verified.append(hash)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "hasher", Watched(time_cost=1, memory_cost=8, parallelism=1))
    assert not passwords.is_right(kept, "of nobody")
    assert not passwords.is_right(kept, "\ud800")
    assert len(verified) == 2
    assert all(found for found in verified)


@pytest.mark.usefixtures("cheap_hashes")
def test_a_hash_with_other_parameters_is_renewed_and_one_with_the_same_is_not() -> None:
    kept = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash("correct horse")
    assert passwords.is_right(kept, "correct horse")
    renewed = passwords.renewed(kept, "correct horse") or ""
    assert passwords.is_right(renewed, "correct horse")
    assert passwords.renewed(renewed, "correct horse") is None


def test_few_hash_at_once_and_who_would_wait_for_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, lock = 0, 0, threading.Lock()
    held, seen = threading.Barrier(passwords.AT_ONCE), []

    def hash_one(_: int) -> None:
        nonlocal inside, most
        with passwords.few_at_once():
            with lock:
                inside += 1
                most = max(most, inside)
            held.wait(10)  # two are inside, or this breaks
            with lock:
                seen.append(inside)
                inside -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(hash_one, range(6)))
    assert most == passwords.AT_ONCE == 2
    assert len(seen) == 6

    monkeypatch.setattr(passwords, "WAIT_S", 0.01)
    with passwords.few_at_once(), passwords.few_at_once(), pytest.raises(Throttled, match="人太多") as refused:
        passwords.few_at_once().__enter__()
    assert refused.value.wait_s == 0.01


@given(st.text(max_size=40))
def test_names_are_folded_once_and_for_all(text: str) -> None:
    for folded in (folded_name, folded_code, folded_person):
        assert folded(folded(text)) == folded(text)
        assert len(folded(text)) <= MOST
    assert folded_name(text.upper()) == folded_name(folded_name(text.upper()))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ｗａｎｇ　Fang ", "wangfang"),
        ("王\u200b芳\n", "王芳"),
        ("ＦＯＯ\ud800\x00", "foo"),
        ("x" * 1_000_000, "x" * MOST),
        ("　 \t", ""),
    ],
)
def test_a_name_is_forgiven_width_case_spaces_and_what_can_not_be_seen(typed: str, kept: str) -> None:
    assert folded_name(typed) == kept


@pytest.mark.parametrize("dot", ["·", "•", "・", "．", ".", " ", ""])
def test_the_dot_within_a_name_may_be_any(dot: str) -> None:
    assert folded_person(f"阿卜杜拉{dot}买买提") == "阿卜杜拉买买提"
    assert folded_person("···") == "···"


def test_codes_and_tokens_are_random_and_codes_are_read_as_people_type_them() -> None:
    codes, tokens = {new_code() for _ in range(500)}, {new_token() for _ in range(500)}
    assert len(codes) == len(tokens) == 500
    assert {len(code) for code in codes} == {CODE_LENGTH}
    assert not set("".join(codes)) & set("OILU")
    assert {len(token) for token in tokens} == {22}
    for code in codes:
        typed = grouped(code).lower().replace("0", "o").replace("1", "l")
        assert read_code(f" {typed} ") == read_code(code) == code
