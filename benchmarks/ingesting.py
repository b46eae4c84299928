"""`satchel ingest` beside fastembed alone on the same chunks, and what searches feel of it meanwhile."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.models import TRANSFORMER, fastembed_model
from benchmarks.report import Figure, Outcome, percentile, timed_ms
from benchmarks.shelf import Topics, folder_of_files
from benchmarks.wire import SATCHEL, Peer, peer
from storage.documents.chunk_vectors import embedded_text
from storage.embedding.static_table import static_table
from tools.rag.chunking.chunks import chunked

RATE_LIMIT = 0.9
DISTURBED_LIMIT = 2.0
WORDS_EACH = 1_500
BY_TRANSFORMER = f"ingest, transformer, files of {WORDS_EACH:,} words"


def run(quick: bool) -> Iterator[Outcome]:
    """All figures of this module."""
    yield from _table_rate(100 if quick else 1_000)
    yield from TRANSFORMER.gaps("ingest", BY_TRANSFORMER) or _transformer_rate(8 if quick else 80)
    yield from _disturbed(100 if quick else 1_000)


def _ingest(home: Path, folder: Path, **settings: str) -> float:
    """Seconds that the command says it took, once its models were open."""
    done = subprocess.run(
        _command(folder), env=_environment(home, **settings), check=True, capture_output=True, text=True
    )
    told = re.search(r" in ([\d.]+) s\.", done.stdout)
    if told is None:
        raise RuntimeError(done.stdout)
    return max(float(told[1]), 0.05)  # it tells tenths


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-P", "-m", "server", "ingest", str(folder)]


def _environment(home: Path, **settings: str) -> dict[str, str]:
    given = {"SATCHEL_HOME": str(home), "SATCHEL_EMBEDDING_MODEL": "static", "SATCHEL_OFFLINE": "true"}
    return os.environ | given | {name.upper(): value for name, value in settings.items()}


def _transformer_rate(count: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        texts = list(folder_of_files(place / "files", count, WORDS_EACH))
        rate = count / _ingest(place / "home", place / "files", **TRANSFORMER.settings)
    chunks = sorted(_chunks(texts), key=len)
    for how, at_once in (("as it comes", 256), ("by eights", 8)):
        name, alone = f"/s fastembed alone, {how}", count / _fastembed_seconds(chunks, at_once)
        yield Figure("ingest", BY_TRANSFORMER, rate, "files/s", name, alone, RATE_LIMIT, of_ratio=True, at_least=True)


def _table_rate(count: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        texts = list(folder_of_files(place / "files", count, WORDS_EACH))
        first, again = (_ingest(place / "home", place / "files") for _ in range(2))
    table = static_table()
    alone = timed_ms(lambda: table.embed_passages(_chunks(texts))) / 1000
    what = f"ingest, built-in table, files of {WORDS_EACH:,} words"
    yield Figure("ingest", what, count / first, "files/s", "/s the table alone", count / alone)
    yield Figure("ingest", f"{what}, a second time", count / again, "files/s")


def _chunks(texts: list[str]) -> list[str]:
    return [embedded_text(chunk.section, text[chunk.start : chunk.stop]) for text in texts for chunk in chunked(text)]


def _fastembed_seconds(texts: list[str], at_once: int) -> float:
    """fastembed on all cores, once it is loaded."""
    model = fastembed_model()
    list(model.embed(["ready"]))
    return timed_ms(lambda: list(model.embed(texts, batch_size=at_once))) / 1000


def _disturbed(files: int) -> Iterator[Figure]:
    """How long searches take before and while another process takes in as many files again, of the same kind, into the
    same collection."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for number, _ in enumerate(folder_of_files(place / "files", 2 * files, WORDS_EACH)):
            if number == files - 1:
                _ingest(place / "home", place / "files")
        asked = Topics(seed=11).questions(200)
        with peer(SATCHEL, place / "home") as server:
            server.call("rag_search", query=asked[0])
            before = [timed_ms(lambda q=question: server.call("rag_search", query=q)) for question in asked]  # type: ignore[misc]
            during = _while_ingesting(server, asked, place)
    what = f"rag_search during an ingest, {4 * files:,} chunks and as many more"
    p50, p95 = statistics.median(before), percentile(before, 0.95)
    yield Figure("ingest", f"{what}, p50", statistics.median(during), "ms", "ms before", p50)
    yield Figure("ingest", f"{what}, p95", percentile(during, 0.95), "ms", "ms before", p95, DISTURBED_LIMIT, True)


def _while_ingesting(server: Peer, asked: list[str], place: Path) -> list[float]:
    taken: list[float] = []
    silent = subprocess.DEVNULL
    with subprocess.Popen(
        _command(place / "files"), env=_environment(place / "home"), stdout=silent, stderr=silent
    ) as ingest:
        while ingest.poll() is None:
            question = asked[len(taken) % len(asked)]
            taken.append(timed_ms(lambda q=question: server.call("rag_search", query=q)))  # type: ignore[misc]
            time.sleep(0.02)
    return taken
