"""What is deployed: the image, the containers, the service, and the pages that say how to run them.

None of it is started here; what the files name has to exist, and what protects the server has to stand in them.
"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml  # type: ignore[import-untyped]  # its types are another package

from server.cli.commands import group
from server.config import Settings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "docs/deploy"
PAGE = ROOT / "docs/operating.md"
FILES = (ROOT / "Dockerfile", *sorted(path for path in DEPLOY.rglob("*") if path.is_file()), PAGE)
OURS = {f"SATCHEL_{name.upper()}" for name in Settings.model_fields}
CLIENT_KEY = "SATCHEL_KEY"  # a variable of the client's, in the examples
COMMENT = re.compile(r"#.*|\s*>.*")  # and where the output goes
TODAY = re.compile(r"\$+\(date [^)]*\)")
CALLED = re.compile(r"(?:^|/bin/|exec (?:-T )?satchel |run --rm |[A-Z]=\S+ )(satchel [a-z].*)")


@pytest.fixture(scope="module")
def stages() -> list[list[tuple[str, str]]]:
    """The Dockerfile's instructions, stage by stage."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    found: list[list[tuple[str, str]]] = []
    for line in lines:
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    composed: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    named = {volume.partition(":")[0] for each in composed["services"].values() for volume in each["volumes"]}
    assert {name for name in named if not name.startswith(".")} == set(composed["volumes"])
    services: dict[str, Any] = composed["services"]
    return services


@pytest.fixture(scope="module")
def unit() -> dict[str, str]:
    lines = (DEPLOY / "satchel.service").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def said(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for each, rest in stage if each == word]


def test_only_the_environment_of_the_first_stage_comes_into_the_image(stages: list[list[tuple[str, str]]]) -> None:
    build, image = stages
    assert said(build, "FROM") == ["python:3.13-slim AS build"]
    assert said(image, "FROM") == ["python:3.13-slim"]
    assert said(image, "COPY") == ["--from=build /opt/satchel /opt/satchel"]
    assert said(build, "ARG") == ["EXTRAS=all"]


def test_what_the_image_is_built_from_exists_and_reaches_the_builder(stages: list[list[tuple[str, str]]]) -> None:
    sources = {source for rest in said(stages[0], "COPY") for source in rest.split()[:-1]}
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == sources
    assert "*" in ignored


def test_the_image_runs_as_a_plain_user_and_says_how_it_is(stages: list[list[tuple[str, str]]]) -> None:
    image = stages[1]
    (user,) = said(image, "USER")
    assert int(user.partition(":")[0]) > 0
    assert json.loads(said(image, "ENTRYPOINT")[0]) == ["satchel"]
    assert said(image, "STOPSIGNAL") == ["SIGTERM"]
    check = json.loads(said(image, "HEALTHCHECK")[0].partition(" CMD ")[2])
    assert check[:3] == ["python", "-I", "-c"]
    compile(check[3], "HEALTHCHECK", "exec")
    home = re.findall(r"SATCHEL_HOME=(\S+)", said(image, "ENV")[0])
    settings = Settings(home=Path(home[0]))
    assert json.loads(said(image, "VOLUME")[0]) == [
        settings.data.as_posix(),
        settings.models.as_posix(),
        "/satchel/backups",
    ]


def test_the_image_serves_callers_with_a_key_on_the_port_that_is_asked_for_its_health(
    stages: list[list[tuple[str, str]]],
) -> None:
    image = stages[1]
    arguments = json.loads(said(image, "CMD")[0])
    given = parsed(arguments).params
    assert (given["http"], given["host"], given["allow_anonymous"]) == (True, "0.0.0.0", False)
    assert said(image, "EXPOSE") == [str(given["port"])]
    assert str(given["port"]) in said(image, "HEALTHCHECK")[0]


@pytest.mark.parametrize("name", ["satchel", "caddy"])
def test_a_container_has_no_rights_to_spare(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]


def test_only_the_proxy_can_be_reached_from_outside(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "ports" in service} == {"caddy"}
    assert "network_mode" not in services["satchel"]


def test_the_containers_settings_can_be_used(services: dict[str, Any]) -> None:
    given = services["satchel"]["environment"]
    texts: dict[str, Any] = {
        name.removeprefix("SATCHEL_").lower(): re.sub(r"\$\{[^}]+\}", "a.test", given[name]) for name in given
    }
    settings = Settings(**texts)
    address = services["caddy"]["networks"]["inside"]["ipv4_address"]
    assert settings.trusted_proxies == (address,)
    assert settings.public_url == "https://a.test"


