"""Single pairs looked up in a sparse matrix against the same matrix written out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matcher.ranking.cells import cell_of, matrix_of, row_of

SHAPE = (4, 5)
places = st.tuples(st.integers(0, SHAPE[0] - 1), st.integers(0, SHAPE[1] - 1))


@given(st.dictionaries(places, st.integers(1, 9).map(lambda n: n / 4)))
def test_rows_and_cells_are_those_of_the_matrix(cells: dict[tuple[int, int], float]) -> None:
    matrix = matrix_of(cells, SHAPE, float)

    for place in np.ndindex(*SHAPE):
        assert cell_of(matrix, *place) == cells.get(place, 0.0)
    for row in range(SHAPE[0]):
        columns, values = row_of(matrix, row)
        assert dict(zip(columns.tolist(), values.tolist(), strict=True)) == {
            j: v for (i, j), v in cells.items() if i == row
        }
