"""What a part of a workbook holds, found out before calamine reads it: how far it reaches, and what calamine drops."""

import re
from collections import defaultdict
from collections.abc import Sequence
from sys import intern

from matcher.domain.messages import Message
from matcher.files.cells import Cell
from matcher.files.limits import Limits, confirm_size
from matcher.files.parts import Attributes, walk

_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_NO_RESULT = Message("input.cell.formula_without_result")


class Survey:
    """
    A part of a workbook, walked through once.

    calamine lays out every cell from the first to the last row and column that hold anything, and copies a shared
    text into each cell that shows it, so that a file of a kilobyte can ask for any memory; and it gives errors, and
    formulas without a result, as empty.

    Parameters
    ----------
    xml : bytes
    limits : Limits
    shared : sequence of int
        Size of each shared text of the workbook, in bytes.

    Attributes
    ----------
    cells : int
        Room that its cells take: rows by columns, or their number where that is more; a merged range and a shared
        text count as a cell.
    shown : int
        Size of the shared texts as often as cells show them, in bytes.
    texts : list of int
        Size of each shared text that it holds, in bytes.
    merged : list of str
        Ranges of merged cells, such as ``"A1:B2"``.
    faults : dict of int to dict of int to str or Message
        Errors and formulas without a result, by row (from 1) and column (from 0).

    Raises
    ------
    InputError
        When it is larger than the limits.
    ValueError
        When it is not XML as in workbooks.
    """

    def __init__(self, xml: bytes, limits: Limits, shared: Sequence[int] = ()) -> None:
        self.shown = 0
        self.texts: list[int] = []
        self.merged: list[str] = []
        self.faults: dict[int, dict[int, Cell]] = defaultdict(dict)
        self._limits, self._shared = limits, shared
        self._rows = self._columns = self._filled = 0
        self._row = self._column = 0  # of the cell that comes next, both from 0
        self._place, self._type = (0, 0), ""
        self._value: str | None = None
        self._has_formula = False
        self._text: list[str] = []
        walk(xml, self._start, self._end, self._text.append)

    @property
    def cells(self) -> int:
        """Room that its cells take."""
        return max(self._rows * self._columns, self._filled)

    def _start(self, name: str, attributes: Attributes) -> None:
        match name:
            case "row":
                self._row = int(attributes.get("r", self._row + 1)) - 1
            case "c":
                self._place = self._placed(attributes.get("r"))
                self._type = attributes.get("t", "")
                self._value, self._has_formula = None, False
            case "v" | "is" | "si":
                self._value = ""
                self._text.clear()
            case "f":
                self._has_formula = True
            case "mergeCell":
                self.merged.append(attributes["ref"])
                self._fill()

    def _end(self, name: str) -> None:
        match name:
            case "v":
                self._value = "".join(self._text)
            case "c":
                self._close()
                self._column += 1
            case "row":
                self._row, self._column = self._row + 1, 0
            case "si":
                self.texts.append(len("".join(self._text).encode()))
                self._fill()

    def _placed(self, reference: str | None) -> tuple[int, int]:
        """Find where a cell is, both from 0: where it says, else after the one before."""
        if reference is None:
            return self._row, self._column
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise ValueError("a cell has no such place")
        self._column = _number(match[1].upper()) - 1
        return int(match[2]) - 1, self._column

    def _close(self) -> None:
        """Count a cell, if it holds anything."""
        row, column = self._place
        if self._type == "e" and self._value is not None:
            self.faults[row + 1][column] = intern(self._value or "#N/A")
        elif self._value is None and (self._type == "e" or self._has_formula):
            self.faults[row + 1][column] = _NO_RESULT
        elif self._value is None:
            return
        elif self._type == "s" and self._value:
            self.shown += self._shared[int(self._value)]
        self._rows, self._columns = max(self._rows, row + 1), max(self._columns, column + 1)
        self._fill()

    def _fill(self) -> None:
        self._filled += 1
        confirm_size(self._limits, self._rows, self._columns, self.cells)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
