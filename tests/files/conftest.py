import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import xlsxwriter

from matcher.language import use

EXPERT = {"expert_id": "E001", "name": "陈树", "institution": "西泠工业大学", "research_fields": "永磁电机设计"}
FIRM = {"firm_id": "F001", "name": "剡溪电机厂", "township": "甘霖镇", "industry": "电机", "need_title": "塑封电机降噪"}


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
    use("zh")
    yield
    use("zh")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text in an encoding, or bytes, to a file of a name."""

    def written(content: str | bytes, name: str = "experts.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return written


@pytest.fixture
def expert_rows(write: Callable[..., Path]) -> Callable[..., Path]:
    """Write an experts' file: each row is the sample's with some columns otherwise."""

    def written(*rows: dict[str, str], encoding: str = "utf-8") -> Path:
        return write(table(EXPERT, rows, numbered="expert_id"), "experts.csv", encoding)

    return written


@pytest.fixture
def firm_rows(write: Callable[..., Path]) -> Callable[..., Path]:
    """Write a firms' file: each row is the sample's with some columns otherwise."""

    def written(*rows: dict[str, str]) -> Path:
        return write(table(FIRM, rows), "firms.csv")

    return written


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Write a workbook: sheets by name, each a list of rows of values."""

    def written(sheets: dict[str, Sequence[Sequence[object]]], name: str = "experts.xlsx") -> Path:
        path = tmp_path / name
        with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
            for title, rows in sheets.items():
                sheet = book.add_worksheet(title)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row)
        return path

    return written


def table(sample: dict[str, str], rows: Sequence[dict[str, str]], numbered: str = "") -> str:
    header = list(dict.fromkeys([*sample, *(name for row in rows for name in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    for number, row in enumerate(rows, start=1):
        ids = {numbered: f"{sample[numbered][0]}{number:03}"} if numbered else {}
        writer.writerow(sample | ids | row)
    return text.getvalue()
