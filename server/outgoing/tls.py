"""The certificates that this machine trusts."""

import ssl

from server.outgoing.apart import apart


async def trusted() -> ssl.SSLContext:
    """A context for connections to whoever they vouch for. Slow: every one of them is read. Raises OSError when
    SSL_CERT_FILE names nothing, or something else."""
    return await apart(_read)


def _read() -> ssl.SSLContext:
    import httpx2

    return httpx2.create_ssl_context()
