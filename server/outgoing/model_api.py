"""Asks a model behind an API of the owner's choice to write SQL: the Messages API of Anthropic
(https://docs.anthropic.com/en/api/messages), or chat completions as OpenAI has them
(https://platform.openai.com/docs/api-reference/chat), which most others and most local servers offer too.

The answer is somebody else's text: it is cut off where it gets too long, and no word of it is logged. Nor is the key.
"""

import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio

from server.outgoing.addresses import Reach, Resolve, is_loopback, parts_of, port_of, resolved
from server.outgoing.exchange import Exchange, Message, Unanswered
from server.outgoing.targets import HOST_LETTERS, LONGEST_URL, PORTS, Target
from tools.breaker import Breaker
from tools.text2sql.writer import Prompt, seconds_left

logger = logging.getLogger("satchel.model_api")

Kind = Literal["anthropic", "openai"]
Json = dict[str, Any]

BASES: Mapping[Kind, str] = {"anthropic": "https://api.anthropic.com", "openai": "https://api.openai.com/v1"}
PATHS: Mapping[Kind, str] = {"anthropic": "/v1/messages", "openai": "/chat/completions"}
ANTHROPIC_VERSION = "2023-06-01"
TIMEOUT_SECONDS = 20.0  # for all tries
PAUSES = (0.5, 1.5)  # seconds before each further try
PASSING = frozenset({408, 429, *range(500, 600)})
LARGEST_ANSWER = 200_000  # bytes
MAX_TOKENS = 4_000  # some of them go into thoughts that we never see


@dataclass(frozen=True, slots=True)
class ModelApi:
    """Where the model is. ``url`` is what the paths of the API begin with; empty for that of the maker. ``key`` may be
    empty where ``kind`` is openai, for local servers."""

    kind: Kind
    name: str
    url: str = ""
    key: str = field(default="", repr=False)


class ApiModel:
    """A model behind an API, as a writer of SQL. Raises ValueError for what cannot be used, without repeating it.

    Addresses must be public and encrypted, unless the URL names this machine itself; an API of the kind openai may be
    unencrypted there. ``now`` is the time in milliseconds since the epoch, ``timeout`` is for a whole `write`, in
    seconds, and ``pause`` waits between the tries.
    """

    name: Literal["api_model"] = "api_model"

    def __init__(
        self,
        api: ModelApi,
        now: Callable[[], int],
        breaker: Breaker,
        *,
        timeout: float = TIMEOUT_SECONDS,
        resolve: Resolve = resolved,
        pause: Callable[[float], Awaitable[object]] = anyio.sleep,
    ) -> None:
        self._target = _target(api)
        if not api.name.strip():
            raise ValueError("must name a model")
        if (api.kind == "anthropic" and not api.key) or not all("!" <= char <= "~" for char in api.key):
            raise ValueError("must be a key, in letters of ASCII and without blanks")
        self._api = api
        self._reach: Reach = "this machine" if is_loopback(self._target.host) else "public"
        self._now = now
        self._breaker = breaker
        self._timeout = timeout
        self._exchange = Exchange(resolve)
        self._pause = pause
        self._is_plain = False

    async def write(self, prompt: Prompt) -> str | None:
        """The model's answer, tried again where a failure may pass; None without one, and the log says why. It takes
        no longer than its timeout, and leaves the tool call time to use the answer."""
        seconds = min(self._timeout, seconds_left())
        if seconds <= 0:
            return None
        with anyio.move_on_after(seconds):
            return await self._tried(prompt)
        self._note(Failed(f"no answer within {seconds:.3g} s"))
        return None

    async def _tried(self, prompt: Prompt) -> str | None:
        for pause in (*PAUSES, math.inf):
            if not self._breaker.admits(self._now()):
                return None
            try:
                text = await self._ask(prompt)
            except Failed as failure:
                self._note(failure)
                wait = max(pause, failure.retry_after)
                if not failure.is_passing or wait >= anyio.current_effective_deadline() - anyio.current_time():
                    return None
                await self._pause(wait)
            else:
                self._breaker.succeeded()
                return text
        return None

    def _note(self, failure: "Failed") -> None:
        self._breaker.failed(self._now())
        logger.warning("model_api.failed", extra={"kind": self._api.kind, "reason": failure.reason})

    async def _ask(self, prompt: Prompt) -> str | None:
        """Ask once; twice where the model takes no settings, as the newer ones of both makers do not."""
        if not self._is_plain:
            try:
                return await self._post(prompt, is_plain=False)
            except Failed as failure:
                if failure.status != 400:
                    raise
        text = await self._post(prompt, is_plain=True)
        self._is_plain = True
        return text

    async def _post(self, prompt: Prompt, is_plain: bool) -> str | None:
        body = json.dumps(_body(self._api, prompt, is_plain)).encode()
        message = Message("POST", self._target, self._headers(), body, LARGEST_ANSWER)
        try:
            answer = await self._exchange.send(message, self._reach)
        except Unanswered as error:
            raise Failed(error.reason, is_passing=error.is_passing) from error
        if answer.status != 200:
            is_passing, seconds = answer.status in PASSING, _seconds(answer.retry_after)
            raise Failed(f"answered {answer.status}", answer.status, is_passing=is_passing, retry_after=seconds)
        try:
            return _text(self._api.kind, json.loads(answer.body))
        except (ValueError, RecursionError) as error:
            raise Failed("answered something else") from error

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # what is not unpacked does not grow
            "User-Agent": "satchel",
        }
        if self._api.kind == "anthropic":
            return headers | {"x-api-key": self._api.key, "anthropic-version": ANTHROPIC_VERSION}
        return headers | ({"Authorization": f"Bearer {self._api.key}"} if self._api.key else {})


