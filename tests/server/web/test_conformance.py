"""The protocol's official conformance suite, against a server with everything that Satchel offers."""

import re
from pathlib import Path

from tests.node_programs import NODE, run
from tests.server.web.running import served

BASELINE = NODE / "conformance.yml"
"""The scenarios that need what Satchel does not offer, with the reasons."""
PASSED = {
    "server-initialize",
    "ping",
    "completion-complete",
    "tools-list",
    "tools-call-simple-text",
    "tools-call-error",
    "server-sse-multiple-streams",
    "resources-list",
    "prompts-list",
    "dns-rebinding-protection",
}


def test_every_scenario_passes_that_needs_nothing_made_for_it(node_folder: Path, tmp_path: Path) -> None:
    with served(tmp_path / "home", "--allow-anonymous") as server:
        done = run(
            node_folder,
            "@modelcontextprotocol/conformance",
            "conformance",
            *("server", "--url", f"{server.url}/mcp", "--suite", "all"),
            *("--expected-failures", str(BASELINE), "--output-dir", str(tmp_path / "results")),
            home=tmp_path,
        )
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
    assert set(re.findall(r"✓ ([\w-]+): ", done.stdout)) == PASSED
