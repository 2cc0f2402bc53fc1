"""The public data sets, and where they are once they were downloaded.

Nothing here uses the network: naming a data set never fetches it.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from movierec._checks import shown, text
from movierec.errors import DataError, UsageError

FOLDER = "MOVIEREC_DATA"  # the environment variable that names the folder of data sets


@dataclass(frozen=True)
class License:
    """What may be done with a data set.

    Attributes
    ----------
    name : str
        In a few words.
    text : str
        The conditions, in several lines.
    is_restricted : bool
        Whether somebody must accept them first.
    """

    name: str
    text: str
    is_restricted: bool


@dataclass(frozen=True)
class PublicSet:
    """A data set that can be downloaded.

    Attributes
    ----------
    name : str
        By which commands know it.
    title : str
    addresses : tuple of str
        Of its files: one zip, or the tables.
    megabytes : int
        About, of what is downloaded.
    license : License
    citation : str
    md5 : str, optional
        Of the zip, as its makers publish it. Without one, it is in a file beside the zip.
    ratings, movies, users : int, optional
        Their numbers, if they are published.
    """

    name: str
    title: str
    addresses: tuple[str, ...]
    megabytes: int
    license: License
    citation: str
    md5: str | None = None
    ratings: int | None = None
    movies: int | None = None
    users: int | None = None

    @property
    def is_zip(self) -> bool:
        """Whether it is one zip."""
        return self.addresses[0].endswith(".zip")

    def with_mirror(self, mirror: str) -> tuple[str, ...]:
        """Return the addresses of its files in a folder of another server."""
        return tuple(f"{mirror.rstrip('/')}/{posixpath.basename(each)}" for each in self.addresses)


@cache
def public_sets() -> dict[str, PublicSet]:
    """Return the public data sets by name, in the order in which they are listed."""
    import tomllib

    table = tomllib.loads(Path(__file__).with_name("sets.toml").read_text(encoding="utf-8"))
    return {name: _public_set(name, row, table) for name, row in table["sets"].items()}


def _public_set(name: str, row: dict[str, Any], table: dict[str, Any]) -> PublicSet:
    terms = table["licenses"][row["license"]]
    return PublicSet(
        **row
        | {
            "name": name,
            "addresses": tuple(row["addresses"]),
            "license": License(**terms | {"text": terms["text"].strip()}),
            "citation": table["citations"][row["citation"]],
        }
    )


def named_set(name: Any) -> PublicSet:
    """Return the data set of a name, in upper or lower case.

    Raises
    ------
    UsageError
        If there is none.
    """
    found = public_sets().get(text("name", name).casefold())
    if found is None:
        known = ", ".join(public_sets())
        raise UsageError(f"no public data set is called {shown(name)}", f"they are {known}")
    return found


def data_folder() -> Path:
    """Return the folder of downloaded data sets: $MOVIEREC_DATA, or that of this user."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("movierec", appauthor=False)


def place_of(public: PublicSet, folder: Path) -> Path | None:
    """Return where a data set is in a folder: unpacked, or its zip; None if it is not there."""
    places = (folder / public.name, folder / f"{public.name}.zip")
    return next((place for place in places if os.path.lexists(place)), None)


def resolved(address: str) -> str:
    """Return where to read: the address, or for the name of a data set, where it is.

    A file or folder of that name in the current folder comes first.

    Parameters
    ----------
    address : str

    Raises
    ------
    DataError
        If it is the name of a data set that was not downloaded.
    """
    if os.path.lexists(address) or address.casefold() not in public_sets():
        return address
    public = named_set(address)
    place = place_of(public, data_folder())
    if place is None:
        raise DataError(
            f"there is no file {address}, and the data set {public.name} is not downloaded",
            f"movierec download {public.name}",
        )
    return str(place)