def test_a_container_has_the_time_that_a_stop_takes(services: dict[str, Any], unit: dict[str, str]) -> None:
    from server.web.serving import CLOSE_SECONDS, FINISH_SECONDS

    needed = FINISH_SECONDS + CLOSE_SECONDS
    assert int(services["satchel"]["stop_grace_period"].removesuffix("s")) > needed
    assert int(unit["TimeoutStopSec"]) > needed


def test_the_service_has_no_rights_to_spare(unit: dict[str, str]) -> None:
    wanted = {
        "User": "satchel",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "StateDirectoryMode": "0700",
        "UMask": "0077",
        "Restart": "on-failure",
    }
    assert {name: unit.get(name) for name in wanted} == wanted
    assert unit["MemoryMax"]


def test_proxies_let_go_of_an_idle_connection_before_the_server_does() -> None:
    """Else they write a request into a connection that is being closed, and a client is told 502."""
    from server.web.connections import Patience

    for name, pattern in {"Caddyfile": r"\tkeepalive (\d+)s", "nginx.conf": r"keepalive_timeout (\d+)s;"}.items():
        (seconds,) = re.findall(pattern, (DEPLOY / name).read_text(encoding="utf-8"))
        assert int(seconds) < Patience().idle_seconds


def test_proxies_pass_on_bodies_and_streams() -> None:
    """With Caddy's ``flush_interval -1`` a stream stays open here after its client has gone."""
    from server.web.app import LARGEST_BODY

    caddy, nginx = (
        re.sub(r"#.*", "", (DEPLOY / name).read_text(encoding="utf-8")) for name in ("Caddyfile", "nginx.conf")
    )
    limits = [*re.findall(r"max_size (\d+)MB", caddy), *re.findall(r"client_max_body_size (\d+)m;", nginx)]
    assert [int(limit) * 10**6 > LARGEST_BODY for limit in limits] == [True, True]
    assert "flush_interval" not in caddy
    assert {"proxy_buffering off;", "proxy_http_version 1.1;"} <= {line.strip() for line in nginx.splitlines()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    named = set(re.findall(r"\bSATCHEL_[A-Z_]*[A-Z]\b", file.read_text(encoding="utf-8")))
    assert named - OURS - {CLIENT_KEY} == set()


def parsed(arguments: list[str]) -> click.Context:
    """The context of a command of ours, as the shell would call it. Raises click.UsageError."""
    context = click.Context(group)
    command: click.Command = group
    while isinstance(command, click.Group):
        name, *arguments = arguments
        found = command.get_command(context, name)
        assert found is not None, f"no command {name!r}"
        command = found
    return command.make_context(command.name, arguments, parent=context)


def shown() -> Iterator[str]:
    """Yield each command of ours in the page's blocks, from the program's name on."""
    for block in re.findall(r"^```(?:sh|text|ini)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        for line in block.splitlines():
            found = CALLED.search(TODAY.sub("today", COMMENT.sub("", line)))
            if found is not None:
                yield found[1].rstrip("'")


@pytest.mark.parametrize("line", sorted(set(shown())))
def test_every_command_of_the_page_is_understood(line: str) -> None:
    _, *arguments = shlex.split(line)
    parsed(arguments)


def test_the_page_shows_the_commands_of_an_operator() -> None:
    assert {line.split()[1] for line in shown()} >= {"keys", "serve", "backup", "restore", "doctor", "audit"}


def test_every_command_that_is_mentioned_exists_with_its_options() -> None:
    text = re.sub(r"^```.*?^```", "", PAGE.read_text(encoding="utf-8"), flags=re.M | re.S)
    for mention in re.findall(r"`satchel ([a-z][^`]*)`", text):
        command: click.Command = group
        words = shlex.split(mention)
        while words and isinstance(command, click.Group):
            found = command.get_command(click.Context(group), words.pop(0))
            assert found is not None, mention
            command = found
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, mention


def test_the_links_of_the_page_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGE.read_text(encoding="utf-8"))
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []
    assert len(links) > 5


def test_the_readme_leads_to_the_page() -> None:
    assert "](docs/operating.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_client_entries_carry_a_key_in_the_header_and_nowhere_else() -> None:
    example = json.loads((ROOT / "mcp.json.example").read_text(encoding="utf-8"))
    asked = {each["id"] for each in example["inputs"] if each["password"]}
    for shape, key in {"mcpServers": "${SATCHEL_KEY}", "servers": "${input:satchel-key}"}.items():
        entry = example[shape]["satchel-with-key"]
        assert entry["headers"] == {"Authorization": f"Bearer {key}"}
        assert entry["url"] == "https://mcp.example.org/mcp"
    assert "satchel-key" in asked
