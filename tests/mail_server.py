"""A mail server of our own on this machine: it speaks SMTP, keeps what it took, and fails as a test tells it to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


@dataclass
class MailServer:
    """`taken`: each mail that was answered with 250. `refuses`: address → answer. `dies`: hang up after taking one."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    to: list[list[str]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    says_to_data: str = "250 OK"
    hangs_up_after_taking: bool = False

    def settings(self) -> dict[str, Any]:
        """What Django needs to know to send here."""
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": self.port,
            "EMAIL_TIMEOUT": 5,
        }


class Handler(socketserver.StreamRequestHandler):
    server: "Server"

    def handle(self) -> None:
        kept, recipients = self.server.kept, []
        self.say("220 ready")
        while line := self.rfile.readline():
            verb, _blank, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "RCPT":
                    address = rest.partition("<")[2].partition(">")[0]
                    if address not in kept.refuses:
                        recipients.append(address)
                    self.say(kept.refuses.get(address, "250 OK"))
                case "DATA":
                    self.say("354 go on")
                    if not self.take(recipients):
                        return
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 OK")

    def take(self, recipients: list[str]) -> bool:
        """Whether the conversation goes on."""
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        kept = self.server.kept
        if kept.says_to_data.startswith("250"):
            kept.taken.append(message_from_bytes(b"".join(lines), policy=policy.default))  # type: ignore[arg-type]
            kept.to.append(list(recipients))
        if kept.hangs_up_after_taking:
            return False
        self.say(kept.says_to_data)
        return True

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    kept: MailServer


@contextmanager
def mail_server(port: int = 0) -> Iterator[MailServer]:
    with Server(("127.0.0.1", port), Handler) as server:
        server.kept = MailServer(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.kept
        finally:
            server.shutdown()
            thread.join()
