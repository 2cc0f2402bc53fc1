"""The errors of databases in words; for other addresses, see `movierec.store.filesystems`."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from movierec._util import without_secrets
from movierec.errors import MovierecError, UsageError
from movierec.store.failures import RemoteError

ADDRESS = "check the address: docs/storage.md"
QUERY = "correct the query: docs/storage.md has an example"
_NETWORK = "check the address and the network: docs/storage.md"
_CREDENTIALS = "set the user and the password as docs/storage.md says"
# By what the messages say: the libraries have some ten classes for each of these.
_REFUSED = (
    "authentication failed", "no password", "no pg_hba.conf entry", "permission denied",
    "access denied", "credential", 'role "',
)  # fmt: skip
_UNREACHABLE = (
    "connection refused", "could not translate host", "name or service not known",
    "timeout expired", "timed out", "time out", "connection reset", "broken pipe",
    "server closed the connection", "socket closed", "could not receive data",
    "no connection to the server", "no route to host", "communication error", "network error",
    "create a connection to", "terminating connection",
    "could not connect to", "read 0 bytes",
)  # fmt: skip
# A time limit, and what redshift_connector raises for a message that ends too early.
_BROKEN_OFF = (TimeoutError, IndexError, struct.error)
_WRITES = ("read-only", "read only", "readonly", "not authorized", "authorization denied")


def not_a_query() -> RemoteError:
    """Return the error for a statement that does more than read."""
    return RemoteError("it is not a single query that only reads", "write one SELECT")


@contextmanager
def needed(address: str, hint: str) -> Iterator[None]:
    """Convert the error of an import that fails.

    Parameters
    ----------
    address : str
    hint : str
        What to install.

    Raises
    ------
    UsageError
        If it does.
    """
    try:
        yield
    except ImportError as error:
        scheme = address.partition("://")[0]
        missing = error.name or error
        raise UsageError(
            f"{without_secrets(address)}: {scheme}:// needs {missing}", hint
        ) from error


@contextmanager
def in_words(address: str, hint: str) -> Iterator[None]:
    """Convert the errors of the libraries.

    Parameters
    ----------
    address : str
    hint : str
        What to do about those that have no better one.

    Raises
    ------
    RemoteError
        If there is any.
    """
    try:
        yield
    except (RemoteError, MovierecError, MemoryError):
        raise
    except Exception as error:
        raise _remote_error(error, address, hint) from error


def _remote_error(error: Exception, address: str, hint: str) -> RemoteError:
    reason = _without_password(_reason(error), address)
    said = reason.casefold()
    if isinstance(error, _BROKEN_OFF) or _is_of_network(reason):
        return RemoteError(f"its server does not answer, or broke off: {reason}", _NETWORK)
    if any(sign in said for sign in _REFUSED):
        return RemoteError(f"access is refused: {reason}", _CREDENTIALS)
    if any(sign in said for sign in _WRITES):
        return RemoteError(f"{not_a_query().reason}: {reason}", not_a_query().hint)
    return RemoteError(reason, hint)


def _is_of_network(text: str) -> bool:
    return any(sign in text.casefold() for sign in _UNREACHABLE)


def _reason(error: Exception) -> str:
    """Return what a server says, in one line."""
    cause = getattr(error, "orig", None) or error  # what SQLAlchemy wraps
    said = getattr(cause, "message", None) or (cause.args[-1] if cause.args else "")
    if isinstance(said, dict):  # the fields of PostgreSQL's protocol
        said = said.get("M", "")
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    found = re.search(r"(?:ERROR|FATAL):\s+(.+)", text)
    line = found[1] if found else next(filter(_is_of_network, lines), lines[0])
    prefix = r"^([A-Z_]+: )?\[libpq\] (Failed to connect: )?|^([a-z]\w*\.)+(?=[A-Z])"
    return re.sub(prefix, "", line).strip() or type(error).__name__


def _without_password(text: str, address: str) -> str:
    """Remove the password of an address, which libraries quote if they cannot read it."""
    found = re.search(r"://[^/?#]*?:([^/?#]*)@", address)
    for secret in {found[1], unquote(found[1])} - {""} if found else ():
        text = text.replace(secret, "...")
    return text
