"""The viewer at `/`: a page that reads what a key may read, as an MCP client of this very server.

The files hold nothing of anybody's and are given to everyone; what the page shows comes through `/mcp`, with the key
that is typed into it.
"""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FILES = {
    "/": ("index.html", "text/html"),
    "/viewer.css": ("viewer.css", "text/css"),
    "/viewer.js": ("viewer.js", "text/javascript"),
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def routes() -> list[Route]:
    """A route a file."""
    return [_route(path, *file) for path, file in FILES.items()]


def _route(path: str, name: str, media_type: str) -> Route:
    content = files("server.web.viewer").joinpath(name).read_bytes()

    async def endpoint(request: Request) -> Response:
        return Response(content, headers=HEADERS, media_type=media_type)

    return Route(path, endpoint, methods=["GET"])
