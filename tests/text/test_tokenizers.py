"""jieba behind the protocol: its own dictionary, its own cache folder, and nothing of the text lost."""

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.errors import SettingsError
from matcher.domain.settings import Settings
from matcher.files import load_experts, load_firms
from matcher.text import JiebaTokenizer, RjiebaTokenizer, Tokenizer, WordTerms, profile, tokenizers
from matcher.text.lexicon import entries
from matcher.text.tokenizers import cache_folder

ROOT = Path(__file__).parents[2]
EXPERTS, FIRMS = ROOT / "data" / "experts.csv", ROOT / "data" / "firms.csv"
BENCHMARKS = ROOT / "benchmarks" / "data"
REAL = ("nsfc_other_titles.txt", "nsfc_projects.tsv")


@given(st.text() | st.text(alphabet="电机降噪，。 \r\n\tPLA改性3.5%ＡＢ　"))
def test_the_words_joined_give_the_text(text: str) -> None:
    assert "".join(JiebaTokenizer()(text)) == text


def test_every_term_of_the_city_stays_whole() -> None:
    tokenizer = JiebaTokenizer()

    assert [term for term in entries("dictionary") if tokenizer(term) != [term]] == []


def test_a_term_of_the_city_stays_whole_within_a_sentence() -> None:
    assert "塑封电机" in JiebaTokenizer()("空调室内风机用的塑封电机绕组温升偏高")


def test_our_terms_are_not_in_the_dictionary_that_others_use() -> None:
    jieba.setLogLevel("WARNING")
    ours = [term for term in entries("dictionary") if jieba.lcut(term, HMM=False) != [term]]

    assert len(ours) > 100
    assert all(JiebaTokenizer()(term) == [term] for term in ours)


def test_a_word_that_somebody_adds_to_the_common_dictionary_does_not_change_ours() -> None:
    jieba.setLogLevel("WARNING")
    text = "越剧领带电机"
    before = JiebaTokenizer()(text)
    jieba.add_word(text)
    try:
        assert jieba.lcut(text, HMM=False) == [text]
        assert JiebaTokenizer()(text) == before
        assert len(before) > 1
    finally:
        jieba.del_word(text)


def test_a_tokenizer_comes_back_from_a_pickle_and_does_not_carry_the_dictionary_along() -> None:
    pickled = pickle.dumps(JiebaTokenizer())
    again = pickle.loads(pickled)  # noqa: S301 - our own

    assert again == JiebaTokenizer()
    assert again("塑封电机温升") == JiebaTokenizer()("塑封电机温升")
    assert len(pickled) < 1000


def test_it_follows_the_protocol_and_names_its_version() -> None:
    assert isinstance(JiebaTokenizer(), Tokenizer)
    assert JiebaTokenizer().name.startswith("jieba 0.")


def test_the_word_channel_leaves_out_stop_words_and_numbers_and_folds_width_and_case() -> None:
    terms = WordTerms()("需要塑封电机的ＰＬＡ，20台")

    assert "塑封电机" in terms
    assert "pla" in terms
    assert not {"的", "需要", "20", "台"} & set(terms)


def test_another_tokenizer_takes_the_place_of_jieba() -> None:
    class Pairs:
        name = "pairs"

        def __call__(self, text: str) -> list[str]:
            return [text[k : k + 2] for k in range(0, len(text), 2)]

    assert WordTerms(Pairs())("塑封电机") == ["塑封", "电机"]


def test_the_cache_folder_is_the_one_that_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MATCHER_CACHE", str(tmp_path / "one" / "two"))

    assert cache_folder() == tmp_path / "one" / "two"
    assert cache_folder().is_dir()


def test_without_a_name_it_lies_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MATCHER_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert cache_folder() == tmp_path / "matcher"


def test_without_a_home_it_is_a_private_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("MATCHER_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert cache_folder().parent == tmp_path
    monkeypatch.setenv("MATCHER_CACHE", str(tmp_path / "named"))
    assert cache_folder() == tmp_path / "named"


def test_where_the_folder_cannot_be_made_a_private_temporary_one_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MATCHER_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = cache_folder()

    assert folder.parent == tmp_path
    assert os.access(folder, os.W_OK)
    assert folder.stat().st_mode & 0o077 == 0


def test_where_the_folder_cannot_be_written_a_private_temporary_one_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MATCHER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "access", lambda *_: False)  # a mode would not stop root
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert cache_folder().parent == tmp_path
    assert cache_folder() != tmp_path / "cache"


def test_jieba_keeps_its_cache_there_and_nowhere_else(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "cache", tmp_path / "tmp"
    elsewhere.mkdir()
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "from matcher.text import JiebaTokenizer; JiebaTokenizer()('电机')"],
        env={**os.environ, "MATCHER_CACHE": str(folder), "TMPDIR": str(elsewhere)},
        check=True,
    )

    assert [path.suffix for path in folder.iterdir()] == [".cache"]
    assert list(elsewhere.iterdir()) == []


def test_the_compiled_twin_cuts_real_text_into_the_same_words() -> None:
    titles = [text for name in REAL for text in (BENCHMARKS / name).read_text(encoding="utf-8").splitlines()]
    texts = [
        *titles,
        *(one.profile for one in load_experts(EXPERTS).records),
        *(need.text for need in load_firms(FIRMS).records),
    ]
    jieba_, rjieba = JiebaTokenizer(), RjiebaTokenizer()

    assert len(texts) > 15_000
    assert [text for text in texts if rjieba(text) != jieba_(text)] == []


@given(st.text() | st.text(alphabet="电机降噪，。 \r\n\tPLA改性3.5%ＡＢ　"))
def test_the_words_of_the_compiled_twin_joined_give_the_text(text: str) -> None:
    assert "".join(RjiebaTokenizer()(text)) == text


def test_the_compiled_twin_comes_back_from_a_pickle_and_is_no_jieba() -> None:
    twin = RjiebaTokenizer()

    assert pickle.loads(pickle.dumps(twin)) == twin  # noqa: S301 - our own
    assert twin != JiebaTokenizer()


def test_profiles_are_the_same_by_either_tokenizer() -> None:
    experts, needs = load_experts(EXPERTS).records, load_firms(FIRMS).records
    one, other = (profile(experts, needs, Settings(text={"tokenizer": name}).text) for name in ("jieba", "rjieba"))

    assert (one.needs != other.needs).nnz == (one.experts != other.experts).nnz == 0
    assert one.tokenizer.name.startswith("jieba ")
    assert other.tokenizer.name.startswith("rjieba ")


def test_the_compiled_twin_that_is_not_installed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizers, "find_spec", lambda _: None)

    with pytest.raises(SettingsError, match=r"matcher\[fast\]"):
        RjiebaTokenizer()
