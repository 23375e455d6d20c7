"""
Passwords: what a good one is, and how it is kept.

Length counts, and that nobody else has it; of what characters it is made does not (NIST SP 800-63B, 3.1.1.2). Kept is a
hash by Argon2id with the smaller parameters of RFC 9106, 4: 64 MiB and three passes for every guess.
"""

import threading
import unicodedata
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from matcher.domain.errors import InputError, Throttled
from matcher.domain.messages import Message, Problem
from matcher.services.names import folded_name

hasher = PasswordHasher()
"""What hashes, with the parameters of RFC 9106 that argon2-cffi takes; tests take cheaper ones."""

LEAST, MOST = 10, 200
"""Characters of a password."""

_BESIDES = 6
"""Characters that a password has at least besides the names of its account, or a common word."""

_DISTINCT = 4
"""Different characters that a password has at least."""

AT_ONCE, WAIT_S = 2, 10
"""Hashes at the same time, for their memory and the processor; and how long one waits for its turn."""

_turns = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def few_at_once() -> Generator[None, None, None]:
    """
    Wait for a turn to hash: `hashed`, `is_right` and `renewed` are called inside.

    Raises
    ------
    Throttled
        When there are too many before.
    """
    if not _turns.acquire(timeout=WAIT_S):
        raise Throttled([Message("accounts.busy", {"seconds": WAIT_S})], WAIT_S)
    try:
        yield
    finally:
        _turns.release()


def hashed(password: str) -> str:
    """Hash a password, with a salt of its own."""
    return hasher.hash(_plain(password))


def is_right(kept: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed; where nothing was, that takes as long."""
    dummy = _dummy(hasher)  # made now, so that the first of unknown names does not take longer
    try:
        return hasher.verify((kept or dummy).encode(), _plain(password)) and bool(kept) and len(password) <= MOST
    except (VerificationError, InvalidHashError):
        return False


def renewed(kept: str, password: str) -> str | None:
    """Hash a right password anew where it was hashed with other parameters than today's; else None."""
    return hashed(password) if hasher.check_needs_rehash(kept) else None


def confirm_good(password: str, names: Sequence[str] = ()) -> None:
    """
    Make sure that a password may be set.

    Parameters
    ----------
    password : str
    names : sequence of str
        Of the account: whoever guesses begins with them.

    Raises
    ------
    InputError
        With everything that is wrong with it; the password itself is not in it.
    """
    problems = [Problem(message) for message in _faults(password, names)]
    if problems:
        raise InputError(problems)


def _faults(password: str, names: Sequence[str]) -> Iterator[Message]:
    count = len(password)
    if count < LEAST:
        yield Message("accounts.password_short", {"count": count, "least": LEAST})
        return
    if count > MOST:
        yield Message("accounts.password_long", {"count": count, "most": MOST})
        return
    plain = folded_name(password, MOST)
    if _is_common(plain):
        yield Message("accounts.password_common")
    if any(_is_little_more_than(plain, folded_name(name)) for name in names):
        yield Message("accounts.password_of_name")


def _is_little_more_than(plain: str, name: str) -> bool:
    return len(name) > 1 and name in plain and len(plain.replace(name, "")) < _BESIDES


def _is_common(plain: str) -> bool:
    """Whether it is a row, of few characters, or a listed word: perhaps over and over, or with a few digits around."""
    steps = {ord(after) - ord(before) for before, after in pairwise(plain)}
    if steps <= {1} or steps <= {-1} or len(set(plain)) < _DISTINCT:
        return True
    piece = plain[: (plain + plain).find(plain, 1)]
    bare = plain.strip("".join(character for character in plain if not character.isalpha()))
    return not _common().isdisjoint({plain, piece, bare if len(plain) - len(bare) < _BESIDES else plain})


@cache
def _common() -> frozenset[str]:
    lines = files("matcher.services").joinpath("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(folded_name(line) for line in lines if line and not line.startswith("#"))


@cache
def _dummy(chosen: PasswordHasher) -> str:
    return chosen.hash(b"of nobody")


def _plain(password: str) -> bytes:
    """Give the bytes to be hashed: the same however the keyboard made the characters; no more than a password has."""
    return unicodedata.normalize("NFKC", password[: MOST + 1]).encode("utf-8", "surrogatepass")
