"""Experts and needs as rows of weighted terms: the step of the path that leaves words behind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.settings import TEXT_FILES, TextSettings
from matcher.text.channels import ProfileVectorizer
from matcher.text.counting import CHANNELS, CountTerms
from matcher.text.embedding import SentenceVectors
from matcher.text.epochs import Epoch, Frozen, made_of
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
    epoch: Epoch | None = None,
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
    epoch : Epoch or None
        What texts are weighed by; None: it is learned on the profiles.

    Returns
    -------
    Profiles
        Rows in the order given.

    Raises
    ------
    SettingsError
        When the settings name lists, vectors or an epoch that are not given: files are read elsewhere; when they are
        not those that the epoch was learned under.
    """
    documents, queries = [expert.profile for expert in experts], [(need.need_title, need.text) for need in needs]
    return profile_texts(documents, queries, settings, tokenizer, lexicon=lexicon, vectors=vectors, epoch=epoch)


@dataclass(frozen=True, eq=False)
class Space:
    """
    The space of terms that profiles span, learned of them alone: each need weighs in it what it weighs among others.

    Attributes
    ----------
    profiles : Profiles
        Of all experts, and no need.
    vectorizer, grams : ProfileVectorizer
        What weighs needs, and what weighs their character grams for ``vectors``.
    vectors : TermVectors or None
        Of the semantic channel.
    sentences : SentenceVectors or None
        Of the channel of sentences.
    lexical : float
        Share of the agreement that terms have.
    """

    profiles: Profiles
    vectorizer: ProfileVectorizer
    grams: ProfileVectorizer
    vectors: TermVectors | None
    sentences: SentenceVectors | None
    lexical: float

    def with_needs(self, queries: Sequence[tuple[str, str]]) -> Profiles:
        """
        Weigh needs.

        Parameters
        ----------
        queries : sequence of (str, str), length n_needs
            The title, and title and detail together.

        Returns
        -------
        Profiles
            A row is the same whatever other needs are there.
        """
        titles, texts = [title for title, _ in queries], [text for _, text in queries]
        needs = self.vectorizer.transform_needs(titles, texts)
        asked = {}
        if self.vectors:
            rows = needs if self.grams is self.vectorizer else self.grams.transform_needs(titles, texts)
            asked["semantic"] = self.vectors.transform(rows[:, self.grams.columns("characters")])
        if self.sentences:
            share, in_title, in_text = self.vectorizer.title, *map(self.sentences.transform, (titles, texts))
            asked["embedding"] = on_grid(share * in_title + (1 - share) * in_text)
        dense = tuple(channel.with_needs(asked[channel.name]) for channel in self.profiles.dense)
        return replace(self.profiles, needs=needs * self.lexical, dense=dense)


