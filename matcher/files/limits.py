"""How large a file may be: somebody else's upload is refused with a sentence before it takes the memory of all."""

from dataclasses import dataclass

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem

MB = 2**20
"""Bytes, as the page server counts its `maxUploadSize`."""

MOST_PROBLEMS = 10_000
"""So many are listed of one file: nobody mends more by hand, and a million of them take more memory than the file."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What is read of one file, and no more.

    Parameters
    ----------
    file_mb : int
        Megabytes of the file, as it is stored.
    unpacked_mb : int
        Megabytes of a workbook's parts together, unpacked, each text counted as often as cells show it. There is no
        limit of the ratio: cells that are all alike pack a thousandfold in honest sheets too, and only the sum takes
        memory.
    parts, sheets : int
        Of a workbook.
    tags : int
        Of a workbook's XML: a cell has four or six, and each takes a microsecond to walk through.
    rows, columns : int
        Down to the last row, and across to the last column, that holds anything.
    cells : int
        Rows by columns, all sheets together: two cells in opposite corners of a sheet take the room of all between.
    parquet : bool
        Whether a Parquet file is read at all: its library is for files of one's own.
    """

    file_mb: int = 20
    unpacked_mb: int = 100
    parts: int = 10_000
    sheets: int = 100
    tags: int = 10_000_000
    rows: int = 100_000
    columns: int = 200
    cells: int = 2_500_000
    parquet: bool = False


TABLE = Limits()
"""Experts, firms, ratings and lists: a thousand times the city; as many cells as all rows of the widest table have."""

OWN = Limits(file_mb=1_000, unpacked_mb=1_000, tags=80_000_000, rows=5_000_000, cells=20_000_000, parquet=True)
"""
What lies on one's own machine and was never uploaded: both sides of a province at the command line, texts that an
analyst measures or learns on.
"""


def refused(code: str, **values: object) -> InputError:
    """Make the error that refuses a whole file."""
    return InputError([Problem(Message(code, values))])


def confirm_size(limits: Limits, rows: int, columns: int, cells: int) -> None:
    """Raise `InputError` when a sheet breaks a limit; the counts are of what was seen so far."""
    if rows > limits.rows:
        raise refused("input.size.rows", count=rows, most=limits.rows)
    if columns > limits.columns:
        raise refused("input.size.columns", count=columns, most=limits.columns)
    if cells > limits.cells:
        raise refused("input.size.cells", count=cells, most=limits.cells)
