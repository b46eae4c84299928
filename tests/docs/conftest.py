"""The house that the pages' examples are run in."""

from pathlib import Path

import pytest

from tests.docs import house


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house as it is before any page; copied, never used."""
    home = tmp_path_factory.mktemp("house")
    house.make(home)
    return home


@pytest.fixture
def home(furnished: Path, tmp_path: Path) -> Path:
    """A house of a test's own."""
    return house.copy(furnished, tmp_path / "home")
