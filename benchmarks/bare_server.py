"""The baseline: the SDK's own server over stdio with one trivial tool."""

from mcp.server.mcpserver import MCPServer

server = MCPServer("bare", version="1", log_level="ERROR")


@server.tool()
async def ping() -> str:
    """Answer."""
    return "pong"


if __name__ == "__main__":
    server.run()
