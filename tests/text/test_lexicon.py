"""What each list does, and what not: with an entry, without it, and as laws of synonyms on any text."""

import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.domain.errors import SettingsError
from matcher.domain.settings import TextSettings
from matcher.text import (
    CharacterGrams,
    JiebaTokenizer,
    Lexicon,
    ProfileVectorizer,
    WordTerms,
    as_written,
    common_spans,
    locate,
    package_lexicon,
    profile,
    whole_words,
)
from matcher.text.folding import UNIT, folded
from matcher.text.lexicon import LISTS, faults
from matcher.text.units import Unit, runs, unit_runs
from tests.strategies import Sample, expert, need

OURS = package_lexicon()
EMPTY = Lexicon((), (), (), ())
TRADE = replace(
    EMPTY,
    boilerplate=("我们",),
    synonyms=(
        ("微特电机", "微电机"),
        ("电机", "马达"),
        ("液压马达",),
        ("plc", "控制器"),
        ("注射成型", "注塑", "注塑成型"),
        ("成型", "成形"),
    ),
)
PIECES = ("微", "电", "机", "特", "马", "达", "液", "压", "控", "制器", "plc", "ＰＬＣ", "注", "塑", "成", "型", "形")
texts = st.lists(st.sampled_from((*PIECES, "微电机", "注塑成形", "，", " ", "我们", "7")), max_size=12).map("".join)
PARTED = st.sampled_from(("，", " ", "。", "我们", "、"))


def read(text: str, lexicon: Lexicon | None = None) -> list[str]:
    """The runs of a text as strings."""
    return ["".join(unit.text for unit in run) for run in runs(text, lexicon)]


def naive_runs(text: str, lexicon: Lexicon) -> list[list[Unit]]:
    """Runs without synonyms, then names renamed by trying every name of every group at every place."""
    first = {tuple(UNIT.findall(name)): UNIT.findall(group[0]) for group in lexicon.synonyms for name in group}
    found = []
    for run in runs(text, replace(lexicon, synonyms=())):
        units, k = [], 0
        while k < len(run):
            ends = [m for m in range(k + 1, len(run) + 1) if tuple(unit.text for unit in run[k:m]) in first]
            end = max(ends, default=k + 1)
            name = tuple(unit.text for unit in run[k:end])
            if not ends or list(name) == first[name]:
                units += run[k:end]
            else:
                units += [Unit(one, run[k].start, run[end - 1].end) for one in first[name]]
            k = end
        cuts = [0, *(k for k in range(1, len(units)) if (units[k - 1].text + units[k].text).isascii()), len(units)]
        found += [units[one:other] for one, other in pairwise(cuts)]
    return found


# ---- the value ----------------------------------------------------------------------------------------------------


def test_what_is_not_given_is_the_packages() -> None:
    assert Lexicon() == OURS
    assert replace(OURS, synonyms=()).dictionary == OURS.dictionary
    assert all(getattr(OURS, name) for name in LISTS)


def test_two_of_the_same_lists_are_equal_and_have_the_same_digest_and_any_other_entry_is_another() -> None:
    assert (Lexicon(), hash(Lexicon()), Lexicon().digest) == (OURS, hash(OURS), OURS.digest)
    others = [replace(OURS, **{name: getattr(OURS, name)[1:]}) for name in LISTS]
    assert len({OURS.digest, *(other.digest for other in others)}) == 1 + len(LISTS)
    assert len({OURS, *others}) == 1 + len(LISTS)


def test_it_comes_back_from_a_pickle_and_reads_as_before() -> None:
    list(runs("微电机", TRADE))
    again = pickle.loads(pickle.dumps(TRADE))  # noqa: S301 - our own

    assert again == TRADE
    assert read("微电机", again) == ["微特电机"]


def test_width_and_case_of_entries_do_not_matter() -> None:
    lexicon = Lexicon(("ＰＶＤ镀膜",), ("ＡＮＤ",), ("ＡＢＣ",), (("Ｐｌｃ", "控制器"),))

    assert (lexicon.dictionary, lexicon.stop_words, lexicon.boilerplate) == (("pvd镀膜",), ("and",), ("abc",))
    assert lexicon.synonyms == (("plc", "控制器"),)


