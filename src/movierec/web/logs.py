"""Logs: one line for each request if it is asked for, and messages; as text or as JSON.

What somebody looks for stays out of the log: query strings have titles, bodies have ratings. Paths
are logged, and that of a movie's page has its id. So are the address and the browser of who asks.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import Any, NamedTuple
from urllib.parse import quote

from movierec._util import printable
from movierec.errors import OutputError

STDOUT = "-"

_LONGEST = 500  # characters of a header or a path
_PATH = "/:@!$&()*+,;=~-._"  # what a path may have as it is; the rest is written as %XX
# Not strftime's names of months, which depend on the locale.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Request(NamedTuple):
    """A request that was answered.

    Attributes
    ----------
    environ : dict
        Of WSGI.
    route : str
        The rule that its path matched, such as ``/film/<movie_id>``.
    status : int
    n_bytes : int or None
        Of the body of the answer.
    seconds : float
    """

    environ: dict[str, Any]
    route: str
    status: int
    n_bytes: int | None
    seconds: float


class AccessLog:
    """Writes one line for each request.

    Parameters
    ----------
    target : str
        The path of a file, which is opened again when it was renamed; or ``-`` for stdout.
    as_json : bool
        Whether lines are JSON objects instead of the Combined Log Format.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """

    def __init__(self, target: str, *, as_json: bool = False) -> None:
        self._format = _json_line if as_json else _combined_line
        self._handler = _handler_of(target)

    def write(self, asked: Request) -> None:
        """Write the line of a request; a full disk does not keep it from being answered."""
        line = self._format(asked, datetime.now(UTC))
        self._handler.handle(logging.makeLogRecord({"msg": line}))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()


def _handler_of(target: str) -> logging.Handler:
    try:
        handler = logging.StreamHandler(sys.stdout) if target == STDOUT else _file(target)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write the log {target}: {reason}") from error
    handler.handleError = lambda record: None  # type: ignore[method-assign]
    return handler


def _file(target: str) -> logging.Handler:
    return WatchedFileHandler(target, encoding="ascii", errors="backslashreplace")


def _combined_line(asked: Request, now: datetime) -> str:
    environ, at = asked.environ, now.strftime(f"%d/{_MONTHS[now.month - 1]}/%Y:%H:%M:%S +0000")
    line = f"{environ['REQUEST_METHOD']} {_path(environ)} {environ.get('SERVER_PROTOCOL', '')}"
    size = "-" if asked.n_bytes is None else asked.n_bytes
    return (
        f'{_escaped(_client(environ))} - - [{at}] "{_escaped(line)}" {asked.status} {size} '
        f'"{_escaped(_referrer(environ) or "-")}" "{_escaped(_agent(environ) or "-")}"'
    )


def _json_line(asked: Request, now: datetime) -> str:
    environ = asked.environ
    fields = {
        "time": now.isoformat(timespec="milliseconds"),
        "client": _client(environ),
        "method": environ["REQUEST_METHOD"],
        "path": _path(environ),
        "route": asked.route,
        "status": asked.status,
        "bytes": asked.n_bytes,
        "seconds": round(asked.seconds, 6),
        "referrer": _referrer(environ),
        "user_agent": _agent(environ),
    }
    return json.dumps(fields)  # ASCII only: control characters and line breaks are escaped


def _client(environ: dict[str, Any]) -> str:
    return str(environ.get("REMOTE_ADDR") or "-")


def _path(environ: dict[str, Any]) -> str:
    """Return the path without its query, as it stands in an address."""
    path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}".encode("latin-1")
    return quote(path, safe=_PATH)[:_LONGEST]


def _referrer(environ: dict[str, Any]) -> str | None:
    """Return the page that led here, without what was asked of it."""
    given = str(environ.get("HTTP_REFERER", "")).partition("?")[0].partition("#")[0]
    return given[:_LONGEST] or None


def _agent(environ: dict[str, Any]) -> str | None:
    return str(environ.get("HTTP_USER_AGENT", ""))[:_LONGEST] or None


def _escaped(text: str) -> str:
    """Return text as Apache writes it: printable ASCII, without quotes that end a field."""
    return "".join(
        f"\\{char}"
        if char in '"\\'
        else char
        if " " <= char <= "~"
        else "".join(f"\\x{byte:02x}" for byte in char.encode(errors="surrogatepass"))
        for char in text
    )


class OneLine(logging.Formatter):
    """Formats messages without what could act on the terminal; a request chooses its path."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line of a message."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Return the lines of a traceback."""
        return "\n".join(map(printable, super().formatException(ei).split("\n")))


class JsonLine(logging.Formatter):
    """Formats messages as JSON objects, one a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a message."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields)
