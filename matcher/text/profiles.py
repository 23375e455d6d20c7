"""Experts and needs as rows of weighted terms: the step of the path that leaves words behind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.settings import TextSettings
from matcher.text.channels import ProfileVectorizer
from matcher.text.lexicon import Lexicon, package_lexicon
from matcher.text.tokenizers import Tokenizer


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """
    Both sides' texts in one space of terms.

    Attributes
    ----------
    needs : float, CSR, shape (n_needs, n_terms)
        Queries, scaled by the channels' weights.
    experts : float, CSR, shape (n_experts, n_terms)
        Documents; a channel's block has unit length.
    terms : str, shape (n_terms,)
        Each ``"channel__term"``.
    lexicon : Lexicon
        The lists that the texts were read with, for whoever reads them again.
    """

    needs: sp.csr_array
    experts: sp.csr_array
    terms: np.ndarray
    lexicon: Lexicon

    def agreement(self, rows: np.ndarray) -> np.ndarray:
        """
        Compare some needs with every profile.

        Parameters
        ----------
        rows : int, shape (n_rows,)
            Positions of needs.

        Returns
        -------
        float, shape (n_rows, n_experts)
            In [0, 1].
        """
        return (self.needs[rows] @ self.experts.T).toarray()


def profile(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    settings: TextSettings,
    tokenizer: Tokenizer | None = None,
    *,
    lexicon: Lexicon | None = None,
) -> Profiles:
    """
    Weigh the terms of every profile and every need.

    Parameters
    ----------
    experts, needs : sequences of records
    settings : TextSettings
    tokenizer : Tokenizer or None
        None stands for jieba.
    lexicon : Lexicon or None
        None stands for the package's lists.

    Returns
    -------
    Profiles
        Rows in the order given.

    Raises
    ------
    SettingsError
        When the settings name a folder of lists and no lexicon is given: files are read elsewhere.
    """
    queries = [(need.need_title, need.text) for need in needs]
    return profile_texts([expert.profile for expert in experts], queries, settings, tokenizer, lexicon=lexicon)


def profile_texts(
    documents: Sequence[str],
    queries: Sequence[tuple[str, str]],
    settings: TextSettings,
    tokenizer: Tokenizer | None = None,
    *,
    lexicon: Lexicon | None = None,
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
    lexicon = lexicon or package_lexicon()
    vectorizer = ProfileVectorizer(
        words=settings.words,
        characters=settings.characters,
        title=settings.title,
        tokenizer=tokenizer,
        lexicon=lexicon,
    )
    rows = vectorizer.fit_transform(documents)
    asked = vectorizer.transform_needs([title for title, _ in queries], [text for _, text in queries])
    return Profiles(asked, rows, vectorizer.get_feature_names_out(), lexicon)
