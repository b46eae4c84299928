"""Homes whose settings share databases."""

import json
from typing import Any

from tests.server.cli.conftest import Satchel


def share(satchel: Satchel, **sources: dict[str, Any]) -> Satchel:
    """The home with these data sources in its settings. Texts, lists and numbers are alike in JSON and TOML."""
    satchel.home.mkdir(exist_ok=True)
    tables = (
        "\n".join([f"[data_sources.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in given.items())])
        for name, given in sources.items()
    )
    (satchel.home / "satchel.toml").write_text("\n".join(tables), "utf-8")
    return satchel
