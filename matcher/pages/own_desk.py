"""Whose own forms a page is about: what the list of them and the form that is open both ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.pages.round_look import RoundLook
from matcher.store import Store
from matcher.store.entities import Draft


@dataclass(frozen=True)
class Desk(RoundLook):
    """
    Whose own forms are shown.

    Parameters
    ----------
    drafts : mapping of str to Draft
        Of the round, by what they are called.
    """

    drafts: Mapping[str, Draft]

    @property
    def own_id(self) -> str:
        """The firm's id, or the expert's."""
        return str(self.who.party)

    @property
    def whose(self) -> tuple[Store, Principal, Side, str]:
        """What every use case of a party's own asks first."""
        return self.store, self.who, self.side, self.own_id
