"""What is typed beside the forms, such as a reason: kept at each change, and there again whatever came between."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from matcher.domain.roles import Principal
from matcher.pages.acting import attempt
from matcher.pages.markup import tag, text
from matcher.pages.party_head import side_of
from matcher.pages.words import Words
from matcher.services.drafts import drafts_of, drop_draft, keep_draft
from matcher.store import Store
from matcher.store.entities import Draft


@dataclass(frozen=True, slots=True)
class Slip:
    """
    A few fields that one button sends together.

    They stand in no `st.form`, which tells nothing of its fields before it is sent.

    Parameters
    ----------
    store : Store
    who : Principal
        A firm, or an expert.
    round_id : int
    name : str
        What `matcher.services.drafts.beside` gives.
    key : str
        Begins the keys of the widgets; what follows is the name of the field, after a hyphen.
    blank : mapping of str to object
        What the fields begin with: text, number or date.
    """

    store: Store
    who: Principal
    round_id: int
    name: str
    key: str
    blank: Mapping[str, Any]

    def begin(self, kept: Draft | None) -> None:
        """Put into the fields what was typed last, else what they begin with; to be called before they are drawn."""
        for field, blank in self.blank.items():
            held = kept.typed.get(field, blank) if kept else blank
            is_day = isinstance(blank, date) and isinstance(held, str)
            st.session_state.setdefault(self.at(field), date.fromisoformat(held) if is_day else held)

    def resume(self) -> Draft | None:
        """Begin with what is kept of it, and give that; of the office nothing is kept."""
        side, own_id = side_of(self.who), self.who.party
        if side is None or own_id is None:
            kept = None
        else:
            kept = drafts_of(self.store, self.who, side, own_id, round_id=self.round_id).get(self.name)
        self.begin(kept)
        return kept

    def at(self, field: str) -> str:
        """Give the key of the widget of a field."""
        return f"{self.key}-{field}"

    def typed(self, field: str) -> Any:
        """Give what stands in a field."""
        return st.session_state[self.at(field)]

    def keep(self) -> None:
        """Keep what stands in the fields; meant for ``on_change``. Where that is nothing, nothing is kept."""
        if any(self.at(field) not in st.session_state for field in self.blank):
            return  # the same click has sent it
        side, own_id = side_of(self.who), self.who.party
        if side is None or own_id is None:
            return
        typed = {field: self.typed(field) for field in self.blank}
        of: dict[str, Any] = {"round_id": self.round_id, "form": self.name}
        if typed == dict(self.blank):
            attempt(lambda: drop_draft(self.store, self.who, side, own_id, **of))
            return
        plain = {field: value.isoformat() if isinstance(value, date) else value for field, value in typed.items()}
        attempt(lambda: keep_draft(self.store, self.who, side, own_id, **of, typed=plain))

    def forget(self) -> None:
        """Empty the fields: it is sent."""
        for field in self.blank:
            st.session_state.pop(self.at(field), None)


def tell_kept(say: Words, kept: Draft | None) -> None:
    """Say that what was typed is kept; below the button, which does not move away under a finger for it."""
    if kept is not None:
        st.html(tag("p", text(say("page.kept")), "quiet"))
