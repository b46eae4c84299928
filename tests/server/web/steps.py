"""What an agent can do to a server, a function each: it does so with things of its own and with ids of another tenant,
and judges what comes of it."""

import base64
from collections.abc import Mapping
from typing import Any

from tests.server.web.walking import WORDS, Step, Walker

KINDS = ["user_info", "preference", "fact", "context", "rule"]
PEOPLE = ["Anna", "Bob", "Cleo"]
QUESTIONS = ["How many customers are there?", "List the names of all customers", "How many customers are in Berlin?"]
SHARED_NAMES = 12
"""So many ids of documents are used by both tenants, each for its own."""
COMMON = "common"
"""The database that both may ask."""


async def stores(walker: Walker) -> None:
    replaced, session, text = "", walker.session, walker.said()
    if walker.random.random() < 0.2:
        known = [*walker.memories, *walker.other.ids["memory"][-20:]]
        replaced = walker.random.choice(known[-40:]) if known else ""
        session = walker.sessions.get(replaced, session)
    person = {"name": walker.random.choice(PEOPLE), "type": "person"}
    made = await walker.call(
        "memory_store",
        content=text,
        session_id=session,
        content_type=walker.random.choice(KINDS),
        tags=[walker.tenant.secret, "shared"],
        metadata={"note": walker.tenant.secret},
        entities=[person, {"name": f"{walker.tenant.secret} {person['name']}"}],
        relations=[{"source": person["name"], "relation": "knows", "target": walker.random.choice(PEOPLE)}],
        **({"supersedes": replaced} if replaced else {}),
    )
    if replaced:
        walker.note("supersede", walker.memories.pop(replaced, None) is not None, made is not None)
    if made:
        walker.keep("memory", made["memory_id"])
        walker.memories[made["memory_id"]], walker.sessions[made["memory_id"]] = text, session


async def retrieves(walker: Walker) -> None:
    query = " ".join(walker.random.sample(WORDS, walker.random.randint(0, 3)))
    scope, strategy = walker.random.choice(["session", "tenant"]), walker.random.choice(["auto", "recent", "diverse"])
    found = await walker.call(
        "memory_retrieve", query=query, session_id=walker.session, scope=scope, strategy=strategy, tags=["shared"]
    )
    assert found is not None
    assert not {each["memory_id"] for each in found["memories"]} & set(walker.other.ids["memory"])


async def looks_into_a_foreign_session(walker: Walker) -> None:
    session = f"{walker.other.secret}-all"
    found = await walker.call("memory_retrieve", session, query=walker.random.choice(WORDS), session_id=session)
    assert found is not None
    walker.note("foreign session", False, found["count"] > 0)
    assert await walker.ask("resources/read", session, uri=f"satchel://memories/{session}") is None


async def summarizes(walker: Walker) -> None:
    found = await walker.call("memory_summarize", session_id=walker.session)
    assert found is not None
    assert not set(found["memory_ids"]) & set(walker.other.ids["memory"])


async def updates(walker: Walker) -> None:
    memory_id, _ = walker.pick("memory")
    is_mine = memory_id in walker.memories
    if not is_mine and memory_id in walker.tenant.ids["memory"]:
        return await rates(walker)  # a colleague's: what it holds is the colleague's to know
    text = walker.said()
    done = await walker.call("memory_update", memory_id=memory_id, content=text)
    walker.note("update", is_mine, done is not None)
    if done:
        walker.memories[memory_id] = text


async def rates(walker: Walker) -> None:
    """Of colleagues too, some of whom have another key; what they gave up is gone."""
    memory_id, is_own = walker.pick("memory")
    done = await walker.call("memory_feedback", memory_id=memory_id, useful=True, query=walker.tenant.secret)
    walker.note("feedback", is_own, done is not None)
    is_of_colleague = is_own and memory_id not in walker.memories
    walker.done["feedback, of a colleague"] += is_of_colleague and done is not None


async def forgets(walker: Walker) -> None:
    memory_id, _ = walker.pick("memory")
    is_mine = memory_id in walker.memories
    if not is_mine and memory_id in walker.tenant.ids["memory"]:
        return
    purge = walker.random.random() < 0.2
    done = await walker.call("memory_forget", memory_ids=[memory_id], purge=purge)
    assert done
    walker.note("forget", is_mine, done["count"] == 1)
    assert is_mine or done["not_found"] == [memory_id]
    if is_mine and (text := walker.memories.pop(memory_id)) and not purge:
        walker.forgotten[memory_id] = text


async def restores(walker: Walker) -> None:
    memory_id, is_own = walker.pick("memory")
    if is_own and walker.forgotten:
        memory_id = walker.random.choice(list(walker.forgotten))
    is_mine = memory_id in walker.forgotten
    if not is_mine and memory_id in walker.tenant.ids["memory"]:
        return
    done = await walker.call("memory_restore", memory_ids=[memory_id])
    assert done
    walker.note("restore", is_mine, done["count"] == 1)
    if is_mine:
        walker.memories[memory_id] = walker.forgotten.pop(memory_id)


