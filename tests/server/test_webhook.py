"""The webhook against a real server on loopback."""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path

import anyio
import pytest

from server.outgoing.addresses import NotAllowed, checked, is_public
from server.outgoing.webhook import Webhook
from tests.server.receiving import answer, certified, hook
from tools.escalation.channel import SendFailed

pytestmark = pytest.mark.anyio

NOW_MS = 1_800_000_000_000
NAME = "hooks.example.org"
PAYLOAD = {"event": "escalation.opened", "handoff": {"summary": "Möchte einen Menschen"}}


def resolves_to(*addresses: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver that knows one answer, and gives it once: asked again, it names a public address."""
    answers = [list(addresses)]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0) if answers else ["8.8.8.8"]

    return resolve


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
        ("hü", "hü".encode()),
    ],
)
async def test_the_receiver_can_verify_who_sent_it(secret: str, key: bytes) -> None:
    async with hook() as place:
        await Webhook(place.url, secret, allow_private=True).send("d1", PAYLOAD, NOW_MS)
    (heard,) = place.heard
    signed = hmac.new(key, b"d1.1800000000." + heard.body, hashlib.sha256).digest()
    assert heard.start == "POST /hook?token=sesame HTTP/1.1"
    assert json.loads(heard.body) == PAYLOAD
    assert heard.headers["content-type"] == "application/json"
    assert (heard.headers["webhook-id"], heard.headers["webhook-timestamp"]) == ("d1", "1800000000")
    assert heard.headers["webhook-signature"] == f"v1,{base64.b64encode(signed).decode()}"


@pytest.mark.parametrize(("status", "is_permanent"), [(500, False), (404, False), (304, False), (410, True)])
async def test_only_success_counts_and_only_gone_is_final(status: int, is_permanent: bool) -> None:
    async with hook(answer(status)) as place:
        with pytest.raises(SendFailed) as failed:
            await Webhook(place.url, "s", allow_private=True).send("d1", PAYLOAD, NOW_MS)
    assert (failed.value.reason, failed.value.permanent) == (f"answered {status}", is_permanent)


async def test_a_redirect_is_not_followed() -> None:
    async with hook() as inside, hook(answer(307, Location=inside.url)) as place:
        with pytest.raises(SendFailed, match="answered 307"):
            await Webhook(place.url, "s", allow_private=True).send("d1", PAYLOAD, NOW_MS)
    assert (len(place.heard), inside.heard) == (1, [])


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120.0),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("9" * 5_000, 999_999_999.0),
        (f"Fri, 15 Jan 2027 08:01:00 +{'9' * 20}", 0.0),
        (f"Fri, 15 Jan {'9' * 20} 08:01:00 GMT", 0.0),
    ],
)
async def test_the_receiver_may_ask_for_time(asked: str, seconds: float) -> None:
    async with hook(answer(429, Retry_After=asked)) as place:
        with pytest.raises(SendFailed) as failed:
            await Webhook(place.url, "s", allow_private=True).send("d1", PAYLOAD, NOW_MS)
    assert failed.value.retry_after == seconds


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 100 Continue\r\n\r\n" * 50])
async def test_a_receiver_that_does_not_end_its_answer_is_given_up(said: bytes) -> None:
    async with hook(said) as place:
        with pytest.raises(SendFailed, match=r"no answer within 0\.3 s"):
            await Webhook(place.url, "s", allow_private=True, timeout=0.3).send("d1", PAYLOAD, NOW_MS)


async def test_the_body_of_an_answer_is_not_waited_for() -> None:
    async with hook(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nI will") as place:
        with anyio.fail_after(5):
            await Webhook(place.url, "s", allow_private=True, timeout=60).send("d1", PAYLOAD, NOW_MS)


async def test_an_answer_that_is_not_http_is_a_failure_without_its_words() -> None:
    async with hook(b"SSH-2.0-secret\r\n\r\n") as place:
        with pytest.raises(SendFailed) as failed:
            await Webhook(place.url, "s", allow_private=True).send("d1", PAYLOAD, NOW_MS)
    assert failed.value.reason == "no answer: RemoteProtocolError"


async def test_where_nobody_listens_there_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(SendFailed, match=r"^no connection$"):
        await Webhook(f"http://127.0.0.1:{port}/", "s", allow_private=True).send("d1", PAYLOAD, NOW_MS)


async def test_the_connection_goes_to_the_address_that_was_checked_under_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that changes its mind between two questions is asked one. The certificate is that of the name."""
    tls, trusted = certified(NAME, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with hook(tls=tls) as place:
        url = f"https://{NAME}:{place.port}/hook"
        await Webhook(url, "s", allow_private=True, resolve=resolves_to("127.0.0.1")).send("d1", PAYLOAD, NOW_MS)
    (heard,) = place.heard
    assert (heard.headers["host"], place.names) == (f"{NAME}:{place.port}", [NAME])


async def test_a_certificate_of_another_name_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, trusted = certified(NAME, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    async with hook(tls=tls) as place:
        webhook = Webhook(
            f"https://evil.example.org:{place.port}/", "s", allow_private=True, resolve=resolves_to("127.0.0.1")
        )
        with pytest.raises(SendFailed, match="the certificate is not trusted"):
            await webhook.send("d1", PAYLOAD, NOW_MS)
    assert place.heard == []


@pytest.mark.parametrize("held", [None, "no certificate"])
async def test_certificates_that_cannot_be_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str | None
) -> None:
    trusted = tmp_path / "trusted.pem"
    if held:
        trusted.write_text(held)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with pytest.raises(SendFailed, match=r"^the trusted certificates cannot be read$"):
        await Webhook(f"https://{NAME}/", "s", resolve=resolves_to("8.8.8.8")).send("d1", PAYLOAD, NOW_MS)


def test_what_is_secret_in_an_address_is_in_no_representation() -> None:
    webhook = Webhook("https://hooks.example.org/sesame?token=sesame", "sesame")
    assert "sesame" not in repr(webhook) + repr(webhook._target)  # pyright: ignore[reportPrivateUsage]


async def test_the_next_address_is_tried_where_one_cannot_be_reached() -> None:
    async with hook() as place:
        url = f"http://{NAME}:{place.port}/"
        webhook = Webhook(url, "s", allow_private=True, resolve=resolves_to("::1", "127.0.0.1"))
        await webhook.send("d1", PAYLOAD, NOW_MS)
    assert len(place.heard) == 1


async def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
    with pytest.raises(SendFailed, match=r"no answer within 0\.2 s"):
        await Webhook(f"https://{NAME}/", "s", timeout=0.2).send("d1", PAYLOAD, NOW_MS)
    over.set()


async def test_a_name_that_is_not_known_is_told() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(SendFailed, match="the name is not found"):
        await Webhook(f"https://{NAME}/", "s", resolve=unknown).send("d1", PAYLOAD, NOW_MS)


async def test_no_proxy_of_the_environment_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hook() as proxy, hook() as place:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        await Webhook(place.url, "s", allow_private=True).send("d1", PAYLOAD, NOW_MS)
    assert (len(place.heard), proxy.heard) == (1, [])


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
)
async def test_an_address_of_this_machine_is_refused_however_it_is_written(host: str) -> None:
    async with hook() as place:
        with pytest.raises(SendFailed, match="the address is not public"):
            await Webhook(f"https://{host}:{place.port}/", "s").send("d1", PAYLOAD, NOW_MS)
    assert place.heard == []


async def test_one_private_address_among_public_ones_spoils_the_name() -> None:
    with pytest.raises(NotAllowed):
        await checked(NAME, 443, "public", resolves_to("8.8.8.8", "10.0.0.1"))
    assert await checked(NAME, 443, "public", resolves_to("8.8.8.8")) == ["8.8.8.8"]


@pytest.mark.parametrize(
    "address",
    """0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.168.1.1 198.18.0.1 224.0.0.1 240.0.0.1
    255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1::
    2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 3fff::1 fc00::1 fe80::1 fe80::1%1 fec0::1 ff02::1""".split(),
)
def test_addresses_of_networks_of_our_own_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "2606:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("url", "allow_private"),
    [
        ("http://hooks.example.org/", False),
        ("ftp://hooks.example.org/", True),
        ("hooks.example.org", True),
        ("https://user:sesame@hooks.example.org/", True),
        ("https:///sesame", True),
        ("https://hooks.example.org:99999/sesame", True),
        ("https://hooks.example.org:sesame/", True),
        ("https://hooks.example.org\\@evil.example.org/sesame", True),
        ("https://hooks.example.org/sesame\r\nX: y", True),
        ("https://hooks.example.org/#sesame", True),
        ("https://hööks.example.org/sesame", True),
        ("https://hooks.example.org/sésame/sesame", True),
        ("https://sesame℀/", True),
        ("https://[sesame]/", True),
        ("https://hooks.example.org/sesame" + "e" * 8_000, True),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_the_start_and_not_repeated(url: str, allow_private: bool) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        Webhook(url, "s", allow_private=allow_private)
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64"])
def test_a_secret_that_signs_nothing_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="must"):
        Webhook("https://hooks.example.org/", secret)
