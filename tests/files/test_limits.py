"""Files that would take all memory, or all day, are refused with a sentence; what is large and honest is read."""

import io
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from matcher.domain.errors import InputError
from matcher.files import Upload, load_documents, load_experts, load_firms, load_placements
from matcher.files.encoding import decoded
from matcher.files.limits import MB, MOST_PROBLEMS, Limits
from matcher.files.parts import walk
from matcher.files.workbook import workbook_sheets

Rows = Callable[..., Path]
HEADER = "expert_id,name,institution,research_fields\n"
ROW = "E1,陈树,西泠工业大学,电机\n"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
LIMIT_MB = 1_000
"""Address space of a process that reads what is refused: Python, pydantic and the libraries take 300 of it."""


def inline(text: str, place: str = "") -> str:
    return f"<c {place and f'r={place!r}'} t='inlineStr'><is><t>{text}</t></is></c>"


def line(*texts: str) -> str:
    return f"<row>{''.join(map(inline, texts))}</row>"


def sheet(rows: str, *, start: str = "", after: str = "") -> bytes:
    xml = f"{start}<worksheet xmlns='{MAIN}'><sheetData>{rows}</sheetData>{after}</worksheet>"
    return f"<?xml version='1.0' encoding='UTF-8'?>{xml}".encode()


TABLE = line(*HEADER.strip().split(",")) + line(*ROW.strip().split(","))


def workbook(
    *sheets: bytes, shared: str = "", names: tuple[str, ...] = (), targets: tuple[str, ...] = ()
) -> dict[str, bytes]:
    """Make the parts of a workbook by hand: no program that writes workbooks would write these."""
    numbers = range(1, len(sheets) + 1)
    names = names or tuple(f"表{n}" for n in numbers)
    targets = targets or tuple(f"worksheets/sheet{n}.xml" for n in numbers)
    listed = "".join(
        f"<sheet name='{name}' sheetId='{n}' r:id='r{n}'/>" for n, name in zip(numbers, names, strict=True)
    )
    related = [f"<Relationship Id='r{n}' Type='{OFFICE}/worksheet' Target='{t}'/>" for n, t in enumerate(targets, 1)]
    related.append(f"<Relationship Id='s' Type='{OFFICE}/sharedStrings' Target='sharedStrings.xml'/>")
    root = f"<Relationship Id='b' Type='{OFFICE}/officeDocument' Target='xl/workbook.xml'/>"
    relations = f"<Relationships xmlns='{PACKAGE}/relationships'>%s</Relationships>"
    parts = {
        "[Content_Types].xml": f"<Types xmlns='{PACKAGE}/content-types'/>",
        "_rels/.rels": relations % root,
        "xl/workbook.xml": f"<workbook xmlns='{MAIN}' xmlns:r='{OFFICE}'><sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations % "".join(related),
    }
    if shared:
        parts["xl/sharedStrings.xml"] = f"<sst xmlns='{MAIN}'>{shared}</sst>"
    return {name: text.encode() for name, text in parts.items()} | {
        f"xl/{target}": xml for target, xml in zip(dict.fromkeys(targets), sheets, strict=False)
    }


def packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def said(data: bytes | str, name: str = "experts.xlsx") -> str:
    """The only problem of an upload."""
    content = data.encode() if isinstance(data, str) else data
    (problem,) = load_experts(Upload(name, content)).problems
    assert str(problem).startswith(f"{name}：")
    return str(problem).removeprefix(f"{name}：")


def refusal(limits: Limits, parts: dict[str, bytes]) -> str:
    """What is said of a workbook where less is allowed than in earnest, so that little is enough to try it."""
    with pytest.raises(InputError) as raised:
        workbook_sheets(packed(parts), limits)
    return str(raised.value)


def said_in_little_memory(path: Path) -> str:
    """The only problem of a file, read by a process that may not take more memory than `LIMIT_MB`."""
    code = (
        "import resource, sys\n"
        "from matcher.files import load_experts\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({LIMIT_MB * MB}, {LIMIT_MB * MB}))\n"
        "(problem,) = load_experts(sys.argv[1]).problems\n"
        "sys.stdout.buffer.write(str(problem).encode())\n"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().removeprefix(f"{path}：")


# ---- how large a file is


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "experts.csv"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * MB)
    assert (
        said_in_little_memory(path) == "文件有 102400 MB 或更大，最大可读 20 MB，请去掉图片和其他工作表，或拆成几个文件"
    )
    assert load_experts(path).digest == ""


