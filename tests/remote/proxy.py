"""A TCP proxy that breaks connections off, as networks do."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

Address = tuple[str, int]
NEVER = 1 << 60


class CuttingProxy:
    """Forwards connections; each is reset once it has carried a number of bytes.

    Parameters
    ----------
    target : tuple of str and int
    listen : tuple of str and int
        Port 0 picks a free one.

    Attributes
    ----------
    most_down, most_up : int
        The bytes of a connection from and to the target.
    n_cut : int
        How many connections were reset.
    """

    def __init__(self, target: Address, listen: Address = ("127.0.0.1", 0)) -> None:
        self.target = target
        self.most_down = self.most_up = NEVER
        self.n_cut = 0
        self._listener = socket.create_server(listen)
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
            threading.Thread(target=self._connect, args=[client], daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(self.target, timeout=10)
            except OSError:
                return
            with server:
                server.settimeout(None)
                up = threading.Thread(
                    target=self._forward, args=[client, server, True], daemon=True
                )
                up.start()
                self._forward(server, client, False)
                up.join()

    def _forward(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        n_bytes = 0
        try:
            while part := source.recv(1 << 14):
                n_bytes += len(part)
                if n_bytes > (self.most_up if is_up else self.most_down):
                    self.n_cut += 1
                    _reset(source, sink)
                    return
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:  # the other direction was cut
            _reset(source, sink)


def _reset(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.shutdown(socket.SHUT_RDWR)
