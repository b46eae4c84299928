"""The viewer at `/`: a page that reads what a key may read, as an MCP client of this very server.

The files hold nothing of anybody's and are given to everyone; what the page shows comes through `/mcp`, with the key
that is typed into it.
"""

from importlib.resources import files

from starlette.responses import Response

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


def pages() -> dict[str, Response]:
    """The files as answers, by path."""
    folder = files("server.web.viewer")
    return {
        path: Response(folder.joinpath(name).read_bytes(), headers=HEADERS, media_type=media_type)
        for path, (name, media_type) in FILES.items()
    }
