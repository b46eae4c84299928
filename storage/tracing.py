"""Spans around what takes time: a model, a search, a database, a parser.

They hang below the span of the request that is answered, and there are none without one: work in the background makes
no traces, nor does anything where nobody collects them, which costs a look at a context variable. An attribute is a
count or the name of a model or an engine, never a text, an id, a tenant or a session.
"""

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry.trace import INVALID_SPAN, Span, StatusCode, get_current_span, get_tracer

Value = str | int | float | bool

_tracer = get_tracer("satchel")
_nothing = nullcontext(INVALID_SPAN)


def span(name: str, **attributes: Value) -> AbstractContextManager[Span]:
    """A span for the length of a block, below the current one if that is recorded; each attribute's name gets the
    prefix ``satchel.``. It takes more of them inside the block."""
    return _recorded(name, attributes) if get_current_span().is_recording() else _nothing


@contextmanager
def _recorded(name: str, attributes: dict[str, Value]) -> Generator[Span]:
    named = {f"satchel.{key}": value for key, value in attributes.items()}
    with _tracer.start_as_current_span(
        name, attributes=named, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except BaseException as error:  # its text may quote contents
            made.set_attribute("error.type", type(error).__qualname__)
            made.set_status(StatusCode.ERROR)
            raise
