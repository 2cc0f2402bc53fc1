"""A front for PostgreSQL at which the driver of Redshift takes it for Redshift.

It drops what the driver says of itself when it begins, which PostgreSQL does not understand. It
calls the server's version that of Redshift, and passes on all else.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

from tests.remote.proxy import Address

_SSL, _GSS = 80877103, 80877104  # the requests to encrypt, which come before all else
_KNOWN = (b"user", b"database", b"application_name")
_VERSION = b"server_version\0"


class RedshiftFront:
    """Forwards connections to a PostgreSQL.

    Parameters
    ----------
    target : tuple of str and int
    """

    def __init__(self, target: Address) -> None:
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.target) as server, suppress(OSError, EOFError):
            server.sendall(_without_unknown(_first_message(client)))
            _greet(client, server)
            threading.Thread(target=_forward, args=[client, server], daemon=True).start()
            _forward(server, client)


def _first_message(client: socket.socket) -> bytes:
    while True:
        (size,) = struct.unpack("!I", _exactly(client, 4))
        body = _exactly(client, size - 4)
        if struct.unpack("!I", body[:4])[0] not in (_SSL, _GSS):
            return body
        client.sendall(b"N")


def _without_unknown(body: bytes) -> bytes:
    words = body[4:].rstrip(b"\0").split(b"\0")
    kept = {name: value for name, value in zip(words[::2], words[1::2]) if name in _KNOWN}  # noqa: B905
    pairs = b"".join(name + b"\0" + value + b"\0" for name, value in kept.items())
    return struct.pack("!I", len(pairs) + 9) + body[:4] + pairs + b"\0"


def _greet(client: socket.socket, server: socket.socket) -> None:
    """Forward messages until the server is ready for a query, or refuses."""
    while True:
        kind, body = _message(server)
        if kind == b"S" and body.startswith(_VERSION):
            body = _VERSION + b"8.0.2\0"
        client.sendall(_packed(kind, body))
        if kind == b"R" and body != bytes(4):  # it asks for a password
            server.sendall(_packed(*_message(client)))
        if kind in b"ZE":
            return


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(source, 5)
    return head[:1], _exactly(source, struct.unpack("!I", head[1:])[0] - 4)


def _packed(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _exactly(source: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = source.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return found


def _forward(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            sink.sendall(part)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
