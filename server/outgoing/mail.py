"""Sends a notification as e-mail, through the mail server of the owner's choice.

What customers wrote goes into the body only, as plain text; the headers are made of our words.
"""

import logging
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from functools import partial
from urllib.parse import unquote

import anyio

from server.outgoing.addresses import is_loopback, parts_of, port_of
from server.outgoing.apart import apart
from server.outgoing.letter import body, subject
from tools.escalation.channel import Payload, SendFailed

logger = logging.getLogger("satchel.mail")

TIMEOUT_SECONDS = 45.0  # for all; less than the notifier's lease
ANSWER_SECONDS = 20.0  # servers keep strangers waiting on purpose, before they greet and after a wrong password
PORTS = {"smtp": 587, "smtps": 465}


class Mail:
    """A mail server and the people to write to. Raises ValueError for what cannot be used, without repeating it.

    ``url`` is smtp://user:password@host:587, encrypted where the server offers it, or smtps://host:465, always
    encrypted. A password is not sent unencrypted, except inside this machine.
    """

    def __init__(self, url: str, sender: str, recipients: Sequence[str], timeout: float = TIMEOUT_SECONDS) -> None:
        self._server = _server(url)
        self._domain = _checked(sender).rpartition("@")[2]
        if not recipients:
            raise ValueError("must name somebody to write to")
        for recipient in recipients:
            _checked(recipient)
        self._sender = sender
        self._recipients = recipients
        self._timeout = timeout

    async def send(self, delivery_id: str, payload: Payload, now_ms: int) -> None:
        """Return once the mail server has taken it for at least one of the people. Raises SendFailed."""
        message = self._message(delivery_id, payload, now_ms)
        session = Session(self._server)
        try:
            with anyio.fail_after(self._timeout):
                refused = await apart(partial(session.send, message))
        except TimeoutError as error:
            raise SendFailed(f"the mail server took more than {self._timeout:g} s") from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise _failure(error) from error
        finally:
            session.end()
        if refused:
            logger.warning("mail.recipients_refused", extra={"delivery": delivery_id, "recipients": refused})

    def _message(self, delivery_id: str, payload: Payload, now_ms: int) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = ", ".join(self._recipients)
        message["Subject"] = subject(payload)
        message["Date"] = formatdate(now_ms / 1000)
        message["Message-ID"] = f"<{delivery_id}@{self._domain}>"  # the same again when it is sent again
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
        message.set_content(body(payload))
        return message


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    is_encrypted: bool
    """From the first byte on; otherwise once it offers to."""


class Session:
    """One conversation with the server, in a thread; `end` may be called from another."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._is_local = is_loopback(server.host)
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> int:
        """Hand the message in; how many of its recipients were refused. Raises SMTPException, OSError."""
        self._smtp = smtp = self._connected()
        try:
            is_encrypted = self._server.is_encrypted or self._encrypt(smtp)
            if self._server.user:
                if not is_encrypted and not self._is_local:
                    raise smtplib.SMTPNotSupportedError
                smtp.login(self._server.user, self._server.password)
            refused = smtp.send_message(message)
            with suppress(smtplib.SMTPException, OSError):  # it has the message
                smtp.quit()
            return len(refused)
        finally:
            smtp.close()

    def end(self) -> None:
        """Let a thread that still waits for the server wait no longer."""
        if self._smtp is not None and (sock := self._smtp.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _connected(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        if self._server.is_encrypted:
            return smtplib.SMTP_SSL(host, port, timeout=ANSWER_SECONDS, context=self._context())
        return smtplib.SMTP(host, port, timeout=ANSWER_SECONDS)

    def _encrypt(self, smtp: smtplib.SMTP) -> bool:
        smtp.ehlo_or_helo_if_needed()
        if not smtp.has_extn("starttls"):
            return False
        smtp.starttls(context=self._context())
        return True

    def _context(self) -> ssl.SSLContext:
        """Certificates are checked, but not inside this machine: a mail server there often signs its own, and nobody
        can come between."""
        context = ssl.create_default_context()
        if self._is_local:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _server(url: str) -> Server:
    parts = parts_of(url)
    if parts.scheme not in PORTS:
        raise ValueError("must begin with smtp:// or smtps://")
    if not parts.hostname or any(char <= " " or char == "\x7f" for char in url):
        raise ValueError("must name a host, and hold no blanks")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must end with the host or the port")
    return Server(
        host=parts.hostname,
        port=port_of(parts) or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        is_encrypted=parts.scheme == "smtps",
    )


def _checked(address: str) -> str:
    """The bare address. Raises ValueError for what would end the header, or is none."""
    _, bare = parseaddr(address)
    domain = bare.rpartition("@")[2]
    if not address.isprintable() or not all(bare.partition("@")) or not domain.isascii():
        raise ValueError("must be an address such as alerts@example.org, its domain in ASCII")
    return bare


def _failure(error: Exception) -> SendFailed:
    """What went wrong in words of ours: servers repeat addresses and more in theirs. 5xx about a message says that it
    will not be taken later either; about the connection or the password it may be mended."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return SendFailed("the mail server refuses the user name or password")
        case smtplib.SMTPRecipientsRefused():
            is_final = all(code >= 500 for code, _ in error.recipients.values())
            return SendFailed("the mail server refuses every recipient", permanent=is_final)
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            return SendFailed(f"the mail server answered {error.smtp_code}", permanent=error.smtp_code >= 500)
        case smtplib.SMTPResponseException():
            return SendFailed(f"the mail server answered {error.smtp_code}")
        case smtplib.SMTPNotSupportedError():
            return SendFailed("the mail server lacks what is needed: encryption, a login, or addresses beyond ASCII")
        case ssl.SSLCertVerificationError():
            return SendFailed("the certificate of the mail server is not trusted")
        case smtplib.SMTPException():
            return SendFailed("the mail server broke off")
        case _:
            return SendFailed("no connection to the mail server")
