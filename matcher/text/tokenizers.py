"""Tokenizers: text to words, behind one small protocol."""

import atexit
import gc
import hashlib
import marshal
import os
import shutil
import tempfile
from functools import cached_property, lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from matcher.text.lexicon import Lexicon, package_lexicon

if TYPE_CHECKING:
    import jieba
    import rjieba


@runtime_checkable
class Tokenizer(Protocol):
    """
    Whatever cuts a text into words: callable, picklable, with a name for the report of a run.

    The words, joined, give the text again: nothing is dropped here.
    """

    @property
    def name(self) -> str:
        """Name and version."""
        ...

    def __call__(self, text: str) -> list[str]:
        """Cut one text."""
        ...


class DictionaryTokenizer:
    """
    What both cutters by jieba's dictionary have in common.

    Two are equal when they are of one kind and have the same dictionary.
    """

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self.lexicon = lexicon

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DictionaryTokenizer) and self._made_of == other._made_of

    def __hash__(self) -> int:
        return hash(self._made_of)

    def __reduce__(self) -> tuple:
        # A pickle, or a copy, carries the lists along and not the half a million words of jieba.
        return type(self), (self.lexicon,)

    @property
    def _terms(self) -> tuple[str, ...]:
        return (self.lexicon or package_lexicon()).dictionary

    @property
    def _made_of(self) -> tuple[type, tuple[str, ...]]:
        return type(self), self._terms


class JiebaTokenizer(DictionaryTokenizer):
    """
    jieba's words, with the city's technology terms in its dictionary.

    It uses a ``jieba.Tokenizer`` of its own, so that nobody else's dictionary changes ours, nor ours theirs, and a
    cache folder of its own (see `cache_folder`).

    Parameters
    ----------
    lexicon : Lexicon or None
        Whose dictionary it has; None stands for the package's.

    Examples
    --------
    >>> len(JiebaTokenizer()("abc def"))
    3
    """

    @property
    def name(self) -> str:
        """Name and version, such as ``"jieba 0.42.1"``."""
        return f"jieba {version('jieba')}"

    def __call__(self, text: str) -> list[str]:
        """
        Cut one text into words.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of str
            In order; joined they give ``text``.
        """
        return self._jieba.lcut(text, HMM=False)

    @cached_property
    def _jieba(self) -> "jieba.Tokenizer":
        return _jieba(self._terms)


class RjiebaTokenizer(DictionaryTokenizer):
    """
    The words of `JiebaTokenizer`, cut by jieba's compiled twin: the extra ``fast``, for texts by the hundred thousand.

    Parameters
    ----------
    lexicon : Lexicon or None
        Whose dictionary it has; None stands for the package's.

    Raises
    ------
    SettingsError
        When the extra is not installed.

    Examples
    --------
    >>> RjiebaTokenizer()("abc def") == JiebaTokenizer()("abc def")
    True
    """

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        if find_spec("rjieba") is None:
            raise SettingsError([Message("settings.tokenizer_not_installed")])
        super().__init__(lexicon)

    @property
    def name(self) -> str:
        """Name and version, such as ``"rjieba 0.2.2"``."""
        return f"rjieba {version('rjieba')}"

    def __call__(self, text: str) -> list[str]:
        """Cut one text into words, as `JiebaTokenizer` does."""
        return self._rjieba.cut(text, hmm=False)

    @cached_property
    def _rjieba(self) -> "rjieba.Jieba":
        return _rjieba(self._terms)


def tokenizer_named(name: Literal["jieba", "rjieba"], lexicon: Lexicon | None = None) -> Tokenizer:
    """
    Make the tokenizer that settings name.

    Raises
    ------
    SettingsError
        When it is an extra that is not installed.
    """
    return {"jieba": JiebaTokenizer, "rjieba": RjiebaTokenizer}[name](lexicon)


def cache_folder() -> Path:
    """
    Make and return the folder for what can be computed again.

    ``MATCHER_CACHE``, else ``matcher`` in the user's cache folder; where that can't be written, a private temporary
    folder, so that a start costs a second more and nothing else.
    """
    named = os.environ.get("MATCHER_CACHE")
    try:
        folder = Path(named or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matcher")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: a user without a home, as in some containers
        return _passing_folder()
    return folder if os.access(folder, os.W_OK) else _passing_folder()


def _passing_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="matcher-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


# Each takes 0.2 s and some 60 MB: those of a run and of a comparison stay, those of many experiments do not.
@lru_cache(maxsize=4)
def _jieba(terms: tuple[str, ...]) -> "jieba.Tokenizer":
    import jieba

    jieba.setLogLevel("WARNING")
    tokenizer = jieba.Tokenizer()
    folder = cache_folder()
    tokenizer.tmp_dir = str(folder)
    # Named by what it is made of: a cache of another dictionary would cut other words, and nobody would see it.
    with tokenizer.get_dict_file() as dictionary:
        made_of = hashlib.blake2b(dictionary.read(), digest_size=8).hexdigest()
    tokenizer.cache_file = f"jieba-{version('jieba')}-{made_of}.cache"
    # The collector would walk half a million dictionary entries again and again: off, the start takes 0.4 of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        try:
            # jieba reads its cache through a file object, piece by piece, which takes three times as long as at once.
            cached = (folder / tokenizer.cache_file).read_bytes()
            tokenizer.FREQ, tokenizer.total = marshal.loads(cached)  # noqa: S302 - what jieba itself does with it
            tokenizer.initialized = True
        except (OSError, EOFError, TypeError, ValueError):
            tokenizer.initialize()
        for term in terms:
            tokenizer.add_word(term)
    finally:
        if collecting:
            gc.enable()
    return tokenizer


@lru_cache(maxsize=4)
def _rjieba(terms: tuple[str, ...]) -> "rjieba.Jieba":
    import rjieba

    tokenizer = rjieba.Jieba()
    for term in terms:
        tokenizer.add_word(term, None, None)
    return tokenizer
