"""Accounts as the office keeps them: made, invited, reset, disabled; all parties of a round at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from matcher.domain.errors import InputError, NotAllowed, SignInRefused
from matcher.domain.roles import Principal
from matcher.services import accounts, signing_in
from matcher.store import Store
from matcher.store.entities import Account, Event, Invitation, NeedForm, Session
from tests import bureau

pytestmark = pytest.mark.usefixtures("cheap_hashes")
on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

OFFICE = Principal("王科长", "administrator")
GOOD = "剡溪九曲绕城东流过桥"


def account(store: Store, name: str = "wangfang", **values: Any) -> Account:
    given: dict[str, Any] = {"name": name, "role": "analyst", **values}
    return accounts.add(store, OFFICE, **given)


def administrator(store: Store, name: str = "root-of-all") -> Account:
    return account(store, name, role="administrator", password=GOOD)


def later(store: Store, **time: float) -> Store:
    return replace(store, clock=lambda: store.clock() + timedelta(**time))


def events(store: Store) -> list[Event]:
    with store.reading() as view:
        return view.listed(Event)


def statuses(store: Store) -> dict[str, accounts.AccountStatus]:
    return {found.account.name: found for found in accounts.accounts(store, OFFICE)}


def test_an_invitation_sets_the_password_and_what_is_kept_of_it_opens_nothing(store: Store) -> None:
    made = account(store, " Ｗang Fang ", code="e00 1", person="王芳", role="expert", party="E001")
    assert (made.name, made.code, made.person, made.party, made.password) == (
        *("wangfang", "E001", "王芳", "E001", None),
    )
    invited = accounts.invite(store, OFFICE, made.id)
    assert (invited.account.id, invited.expires_at) == (made.id, "2026-06-15T01:30:00Z")
    with store.reading() as view:
        [kept] = view.listed(Invitation)
    assert not {invited.token, invited.code} & {kept.token, kept.code}
    for wrong in (kept.token, kept.code, invited.token[:-1], invited.code[:-1]):
        with pytest.raises(SignInRefused):
            signing_in.redeem(store, wrong, GOOD, address="::1")
    token = signing_in.redeem(store, invited.token, GOOD, address="::1")
    found = signing_in.signed_in(store, token)
    assert found is not None
    assert found.principal == Principal(f"expert:E001#{made.id}", "expert", "E001", made.id)


@on_sqlite
@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"name": "　\u200b"}, "没有名称"),
        ({"name": "WANGFANG"}, "wangfang 已被使用"),
        ({"name": "x" * 81}, "过长"),
        ({"role": "firm"}, "须指明"),
        ({"role": "firm", "party": " "}, "须指明"),
        ({"role": "administrator", "party": "F1"}, "不代表企业或专家"),
        ({"code": "E1"}, "需要姓名"),
        ({"code": "ｅ 1", "person": "陈 永"}, "已有账号"),
        ({"password": "short"}, "至少需要 10 个"),
        ({"password": "lifang2026", "name": "lifang"}, "略加几个字符"),
        ({"name": "a", "role": "firm", "code": "E1"}, "须指明.*\n.*需要姓名"),
    ],
)
def test_an_account_that_can_not_be_is_refused_with_all_that_is_wrong(store: Store, values: Any, why: str) -> None:
    account(store)
    account(store, "chen", code="E1", person="陈永")
    with pytest.raises(InputError, match=why):
        account(store, **{"name": "another", **values})
    assert len(accounts.accounts(store, OFFICE)) == 2


@on_sqlite
def test_several_people_of_a_firm_share_its_code_and_not_their_names(store: Store) -> None:
    for name, person in (("zhang", "张三"), ("li", "李四")):
        made = account(store, name, role="firm", party="F1", code="91330683MA2D0ABC1X", person=person)
        signing_in.redeem(store, accounts.invite(store, OFFICE, made.id).token, f"{GOOD}{name}", address="1.2.3.4")
    code = "91330683ma2d0abc1x"
    token = signing_in.sign_in(store, code, f"{GOOD}li", person=" 李四", address="1.2.3.4")
    assert getattr(signing_in.signed_in(store, token), "principal", None) == Principal("firm:F1#2", "firm", "F1", 2)
    with pytest.raises(SignInRefused):
        signing_in.sign_in(store, code, f"{GOOD}li", person="张三", address="1.2.3.4")
    with pytest.raises(SignInRefused):
        signing_in.sign_in(store, code, f"{GOOD}li", address="1.2.3.4")


def test_only_the_newest_invitation_holds_and_it_can_be_taken_back(store: Store) -> None:
    made = account(store)
    first, second = (accounts.invite(store, OFFICE, made.id) for _ in range(2))
    with pytest.raises(SignInRefused):
        signing_in.invitation_of(store, first.token)
    assert signing_in.invitation_of(store, second.token).name == "wangfang"
    accounts.revoke_invitation(store, OFFICE, made.id)
    for opens in (second.token, second.code):
        with pytest.raises(SignInRefused):
            signing_in.redeem(store, opens, GOOD, address="::1")
    with pytest.raises(NotAllowed, match="没有尚未使用的邀请"):
        accounts.revoke_invitation(store, OFFICE, made.id)


@on_sqlite
def test_an_invitation_holds_for_as_long_as_was_said_and_no_longer(store: Store) -> None:
    made = account(store)
    invited = accounts.invite(store, OFFICE, made.id, days=2)
    assert signing_in.invitation_of(later(store, days=2, seconds=-1), invited.code).expires_at == invited.expires_at
    with pytest.raises(SignInRefused):
        signing_in.invitation_of(later(store, days=2), invited.code)
    with pytest.raises(SignInRefused):
        signing_in.redeem(later(store, days=2), invited.token, GOOD, address="::1")
    for days in (0, -1, 91):
        with pytest.raises(InputError, match=f"读到 {days}"):
            accounts.invite(store, OFFICE, made.id, days=days)


@on_sqlite
def test_who_has_a_password_is_reset_and_not_invited(store: Store) -> None:
    made = administrator(store)
    with pytest.raises(NotAllowed, match="重设密码"):
        accounts.invite(store, OFFICE, made.id)


def test_a_reset_ends_the_sessions_and_the_old_password_holds_until_it_is_used(store: Store) -> None:
    made = administrator(store)
    before = signing_in.sign_in(store, made.name, GOOD, address="::1")
    found = accounts.reset(store, OFFICE, made.id)
    assert found.expires_at == "2026-06-04T01:30:00Z"
    assert signing_in.signed_in(store, before) is None
    assert signing_in.invitation_of(store, found.code).purpose == "reset"
    meanwhile = signing_in.sign_in(store, made.name, GOOD, address="::1")
    now = signing_in.redeem(store, found.code, "越剧故乡在施家岙村口", address="::1")
    assert signing_in.signed_in(store, meanwhile) is None
    assert signing_in.signed_in(store, now) is not None
    with pytest.raises(SignInRefused):
        signing_in.sign_in(store, made.name, GOOD, address="::1")
    signing_in.sign_in(store, made.name, "越剧故乡在施家岙村口", address="::1")
    with pytest.raises(SignInRefused):
        signing_in.redeem(store, found.code, GOOD, address="::1")


def test_who_is_disabled_is_out_at_once_and_back_when_enabled(store: Store) -> None:
    administrator(store)
    made = account(store, password=GOOD)
    token = signing_in.sign_in(store, made.name, GOOD, address="::1")
    found = accounts.reset(store, OFFICE, made.id)
    token = signing_in.sign_in(store, made.name, GOOD, address="::1")
    disabled = accounts.disable(store, OFFICE, made.id)
    assert disabled.disabled_at == accounts.disable(store, OFFICE, made.id).disabled_at == store.now()
    assert signing_in.signed_in(store, token) is None
    for refused in (
        lambda: signing_in.sign_in(store, made.name, GOOD, address="::1"),
        lambda: signing_in.redeem(store, found.token, GOOD, address="::1"),
    ):
        with pytest.raises(SignInRefused):
            refused()
    for wanted in (accounts.invite, accounts.reset):
        with pytest.raises(NotAllowed, match="请先启用"):
            wanted(store, OFFICE, made.id)
    accounts.enable(store, OFFICE, made.id)
    assert signing_in.signed_in(store, token) is None
    signing_in.sign_in(store, made.name, GOOD, address="::1")


def test_the_last_administrator_who_can_log_in_is_not_disabled(store: Store) -> None:
    first = administrator(store)
    invited = account(store, "invited", role="administrator")
    account(store, "analyst", password=GOOD)
    with pytest.raises(NotAllowed, match="root-of-all 不能停用"):
        accounts.disable(store, OFFICE, first.id)
    accounts.disable(store, OFFICE, invited.id)
    accounts.enable(store, OFFICE, invited.id)
    accounts.link(store, OFFICE, invited.id, issuer="https://id", subject="1")
    accounts.disable(store, OFFICE, first.id)
    with pytest.raises(NotAllowed, match="invited 不能停用"):
        accounts.disable(store, OFFICE, invited.id)
    found = statuses(store)
    assert (found["root-of-all"].account.disabled_at, found["invited"].account.disabled_at) == (store.now(), None)


@on_sqlite
def test_an_identity_belongs_to_one_account(store: Store) -> None:
    one, other = account(store, "one"), account(store, "other")
    accounts.link(store, OFFICE, one.id, issuer=" https://id ", subject="1")
    accounts.link(store, OFFICE, one.id, issuer="https://id", subject="1")
    with pytest.raises(InputError, match="已关联到账号 one"):
        accounts.link(store, OFFICE, other.id, issuer="https://id", subject="1")
    with pytest.raises(InputError, match="不能为空"):
        accounts.link(store, OFFICE, other.id, issuer="https://id", subject=" ")
    accounts.link(store, OFFICE, other.id, issuer="https://another", subject="1")


def test_who_is_unlinked_is_out_and_the_identity_opens_nothing(store: Store) -> None:
    made = account(store)
    accounts.link(store, OFFICE, made.id, issuer="https://id", subject="1")
    token = signing_in.sign_in_by_identity(store, "https://id", "1", said="一", address="::1")
    assert accounts.unlink(store, OFFICE, made.id).issuer is None
    assert signing_in.signed_in(store, token) is None
    with pytest.raises(SignInRefused):
        signing_in.sign_in_by_identity(store, "https://id", "1", said="一", address="::1")
    with pytest.raises(NotAllowed, match="没有关联身份"):
        accounts.unlink(store, OFFICE, made.id)
    assert events(store)[-1].what == "unlink_account"


@on_sqlite
def test_the_last_administrators_only_way_in_is_not_taken(store: Store) -> None:
    last = account(store, "last", role="administrator")
    accounts.link(store, OFFICE, last.id, issuer="https://id", subject="1")
    with pytest.raises(NotAllowed, match="last 不能取消关联"):
        accounts.unlink(store, OFFICE, last.id)
    administrator(store)
    accounts.unlink(store, OFFICE, last.id)


def test_an_account_passes_to_somebody_else_of_the_party_and_keeps_its_role(store: Store) -> None:
    made = account(store, role="firm", party="F1", code="91330683MA2D0ABC1X", person="张三", password=GOOD)
    changed = accounts.change(store, OFFICE, made.id, person=" 李四 ")
    assert (changed.person, changed.code, changed.role, changed.party) == ("李四", made.code, "firm", "F1")
    signing_in.sign_in(store, made.code or "", GOOD, person="李四", address="::1")
    with pytest.raises(SignInRefused):
        signing_in.sign_in(store, made.code or "", GOOD, person="张三", address="::1")
    assert accounts.change(store, OFFICE, made.id, code=" ").code is None
    signing_in.sign_in(store, made.name, GOOD, address="::1")
    said = [(event.before, event.after) for event in events(store) if event.what == "change_account"]
    assert ("张三" in str(said[0][0]), "李四" in str(said[0][1])) == (True, True)


@on_sqlite
@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "没有写明要改什么"),
        ({"person": ""}, "需要姓名"),
        ({"person": "王 五"}, "已有账号"),
        ({"code": "x" * 81}, "过长"),
        ({"code": "y" * 81, "person": "王" * 81}, "过长.*\n.*过长"),
    ],
)
def test_what_would_make_an_account_nobodys_or_two_peoples_is_refused(store: Store, values: Any, why: str) -> None:
    account(store, "other", code="E1", person="王五")
    made = account(store, code="E1", person="赵六")
    with pytest.raises(InputError, match=why):
        accounts.change(store, OFFICE, made.id, **values)
    accounts.change(store, OFFICE, made.id, person="赵六", code="E1")
    assert [event.what for event in events(store)] == ["add_account"] * 2, "what stays as it is, is no change"


@on_sqlite
def test_the_list_says_when_each_was_last_seen_and_whether_it_is_invited(store: Store) -> None:
    seen, invited, over = administrator(store), account(store, "invited"), account(store, "over")
    signing_in.sign_in(store, seen.name, GOOD, address="::1")
    signing_in.sign_in(later(store, hours=1), seen.name, GOOD, address="::1")
    accounts.invite(store, OFFICE, invited.id)
    accounts.invite(store, OFFICE, over.id, days=1)
    found = statuses(later(store, days=1))
    assert found["root-of-all"].seen_at == later(store, hours=1).now()
    assert {name: row.invited_until for name, row in found.items()} == {
        "root-of-all": None,
        "invited": "2026-06-15T01:30:00Z",
        "over": None,
    }
    assert accounts.account_named(store, OFFICE, " OVER").id == over.id
    with pytest.raises(InputError, match="没有名为 nobody"):
        accounts.account_named(store, OFFICE, "nobody")


def test_every_party_of_a_round_is_invited_once(store: Store) -> None:
    round_ = bureau.collecting(store)
    invited = accounts.invite_parties(store, OFFICE, round_.id)
    assert [(row.account.role, row.account.party, row.account.code, row.account.person) for row in invited] == [
        ("firm", "F1", "F1", "嵊星电机"),
        ("firm", "F2", "F2", "越锦丝绸"),
        ("firm", "F3", "F3", "灶王厨具"),
        ("expert", "E1", "E1", "陈永"),
        ("expert", "E2", "E2", "林蓝"),
        ("expert", "E3", "E3", "周茶"),
        ("expert", "E4", "E4", "吴燃"),
    ]
    assert len({row.token for row in invited} | {row.code for row in invited}) == 14
    assert accounts.invite_parties(store, OFFICE, round_.id) == []
    signing_in.redeem(store, invited[0].code, GOOD, address="::1")
    signing_in.sign_in(store, "f1", GOOD, person="嵊 星电机", address="::1")
    again = accounts.invite_parties(store, OFFICE, round_.id, again=True, days=7)
    assert [row.account.id for row in again] == [row.account.id for row in invited[1:]]
    assert {row.expires_at for row in again} == {"2026-06-08T01:30:00Z"}
    with pytest.raises(SignInRefused):
        signing_in.redeem(store, invited[1].code, GOOD, address="::1")
    assert len(accounts.accounts(store, OFFICE)) == 7


@on_sqlite
def test_parties_whose_invitations_are_over_are_invited_anew_and_the_disabled_never(store: Store) -> None:
    round_ = bureau.collecting(store)
    invited = accounts.invite_parties(store, OFFICE, round_.id)
    accounts.disable(store, OFFICE, invited[2].account.id)
    again = accounts.invite_parties(later(store, days=14), OFFICE, round_.id)
    assert [row.account.party for row in again] == ["F1", "F2", "E1", "E2", "E3", "E4"]


@on_sqlite
def test_a_firm_logs_in_by_its_credit_code_and_names_are_told_apart(store: Store) -> None:
    account(store, "f1")
    account(store, "firm-f1")
    round_ = bureau.collecting(store)
    with store.writing("x") as work:
        for need in work.listed(NeedForm, round_id=round_.id, firm_id=("F1", "F3")):
            record = replace(need.record, credit_code="91330683ma2d0abc1x", name="同名厂")
            work.change(need, "tests", record=record)
    invited = accounts.invite_parties(store, OFFICE, round_.id)
    assert [(row.account.name, row.account.code) for row in invited[:3]] == [
        ("firm1-f1", "91330683MA2D0ABC1X"),
        ("f2", "F2"),
        ("f3", "F3"),  # the code with that name logs in F1
    ]


@on_sqlite
def test_what_opens_a_door_stands_in_no_log_and_no_repr(store: Store) -> None:
    made = account(store, password=GOOD, code="E1", person="陈永")
    found = accounts.reset(store, OFFICE, made.id)
    token = signing_in.redeem(store, found.code, "越剧故乡在施家岙村口", address="10.1.2.3")
    signing_in.sign_out(store, token)
    with store.reading() as view:
        rows = [*view.listed(Account), *view.listed(Invitation), *view.listed(Session)]
        kept = [row.password for row in view.listed(Account)] + [row.token for row in view.listed(Session)]
    hidden = [GOOD, "越剧故乡在施家岙村口", found.token, found.code, token, "10.1.2.3", *filter(None, kept)]
    shown = repr((events(store), rows, found))
    assert [secret for secret in hidden if secret in shown] == []
    assert [event.what for event in events(store)] == ["add_account", "reset", "redeem", "redeem", "sign_out"]


CALLS: dict[str, Callable[[Store, Principal], object]] = {
    "accounts": accounts.accounts,
    "account_named": lambda store, who: accounts.account_named(store, who, "wangfang"),
    "add": lambda store, who: accounts.add(store, who, name="mine", role="administrator"),
    "invite": lambda store, who: accounts.invite(store, who, 1),
    "invite_parties": lambda store, who: accounts.invite_parties(store, who, 1),
    "revoke_invitation": lambda store, who: accounts.revoke_invitation(store, who, 1),
    "reset": lambda store, who: accounts.reset(store, who, 1),
    "disable": lambda store, who: accounts.disable(store, who, 1),
    "enable": lambda store, who: accounts.enable(store, who, 1),
    "link": lambda store, who: accounts.link(store, who, 1, issuer="i", subject="s"),
    "unlink": lambda store, who: accounts.unlink(store, who, 1),
    "change": lambda store, who: accounts.change(store, who, 1, person="mine"),
}


@on_sqlite
@pytest.mark.parametrize("name", CALLS)
def test_accounts_are_the_office_s_business_alone(store: Store, name: str) -> None:
    made = account(store)
    for who in (
        Principal("分析", "analyst", None, made.id),
        Principal("f1", "firm", "F1", made.id),
        Principal("e1", "expert", "E1", made.id),
    ):
        with pytest.raises(NotAllowed, match="身份不能做这件事"):
            CALLS[name](store, who)
    assert len(events(store)) == 1


def test_every_public_use_case_is_in_that_test() -> None:
    public = {name for name, call in vars(accounts).items() if hasattr(call, "__wrapped__")}
    assert public == CALLS.keys()
