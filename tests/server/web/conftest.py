"""What tests of a token's issuer share."""

from collections.abc import Iterator

import pytest

from tests.server.receiving import certified


@pytest.fixture(scope="module")
def few_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Reading all that the machine trusts, in every test, would take longer than everything else."""
    _, trusted = certified("localhost", tmp_path_factory.mktemp("trusted"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(trusted))
        yield
