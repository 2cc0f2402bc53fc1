"""The contract of sources: where tables are.

Each kind of address is one file in this folder, found by the scheme of the address. A module
with a constant ``SOURCE`` is one: ``s3.py`` with the scheme "s3", say.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeAlias

from movierec.errors import UsageError

if TYPE_CHECKING:
    from narwhals.typing import IntoDataFrame

    from movierec.data.table import Table

PathLike: TypeAlias = str | os.PathLike[str]
Place: TypeAlias = "PathLike | IntoDataFrame"
"""A path or other address, or a table in memory: of pandas, polars or Arrow."""


class Source(Protocol):
    """What is at addresses of one kind.

    Attributes
    ----------
    SCHEMES : collection of str
        The schemes of its addresses, such as "s3"; "" for those without one.
    """

    SCHEMES: ClassVar[Collection[str]]

    def is_folder(self, address: str) -> bool:
        """Tell whether an address is a place in which tables are looked for."""

    def tables(self, address: str) -> Sequence[Table]:
        """Return the tables at an address.

        Raises
        ------
        DataError
            If nothing is there, or it cannot be read.
        """


def source_of(address: str) -> Source:
    """Return the source that knows an address.

    Raises
    ------
    UsageError
        If none knows its scheme.
    """
    scheme, separator, _ = address.partition("://")
    scheme = scheme if separator else ""
    for source in _sources():
        if scheme in source.SCHEMES:
            return source
    known = sorted({scheme for source in _sources() for scheme in source.SCHEMES})
    words = [f"{scheme}://" if scheme else "paths of files and folders" for scheme in known]
    raise UsageError(
        f"{address}: movierec cannot read from {scheme}://", f"it can read {', '.join(words)}"
    )


@cache
def _sources() -> tuple[Source, ...]:
    package = import_module(__name__.rpartition(".")[0])
    names = (module.name for module in iter_modules(package.__path__, f"{package.__name__}."))
    sources = (getattr(import_module(name), "SOURCE", None) for name in sorted(names))
    return tuple(source for source in sources if source is not None)
