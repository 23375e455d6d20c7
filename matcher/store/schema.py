"""
The tables. Migrations make them; a test holds both together.

Times are ISO 8601 in UTC, days ISO dates, both as text: they sort as they read, and are the same on either engine.
``version`` counts the changes of what people edit: who writes says which one was read.
"""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Literal, get_args

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    select,
)

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.roles import Consent, Role
from matcher.domain.rounds import (
    Answer,
    Ending,
    FormState,
    PlacementState,
    RoundKind,
    RoundState,
    RunState,
    Silence,
)
from matcher.domain.settings import Side

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

_TYPES: Mapping[object, type[Any]] = {bool: Boolean, int: Integer}

_WISHES = ("preferred_firms", "vetoed_firms", "preferred_experts", "vetoed_experts")
"""Fields of a record that stand in `preferences`, not beside the form."""


@cache
def form_fields(record: type[Any]) -> tuple[str, ...]:
    """Name the fields of a record that are columns of its table, in order."""
    return tuple(part.name for part in fields(record) if part.name != "row" and part.name not in _WISHES)


def _columns(record: type[Any], *keys: str) -> list[Column[Any]]:
    hints = typing.get_type_hints(record)
    return [_column(name, hints[name], name in keys) for name in form_fields(record)]


def _column(name: str, annotation: object, is_key: bool) -> Column[Any]:
    """Make the column of a field: what may be None in the record may be NULL."""
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    parts = get_args(annotation) if is_union else (annotation,)
    plain = next(part for part in parts if part is not type(None))
    kind = JSON if typing.get_origin(plain) is tuple else _TYPES.get(plain, Text)
    return Column(name, kind, primary_key=is_key, nullable=type(None) in parts)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=options.pop("nullable", False), **options)


def _maybe(name: str) -> Column[str | None]:
    return Column(name, Text, nullable=True)


def _one_of(name: str, words: object, *, nullable: bool = False) -> Sequence[Any]:
    """Make a column that holds one of the words, and the constraint that says so."""
    listed = ", ".join(f"'{word}'" for word in get_args(words))
    return Column(name, Text, nullable=nullable), CheckConstraint(f"{name} IN ({listed})", name=name)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _version() -> Column[int]:
    return Column("version", Integer, nullable=False, default=1)


def _changed() -> Sequence[Column[Any]]:
    return _text("changed_at"), _text("changed_by")


