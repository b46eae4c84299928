"""JSON schemas as hosts are shown them, kept small because a model pays for every token."""

from typing import Any

from pydantic import BaseModel

NOISE = frozenset(
    "title $defs pattern minLength maxLength minItems maxItems minimum maximum additionalProperties".split()
)


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
