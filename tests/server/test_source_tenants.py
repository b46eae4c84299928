"""A database that belongs to other tenants is as if it were not set up, by every way in."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from mcp import MCPError
from mcp.types import PromptReference, ResourceTemplateReference

from server.lifespan import open_house
from storage import sql_patterns
from tests import shops
from tests.client import Agent, in_memory, settings
from tests.storage.test_sql_patterns import run
from tools.errors import AgentError, NotFound, Unavailable
from tools.services import Caller, Services
from tools.text2sql import listing
from tools.text2sql.handlers import text2sql, text2sql_rules
from tools.text2sql.models import AskArguments, RulesArguments

pytestmark = pytest.mark.anyio

ACME, GLOBEX, OTHER = Caller("acme", "k1"), Caller("globex", "k2"), Caller("initech", "k3")
COUNT = "SELECT count(*) FROM customers"


@pytest.fixture
async def services(tmp_path: Path) -> AsyncGenerator[Services]:
    """Two shops of two tenants."""
    file = shops.make(tmp_path)
    sources = {"mine": shops.source(file, tenants=["acme"]), "both": shops.source(file, tenants=["acme", "globex"])}
    async with open_house(settings(tmp_path / "home", data_sources=sources), background=False) as house:
        yield house.services


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncGenerator[Agent]:
    """An agent of the tenant `local`, whose is one of two."""
    file = shops.make(tmp_path)
    sources = {"shop": shops.source(file, tenants=["local"]), "vault": shops.source(file, tenants=["acme"])}
    async with in_memory(tmp_path / "home", data_sources=sources) as connected:
        yield connected


async def test_each_tenant_sees_its_own(services: Services) -> None:
    databases = services.databases
    assert [listing.names(databases, who.tenant) for who in (ACME, GLOBEX, OTHER)] == [["both", "mine"], ["both"], []]
    assert [len(listing.listed(databases, who.tenant).splitlines()) for who in (ACME, GLOBEX)] == [2, 1]
    assert listing.listed(databases, "initech") == "No database is set up."
    for who, name in ((ACME, "mine"), (GLOBEX, "both"), (GLOBEX, None)):
        asked = AskArguments(question="How many customers are there?", data_source=name, sql=COUNT)
        assert (await text2sql(services, who, asked)).rows == [[5]]
    with pytest.raises(Unavailable, match="No database is set up"):
        await text2sql(services, OTHER, AskArguments(question="How many customers are there?", sql=COUNT))


async def told(services: Services, name: str) -> list[str]:
    """What a tenant is told of a database by every way in, without its name."""
    found: list[str] = []
    for way in (
        lambda: text2sql(services, GLOBEX, AskArguments(question="How many customers?", data_source=name)),
        lambda: text2sql(services, GLOBEX, AskArguments(question="customers", data_source=name, sql=COUNT)),
        lambda: text2sql_rules(services, GLOBEX, RulesArguments(action="list", data_source=name)),
        lambda: text2sql_rules(
            services, GLOBEX, RulesArguments(action="add", data_source=name, kind="preference", text="x")
        ),
        lambda: listing.schema_text(services.databases, "globex", name),
    ):
        with pytest.raises(AgentError) as error:
            await way()
        assert isinstance(error.value, NotFound)
        found.append(str(error.value).replace(name, "NAME"))
    return found


async def test_a_foreign_one_is_answered_for_like_an_unknown_one(services: Services) -> None:
    assert await told(services, "mine") == await told(services, "nowhere")


async def test_what_was_learned_while_it_could_be_asked_opens_no_way_back(agent: Agent) -> None:
    """The settings may take a database away from a tenant that has asked it."""
    house = await agent.house()
    refused: list[str] = []
    for name in ("vault", "nowhere"):
        learned = run(source=name, sql=COUNT)
        row = await house.db.write(lambda db, learned=learned: sql_patterns.record(db, "local", learned, 1))  # type: ignore[misc]
        asked = {"pattern_id": row.pattern_id, "rating": 1, "corrected_sql": "SELECT name FROM customers"}
        refused.append((await agent.refused("text2sql_feedback", **asked)).replace(name, "NAME"))
    assert refused[0] == refused[1]
    assert refused[0].startswith("No data source 'NAME'. There is: shop.")


async def test_resources_completion_and_prompts_do_not_show_it(agent: Agent) -> None:
    assert "vault" not in await agent.resource("satchel://data-sources")
    reference = ResourceTemplateReference(uri="satchel://data-sources/{name}/schema")
    completed = await agent.client.complete(reference, {"name": "name", "value": ""})
    assert completed.completion.values == ["shop"]
    named = PromptReference(name="explore_data")
    completed = await agent.client.complete(named, {"name": "data_source", "value": "v"})
    assert completed.completion.values == []
    errors: list[str] = []
    for name in ("vault", "nowhere"):
        for way in (
            lambda name=name: agent.resource(f"satchel://data-sources/{name}/schema"),
            lambda name=name: agent.client.get_prompt("explore_data", {"data_source": name}),
        ):
            with pytest.raises(MCPError) as error:
                await way()
            errors.append(str(error.value).replace(name, "NAME"))
    assert errors[:2] == errors[2:]
    shown = await agent.client.get_prompt("explore_data", {})
    assert "data_source: shop" in str(shown.messages[0].content)


def test_a_name_that_no_tenant_can_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a tenant has 1 to 64 letters, digits, _ and -"):
        settings(tmp_path, data_sources={"shop": {"url": "sqlite:///a", "tenants": ["a b"]}})
