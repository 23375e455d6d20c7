from collections.abc import Iterator

import pytest

from matcher.language import use
from tests.city import City, city_in


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return city_in(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="module", autouse=True)
def _weighed_once(weighed_once: None) -> None:
    """Weigh no text twice: services are about what is done with a match."""


@pytest.fixture(autouse=True)
def _in_chinese() -> Iterator[None]:
    use("zh")
    yield
    use("zh")
