"""Tools as hosts are shown them."""

import inspect

from mcp.types import Tool, ToolAnnotations

from server.schemas import input_schema, output_schema
from tools.spec import ToolSpec


def listed(spec: ToolSpec) -> Tool:
    """The tool with its schemas and what hosts are told of its manners."""
    return Tool(
        name=spec.name,
        title=spec.title,
        description=inspect.getdoc(spec.handler),
        input_schema=input_schema(spec.arguments),
        output_schema=output_schema(spec.result),
        annotations=ToolAnnotations(
            read_only_hint=spec.read_only,
            destructive_hint=spec.destructive,
            idempotent_hint=spec.read_only or spec.idempotent,
            open_world_hint=False,
        ),
    )
