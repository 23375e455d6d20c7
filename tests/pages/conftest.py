"""Runs to show: of the sample, and of a tiny market whose files can be changed."""

import csv
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.elements.lib.mutable_popover_container import PopoverContainer
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import Principal
from matcher.language import use
from matcher.pages import identity
from matcher.services import rounds
from matcher.services.inputs import Options, load_inputs
from matcher.services.placing import PLACEMENTS, REPORT, UNPLACED, place, read_paths
from matcher.store import Store, connect
from matcher.store.entities import Round, Run, Scenario
from tests.bureau import WHO
from tests.databases import Databases
from tests.strategies import DATA

ADMINISTRATOR = Principal("王科长", "administrator")
DOOR = Path(__file__).resolve().parents[2] / "app_streamlit.py"

EXPERTS = [
    {
        "expert_id": "E1",
        "name": "甲一",
        "institution": "某大学",
        "research_fields": "塑封电机降噪",
        "contact": "13900000001",
    },
    {
        "expert_id": "E2",
        "name": "乙二",
        "institution": "某学院",
        "research_fields": "茶园病虫害防治",
        "contact": "a@b.example",
    },
    {
        "expert_id": "E3",
        "name": "丙三",
        "institution": "某学院",
        "research_fields": "领带数码印花",
        "consent": "不同意",
    },
]
FIRMS = [
    {
        "firm_id": "F1",
        "name": "<img src=x>电机厂",
        "township": "甘霖镇",
        "industry": "电机",
        "need_title": "塑封电机降噪",
    },
    {"firm_id": "F2", "name": "茶场", "township": "谷来镇", "industry": "茶叶", "need_title": "茶园病虫害防治"},
    {"firm_id": "F3", "name": "领带厂", "township": "鹿山街道", "industry": "领带", "need_title": "领带数码印花色差"},
]


def run_job(experts: Path, firms: Path, ratings: Path | None, out: Path) -> Path:
    use("zh")
    place(load_inputs(experts, firms, Options(ratings=ratings)), out, started=time.perf_counter())
    return out


@pytest.fixture(scope="session")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on the sample."""
    out = tmp_path_factory.mktemp("sample") / "out"
    return run_job(DATA / "experts.csv", DATA / "firms.csv", DATA / "ratings.csv", out)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The folder of a run on a tiny market, whose inputs stand beside it."""
    for name, rows in (("experts", EXPERTS), ("firms", FIRMS)):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
    return run_job(tmp_path / "experts.csv", tmp_path / "firms.csv", None, tmp_path / "out")


@pytest.fixture(scope="session", autouse=True)
def _packages_are_scanned_once() -> Iterator[None]:
    """AppTest looks through all that is installed for components, page by page: half a second, and always the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="module", autouse=True)
def _weighed_once(weighed_once: None) -> None:
    """Weigh no text twice: pages are about what is shown of a match."""


@pytest.fixture
def service(every_engine: dict[str, Databases], monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A database of the service, which the pages find."""
    store = connect(every_engine["sqlite"].ready())
    monkeypatch.setenv("MATCHER_DATABASE_URL", store.url)
    yield store
    store.close()


@pytest.fixture
def look_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[Principal | None], None]:
    """Say who looks at the pages: tests of pages have no cookie, which is the business of tests/web."""

    def looks(who: Principal | None) -> None:
        monkeypatch.setattr(identity, "current_principal", lambda: who)

    return looks


@pytest.fixture(autouse=True)
def _small_windows_are_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests of pages see what is in a small window: they can't open it, which is the business of tests/browser."""
    monkeypatch.setattr(PopoverContainer, "open", property(lambda _: True, lambda *_: None))


@pytest.fixture
def open_page(service: Store, look_as: Callable[[Principal | None], None]) -> Callable[..., AppTest]:
    """
    Open a page by its name, with what the address asks for; on a run with what a folder holds, its list.

    Without a name it is the first page of whoever looks.
    """

    def opened(
        folder: Path | None, who: Principal | None = ADMINISTRATOR, *, name: str | None = None, **query: str
    ) -> AppTest:
        if folder is not None:
            keep_run(service, folder)
        look_as(who)
        if name is None and who is not None and who.role == "administrator" and folder is not None:
            name = "placements"
        page = AppTest.from_file(str(DOOR), default_timeout=30)
        if name is not None:
            page.switch_page(f"matcher/pages/{name}.py")
        for key, value in query.items():
            page.query_params[key] = value
        page.run()
        assert not page.exception
        return page

    return opened


def keep_run(store: Store, folder: Path) -> None:
    """Put a run into the database, with the files of a folder and those that it was made of, whatever is in them."""
    results = {name: folder / name for name in (PLACEMENTS, UNPLACED, REPORT)}
    inputs = {path.name: path for path in read_paths(folder).values()}
    with store.writing(WHO.name) as work:
        round_ = rounds.open_in(work, f"2026-{len(work.listed(Round)) + 1}", 2026)
        values = {"name": "稳定匹配", "settings": round_.settings, "copied_from": None}
        scenario = work.insert(Scenario, "create_scenario", round_id=round_.id, **values)
        kept = [
            {name: work.keep_file(path.read_bytes()) for name, path in files.items() if path.exists()}
            for files in (inputs, results)
        ]
        times = dict.fromkeys(("started_at", "heartbeat_at", "ended_at"), work.at)
        rest = {"error": None, "worker": None, "stage": None, "done": 0, "total": 0, "queued_at": work.at, **times}
        of = {"scenario_id": scenario.id, "scenario_version": 1, "language": "zh", "queued_by": WHO.name}
        work.insert(Run, None, state="done", inputs=kept[0], results=kept[1], **of, **rest)