def test_a_file_without_a_size_is_read_as_far_as_is_allowed(tmp_path: Path) -> None:
    assert said_in_little_memory(Path("/dev/zero")).startswith("文件有 21 MB 或更大，最大可读 20 MB")
    pipe = tmp_path / "experts.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(HEADER + ROW,))
    writer.start()
    assert len(load_experts(pipe).records) == 1
    writer.join()


def test_an_upload_is_read_as_the_file_of_its_name_would_be(write: Rows) -> None:
    path = write(HEADER + ROW + "E 2,林舟,西泠,茶\n")
    upload = Upload(str(path), path.read_bytes())
    assert load_experts(upload) == load_experts(path)
    assert [str(problem) for problem in load_experts(Upload("名单.csv", upload.data)).problems] == [
        "名单.csv：第 3 行「专家编号」应为不含空格、分号和等号的编号，读到 'E 2'"
    ]
    assert load_placements(Upload("p.csv", b"need_id,expert_id\nF1,E1\n")).problems == []
    assert "陈树" not in repr(upload)


def test_an_upload_that_is_too_large_is_refused() -> None:
    assert said(bytes(20 * MB + 1)).startswith("文件有 20 MB 或更大")


def test_a_benchmark_may_be_larger_than_a_table(tmp_path: Path) -> None:
    path = tmp_path / "documents.csv"
    path.write_text("document_id,text\n" + "".join(f"d{k},{k}\n" for k in range(100_001)))
    assert len(load_documents(path).records) == 100_001


# ---- what a workbook unpacks to


def test_a_workbook_made_by_hand_is_read() -> None:
    assert [e.name for e in load_experts(Upload("e.xlsx", packed(workbook(sheet(TABLE))))).records] == ["陈树"]


def test_parts_that_unpack_to_more_than_is_allowed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "experts.xlsx"
    path.write_bytes(packed(workbook(sheet(TABLE, after=" " * 101 * MB))))
    assert path.stat().st_size < MB
    assert said_in_little_memory(path).startswith("文件解压后超过 100 MB，不予读取；请把表格单独另存为")


def test_an_archive_that_lies_about_its_sizes_is_not_believed(tmp_path: Path) -> None:
    parts = workbook(sheet(TABLE, after=" " * 101 * MB))
    honest = packed(parts)
    short = sheet(TABLE)
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        about = archive.getinfo("xl/worksheets/sheet1.xml")
        entry = about.CRC.to_bytes(4, "little") + about.compress_size.to_bytes(4, "little")
        size = about.file_size.to_bytes(4, "little")
    assert honest.count(entry + size) == 2
    said_size = len(short) - len(b"</worksheet>")
    crc = zipfile.crc32(parts["xl/worksheets/sheet1.xml"][:said_size]).to_bytes(4, "little")  # ty: ignore[missing-attribute]
    lying = honest.replace(entry + size, crc + entry[4:] + said_size.to_bytes(4, "little"))
    path = tmp_path / "experts.xlsx"
    path.write_bytes(lying)
    assert said_in_little_memory(path).startswith("XLSX 文件已损坏")


def test_pictures_and_whatever_else_is_not_the_table_stay_packed() -> None:
    parts = workbook(sheet(TABLE)) | {f"xl/media/image{k}.png": bytes(60 * MB) for k in range(2)}
    assert len(load_experts(Upload("e.xlsx", packed(parts))).records) == 1


def test_parts_by_the_thousand_are_refused() -> None:
    parts = workbook(sheet(TABLE)) | {f"xl/media/{k}": b"" for k in range(10_001)}
    assert said(packed(parts)).startswith("工作簿由 10006 个部件组成，最多可读 10000 个")


def test_sheets_by_the_hundred_are_refused() -> None:
    assert said(packed(workbook(*[sheet(TABLE)] * 101))).startswith("工作簿有 101 张工作表，最多可读 100 张")


def test_tags_by_the_million_are_refused() -> None:
    parts = workbook(sheet(TABLE + "<row/>" * 1_000))
    assert refusal(Limits(tags=1_000), parts).startswith("工作簿含 1070 个标记，最多可读 1000 个")


def test_a_part_packed_by_a_method_that_unpacks_whole_blocks_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in workbook(sheet(TABLE)).items():
            archive.writestr(name, content)
    assert said(buffer.getvalue()).startswith("XLSX 文件已损坏")


