"""What the libraries of the clouds raise, in words."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from movierec.errors import UsageError

# By the names of errors, since the libraries that define them are not all here.
_MISSING = {"FileNotFoundError", "NoSuchBucket", "NoSuchKey", "ResourceNotFoundError"}
_REFUSED = {
    "PermissionError", "NoCredentialsError", "PartialCredentialsError", "NoAuthTokenError",
    "ClientAuthenticationError", "GoogleAuthError", "CredentialUnavailableError",
    "TokenRetrievalError", "UnauthorizedSSOTokenError",
}  # fmt: skip
_REFUSALS = (
    "forbidden", "unauthorized", "invalid credentials", "anonymous caller",
    "accessdenied", "access denied", "authenticationfailed", "authorization",
    "must provide either a connection_string", "accesscontrolexception", "permission denied",
)  # fmt: skip
_REFUSED_STATUS = re.compile(r"\b40[13]\b")
_UNREACHABLE = {
    "ConnectionError", "TimeoutError", "ClientConnectionError", "ServiceRequestError",
    "ServiceResponseError", "gaierror", "HTTPClientError", "ClientPayloadError",
    "IncompleteReadError", "IncompleteRead", "FSTimeoutError", "NoResponse", "ChecksumError",
}  # fmt: skip
_UNREACHABLES = ("connection refused", "connection reset", "no route to host", "timed out",
                 "early eof", "no active namenode", "broken pipe",
                 "failed to lookup address")  # fmt: skip


CREDENTIALS = "set the credentials as docs/storage.md says, or MOVIEREC_ANONYMOUS=1 if it is public"


class RemoteError(Exception):
    """Something at an address cannot be used.

    Attributes
    ----------
    reason : str
        Why, to be read after a colon.
    hint : str
        What to do about it.
    is_missing : bool
        Whether there is nothing.
    """

    def __init__(self, reason: str, hint: str, *, is_missing: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.hint, self.is_missing = reason, hint, is_missing


@contextmanager
def in_words() -> Iterator[None]:
    """Convert the errors of the libraries, and do not print what they also warn of."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RemoteError, UsageError, ImportError, MemoryError):
        raise
    except Exception as error:
        raise _remote_error(error) from error


def _remote_error(error: Exception) -> RemoteError:
    causes = list(_causes(error))
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    said = " ".join(map(str, causes)).casefold()
    if names & _MISSING:
        return RemoteError("it is not there", "check the address", is_missing=True)
    is_refused = any(sign in said for sign in _REFUSALS) or _REFUSED_STATUS.search(said)
    if names & _REFUSED or is_refused:
        return RemoteError("access is refused", CREDENTIALS)
    if names & _UNREACHABLE or any(sign in said for sign in _UNREACHABLES):
        return RemoteError(
            "its server does not answer, or broke off",
            "check the address, the network and the variables that name the server: "
            "docs/storage.md",
        )
    reason = next((line for line in str(error).splitlines() if line.strip()), "")
    return RemoteError(reason or type(error).__name__, "see docs/storage.md")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop(0)
        if found is not None and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [found.__cause__, found.__context__]
            waiting += [each for each in found.args if isinstance(each, BaseException)]
