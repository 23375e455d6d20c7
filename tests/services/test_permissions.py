"""Who may call what: every use case, every role, one's own matters and those of others."""

import inspect
import json
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import matcher.services
from matcher.domain.errors import InputError, MatcherError, NotAllowed
from matcher.domain.messages import Message
from matcher.domain.roles import MACHINE, ROLES, Principal
from matcher.domain.settings import Settings
from matcher.services import consents, following, forms, preferences, proposing, publishing, rounds, runs
from matcher.services.filling import Filled
from matcher.services.inputs import Options
from matcher.services.permissions import RULES, WITHOUT_A_PRINCIPAL, name_of
from matcher.services.pseudonyms import veil_of, veiled_lines
from matcher.services.scenarios import change_settings, create
from matcher.store import Store, connect, verify
from matcher.store.entities import Application, Event, NeedForm, PlacedPair, Publication, Run, Scenario
from tests import bureau
from tests.bureau import EXPERTS, NEEDS, WHO, expert, firm, later, party
from tests.databases import THE_DAY, Databases

ANALYST = Principal("数据组", "analyst")
PEOPLE = (WHO, ANALYST, firm("F1"), firm("F3"), expert("E1"), expert("E4"), firm("E1"), expert("F1"))
"""Both sides of the pair that is asked about, both of another one, and two under ids of the other side's."""


@dataclass(frozen=True)
class Year:
    """A database with something in every table, and the arguments that ask for the pair F1 and E1."""

    store: Store
    arguments: dict[str, Any]
    round_id: int


