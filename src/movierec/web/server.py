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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from waitress.server import create_server

from movierec.errors import ServerError, UsageError
from movierec.recommender import Recommender
from movierec.web.access import ANY_ORIGIN
from movierec.web.app import TOKEN, create_app
from movierec.web.logs import AccessLog, JsonLine, OneLine
from movierec.web.taste.uploads import LARGEST_FORM
from movierec.web.worker import LARGE, Worker

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
# Seconds that a thread runs while others wait. A request changes threads a few times, and waits
# so long each time if another question is being computed; Python's own value is ten times this.
_TURN = 0.0005
LIMITS = {
    # Python runs one thread at a time. One expensive question is answered while four wait (see
    # movierec.web.limits), so that three threads are left for others.
    "threads": 8,
    # Systems commonly allow a process 1,024 descriptors, and the model and the log need some.
    "connection_limit": 900,
    # At the limit, no new connection is accepted until others end. So one on which nothing was sent
    # for some seconds is closed, unless a request on it is being answered; browsers open another.
    "channel_timeout": 5,
    "cleanup_interval": 1,
    "max_request_header_size": 16 * 1024,
    # The app refuses bodies from half of this with a message, and most from an eighth. Up to 512 KB
    # waitress holds them in memory; for larger ones it opens files that have no name.
    "max_request_body_size": 2 * LARGEST_FORM,
}


def serve(
    recommender: Recommender,
    host: str,
    port: int,
    *,
    say: Callable[[str], None],
    open_browser: bool = False,
    token: str | None = None,
    allow_origins: Sequence[str] = (),
    access_log: str | None = None,
    log_json: bool = False,
    proxy: str | None = None,
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
    token, allow_origins
        As in :func:`movierec.web.app.create_app`.
    access_log : str, optional
        A file to which a line is added for each request, or ``-`` for stdout.
    log_json : bool
        Whether this log and messages are JSON, one object a line.
    proxy : str, optional
        The IP address whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed; those of
        others are dropped.

    Raises
    ------
    OutputError
        If the log cannot be written.
    UsageError
        If the token or an origin is none, or the proxy is no address.
    ServerError
        If the port is taken, or the host is not this machine.
    """
    token = token if token is not None else os.environ.get(TOKEN) or None
    sys.setswitchinterval(_TURN)
    log = logging.StreamHandler()
    log.setFormatter(JsonLine() if log_json else OneLine())
    logging.basicConfig(handlers=[log], level=logging.WARNING)
    requests = None if access_log is None else AccessLog(access_log, as_json=log_json)
    worker = None if recommender.address is None else Worker(recommender.address)
    with _listening(host, port) as listener, ExitStack() as at_the_end:
        if worker:
            at_the_end.callback(worker.stop)
            if len(recommender) >= LARGE:
                worker.start()
        if requests:
            at_the_end.callback(requests.close)
        is_local = ipaddress.ip_address(listener.getsockname()[0]).is_loopback
        # A web site could point its own host name at this machine (DNS rebinding). With the host
        # names fixed, it cannot read the answers.
        app = create_app(
            recommender,
            trusted_hosts=(*_LOCAL, _in_url(host)) if is_local else None,
            token=token,
            allow_origins=allow_origins,
            access_log=requests,
            worker=worker,
        )
        server = create_server(
            app,
            sockets=[listener],
            ident=None,
            asyncore_use_poll=True,
            **_believing(proxy),
            **LIMITS,
        )
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it logs every short wait
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
        address = _address(host, listener.getsockname()[1])
        say(f"movierec is at {address} (Ctrl-C stops it)")
        for warning in _warnings(is_open=not is_local and token is None, origins=allow_origins):
            say(warning)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
        server.run()
        say("stopped")


def _warnings(*, is_open: bool, origins: Sequence[str]) -> Iterator[str]:
    """Yield who can use the server that perhaps should not."""
    if is_open:
        yield f"everyone who can reach this machine can use it: set {TOKEN}, or leave out --host"
    if ANY_ORIGIN in origins:
        yield "pages of every site can read the answers: name their origins instead of *"


def _believing(proxy: str | None) -> dict[str, object]:
    """Return the settings of waitress by which it believes a proxy, and nobody else."""
    if proxy is None:
        return {"clear_untrusted_proxy_headers": True}
    try:
        address = str(ipaddress.ip_address(proxy))
    except ValueError as error:
        raise UsageError(
            f'"{proxy}" is not the address of a proxy', "write it as 127.0.0.1"
        ) from error
    return {
        "trusted_proxy": address,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }


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