@pytest.mark.parametrize(
    ("lists", "code"),
    [
        ({"dictionary": ("塑封 电机",)}, "lexicon.parted"),
        ({"stop_words": ("的，",)}, "lexicon.parted"),
        ({"synonyms": (("微电机", ""),)}, "lexicon.empty_name"),
        ({"synonyms": (("", "微电机"),)}, "lexicon.empty_name"),
        ({"synonyms": ((),)}, "lexicon.empty_name"),
        ({"synonyms": (("微电机", "微型 电机"),)}, "lexicon.parted"),
        ({"synonyms": (("微电机", "微-电机"),)}, "lexicon.parted"),
        ({"synonyms": (("PLC", "plc"),)}, "lexicon.twice"),
        ({"synonyms": (("甲", "乙"), ("丙", "乙"))}, "lexicon.in_two_groups"),
        ({"synonyms": (("甲", "乙"), ("乙", "丙"))}, "lexicon.in_two_groups"),
        ({"synonyms": (("GaN", "氮化镓"), ("生成对抗网络", "ＧＡＮ"))}, "lexicon.in_two_groups"),
        ({"synonyms": (("核心技术", "关键技术"),), "boilerplate": ("关键技术",)}, "lexicon.blanked"),
    ],
)
def test_an_entry_that_could_not_have_the_effect_meant_is_refused(lists: dict, code: str) -> None:
    with pytest.raises(ValueError, match=code):
        replace(EMPTY, **lists)


def test_all_faults_are_found_each_with_its_place() -> None:
    lists = {"dictionary": ("a b", "c"), "stop_words": ("d",), "boilerplate": (), "synonyms": (("e",), ("f", ""))}

    assert [(f.name, f.position) for f in faults(lists)] == [("dictionary", 0), ("synonyms", 1)]


# ---- what each list does ------------------------------------------------------------------------------------------


def test_a_term_of_the_dictionary_stays_whole_and_without_the_list_it_does_not() -> None:
    text = "空调室内风机用的塑封电机"

    assert "塑封电机" in WordTerms(lexicon=OURS)(text)
    assert "塑封电机" not in WordTerms(lexicon=replace(OURS, dictionary=()))(text)
    assert CharacterGrams(replace(OURS, dictionary=()))(text) == CharacterGrams(OURS)(text)


def test_most_terms_of_the_dictionary_would_be_cut_without_it() -> None:
    plain = JiebaTokenizer(replace(OURS, dictionary=()))

    assert sum(plain(term) != [term] for term in OURS.dictionary) > len(OURS.dictionary) / 2


def test_own_dictionaries_do_not_change_each_other() -> None:
    one, other = (JiebaTokenizer(replace(EMPTY, dictionary=(term,))) for term in ("越剧领带", "领带电机"))

    assert (one("越剧领带电机"), other("越剧领带电机")) == (["越剧领带", "电机"], ["越剧", "领带电机"])
    assert one != other
    assert one == JiebaTokenizer(replace(OURS, dictionary=("越剧领带",)))


def test_a_stop_word_is_left_out_of_the_words_alone_and_without_the_list_it_is_one() -> None:
    text = "采用塑封电机"

    assert WordTerms(lexicon=OURS)(text) == ["塑封电机"]
    assert WordTerms(lexicon=replace(OURS, stop_words=()))(text) == ["采用", "塑封电机"]
    assert "采用" in CharacterGrams(OURS)(text)


@pytest.mark.parametrize("word", OURS.stop_words)
def test_no_stop_word_is_a_term(word: str) -> None:
    assert WordTerms(lexicon=replace(OURS, boilerplate=(), synonyms=()))(word) == []


def test_stop_words_at_the_ends_are_cut_off_what_people_read_and_without_the_list_they_stay() -> None:
    tokenizer = JiebaTokenizer()

    assert whole_words("采用电机", ["采用电机"], tokenizer, OURS) == ["电机"]
    assert whole_words("采用电机", ["采用电机"], tokenizer, replace(OURS, stop_words=())) == ["采用电机"]


@pytest.mark.parametrize("phrase", OURS.boilerplate)
def test_boilerplate_is_no_evidence_and_parts_what_stands_around_it(phrase: str) -> None:
    text = f"塑封{phrase}电机"

    assert read(text, OURS) == ["塑封", "电机"]
    assert read(text, replace(OURS, boilerplate=(), synonyms=())) == [text]
    assert common_spans(phrase, phrase, OURS) == []
    assert common_spans(phrase, phrase, replace(OURS, boilerplate=())) == read(phrase, replace(OURS, boilerplate=()))


def test_the_lists_reach_the_scores() -> None:
    profiles = ["微特电机的产业化", "茶叶的产业化"]

    def score(lexicon: Lexicon) -> float:
        vectorizer = ProfileVectorizer(lexicon=lexicon).fit(profiles)
        return float(
            (vectorizer.transform_needs(["微电机"], ["微电机"]) @ vectorizer.transform(profiles).T).toarray()[0, 0]
        )

    assert score(OURS) == pytest.approx(1, abs=0.1)
    assert score(replace(OURS, synonyms=())) < score(OURS)
    assert score(replace(OURS, boilerplate=())) < score(OURS)


