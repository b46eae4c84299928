"""Quotes, operators and syntax of other languages are letters; every script is kept bit for bit and found again."""

import pytest

from tests.client import Agent, dump

pytestmark = pytest.mark.anyio

SYNTAX = [
    "'; DROP TABLE memories; --", "SELECT a < b; -- DROP", "\" OR \"1\"=\"1", "100% of _all_ * stars", "C:\\temp\\new",
    "tea AND NOT coffee", "NEAR(tea coffee, 2)", "own : tea", "{own day} : tea", "^tea", "tea*", "(tea OR", "\"tea",
    "tea - coffee + milk", "$.a.b", "$[*]", "$.x' OR 1=1", "session_id = 'x' OR '1'='1'", "cast(x as text)",
    "{{7*7}} ${HOME} %s %(name)s {0}", "<script>alert('x')</script>", "a && b || c; rm -rf /", "dropbox-42", "--", "\\",
    "NULL", "true", "\\u0041", "x\u2028y", "[[wiki]] `code`",
]  # fmt: skip

TEXTS = {
    "german": ("Frau Müller trinkt am liebsten Weißbier, nicht Kölsch.", ["muller", "Müller", "WEISSBIER", "kölsch"]),
    "chinese": ("客户住在北京，喜欢喝乌龙茶。", ["北京", "乌龙茶", "茶"]),
    "japanese": ("田中さんは毎朝コーヒーを飲みます", ["コーヒー", "田中", "毎朝"]),
    "thai": ("ลูกค้าชอบดื่มชาเขียวทุกเช้า", ["ชาเขียว", "ลูกค้า"]),
    "arabic": ("العميل يفضل الشاي الأخضر في الصباح", ["الشاي", "الأخضر"]),
    "hebrew": ("הלקוח מעדיף תה ירוק", ["ירוק"]),
    "russian": ("Клиент предпочитает зелёный чай", ["чай", "зеленый"]),
    "korean": ("고객은 녹차를 좋아합니다", ["녹차"]),
    "hindi": ("ग्राहक को हरी चाय पसंद है", ["चाय"]),
    "greek": ("Ο πελάτης προτιμά πράσινο τσάι", ["τσάι", "ΤΣΆΙ"]),
    "turkish": ("Müşteri İstanbul'da yaşıyor", ["istanbul", "İstanbul"]),
    "vietnamese": ("Khách hàng thích trà xanh", ["xanh", "trà"]),
    "emoji": ("Party 🎉 with 👨‍👩‍👧‍👦 in 🇩🇪 and 🏳️‍🌈", ["party"]),
    "composed": ("Cafe\u0301 Ame\u0301lie and Café", ["café", "amelie"]),
    "rare": ("𠮷野家 opened", ["𠮷野", "opened"]),
}


@pytest.mark.parametrize("text", SYNTAX)
async def test_syntax_is_kept_and_searched_as_text(agent: Agent, text: str) -> None:
    memory_id = await agent.store(text, tags=[text.replace("\u2028", " ")], metadata={text: {text: [text]}})
    await agent.store("tea and coffee are both fine")
    by_tag = await agent.found(tags=[text.replace("\u2028", " ")])
    assert [memory["memory_id"] for memory in by_tag] == [memory_id]
    assert by_tag[0]["content"] == text
    assert by_tag[0]["metadata"] == {text: {text: [text]}}
    for query in (text, f"x {text}"):
        result = await agent.call("memory_retrieve", query=query)
        assert result["count"] <= 2
    unknown: list[tuple[str, dict[str, object]]] = [
        ("memory_graph", {"entity": text.replace("\u2028", " ")}),
        ("memory_update", {"memory_id": text, "importance": 1}),
        ("memory_feedback", {"memory_id": text, "useful": True, "query": text}),
    ]
    for tool, arguments in unknown:
        assert (await agent.refused(tool, **arguments)).startswith("No ")
    assert (await agent.call("memory_forget", memory_ids=[text]))["not_found"] == [text]
    assert len((await dump(agent))["memories"]) == 2


async def test_syntax_in_an_entity_is_its_name(agent: Agent) -> None:
    names = [text for text in SYNTAX if "\u2028" not in text]
    for text in names:
        await agent.store(f"About {text}", entities=[{"name": text, "type": text[:64]}])
        (node,) = (await agent.call("memory_graph", entity=text))["nodes"]
        assert node["name"].casefold() == text.casefold()


@pytest.mark.parametrize("language", TEXTS)
async def test_every_language_is_kept_and_found_by_its_words(agent: Agent, language: str) -> None:
    text, queries = TEXTS[language]
    await agent.store("Tax forms are due in autumn", content_type="fact")
    await agent.store(text, content_type="fact", metadata={"text": text}, entities=[{"name": text}])
    for query in [*queries, text]:
        best = (await agent.found(query))[0]
        assert (best["content"], best["metadata"]) == (text, {"text": text})


async def test_a_word_inside_another_script_is_not_a_match_for_all(agent: Agent) -> None:
    await agent.store("北京欢迎你", content_type="fact")
    await agent.store("上海的天气很好", content_type="fact")
    assert (await agent.contents("上海"))[0] == "上海的天气很好"
    assert "北京欢迎你" not in await agent.contents("天气", strategy="relevant", limit=1)


async def test_operators_find_no_more_than_words(agent: Agent) -> None:
    await agent.store("green tea", content_type="fact")
    await agent.store("черный кофе", content_type="fact")
    for query in ("tea OR кофе", '"tea"', "tea*", "te*"):
        found = await agent.contents(query, strategy="relevant")
        assert ("черный кофе" in found) == ("кофе" in query)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\0b", "a b"), ("bell\x07here\x85now", "bell here now"), ("a \t  b", "a b"), ("a\tb", "a\tb"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"), ("  \n trimmed \n ", "trimmed"), ("line\r\nend", "line\nend"),
        ("def f():\n    return  1", "def f():\n    return 1"),
        ("x\n```\na    b\n```\nc    d", "x\n```\na    b\n```\nc d"),
        ("<b>kept</b> & <i>so</i>", "<b>kept</b> & <i>so</i>"),
    ],
)  # fmt: skip
async def test_content_is_cleaned_once_and_then_kept(agent: Agent, given: str, kept: str) -> None:
    await agent.store(given)
    assert await agent.contents() == [kept]
    assert (await agent.call("memory_store", content=kept))["action"] == "updated"