async def looks_at_the_graph(walker: Walker) -> None:
    entity = {"entity": walker.random.choice(PEOPLE)} if walker.random.random() < 0.5 else {}
    graph = await walker.call("memory_graph", depth=2, limit=20, **entity)
    seen = {one for node in graph["nodes"] for one in node["memory_ids"]} if graph else set()
    assert not seen & set(walker.other.ids["memory"])


async def adds_documents(walker: Walker) -> None:
    names = [f"doc-{walker.random.randrange(SHARED_NAMES)}", f"own-{walker.name}"]
    texts = [f"# {walker.random.choice(WORDS).title()}\n\n{walker.said()}\n\n{walker.said()}" for _ in names]
    titles = [{"title": f"{walker.tenant.secret} book", "lang": "en"} for _ in names]
    collection = walker.random.choice(["default", f"{walker.tenant.secret}-books"])
    asked: dict[str, Any] = {"documents": texts, "metadatas": titles, "collection": collection}
    is_named = walker.random.random() < 0.7
    if is_named:
        asked["ids"] = names
    done = await walker.call("rag_add_documents", token=f"token-{walker.name}", **asked)
    if done and not is_named:
        for each in done["documents"]:
            walker.keep("document", each["document_id"])


async def searches_documents(walker: Walker) -> None:
    asked: dict[str, Any] = {"query": " ".join(walker.random.sample(WORDS, 2)), "k": 3, "rerank": "off"}
    if walker.random.random() < 0.5:
        asked["filter"] = {"title": {"contains": "book"}, "lang": "en"}
    found = await walker.call("rag_search", **asked)
    assert found is not None
    for each in found["results"]:
        walker.keep("citation", each["citation"])


async def verifies(walker: Walker) -> None:
    citation, is_own = walker.pick("citation")
    found = await walker.call("rag_verify_citation", citation if not is_own else "", citation=citation)
    walker.done[f"verify, {'own' if is_own else 'foreign'}"] += found is not None


async def lists_documents(walker: Walker) -> None:
    first = await walker.call("rag_list_documents", limit=3)
    if first and (cursor := first.get("next_cursor")):
        assert await walker.call("rag_list_documents", limit=3, cursor=cursor)


async def deletes_documents(walker: Walker) -> None:
    document_id, is_own = walker.pick("document")
    done = await walker.call("rag_delete_documents", ids=[document_id])
    assert done
    walker.note("delete", is_own, bool(done["deleted"]))


async def saves_a_file(walker: Walker) -> None:
    """Half of them are the same file in both tenants."""
    text = "the same in both" if walker.random.random() < 0.5 else walker.said()
    content = base64.b64encode(text.encode()).decode()
    done = await walker.call("attachment_save", filename="note.txt", content_base64=content)
    assert done
    walker.keep("attachment", done["attachment_id"])


async def reads_a_file(walker: Walker) -> None:
    attachment_id, is_own = walker.pick("attachment")
    done = await walker.call("attachment_process", attachment_id=attachment_id)
    walker.note("file", is_own, done is not None)


async def tries_a_foreign_file(walker: Walker) -> None:
    known = walker.other.ids["attachment"]
    attachment_id = walker.random.choice(known) if known else "att-0"
    done = await walker.call("attachment_process", attachment_id=attachment_id, chunk_for_rag=True)
    walker.note("file", False, done is not None)


async def escalates(walker: Walker) -> None:
    message = f"I want to speak to a manager now, this is fraud! {walker.said()}"
    done = await walker.call("escalation_check", message=message, session_id=walker.session)
    assert done
    walker.keep("escalation", done.get("escalation_id"))


async def lists_escalations(walker: Walker) -> None:
    found = await walker.call("escalation_list", limit=5)
    assert found is not None
    assert not {each["escalation_id"] for each in found["escalations"]} & set(walker.other.ids["escalation"])


async def answers_an_escalation(walker: Walker) -> None:
    escalation_id, is_own = walker.pick("escalation")
    action = walker.random.choice(["acknowledge", "note"])
    done = await walker.call("escalation_update", escalation_id=escalation_id, action=action, note=walker.said())
    walker.note("escalation", is_own, done is not None)


async def takes_over(walker: Walker) -> None:
    escalation_id, is_own = walker.pick("escalation")
    told = await walker.ask("prompts/get", name="handoff", arguments={"escalation_id": escalation_id})
    walker.note("handoff", is_own, told is not None)


