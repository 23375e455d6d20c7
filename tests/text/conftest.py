import pytest


@pytest.fixture(scope="module", autouse=True)
def _texts_are_cut_once() -> None:
    """Here texts are cut as often as they are asked for: that it is the same again is what tests ask."""
