"""What callers are told of arguments that do not fit."""

from pydantic import BaseModel, ValidationError

SHOWN = 3
HINTS = {
    "session_id": "use letters, digits, _ and -, at most 255",
    "string_unicode": "holds an unpaired surrogate, which is not valid text",
}


def complaint(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """What is wrong with the arguments: which one, what, and what would do; never the value itself."""
    found = error.errors(include_url=False, include_input=False)
    lines = [_about(one["type"], one["loc"], one["msg"], model) for one in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"and {len(found) - SHOWN} more")
    return "; ".join(lines)


def _about(kind: str, location: tuple[int | str, ...], message: str, model: type[BaseModel] | None) -> str:
    name = ".".join(_plain(str(part)[:64]) for part in location)
    if kind == "extra_forbidden" and model and len(location) == 1:
        return f"{name}: no such argument. There is: {', '.join(model.model_fields)}"
    if kind == "extra_forbidden":
        return f"{name}: no such field, leave it out"
    if kind == "string_pattern_mismatch" and name in HINTS:
        return f"{name}: {HINTS[name]}"
    message = HINTS.get(kind, message.removeprefix("Value error, "))
    return f"{name}: {message[:1].lower()}{message[1:]}"


def _plain(name: str) -> str:
    """A name a caller made up, in one line of visible letters."""
    return "".join(char if char.isascii() and char.isprintable() else "?" for char in name)
