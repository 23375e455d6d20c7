"""What all tests stand on: Hypothesis without a clock, the sample, read and matched once, and databases."""

import os
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache

import jieba
import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from threadpoolctl import threadpool_limits

from matcher import pipeline
from matcher.domain.records import Expert, Need
from matcher.domain.settings import TextSettings
from matcher.files import read_experts, read_firms, read_ratings
from matcher.pipeline import MatchResult, match
from matcher.ranking.learning import rated
from matcher.services import passwords
from matcher.text import Epoch, Lexicon, Profiles, StoredVectors, Tokenizer, profile
from matcher.text.profiles import profile_texts
from matcher.text.tokenizers import JiebaTokenizer
from tests.databases import databases, every_engine, store
from tests.strategies import DATA, Sample

__all__ = ["databases", "every_engine", "store"]

# The same examples on every machine, and no deadline: a test that depends on the weather is no test.
settings.register_profile("matcher", deadline=None, derandomize=True)
settings.load_profile("matcher")

# One thread for sums, in children too: as many test processes as cores, of as many threads each, wait on each other.
os.environ["OMP_NUM_THREADS"] = "1"
threadpool_limits(1)

# Known to children too, and of no service.
os.environ["MATCHER_SECRET"] = "c2VjcmV0IG9mIHRlc3RzIGFsb25lLCBvZiBubyBzZXJ2aWNl"  # noqa: S105 - of tests alone


@pytest.fixture(scope="session")
def sample() -> Sample:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is worth a look in the sample is the business of tests/files
        return Sample(
            read_experts(DATA / "experts.csv"), read_firms(DATA / "firms.csv"), read_ratings(DATA / "ratings.csv")
        )


@pytest.fixture(scope="session")
def sample_result(sample: Sample) -> MatchResult:
    return match(sample.experts, sample.needs, ratings=sample.ratings)


@pytest.fixture(scope="module", autouse=True)
def _texts_are_cut_once() -> Iterator[None]:
    """Cut each text once: jieba takes most of a match of the sample. What it says is the business of tests/text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JiebaTokenizer, "__call__", lambda self, text: list(_words(self._jieba, text)))
        yield


@lru_cache(maxsize=100_000)
def _words(cutter: jieba.Tokenizer, text: str) -> tuple[str, ...]:
    return tuple(cutter.lcut(text, HMM=False))


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords quickly: those of tests nobody guesses."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="module")
def weighed_once() -> Iterator[None]:
    """
    Weigh the same texts once for all tests that ask for this, which are about what is done with them afterwards.

    To weigh those of the sample is two thirds of a match.
    """

    def weighed(
        experts: Sequence[Expert],
        needs: Sequence[Need],
        settings: TextSettings,
        tokenizer: Tokenizer | None = None,
        *,
        lexicon: Lexicon | None = None,
        vectors: StoredVectors | None = None,
        epoch: Epoch | None = None,
    ) -> Profiles:
        if tokenizer or vectors or epoch:
            return profile(experts, needs, settings, tokenizer, lexicon=lexicon, vectors=vectors, epoch=epoch)
        documents, queries = (expert.profile for expert in experts), ((need.need_title, need.text) for need in needs)
        return _weighed(tuple(documents), tuple(queries), settings, lexicon)

    with pytest.MonkeyPatch.context() as patch:
        for module in (pipeline, rated):
            patch.setattr(module, "profile", weighed)
        yield


@lru_cache(maxsize=64)
def _weighed(
    documents: tuple[str, ...], queries: tuple[tuple[str, str], ...], settings: TextSettings, lexicon: Lexicon | None
) -> Profiles:
    return profile_texts(documents, queries, settings, lexicon=lexicon)
