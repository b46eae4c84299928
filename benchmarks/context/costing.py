"""What of a model's context the server takes: the tool list by family, and answers beside other forms of the same."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.context.counting import NEEDS_TEKKEN, TEKKEN, counters
from benchmarks.context.exchanges import exchanges
from benchmarks.context.facts import untold
from benchmarks.context.formats import FORMS, PRETTY
from benchmarks.context.tool_list import as_read, compact, listed
from benchmarks.report import Figure, Gap, Outcome
from server.families import FAMILIES


def run() -> Iterator[Outcome]:
    """All figures of this module; they are the same in a quick run."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _listing(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        yield from _answers(Path(folder))
    if TEKKEN not in counters():
        yield Gap("context", f"all of it in {TEKKEN}", NEEDS_TEKKEN)


def _listing(home: Path) -> Iterator[Figure]:
    """The whole list, the part of it that models read, and that of each family alone."""
    tools = listed(home)
    whole, read = compact(tools), as_read(tools)
    for unit, count in counters().items():
        yield Figure("context", "tools/list as models read it", count(read), unit, "as it is sent", count(whole))
    for family in FAMILIES:
        alone = as_read(listed(home, satchel_tools=family))
        for unit, count in counters().items():
            yield Figure("context", f"tools/list, {family} alone", count(alone), unit, "all families", count(read))


def _answers(home: Path) -> Iterator[Figure]:
    """Each exchange in every form, beside the JSON that many servers send as text; then what only the record says."""
    answers = list(exchanges(home))
    for exchange in answers:
        texts = {form: written(exchange) for form, written in FORMS.items()}
        for unit, count in counters().items():
            for form, text in texts.items():
                what = f"{exchange.name}, written as {form}"
                yield Figure("context", what, count(text), unit, f"as {PRETTY}", count(texts[PRETTY]))
    for exchange in answers:
        names = [path.rpartition(".")[2] for path in untold(exchange)]
        what = f"{exchange.name}: fields that only the record has ({', '.join(names) or 'none'})"
        yield Figure("context", what, len(names), "fields")
