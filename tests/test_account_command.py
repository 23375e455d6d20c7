"""`matcher account` as those meet it who run the service: the first administrator, invitations, resets, the last."""

import errno
import json
import re
from pathlib import Path
from typing import NamedTuple

import docx
import pytest
from python_calamine import CalamineWorkbook

from matcher import cli
from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.language import use
from matcher.services import signing_in
from matcher.store import Store, connect, open_store
from matcher.store.entities import Account, Event
from tests import bureau

pytestmark = pytest.mark.usefixtures("cheap_hashes")
GOOD, OTHER = "剡溪九曲绕城东流过桥", "越剧故乡在施家岙村口"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def matcher(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    monkeypatch.delenv("MATCHER_DATABASE_URL", raising=False)

    def run(*words: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, words)])
        use("zh")
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    assert run("database", "upgrade").code == 0
    return lambda *words: run("account", *words)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A terminal, at which these passwords are typed."""
    given: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("matcher.cli.account.getpass", lambda _prompt: given.pop(0))
    return given


def who(store: Store, token: str) -> Principal:
    found = signing_in.signed_in(store, token)
    assert found is not None
    return found.principal


def opened(ran: Ran, store: Store, password: str = GOOD) -> Principal:
    """Take the invitation that a command has shown."""
    [link] = re.findall(r"token=([\w-]{22})", ran.out)
    return who(store, signing_in.redeem(store, link, password, address="::1"))


def test_the_first_administrator_types_a_password_that_nobody_sees(matcher, typed: list[str]) -> None:
    typed += [GOOD, GOOD]
    assert matcher("add", "Wang Fang", "--role", "administrator") == Ran(0, "", "已添加账号 wangfang（管理员）\n")
    assert who(open_store(), signing_in.sign_in(open_store(), "wangfang", GOOD, address="::1")).role == "administrator"
    with open_store().reading() as view:
        assert view.listed(Event)[0].who  # whoever is at this terminal


@pytest.mark.parametrize(
    ("words", "why"), [((GOOD, OTHER), "两次输入的密码不一致"), (("admin@123", "admin@123"), "至少需要 10 个")]
)
def test_a_password_that_is_no_good_or_not_the_same_twice_makes_no_account(matcher, typed, words, why: str) -> None:
    typed += words
    ran = matcher("add", "wangfang", "--role", "administrator")
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert "wangfang" not in matcher("list").out


def test_without_a_terminal_a_link_and_a_code_are_given_instead(matcher) -> None:
    ran = matcher("add", "wangfang", "--role", "administrator", "--person", "王芳", "--days", 2)
    assert (ran.code, ran.err) == (0, "已添加账号 wangfang（管理员）\n")
    assert re.fullmatch(
        r"wangfang（王芳）：请在 .* 前打开 http://127.0.0.1:8501/account/invite\?token=.*短码 \w{5}-\w{5} 设置密码\n",
        ran.out,
    )
    assert opened(ran, open_store()).role == "administrator"


def test_who_is_asked_to_may_be_invited_at_a_terminal_too_and_others_always_are(matcher, typed: list[str]) -> None:
    assert opened(matcher("add", "wang", "--role", "administrator", "--invite"), open_store()).name == "wang"
    ran = matcher("add", "li", "--role", "firm", "--party", "F1", "--code", "F1", "--person", "李四", "--json")
    [invited] = json.loads(ran.out)
    token = signing_in.redeem(open_store(), invited["short_code"], GOOD, address="::1")
    assert who(open_store(), token) == Principal("firm:F1#2", "firm", "F1", 2)
    assert typed == []


def test_the_last_administrator_gets_back_in_and_is_not_disabled(matcher, typed: list[str]) -> None:
    typed += [GOOD, GOOD]
    matcher("add", "wangfang", "--role", "administrator")
    refused = matcher("disable", "wangfang")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "wangfang 不能停用：没有别的管理员能登录；请先添加另一个\n"
    before = signing_in.sign_in(open_store(), "wangfang", GOOD, address="::1")
    ran = matcher("reset", "WANGFANG")
    assert ran.err == "账号 wangfang 的登录已全部结束；原密码在新密码设好之前仍然有效\n"
    assert "打开 http://127.0.0.1:8501/account/reset?token=" in ran.out
    assert signing_in.signed_in(open_store(), before) is None
    assert opened(ran, open_store(), OTHER).name == "wangfang"


def test_all_parties_of_the_round_are_invited_by_one_command(matcher) -> None:
    bureau.collecting(connect())
    ran = matcher("invite", "--parties", "--json")
    assert ran.err == "已邀请 7 个账号；链接和短码只显示这一次\n"
    invited = json.loads(ran.out)
    assert [row["party"] for row in invited] == ["F1", "F2", "F3", "E1", "E2", "E3", "E4"]
    assert matcher("invite", "--parties", "--batch", "2026") == Ran(0, "", ran.err.replace("7", "0"))
    assert len(matcher("invite", "--parties", "--again").out.splitlines()) == 7
    assert matcher("invite", "--parties", "--batch", "1999").code == 2
    for wrong in ((), ("e1", "--parties")):
        assert matcher("invite", *wrong).err == "请给出账号名，或者用 --parties，二者取一\n"


@pytest.fixture
def at_home(tmp_path: Path) -> Path:
    """A service that people reach under a name of its own."""
    (tmp_path / "server.toml").write_text('base_url = "https://match.example"\n', encoding="utf-8")
    return tmp_path


def said_in(path: Path) -> str:
    """Read a sheet again, as whoever opens it does."""
    if path.suffix == ".xlsx":
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        return "\n".join(str(cell) for row in rows for cell in row)
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_links_are_whole_and_begin_with_the_address_of_the_service(matcher, at_home: Path) -> None:  # noqa: ARG001
    ran = matcher("add", "wang", "--role", "analyst", "--person", "王芳")
    assert re.search(r"打开 https://match\.example/account/invite\?token=[\w-]{22}，", ran.out)
    [reset] = json.loads(matcher("reset", "wang", "--json").out)
    assert re.fullmatch(r"https://match\.example/account/reset\?token=[\w-]{22}", reset["link"])


@pytest.mark.parametrize("suffix", ["docx", "xlsx"])
def test_invitations_of_a_round_become_a_sheet_to_hand_out(matcher, at_home: Path, suffix: str) -> None:
    bureau.collecting(connect())
    out = at_home / f"邀请单.{suffix}"
    ran = matcher("invite", "--parties", "--out", out)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.splitlines()[-1] == (
        f"已邀请 7 个账号，邀请单已写入 {out}；链接和短码只在其中，系统不能再次显示，请妥善保管"
    )
    assert out.stat().st_mode & 0o077 == 0
    sheet = said_in(out)
    tokens = re.findall(r"https://match\.example/account/invite\?token=([\w-]{22})", sheet)
    assert len(set(tokens)) == 7
    assert who(open_store(), signing_in.redeem(open_store(), tokens[-1], GOOD, address="::1")).role == "expert"
    for name in ("嵊星电机", "越锦丝绸", "陈永", "吴燃"):
        assert name in sheet
    before = out.read_bytes()
    again = matcher("invite", "--parties", "--again", "--out", out)
    assert (again.code, again.err) == (2, f"{out}：文件已存在，没有覆盖；请换一个文件名\n")
    assert out.read_bytes() == before
    signing_in.redeem(open_store(), tokens[0], GOOD, address="::1")  # it was not voided by what was refused


def test_no_sheet_is_written_for_nobody_and_none_of_another_kind(matcher, at_home: Path) -> None:
    bureau.collecting(connect())
    for words, why in (
        (("--parties", "--out", at_home / "x.pdf"), "应为 .docx 或 .xlsx"),
        (("e1", "--out", at_home / "x.docx"), "--out 只能与 --parties 一起使用"),
    ):
        ran = matcher("invite", *words)
        assert (ran.code, ran.out) == (2, "")
        assert why in ran.err
    assert len(json.loads(matcher("invite", "--parties", "--out", at_home / "a.xlsx", "--json").out)) == 7
    ran = matcher("invite", "--parties", "--out", at_home / "x.docx")
    assert (ran.code, ran.err[:20]) == (0, "没有需要邀请的企业和专家，没有写文件；要")
    assert sorted(path.name for path in at_home.glob("*.*x")) == ["a.xlsx"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("server.toml", "base_url = 'nowhere'\n"),
        ("bureau.toml", "colour = 'red'\n"),
        ("templates/invitation.txt", "{nonsense}\n"),
    ],
)
def test_settings_that_are_wrong_are_said_before_anybody_is_invited(matcher, at_home: Path, file: str, text) -> None:
    bureau.collecting(connect())
    (at_home / "templates").mkdir()
    (at_home / file).write_text(text, encoding="utf-8")
    ran = matcher("invite", "--parties", "--out", at_home / "x.docx")
    assert (ran.code, ran.out, (at_home / "x.docx").exists()) == (2, "", False)
    with open_store().reading() as view:
        assert view.listed(Account) == []


def test_that_links_open_on_this_machine_alone_is_said_before_anybody_is_invited(
    matcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau.collecting(connect())
    invited_when_said: dict[str, int] = {}

    def say(message: Message) -> None:
        with open_store().reading() as view:
            invited_when_said[message.code] = len(view.listed(Account))

    monkeypatch.setattr("matcher.cli.account.say", say)
    assert matcher("invite", "--parties", "--out", tmp_path / "x.docx").code == 0
    assert invited_when_said == {"cli.account.sheet_near": 0, "cli.account.sheet": 7}


def test_invitations_that_could_not_be_written_are_said_to_be_lost(
    matcher, at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau.collecting(connect())

    def full(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("matcher.files.invitation_sheets.invitation_docx", full)
        ran = matcher("invite", "--parties", "--out", at_home / "x.docx")
    assert (ran.code, ran.out, (at_home / "x.docx").exists()) == (2, "", False)
    lost, why = ran.err.splitlines()
    assert lost.startswith("已邀请 7 个账号，但邀请单没有写成")
    assert "No space left on device" in why
    assert matcher("invite", "--parties", "--again", "--out", at_home / "x.docx").code == 0


def test_an_account_is_invited_revoked_disabled_enabled_linked_and_listed(matcher) -> None:
    matcher("add", "wangfang", "--role", "analyst", "--person", "王芳")
    first = matcher("invite", "wangfang", "--days", 1)
    assert matcher("revoke", "wangfang") == Ran(0, "", "已收回账号 wangfang 的邀请\n")
    with pytest.raises(signing_in.SignInRefused):
        opened(first, open_store())
    assert matcher("link", "wangfang", "--issuer", "https://id", "--subject", "8c1f").code == 0
    token = signing_in.sign_in_by_identity(open_store(), "https://id", "8c1f", said="一", address="::1")
    assert matcher("disable", "wangfang").err == "账号 wangfang 已停用\n"
    assert signing_in.signed_in(open_store(), token) is None
    shown = matcher("list").out
    assert [word in shown for word in ("wangfang", "分析员", "王芳", "已停用", "已关联身份")] == [True] * 5
    assert matcher("enable", "wangfang").code == 0
    [row] = json.loads(matcher("list", "--json").out)
    assert (row["name"], row["has_password"], row["has_identity"], row["disabled_at"]) == (
        "wangfang",
        False,
        True,
        None,
    )
    assert "password" not in row
    assert "8c1f" not in str(row)


def test_an_account_is_changed_and_unlinked(matcher) -> None:
    matcher("add", "wangfang", "--role", "analyst", "--person", "王芳")
    assert matcher("change", "wangfang", "--person", "王方", "--code", "a1") == Ran(
        0, "", "账号 wangfang：代码 A1，姓名 王方\n"
    )
    assert matcher("change", "wangfang", "--code", "").err == "账号 wangfang：代码 —，姓名 王方\n"
    assert "没有写明要改什么" in matcher("change", "wangfang").err
    matcher("link", "wangfang", "--issuer", "https://id", "--subject", "8c1f")
    assert matcher("unlink", "wangfang").err == "账号 wangfang 不再通过身份提供方登录\n"
    assert matcher("unlink", "wangfang").code == 2
    [row] = json.loads(matcher("list", "--json").out)
    assert (row["person"], row["code"], row["role"], row["has_identity"]) == ("王方", None, "analyst", False)


@pytest.mark.parametrize("command", ["invite", "reset", "revoke", "disable", "enable", "unlink"])
def test_a_name_that_nobody_has_is_said(matcher, command: str) -> None:
    ran = matcher(command, "nobody", "--lang", "en")
    assert ran.code == 2
    assert "there is no account of the name nobody" in ran.err


def test_nothing_is_done_where_there_is_no_database(matcher, tmp_path: Path) -> None:
    (tmp_path / "matcher.db").unlink()
    ran = matcher("add", "wangfang", "--role", "administrator", "--invite")
    assert (ran.code, ran.out) == (2, "")
    assert "matcher database upgrade" in ran.err


def test_wrong_days_and_roles_make_no_account(matcher) -> None:
    for wrong in (("--role", "king"), ("--role", "analyst", "--days", 0), ("--role", "firm")):
        assert matcher("add", "wangfang", *wrong).code == 2
    with open_store().reading() as view:
        assert view.listed(Account) == []
