"""Who looks at a round, at the forms of which side, and in which words: what many pages hand from part to part."""

from dataclasses import dataclass

from matcher.domain.roles import Principal
from matcher.domain.rounds import ALLOWED, Action
from matcher.domain.settings import Side
from matcher.pages.words import Words
from matcher.store import Store
from matcher.store.entities import Round


@dataclass(frozen=True)
class RoundLook:
    """
    Who looks at which round, and in which words.

    Parameters
    ----------
    say : Words
    store : Store
    who : Principal
    round_ : Round
    side : {"firm", "expert"}
        Whose forms it is about.
    """

    say: Words
    store: Store
    who: Principal
    round_: Round
    side: Side

    @property
    def table(self) -> str:
        """Name the table whose rows the forms of the side are."""
        return "firms" if self.side == "firm" else "experts"

    def may(self, action: Action) -> bool:
        """Whether the state of the round allows something."""
        return action in ALLOWED[self.round_.state]
