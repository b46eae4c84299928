"""The viewer at `/`: three files for everyone, and nothing of anybody's in them."""

import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import httpx2

from server.web.viewer.pages import FILES
from tests import node_programs
from tests.conftest import REQUIRE_NODE
from tests.server.web.running import served

SCRIPT = files("server.web.viewer").joinpath("viewer.js").read_text(encoding="utf-8")
PAGE = files("server.web.viewer").joinpath("index.html").read_text(encoding="utf-8")


def test_the_page_is_given_without_a_key_and_may_load_and_call_its_own_server_only(tmp_path: Path) -> None:
    with served(tmp_path) as server, httpx2.Client(trust_env=False, base_url=server.url) as http:
        for path, (_, media_type) in FILES.items():
            answer = http.get(path)
            assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media_type)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
        assert http.get("/viewer.js/..%2f..%2fapp.py").status_code in (401, 404)
        assert http.post("/").status_code in (401, 405)


def test_it_stands_under_a_prefix_as_well(tmp_path: Path) -> None:
    public = "https://mcp.example.org/satchel"
    with served(tmp_path, SATCHEL_PUBLIC_URL=public) as server, httpx2.Client(trust_env=False) as http:
        found = [http.get(f"{server.url}/satchel{path}").status_code for path in FILES]
    assert found == [200] * len(FILES)


def test_every_address_in_the_page_is_relative_so_that_a_prefix_holds() -> None:
    addresses = re.findall(r'(?:src|href)="([^"]*)"', PAGE) + re.findall(r'fetch\("([^"]*)"', SCRIPT)
    assert sorted(addresses) == ["mcp", "viewer.css", "viewer.js"]


def test_what_comes_back_is_never_html() -> None:
    assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|localStorage|cookie", SCRIPT) == []


def test_the_script_calls_only_what_changes_nothing() -> None:
    lists = {"resources/list", "resources/templates/list", "tools/list"}
    methods = lists | {"resources/read", "completion/complete", "tools/call"}
    assert set(re.findall(r'"([a-z]+(?:/[a-z]+)+)"', SCRIPT)) - {"application/json", "ref/resource"} == methods
    assert set(re.findall(r'tool: "(\w+)"', SCRIPT)) == {"memory_retrieve", "rag_search"}


def test_the_script_is_valid() -> None:
    node = shutil.which("node")
    node_programs.require("" if node else "there is no node", is_required=REQUIRE_NODE)
    done = subprocess.run(
        [node or "node", "--check", "--input-type=module"], input=SCRIPT, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
