"""How much a tenant may keep, as settings write it: storage refuses what is beyond."""

from collections.abc import Callable

from storage.quota import Quota

__all__ = ["Quota", "Quotas", "unlimited"]

Quotas = Callable[[str], Quota]
"""The quota of a tenant."""


def unlimited(tenant: str) -> Quota:
    """No limit, whoever it is."""
    return Quota()
