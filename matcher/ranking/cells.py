"""Sparse matrices of pairs, made of single cells."""

from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp


def matrix_of(cells: Mapping[tuple[int, int], float], shape: tuple[int, int], dtype: type) -> sp.csr_array:
    """
    Make a matrix of its cells.

    Parameters
    ----------
    cells : mapping of (int, int) to number
        Value by row and column.
    shape : (int, int)
    dtype : type

    Returns
    -------
    CSR of that shape and type
    """
    at = np.array(list(cells), dtype=np.int64).reshape(-1, 2)
    return sp.csr_array((np.array(list(cells.values()), dtype=dtype), (at[:, 0], at[:, 1])), shape=shape)
