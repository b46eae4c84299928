"""What tests of a token's issuer share, and those that run programs on Node."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REQUIRE_NODE
from tests.server.receiving import certified
from tests.server.web import suites


@pytest.fixture(scope="module")
def few_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Reading all that the machine trusts, in every test, would take longer than everything else."""
    _, trusted = certified("localhost", tmp_path_factory.mktemp("trusted"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(trusted))
        yield


@pytest.fixture(scope="session")
def node_suites(pytestconfig: pytest.Config) -> Path:
    """Where the protocol's own programs are installed. The first time takes a minute, and the network.

    With ``SATCHEL_REQUIRE_NODE=1`` (``.ci/run`` sets it where there is npm) what is missing fails the test instead.
    """
    return suites.suites(Path(pytestconfig.cache.mkdir("node")), is_required=REQUIRE_NODE)
