"""Finding the store for an address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

from movierec._util import without_secrets
from movierec.errors import OutputError, UsageError
from movierec.store.base import Store
from movierec.store.local import LocalStore


def is_remote(address: str) -> bool:
    """Tell whether an address has a scheme, and so is not a path."""
    return "://" in address


def store_for(address: str) -> Store:
    """Return the store for an address, such as a path.

    Raises
    ------
    UsageError
        If no store supports its scheme.
    """
    if not is_remote(address):
        return LocalStore()
    from movierec.store.remote import RemoteStore

    scheme = address.partition("://")[0]
    if scheme in RemoteStore.SCHEMES:
        return RemoteStore()
    raise UsageError(
        f"{address}: models cannot be stored at {scheme}://",
        f"name a file, or an address: {', '.join(f'{each}://' for each in RemoteStore.SCHEMES)}",
    )


def refuse_private(address: str, *, private: bool) -> None:
    """Raise an error if a file at an address shall be private, which only its owner there can do.

    Parameters
    ----------
    address : str
    private : bool

    Raises
    ------
    UsageError
        If it shall, and the address is no path.
    """
    if private and is_remote(address):
        raise UsageError(
            f"{without_secrets(address)} is no file of this machine, so movierec cannot make it "
            "private",
            "leave out --private, and set at that place who may read it",
        )


def alone_with(address: str, wait: Callable[[], object]) -> AbstractContextManager[None]:
    """Let no other process that asks for it change a model meanwhile; see `atomic.locked`.

    Models at addresses have no locks.

    Parameters
    ----------
    address : str
    wait : callable
        Called before waiting for another process.
    """
    if is_remote(address):
        return nullcontext()
    from movierec.store.atomic import locked

    return locked(Path(address), wait)


def exists(address: str) -> bool:
    """Tell whether there is a file at an address.

    Raises
    ------
    OutputError
        If there is something else, or no file can be written there.
    """
    if is_remote(address):
        from movierec.store.remote import exists_at

        store_for(address)
        return exists_at(address)
    path = Path(address)
    if path.exists() and not path.is_file():
        raise OutputError(f"{path} is not a file", "name another file")
    return path.exists()


def size_of(address: str) -> int:
    """Return the bytes of a file that was just written."""
    if not is_remote(address):
        return Path(address).stat().st_size
    from movierec.store.remote import size_at

    return size_at(address)


def replacing_file(address: str) -> AbstractContextManager[IO[bytes]]:
    """Open a new local file that replaces the one at an address once it is complete.

    Raises
    ------
    OutputError
        If the file cannot be written; the old one is then unchanged.
    """
    if is_remote(address):
        from movierec.store.remote import replacing_at

        return replacing_at(address)
    from movierec.store.atomic import replacing

    return replacing(Path(address))