async def asks_a_database(walker: Walker) -> None:
    source = walker.random.choice([walker.tenant.source, COMMON])
    asked: dict[str, Any] = {"question": walker.random.choice(QUESTIONS), "session_id": walker.session, "chart": "off"}
    if walker.random.random() < 0.6:
        asked["sql"] = f"SELECT name, '{walker.tenant.secret}' AS mark FROM customers ORDER BY name LIMIT 3"
    done = await walker.call("text2sql", data_source=source, **asked)
    assert done
    walker.keep("pattern", done.get("pattern_id"))


async def asks_a_foreign_database(walker: Walker) -> None:
    source = walker.other.source
    done = await walker.call("text2sql", source, question=QUESTIONS[0], data_source=source)
    walker.note("database", False, done is not None)
    table = f"{source}.customers"
    through = await walker.call("text2sql", source, question="x", data_source=COMMON, sql=f"SELECT * FROM {table}")
    assert through is None or through["status"] == "refused"
    assert await walker.ask("resources/read", source, uri=f"satchel://data-sources/{source}/schema") is None
    assert await walker.ask("prompts/get", source, name="explore_data", arguments={"data_source": source}) is None


async def rates_an_answer(walker: Walker) -> None:
    pattern_id, is_own = walker.pick("pattern")
    rating = walker.random.choice([1, 5])
    done = await walker.call("text2sql_feedback", pattern_id=pattern_id, rating=rating)
    walker.note("rating", is_own, done is not None)


async def makes_a_rule(walker: Walker) -> None:
    text = f"{walker.tenant.secret}{walker.name}{walker.number % 5} means customers.city = 'Berlin'"
    asked = {"kind": "transformation", "text": text, "data_source": COMMON}
    done = await walker.call("text2sql_rules", action="add", **asked)
    walker.keep("rule", done["added"] if done else None)
    await walker.call("text2sql_rules", action="list")


async def removes_a_rule(walker: Walker) -> None:
    rule_id, is_own = walker.pick("rule")
    done = await walker.call("text2sql_rules", action="remove", rule_id=rule_id)
    walker.note("rule", is_own, done is not None)


async def reads_a_resource(walker: Walker) -> None:
    """What both tenants have under one name, each its own."""
    name = f"doc-{walker.random.randrange(SHARED_NAMES)}"
    own = f"data-sources/{walker.tenant.source}/schema"
    uris = ["health", "stats", "memories/default", f"documents/{name}", "escalations/open", "data-sources", own]
    await walker.ask("resources/read", uri=f"satchel://{walker.random.choice(uris)}")


async def reads_a_document(walker: Walker) -> None:
    document_id, is_own = walker.pick("document")
    found = await walker.ask("resources/read", uri=f"satchel://documents/{document_id}")
    walker.note("document", is_own, found is not None)


async def gets_a_prompt(walker: Walker) -> None:
    prompts: dict[str, dict[str, str]] = {
        "recall": {"session_id": walker.session},
        "answer_from_documents": {"question": " ".join(walker.random.sample(WORDS, 2))},
        "handoff": {"session_id": walker.session},
        "explore_data": {"data_source": walker.tenant.source},
    }
    name = walker.random.choice(list(prompts))
    await walker.ask("prompts/get", name=name, arguments=prompts[name])


async def completes(walker: Walker) -> None:
    prompt, template = {"type": "ref/prompt", "name": "recall"}, {"type": "ref/resource", "uri": "satchel://x"}
    name = walker.random.choice(["session_id", "document_id", "name", "data_source", "status"])
    value = walker.random.choice(["", "d", walker.tenant.secret[:3]])
    found = await walker.ask(
        "completion/complete",
        ref=prompt if name == "session_id" else template,
        argument={"name": name, "value": value},
    )
    assert found is not None


async def lists(walker: Walker) -> None:
    kinds = ["tools/list", "resources/list", "resources/templates/list", "prompts/list"]
    assert await walker.ask(walker.random.choice(kinds))


STEPS: Mapping[Step, int] = {
    stores: 120,
    retrieves: 120,
    looks_into_a_foreign_session: 20,
    summarizes: 30,
    updates: 70,
    rates: 50,
    forgets: 50,
    restores: 40,
    looks_at_the_graph: 20,
    adds_documents: 40,
    searches_documents: 50,
    verifies: 30,
    lists_documents: 30,
    deletes_documents: 25,
    saves_a_file: 25,
    reads_a_file: 8,
    tries_a_foreign_file: 25,
    escalates: 25,
    lists_escalations: 25,
    answers_an_escalation: 35,
    takes_over: 25,
    asks_a_database: 25,
    asks_a_foreign_database: 10,
    rates_an_answer: 25,
    makes_a_rule: 10,
    removes_a_rule: 15,
    reads_a_resource: 40,
    reads_a_document: 30,
    gets_a_prompt: 30,
    completes: 40,
    lists: 30,
}
"""How likely each is among the others; the slow ones are rare."""
