"""Experts and needs as rows of weighted terms: the step of the path that leaves words behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.settings import TextSettings
from matcher.text.channels import ProfileVectorizer
from matcher.text.embedding import SentenceVectors
from matcher.text.lexicon import Lexicon, package_lexicon
from matcher.text.products import row_products
from matcher.text.tokenizers import Tokenizer, tokenizer_named
from matcher.text.vectors import DenseChannel, StoredVectors, TermVectors, on_grid


@dataclass(frozen=True, eq=False)
class Profiles:
    """
    Both sides' texts in one space of terms.

    Attributes
    ----------
    needs : float, CSR, shape (n_needs, n_terms)
        Queries, scaled by the channels' shares.
    experts : float, CSR, shape (n_experts, n_terms)
        Documents; a channel's block has unit length at most.
    terms : str, shape (n_terms,)
        Each ``"channel__term"``.
    lexicon : Lexicon
        The lists that the texts were read with, for whoever reads them again.
    tokenizer : Tokenizer
        That cut the words.
    dense : tuple of DenseChannel
        Channels of vectors, each an addend of its own.
    """

    needs: sp.csr_array
    experts: sp.csr_array
    terms: np.ndarray
    lexicon: Lexicon
    tokenizer: Tokenizer
    dense: tuple[DenseChannel, ...] = ()

    def agreement(self, rows: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        """
        Compare some needs with every profile, or with some.

        Parameters
        ----------
        rows : int, shape (n_rows,)
            Positions of needs.
        columns : int, shape (n_columns,), or None
            Positions of experts; None: all of them.

        Returns
        -------
        float, shape (n_rows, n_columns)
            In [0, 1].
        """
        by_term = self._by_term if columns is None else sp.csr_array(self.experts[columns].T)
        agreement = (self.needs[rows] @ by_term).toarray()
        for channel in self.dense:
            agreement += channel.agreement(rows, columns)
        return agreement

    def agreement_of(self, need: np.ndarray, expert: np.ndarray) -> np.ndarray:
        """
        Compare single pairs, bit for bit as `agreement` does.

        Parameters
        ----------
        need, expert : int, shape (n_pairs,)
            Positions.

        Returns
        -------
        float, shape (n_pairs,)
            In [0, 1].
        """
        agreement = row_products(self.needs, self.experts, need, expert)
        for channel in self.dense:
            agreement += channel.agreement_of(need, expert)
        return agreement

    @property
    def sources(self) -> dict[str, str]:
        """Where the vectors of each channel of vectors come from, by its name."""
        return {channel.name: channel.source for channel in self.dense}

    @cached_property
    def _by_term(self) -> sp.csr_array:
        """The profiles' rows as columns: made once, for it takes longer than a block's product."""
        return self.experts.T.tocsr()


def profile(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    settings: TextSettings,
    tokenizer: Tokenizer | None = None,
    *,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
) -> Profiles:
    """
    Weigh the terms of every profile and every need.

    Parameters
    ----------
    experts, needs : sequences of records
    settings : TextSettings
    tokenizer : Tokenizer or None
        None stands for the one that the settings name.
    lexicon : Lexicon or None
        None stands for the package's lists.
    vectors : StoredVectors or None
        Of the semantic channel; None: learned on the profiles.

    Returns
    -------
    Profiles
        Rows in the order given.

    Raises
    ------
    SettingsError
        When the settings name lists or vectors that are not given: files are read elsewhere.
    """
    queries = [(need.need_title, need.text) for need in needs]
    return profile_texts(
        [expert.profile for expert in experts], queries, settings, tokenizer, lexicon=lexicon, vectors=vectors
    )


def profile_texts(
    documents: Sequence[str],
    queries: Sequence[tuple[str, str]],
    settings: TextSettings,
    tokenizer: Tokenizer | None = None,
    *,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
) -> Profiles:
    """
    Weigh the terms of texts that are no records, such as those of a benchmark: what `profile` does with records.

    Parameters
    ----------
    documents : sequence of str, length n_experts
        Profiles; a full stop or a line break parts their items.
    queries : sequence of (str, str), length n_needs
        The title, and title and detail together.
    settings : TextSettings
    tokenizer : Tokenizer or None
    lexicon : Lexicon or None
    vectors : StoredVectors or None

    Returns
    -------
    Profiles

    Raises
    ------
    SettingsError
        As `profile` does.
    """
    if settings.lexicon and lexicon is None:
        raise SettingsError([Message("settings.lexicon_not_read", {"value": settings.lexicon})])
    if settings.vectors and vectors is None:
        raise SettingsError([Message("settings.vectors_not_read", {"value": settings.vectors})])
    lexicon = lexicon or package_lexicon()
    tokenizer = tokenizer or tokenizer_named(settings.tokenizer, lexicon)
    vectorizer = ProfileVectorizer(
        words=settings.words,
        characters=settings.characters,
        title=settings.title,
        length_slope=settings.length_slope,
        commonness=settings.commonness,
        tokenizer=tokenizer,
        lexicon=lexicon,
    )
    titles, texts = [title for title, _ in queries], [text for _, text in queries]
    experts = vectorizer.fit_transform(documents)
    needs = vectorizer.transform_needs(titles, texts)
    total = settings.words + settings.characters + settings.semantic + settings.embedding
    dense = []
    if settings.semantic:
        if settings.characters:
            grams, rows = vectorizer, (needs, experts)
        else:
            grams = clone(vectorizer).set_params(words=0.0, characters=1.0)
            learned_on = grams.fit_transform(documents)
            rows = (grams.transform_needs(titles, texts), learned_on)
        both = _kindred(grams, *rows, vectors)
        source = vectors.name if vectors else "profiles"
        dense.append(DenseChannel.of("semantic", source, settings.semantic / total, both))
    if settings.embedding:
        sentences = SentenceVectors().fit(documents)
        asked = settings.title * sentences.transform(titles) + (1 - settings.title) * sentences.transform(texts)
        both = on_grid(asked), sentences.transform(documents)
        dense.append(DenseChannel.of("embedding", sentences.embedder_.name, settings.embedding / total, both))
    lexical = (settings.words + settings.characters) / total
    return Profiles(needs * lexical, experts, vectorizer.get_feature_names_out(), lexicon, tokenizer, tuple(dense))


def _kindred(
    vectorizer: ProfileVectorizer, needs: sp.csr_array, experts: sp.csr_array, vectors: StoredVectors | None
) -> tuple[np.ndarray, np.ndarray]:
    """Give needs and profiles vectors made of those of their character grams."""
    block = vectorizer.columns("characters")
    needs, experts = needs[:, block], experts[:, block]
    if vectors is None:
        learned = TermVectors().fit(experts)
    else:
        terms = [term.partition("__")[2] for term in vectorizer.get_feature_names_out()[block]]
        learned = vectors.for_terms(np.array(terms, dtype=str))
    return learned.transform(needs), learned.transform(experts)
