"""Weighed texts of a round, kept: its lists, and what it can be matched under, are made of the same."""

from collections.abc import Sequence
from functools import lru_cache, partial

from matcher.domain.records import Expert, Need
from matcher.domain.settings import TextSettings
from matcher.pipeline import rank_texts
from matcher.text import (
    Epoch,
    JiebaTokenizer,
    Lexicon,
    Profiles,
    RjiebaTokenizer,
    StoredVectors,
    package_lexicon,
    profile_texts,
)

_KEPT = 4
"""Texts that are kept: those of a round, as the office and as experts may read them, and those of the one before."""


def weigh(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    settings: TextSettings,
    tokenizer: JiebaTokenizer | RjiebaTokenizer | None = None,
    *,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    epoch: Epoch | None = None,
) -> Profiles:
    """Do what `matcher.text.profile` does, or give what came of the same texts before: most of a market's time."""
    documents = tuple(expert.profile for expert in experts)
    queries = tuple((need.need_title, need.text) for need in needs)
    lists = lexicon or package_lexicon()
    return _weighed(documents, queries, settings, tokenizer, lexicon=lists, vectors=vectors, epoch=epoch)


rank_kept = partial(rank_texts, weigh=weigh)
"""What `matcher.pipeline.open_market` ranks by, so that texts are kept."""


@lru_cache(maxsize=_KEPT)
def _weighed(
    documents: tuple[str, ...],
    queries: tuple[tuple[str, str], ...],
    settings: TextSettings,
    tokenizer: JiebaTokenizer | RjiebaTokenizer | None,
    *,
    lexicon: Lexicon,
    vectors: StoredVectors | None,
    epoch: Epoch | None,
) -> Profiles:
    return profile_texts(documents, queries, settings, tokenizer, lexicon=lexicon, vectors=vectors, epoch=epoch)