def public_calls() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Find every public function of the services that is given the store."""
    for module in pkgutil.iter_modules(matcher.services.__path__):
        if module.name == "worker":  # the child process: nobody calls it
            continue
        for name, call in vars(import_module(f"matcher.services.{module.name}")).items():
            is_own = getattr(call, "__module__", None) == f"matcher.services.{module.name}"
            is_public = inspect.isfunction(call) and not name.startswith("_")
            if is_own and is_public and next(iter(inspect.signature(call).parameters), None) == "store":
                yield f"{module.name}.{name}", call


CALLS = dict(public_calls())


def test_every_use_case_has_a_rule_and_every_rule_its_use_case() -> None:
    assert CALLS.keys() - WITHOUT_A_PRINCIPAL.keys() == set(RULES)
    for name in RULES:
        assert hasattr(CALLS[name], "__wrapped__"), f"{name} does not wear `permitted`"
        assert list(inspect.signature(CALLS[name]).parameters)[1] == "who", name
        assert name_of(CALLS[name]) == name


def test_what_is_called_without_a_principal_takes_none() -> None:
    assert WITHOUT_A_PRINCIPAL.keys() <= CALLS.keys()
    for name in WITHOUT_A_PRINCIPAL:
        assert "who" not in inspect.signature(CALLS[name]).parameters, name


@pytest.fixture(scope="module")
def year(every_engine: dict[str, Databases], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    store = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    yield prepared(store, tmp_path_factory.mktemp("out"))
    assert verify(store).findings == ()  # whichever use case wrote, the log tells of it
    store.close()


def prepared(store: Store, out: Path) -> Year:
    choosing = bureau.choosing(store)
    for side, own_id, wished, refused in WISHES:
        who = firm(next(need.firm_id for need in NEEDS if need.need_id == own_id)) if side == "firm" else expert(own_id)
        preferences.state_preferences(
            *(store, who, choosing.id, side, own_id), tiers=((wished,),), vetoes=[(refused, planted("拒因", own_id))]
        )
    matching = rounds.advance(store, WHO, choosing.id)
    for own_id in ("E1", "E4"):
        consents.state_consent(store, expert(own_id), "expert", own_id, "contact", given=True)
    active = bureau.active(store, matching)
    pair = next(p for p in publishing.placements(store, WHO, active.id) if p.pair == ("F1", "E1"))
    summer = later(store, 40)
    following.log_service(summer, expert("E1"), pair.id, day=date(2026, 6, 20), days=1, done="现场")
    for placed in publishing.placements(store, WHO, active.id):
        following.assess(summer, WHO, placed.id, firm_rating=2, expert_rating=3, assessment="pass")
    with store.reading() as view:
        scenario = view.connection.exec_driver_sql("SELECT max(id) FROM scenarios").scalar_one()
        form = view.get(Application, round_id=active.id, expert_id="E1")
    run = runs.runs_of(store, WHO, scenario)[-1]
    arguments = {
        "round_id": active.id, "batch_id": active.batch_id, "round_": active, "placement_id": pair.id,
        "scenario_id": scenario, "other_id": scenario, "scenario_ids": [scenario], "run_id": run.id,
        "publication_id": publishing.publications(store, WHO, active.id)[-1][0].id, "objection_id": 1,
        "side": "firm", "own_id": "F1", "form": form, "submitted": [form],
        "record": form.record, "name": "新的", "year": 2027,
        "why": "理由", "accepts": True, "wishes": True, "consents": True, "given": True, "upheld": False,
        "on": date(2026, 6, 20), "day": date(2026, 6, 20), "days": 1.0, "done": "现场", "document": "1号",
        "kind": "contact", "basis": "法规", "tiers": (("E1",),), "version": 1, "ending": "quit",
        "answer_by": date(2026, 7, 1), "silence": "accept", "approved_by": "李", "document_number": "1",
        "notice": (date(2026, 7, 2), date(2026, 7, 9)), "objector": "赵", "ground": "有误",
        "settings": Settings(), "pair": ("F1", "E1"), "pairs": (("F1", "E1"), ("F3", "E4")), "expert_id": "E2",
        "expert_ids": ["E2"], "other_ids": ["E1"], "out": out, "options": Options(), "started": 0.0,
        "before": Settings(), "after": Settings(), "ranking": Settings().ranking,
        "experts": None, "firms": None, "previewed": None, "batch": None, "contact": "", "until": date(2029, 1, 1),
        "invited": [], "address": "https://match.example", "role": "analyst", "account_id": 1,
        "filled": Filled(active.id, {}), "typed": {}, "form_version": None, "form_id": "F1",
        "issuer": "https://id.example", "subject": "1", "statement": "2026-1", "old": "x" * 12,
        "new": "y" * 12, "keep": "", "content": b"", "entry_id": 1,
    }  # fmt: skip
    return Year(summer, arguments, active.id)


WISHES: tuple[tuple[Any, str, str, str], ...] = (
    ("firm", "F1", "E1", "E3"),
    ("firm", "F3", "E4", "E2"),
    ("expert", "E1", "F1", "F3"),
    ("expert", "E4", "F3", "F1"),
)


def planted(what: str, whose: str) -> str:
    """Make a word that is found again wherever it gets."""
    return f"〔{what}·{whose}〕"


def asked(name: str, given: dict[str, Any], *, optional: bool = False) -> dict[str, Any]:
    """Give a use case the arguments that it takes."""
    taken = {}
    for parameter in list(inspect.signature(CALLS[name]).parameters.values())[2:]:
        if parameter.default is parameter.empty or (optional and parameter.name in given):
            taken[parameter.name] = given[parameter.name]
    return taken


def refused(call: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    """Tell whether a call was refused for who asked; any other fault says that it was not."""
    try:
        call(*args, **kwargs)
    except NotAllowed as fault:
        return any(isinstance(m, Message) and m.code.startswith("permissions.") for m in fault.messages)
    except (MatcherError, ValueError, AttributeError, TypeError, KeyError):
        return False
    return False


def may(name: str, who: Principal) -> bool:
    """Say by the table of the design who may ask: the office, an analyst, or a side of F1 and E1."""
    rule = RULES[name]
    if who.role in rule.roles:
        return True
    if rule.owners is None:
        return False
    parameters = inspect.signature(CALLS[name]).parameters
    if "side" in parameters:
        return who == firm("F1")
    if {"form", "record"} & parameters.keys():
        return who == expert("E1")
    return who in (firm("F1"), expert("E1"))


@pytest.mark.parametrize("name", RULES)
def test_each_role_is_let_in_or_refused_as_the_table_says_with_its_own_and_with_what_is_others(
    name: str, year: Year
) -> None:
    given = asked(name, year.arguments)
    if name == "rounds.open_next_round":
        given["kind"] = "supplementary"
    for who in PEOPLE:
        if not may(name, who):
            with pytest.raises(NotAllowed, match=r"不能做这件事|不是您单位或您本人的事项"):
                CALLS[name](year.store, who, **given)
    for who in PEOPLE:
        if may(name, who) and not (name.startswith("exporting.") and any(year.arguments["out"].iterdir())):
            assert not refused(CALLS[name], year.store, who, **given), (name, who)


@pytest.fixture(scope="module")
def marked(every_engine: dict[str, Databases]) -> Iterator[Year]:
    """A year in which every contact, reason and rating is a word that is found again."""
    store = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    yield planted_year(store)
    store.close()


def planted_year(store: Store) -> Year:
    choosing = bureau.choosing(store)
    with store.writing(WHO.name) as work:
        for kind in (Application, NeedForm):
            for form in work.listed(kind, round_id=choosing.id):
                contact = planted("联系", form.own_id)
                work.change(form, "write_form", record=replace(form.record, contact=contact))
    for side, own_id, wished, refused_one in WISHES:
        vetoes = [(refused_one, planted("拒因", own_id))]
        preferences.state_preferences(store, WHO, choosing.id, side, own_id, tiers=((wished,),), vetoes=vetoes)
    confirming = bureau.proposed(store, rounds.advance(store, WHO, choosing.id))
    for placed in publishing.placements(store, WHO, confirming.id):
        for side in ("firm", "expert"):
            who = party(placed, side)
            proposing.answer(store, who, placed.id, side, accepts=True, why=planted("答复", f"{placed.pair}{side}"))
    gone = next(p for p in publishing.placements(store, WHO, confirming.id) if p.expert_id == "E2")
    why = planted("谢绝", "E2")
    proposing.answer(store, expert("E2"), gone.id, "expert", accepts=False, why=why)
    publishing.publish(store, WHO, confirming.id, **bureau.NOTICE)
    active = publishing.activate(later(store, 10), WHO, confirming.id)
    return Year(later(store, 40), {}, active.id)


def everything_seen(year: Year, who: Principal) -> str:
    """Call every use case that only reads, for every party and every row, and write down all that comes back."""
    store, round_id, seen = year.store, year.round_id, []
    with store.reading() as view:
        ids = {
            "placement_id": [placed.id for placed in view.listed(PlacedPair)],
            "run_id": [run.id for run in view.listed(Run)],
            "scenario_id": [row.id for row in view.listed(Scenario)],
            "publication_id": [row.id for row in view.listed(Publication)],
        }
    parties = [("firm", own_id) for own_id in ("F1", "F2", "F3", "N21")] + [("expert", e.expert_id) for e in EXPERTS]
    for name in READS:
        parameters = list(inspect.signature(CALLS[name]).parameters)[2:]
        fixed: dict[str, Any] = {
            "round_id": round_id,
            "batch_id": 1,
            "scenario_ids": ids["scenario_id"],
            "kind": "contact",
            "side": "expert",
        }
        fixed |= {"round_": rounds.round_of(store, who, round_id), "other_id": ids["scenario_id"][0], "batch": None}
        for varied in (
            [{"side": side, "own_id": own_id} for side, own_id in parties]
            if "own_id" in parameters
            else [{key: value} for key, values in ids.items() if key in parameters for value in values] or [{}]
        ):
            given = {**fixed, **varied}
            try:
                found = CALLS[name](store, who, **{key: given[key] for key in parameters if key in given})
            except MatcherError as fault:
                found = str(fault)
            seen.append(f"{name} {varied}: {shown(found)}")
    return "\n".join(seen)


READS = [
    name
    for name in RULES
    if not name.startswith(("importing.", "exporting.", "scenarios.", "papers.", "accounts."))
    and set(list(inspect.signature(CALLS[name]).parameters)[2:])
    <= {"round_id", "batch_id", "round_", "batch", "placement_id", "run_id", "scenario_id", "scenario_ids", "other_id",
        "publication_id", "side", "own_id", "kind"}
    and name != "proposing.pairs_to_end"
]  # fmt: skip


def shown(value: Any) -> str:
    """Write a value down with everything in it."""
    return json.dumps(value, default=lambda one: asdict(one) if is_dataclass(one) else str(one), ensure_ascii=False)


def whose(what: str, text: str) -> set[str]:
    """Find whose planted words of a kind stand in a text."""
    return set(re.findall(f"〔{what}·([^〕]*)〕", text))


def test_a_party_finds_its_own_words_and_nobody_elses(marked: Year) -> None:
    for who, need in ((firm("F1"), "F1"), (firm("F3"), "F3"), (expert("E1"), "E1"), (expert("E4"), "E4")):
        seen = everything_seen(marked, who)
        assert whose("联系", seen) == {need}
        assert whose("拒因", seen) == {need}
        assert {(word[2:4], word[8:10]) for word in whose("答复", seen)} <= {("F1", "E1"), ("F3", "E4")}
        assert {word[-len(who.role) :] for word in whose("答复", seen)} == {who.role}
        assert whose("谢绝", seen) == set()
        assert '"firm_rank"' not in seen


def test_an_analyst_finds_no_contact_no_reason_and_no_wish_under_its_name(marked: Year) -> None:
    seen = everything_seen(marked, ANALYST)
    for what in ("联系", "拒因", "答复", "谢绝"):
        assert whose(what, seen) == set(), what
    lists = [line for line in seen.splitlines() if line.startswith(("veiled.result_of", "outcomes.difference"))]
    assert lists
    for line in lines_with("firm_rank", lists):
        assert not re.search(r'"(F1|N21|N22|F3|E[1-4])"', line)


def lines_with(word: str, lines: list[str]) -> list[str]:
    found = [line for line in lines if word in line]
    assert found, f"nothing with {word}"
    return found


def test_the_office_finds_every_word_and_it_is_on_record_that_it_looked(marked: Year) -> None:
    seen = everything_seen(marked, WHO)
    assert whose("拒因", seen) == set(), "wishes are looked into while they are matched, not in force"
    active = rounds.round_of(marked.store, WHO, marked.round_id)
    bureau.put_in(marked.store, active, "matching")
    seen = everything_seen(marked, WHO)
    bureau.put_in(marked.store, active, active.state)
    assert {"F1", "F3", "E1", "E4"} <= whose("联系", seen) & whose("拒因", seen)
    assert whose("谢绝", seen) == {"E2"}
    with marked.store.reading() as view:
        looks = [event.about for event in view.listed(Event, what="look_into_preferences", who=WHO.name)]
    assert f"preferences/{marked.round_id}/firm/F1" in looks


def test_contacts_go_to_the_two_sides_of_a_pair_in_force_where_each_agrees(store: Store) -> None:
    active = bureau.active(store)
    placed = next(p for p in publishing.placements(store, WHO, active.id) if p.pair == ("F3", "E4"))

    def contact(who: Principal) -> str | None:
        side: Any = who.role
        own = proposing.own_placements(store, who, active.id, side, str(who.party))
        return next(row.contact for row in own if row.id == placed.id)

    assert contact(firm("F3")) is None
    consents.state_consent(store, expert("E4"), "expert", "E4", "contact", given=True)
    assert contact(firm("F3")) == "13800000004"
    consents.record_basis(store, WHO, "contact", "三方协议第5条")
    assert contact(firm("F3")) == "13800000004"
    consents.state_consent(store, expert("E4"), "expert", "E4", "contact", given=False)
    assert contact(firm("F3")) is None, "whoever says no is not overruled by a ground for everybody"
    consents.state_consent(store, expert("E4"), "expert", "E4", "contact", given=True)
    following.end_placement(
        later(store, 40), WHO, placed.id, "quit", on=date(2026, 6, 20), why="调离", version=placed.version
    )
    assert contact(firm("F3")) is None


def test_nobody_is_named_in_public_who_did_not_agree_unless_there_is_a_ground_for_everybody(store: Store) -> None:
    confirming = bureau.agreed(store)
    consents.state_consent(store, expert("E1"), "expert", "E1", "notice", given=False)
    with pytest.raises(InputError, match=r"1 位专家尚未同意在公示中列名：陈永 \(E1\)"):
        publishing.publish(store, WHO, confirming.id, **bureau.NOTICE)
    with pytest.raises(InputError, match="请写明依据"):
        consents.state_consent(store, WHO, "expert", "E1", "notice", given=True)
    with pytest.raises(NotAllowed, match="须由本人改为同意"):
        consents.state_consent(store, WHO, "expert", "E1", "notice", given=True, basis="电话")
    consents.state_consent(store, expert("E1"), "expert", "E1", "notice", given=True)
    assert publishing.publish(store, WHO, confirming.id, **bureau.NOTICE).version == 1


def test_an_analysts_list_tells_neither_wishes_nor_what_a_pair_is_found_by(store: Store) -> None:
    run = bureau.ran(store, bureau.matching(store))
    with store.reading() as view:
        lines = runs.lines_of(view, run)
    for row in (veiled := veiled_lines(veil_of(1, store, "lists"), lines)):
        assert (row.township, row.industry, row.need_title, row.institution, row.reasons) == ("", "", "", "", "")
        assert (row.value, row.firm_fit, row.expert_fit, row.firm_rank, row.expert_rank) == (None,) * 5
    assert sorted(row.fit or 0 for row in veiled) == sorted(round(line.fit or 0, 2) for line in lines)


def test_wishes_are_looked_into_while_matching_alone_by_an_analyst_under_pseudonyms(store: Store) -> None:
    choosing = bureau.choosing(store)
    preferences.state_preferences(
        *(store, expert("E1"), choosing.id, "expert", "E1"), tiers=(("F1", "N21"),), vetoes=[("F3", "不合适")]
    )
    for who in (WHO, ANALYST):
        with pytest.raises(NotAllowed, match="查看各方志愿"):
            preferences.all_preferences(store, who, choosing.id)
    rounds.advance(store, WHO, choosing.id)
    (row,) = preferences.all_preferences(store, WHO, choosing.id)
    (veiled,) = preferences.all_preferences(store, ANALYST, choosing.id)
    assert (row.own_id, row.vetoes) == ("E1", (("F3", "不合适"),))
    assert re.fullmatch(r"expert-[A-Z2-7]{10}", veiled.own_id)
    assert [len(tier) for tier in veiled.tiers] == [2]
    assert not {"E1", "F1", "N21", "F3", "不合适"} & set(re.findall(r"\w+", shown(veiled)))
    assert preferences.all_preferences(store, ANALYST, choosing.id) == [veiled], "one name each in a round"


def test_an_analyst_tries_weights_but_fixes_and_vetoes_nobody(store: Store) -> None:
    matching = bureau.matching(store)
    tried = create(store, ANALYST, matching.id, "试", Settings.model_validate({"assignment": {"objective": "total"}}))
    locked = Settings.model_validate({"assignment": {"locks": [["F1", "E1"]]}})
    with pytest.raises(NotAllowed, match="以分析员的身份"):
        create(store, ANALYST, matching.id, "锁", locked)
    with pytest.raises(NotAllowed, match="以分析员的身份"):
        change_settings(store, ANALYST, tried.id, locked)
    assert runs.queue(store, ANALYST, tried.id).queued_by == ANALYST.name


def test_a_party_says_nothing_for_its_institution_and_takes_no_id_of_others(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    with pytest.raises(NotAllowed, match="派出单位的意见"):
        forms.write_form(store, expert("E1"), round_.id, replace(EXPERTS[0], consent=True))
    with pytest.raises(InputError, match="应为 F1，或以 F1- 开头"):
        forms.write_form(store, firm("F1"), round_.id, replace(NEEDS[0], need_id="F3"))
    assert forms.write_form(store, firm("F1"), round_.id, replace(NEEDS[0], need_id="F1-2")).own_id == "F1-2"
    forms.write_form(store, WHO, round_.id, NEEDS[1])
    with pytest.raises(NotAllowed, match="不是您单位"):
        forms.write_form(store, firm("F1"), round_.id, replace(NEEDS[0], need_id="N21"), version=1)
    stolen: Any = forms.own_forms(store, firm("F2"), round_.id, "firm", "F2")[0]
    with pytest.raises(NotAllowed, match="不是您单位"):
        forms.submit_form(store, firm("F1"), replace(stolen, record=replace(NEEDS[0], need_id="N21")))


def test_the_other_side_reads_the_detail_of_a_need_where_the_firm_agrees(store: Store) -> None:
    choosing = bureau.choosing(store)

    def details() -> dict[str, str]:
        found: list[Any] = preferences.counterparts(store, expert("E1"), choosing.id, "expert", "E1")
        return {need.need_id: need.need_detail for need in found}

    assert set(details().values()) == {""}
    consents.state_consent(store, firm("F3"), "firm", "F3", "detail", given=True)
    assert {need for need, detail in details().items() if detail} == {"F3"}


def test_the_service_itself_may_do_what_no_account_may_forge() -> None:
    assert MACHINE.role not in ROLES
    for role, own_id in (("firm", None), ("administrator", "F1"), ("machine", "E1")):
        with pytest.raises(ValueError, match="with the party"):
            Principal("x", role, own_id)
