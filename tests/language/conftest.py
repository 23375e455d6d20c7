from collections.abc import Iterator

import pytest

from matcher.language import use


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
    use("zh")
    yield
    use("zh")
