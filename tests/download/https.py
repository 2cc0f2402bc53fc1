"""A web server on this machine that speaks HTTPS, and fails as it is told to."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme


@dataclass
class Fault:
    """How one answer differs from a good one.

    Attributes
    ----------
    status : int, optional
        Answer with this status instead of the file.
    headers : dict of str to str
        Instead of, or besides, those of the good answer.
    cut : int, optional
        Break off after this many bytes of the body.
    is_silent : bool
        Stay connected then, and send nothing more.
    ignores_range : bool
        Send the whole file, whatever is asked for.
    ignores_version : bool
        Send the part that is asked for, also of another version of the file.
    shift : int
        Send a part that starts that many bytes later than it should.
    is_chunked, has_no_length : bool
        How the end of the body is told, if not by its length.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    is_silent: bool = False
    ignores_range: bool = False
    ignores_version: bool = False
    shift: int = 0
    is_chunked: bool = False
    has_no_length: bool = False


@dataclass
class Site:
    """What a server has, what it was asked, and how its next answers fail.

    Attributes
    ----------
    address : str
        Of its folder.
    certificate : Path
        Of the authority that a client must trust.
    files : dict of str to bytes
        By name.
    faults : list of Fault
        Of the next answers for files whose name does not end in ".md5".
    asked : list of tuple of str and dict
        The names and headers of all requests.
    n_sent : int
        Bytes of the bodies of files.
    has_tags : bool
        Whether versions are told by an ETag, or else by the time of the last change.
    """

    address: str
    certificate: Path
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    n_sent: int = 0
    has_tags: bool = True
    silence: threading.Event = field(default_factory=threading.Event)

    @property
    def port(self) -> int:
        """Where the server listens."""
        return urlsplit(self.address).port or 0

    def publish(self, name: str, content: bytes) -> None:
        """Put a zip there, with its checksum."""
        self.files[name] = content
        digest = hashlib.md5(content).hexdigest()
        self.files[f"{name}.md5"] = f"{digest}  {name}\n".encode()

    def ranges(self, name: str) -> list[str]:
        """Return which parts of a file were asked for, in order; "" is all of it."""
        return [headers.get("Range", "") for asked, headers in self.asked if asked == name]


def _version(site: Site, content: bytes) -> tuple[str, str]:
    """Return a header that tells the version of a file."""
    digest = hashlib.sha256(content).hexdigest()
    if site.has_tags:
        return "ETag", f'"{digest[:16]}"'
    return "Last-Modified", formatdate(int(digest[:7], 16), usegmt=True)


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.close_connection = True
        self.site.asked.append((name, dict(self.headers.items())))
        has_faults = self.site.faults and not name.endswith(".md5")
        fault = self.site.faults.pop(0) if has_faults else Fault()
        content = self.site.files.get(name)
        if fault.status or content is None:
            self._answer(fault.status or 404, {"Content-Length": "0", **fault.headers})
        else:
            self._send(content, fault)

    def _send(self, content: bytes, fault: Fault) -> None:
        header, version = _version(self.site, content)
        start = self._start(content, version, fault)
        if start is None:
            unknown = {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"}
            self._answer(416, unknown)
            return
        start = min(start + (fault.shift if start else 0), len(content))
        body = content[start:]
        headers = {header: version, "Content-Length": str(len(body)), **fault.headers}
        if fault.is_chunked or fault.has_no_length:
            del headers["Content-Length"]
        if fault.is_chunked:
            headers["Transfer-Encoding"] = "chunked"
        if start:
            end = len(content) - 1
            headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
        self._answer(206 if start else 200, headers)
        self._body(body, fault)

    def _start(self, content: bytes, version: str, fault: Fault) -> int | None:
        """Return where the part that is asked for starts; None if there is no such part."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        is_current = fault.ignores_version or self.headers.get("If-Range", version) == version
        if not found or fault.ignores_range or not is_current:
            return 0
        return int(found[1]) if int(found[1]) < len(content) else None

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, body: bytes, fault: Fault) -> None:
        sent = body[: fault.cut]
        # Counted first: later, another test may have begun.
        self.site.n_sent += 0 if self.path.endswith(".md5") else len(sent)
        with suppress(OSError):
            self.wfile.write(b"%x\r\n" % len(body) + sent if fault.is_chunked else sent)
            if fault.is_chunked and fault.cut is None:
                self.wfile.write(b"\r\n0\r\n\r\n")
            self.wfile.flush()
        if fault.is_silent:
            self.site.silence.wait(60)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Encrypt each connection in its own thread."""
        with suppress(OSError):
            handler = type("Handler", (_Handler,), {"site": self.site})
            with self.context.wrap_socket(request, server_side=True) as encrypted:
                handler(encrypted, client_address, self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away."""


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Run a server on a free port; its authority is written into a folder."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "files.grouplens.org").configure_cert(context)
    certificate = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    with _Server(("127.0.0.1", 0), _Handler) as server:
        address = f"https://127.0.0.1:{server.server_address[1]}/data"
        server.site, server.context = Site(address, certificate), context
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.site
        finally:
            server.site.silence.set()
            server.shutdown()
            thread.join()


@contextmanager
def tunnelling(site: Site) -> Iterator[tuple[str, list[str]]]:
    """Run a proxy on a free port; yield its address, and what it was asked to connect to.

    All its connections end at one server, whatever was asked for.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def do_CONNECT(self) -> None:
            asked.append(self.path)
            with socket.create_connection(("127.0.0.1", site.port), timeout=30) as target:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_pump, args=(target, self.connection), daemon=True)
                back.start()
                _pump(self.connection, target)
                back.join(30)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)
