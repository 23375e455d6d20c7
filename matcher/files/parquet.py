"""Parquet: tables of a province in a tenth of the room, read as far as is allowed and written with types."""

import math
from collections.abc import Iterator, Sequence
from os import PathLike
from typing import TYPE_CHECKING

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.files.cells import Cell, guarded, unguarded
from matcher.files.limits import MB, Limits, confirm_size, refused
from matcher.files.sheets import Row, Sheet, Walk
from matcher.files.writing import cell_text, whole_file

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_A_TIME = 10_000


def parquet_sheet(data: bytes, limits: Limits) -> Sheet:
    """
    Lay a Parquet file out as a sheet, whose first row, the header, has the number 0.

    Cells become the texts that the readers of spreadsheets know: a whole number has no decimals, a list stands as
    ``F1;F2``, and what ties within it as ``F1=F2``.

    Raises
    ------
    InputError
        When it is damaged, larger than the limits, or has a column of a type that is no cell.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        header = file.schema_arrow.names
        confirm_size(limits, file.metadata.num_rows, len(header), file.metadata.num_rows * len(header))
        if strange := [f"{field.name} ({field.type})" for field in file.schema_arrow if not _is_cell(field.type)]:
            raise refused("input.file.parquet_types", columns=strange)
    except (pa.ArrowException, OSError) as fault:
        raise InputError([Problem(Message("input.file.parquet_damaged"))]) from fault

    def rows() -> Iterator[Row]:
        n_rows = n_bytes = 0
        try:
            for batch in file.iter_batches(_ROWS_AT_A_TIME):
                n_bytes += batch.nbytes
                if n_bytes > limits.unpacked_mb * MB:
                    raise refused("input.size.unpacked", most=limits.unpacked_mb)
                columns = [[_cell(value) for value in column.to_pylist()] for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    n_rows += 1
                    if not (row := Row(n_rows, cells)).is_blank:
                        yield row
        except (pa.ArrowException, OSError) as fault:
            raise InputError([Problem(Message("input.file.parquet_damaged"))]) from fault

    return Sheet("", header, Walk(rows))


def write_parquet(path: str | PathLike[str], columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """
    Write a table as Parquet: numbers as numbers, everything else as the text that `write_csv` writes, without guards.

    The same rows give the same bytes, as long as the library that packs them is the same.

    Parameters
    ----------
    path : path
        As for `write_csv`.
    columns : sequence of str
    rows : sequence of sequences
        Cells in the order of the columns.

    Raises
    ------
    StorageError
        When the file can't be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: _column([row[k] for row in rows]) for k, name in enumerate(columns)})
    with whole_file(path) as file:
        pq.write_table(table, file, compression="zstd")


def _is_cell(type_: "pa.DataType", *, depth: int = 0) -> bool:
    import pyarrow.types as of

    if of.is_dictionary(type_):
        return _is_cell(type_.value_type, depth=depth)
    if of.is_list(type_) or of.is_large_list(type_):
        return depth < 2 and _is_cell(type_.value_type, depth=depth + 1)
    is_text = of.is_string(type_) or of.is_large_string(type_)
    if depth:
        return is_text
    plain = of.is_integer, of.is_floating, of.is_boolean, of.is_date, of.is_null
    return is_text or any(is_so(type_) for is_so in plain)


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return guarded(value) if value.startswith("'") else value
    if isinstance(value, float) and not value.is_integer():
        return "" if math.isnan(value) else repr(value)
    if isinstance(value, list):
        try:
            return cell_text([item for item in value if item is not None])
        except ValueError:
            return Message("input.cell.separator", {"value": str(value)})
    return cell_text(value)


def _column(values: Sequence[object]) -> "pa.Array":
    import pyarrow as pa

    for kind, type_ in ((int, pa.int64()), (float, pa.float64())):
        if values and all(isinstance(value, kind) and not isinstance(value, bool) for value in values):
            return pa.array(values, type_)
    return pa.array([unguarded(cell_text(value)) for value in values], pa.string())
