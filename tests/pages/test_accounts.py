"""The accounts as the office keeps them on a page: what is shown, what is done, and what is shown once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import Principal, Role
from matcher.services import accounts, signing_in
from matcher.services.tokens import read_code
from matcher.store import Store
from matcher.store.entities import Account, Event
from tests.bureau import WHO, collecting, proposed
from tests.databases import THE_DAY
from tests.pages.test_placements import everything, listed, words
from tests.pages.test_rounds import press

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where ``server.toml`` is looked for."""
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    return tmp_path


def account(store: Store, name: str, role: Role = "administrator", *, can_log_in: bool = True, **rest: str) -> Account:
    made = accounts.add(store, WHO, name=name, role=role, **rest)
    if not can_log_in:
        return made
    with store.writing("tests") as work:
        return work.change(work.get(Account, id=made.id), "change_password", password="a hash that nothing opens")  # noqa: S106 - opens nothing


def stored(store: Store, number: int) -> Account:
    with store.reading() as view:
        return view.get(Account, id=number)


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def handed(page: AppTest) -> tuple[str, str]:
    """The link and the short code that are shown."""
    link, code = (shown.value for shown in page.code)
    return link, code


def test_figures_tell_who_can_come_in_who_is_invited_and_who_is_not(open_page: Open, service: Store) -> None:
    collecting(service)
    account(service, "wangfang")
    account(service, "f1", "firm", party="F1")
    accounts.invite(service, WHO, account(service, "e1", "expert", party="E1", can_log_in=False).id)
    gone = account(service, "zhang")
    accounts.disable(service, WHO, gone.id)

    page = open_page(None, name="accounts")
    assert figures(page) == {"可以登录": "2", "已邀请，未使用": "1", "尚未邀请的各方": "5", "已停用": "1"}
    assert list(listed(page)["name"]) == ["wangfang", "f1", "e1", "zhang"]
    assert list(listed(page)["state"]) == ["可登录", "可登录", "已邀请", "已停用"]


def test_state_role_and_search_narrow_the_list_and_stand_in_the_address(open_page: Open, service: Store) -> None:
    collecting(service)
    account(service, "wangfang", person="王芳")
    account(service, "f1", "firm", party="F1", can_log_in=False)
    account(service, "f2", "firm", party="F2", person="李四")

    assert list(listed(open_page(None, name="accounts", role="firm"))["name"]) == ["f1", "f2"]
    assert list(listed(open_page(None, name="accounts", state="waiting"))["name"]) == ["f1"]
    assert list(listed(open_page(None, name="accounts", search="越锦"))["name"]) == ["f2"]
    nobody = open_page(None, name="accounts", search="没有这样的人")
    assert "没有符合条件的账号" in words(nobody)


def test_an_invitation_is_shown_once_and_opens_the_account(open_page: Open, service: Store, home: Path) -> None:
    (home / "server.toml").write_text('base_url = "https://match.example"\n', encoding="utf-8")
    made = account(service, "lisi", "analyst", can_log_in=False)
    page = press(open_page(None, name="accounts"), "生成邀请")

    link, code = handed(page)
    opening, _, token = link.partition("?token=")
    assert opening == "https://match.example/account/invite"
    assert signing_in.invitation_of(service, token).name == "lisi"
    assert signing_in.invitation_of(service, read_code(code)).name == "lisi"
    assert token not in str(page.query_params)
    assert not page.run().code
    assert token not in everything(page)
    assert accounts.accounts(service, WHO)[0].invited_until is not None
    assert made.id == 1


def test_what_the_server_is_told_wrongly_is_said_before_anybody_is_invited(
    open_page: Open, service: Store, home: Path
) -> None:
    account(service, "lisi", "analyst", can_log_in=False)
    page = open_page(None, name="accounts")
    (home / "server.toml").write_text("base_url = 3\n", encoding="utf-8")
    page = press(page, "生成邀请")

    assert "没有完成" in words(page)
    assert not page.code
    assert accounts.accounts(service, WHO)[0].invited_until is None


