"""JSON as columns hold it, and lines of files that are written."""

import json


def as_json(value: object) -> str:
    """The shortest text, with every letter as itself."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
