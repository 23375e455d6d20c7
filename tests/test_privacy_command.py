"""`matcher privacy` as the office works with it: what somebody asked for in writing is done, recorded and told."""

import io
import json
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from matcher import cli
from matcher.domain.messages import Message
from matcher.language import sentence, use
from matcher.services import erasing, following, log, publishing, rounds
from matcher.services.consents import basis_of
from matcher.store import Store, connect, open_store
from matcher.store.entities import Application, Batch, NeedForm
from tests import bureau
from tests.bureau import WHO, later
from tests.databases import THE_DAY


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MATCHER_DATABASE_URL", raising=False)

    def ran(*words: object, typed: io.StringIO | None = None) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", typed or io.StringIO())
        with pytest.raises(SystemExit) as ended:
            cli.main([*map(str, words)])
        use("zh")
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    assert ran("database", "upgrade").code == 0
    return lambda *words, typed=None: ran("privacy", *words, typed=typed)


@pytest.fixture
def store(run: Run) -> Store:  # noqa: ARG001 - that there is one
    """The database of the service, on the day of all tests."""
    return connect(clock=lambda: THE_DAY)


def contacts(store: Store) -> set[str]:
    with store.reading() as view:
        return {form.record.contact for kind in (Application, NeedForm) for form in view.listed(kind)} - {""}


