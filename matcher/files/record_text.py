"""Records as spreadsheets again: the same records give the same bytes, and the bytes give the same records."""

from collections.abc import Sequence

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.files.cells import parsed
from matcher.files.columns import Column, Record, table
from matcher.files.writing import cell_text, csv_bytes

_LANGUAGE = "en"
"""Of the words in cells: bytes that are to stay the same can't depend on who looks at them."""
_ORDER = {
    "experts": ("expert_id",),
    "firms": ("need_id",),
    "ratings": ("expert_id", "firm_id", "year", "need_title"),
}


def records_csv(table_name: str, records: Sequence[Record]) -> bytes:
    """
    Write records as the bytes of a CSV file, which `matcher.files.load_experts` and its like read as equal records.

    The form is that of `matcher.files.write_csv`: UTF-8 with byte order mark, CR LF, a guard before what looks like a
    formula. Headers and words are the English ones, whatever language is in use; all columns are written, in the
    order of the record's fields; rows are by id, whatever the order of the records.

    Parameters
    ----------
    table_name : {"experts", "firms", "ratings"}
    records : sequence of Expert, of Need, or of Rating
        Without any there is a header alone, in which the readers miss the rows.

    Raises
    ------
    InputError
        With all that `unwritable` finds.
    """
    problems = [problem for record in records for problem in unwritable(table_name, record)]
    if problems:
        raise InputError(problems)
    columns = list(table(table_name).columns)
    rows = [
        # Rows of the same ids are of no use, but no reason to give other bytes another time.
        ([getattr(record, name) for name in _ORDER[table_name]], [_cell(record, name) for name in columns])
        for record in records
    ]
    return csv_bytes(columns, [cells for _, cells in sorted(rows)])


def unwritable(table_name: str, record: Record) -> list[Problem]:
    """
    Find what of a record would not come back from a spreadsheet as it is.

    Each field is written and read with the code that writes and reads files. So whoever takes records from elsewhere,
    such as a form on a page, holds them to the same rules as a file's rows.

    Parameters
    ----------
    table_name : {"experts", "firms", "ratings"}
    record : Expert, Need or Rating

    Returns
    -------
    list of Problem
        One for each such field, with its column and the record's row, in the order of the columns.
    """
    found = []
    for name, column in table(table_name).columns.items():
        fault = _fault(record, column)
        if fault is not None:
            found.append(Problem(fault, row=record.row, column=f"{table_name}.{name}"))
    return found


def _fault(record: Record, column: Column) -> Message | None:
    value = getattr(record, column.name)
    try:
        read = parsed(_cell(record, column.name), column)
    except ValueError:  # an item of a list holds what parts the items
        return Message("input.cell.list_not_kept", {"value": value})
    if isinstance(read, Message):
        return read
    # A blank cell is read as nothing said, which is what the fields that may be blank have by default.
    if read == value or (read is None and value in (None, "", ())):
        return None
    if isinstance(value, tuple):
        return Message("input.cell.list_not_kept", {"value": value})
    return Message("input.cell.text_not_kept", {"value": value, "read": read})


def _cell(record: Record, name: str) -> str:
    return cell_text(getattr(record, name), _LANGUAGE)
