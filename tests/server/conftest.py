"""An agent in both protocol eras, over a server in this process with a clock that stands still."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import pytest

from tests.client import Agent, Clock, Mode, in_memory


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> Mode:
    return cast(Mode, request.param)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def agent(tmp_path: Path, mode: Mode, clock: Clock) -> AsyncGenerator[Agent]:
    async with in_memory(tmp_path, mode, clock) as connected:
        yield connected
