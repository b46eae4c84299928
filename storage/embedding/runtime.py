"""Which embedders this process has: the built-in table at once, the transformer when it arrives.

A daemon thread opens the model where it lies, else fetches it, else tries again later. Nobody ever waits for it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from storage.embedding.catalogue import Recipe
from storage.embedding.embedder import Embedder, EmbeddingFailed, ModelDamaged, ModelRefused, ModelUnavailable
from storage.embedding.fetching import download_apart, quiet, stamp
from storage.embedding.folder import recipe_of
from storage.embedding.pulling import obtain
from storage.embedding.static_table import STATIC_IDENTITY, static_table
from storage.embedding.transformer import Transformer

logger = logging.getLogger("satchel.embedding")

FIRST_RETRY_SECONDS = 300.0
LONGEST_RETRY_SECONDS = 6 * 3600.0
LOOK_SECONDS = 60.0
"""How often to look for a copy that another process fetched meanwhile."""
STOP_SECONDS = 1.0

State = Literal["ready", "loading", "waiting", "off"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What health reports. ``detail`` says what to do in one line, and nothing when all is well.

    ``ready``: the wanted model serves. ``loading``: it is being opened or fetched. ``waiting``: it will be tried
    again. ``off``: none is wanted, or the wanted one is refused and will stay so.
    """

    wanted: str
    serving: str
    state: State
    detail: str


def delays() -> Iterator[float]:
    """Yield the seconds to wait after each failed attempt: five minutes, doubling up to six hours."""
    seconds = FIRST_RETRY_SECONDS
    while True:
        yield seconds
        seconds = min(2 * seconds, LONGEST_RETRY_SECONDS)


class EmbeddingRuntime:
    """The embedders of one process. ``model`` is "auto", "static", "none" or a name fastembed knows.

    With ``offline`` the network is never touched; a model on this machine is still opened.
    """

    def __init__(self, model: str, cache_dir: Path, folder: Path | None = None, offline: bool = False) -> None:
        self._model = model
        self._cache_dir = cache_dir
        self._folder = folder
        self._offline = offline
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._nudged = False
        self._said: set[str] = set()
        self._thread: threading.Thread | None = None
        self._transformer: Transformer | None = None
        self._table_works = True
        self._detail = ""
        self._state: State = "loading"
        if model in ("static", "none"):
            self._state = "ready" if model == "static" else "off"

    def embedders(self) -> tuple[Embedder, ...]:
        """What can be used right now, the preferred one last; the first call reads the table, some 20 ms."""
        table = () if self._model == "none" else self._table()
        return (*table, self._transformer) if self._transformer else table

    def start(self, on_change: Callable[[], None]) -> None:
        """Begin to get the transformer; ``on_change`` is called from that thread once it is there."""
        if self._thread is None and self._state == "loading":
            self._thread = threading.Thread(target=self._run, args=(on_change,), name="satchel-model", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread. One that hangs in a library is left behind: it is a daemon and will change nothing."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def retry(self) -> None:
        """Try again now instead of when the back-off ends."""
        with self._changed:
            self._nudged = True
            self._changed.notify_all()

    def settled(self, timeout_seconds: float) -> ModelStatus:
        """The status once the first attempt is over, or at the end of the time given."""
        with self._changed:
            self._changed.wait_for(lambda: self._state != "loading", timeout_seconds)
            return self._status()

    def status(self) -> ModelStatus:
        """How things stand; never waits and loads nothing."""
        with self._changed:
            return self._status()

    def readiness(self) -> dict[str, bool]:
        """Whether each of the two sorts that are wanted, ``static`` and ``transformer``, can be used right now."""
        found = {} if self._model == "none" else {"static": self._table_works}
        return found if self._model in ("static", "none") else found | {"transformer": self._transformer is not None}

    def _status(self) -> ModelStatus:
        serving = "none" if self._model == "none" or not self._table_works else STATIC_IDENTITY.name
        if self._transformer is not None:
            serving = self._transformer.identity.name
        return ModelStatus(self._model, serving, self._state, self._detail)

    def _table(self) -> tuple[Embedder, ...]:
        """The built-in table; nothing when its file is damaged, as full text still works then."""
        if not self._table_works:
            return ()
        try:
            return (static_table(),)
        except EmbeddingFailed:
            self._table_works = False
            logger.exception("table.unreadable")
            return ()

    def _run(self, on_change: Callable[[], None]) -> None:
        """The thread: whatever happens, it ends with a status that says so and leaves the table serving."""
        try:
            self._work(on_change)
        except ModelRefused as refused:
            logger.warning("model.refused", extra={"model": self._model, "reason": str(refused)})
            self._become("off", str(refused))
        except Exception:  # the outermost loop of this thread
            logger.exception("model.failed", extra={"model": self._model})
            if self._transformer is None:
                self._become("off", "The embedding model could not be loaded; the log says why. Restart to try again.")

    def _work(self, on_change: Callable[[], None]) -> None:
        recipe = recipe_of(self._model, self._folder)
        quiet()
        for seconds in delays():
            if self._attempt(recipe):
                on_change()
                return
            self._pause(seconds, recipe)
            if self._stopping.is_set():
                return

    def _attempt(self, recipe: Recipe) -> bool:
        """Whether the model is there now; if not, the status says why."""
        started = time.perf_counter()
        try:
            arrived = obtain(recipe, self._cache_dir, None if self._offline else self._fetch)
        except ModelUnavailable as missing:
            if not self._stopping.is_set():
                self._report(recipe, missing)
            self._become("waiting", str(missing))
            return False
        if self._stopping.is_set():
            return False
        elapsed_ms = round(1000 * (time.perf_counter() - started))
        logger.info("model.ready", extra={"model": recipe.name, "ms": elapsed_ms})
        self._transformer = arrived
        self._become("ready", "")
        return True

    def _fetch(self, recipe: Recipe, cache_dir: Path) -> None:
        download_apart(recipe, cache_dir, self._stopping)

    def _report(self, recipe: Recipe, missing: ModelUnavailable) -> None:
        """One line the first time, for the same thing; later ones are for those who debug."""
        event, level = "model.unreachable", logging.INFO
        if isinstance(missing, ModelDamaged):
            event, level = "model.damaged", logging.WARNING
        cause = missing.__cause__
        facts = {"model": recipe.name, "reason": str(missing), "cause": type(cause).__name__ if cause else ""}
        logger.log(logging.DEBUG if event in self._said else level, event, extra=facts)
        self._said.add(event)

    def _pause(self, seconds: float, recipe: Recipe) -> None:
        """Wait that long; less when stopped, nudged, or when the model's file appears or is replaced."""
        before = stamp(recipe, self._cache_dir)
        while seconds > 0:
            if self._woken(min(seconds, LOOK_SECONDS)) or stamp(recipe, self._cache_dir) != before:
                return
            seconds -= LOOK_SECONDS

    def _woken(self, seconds: float) -> bool:
        with self._changed:
            woken = self._changed.wait_for(lambda: self._nudged or self._stopping.is_set(), seconds)
            self._nudged = False
            return woken

    def _become(self, state: State, detail: str) -> None:
        with self._changed:
            self._state, self._detail = state, detail
            self._changed.notify_all()
