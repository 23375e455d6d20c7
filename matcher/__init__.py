"""
Two-way matching of technology instructors with firms: who, why, and why not somebody else.

``import matcher`` loads nothing heavy: a name below brings its room with it when it is first used.

Examples
--------
>>> import matcher
>>> market = matcher.Market.from_lists(firms={"f1": ["e1"]}, experts={"e1": ["f1"]})
>>> matcher.assign(market).pairs
[('f1', 'e1')]
"""

from importlib import import_module
from typing import TYPE_CHECKING

from matcher.domain import messages as _messages

if TYPE_CHECKING:
    from matcher.assignment import Market, assign, audit, why
    from matcher.domain.records import Expert, Need, Rating
    from matcher.domain.settings import Settings
    from matcher.files import read_experts, read_firms, read_ratings, read_settings
    from matcher.files.lexicon import read_lexicon
    from matcher.pipeline import match
    from matcher.text import Lexicon

__version__ = "0.1.0"

_ROOMS = {
    "Expert": "matcher.domain.records",
    "Lexicon": "matcher.text.lexicon",
    "Market": "matcher.assignment",
    "Need": "matcher.domain.records",
    "Rating": "matcher.domain.records",
    "Settings": "matcher.domain.settings",
    "assign": "matcher.assignment",
    "audit": "matcher.assignment",
    "match": "matcher.pipeline",
    "read_experts": "matcher.files",
    "read_firms": "matcher.files",
    "read_lexicon": "matcher.files.lexicon",
    "read_ratings": "matcher.files",
    "read_settings": "matcher.files",
    "why": "matcher.assignment",
}

__all__ = [
    "Expert",
    "Lexicon",
    "Market",
    "Need",
    "Rating",
    "Settings",
    "assign",
    "audit",
    "match",
    "read_experts",
    "read_firms",
    "read_lexicon",
    "read_ratings",
    "read_settings",
    "why",
]


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module 'matcher' has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# The core returns codes with values; the front of the house is where they learn to speak.
_messages.speak_with(lambda message: import_module("matcher.language").sentence(message))
