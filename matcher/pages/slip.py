"""What is typed beside the forms, such as a reason: kept at each change, and there again whatever came between."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from math import inf
from time import monotonic
from typing import Any, Literal

import streamlit as st

from matcher.domain.roles import Principal
from matcher.pages.acting import attempt
from matcher.pages.markup import tag, text
from matcher.pages.party_head import side_of
from matcher.pages.words import Words
from matcher.services.drafts import drafts_of, drop_draft, keep_draft
from matcher.store import Store
from matcher.store.entities import Draft

AT_ONCE_S = 1.0
"""A press that comes so soon after another was not made of what that one led to."""


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
    version : int or None
        Of what they change, as it was seen, of 31 bits; kept with what is typed.
    """

    store: Store
    who: Principal
    round_id: int
    name: str
    key: str
    blank: Mapping[str, Any]
    version: int | None = None

    def begin(self, kept: Draft | None) -> None:
        """Put into the fields what was typed last, else what they begin with; to be called before they are drawn."""
        before = kept.typed if kept else st.session_state.get(f"{self.key} kept", {})
        for field, blank in self.blank.items():
            held = before.get(field, blank)
            is_day = isinstance(blank, date) and isinstance(held, str)
            st.session_state.setdefault(self.at(field), date.fromisoformat(held) if is_day else held)

    def resume(self) -> Draft | None:
        """Begin with what is kept of it, and give that."""
        kept = kept_of(self.store, self.who, self.round_id).get(self.name)
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
        typed = {field: self.typed(field) for field in self.blank}
        if self.is_sent:  # the same click, in haste, brings once more what it has sent
            self.begin_anew()
            return
        if side is None or own_id is None:  # the office's is kept as long as the page is open
            st.session_state[f"{self.key} kept"] = typed if typed != dict(self.blank) else {}
            return
        of: dict[str, Any] = {"round_id": self.round_id, "form": self.name}
        if typed == dict(self.blank):
            attempt(lambda: drop_draft(self.store, self.who, side, own_id, **of))
            return
        plain = {field: value.isoformat() if isinstance(value, date) else value for field, value in typed.items()}
        attempt(lambda: keep_draft(self.store, self.who, side, own_id, **of, typed=plain, form_version=self.version))

    @property
    def is_sent(self) -> bool:
        """Whether it was sent a moment ago, and nothing was typed since: a press that comes then is half of another."""
        sent, since = st.session_state.get(f"{self.key} sent", (None, -inf))
        typed = {field: self.typed(field) for field in self.blank}
        return monotonic() - since < AT_ONCE_S and typed in (dict(self.blank), sent)

    def note_sent(self) -> None:
        """Note what is sent, and begin anew in the same fields: what is typed before they are drawn stays."""
        st.session_state[f"{self.key} sent"] = {field: self.typed(field) for field in self.blank}, monotonic()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Put into the fields what they begin with."""
        st.session_state.update({self.at(field): blank for field, blank in self.blank.items()})
        st.session_state.pop(f"{self.key} kept", None)

    def forget(self) -> None:
        """Do away with the fields, and with what stands in them: it is sent."""
        for name in (*map(self.at, self.blank), f"{self.key} kept"):
            st.session_state.pop(name, None)


def kept_of(store: Store, who: Principal, round_id: int) -> dict[str, Draft]:
    """Give what a party has typed and not sent, by what it is called; of the office nothing is kept."""
    side, own_id = side_of(who), who.party
    return drafts_of(store, who, side, own_id, round_id=round_id) if side and own_id else {}


@contextmanager
def small_window(
    label: str, *, key: str, icon: str = "", width: Literal["content", "stretch"] = "content"
) -> Generator[bool]:
    """
    Offer a button that opens a small window, and tell whether it is open: only then is drawn what is in it.

    A field whose words are put in beforehand, and that is on no screen when the page is drawn, comes up without them.
    """
    shown = f":material/{icon}:" if icon else None
    window = st.popover(label, icon=shown, key=key, width=width, on_change="rerun")
    with window:
        yield bool(window.open)


def tell_kept(say: Words, kept: Draft | None) -> None:
    """Say that what was typed is kept; below the button, which does not move away under a finger for it."""
    if kept is not None:
        st.html(tag("p", text(say("page.kept")), "quiet"))
