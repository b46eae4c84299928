"""JSON schemas as hosts are shown them, kept small because a model pays for every token, and complaints about
arguments that do not fit."""

from typing import Any

from pydantic import BaseModel, ValidationError

SHOWN_COMPLAINTS = 3
NOISE = frozenset(
    "title $defs pattern minLength maxLength minItems maxItems minimum maximum additionalProperties".split()
)
HINTS = {
    "session_id": "use letters, digits, _ and -, at most 255",
    "string_unicode": "holds an unpaired surrogate, which is not valid text",
}


def input_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's schema without titles, null branches, references, and limits that nobody runs into. Fields that it
    does not have are refused without its saying so here: a model does not invent arguments."""
    schema = model.model_json_schema()
    lean: dict[str, Any] = _lean(schema, schema.get("$defs", {}))
    return lean


def output_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The fields a result always has; their types and insides are in the documentation."""
    always = [name for name, field in model.model_fields.items() if field.is_required()]
    return {"type": "object", "required": always}


def complaint(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """What is wrong with the arguments: which one, what, and what would do; never the value itself."""
    found = error.errors(include_url=False, include_input=False)
    lines = [_about(one["type"], one["loc"], one["msg"], model) for one in found[:SHOWN_COMPLAINTS]]
    if len(found) > SHOWN_COMPLAINTS:
        lines.append(f"and {len(found) - SHOWN_COMPLAINTS} more")
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


def _lean(schema: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_lean(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if reference := schema.get("$ref"):
        return _lean(definitions[reference.rsplit("/", 1)[1]], definitions)
    if options := schema.get("anyOf"):
        return _lean(_without_null(schema, options), definitions)
    lean = {
        key: {name: _lean(field, definitions) for name, field in value.items()}
        if key == "properties"
        else _lean(value, definitions)
        for key, value in schema.items()
        if key not in NOISE
    }
    if "enum" in lean:
        lean.pop("type", None)  # the choices say it
    if lean.get("default", ...) in (None, "", "default", "auto", [], {}, 0, False, True):
        del lean["default"]
    return lean


def _without_null(schema: dict[str, Any], options: list[dict[str, Any]]) -> dict[str, Any]:
    """An optional field as the field: leaving it out is how null is said."""
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    real = [option for option in options if option.get("type") != "null"]
    return {**real[0], **rest} if len(real) == 1 else {**rest, "anyOf": real}
