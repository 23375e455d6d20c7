"""Whose own forms a page is about: what the list of them and the form that is open both ask for."""

from dataclasses import dataclass

from matcher.domain.roles import Principal
from matcher.domain.rounds import ALLOWED, Action
from matcher.domain.settings import Side
from matcher.pages.words import Words
from matcher.store import Store
from matcher.store.entities import Draft, Round


@dataclass(frozen=True, slots=True)
class Desk:
    """
    Whose forms are shown, in which round and in which words.

    Parameters
    ----------
    say : Words
    store : Store
    who : Principal
    side : {"firm", "expert"}
    round_ : Round
    drafts : dict of str to Draft
        Of the round, by form.
    """

    say: Words
    store: Store
    who: Principal
    side: Side
    round_: Round
    drafts: dict[str, Draft]

    @property
    def own_id(self) -> str:
        """The firm's id, or the expert's."""
        return str(self.who.party)

    @property
    def table(self) -> str:
        """Name the table whose rows these forms are."""
        return "firms" if self.side == "firm" else "experts"

    def may(self, action: Action) -> bool:
        """Whether the state of the round allows something."""
        return action in ALLOWED[self.round_.state]
