"""A need is told what it lacks, a good one is told nothing, and every word of the lists does what its list is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.settings import Settings
from matcher.language import sentence
from matcher.text.folding import folded
from matcher.text.lexicon import entries
from matcher.text.quality import ESSENTIAL, WEIGHTS, Aspect, advice, advice_to_writer, assess
from tests.strategies import Sample

VAGUE_BELOW = Settings().check.vague_below
VAGUE_ON_PURPOSE = {
    *("F008", "F019", "F032", "F048", "F055", "F072", "F087", "F098", "F104", "F115", "F124", "F133", "F147", "F156"),
    "F163",
}
LISTS = ("vague", "introductions", "states", "goals", "constraints", "not_cues", "units")

VAGUE = {
    "empty words about a product that is named": (
        "塑封电机技术升级",
        "我厂专业从事塑封电机生产二十年，希望与高校合作，提高产品性能，降低成本，增强市场竞争力。",
        ("matter", "state", "goal", "constraint"),
    ),
    "a title alone": ("集成灶风道降噪", "", ("no_detail", "state", "goal", "constraint")),
    "the title once more": (
        "领带面料色牢度不够",
        "希望解决领带面料色牢度不够的问题。",
        ("repeats", "state", "goal", "constraint"),
    ),
    "figures of the firm, none of the need": (
        "求技术人才",
        "公司成立于2003年，占地50亩，员工300人，年产值2亿元，拥有专利20项。希望引进高层次人才。",
        ("matter", "state", "goal", "constraint"),
    ),
    "the trouble of everybody": (
        "设备更新换代",
        "生产设备老旧，工人难招，价钱又卷不过同行，请专家来把把脉。",
        ("matter", "state", "goal", "constraint"),
    ),
    "a fashion": (
        "智能化改造",
        "想建数字化车间，打造智慧工厂，实现降本增效，目前缺乏专业团队。",
        ("matter", "state", "goal", "constraint"),
    ),
    "somebody who comes by": (
        "茶叶品质提升",
        "茶叶品质一般，卖不上价，想请懂茶叶种植的老师来指导。",
        ("matter", "state", "constraint"),
    ),
    "a trouble without measure": (
        "热处理质量问题",
        "链轮热处理时好时坏，盼有专家上门看看。",
        ("matter", "goal", "figures", "constraint"),
    ),
    "a target from nowhere": (
        "微型扬声器做到行业领先",
        "目标是微型扬声器良率达到99%以上，三年内进入国际大客户供应链。",
        ("state", "constraint"),
    ),
    "a wish for something new": (
        "真丝印花工艺",
        "真丝数码印花想再上一个台阶，色彩、手感都有提升空间，希望长期合作。",
        ("state", "constraint"),
    ),
}

GOOD = {
    "塑封电机温升高": "绕组温升72K，客户要65K以内，BMC导热0.6W/(m·K)，不能加铜。",
    "集成灶风道噪声": "整机噪声实测68dB(A)，比同行高3dB，改过两版蜗舌没有效果，想降到65以下。",
    "链轮淬火变形": "薄片链轮渗碳后油淬，平面度0.5到0.8mm，磨不出来；压淬机太贵。",
    "真丝湿摩牢度": "藏青绸湿摩只有2级，要做到3级以上，手感不能变硬。",
    "扬声器低频失真": "0.7W微型扬声器在谐振频率附近失真11%，折环换了两种花纹改善不明显。",
    "香榧炒制不匀": "同一锅香榧有的香有的涩，黑衣去不净，火候全凭老师傅。",
    "硅藻土提纯": "原矿二氧化硅只有六成，擦洗后到74%就上不去，酸浸的废酸处理不了，求一条不用酸的路子。",
    "小蚕共育室控温": "地暖加热，墙角和中间差4度，湿度打不住，两间屋只出得起三万元。",
    "拉深开裂": "304水槽拉到230mm，圆角处破裂6%，放两天还有裂的。",
    "订单排产靠人": "链条三百多个规格，六台热处理炉装炉靠科长拍板，急单一插全乱，想先把炉子这段排明白。",
}


def codes(title: str, detail: str) -> tuple[str, ...]:
    return tuple(message.code for message in advice(assess(title, detail), VAGUE_BELOW))


def evidence(clause: str) -> list[Aspect]:
    return [aspect for aspect, found in assess("", clause).found.items() if found]


@pytest.mark.parametrize("case", VAGUE)
def test_a_vague_need_is_told_what_to_add(case: str) -> None:
    title, detail, lacking = VAGUE[case]
    assert codes(title, detail) == tuple(f"need.{what}" for what in lacking)


@pytest.mark.parametrize("title", GOOD)
def test_a_good_need_is_told_nothing(title: str) -> None:
    assert codes(title, GOOD[title]) == ()


def test_the_advice_is_a_sentence_in_both_languages() -> None:
    told = advice(assess("提高质量", ""), 1.0) + advice(assess("电机", "希望解决电机问题"), 1.0)
    told += advice(assess("热处理质量问题", "链轮热处理时好时坏。"), 1.0)
    said = {message.code: (sentence(message, "zh"), sentence(message, "en")) for message in told}
    assert said.keys() == {f"need.{what}" for what in (*WEIGHTS, "no_detail", "repeats")}
    assert said["need.state"][0] == "没有写现在的状况：目前的数值、做法或问题出在哪里"


# What people and pranksters type: matter, cues, figures, fillers, and the same again and again.
fragments = st.sampled_from(
    (
        "塑封电机",
        "绕组温升",
        "链轮热处理",
        "一号",
        "详情",
        "实测 72 K",
        "不超过 3 mm",
        "希望",
        "目前",
        "不稳定",
        "提高质量",
        "，",
        "。",
    )
)
typed = st.lists(fragments, max_size=12).map("".join)


@given(typed, typed, st.sampled_from(("", "很长" * 2000, "，很长，不好" * 500)), st.sampled_from((0.05, 0.6, 1.0)))
def test_nothing_is_both_said_and_asked_for_and_what_is_clear_lacks_nothing_essential(
    title: str, detail: str, padding: str, below: float
) -> None:
    quality = assess(title, detail + padding)
    asked = {message.code.removeprefix("need.") for message in advice_to_writer(quality, below)}
    said = WEIGHTS.keys() - quality.lacks
    assert said.isdisjoint(asked)
    if "no_detail" in asked:
        assert "matter" not in said
    if not asked:
        assert said >= ESSENTIAL


def test_many_words_of_one_aspect_make_up_for_none_of_another() -> None:
    quality = assess("轴承异响", "很长" * 300 + "，不能超过 3 mm")
    assert quality.score > VAGUE_BELOW
    assert [message.code for message in advice_to_writer(quality, VAGUE_BELOW)] == ["need.matter", "need.goal"]
    assert advice(quality, VAGUE_BELOW) == (), "the office's check goes by the score that its settings name"


def test_of_the_sample_those_that_are_vague_on_purpose_are_called_vague_and_no_others(sample: Sample) -> None:
    found = {n.firm_id for n in sample.needs if assess(n.need_title, n.need_detail).score < VAGUE_BELOW}
    assert found == VAGUE_ON_PURPOSE


def test_the_evidence_is_given_clause_by_clause_as_written() -> None:
    found = assess("塑封电机温升高", "绕组温升72Ｋ，客户要 65K 以内；不能加铜！").found
    assert found == {
        "matter": ("绕组温升72Ｋ", "不能加铜"),
        "state": ("绕组温升72Ｋ", "不能加铜"),
        "goal": ("客户要 65K 以内",),
        "figures": ("绕组温升72Ｋ", "客户要 65K 以内"),
        "constraint": ("客户要 65K 以内", "不能加铜"),
    }


clauses = st.lists(
    st.sampled_from(
        (
            "绕组温升72K",
            "提高质量",
            "希望降到65以下",
            "不能加铜",
            "员工300人",
            "浇口缺料",
            "YE3",
            "",
            "端部有气孔",
            "\n",
        )
    ),
    max_size=6,
)


@given(clauses, clauses, st.sampled_from(("", "电机温升", "提高质量")))
def test_who_writes_more_never_scores_less(said: list[str], more: list[str], title: str) -> None:
    less = assess(title, "，".join(said))
    after = assess(title, "，".join(said + more))
    assert after.score >= less.score
    assert all(set(less.found[aspect]) <= set(after.found[aspect]) for aspect in WEIGHTS)


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_text_has_a_score_from_0_to_1_and_what_it_lacks_has_no_evidence(title: str, detail: str) -> None:
    quality = assess(title, detail)
    assert 0 <= quality.score <= 1
    assert all((aspect in quality.missing) == (not quality.found[aspect]) for aspect in WEIGHTS if aspect != "matter")
    assert quality == assess(title, detail)


@given(st.text(max_size=80))
def test_a_title_alone_is_worth_its_matter_at_most(title: str) -> None:
    quality = assess(title)
    assert quality.score <= WEIGHTS["matter"]
    assert quality.missing[0] == "no_detail"


def test_every_aspect_is_a_share_of_the_score() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    assert assess("塑封电机温升高", GOOD["塑封电机温升高"]).score == 1


@pytest.mark.parametrize("name", LISTS)
def test_the_entries_of_a_list_stand_once_and_as_they_are_compared(name: str) -> None:
    words = entries(name)
    assert len(set(words)) == len(words)
    assert [word for word in words if folded(word) != word] == []


@pytest.mark.parametrize(("name", "aspect"), [("states", "state"), ("goals", "goal"), ("constraints", "constraint")])
def test_every_cue_makes_a_clause_evidence_of_its_aspect(name: str, aspect: Aspect) -> None:
    without = [cue for cue in entries(name) if not assess("", f"绕组端部 {cue} 浇口").found[aspect]]
    assert without == []


def test_a_cue_that_says_nothing_of_the_matter_is_no_evidence() -> None:
    assert assess("", "希望提高质量，效率不高，成本太高").score == 0


def test_no_empty_word_is_matter() -> None:
    assert [word for word in entries("vague") if assess("", f"{word}，{word}").found["matter"]] == []


def test_a_clause_that_introduces_the_firm_is_evidence_of_nothing() -> None:
    counted = [word for word in entries("introductions") if assess("", f"{word}塑封电机绕组温升72K").score]
    assert counted == []


def test_a_word_of_the_trade_that_holds_a_cue_is_none() -> None:
    taken = [word for word in entries("not_cues") if set(evidence(f"绕组{word}浇口")) - {"matter"}]
    assert taken == []


def test_every_unit_makes_a_number_a_figure() -> None:
    assert [unit for unit in entries("units") if not assess("", f"绕组7{unit}").found["figures"]] == []


@pytest.mark.parametrize(
    "figure",
    [
        "温升72K",
        "0.6W/(m·K)",
        "效率91.7%",
        "跳动从0.015变到",
        "三成",
        "六十亩",
        "五万次",
        "3.2毫米",
        "1200r/min",
        "40万次",
    ],
)
def test_a_number_with_a_unit_is_a_figure(figure: str) -> None:
    assert assess("", f"绕组{figure}").found["figures"] == (f"绕组{figure}",)


@pytest.mark.parametrize(
    "other",
    [
        "YE3升IE4",
        "2023年",
        "2025.6",
        "30多人",
        "三十来个妇女",
        "两台",
        "42CrMo钢",
        "Y2-132机座",
        "三元催化",
        "二次加工",
        "十几年",
    ],
)
def test_a_year_a_count_of_people_or_a_model_number_is_none(other: str) -> None:
    assert assess("", f"绕组{other}").found["figures"] == ()
