"""Results of the main job to show: the sample, and a tiny market whose files can be changed."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matcher.language import use
from matcher.services.inputs import Options, load_inputs
from matcher.services.placing import place
from tests.strategies import DATA

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


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the page on a folder, with what the address asks for."""

    def opened(folder: Path, **query: str) -> AppTest:
        monkeypatch.setenv("MATCHER_OUT", str(folder))
        page = AppTest.from_file(str(DOOR), default_timeout=30)
        for name, value in query.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception
        return page

    return opened