def test_a_reset_leads_to_its_own_page_and_can_be_taken_back(open_page: Open, service: Store) -> None:
    account(service, "wangfang")
    page = press(open_page(None, name="accounts"), "生成链接")

    link, _ = handed(page)
    assert "/account/reset?token=" in link
    page = press(page, "收回链接")
    assert "已收回 wangfang 尚未使用的链接" in words(page)
    assert accounts.accounts(service, WHO)[0].invited_until is None


def test_an_invitation_that_was_taken_back_elsewhere_is_told(open_page: Open, service: Store) -> None:
    made = account(service, "lisi", "analyst", can_log_in=False)
    accounts.invite(service, WHO, made.id)
    page = open_page(None, name="accounts")
    accounts.revoke_invitation(service, WHO, made.id)

    assert "账号 lisi 没有尚未使用的邀请" in words(press(page, "收回链接"))


def test_the_last_administrator_is_not_disabled_and_another_one_is(open_page: Open, service: Store) -> None:
    first, second = account(service, "wangfang"), account(service, "zhang")
    page = press(open_page(None, name="accounts", account=str(second.id)), "停用此账号")
    assert "已停用 zhang" in words(page)

    page = press(open_page(None, name="accounts", account=str(first.id)), "停用此账号")
    assert "wangfang 不能停用：没有别的管理员能登录" in words(page)
    assert stored(service, first.id).disabled_at is None

    page = press(open_page(None, name="accounts", account=str(second.id)), "启用")
    assert "已启用 zhang" in words(page)
    assert stored(service, second.id).disabled_at is None


def test_ones_own_account_is_disabled_knowingly(open_page: Open, service: Store) -> None:
    own = account(service, "wangfang")
    page = open_page(None, Principal("wangfang", "administrator", account_id=own.id), name="accounts")

    assert "这是您自己的账号" in words(page)


def test_person_and_code_are_changed_and_a_refusal_loses_nothing(open_page: Open, service: Store) -> None:
    made = account(service, "f1", "firm", party="F1", person="张三", code="F1")
    page = open_page(None, name="accounts")
    page.text_input(key=f"change-person-{made.id}-{made.version}").set_value("")
    page = press(page, "保存")
    assert "用代码登录需要姓名" in words(page)
    assert page.text_input(key=f"change-person-{made.id}-{made.version}").value == ""

    page.text_input(key=f"change-person-{made.id}-{made.version}").set_value("李四")
    assert "已修改 f1" in words(press(page, "保存"))
    assert stored(service, made.id).person == "李四"


def test_an_identity_is_linked_and_unlinked_and_anothers_is_refused(open_page: Open, service: Store) -> None:
    first, second = account(service, "wangfang"), account(service, "zhang")
    accounts.link(service, WHO, first.id, issuer="https://id.example", subject="1")
    page = open_page(None, name="accounts", account=str(second.id))
    for part, value in (("issuer", "https://id.example"), ("subject", "1")):
        page.text_input(key=f"link-{part}-{second.id}").set_value(value)
    page = press(page, "关联")
    assert "这个身份已关联到账号 wangfang" in words(page)
    assert page.text_input(key=f"link-subject-{second.id}").value == "1"

    page.text_input(key=f"link-subject-{second.id}").set_value("2")
    page = press(page, "关联")
    assert "已关联 zhang 的身份" in words(page)
    assert stored(service, second.id).subject == "2"
    assert "已取消 zhang 的身份关联" in words(press(page, "取消关联"))
    assert stored(service, second.id).issuer is None


def test_a_colleague_is_added_and_invited_in_one_step(open_page: Open, service: Store) -> None:
    page = open_page(None, name="accounts")
    page.text_input(key="add-name").set_value("Zhao Min")
    page.text_input(key="add-person").set_value("赵敏")
    page = press(page, "添加")

    assert "已添加账号 zhaomin" in words(page)
    link, _ = handed(page)
    assert signing_in.invitation_of(service, link.partition("?token=")[2]).name == "zhaomin"
    assert page.text_input(key="add-name").value == ""
    assert page.header[1].value == "zhaomin"