def test_profiles_carry_the_lists_that_they_were_made_with() -> None:
    found = profile([expert("e")], [need("n")], TextSettings(), lexicon=TRADE)

    assert found.lexicon is TRADE
    assert profile([expert("e")], [need("n")], TextSettings()).lexicon == OURS


def test_a_folder_in_the_settings_that_nobody_has_read_is_refused() -> None:
    settings_ = TextSettings(lexicon="lists")

    with pytest.raises(SettingsError, match="read_lexicon"):
        profile([expert("e")], [need("n")], settings_)
    assert profile([expert("e")], [need("n")], settings_, lexicon=TRADE).lexicon is TRADE


# ---- synonyms: examples -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("微电机", ["微特电机"]),
        ("微特电机", ["微特电机"]),
        ("微马达", ["微电机"]),
        ("液压马达", ["液压马达"]),
        ("注塑成型机", ["注射成型机"]),
        ("注射成型与成形", ["注射成型与成型"]),
        ("微，电机", ["微", "电机"]),
        ("微我们电机", ["微", "电机"]),
        ("PLC控制器", ["plc", "plc"]),
        ("S7控制器", ["s7", "plc"]),
        ("S7PLC", ["s7plc"]),
        ("控制器3台", ["plc", "3台"]),
    ],
)
def test_the_longest_name_is_read_as_the_first_of_its_group(text: str, expected: list[str]) -> None:
    assert read(text, TRADE) == expected


def test_letters_match_whole_words_alone() -> None:
    lexicon = replace(EMPTY, synonyms=(("可编程控制器", "plc"),))

    assert read("用PLC控制，ePLC，PLC2", lexicon) == ["用可编程控制器控制", "eplc", "plc2"]


def test_a_synonym_is_marked_in_either_text_as_it_stands_there() -> None:
    one, other = "做微电机轴承", "（微特电机）轴承，微特电机轴承"
    spans = common_spans(one, other, TRADE)

    assert spans[0] == "微特电机轴承"
    assert [one[a:b] for a, b in locate(one, spans[:1], TRADE)] == ["微电机轴承"]
    assert [other[a:b] for a, b in locate(other, spans[:1], TRADE)] == ["微特电机轴承"]
    assert common_spans(one, other, replace(TRADE, synonyms=())) == ["电机轴承", "微"]


@pytest.mark.parametrize(
    ("text", "other", "word", "said"),
    [
        ("微特电机", "微电机", "微特电机", "微特电机（微电机）"),
        ("微电机", "微特电机", "微特电机", "微电机（微特电机）"),
        ("微电机", "微电机", "微特电机", "微电机"),
        ("微特电机", "微特电机、微电机", "微特电机", "微特电机"),
        ("马达", "ＰＬＣ电机", "电机", "马达（电机）"),
        ("ＰＬＣ", "控制器", "plc", "plc（控制器）"),
        ("微电机", "伺服电机", "电机", "电机"),
    ],
)
def test_a_word_is_shown_as_the_two_texts_write_it(text: str, other: str, word: str, said: str) -> None:
    assert as_written([word], text, other, TRADE) == [said]


# ---- synonyms: laws -----------------------------------------------------------------------------------------------


@settings(max_examples=400)
@given(texts)
def test_runs_are_those_of_trying_every_name_at_every_place(text: str) -> None:
    assert list(runs(text, TRADE)) == naive_runs(text, TRADE)


@given(texts | st.text())
def test_every_unit_tells_what_the_text_has_there(text: str) -> None:
    """A unit stands as it is, or covers a whole synonym of the name that it is part of."""
    names = {name: group[0] for group in TRADE.synonyms for name in group[1:]}
    end = 0
    for unit in (unit for run in runs(text, TRADE) for unit in run):
        there = folded(text)[unit.start : unit.end]
        assert there == unit.text or unit.text in names[there]
        assert unit.start >= end or (unit.end == end and there != unit.text)
        end = unit.end


@given(st.lists(st.tuples(texts, st.sampled_from([g for g in OURS.synonyms if len(g) > 1]), PARTED), max_size=4))
def test_a_text_reads_as_the_one_that_has_the_first_name_in_the_place_of_each_synonym(parts: list) -> None:
    """Whatever stands around it, as long as it is parted: else neighbours might make another name."""
    ways = {
        k: "".join(f"{text}{parting}{group[k % len(group)]}{parting}" for text, group, parting in parts)
        for k in range(3)
    }

    assert read(ways[0]) == read(ways[1]) == read(ways[2])
    assert CharacterGrams()(ways[0]) == CharacterGrams()(ways[1])


