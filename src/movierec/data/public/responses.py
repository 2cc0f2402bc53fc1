"""Asking a server for a file by HTTP, with the standard library, and what failures mean."""

from __future__ import annotations

import http.client
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from movierec.errors import DataError

_PASSING = {408, 425, 429, 500, 502, 503, 504}  # statuses that another try may not meet
_LONGEST_PAUSE = 60  # seconds that are waited because a server asks for it
_NETWORK = "check the network, and the variables HTTPS_PROXY and NO_PROXY if there is a proxy"
OTHER_PLACE = "check the address; another server can be named by --mirror URL"


class TryAgain(Exception):  # noqa: N818 - it may pass
    """Something failed that may work another time.

    Attributes
    ----------
    pause : float, optional
        Seconds after which the server asks to be tried again.
    """

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.pause = pause


class NoSuchPart(TryAgain):
    """A file does not have the part that was asked for."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to other addresses, but not to ones without encryption."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request to the other address."""
        schemes = ("https",) if req.type == "https" else ("https", "http")
        if newurl.partition(":")[0].casefold() not in schemes:
            raise DataError(
                f"{req.full_url} redirects to {newurl}, which is not encrypted", OTHER_PLACE
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def request(address: str, headers: Mapping[str, str], timeout: float) -> http.client.HTTPResponse:
    """Ask for a file, by way of a proxy if the usual environment variables name one.

    Parameters
    ----------
    address : str
    headers : mapping of str to str
    timeout : float
        Seconds for which the server may be silent.

    Raises
    ------
    TryAgain
        If it may work another time.
    DataError
        If it will not, or the server has no such file.
    """
    from movierec import __version__

    agent = {"User-Agent": f"movierec/{__version__}", "Accept-Encoding": "identity"}
    opener = urllib.request.build_opener(_Redirects)
    try:
        response: http.client.HTTPResponse = opener.open(
            urllib.request.Request(address, headers={**agent, **headers}), timeout=timeout
        )
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(address, error) from error
    except (OSError, ValueError, http.client.HTTPException) as error:  # no address, for instance
        raise _unreachable(address, error) from error
    return response


def _refused(address: str, error: urllib.error.HTTPError) -> Exception:
    said = f"{error.code} {error.reason}".strip()
    if error.code in _PASSING:
        return _passing(address, said, error.headers.get("Retry-After", ""))
    if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
        return NoSuchPart(f"the server answers {said}")
    if error.code in (404, 410):
        return DataError(f"there is no file {address} ({said})", OTHER_PLACE)
    return DataError(f"{address} cannot be fetched: the server answers {said}", OTHER_PLACE)


def _passing(address: str, said: str, retry_after: str) -> Exception:
    pause = _seconds(retry_after)
    if pause is not None and pause > _LONGEST_PAUSE:
        return DataError(
            f"{address} cannot be fetched: the server answers {said}",
            f"it asks to be tried again in {pause:,.0f} seconds; what came is kept",
        )
    return TryAgain(f"the server answers {said}", pause)


def _seconds(retry_after: str) -> float | None:
    """Return after how many seconds a server asks to be tried again: a number, or a date."""
    if re.fullmatch(r"\s*\d{1,9}\s*", retry_after):
        return float(retry_after)
    with suppress(ValueError, TypeError):
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    return None


def _unreachable(address: str, error: Exception) -> Exception:
    cause = getattr(error, "reason", error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return DataError(
            f"{address} cannot be fetched: the certificate of its server is not valid: "
            f"{cause.verify_message}",
            "check the clock; SSL_CERT_FILE=FILE names other authorities, such as those of a proxy",
        )
    return TryAgain(in_words(cause))


def in_words(error: object) -> str:
    """Return what broke a connection."""
    if isinstance(error, TimeoutError):
        return "the server is silent"
    if isinstance(error, http.client.HTTPException | ConnectionError) and not getattr(
        error, "strerror", None
    ):
        return "the server broke off"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def given_up(address: str, reason: object) -> DataError:
    """Return the error after the last try."""
    return DataError(
        f"{address} cannot be fetched: {reason}",
        f"{_NETWORK}; what came is kept, and the same command continues",
    )


def too_large(address: str, size: int) -> DataError:
    """Return the error for a file that cannot be the right one."""
    return DataError(
        f"{address} has {size / 1e6:,.0f} MB or more, too much for that data set", OTHER_PLACE
    )
