"""Experts and needs as rows of weighted terms: the step of the path that leaves words behind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matcher.domain.records import Expert, Need
from matcher.domain.settings import TextSettings
from matcher.text.channels import ProfileVectorizer
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
    """

    needs: sp.csr_array
    experts: sp.csr_array
    terms: np.ndarray


def profile(
    experts: Sequence[Expert], needs: Sequence[Need], settings: TextSettings, tokenizer: Tokenizer | None = None
) -> Profiles:
    """
    Weigh the terms of every profile and every need.

    Parameters
    ----------
    experts, needs : sequences of records
    settings : TextSettings
    tokenizer : Tokenizer or None
        None stands for jieba.

    Returns
    -------
    Profiles
        Rows in the order given.
    """
    vectorizer = ProfileVectorizer(
        words=settings.words, characters=settings.characters, title=settings.title, tokenizer=tokenizer
    )
    documents = vectorizer.fit_transform([expert.profile for expert in experts])
    queries = vectorizer.transform_needs([need.need_title for need in needs], [need.text for need in needs])
    return Profiles(queries, documents, vectorizer.get_feature_names_out())
