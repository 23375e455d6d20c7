"""The vectorizer keeps scikit-learn's conventions, and one dot product is the weighted sum of the channels' cosines."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer

from matcher.domain.settings import TextSettings
from matcher.text import CharacterGrams, Lexicon, ProfileVectorizer, WordTerms, profile
from tests.strategies import Sample, expert, need

PROFILES = [
    "永磁电机设计、齿槽转矩抑制",
    "燃气燃烧与低排放，大气式燃烧器",
    "茶叶加工、辉白茶提香；绿茶保鲜",
    "真丝印染，活性染料低盐染色",
    "电机噪声与振动，BLDC控制",
    "领带面料提花织造",
]
COSINES: dict[str, Any] = {"length_slope": 1.0, "commonness": 0.0}
"""Settings with which row products are plain cosines."""

texts = st.lists(
    st.sampled_from(("电机", "噪声", "茶叶", "BLDC", "，", "印染", "的", "20", "我们", "領帶")), max_size=8
).map("".join)


@pytest.fixture(scope="module")
def fitted() -> ProfileVectorizer:
    return ProfileVectorizer().fit(PROFILES)


def scores(vectorizer: ProfileVectorizer, title: str, text: str, profiles: list[str]) -> np.ndarray:
    return (vectorizer.transform_needs([title], [text]) @ vectorizer.transform(profiles).T).toarray()[0]


def test_parameters_are_those_of_the_constructor_and_survive_a_clone() -> None:
    lexicon = Lexicon(synonyms=())
    vectorizer = ProfileVectorizer(words=0.4, characters=0.6, title=0.1, lexicon=lexicon)
    cloned = clone(vectorizer)
    given = {
        "words": 0.4,
        "characters": 0.6,
        "title": 0.1,
        "length_slope": 0.8,
        "commonness": 0.2,
        "tokenizer": None,
        "lexicon": lexicon,
        "count": None,
    }

    assert vectorizer.get_params() == given
    assert ProfileVectorizer().get_params()["lexicon"] is None
    assert cloned.get_params() == vectorizer.get_params()
    assert cloned is not vectorizer


def test_a_clone_of_a_fitted_vectorizer_is_not_fitted(fitted: ProfileVectorizer) -> None:
    with pytest.raises(NotFittedError):
        clone(fitted).transform(PROFILES)
    with pytest.raises(NotFittedError):
        clone(fitted).transform_needs(["电机"], ["电机"])


def test_a_fitted_vectorizer_comes_back_from_a_pickle_as_it_was(fitted: ProfileVectorizer) -> None:
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - our own

    assert (again.transform(PROFILES) != fitted.transform(PROFILES)).nnz == 0
    own = ProfileVectorizer(lexicon=Lexicon(synonyms=(("茶叶", "领带"),))).fit(PROFILES)
    assert (pickle.loads(pickle.dumps(own)).transform(["领带"]) != own.transform(["茶叶"])).nnz == 0  # noqa: S301 - our own
    assert (again.get_feature_names_out() == fitted.get_feature_names_out()).all()


def test_it_works_in_a_pipeline(fitted: ProfileVectorizer) -> None:
    rows = make_pipeline(ProfileVectorizer(), Normalizer()).fit_transform(PROFILES)

    assert rows.shape == fitted.transform(PROFILES).shape
    assert np.sqrt(rows.multiply(rows).sum(axis=1)) == pytest.approx(1)


def test_it_works_in_a_search_of_parameters() -> None:
    pipeline = make_pipeline(ProfileVectorizer(), LogisticRegression())
    search = GridSearchCV(pipeline, {"profilevectorizer__words": [0.0, 0.5]}, cv=2)
    search.fit([*PROFILES, *PROFILES], [0, 1, 0, 1, 0, 1] * 2)

    assert search.best_score_ == 1
    assert {str(p["profilevectorizer__words"]) for p in search.cv_results_["params"]} == {"0.0", "0.5"}


def test_each_channels_block_of_a_profile_has_unit_length_at_most(fitted: ProfileVectorizer) -> None:
    rows = fitted.transform(PROFILES).toarray()
    channel = np.array([name.partition("__")[0] for name in fitted.get_feature_names_out()])

    assert set(channel) == {"words", "characters"}
    for name in ("words", "characters"):
        assert np.linalg.norm(rows[:, channel == name], axis=1).max() == pytest.approx(1)
        assert (channel[fitted.columns(name)] == name).all()
        assert len(channel[fitted.columns(name)]) == (channel == name).sum()
    assert len(channel[fitted.columns("others")]) == 0


@settings(max_examples=60)
@given(texts, texts, st.lists(texts, min_size=1, max_size=5))
def test_a_need_times_a_profile_is_the_weighted_sum_of_cosines_and_lies_within_0_and_1(
    title: str, text: str, profiles: list[str]
) -> None:
    vectorizer = ProfileVectorizer(words=0.4, characters=0.6, title=0.25, **COSINES).fit(profiles)
    expected = np.zeros(len(profiles))
    for weight, analyzer in ((0.4, WordTerms()), (0.6, CharacterGrams())):
        if any(map(analyzer, profiles)):
            channel = TfidfVectorizer(analyzer=analyzer, sublinear_tf=True).fit(profiles)
            title_row, text_row, rows = (channel.transform(given).toarray() for given in ([title], [text], profiles))
            expected += weight * (0.25 * title_row @ rows.T + 0.75 * text_row @ rows.T)[0]
    found = scores(vectorizer, title, text, profiles)

    assert found == pytest.approx(expected, abs=1e-12)
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-12


def test_a_need_in_the_words_of_a_profile_scores_1() -> None:
    found = scores(ProfileVectorizer(**COSINES).fit(PROFILES), PROFILES[0], PROFILES[0], PROFILES)

    assert found[0] == pytest.approx(1)
    assert (found[1:] < 0.5).all()


@given(st.permutations(range(len(PROFILES))))
@settings(max_examples=20)
def test_the_order_of_the_profiles_permutes_the_rows_and_changes_nothing_else(order: list[int]) -> None:
    vectorizer = ProfileVectorizer().fit([PROFILES[k] for k in order])
    straight = ProfileVectorizer().fit(PROFILES)
    found = vectorizer.transform([PROFILES[k] for k in order])

    assert (vectorizer.get_feature_names_out() == straight.get_feature_names_out()).all()
    assert np.array_equal(found.toarray(), straight.transform(PROFILES).toarray()[list(order)])
    assert np.array_equal(scores(vectorizer, "电机", "噪声", PROFILES), scores(straight, "电机", "噪声", PROFILES))


def test_weights_of_the_channels_count_by_their_share() -> None:
    one = scores(ProfileVectorizer(words=0.3, characters=0.6).fit(PROFILES), "电机", "电机噪声", PROFILES)
    two = scores(ProfileVectorizer(words=0.1, characters=0.2).fit(PROFILES), "电机", "电机噪声", PROFILES)
    other = scores(ProfileVectorizer(words=0.2, characters=0.1).fit(PROFILES), "电机", "电机噪声", PROFILES)

    assert one == pytest.approx(two)
    assert one[0] != pytest.approx(other[0])


@pytest.mark.parametrize(("words", "characters", "channels"), [(0, 1, ["characters"]), (1, 0, ["words"])])
def test_a_channel_of_no_weight_is_left_out(words: float, characters: float, channels: list[str]) -> None:
    vectorizer = ProfileVectorizer(words=words, characters=characters, **COSINES).fit(PROFILES)

    assert list(vectorizer.channels_) == channels
    assert scores(vectorizer, PROFILES[2], PROFILES[2], PROFILES)[2] == pytest.approx(1)


def test_the_share_of_the_title_is_that_of_the_title_alone() -> None:
    title_alone = ProfileVectorizer(title=1).fit(PROFILES)
    text_alone = ProfileVectorizer(title=0).fit(PROFILES)

    assert scores(title_alone, "电机", "茶叶", PROFILES)[2] == 0
    assert scores(text_alone, "电机", "茶叶", PROFILES)[0] == 0
    assert scores(title_alone, "电机", "茶叶", PROFILES)[0] > 0


def test_words_that_no_profile_has_give_a_need_without_terms(fitted: ProfileVectorizer) -> None:
    assert fitted.transform_needs(["量子"], ["火箭"]).nnz == 0


@pytest.mark.parametrize("empty", ["", "，。 \n", "我们希望", "20"])
def test_a_text_without_words_has_no_terms(fitted: ProfileVectorizer, empty: str) -> None:
    assert fitted.transform([empty]).nnz == 0
    assert fitted.transform_needs([empty], [empty]).nnz == 0


def test_profiles_without_any_word_leave_no_terms_and_no_error() -> None:
    vectorizer = ProfileVectorizer().fit(["", "，"])

    assert vectorizer.transform(["电机", ""]).shape == (2, 0)
    assert vectorizer.transform_needs(["电机"], ["电机"]).shape == (1, 0)
    assert len(vectorizer.get_feature_names_out()) == 0


def test_rarity_is_learned_from_profiles_alone(fitted: ProfileVectorizer) -> None:
    alone = fitted.transform_needs(["电机"], ["电机"]).toarray()[0]
    among = fitted.transform_needs(["电机"] * 5, ["电机"] * 5).toarray()[4]

    assert np.array_equal(alone, among)


def test_profiles_of_records_have_a_row_a_record_in_the_order_given() -> None:
    experts = [expert("b", PROFILES[0]), expert("a", PROFILES[2], expertise="提花", achievements="印染")]
    found = profile(experts, [need("n", "辉白茶", need_detail="齿槽转矩")], TextSettings())

    assert (found.needs.shape, found.experts.shape) == ((1, len(found.terms)), (2, len(found.terms)))
    assert {"characters__提花", "characters__印染", "characters__辉白"} <= set(found.terms)
    assert (found.needs @ found.experts.T).toarray()[0].min() > 0


def test_the_sample_has_few_pairs_without_any_common_term_and_none_above_1(sample: Sample) -> None:
    found = profile(sample.experts, sample.needs, TextSettings())
    agreement = (found.needs @ found.experts.T).toarray()

    assert agreement.shape == (185, 140)
    assert 0 <= agreement.min() <= agreement.max() <= 1
    assert (agreement == 0).mean() < 0.2


def test_the_bounds_of_a_run_are_neighbours_and_a_number_at_one_says_nothing() -> None:
    grams = CharacterGrams(Lexicon(boilerplate=(), synonyms=()))

    assert grams("茶") == ["^茶", "茶", "茶$"]
    assert grams("20台，茶叶") == ["20台", "台", "台$", "^茶", "茶", "茶叶", "叶", "叶$"]
    assert grams("20") == []