@pytest.mark.parametrize(
    "parts",
    [
        workbook(sheet(TABLE), sheet(TABLE), names=("表", "表")),
        workbook(sheet(TABLE), sheet(TABLE), targets=("worksheets/a.xml", "worksheets/A.xml")),
        workbook(sheet(TABLE), sheet(TABLE), targets=("worksheets/a.xml", "worksheets/a.xml")),
        workbook(sheet(TABLE, after="<si><t>x</t></si>")),
        workbook(sheet(TABLE)) | {"xl/workbook2.xml": workbook(sheet(TABLE))["xl/workbook.xml"]},
        workbook(sheet(TABLE)) | {"_rels/.rels": workbook(sheet(TABLE))["_rels/.rels"].replace(b"workbook", b"other")},
    ],
    ids=[
        "two sheets of one name",
        "two parts that differ in case",
        "one part twice",
        "a sheet with shared texts",
        "two books",
        "no book",
    ],
)
def test_what_two_readers_may_understand_in_two_ways_is_refused(parts: dict[str, bytes]) -> None:
    assert said(packed(parts)).startswith("XLSX 文件已损坏")


# ---- what its sheets ask for


def test_a_cell_in_the_far_corner_is_refused_before_room_is_made_for_all_between(tmp_path: Path) -> None:
    path = tmp_path / "experts.xlsx"
    path.write_bytes(packed(workbook(sheet(TABLE + f"<row r='1048576'>{inline('x', 'XFD1048576')}</row>"))))
    assert said_in_little_memory(path) == (
        "工作表 '表1' 第 1048576 行仍有内容，最多可读 100000 行，请删去表格下方的内容，或拆成几个文件"
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (TABLE + "<row><c><v>1</v></c></row>" * 1_000_000, "第 100001 行仍有内容，最多可读 100000 行"),
        (f"<row>{inline('x', 'XFD1')}</row>", "第 16384 列仍有内容，最多可读 200 列"),
        (f"<row>{inline('x', 'GR1')}</row><row r='99999'>{inline('x')}</row>", "占 19999800 个或更多单元格"),
        ("<row r='100001'><c><f>1/0</f></c></row>", "第 100001 行仍有内容"),
        ("<row r='100001'><c t='e'><v>#N/A</v></c></row>", "第 100001 行仍有内容"),
        ("<row r='100001'><c t='e'/></row>", "第 100001 行仍有内容"),
        ("<row><c r='a100001'><v/></c></row>", "第 100001 行仍有内容"),
    ],
    ids=["rows", "column", "corners", "formula", "error", "error without value", "lower case"],
)
def test_the_room_that_cells_ask_for_is_told_from_where_they_are(rows: str, sentence: str) -> None:
    assert said(packed(workbook(sheet(rows)))).startswith(f"工作表 '表1' {sentence}")


def test_the_room_of_all_sheets_together_is_bounded() -> None:
    corner = sheet(TABLE + f"<row r='99999'>{inline('x', 'Y99999')}</row>")
    assert said(packed(workbook(corner, corner))).startswith("占 4999950 个或更多单元格")


def test_cells_that_are_only_formatted_take_no_room() -> None:
    rows = TABLE + "<row r='1048576' s='3' customFormat='1'><c r='XFD1048576' s='3'/></row>"
    assert len(load_experts(Upload("e.xlsx", packed(workbook(sheet(rows))))).records) == 1


def test_what_the_sheet_says_of_its_dimension_is_not_believed() -> None:
    data = sheet(TABLE).replace(b"<sheetData>", b"<dimension ref='A1:XFD1048576'/><sheetData>")
    assert len(load_experts(Upload("e.xlsx", packed(workbook(data)))).records) == 1


def test_a_shared_text_counts_as_often_as_cells_show_it(tmp_path: Path) -> None:
    path = tmp_path / "experts.xlsx"
    shared = f"<si><t>{'a' * 30_000}</t></si>"
    path.write_bytes(packed(workbook(sheet(TABLE + "<row><c t='s'><v>0</v></c></row>" * 99_000), shared=shared)))
    assert path.stat().st_size < MB
    assert said_in_little_memory(path).startswith("文件解压后超过 100 MB")


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        (workbook(sheet("<row>" + "<c r='A1'><v>1</v></c>" * 1_001 + "</row>")), "工作表 '表1' "),
        (workbook(sheet(TABLE, after="<mergeCell ref='A3:B4'/>" * 1_001)), "工作表 '表1' "),
        (workbook(sheet(TABLE), shared="<si/>" * 1_001), ""),
    ],
    ids=["cells in one place", "merged ranges", "shared texts"],
)
def test_whatever_a_workbook_lists_counts_as_cells(parts: dict[str, bytes], place: str) -> None:
    assert refusal(Limits(cells=1_000), parts).startswith(f"{place}占 1001 个或更多单元格")