def profile_texts(
    documents: Sequence[str],
    queries: Sequence[tuple[str, str]],
    settings: TextSettings,
    tokenizer: Tokenizer | None = None,
    *,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    epoch: Epoch | None = None,
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
    epoch : Epoch or None

    Returns
    -------
    Profiles

    Raises
    ------
    SettingsError
        As `profile` does.
    """
    space = learn_space(documents, settings, tokenizer, lexicon=lexicon, vectors=vectors, epoch=epoch)
    return space.with_needs(queries)


def learn_space(
    documents: Sequence[str],
    settings: TextSettings,
    tokenizer: Tokenizer | None = None,
    *,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    epoch: Epoch | None = None,
    count: CountTerms | None = None,
) -> Space:
    """
    Learn of profiles how needs are to be weighed, or weigh both as an epoch has it; raises what `profile` does.

    Parameters
    ----------
    documents : sequence of str, length n_experts
    settings, tokenizer, lexicon, vectors, epoch
        As `profile_texts` takes them.
    count : callable or None
        Counts the terms of what is weighed within an epoch, and of needs; None stands for `count_terms`.

    Returns
    -------
    Space
    """
    for role, given in zip(TEXT_FILES, (lexicon, vectors, epoch), strict=True):
        if getattr(settings, role) and given is None:
            raise SettingsError([Message(f"settings.{role}_not_read", {"value": getattr(settings, role)})])
    lexicon = lexicon or package_lexicon()
    if epoch:
        epoch.confirm(settings, lexicon, vectors)
    tokenizer = tokenizer or tokenizer_named(settings.tokenizer, lexicon)
    vectorizer = ProfileVectorizer(
        **{name: getattr(settings, name) for name in CHANNELS},
        title=settings.title,
        length_slope=settings.length_slope,
        commonness=settings.commonness,
        tokenizer=tokenizer,
        lexicon=lexicon,
        count=count,
    )

    def weigh(by: ProfileVectorizer) -> sp.csr_array:
        return by.remember(epoch.learned(settings)).transform(documents) if epoch else by.fit_transform(documents)

    usual, middle = (epoch.usual, epoch.middle) if epoch else ({}, None)
    total = settings.total
    experts = weigh(vectorizer)
    grams, kindred, sentences, dense = vectorizer, None, None, []
    if settings.semantic:
        rows = experts
        if not settings.characters:
            grams = clone(vectorizer).set_params(**{name: float(name == "characters") for name in CHANNELS})
            rows = weigh(grams)
        kindred = _kindred(grams, rows, epoch.vectors if epoch else vectors)
        theirs = kindred.transform(rows[:, grams.columns("characters")])
        source = vectors.name if vectors else "profiles"
        dense.append(DenseChannel.of("semantic", source, settings.semantic / total, theirs, usual.get("semantic")))
    if settings.embedding:
        sentences = SentenceVectors().remember(middle) if middle is not None else SentenceVectors().fit(documents)
        theirs = sentences.transform(documents)
        source = sentences.embedder_.name
        dense.append(DenseChannel.of("embedding", source, settings.embedding / total, theirs, usual.get("embedding")))
    terms = vectorizer.get_feature_names_out()
    nobody = sp.csr_array((0, len(terms)))
    profiles = Profiles(nobody, experts, terms, lexicon, tokenizer, tuple(dense))
    return Space(profiles, vectorizer, grams, kindred, sentences, vectorizer.total / total)


def begin_epoch(
    name: str,
    documents: Sequence[str],
    settings: TextSettings,
    *,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
) -> Epoch:
    """
    Learn of profiles what is to hold until the next epoch.

    Parameters
    ----------
    name : str
        What people will know it by.
    documents, settings, lexicon, vectors
        As `profile_texts` takes them.

    Returns
    -------
    Epoch

    Raises
    ------
    SettingsError
        As `profile` does.
    """
    space = learn_space(documents, settings, lexicon=lexicon, vectors=vectors)
    channels = {
        channel: Frozen.of(by.terms_[channel], by.channels_[channel])
        for by in (space.vectorizer, space.grams)
        for channel in by.channels_
    }
    return Epoch(
        name=name,
        made_of=made_of(settings, space.profiles.lexicon, vectors),
        channels=channels,
        vectors=_stored(space.grams, space.vectors) if space.vectors else None,
        middle=space.sentences.middle_ if space.sentences else None,
        usual={channel.name: channel.usual for channel in space.profiles.dense},
    )


def _stored(grams: ProfileVectorizer, vectors: TermVectors) -> StoredVectors:
    """Keep vectors by their terms."""
    terms = grams.terms_.get("characters", np.array([], dtype=str))[vectors.terms_]
    return StoredVectors("epoch", terms.astype(str), vectors.components_)


def _kindred(grams: ProfileVectorizer, experts: sp.csr_array, vectors: StoredVectors | None) -> TermVectors:
    """Learn vectors of profiles' character grams, or look up those that are stored."""
    if vectors is None:
        return TermVectors().fit(experts[:, grams.columns("characters")])
    return vectors.for_terms(grams.terms_.get("characters", np.array([], dtype=str)).astype(str))