def _of(target: str, name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    return Column(name, ForeignKey(target, ondelete="RESTRICT"), primary_key=primary_key, nullable=nullable)


FILES = Table(
    "files",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""Bytes by their digest: what runs are made of and what they make. A file is never changed."""

BATCHES = Table(
    "batches",
    METADATA,
    _id(),
    _text("name", unique=True),
    Column("year", Integer, nullable=False),
    _of("batches.id", "follows", nullable=True),
    _text("created_at"),
    _text("created_by"),
    _maybe("keep_until"),
    _maybe("erased_on"),
    sqlite_autoincrement=True,
)
"""
A year's placements; ``follows`` is the batch whose assessments and active pairs this one begins with. ``keep_until`` is
the last day on which its personal data are kept.
"""

ROUNDS = Table(
    "rounds",
    METADATA,
    _id(),
    _of("batches.id", "batch_id"),
    Column("number", Integer, nullable=False),
    *_one_of("kind", RoundKind),
    *_one_of("state", RoundState),
    Column("settings", JSON, nullable=False),
    _maybe("answer_by"),
    *_one_of("silence", Silence, nullable=True),
    Column("proposed_run", Integer, nullable=True),
    _version(),
    *_changed(),
    UniqueConstraint("batch_id", "number"),
    sqlite_autoincrement=True,
)
"""``settings`` are those that a new scenario begins with. ``answer_by`` and ``silence`` hold while confirming."""

EXPERTS = Table(
    "experts",
    METADATA,
    _of("rounds.id", "round_id", primary_key=True),
    *_columns(Expert, "expert_id"),
    *_one_of("state", FormState),
    _maybe("returned_because"),
    _maybe("consent_on"),
    _maybe("consent_document"),
    _version(),
    *_changed(),
)
"""Applications: the fields of `Expert` but the wishes."""

NEEDS = Table(
    "needs",
    METADATA,
    _of("rounds.id", "round_id", primary_key=True),
    *_columns(Need, "need_id"),
    *_one_of("state", FormState),
    _maybe("returned_because"),
    _version(),
    *_changed(),
)
"""The fields of `Need` but the wishes; a firm has a row for each of its needs."""

PREFERENCES = Table(
    "preferences",
    METADATA,
    _of("rounds.id", "round_id"),
    *_one_of("side", Side),
    _text("own_id"),
    Column("tiers", JSON, nullable=False),
    Column("vetoes", JSON, nullable=False),
    _version(),
    *_changed(),
    PrimaryKeyConstraint("round_id", "side", "own_id"),
)
"""
What a need or an expert wishes: ``tiers`` best first, a list of lists of ids; ``vetoes`` a list of [id, reason].

One row is one list, changed as a whole. A list that was withdrawn stays, empty, so that its version goes on.
"""

RATINGS = Table(
    "ratings",
    METADATA,
    _of("batches.id", "batch_id", primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    *_columns(Rating),
)
"""How earlier placements went, as a batch knows it when it begins; ``place`` is the row's."""

EARLIER_PAIRS = Table(
    "earlier_pairs",
    METADATA,
    _of("batches.id", "batch_id", primary_key=True),
    Column("need_id", Text, primary_key=True),
    Column("firm_id", Text, nullable=False),
    Column("expert_id", Text, primary_key=True),
)
"""Pairs of the batch before, to be kept where that can be."""

SCENARIOS = Table(
    "scenarios",
    METADATA,
    _id(),
    _of("rounds.id", "round_id"),
    _text("name"),
    Column("settings", JSON, nullable=False),
    _of("scenarios.id", "copied_from", nullable=True),
    _version(),
    *_changed(),
    UniqueConstraint("round_id", "name"),
    sqlite_autoincrement=True,
)
"""A way to match: settings, with locks and bans in them."""

RUNS = Table(
    "runs",
    METADATA,
    _id(),
    _of("scenarios.id", "scenario_id"),
    Column("scenario_version", Integer, nullable=False),
    *_one_of("state", RunState),
    _text("language"),
    Column("inputs", JSON, nullable=False),
    Column("results", JSON, nullable=False),
    Column("error", JSON, nullable=True),
    _maybe("worker"),
    _maybe("stage"),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=False, default=0),
    _text("queued_at"),
    _text("queued_by"),
    _maybe("started_at"),
    _maybe("heartbeat_at"),
    _maybe("ended_at"),
    sqlite_autoincrement=True,
)
"""One execution of a scenario. ``inputs`` and ``results`` map names to digests in `files`; ``error`` is messages."""

PUBLICATIONS = Table(
    "publications",
    METADATA,
    _id(),
    _of("rounds.id", "round_id"),
    Column("version", Integer, nullable=False),
    _of("runs.id", "run_id"),
    Column("files", JSON, nullable=False),
    _text("approved_by"),
    _text("document_number"),
    _text("notice_from"),
    _text("notice_until"),
    _text("published_at"),
    _text("published_by"),
    _maybe("chain_head"),
    UniqueConstraint("round_id", "version"),
    sqlite_autoincrement=True,
)
"""
A published list, frozen: ``files`` has its input, settings, result and certificate, and the list as published.

``chain_head`` is the code of the last entry of the log before it.
"""

WITHDRAWALS = Table(
    "withdrawals",
    METADATA,
    _of("publications.id", "publication_id", primary_key=True),
    _text("reason"),
    _text("withdrawn_at"),
    _text("withdrawn_by"),
)
"""Publications that no longer hold. They stand apart, so that a publication's own row never changes."""

PLACEMENTS = Table(
    "placements",
    METADATA,
    _id(),
    _of("batches.id", "batch_id"),
    _of("rounds.id", "round_id"),
    _of("runs.id", "run_id"),
    _text("firm_id"),
    _text("need_id"),
    _text("expert_id"),
    Column("line", JSON, nullable=False),
    *_one_of("state", PlacementState),
    *_one_of("firm_answer", Answer, nullable=True),
    _maybe("firm_reason"),
    *_one_of("expert_answer", Answer, nullable=True),
    _maybe("expert_reason"),
    *_one_of("ending", Ending, nullable=True),
    _maybe("ended_on"),
    _maybe("ended_because"),
    _version(),
    *_changed(),
    CheckConstraint("(state = 'ended') = (ending IS NOT NULL)", name="ended_with_reason"),
    sqlite_autoincrement=True,
)
"""A pair from its proposal to its end; ``line`` is its line of the list."""

_LIVES = PLACEMENTS.c.state != "ended"
Index(
    "uq_placements_live",
    *(PLACEMENTS.c[name] for name in ("batch_id", "need_id", "expert_id")),
    unique=True,
    sqlite_where=_LIVES,
    postgresql_where=_LIVES,
)

OBJECTIONS = Table(
    "objections",
    METADATA,
    _id(),
    _of("publications.id", "publication_id"),
    _of("placements.id", "placement_id"),
    _text("objector"),
    _text("ground"),
    _text("received_at"),
    _text("received_by"),
    Column("upheld", Boolean, nullable=True),
    _maybe("decided_because"),
    _maybe("decided_at"),
    _maybe("decided_by"),
    sqlite_autoincrement=True,
)
"""Raised against a pair of a public notice; ``upheld`` is empty until it is decided."""

SERVICE_LOG = Table(
    "service_log",
    METADATA,
    _id(),
    _of("placements.id", "placement_id"),
    _text("day"),
    Column("days", Float, nullable=False),
    _text("done"),
    _text("entered_at"),
    _text("entered_by"),
    CheckConstraint("days > 0", name="days"),
    sqlite_autoincrement=True,
)
"""What an expert did for a firm, and how many days it took."""

ASSESSMENTS = Table(
    "assessments",
    METADATA,
    _of("placements.id", "placement_id", primary_key=True),
    Column("firm_rating", Integer, nullable=True),
    Column("expert_rating", Integer, nullable=True),
    _maybe("assessment"),
    Column("firm_renews", Boolean, nullable=True),
    Column("expert_renews", Boolean, nullable=True),
    _version(),
    *_changed(),
)
"""How a placement went in the eyes of both sides and of the office, and who wishes to go on."""

ACCOUNTS = Table(
    "accounts",
    METADATA,
    _id(),
    _text("name", unique=True),
    *_one_of("role", Role),
    _maybe("party"),
    _maybe("code"),
    _text("person"),
    _maybe("password"),
    _maybe("issuer"),
    _maybe("subject"),
    _maybe("disabled_at"),
    _version(),
    *_changed(),
    UniqueConstraint("code", "person"),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("(role IN ('firm', 'expert')) = (party IS NOT NULL)", name="party_of_a_party"),
    sqlite_autoincrement=True,
)
"""
Who may log in. ``party`` is the id of the firm or of the expert that the account acts for; ``code``, a firm's credit
code or an expert's id, logs in together with ``person``, the name. ``password`` is a hash, empty until an invitation is
taken; ``issuer`` and ``subject`` name the account at an identity provider.
"""

INVITATIONS = Table(
    "invitations",
    METADATA,
    _id(),
    _of("accounts.id", "account_id"),
    *_one_of("purpose", Literal["invite", "reset"]),
    _text("token", unique=True),
    _text("code", unique=True),
    _text("expires_at"),
    _maybe("used_at"),
    _maybe("revoked_at"),
    _text("made_at"),
    _text("made_by"),
    sqlite_autoincrement=True,
)
"""Ways to set a password once: by a link with a token, or by a short code; both are kept as hashes."""

SESSIONS = Table(
    "sessions",
    METADATA,
    _text("token", primary_key=True),
    _of("accounts.id", "account_id"),
    _text("begun_at"),
    _text("seen_at"),
    _maybe("ended_at"),
)
"""Logins, by the hash of the token that the browser holds."""

ATTEMPTS = Table(
    "attempts",
    METADATA,
    _id(),
    _text("at"),
    _text("key"),
    sqlite_autoincrement=True,
)
"""Logins that failed, by keyed hashes of name and address, and what was used up; all of it for a while alone."""

ACCEPTANCES = Table(
    "acceptances",
    METADATA,
    _of("accounts.id", "account_id", primary_key=True),
    Column("statement", Text, primary_key=True),
    _text("accepted_at"),
)
"""Who has taken note of which statement on privacy, and when."""

CONSENTS = Table(
    "consents",
    METADATA,
    *_one_of("side", Side),
    _text("party"),
    *_one_of("kind", Consent),
    Column("given", Boolean, nullable=False),
    _text("basis"),
    _version(),
    *_changed(),
    PrimaryKeyConstraint("side", "party", "kind"),
)
"""What a firm or an expert agrees to; ``basis`` says how, or on what other ground the office goes by it."""

DRAFTS = Table(
    "drafts",
    METADATA,
    _of("accounts.id", "account_id", primary_key=True),
    _of("rounds.id", "round_id", primary_key=True),
    Column("form", Text, primary_key=True),
    Column("typed", JSON, nullable=False),
    Column("form_version", Integer, nullable=True),
    _text("kept_at"),
)
"""
What somebody typed and has not sent: by field, and over which version of a form, if it is of one and there was one.

``form`` is the form's own id, or empty where it has none yet; of what is written beside the forms, see
`matcher.services.drafts.beside`. No entry tells of it: nobody has decided anything.
"""

MARKS = Table(
    "marks",
    METADATA,
    Column("name", Text, primary_key=True),
    _text("value"),
)
"""What is said of the database as a whole."""

EVENTS = Table(
    "events",
    METADATA,
    _id(),
    _text("at"),
    _text("who"),
    _text("what"),
    Column("round_id", Integer, nullable=True),
    _text("about"),
    _text("digest"),
    _maybe("mac"),
    sqlite_autoincrement=True,
)
"""
Every change, and what else is written down: who, when, what, and about which row. No entry is ever changed or deleted.

``digest`` is that of its row of `event_contents`; ``mac`` chains it to the entry before, and is empty only where a seal
follows: see `matcher.store.chain`.
"""

EVENT_CONTENTS = Table(
    "event_contents",
    METADATA,
    _of("events.id", "event_id", primary_key=True),
    _text("salt"),
    Column("before", JSON, nullable=True),
    Column("after", JSON, nullable=True),
    _maybe("why"),
)
"""
What an entry says of a change: before, after and why. Contact data is named as changed, never by value, and of what
opens a door there is a keyed digest: see `matcher.store.hiding`.

A row is never changed, and deleted only where an erasure covers it.
"""

EVENT_LOG = (
    select(
        *(EVENTS.c[name] for name in ("id", "at", "who", "what", "round_id", "about")),
        *(EVENT_CONTENTS.c[name] for name in ("before", "after", "why")),
        EVENT_CONTENTS.c.event_id.is_(None).label("is_erased"),
    )
    .select_from(EVENTS.outerjoin(EVENT_CONTENTS))
    .subquery("events")
)
"""Both together, as they are read."""

ERASURES = Table(
    "erasures",
    METADATA,
    _id(),
    Column("first_event", Integer, nullable=False),
    Column("last_event", Integer, nullable=False),
    Column("round_id", Integer, nullable=True),
    _maybe("about"),
    _text("erased_at"),
    _text("erased_by"),
    sqlite_autoincrement=True,
)
"""
Whose contents may be gone: of the entries in a range, those of one round, and about one row or, where ``about`` ends in
a slash, those below it.

Never changed or deleted; an entry says the same, and why.
"""
