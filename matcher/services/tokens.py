"""What opens a door once or for a while: tokens for links and cookies, short codes for paper; kept as hashes."""

import hashlib
import hmac
import secrets
import unicodedata

from matcher.store import Store

CODE_LENGTH = 10
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans("OIL", "011")
"""Crockford's base 32 has no letter that looks like a digit; who reads one all the same means the digit [1]_.

.. [1] Crockford (2002). *Base 32*. https://www.crockford.com/base32.html
"""


def new_token() -> str:
    """Make a token of 128 random bits, safe in an address."""
    return secrets.token_urlsafe(16)


def new_code() -> str:
    """Make a code of 50 random bits, to be typed from paper."""
    return "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))


def token_digest(token: str) -> str:
    """Hash a token as it is kept: nobody guesses what is random, so plain SHA-256 does."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def code_digest(store: Store, text: str) -> str:
    """Hash a code as it is kept: keyed, since it is short enough to be guessed by whoever has the hash and no key."""
    return keyed_digest(store, "codes", read_code(text))


def grouped(code: str) -> str:
    """
    Show a code so that it is read without losing one's place.

    Examples
    --------
    >>> grouped("01X2K19Z3V")
    '01X2K-19Z3V'
    """
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


def read_code(text: str) -> str:
    """
    Read a code as it was typed: in any case and width, grouped or not, with letters for the digits that they look like.

    Examples
    --------
    >>> read_code("o1x2k-l9ｚ3v")
    '01X2K19Z3V'
    """
    plain = unicodedata.normalize("NFKC", text[: 4 * CODE_LENGTH]).upper().translate(_ALIKE)
    return "".join(character for character in plain if character in _LETTERS)


def keyed_digest(store: Store, purpose: str, text: str) -> str:
    """Hash a text by the key for a purpose: HMAC-SHA256 (RFC 2104), in hexadecimal."""
    return hmac.digest(store.key_for(purpose), text.encode("utf-8", "surrogatepass"), "sha256").hex()
