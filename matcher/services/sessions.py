"""Logins that last: a token in the browser, its hash in the database, and when it is over."""

from datetime import datetime, timedelta

from matcher.domain.moments import moment
from matcher.services.tokens import new_token, token_digest
from matcher.store import Reader, Writer
from matcher.store.entities import Account, Session

IDLE, ABSOLUTE = timedelta(hours=2), timedelta(hours=12)
"""When a session is over: after so long without use, and in any case."""

TOUCH = timedelta(minutes=5)
"""Use within this time of the last that was written down is not: to look at a page writes nothing."""


def begin(work: Writer, account: Account) -> str:
    """Begin a session, and give its token; what is over of the account's sessions goes."""
    for session in work.listed(Session, account_id=account.id):
        if not is_live(session, moment(work.at)):
            work.delete(session, None)
    token = new_token()
    work.insert(Session, None, token=token_digest(token), account_id=account.id, begun_at=work.at, seen_at=work.at)
    return token


def end_all(work: Writer, account_id: int, *, keep: str | None = None) -> None:
    """End the sessions of an account, but for the one that has a token."""
    kept = None if keep is None else token_digest(keep)
    for session in work.listed(Session, account_id=account_id, ended_at=None):
        if session.token != kept:
            work.change(session, None, ended_at=work.at)


def live_session(view: Reader, token: str, now: datetime) -> Session | None:
    """Find the session that has a token; None where there is none, or it is over."""
    session = view.find(Session, token=token_digest(token))
    return session if session is not None and is_live(session, now) else None


def is_live(session: Session, now: datetime) -> bool:
    """Whether a session goes on."""
    idle, whole = now - moment(session.seen_at), now - moment(session.begun_at)
    return session.ended_at is None and idle <= IDLE and whole <= ABSOLUTE