# ---- XML


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    entities = "<!ENTITY e0 'ha'>" + "".join(f"<!ENTITY e{k} '{f'&e{k - 1};' * 10}'>" for k in range(1, 10))
    path = tmp_path / "experts.xlsx"
    path.write_bytes(packed(workbook(sheet(line("&e9;"), start=f"<!DOCTYPE w [{entities}]>"))))
    assert said_in_little_memory(path).startswith("XLSX 文件已损坏")


@pytest.mark.parametrize(
    "xml",
    [
        "<a>" * 1_000_000,
        "<a " + " ".join(f"b{k}=''" for k in range(300_000)) + "/>",
        "<a>" + "".join(f"<b{k}/>" for k in range(2_000)) + "</a>",
        "<a>" + "".join(f"<b c{k}=''/>" for k in range(2_000)) + "</a>",
        "<!DOCTYPE a><a/>",
        "<a><b></a>",
        "<a/>\0",
    ],
    ids=["deep", "long tag", "names of elements", "names of attributes", "doctype", "crossed", "beyond the end"],
)
def test_xml_as_no_spreadsheet_has_it_is_refused(xml: str) -> None:
    with pytest.raises(ValueError, match=r"nested|long|names|type|mismatched|UTF-8"):
        walk(xml.encode(), lambda _name, _attributes: None)


def test_xml_is_read_as_utf_8_whatever_it_says_of_itself() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        walk("<a/>".encode("utf-16"), lambda _name, _attributes: None)
    seen: list[str] = []
    walk(
        "<?xml version='1.0' encoding='latin-1'?><x:a>é</x:a>".encode(),
        lambda name, _: seen.append(name),
        text=seen.append,
    )
    assert seen == ["a", "é"]


# ---- CSV


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (HEADER + "E1,a,b,c\n" * 1_000_000, "第 100001 行仍有内容，最多可读 100000 行"),
        (HEADER.strip() + "," * 1_000_000, "第 1000004 列仍有内容，最多可读 200 列"),
        ("aa," * 6_900_000, "第 6900000 列仍有内容，最多可读 200 列"),
        ((HEADER.strip() + "," * 190 + "\n") * 20_000, "占 25"),
        (HEADER + "E1,a,b," + "x" * (20 * MB - 60), "第 2 行「研究方向」最长 5000 个字符，读到 20971460 个"),
        (HEADER + 'E1,a,b,"' + "x\n" * MB, "第 2 行：引号不成对"),
        (HEADER + "\n" * MB + "E1", "第 1048578 行仍有内容"),
        (HEADER.strip() + ",preferred_firms\nE1,a,b,c," + "F1;" * 6_000_000, "第 2 行「志愿企业」最长 100000 个字符"),
        (b"\0" * 20 * MB, "文件含空字节"),
    ],
    ids=["rows", "columns", "one row", "cells", "one cell", "open quote", "blank", "one list", "zeros"],
)
def test_csv_is_refused_in_little_memory(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    path = tmp_path / "experts.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert said_in_little_memory(path).startswith(sentence)


def test_a_large_file_in_gb18030_is_decoded_in_little_memory() -> None:
    data = ("姓名,单位\n" + "学校与工厂\n" * 100_000).encode("gb18030")
    text, warnings = decoded(data)
    assert (len(text), warnings) == (600_006, [])


# ---- what is told


def test_so_many_problems_are_listed_and_no_more() -> None:
    loaded = load_experts(Upload("e.csv", (HEADER + "E 1,,a,b\n" * 99_000).encode()))
    assert len(loaded.problems) == MOST_PROBLEMS + 1
    assert str(loaded.problems[-1]) == "e.csv：还有更多：只列出前 10000 处，请改正后再检查"
    loaded = load_experts(Upload("e.csv", (HEADER + "E;1,a,a,b\n" * 99_000).encode()))
    assert (len(loaded.problems), len(loaded.records)) == (MOST_PROBLEMS + 1, 0)


def test_a_firm_of_thousands_of_rows_is_not_compared_with_itself_row_by_row() -> None:
    header = "firm_id,need_id,name,township,industry,need_title,vetoed_experts\n"
    vetoes = ";".join(f"E{k}" for k in range(100))
    rows = "".join(f"F1,N{k},a,b,c,d,{vetoes}\n" for k in range(5_000))
    loaded = load_firms(Upload("f.csv", (header + rows + "F1,N,a,b,c,d,\n").encode()))
    assert (len(loaded.records), len(loaded.warnings)) == (5_001, MOST_PROBLEMS + 1)
    assert "企业 'F1' 的其他行（5002）没有拒绝" in str(loaded.warnings[0])
