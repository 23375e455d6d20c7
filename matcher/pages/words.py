"""The words of a page, in the language of whoever reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from matcher.domain.messages import Message, Problem
from matcher.language import LANGUAGES, sentence
from matcher.language.catalogue import DEFAULT
from matcher.services.import_writes import VETO_REASON


@dataclass(frozen=True, slots=True)
class Words:
    """
    The catalogue in the language of one reader.

    Examples
    --------
    >>> Words("en")("value.yes")
    'yes'
    """

    lang: str

    def __call__(self, code: str, values: Mapping[str, object] | None = None) -> str:
        """Say an entry with its values."""
        return sentence(Message(code, values or {}), self.lang)

    def say(self, message: Message | Problem | str) -> str:
        """Say a message; a text stays as it is."""
        return message if isinstance(message, str) else sentence(message, self.lang)

    @property
    def query(self) -> dict[str, str]:
        """What an address needs so that the next page speaks the same language."""
        return {} if self.lang == DEFAULT else {"lang": self.lang}


def reason(say: Words, why: str) -> str:
    """Say the reason of a veto as it was given; one of a sheet, which gives none, has a code."""
    return say(why) if why == VETO_REASON else why


def days_served(served: float, agreed: int | None = None) -> Message:
    """
    Tell how many days were served, of how many agreed; None: none were.

    Examples
    --------
    >>> say = Words("en").say
    >>> say(days_served(1)), say(days_served(1.5)), say(days_served(0.5, 1)), say(days_served(1, 12))
    ('1 day', '1.5 days', '0.5 of 1 day', '1 of 12 days')
    """
    of, one = ("" if agreed is None else ".of"), (".one" if (served if agreed is None else agreed) == 1 else "")
    return Message(f"page.service.days{of}{one}", {"served": f"{served:g}", "agreed": agreed})


def words_of_reader() -> Words:
    """Take the language from the address, ``?lang=en``, so that a link keeps it; else the default."""
    asked = st.query_params.get("lang", DEFAULT)
    return Words(asked if asked in LANGUAGES else DEFAULT)


def language_switch(say: Words) -> None:
    """Offer both languages, each in its own words."""

    def chosen() -> None:
        lang = st.session_state["lang"]
        if lang == DEFAULT:
            st.query_params.pop("lang", None)
        else:
            st.query_params["lang"] = lang

    st.session_state["lang"] = say.lang
    st.segmented_control(
        say("page.language"),
        sorted(LANGUAGES, reverse=True),
        format_func=lambda lang: Words(lang)("page.language.own_name"),
        required=True,
        key="lang",
        on_change=chosen,
        label_visibility="collapsed",
    )
