import pytest

from tests.city import City, city_in


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return city_in(tmp_path_factory.mktemp("city"))
