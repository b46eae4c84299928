"""The baseline: the SDK's own server with one trivial tool, over stdio, or over HTTP on the port that is given."""

import sys

from mcp.server.mcpserver import MCPServer

server = MCPServer("bare", version="1", log_level="ERROR")


@server.tool()
async def ping() -> str:
    """Answer."""
    return "pong"


if __name__ == "__main__":
    if sys.argv[1:]:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
