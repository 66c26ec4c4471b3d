"""A threading WSGI server from the standard library. Like Odoo's it speaks HTTP/1.0: one connection, one call."""

import socketserver
from collections.abc import Callable
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer


class QuietHandler(WSGIRequestHandler):
    disable_nagle_algorithm = (
        True  # headers and body go out in two writes; waiting for the first one's receipt costs 40 ms
    )

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a log line per call helps nobody here."""


class Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        """Without the base class's look-up of the host's name, which may wait for a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


def listen(application: Callable, port: int, host: str = "127.0.0.1") -> Server:
    """A bound server; `serve_forever()` starts it, `server_address` tells a port that was asked for as 0."""
    server = Server((host, port), QuietHandler)
    server.set_app(application)
    return server
