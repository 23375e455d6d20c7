"""Products of single rows of two sparse matrices."""

from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp


def row_products(one: sp.csr_array, other: sp.csr_array, row: np.ndarray, other_row: np.ndarray) -> np.ndarray:
    """
    Multiply rows of one matrix by rows of another, pair by pair.

    Products are added up in the order of the columns, as those of whole matrices are: so both are the same to the bit.

    Parameters
    ----------
    one, other : float, CSR, shapes (n, n_terms) and (m, n_terms)
        With their columns in order and once each.
    row, other_row : int, shape (n_pairs,)

    Returns
    -------
    float, shape (n_pairs,)

    Examples
    --------
    >>> rows = sp.csr_array([[1.0, 2.0], [0.0, 3.0]])
    >>> row_products(rows, rows, np.array([0, 0]), np.array([0, 1])).tolist()
    [5.0, 6.0]
    """
    arrays = (array for rows in (one, other) for array in (rows.indptr, rows.indices, rows.data))
    given = (*arrays, row.astype(np.int64), other_row.astype(np.int64), np.zeros(one.shape[1]))
    try:
        return _compiled(cached=True)(*given)
    except (OSError, RuntimeError):  # no folder that the compiler may write to: compiled for this process alone
        return _compiled(cached=False)(*given)


@cache
def _compiled(*, cached: bool) -> Any:
    import numba

    return numba.njit(cache=cached, nogil=True)(_row_products)


def _row_products(  # noqa: PLR0917 - a compiled kernel, which takes its arrays flat
    start: np.ndarray,
    column: np.ndarray,
    value: np.ndarray,
    other_start: np.ndarray,
    other_column: np.ndarray,
    other_value: np.ndarray,
    row: np.ndarray,
    other_row: np.ndarray,
    spread: np.ndarray,
) -> np.ndarray:
    """Spread a row out over all columns once for all pairs that follow each other: ``spread`` is 0 between rows."""
    found = np.zeros(len(row))
    for pair in range(len(row)):
        if pair == 0 or row[pair] != row[pair - 1]:
            if pair > 0:
                for at in range(start[row[pair - 1]], start[row[pair - 1] + 1]):
                    spread[column[at]] = 0.0
            for at in range(start[row[pair]], start[row[pair] + 1]):
                spread[column[at]] = value[at]
        total = 0.0
        for at in range(other_start[other_row[pair]], other_start[other_row[pair] + 1]):
            total += spread[other_column[at]] * other_value[at]
        found[pair] = total
    return found
