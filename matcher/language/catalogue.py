"""The catalogue: which languages there are, which one is in use, and what each code says in it."""

import gettext
import os
from functools import cache
from pathlib import Path

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message

LANGUAGES = ("en", "zh")
"""Languages that everything can be said in."""
DEFAULT = "zh"
_LOCALE = Path(__file__).parent / "locale"

_in_use: str | None = None


def use(lang: str) -> None:
    """
    Set the language of the process.

    Parameters
    ----------
    lang : str
        ``"zh"`` or ``"en"``; a region or an encoding after it is fine (``"zh_CN.UTF-8"``).

    Raises
    ------
    SettingsError
        When there is no catalogue of that language.
    """
    global _in_use  # noqa: PLW0603 - a process speaks one language; whoever needs another at once passes lang
    _in_use = _known(lang)


def language() -> str:
    """
    Tell the language in use: the one set by `use`, else ``MATCHER_LANG``, else Chinese.

    Raises
    ------
    SettingsError
        At first use, when ``MATCHER_LANG`` names a language without a catalogue; Chinese is in use then.
    """
    if _in_use is None:
        use(DEFAULT)
        use(os.environ.get("MATCHER_LANG") or DEFAULT)
    return str(_in_use)


def label(code: str, lang: str | None = None) -> str:
    """
    Look up a bare entry: a header, a word for a value, a template.

    Parameters
    ----------
    code : str
        Key of the catalogue.
    lang : str, optional
        Language of this one lookup; by default the one in use.

    Raises
    ------
    KeyError
        When the catalogue lacks the code: our bug, never covered up.
    SettingsError
        When there is no such language.

    Examples
    --------
    >>> label("firms.capacity", "en")
    'capacity'
    """
    return _catalogue(language() if lang is None else _known(lang)).gettext(code)


def _known(lang: str) -> str:
    plain = lang.strip().lower().replace("-", "_").split(".")[0].split("_")[0]
    if plain not in LANGUAGES:
        raise SettingsError([Message("settings.language", {"value": lang, "allowed": LANGUAGES})])
    return plain


class _Refusal(gettext.NullTranslations):
    """Stands behind a catalogue, so that a missing code is an error and not its own translation."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self.lang = lang

    def gettext(self, message: str) -> str:
        raise KeyError(f"code {message!r} is not in the catalogue of language {self.lang!r}")


@cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    translations = gettext.translation("matcher", _LOCALE, languages=[lang])
    translations.add_fallback(_Refusal(lang))
    return translations
