"""The subjects that can be measured, in the order of a whole run: what each measures, and beside what."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from benchmarks import escalating, finding, ingesting, load, searching, startup, storing
from benchmarks.context import costing
from benchmarks.options import Options
from benchmarks.recall import passages, quality
from benchmarks.report import Outcome
from benchmarks.sql import questioning


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured together, by one name on the command line."""

    run: Callable[[Options], Iterable[Outcome]]
    measures: str
    beside: str


SUBJECTS = {
    "startup": Subject(
        lambda asked: startup.run(asked.quick),
        "Process start to the answer to the first request of either protocol era; `tools/list`, and ten short "
        "memories; a cheap call, without the work of its own; resident memory at rest.",
        "The SDK's own server with one trivial tool (`bare_server.py`).",
    ),
    "context": Subject(
        lambda asked: costing.run(),
        "Tokens of `tools/list`, whole and with each family alone. Ten real exchanges: our text, the facts that it "
        "tells in other forms, the whole record, and text and record together, as a host pays that hands its model "
        "both; the fields that only the record has.",
        "The record as indented JSON, which is what many servers send as text.",
    ),
    "speed": Subject(
        lambda asked: chain(storing.run(asked.quick), finding.run(asked.quick)),
        "`memory_store` one after the other and pipelined; two processes on one directory; `memory_retrieve` over "
        "1,000, 10,000 and 100,000 memories in one session, and spread over a hundred; both with the transformer.",
        "A plain SQLite insert with the same pragmas; one process alone; FTS5 alone, and a numpy scan of all "
        "vectors; embedding the query.",
    ),
    "quality": Subject(
        lambda asked: quality.run(asked.quick, asked.conversations, asked.model),
        "Share of the evidence turns among the first 5, 10 and 20 memories, by kind of question.",
        "Full text alone over the same turns.",
    ),
    "search": Subject(
        lambda asked: searching.run(asked.quick, asked.sizes),
        "`rag_search` over collections of 10,000, 100,000 and 1,000,000 passages: time, also behind filters that let"
        " 1 % and 50 % through, recall, memory, disk.",
        "FTS5 alone over the same rows; exact cosines of all vectors.",
    ),
    "ingest": Subject(
        lambda asked: ingesting.run(asked.quick),
        "`satchel ingest` over a folder, with the built-in table and with the transformer, and what searches feel of"
        " it meanwhile.",
        "The table, or fastembed, alone on the same passages; the same searches before.",
    ),
    "passages": Subject(
        lambda asked: passages.run(asked.quick, asked.questions, asked.model),
        "Share of questions about this repository's pages whose passage is among the first 1, 3, 5 and 10.",
        "Full text alone over the same passages.",
    ),
    "escalation": Subject(
        lambda asked: escalating.run(asked.quick, asked.files, asked.misses),
        "Labelled turns: precision, recall, F1 and false alarms of calling for a person and of taking a message for "
        "a request for one; by kind, category, domain and language. Time to judge a message behind 50 turns, to call"
        " the tool, and to judge hostile texts.",
        "A list of words; embedding the message with the built-in table; the SDK's own server; an ordinary text of "
        "the same length.",
    ),
    "sql": Subject(
        lambda asked: questioning.run(asked.quick, asked.sql_folders, asked.statements, asked.fixture, asked.misses),
        "Questions with known answers: coverage, precision and accuracy of the built-in generator. Statements: "
        "attacks past the gate, and past gate and engine; honest ones refused. Time of `text2sql` beside the query "
        "itself, by who wrote the SQL; also after the start, and beside an endless query.",
        'All rows of the table that is named; "starts with SELECT or WITH" and "sqlglot parses it to a Select"; the '
        "same SQL on sqlite3 directly.",
    ),
    "load": Subject(
        lambda asked: load.run(asked.quick),
        "32 clients at once over HTTP, three stores to seven retrievals, in each protocol era: calls a second, p99, "
        "failures. What a quiet tenant feels of one that sends ten times its limit.",
        "The SDK's own server with one trivial tool over HTTP, in turn; the quiet tenant alone.",
    ),
}