class Failed(Exception):
    """There is no answer. ``reason`` is for the log: nothing of the key, the prompt or what the other side wrote.

    ``is_passing`` means that another try may succeed, ``retry_after`` how many seconds the other side asks to wait.
    """

    def __init__(self, reason: str, status: int = 0, *, is_passing: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.is_passing = is_passing
        self.retry_after = retry_after


def _target(api: ModelApi) -> Target:
    parts = parts_of(api.url or BASES[api.kind])
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and api.kind == "openai" and is_loopback(host)):
        raise ValueError("must begin with https://, or with http:// for an openai server on this machine")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a password, a query or a fragment")
    if not host or not HOST_LETTERS.issuperset(host):
        raise ValueError("must name a host, in letters of ASCII")
    if len(api.url) > LONGEST_URL or not all("!" <= char <= "~" for char in api.url):
        raise ValueError(f"must be percent-encoded, without blanks, and no longer than {LONGEST_URL:,} characters")
    port = port_of(parts) or PORTS[parts.scheme]
    return Target(parts.scheme, host, port, parts.netloc, parts.path.rstrip("/") + PATHS[api.kind])


def _body(api: ModelApi, prompt: Prompt, is_plain: bool) -> Json:
    """``is_plain`` leaves out what newer models refuse: a temperature, and with openai the old name of the limit."""
    said = {"role": "user", "content": prompt.user}
    settings: Json = {} if is_plain else {"temperature": 0}
    if api.kind == "anthropic":
        return {"model": api.name, "max_tokens": MAX_TOKENS, "system": prompt.system, "messages": [said], **settings}
    limit = "max_completion_tokens" if is_plain else "max_tokens"
    messages = [{"role": "system", "content": prompt.system}, said]
    return {"model": api.name, limit: MAX_TOKENS, "messages": messages, **settings}


def _text(kind: Kind, answer: object) -> str | None:
    """What the model wrote; None if it was cut short or did not want to. Raises ValueError for another format."""
    match kind, answer:
        case "anthropic", {"stop_reason": "max_tokens" | "refusal"}:
            return None
        case "openai", {"choices": [{"finish_reason": "length" | "content_filter"}, *_]}:
            return None
        case "anthropic", {"content": [*blocks]}:
            return "".join(map(_written, blocks))
        case "openai", {"choices": [{"message": {"content": str(text)}}, *_]}:
            return text
        case "openai", {"choices": [{"message": {"content": None}}, *_]}:
            return None
        case _:
            raise ValueError("another format")


def _written(block: object) -> str:
    """Blocks also hold thoughts and other things."""
    match block:
        case {"type": "text", "text": str(text)}:
            return text
        case _:
            return ""


def _seconds(retry_after: str) -> float:
    """How long to wait. Both makers send seconds; for a date our own pause must do."""
    return float(retry_after[:9]) if retry_after.isascii() and retry_after.isdigit() else 0.0
