"""The space that profiles span: what needs weigh in it depends on the profiles alone, wherever it is asked."""

import pickle

import numpy as np

from matcher.domain.settings import CHANNELS, TextSettings
from matcher.text import Profiles, RjiebaTokenizer, learn_space, profile
from tests.strategies import Sample


def rows_of(profiles: Profiles) -> list[np.ndarray]:
    return [*(profiles.needs.toarray(), profiles.experts.toarray()), *(channel.needs for channel in profiles.dense)]


def test_needs_weigh_the_same_part_by_part_and_where_the_space_was_sent_to(sample: Sample) -> None:
    settings = TextSettings(semantic=0.2)
    whole = profile(sample.experts, sample.needs, settings)
    queries = [(need.need_title, need.text) for need in sample.needs]
    space = learn_space([expert.profile for expert in sample.experts], settings)
    sent = pickle.loads(pickle.dumps(space))  # noqa: S301 - our own

    for some in (slice(0, 1), slice(1, 50), slice(50, None)):
        for found in (space.with_needs(queries[some]), sent.with_needs(queries[some])):
            assert (found.needs != whole.needs[some]).nnz == 0
            assert (found.dense[0].needs == whole.dense[0].needs[some]).all()
            assert found.dense[0].usual == whole.dense[0].usual


def test_a_space_of_another_tokenizer_without_characters_is_that_of_profile(sample: Sample) -> None:
    settings = TextSettings(characters=0, tokenizer="rjieba")
    queries = [(need.need_title, need.text) for need in sample.needs]
    space = learn_space([expert.profile for expert in sample.experts], settings)

    assert isinstance(space.profiles.tokenizer, RjiebaTokenizer)
    assert not space.profiles.needs.shape[0]
    for found, expected in zip(
        rows_of(space.with_needs(queries)), rows_of(profile(sample.experts, sample.needs, settings)), strict=True
    ):
        assert np.array_equal(found, expected)


def test_every_share_of_a_channel_is_in_the_sum_by_which_all_are_divided() -> None:
    numbers = [name for name, info in TextSettings.model_fields.items() if info.annotation is float]

    assert numbers == [*CHANNELS, "title", "length_slope", "commonness"]
    assert TextSettings(words=1, characters=0.5, semantic=0.25, embedding=0.125).total == 1.875


def test_the_shares_of_terms_and_of_vectors_sum_to_one(sample: Sample) -> None:
    space = learn_space(
        [expert.profile for expert in sample.experts], TextSettings(words=0.2, characters=1, semantic=1)
    )
    (vectors,) = space.profiles.dense

    assert (round(space.lexical, 12), round(vectors.share, 12)) == (round(1.2 / 2.2, 12), round(1 / 2.2, 12))
