"""What the tables hold, as it travels: one frozen record a row, its fields the table's columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from sqlalchemy import Table

from matcher.domain.records import Assessment, Expert, Need, Tiers
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
from matcher.store import schema

Json = Mapping[str, Any]


class Entity:
    """
    A row that travels; ``TABLE`` is where it stands, and its columns the fields, but for a form's, of its record.

    What is read from more than its table has a ``SOURCE`` with the columns.
    """

    __slots__ = ()
    TABLE: ClassVar[Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Entity):
    """See `matcher.store.schema.BATCHES`."""

    TABLE: ClassVar = schema.BATCHES
    id: int
    name: str
    year: int
    follows: int | None
    created_at: str
    created_by: str
    keep_until: str | None
    erased_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round(Entity):
    """See `matcher.store.schema.ROUNDS`."""

    TABLE: ClassVar = schema.ROUNDS
    id: int
    batch_id: int
    number: int
    kind: RoundKind
    state: RoundState
    settings: Json
    answer_by: str | None
    silence: Silence | None
    proposed_run: int | None
    version: int
    changed_at: str
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Entity):
    """An expert's form; ``record`` has no wishes. See `matcher.store.schema.EXPERTS`."""

    TABLE: ClassVar = schema.EXPERTS
    RECORD: ClassVar = Expert
    round_id: int
    record: Expert
    state: FormState
    returned_because: str | None
    consent_on: str | None
    consent_document: str | None
    version: int
    changed_at: str
    changed_by: str

    @property
    def own_id(self) -> str:
        """The expert's id."""
        return self.record.expert_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedForm(Entity):
    """A need as a firm's form; ``record`` has no wishes. See `matcher.store.schema.NEEDS`."""

    TABLE: ClassVar = schema.NEEDS
    RECORD: ClassVar = Need
    round_id: int
    record: Need
    state: FormState
    returned_because: str | None
    version: int
    changed_at: str
    changed_by: str

    @property
    def own_id(self) -> str:
        """The need's id."""
        return self.record.need_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences(Entity):
    """See `matcher.store.schema.PREFERENCES`."""

    TABLE: ClassVar = schema.PREFERENCES
    round_id: int
    side: Side
    own_id: str
    tiers: Tiers
    vetoes: tuple[tuple[str, str], ...]
    version: int
    changed_at: str
    changed_by: str

    @property
    def vetoed(self) -> tuple[str, ...]:
        """Who is vetoed, without the reasons."""
        return tuple(name for name, _ in self.vetoes)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierRating(Entity):
    """See `matcher.store.schema.RATINGS`."""

    TABLE: ClassVar = schema.RATINGS
    batch_id: int
    place: int
    expert_id: str
    firm_id: str
    year: int
    firm_rating: int | None
    expert_rating: int | None
    need_title: str
    assessment: Assessment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierPair(Entity):
    """See `matcher.store.schema.EARLIER_PAIRS`."""

    TABLE: ClassVar = schema.EARLIER_PAIRS
    batch_id: int
    need_id: str
    firm_id: str
    expert_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(Entity):
    """See `matcher.store.schema.SCENARIOS`."""

    TABLE: ClassVar = schema.SCENARIOS
    id: int
    round_id: int
    name: str
    settings: Json
    copied_from: int | None
    version: int
    changed_at: str
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Entity):
    """See `matcher.store.schema.RUNS`."""

    TABLE: ClassVar = schema.RUNS
    id: int
    scenario_id: int
    scenario_version: int
    state: RunState
    language: str
    inputs: Mapping[str, str]
    results: Mapping[str, str]
    error: Any
    worker: str | None
    stage: str | None
    done: int
    total: int
    queued_at: str
    queued_by: str
    started_at: str | None
    heartbeat_at: str | None
    ended_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication(Entity):
    """See `matcher.store.schema.PUBLICATIONS`."""

    TABLE: ClassVar = schema.PUBLICATIONS
    id: int
    round_id: int
    version: int
    run_id: int
    files: Mapping[str, str]
    approved_by: str
    document_number: str
    notice_from: str
    notice_until: str
    published_at: str
    published_by: str
    chain_head: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(Entity):
    """See `matcher.store.schema.WITHDRAWALS`."""

    TABLE: ClassVar = schema.WITHDRAWALS
    publication_id: int
    reason: str
    withdrawn_at: str
    withdrawn_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPair(Entity):
    """See `matcher.store.schema.PLACEMENTS`."""

    TABLE: ClassVar = schema.PLACEMENTS
    id: int
    batch_id: int
    round_id: int
    run_id: int
    firm_id: str
    need_id: str
    expert_id: str
    line: Json
    state: PlacementState
    firm_answer: Answer | None
    firm_reason: str | None
    expert_answer: Answer | None
    expert_reason: str | None
    ending: Ending | None
    ended_on: str | None
    ended_because: str | None
    version: int
    changed_at: str
    changed_by: str

    @property
    def pair(self) -> tuple[str, str]:
        """The ids of its need and of its expert."""
        return self.need_id, self.expert_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection(Entity):
    """See `matcher.store.schema.OBJECTIONS`."""

    TABLE: ClassVar = schema.OBJECTIONS
    id: int
    publication_id: int
    placement_id: int
    objector: str
    ground: str
    received_at: str
    received_by: str
    upheld: bool | None
    decided_because: str | None
    decided_at: str | None
    decided_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Entity):
    """See `matcher.store.schema.SERVICE_LOG`."""

    TABLE: ClassVar = schema.SERVICE_LOG
    id: int
    placement_id: int
    day: str
    days: float
    done: str
    entered_at: str
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedPair(Entity):
    """See `matcher.store.schema.ASSESSMENTS`."""

    TABLE: ClassVar = schema.ASSESSMENTS
    placement_id: int
    firm_rating: int | None
    expert_rating: int | None
    assessment: Assessment | None
    firm_renews: bool | None
    expert_renews: bool | None
    version: int
    changed_at: str
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Entity):
    """See `matcher.store.schema.ACCOUNTS`."""

    TABLE: ClassVar = schema.ACCOUNTS
    id: int
    name: str
    role: Role
    party: str | None
    code: str | None
    person: str
    password: str | None = field(repr=False)
    issuer: str | None
    subject: str | None
    disabled_at: str | None
    version: int
    changed_at: str
    changed_by: str

    @property
    def handle(self) -> str:
        """
        What stands in the log for whoever acts by it.

        The name of a colleague; of a party, whose name goes when it is erased while the log stays, its side and id and
        the number of the account: who reads the log finds the name by that, as long as there is one.
        """
        return self.name if self.party is None else f"{self.role}:{self.party}#{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation(Entity):
    """See `matcher.store.schema.INVITATIONS`."""

    TABLE: ClassVar = schema.INVITATIONS
    id: int
    account_id: int
    purpose: Literal["invite", "reset"]
    token: str = field(repr=False)
    code: str = field(repr=False)
    expires_at: str
    used_at: str | None
    revoked_at: str | None
    made_at: str
    made_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Entity):
    """See `matcher.store.schema.SESSIONS`."""

    TABLE: ClassVar = schema.SESSIONS
    token: str = field(repr=False)
    account_id: int
    begun_at: str
    seen_at: str
    ended_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Entity):
    """See `matcher.store.schema.ATTEMPTS`."""

    TABLE: ClassVar = schema.ATTEMPTS
    id: int
    at: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance(Entity):
    """See `matcher.store.schema.ACCEPTANCES`."""

    TABLE: ClassVar = schema.ACCEPTANCES
    account_id: int
    statement: str
    accepted_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConsent(Entity):
    """See `matcher.store.schema.CONSENTS`."""

    TABLE: ClassVar = schema.CONSENTS
    side: Side
    party: str
    kind: Consent
    given: bool
    basis: str
    version: int
    changed_at: str
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Entity):
    """See `matcher.store.schema.DRAFTS`."""

    TABLE: ClassVar = schema.DRAFTS
    account_id: int
    round_id: int
    form: str
    typed: Json
    form_version: int | None
    kept_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Entity):
    """See `matcher.store.schema.MARKS`."""

    TABLE: ClassVar = schema.MARKS
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Entity):
    """See `matcher.store.schema.EVENTS`; ``is_erased`` where what it said of a change is gone."""

    TABLE: ClassVar = schema.EVENTS
    SOURCE: ClassVar = schema.EVENT_LOG
    id: int
    at: str
    who: str
    what: str
    round_id: int | None
    about: str
    before: Json | None
    after: Json | None
    why: str | None
    is_erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure(Entity):
    """See `matcher.store.schema.ERASURES`."""

    TABLE: ClassVar = schema.ERASURES
    id: int
    first_event: int
    last_event: int
    round_id: int | None
    about: str | None
    erased_at: str
    erased_by: str
