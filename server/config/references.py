"""`env:NAME` in a setting: the variable that holds what must not stand in a file."""

from collections.abc import Mapping

from pydantic import SecretStr

FROM_VARIABLE = "env:"


def looked_up(reference: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """The variable that `env:NAME` names, cut for messages, and what it holds; empty if it is not set."""
    variable = reference.removeprefix(FROM_VARIABLE)
    return variable[:64], environment.get(variable, "").strip()


def secret_of(secret: SecretStr, environment: Mapping[str, str]) -> str:
    """The secret behind `env:NAME`. Raises ValueError when it is written out, or the variable is not set."""
    text = secret.get_secret_value()
    if not text:
        return ""
    if not text.startswith(FROM_VARIABLE):
        raise ValueError("must be env:NAME, for the variable that holds the key")
    variable, found = looked_up(text, environment)
    if not found:
        raise ValueError(f"names the variable {variable}, which is not set")
    return found