def test_what_is_held_of_a_party_is_written_into_a_file_for_its_owner_alone(run: Run, store: Store, tmp_path) -> None:
    bureau.collecting(store)
    out = tmp_path / "to hand out" / "E4.json"
    ran = run("data", "--expert", "E4", "--out", out)
    assert ran == Ran(0, "", f"已把 E4 的资料写入 {out}：内有个人信息，只交给本人\n")
    held = json.loads(out.read_bytes())
    assert [form["record"]["name"] for form in held["forms"]] == ["吴燃"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert log.entries(store, WHO, what="export")[0].about == "expert/E4/data"
    before = out.read_bytes()
    again = run("data", "--firm", "F1", "--out", out)
    assert (again.code, again.err) == (2, f"{out}：文件已存在，没有覆盖；请换一个文件名\n")
    assert out.read_bytes() == before
    assert len(log.entries(store, WHO, what="export")) == 1


def test_of_somebody_who_is_not_there_no_file_is_written_and_nothing_recorded(run: Run, store: Store, tmp_path) -> None:
    bureau.collecting(store)
    entries = log.entries(store, WHO)
    for words in (
        ("data", "--out", tmp_path / "x.json"),
        ("consent", "contact", "--given", "--basis", "来函"),
        ("correct", "--contact", "13700000000"),
        ("erase", "--why", "申请", "--yes"),
    ):
        ran = run(*words, "--expert", "F1")
        assert (ran.code, ran.out, ran.err) == (2, "", "系统中没有 F1 的资料\n")
    assert not (tmp_path / "x.json").exists()
    assert log.entries(store, WHO) == entries


@pytest.mark.parametrize("who", [(), ("--firm", "F1", "--expert", "E1")])
def test_one_party_is_named_no_more_and_no_less(run: Run, who: tuple[str, ...]) -> None:
    ran = run("consents", *who)
    assert (ran.code, ran.err) == (2, "请用 --firm 或 --expert 指明一方，二者取一\n")


def test_consents_are_recorded_with_how_the_office_knows_and_listed(run: Run, store: Store) -> None:
    bureau.collecting(store)
    assert run("consents", "--expert", "E1").err == "E1 还没有表示过任何同意或不同意\n"
    given = run("consent", "notice", "--expert", "E1", "--given", "--basis", "2026-05-20 书面同意")
    assert given == Ran(0, "", "已登记：E1 对「公示列名」同意\n")
    assert run("consent", "contact", "--expert", "E1", "--refused", "--basis", "电话记录").code == 0
    lines = run("consents", "--expert", "E1").out.splitlines()
    assert [line.partition("（")[0] for line in lines] == ["提供联系方式：不同意", "公示列名：同意"]
    assert "依据：2026-05-20 书面同意" in lines[1]
    rows = json.loads(run("consents", "--expert", "E1", "--json").out)
    assert [(row["kind"], row["given"], row["basis"]) for row in rows] == [
        ("contact", False, "电话记录"),
        ("notice", True, "2026-05-20 书面同意"),
    ]
    no_basis = run("consent", "contact", "--expert", "E1", "--given", "--basis", " ")
    assert (no_basis.code, no_basis.err[:5]) == (2, "请写明依据")
    of_others = run("consent", "notice", "--firm", "F1", "--given", "--basis", "来函", "--lang", "en")
    assert of_others.code == 2
    assert of_others.err.startswith("being named in public is nothing that firm is asked for")
    assert run("consent", "money", "--firm", "F1", "--given", "--basis", "来函").code == 2


def test_a_ground_for_everybody_is_recorded_and_shown(run: Run, store: Store) -> None:
    assert run("basis", "contact").err == "「提供联系方式」没有登记依据，以各方本人的表示为准\n"
    assert run("basis", "contact", "三方协议第5条") == Ran(0, "「提供联系方式」的依据：三方协议第5条\n", "")
    assert run("basis", "contact").out == "「提供联系方式」的依据：三方协议第5条\n"
    assert run("basis", "contact", "").code == 2
    assert basis_of(store, WHO, "contact") == "三方协议第5条"


def test_contact_data_are_corrected_from_standard_input_so_that_no_history_has_them(run: Run, store: Store) -> None:
    bureau.collecting(store)
    ran = run("correct", "--expert", "E4", "--contact", "-", typed=io.StringIO("13700000004\n"))
    assert ran == Ran(0, "", "已更正 E4 的 1 份表格中的联系方式\n")
    assert contacts(store) == {"13700000004", "13900000001"}
    again = run("correct", "--expert", "E4", typed=Terminal("13700000004\n"))
    assert again == Ran(0, "", "新的联系方式：E4 的各份表格本来就是这个联系方式，没有改动\n")
    assert run("correct", "--firm", "F1", "--contact", "13700000001").code == 0
    assert contacts(store) == {"13700000004", "13700000001"}
    for words in (("--contact", "-"), (), ("--contact", "  ")):
        ran = run("correct", "--firm", "F1", *words)
        assert (ran.code, ran.err[:10]) == (2, "没有读到联系方式，没")
    assert run("correct", "--firm", "F1", "--contact", "1" * 5001).err == "联系方式有 5001 个字符，最多 5000 个\n"
    assert contacts(store) == {"13700000004", "13700000001"}
    assert "13700000004" not in repr(log.entries(store, WHO))


def test_an_erasure_is_confirmed_by_the_id_and_says_what_went_and_what_stays(run: Run, store: Store) -> None:
    active = bureau.active(store)
    refused = run("erase", "--expert", "E4", "--why", "本人申请", "--yes")
    assert refused.code == 2
    assert "请先结束派驻" in refused.err
    placed = next(row for row in publishing.placements(store, WHO, active.id) if row.expert_id == "E4")
    following.end_placement(later(store, 40), WHO, placed.id, "quit", on=date(2026, 6, 20), why="调离")
    asked = ("erase", "--expert", "E4", "--why", "本人申请")
    unheard = run(*asked)
    assert (unheard.code, unheard.err) == (2, "删除不可恢复：没有终端可以询问，请加 --yes 确认\n")
    mistyped = run(*asked, typed=Terminal("E5\n"))
    assert (mistyped.code, mistyped.out) == (2, "")
    assert mistyped.err == "不可恢复。请输入 E4 确认：输入的不是 E4，没有删除任何内容\n"
    assert "13800000004" in contacts(store)
    done = run(*asked, typed=Terminal("E4\n"))
    assert (done.code, done.err) == (0, "不可恢复。请输入 E4 确认：")
    kept = Message("privacy.kept.form", {"batch": "2026", "number": 1})
    assert done.out.splitlines() == [
        sentence(Message("privacy.gone.contact")),
        sentence(kept),
        sentence(Message("privacy.kept.words")),
    ]
    assert "13800000004" not in contacts(store)
    told = json.loads(run(*asked, "--yes", "--json").out)
    assert [len(told[name]) for name in ("gone", "kept")] == [1, 2]
    assert run("erase", "--expert", "E3", "--why", " ", "--yes").err == "请写明理由\n"


def test_a_batch_is_kept_until_a_day_listed_when_that_is_over_and_erased(run: Run, store: Store) -> None:
    active = bureau.active(store)
    summer = later(store, 40)
    rounds.advance(summer, WHO, active.id)
    for placed in publishing.placements(store, WHO, active.id):
        following.end_placement(summer, WHO, placed.id, "expired", on=date(2026, 7, 1), why="期满")
    assert run("over").err == "没有保存期已满的批次\n还没有登记保存期限的批次：2026；请用 matcher privacy keep\n"
    unkept = run("erase-batch", "2026", "--why", "期满", "--yes")
    assert (unkept.code, "先登记保存期限" in unkept.err) == (2, True)
    kept = run("keep", "2026", "--until", "2026-07-02")  # the command goes by the clock of the machine
    assert kept == Ran(0, "", "批次「2026」的个人信息保存到 2026-07-02\n")
    assert run("over") == Ran(0, "2026（2026 年）：保存到 2026-07-02，期满\n", "")
    assert json.loads(run("over", "--json").out) == [{"batch": "2026", "year": 2026, "keep_until": "2026-07-02"}]
    asked = ("erase-batch", "2026", "--why", "保存期满")
    assert run(*asked).code == 2
    assert run(*asked, typed=Terminal("2025\n")).err.endswith("没有删除任何内容\n")
    done = run(*asked, "--yes")
    assert (done.code, "2026" in done.out) == (0, True)
    with store.reading() as view:
        assert view.listed(NeedForm) == []
        assert view.get(Batch, id=1).erased_on is not None
    assert erasing.batches_over(open_store(), WHO) == []
    assert "已于" in run(*asked, "--yes").err


def test_a_batch_or_a_day_that_is_none_is_said(run: Run, store: Store) -> None:
    assert "还没有批次" in run("keep", "2026", "--until", "2029-12-31").err
    bureau.collecting(store)
    ran = run("keep", "2026年", "--until", "2029-12-31")
    assert (ran.code, ran.err) == (2, "没有名为「2026年」的批次；现有：2026\n")
    ran = run("keep", "2026", "--until", "31.12.2029")
    assert (ran.code, ran.err) == (2, "「31.12.2029」不是日期，应如 2026-06-01\n")
    assert run("erase-batch", "2026年", "--why", "期满", "--yes").code == 2
