"""Who acts: people in their roles, and the service itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from matcher.domain.settings import Side

Role = Literal["administrator", "analyst", "firm", "expert"]
"""What an account is for; it has one."""
ROLES: tuple[Role, ...] = get_args(Role)
PARTIES: tuple[Side, ...] = get_args(Side)
"""Roles of those who are placed: each acts for a firm, or for an expert."""

Consent = Literal["notice", "contact", "detail"]
"""What a party agrees to apart from the rest: to be named in the public notice; that its contacts are given to who is
placed with it; that experts read the detail of its needs."""
CONSENTS: Mapping[str, tuple[Consent, ...]] = {"firm": ("detail", "contact"), "expert": ("notice", "contact")}
"""What each side is asked for; the name of a firm is no personal data."""


@dataclass(frozen=True, slots=True)
class Principal:
    """
    Who is acting.

    Parameters
    ----------
    name : str
        What stands in the log: of an account, its handle.
    role : str
        One of `ROLES`, or ``"machine"``: the service itself, where no person acts.
    party : str or None
        Id of the firm or of the expert that a party acts for.
    account_id : int or None
        None where there is no account: the service, and whoever works at the machine's terminal.
    login : str
        What whoever it is logs in by; empty where there is no account.
    """

    name: str
    role: Role | Literal["machine"]
    party: str | None = None
    account_id: int | None = None
    login: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if (self.role in PARTIES) != (self.party is not None):
            raise ValueError(f"a {self.role} with the party {self.party!r}")

    @property
    def shown(self) -> str:
        """What whoever it is reads as their own name."""
        return self.login or self.name


MACHINE = Principal("matcher", "machine")
"""The service itself."""
