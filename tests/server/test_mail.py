"""E-mail through a real mail server on loopback."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from server.outgoing.mail import Mail
from tests.server.receiving import certified
from tools.escalation.channel import SendFailed

pytestmark = pytest.mark.anyio

NOW_MS = 1_800_000_000_000
NAME = "mail.example.org"
SENDER, PEOPLE = "Satchel <alerts@example.org>", ["ann@example.org", "Böb <bob@example.org>"]
PAYLOAD: dict[str, Any] = {
    "event": "escalation.opened", "escalation_id": "esc1", "session_id": "s", "status": "open", "level": "high",
    "category": "legal_threat", "created_at": "2027-01-15T08:00:00Z",
    "signals": [{"name": "legal_threat", "weight": 0.9, "evidence": "my lawyer", "message_index": 2}],
    "handoff": {
        "summary": "Customer threatens to sue", "customer": {"name": "Zoë"}, "open_questions": ["Where is it?"],
        "memories": [{"memory_id": "m1", "content": "Prefers oat milk"}],
    },
}  # fmt: skip


class Post:
    """A mail server's mailbox, which refuses what it is told to."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.was_encrypted = False
        self.at_recipient: dict[str, str] = {}
        self.at_data = ""

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: object) -> str:
        if address in self.at_recipient:
            return self.at_recipient[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.at_data:
            return self.at_data
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        self.recipients += envelope.rcpt_tos
        self.was_encrypted = session.ssl is not None
        return "250 OK"

    def login(self, *given: object) -> AuthResult:
        credentials = given[-1]
        assert isinstance(credentials, LoginPassword)
        self.logins.append((credentials.login.decode(), credentials.password.decode()))
        return AuthResult(success=credentials.password == b"pass word/1", handled=False)


@contextmanager
def post_office(**options: Any) -> Generator[tuple[Post, int]]:
    """A mail server that runs, and its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=port, authenticator=post.login, ident="", **options)
    controller.start()
    try:
        yield post, port
    finally:
        controller.stop()


def address_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name of the mail server mean this machine, as /etc/hosts would."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest: real("127.0.0.1" if host == NAME else host, *rest))


async def test_people_read_what_they_need_to_know() -> None:
    with post_office() as (post, port):
        await Mail(f"smtp://127.0.0.1:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
    (letter,) = post.letters
    assert post.recipients == ["ann@example.org", "bob@example.org"]
    assert (letter["From"], letter["To"]) == (SENDER, "ann@example.org, Böb <bob@example.org>")
    assert letter["Subject"] == "Escalation high: legal_threat"
    assert (letter["Message-ID"], letter["Date"]) == ("<d1@example.org>", "Fri, 15 Jan 2027 08:00:00 -0000")
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().splitlines() == [
        "A conversation needs a person. high: legal_threat", "",
        "Summary", "- Customer threatens to sue", "",
        "Customer", "- name: Zoë", "",
        "Open questions", "- Where is it?", "",
        "What was noticed", '- legal_threat: "my lawyer"', "",
        "What is remembered", "- Prefers oat milk", "",
        "Where", "- escalation_id: esc1", "- session_id: s", "- status: open", "- created_at: 2027-01-15T08:00:00Z",
    ]  # fmt: skip


async def test_the_subject_says_when_a_level_rose() -> None:
    with post_office() as (post, port):
        mail = Mail(f"smtp://127.0.0.1:{port}", SENDER, PEOPLE)
        await mail.send("d1", PAYLOAD | {"event": "escalation.raised", "level": "critical"}, NOW_MS)
    assert [letter["Subject"] for letter in post.letters] == ["Escalation raised to critical: legal_threat"]


async def test_what_is_sent_again_is_recognisable() -> None:
    with post_office() as (post, port):
        mail = Mail(f"smtp://127.0.0.1:{port}", SENDER, PEOPLE)
        await mail.send("d1", PAYLOAD, NOW_MS)
        await mail.send("d1", PAYLOAD, NOW_MS + 60_000)
    first, second = post.letters
    assert first["Message-ID"] == second["Message-ID"]


async def test_what_a_customer_writes_adds_no_header_and_no_heading() -> None:
    injected = "Hi\r\nBcc: eve@example.org\r\n\r\nWhere\n.\n\x1b[31m\u202e\ud800 end"
    handoff = {"summary": injected, "customer": {}, "open_questions": [], "memories": [injected]}
    payload = PAYLOAD | {"category": injected, "level": injected, "handoff": handoff}
    with post_office() as (post, port):
        await Mail(f"smtp://127.0.0.1:{port}", SENDER, PEOPLE[:1]).send("d1", payload, NOW_MS)
    (letter,) = post.letters
    assert post.recipients == ["ann@example.org"]
    assert sorted(letter.keys()) == [
        "Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version", "Message-ID",
        "Subject", "To",
    ]  # fmt: skip
    text = letter.get_content()
    assert "\x1b" not in text
    assert "⟨U+202E⟩" in text
    assert text.splitlines().count("Where") == 1


@pytest.mark.parametrize(
    "address",
    [
        "eve@example.org\r\nBcc: all@example.org",
        "eve@example.org\u2028Bcc: all@example.org",
        "eve@exämple.org",
        "eve\ud800@example.org",
        "eve",
        "@",
        "eve@",
        "",
    ],
)
def test_an_address_that_is_none_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="must"):
        Mail("smtp://127.0.0.1", address, PEOPLE)
    with pytest.raises(ValueError, match="must"):
        Mail("smtp://127.0.0.1", SENDER, [address])


@pytest.mark.parametrize(
    "url",
    [
        "http://h",
        "smtp://",
        "smtp://u:sesame/x@h:25",
        "smtp://h/sesame",
        "smtp://h?sesame",
        "smtp://u:ses ame@h",
        "smtp://h:0x9",
        "smtp://u:sesame℀@h",
        "smtp://u:[sesame]@h",
    ],
)
def test_a_mail_server_that_cannot_be_used_is_refused_at_the_start_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="must") as refused:
        Mail(url, SENDER, PEOPLE)
    assert "sesame" not in str(refused.value)


def test_a_password_is_in_no_representation() -> None:
    mail = Mail("smtp://u:sesame@h", SENDER, PEOPLE)
    assert "sesame" not in repr(mail) + repr(mail._server)  # pyright: ignore[reportPrivateUsage]


def test_there_must_be_somebody_to_write_to() -> None:
    with pytest.raises(ValueError, match="must name somebody"):
        Mail("smtp://h", SENDER, [])


async def test_a_password_goes_over_an_encrypted_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, trusted = certified(NAME, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    address_is_here(monkeypatch)
    with post_office(tls_context=tls) as (post, port):
        await Mail(f"smtp://ann%40x:pass%20word%2F1@{NAME}:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
    assert (len(post.letters), post.was_encrypted, post.logins) == (1, True, [("ann@x", "pass word/1")])


async def test_a_password_is_not_sent_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    address_is_here(monkeypatch)
    with post_office(auth_require_tls=False) as (post, port), pytest.raises(SendFailed, match="encryption"):
        await Mail(f"smtp://ann:pass@{NAME}:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
    assert (post.letters, post.logins) == ([], [])


async def test_inside_this_machine_a_password_may_be_sent_in_clear() -> None:
    with post_office(auth_require_tls=False) as (post, port):
        await Mail(f"smtp://ann:pass%20word%2F1@localhost:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
    assert (len(post.letters), len(post.logins)) == (1, 1)


async def test_a_certificate_that_nobody_signed_is_trusted_inside_this_machine_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, _ = certified(NAME, tmp_path)
    address_is_here(monkeypatch)
    with post_office(tls_context=tls) as (post, port):
        with pytest.raises(SendFailed, match="certificate of the mail server is not trusted"):
            await Mail(f"smtp://{NAME}:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
        assert post.letters == []
        await Mail(f"smtp://127.0.0.1:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
    assert (len(post.letters), post.was_encrypted) == (1, True)


async def test_smtps_is_encrypted_from_the_first_byte_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls, trusted = certified(NAME, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    address_is_here(monkeypatch)
    with post_office(ssl_context=tls) as (post, port):
        await Mail(f"smtps://{NAME}:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
    assert len(post.letters) == 1


async def test_a_wrong_password_is_told_without_the_servers_words() -> None:
    with post_office(auth_require_tls=False) as (_, port), pytest.raises(SendFailed) as failed:
        await Mail(f"smtp://ann:wrong@127.0.0.1:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
    assert (failed.value.reason, failed.value.permanent) == (
        "the mail server refuses the user name or password",
        False,
    )


@pytest.mark.parametrize(("said", "is_permanent"), [("451 busy <ann@x>", False), ("554 no <ann@x>", True)])
async def test_a_refused_message_is_tried_again_if_the_server_says_so(said: str, is_permanent: bool) -> None:
    with post_office() as (post, port):
        post.at_data = said
        with pytest.raises(SendFailed) as failed:
            await Mail(f"smtp://127.0.0.1:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
    assert (failed.value.reason, failed.value.permanent) == (f"the mail server answered {said[:3]}", is_permanent)


async def test_it_is_sent_if_one_of_the_people_can_be_reached() -> None:
    with post_office() as (post, port):
        post.at_recipient = {"ann@example.org": "550 who?"}
        mail = Mail(f"smtp://127.0.0.1:{port}", SENDER, PEOPLE)
        await mail.send("d1", PAYLOAD, NOW_MS)
        assert post.recipients == ["bob@example.org"]
        post.at_recipient["bob@example.org"] = "450 later"
        with pytest.raises(SendFailed) as failed:
            await mail.send("d2", PAYLOAD, NOW_MS)
    assert (failed.value.reason, failed.value.permanent) == ("the mail server refuses every recipient", False)


async def test_a_mail_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mail = Mail(f"smtp://127.0.0.1:{mute.getsockname()[1]}", SENDER, PEOPLE, timeout=0.2)
        with pytest.raises(SendFailed, match=r"took more than 0\.2 s"):
            await mail.send("d1", PAYLOAD, NOW_MS)


async def test_where_no_mail_server_is_there_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(SendFailed, match="no connection"):
        await Mail(f"smtp://127.0.0.1:{port}", SENDER, PEOPLE).send("d1", PAYLOAD, NOW_MS)
