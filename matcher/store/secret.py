"""The secret of the service: it stands outside the database, so that who has the one has not the other."""

import base64
import binascii
import hmac
import os
import secrets
from pathlib import Path

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message

SECRET_BYTES = 32
"""What a secret is made of, and the least that it may have."""


def home() -> Path:
    """Tell the folder of the service: ``MATCHER_HOME``, or ``~/.matcher``."""
    return Path(os.environ.get("MATCHER_HOME") or Path.home() / ".matcher").resolve()


def secret_file() -> Path:
    """Tell where the secret stands that ``MATCHER_SECRET`` does not give."""
    return home() / "secret"


def given_secret() -> bytes | None:
    """
    Read the secret: ``MATCHER_SECRET``, else the file ``secret`` in `home`; None where there is neither.

    Raises
    ------
    StorageError
        When it is no base64 of at least 32 bytes, or its file can't be read, or can be by others.
    """
    stated = os.environ.get("MATCHER_SECRET")
    if stated:
        return _decoded(stated, "MATCHER_SECRET")
    path = secret_file()
    try:
        with path.open("rb") as file:
            if os.name != "nt" and os.fstat(file.fileno()).st_mode & 0o077:
                raise StorageError([Message("secret.open_to_others", {"path": str(path)})])
            return _decoded(file.read().decode("utf-8", "replace"), str(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as fault:
        values = {"path": str(path), "reason": fault.strerror or type(fault).__name__}
        raise StorageError([Message("secret.unreadable", values)]) from fault


def make_secret() -> bytes:
    """
    Make a secret, and its file, for its owner alone to read.

    Raises
    ------
    StorageError
        When the file is there, or can't be written.
    """
    path, secret = secret_file(), secrets.token_bytes(SECRET_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(secret) + b"\n")
            file.flush()
            os.fsync(file.fileno())  # without it nothing can be written: it is to outlive a power cut
    except OSError as fault:
        values = {"path": str(path), "reason": fault.strerror or type(fault).__name__}
        raise StorageError([Message("secret.cannot_write", values)]) from fault
    return secret


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Make a key for one purpose out of the secret: HMAC-SHA256 (RFC 2104), 32 bytes."""
    return hmac.digest(secret, purpose.encode(), "sha256")


def fingerprint_of(secret: bytes) -> str:
    """Tell one secret from another, without telling either: 64 hexadecimal digits."""
    return derived_key(secret, "fingerprint").hex()


def _decoded(text: str, place: str) -> bytes:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) < SECRET_BYTES:
        raise StorageError([Message("secret.no_secret", {"path": place, "bytes": SECRET_BYTES})])
    return secret
