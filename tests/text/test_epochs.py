"""Within an epoch a text weighs what it weighs, whoever comes and goes; under other settings it is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcher.domain.errors import SettingsError
from matcher.domain.settings import TextSettings
from matcher.files.arrays import write_arrays
from matcher.files.epochs import read_epoch, write_epoch
from matcher.text import Epoch, Lexicon, StoredVectors, begin_epoch, learn_space, package_lexicon, profile_texts
from tests.strategies import Sample


def texts_of(sample: Sample) -> tuple[list[str], list[tuple[str, str]]]:
    return [one.profile for one in sample.experts], [(need.need_title, need.text) for need in sample.needs]


@pytest.fixture(scope="module")
def begun(sample: Sample) -> Epoch:
    return begin_epoch("2026.npz", texts_of(sample)[0], TextSettings())


@pytest.mark.parametrize(
    "settings",
    [
        TextSettings(),
        TextSettings(characters=0),
        TextSettings(words=0, semantic=0),
        TextSettings(tokenizer="rjieba", length_slope=0.5, commonness=0),
        TextSettings(embedding=0.2),
    ],
)
def test_the_profiles_it_was_learned_on_agree_as_without_it(sample: Sample, settings: TextSettings) -> None:
    """To the last bits, in which sums depend on the order of a row's terms; scores are rounded far above them."""
    documents, queries = texts_of(sample)
    documents, queries = documents[:60], queries[:40]
    learned = profile_texts(documents, queries, settings)
    weighed = profile_texts(documents, queries, settings, epoch=begin_epoch("now", documents, settings))

    rows = np.arange(len(queries))
    assert np.abs(weighed.agreement(rows) - learned.agreement(rows)).max() < 1e-14
    assert weighed.sources == learned.sources
    assert weighed.terms.tolist() == learned.terms.tolist()


def test_who_comes_and_goes_changes_nothing_for_the_others(sample: Sample, begun: Epoch) -> None:
    documents, queries = texts_of(sample)
    whole = profile_texts(documents, queries, TextSettings(), epoch=begun)
    others = profile_texts([*documents[10:40], "从未见过的麒麟"], queries[5:9], TextSettings(), epoch=begun)
    nobody = learn_space([], TextSettings(), epoch=begun).with_needs([])

    assert (others.needs != whole.needs[5:9]).nnz == 0
    assert (others.experts[:30] != whole.experts[10:40]).nnz == 0
    assert (others.agreement(np.arange(4))[:, :30] == whole.agreement(np.arange(5, 9))[:, 10:40]).all()
    assert not {"characters__麒麟", "characters__麟"} & set(others.terms)
    assert (nobody.needs.shape, nobody.experts.shape) == ((0, len(whole.terms)), (0, len(whole.terms)))


def test_without_it_one_profile_more_changes_what_others_weigh(sample: Sample) -> None:
    documents, queries = texts_of(sample)
    before, after = (profile_texts(some, queries[:5], TextSettings()) for some in (documents, [*documents, "电机降噪"]))

    assert (before.agreement(np.arange(5)) != after.agreement(np.arange(5))[:, :-1]).any()


def test_a_file_of_it_is_the_same_to_the_byte_and_read_again_weighs_the_same(begun: Epoch, tmp_path: Path) -> None:
    write_epoch(tmp_path / "a.npz", begun)
    stored = read_epoch(tmp_path / "a.npz")
    write_epoch(tmp_path / "b.npz", stored)

    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert stored.name == "a.npz"
    rows = [
        profile_texts(["电机降噪"], [("电机", "电机\n降噪")], TextSettings(), epoch=one).agreement(np.arange(1))
        for one in (begun, stored)
    ]
    assert rows[0] == rows[1] > 0


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"length_slope": 0.5}, "length_slope"),
        ({"tokenizer": "rjieba", "words": 0.3}, "tokenizer"),
        ({"semantic": 0.0}, "semantic"),
    ],
)
def test_other_settings_of_texts_are_refused_by_name(begun: Epoch, changed: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        profile_texts(["电机"], [("电机", "电机")], TextSettings(**changed), epoch=begun)


def test_other_word_lists_and_other_vectors_are_refused(begun: Epoch) -> None:
    lists: Lexicon = replace(package_lexicon(), synonyms=())
    with pytest.raises(SettingsError, match="lexicon"):
        profile_texts(["电机"], [("电机", "电机")], TextSettings(), lexicon=lists, epoch=begun)
    vectors = StoredVectors.learn("other", ["电机转子绕组", "电机转子磁钢", "电机绕组磁钢"] * 2)
    with pytest.raises(SettingsError, match="vectors"):
        profile_texts(["电机"], [("电机", "电机")], TextSettings(), vectors=vectors, epoch=begun)


def test_where_it_was_learned_is_no_matter_but_that_it_was_read_is(begun: Epoch) -> None:
    given = ["电机"], [("电机", "电机")], TextSettings(epoch="elsewhere/2026.npz")
    assert profile_texts(*given, epoch=begun).needs.nnz
    with pytest.raises(SettingsError, match="read_epoch"):
        profile_texts(*given)


@pytest.mark.parametrize("gone", ["digest", "usual", "words.terms", "semantic.components", "made_of"])
def test_a_file_that_lacks_a_part_is_told(begun: Epoch, tmp_path: Path, gone: str) -> None:
    path = tmp_path / "e.npz"
    write_epoch(path, begun)
    with np.load(path) as parts:
        left = {name: array for name, array in parts.items() if name != gone}
    write_arrays(path, left)
    with pytest.raises(SettingsError, match=r"e\.npz.*matcher epoch"):
        read_epoch(path)


def test_whatever_bit_changed_the_file_is_told_or_says_what_it_said(begun: Epoch, tmp_path: Path) -> None:
    few = replace(begun, channels={"words": begun.channels["words"]}, vectors=None)
    path, again = tmp_path / "e.npz", tmp_path / "again.npz"
    write_epoch(path, few)
    whole, draw = path.read_bytes(), np.random.default_rng(0)
    # Half of them in the list of parts, which has no sum of its own.
    ends = whole.index(b"PK\1\2")
    places = [*draw.integers(len(whole), size=150).tolist(), *draw.integers(ends, len(whole), size=150).tolist()]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.integers(8)
        path.write_bytes(damaged)
        again.unlink(missing_ok=True)
        told = ""
        try:
            write_epoch(again, read_epoch(path))
        except SettingsError as fault:
            told = str(fault)
        assert "matcher epoch" in told or again.read_bytes() == whole


def test_another_model_of_sentences_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TextSettings(embedding=0.2)
    epoch = begin_epoch("now", ["电机降噪", "茶叶烘干"], settings)
    monkeypatch.setattr("matcher.text.embedding.version", lambda _: "99")
    with pytest.raises(SettingsError, match=r"embedding\.model"):
        profile_texts(["电机"], [("电机", "电机")], settings, epoch=epoch)


def test_a_file_that_is_not_there_and_one_of_something_else_are_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"e\.npz.*matcher epoch"):
        read_epoch(tmp_path / "e.npz")
    (tmp_path / "e.npz").write_bytes(b"PK\3\4")
    with pytest.raises(SettingsError, match=r"e\.npz.*matcher epoch"):
        read_epoch(tmp_path / "e.npz")
