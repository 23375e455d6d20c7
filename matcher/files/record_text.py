"""
Records as spreadsheets again, and as somebody types them: what is read of what was written is the same record.

The same records give the same bytes.
"""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.files.cells import guarded, parsed, stripped, unguarded
from matcher.files.columns import Column, Record, table
from matcher.files.loading import limit_fault
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


def typed_text(value: object) -> str:
    """
    Write a value as a person types it into a field: like a cell, but that no field takes it for a formula.

    Examples
    --------
    >>> typed_text("+86 139"), typed_text(("a", "b"))
    ('+86 139', 'a;b')
    """
    return unguarded(cell_text(value, _LANGUAGE))


def read_record(table_name: str, typed: Mapping[str, object], base: Record | None = None) -> Record:
    """
    Read a record of what a person typed, by the rules of a file's row.

    Parameters
    ----------
    table_name : {"experts", "firms", "ratings"}
    typed : mapping of str to object
        By column: text as `typed_text` writes it; of words and numbers what they mean, None where nothing is said.
    base : record or None
        What the other columns hold. Without it a need that is given no id gets its firm's, as in a file.

    Raises
    ------
    InputError
        With a problem for each column that can't be taken.
    """
    of = table(table_name)
    values = {} if base is None else {name: getattr(base, name) for name in of.columns}
    faults: dict[str, Message] = {}
    for name, value in typed.items():
        column = of.columns[name]
        is_text = isinstance(value, str) and column.kind not in ("word", "whole", "real")
        read = parsed(guarded(stripped(str(value))), column) if is_text else value
        values.pop(name, None)
        if isinstance(read, Message):
            faults[name] = read
        elif read is not None:
            values[name] = read
    if table_name == "firms" and "firm_id" in values and "need_id" not in faults:
        values.setdefault("need_id", values["firm_id"])
    try:
        record = of.record(**values)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            name = str(fault["loc"][0])
            is_missing = fault["type"] == "missing"
            faults.setdefault(
                name, Message("input.cell.required") if is_missing else limit_fault(of.columns[name], fault)
            )
    if faults:
        raise InputError([Problem(faults[name], column=of.columns[name].code) for name in of.columns if name in faults])
    return record


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
