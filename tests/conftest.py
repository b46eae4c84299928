"""What every test shares: the event loop it runs on, the models beside the checkout, programs on Node, and the
plugin of the suites.

The caller's own ``SATCHEL_`` settings are taken out of the environment before anything reads it, so that a
developer who uses Satchel tests the same server as everyone else.
"""

import os
from pathlib import Path

import pytest

from tests import node_programs

pytest_plugins = ["tests.suites"]

SHARED_MODELS = Path(__file__).resolve().parents[2] / "shared" / "models"
REQUIRE_SHARED = os.environ.get("SATCHEL_REQUIRE_SHARED") == "1"
REQUIRE_SERVERS = os.environ.get("SATCHEL_REQUIRE_SERVERS", "").split(",")
"""Database servers on the loopback, ``postgres`` and ``mysql``, whose tests must run, not skip."""
REQUIRE_NODE = os.environ.get("SATCHEL_REQUIRE_NODE") == "1"
"""Whether the tests that run programs on Node must run, not skip."""

for _name in [name for name in os.environ if name.startswith("SATCHEL_")]:
    del os.environ[_name]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rewrite-examples` is for tests/docs."""
    parser.addoption("--rewrite-examples", action="store_true", help="write today's answers into the pages' exchanges")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """The folder of real models beside the checkout; the test is skipped without it.

    With ``SATCHEL_REQUIRE_SHARED=1`` (``.ci/run`` sets it where the folder exists) a missing folder fails instead.
    """
    if SHARED_MODELS.is_dir():
        return SHARED_MODELS
    if REQUIRE_SHARED:
        pytest.fail("SATCHEL_REQUIRE_SHARED=1, but there is no ../shared/models")
    pytest.skip("needs ../shared/models beside the checkout")


@pytest.fixture(scope="session")
def node_folder(pytestconfig: pytest.Config) -> Path:
    """Where the protocol's own programs are installed. The first time takes a minute, and the network.

    With ``SATCHEL_REQUIRE_NODE=1`` (``.ci/run`` sets it where there is npm) what is missing fails the test instead.
    """
    return node_programs.programs(Path(pytestconfig.cache.mkdir("node")), is_required=REQUIRE_NODE)
