"""Serve the web app with waitress."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from typing import Any

from waitress.server import create_server

from movierec._util import printable
from movierec.errors import ServerError
from movierec.recommender import Recommender
from movierec.web.app import create_app

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
LIMITS = {
    # Python runs one request at a time; others overtake a slow one, such as the first that imports
    # NumPy, if not more than three are slow.
    "threads": 4,
    # Systems commonly allow a process 1,024 descriptors, and the model and the log need some.
    "connection_limit": 900,
    # At the limit, no new connection is accepted until others end. So one on which nothing was sent
    # for some seconds is closed, unless a request on it is being answered; browsers open another.
    "channel_timeout": 5,
    "cleanup_interval": 1,
    "max_request_header_size": 16 * 1024,
    # The app refuses bodies from half of this with a message. Up to this size waitress holds them
    # in memory; for larger ones it would open files.
    "max_request_body_size": 512 * 1024,
}


def serve(
    recommender: Recommender,
    host: str,
    port: int,
    *,
    say: Callable[[str], None],
    open_browser: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM; requests in progress are finished.

    Parameters
    ----------
    recommender : Recommender
    host : str
        A host name or address of this machine.
    port : int
        0 picks a free one.
    say : callable
        Called with messages for the person who started it.
    open_browser : bool
        Whether to open the app in the browser.

    Raises
    ------
    ServerError
        If the port is taken, or the host is not this machine.
    """
    log = logging.StreamHandler()
    log.setFormatter(_OneLine())
    logging.basicConfig(handlers=[log], level=logging.WARNING)
    with _listening(host, port) as listener:
        is_local = ipaddress.ip_address(listener.getsockname()[0]).is_loopback
        # A web site could point its own host name at this machine (DNS rebinding). With the host
        # names fixed, it cannot read the answers.
        app = create_app(recommender, trusted_hosts=(*_LOCAL, _in_url(host)) if is_local else None)
        server = create_server(
            app, sockets=[listener], ident=None, asyncore_use_poll=True, **LIMITS
        )
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it logs every short wait
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
        address = _address(host, listener.getsockname()[1])
        say(f"movierec is at {address} (Ctrl-C stops it)")
        if not is_local:
            say("everyone who can reach this machine can use it")
        if open_browser:
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
        server.run()
        say("stopped")


class _OneLine(logging.Formatter):
    """Formats messages without what could act on the terminal; a request chooses its path."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return "\n".join(map(printable, super().formatException(ei).split("\n")))


def _listening(host: str, port: int) -> socket.socket:
    """Return a listening socket."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        # The system's own words for its errors, without the address that Python adds.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror
        raise ServerError(
            f"cannot listen on port {port} of {host}: {reason}",
            "choose another with --port; 0 picks a free one",
        ) from error


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _address(host: str, port: int) -> str:
    """Return the URL for a browser on this machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
    return f"http://{_in_url(everywhere.get(host, host))}:{port}/"