@pytest.mark.parametrize("group", OURS.synonyms, ids=lambda group: group[0])
def test_every_name_of_a_group_of_ours_gives_the_same_terms(group: tuple[str, ...]) -> None:
    words, grams = WordTerms(), CharacterGrams()
    terms = [(words(name), grams(name)) for name in group]

    assert all(found == terms[0] for found in terms)
    assert terms[0][1]


def test_what_was_read_once_reads_the_same_again(sample: Sample) -> None:
    texts_ = [record.text for record in sample.needs] + [record.profile for record in sample.experts]
    twice = [text for text in texts_ if (once := " ".join(read(text))) != " ".join(read(once))]

    assert twice == []


@settings(max_examples=200)
@given(texts, texts)
def test_all_that_is_common_is_marked_in_both_texts_and_nothing_is_left_without_a_name(text: str, other: str) -> None:
    spans = common_spans(text, other, TRADE)
    said = as_written(spans, text, other, TRADE)

    assert all(locate(text, [span], TRADE) and locate(other, [span], TRADE) for span in spans)
    assert len(set(said)) == len(spans)
    for span, name in zip(spans, said, strict=True):
        one, _, two = name.removesuffix("）").partition("（")
        assert name == span or (one in folded(text) and (two or one) in folded(other))


@settings(max_examples=100)
@given(texts, st.lists(texts, min_size=1, max_size=3))
def test_scores_of_a_text_and_of_its_reading_are_the_same(text: str, profiles: list[str]) -> None:
    """With the first names written out, no synonyms are needed."""
    plain = replace(TRADE, synonyms=(), boilerplate=())
    out = ["，".join(read(each, TRADE)) for each in (text, *profiles)]
    with_names = ProfileVectorizer(words=0, lexicon=TRADE).fit(profiles)
    written_out = ProfileVectorizer(words=0, lexicon=plain).fit(out[1:])

    one = with_names.transform_needs([text], [text]) @ with_names.transform(profiles).T
    other = written_out.transform_needs(out[:1], out[:1]) @ written_out.transform(out[1:]).T
    assert np.allclose(one.toarray(), other.toarray(), atol=1e-12)


# ---- our own table ------------------------------------------------------------------------------------------------


def test_our_lists_are_well_formed_and_of_a_size_to_be_of_use() -> None:
    assert list(faults({name: getattr(OURS, name) for name in LISTS})) == []
    assert sum(len(group) > 1 for group in OURS.synonyms) > 200
    assert all(len(set(getattr(OURS, name))) == len(getattr(OURS, name)) for name in LISTS)


def test_no_name_alone_on_its_line_is_idle() -> None:
    """It keeps something as it is that would be renamed."""
    guards = [group[0] for group in OURS.synonyms if len(group) == 1]
    without = replace(OURS, synonyms=tuple(group for group in OURS.synonyms if len(group) > 1))
    around = [name for group in without.synonyms for name in group[1:]]
    idle = [
        guard
        for guard in guards
        if not any(name in guard or _overlap(guard, name) for name in around) or read(guard) != [guard]
    ]

    assert idle == []


def _overlap(guard: str, name: str) -> bool:
    """The end of the one is the beginning of the other."""
    return any(guard.endswith(name[:k]) for k in range(1, len(name)))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "液压马达",
            "地震动",
            "喇叭口",
            "喇叭天线",
            "导弹波束",
            "电话筒",
            "维尼龙",
            "三聚甲醛",
            "聚丙烯腈",
            "延胡索酸",
        ),
        *(
            "聚乳酸羟基乙酸",
            "速冻干燥",
            "真丝素绉缎",
            "蚕丝素材",
            "小组培训",
            "光电商业",
            "团聚铁粉",
            "连续模糊",
            "完成形式",
        ),
        *("低压铸造", "微机电系统", "共振动力学", "ePLC", "PPT", "Co3O4"),
    ],
)
def test_a_longer_word_of_another_meaning_stays_as_it_is(text: str) -> None:
    assert read(text) == [folded(text)]


@given(
    st.text()
    | st.lists(
        st.sampled_from(("电动机", "马达", "液压", "气动", "AGV", " ", "，", "技术", "3", "噪声", "PLA")), max_size=12
    ).map("".join)
)
def test_units_without_their_places_are_those_with_them(text: str) -> None:
    assert list(unit_runs(text)) == [[unit.text for unit in run] for run in runs(text)]