def test_one_more_account_of_a_party_is_added_without_an_invitation(open_page: Open, service: Store) -> None:
    collecting(service)
    account(service, "f1", "firm", party="F1")
    page = open_page(None, name="accounts")
    page.segmented_control(key="add-role").set_value("firm").run()
    page.text_input(key="add-name").set_value("f1")
    page = press(page, "添加")
    assert "企业账号须指明所代表的企业编号或专家编号" in words(page)
    assert page.text_input(key="add-name").value == "f1"

    page.selectbox(key="add-party-firm").set_value("F1")
    assert "账号名 f1 已被使用" in words(press(page, "添加"))
    page.text_input(key="add-name").set_value("f1-2")
    page.checkbox(key="add-invite").set_value(False)
    page = press(page, "添加")
    assert "已添加账号 f1-2" in words(page)
    assert not page.code
    assert stored(service, 2).party == "F1"


def test_the_uninvited_are_listed_and_lead_to_the_sheets(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    account(service, "f1", "firm", party="F1", can_log_in=False)
    page = open_page(None, name="accounts", tab="invite")

    assert list(listed(page)["party"]) == ["F1", "F2", "F3", "E1", "E2", "E3", "E4"]
    assert list(listed(page)["account"])[:2] == ["已有账号，等待邀请", "邀请时建立"]
    assert f'url: "/export/round/{round_.id}/invitations"' in everything(page)
    assert f"/export/round/{round_.id}/invitations?lang=en" in everything(
        open_page(None, name="accounts", tab="invite", lang="en")
    )


def test_whoever_has_not_acted_is_listed_without_contacts(open_page: Open, service: Store) -> None:
    round_ = proposed(replace(service, clock=lambda: THE_DAY))
    account(service, "e4", "expert", party="E4", person="吴燃", can_log_in=False)
    page = open_page(None, name="accounts", tab="remind")

    assert set(listed(page)["matter"]) == {"未确认配对", "未登录过"}
    assert "13900000001" not in everything(page)
    assert f'url: "/export/round/{round_.id}/reminders.xlsx"' in everything(page)
    only = open_page(None, name="accounts", tab="remind", matter="sign_in")
    assert list(listed(only)["party"]) == ["E4"]
    with service.reading() as view:
        assert not view.listed(Event, what="export")


def test_an_empty_house_has_accounts_and_nobody_to_invite(open_page: Open, service: Store) -> None:
    account(service, "wangfang")

    assert figures(open_page(None, name="accounts"))["尚未邀请的各方"] == "–"
    assert "还没有批次" in words(open_page(None, name="accounts", tab="invite"))


def test_when_everybody_is_invited_that_is_said(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    accounts.invite_parties(service, WHO, round_.id)

    assert "本轮各方都已邀请或可以登录" in words(open_page(None, name="accounts", tab="invite"))


def test_an_account_of_somebody_erased_is_closed(open_page: Open, service: Store) -> None:
    made = account(service, "f1", "firm", party="F1")
    with service.writing("tests") as work:
        row = work.get(Account, id=made.id)
        work.change(row, "change_account", name=f"erased-{made.id}", disabled_at=work.at, password=None)
    page = open_page(None, name="accounts")

    assert "账号不再使用" in words(page)
    assert not [one for one in page.button if one.label in ("启用", "停用此账号")]


def test_the_page_speaks_english(open_page: Open, service: Store) -> None:
    collecting(service)
    account(service, "wangfang")
    page = open_page(None, name="accounts", lang="en")

    assert page.title[0].value == "Accounts"
    assert "4 shown" not in words(page)
    assert "1 shown of 1" in words(page)
    assert {one.label for one in page.button} >= {"Make the link", "Save", "Link", "Add"}


@pytest.mark.parametrize("role", ["analyst", "firm"])
def test_others_find_no_such_page(open_page: Open, service: Store, role: Role) -> None:
    account(service, "wangfang", person="王芳")
    page = open_page(None, Principal("x", role, "F1" if role == "firm" else None))
    assert "王芳" not in everything(page)
    with pytest.raises(ValueError, match="page"):
        page.switch_page("matcher/pages/accounts.py").run()


def test_the_overview_leads_to_whoever_never_logged_in(open_page: Open, service: Store) -> None:
    accounts.invite_parties(service, WHO, collecting(service).id)

    assert 'page: "accounts"' in everything(open_page(None))
