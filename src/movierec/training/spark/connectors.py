"""Files at addresses, read by Spark itself where the cluster has a connector for them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from movierec._util import without_secrets
from movierec.data.formats.columnar import ColumnarTable, columnar_format
from movierec.data.formats.content import Content
from movierec.data.formats.text import TextTable
from movierec.data.sources.ranges import Ranges
from movierec.store.filesystems import is_anonymous
from movierec.store.waiting import FIRST_ANSWER, within
from movierec.training.spark.pieces import contents_of

if TYPE_CHECKING:
    from movierec.data.table import Table

# Names that Hadoop's connectors have for what is at an address, the likeliest first.
_SCHEMES = {"s3": ("s3", "s3a"), "gcs": ("gs",)}
# Patterns, names that Hadoop takes for hidden files, and endings that it takes for compressed ones.
_MISREAD = re.compile(r"[*?\[\]{}\\]|/[._][^/]*$|\.(gz|bz2|deflate|lz4|snappy|zst)$")


def frame_of_files(session: Any, table: Table) -> Any:
    """Return the rows of a table, or the lines of a text table, as a data frame of Spark.

    Parameters
    ----------
    session : SparkSession
    table : Table

    Returns
    -------
    DataFrame or None
        None if Spark has no connector for the address, or does not find the same file there.
    """
    contents = contents_of(table)
    addresses = [_address(content) for content in contents if _is_plain(content)]
    if len(addresses) < len(contents) or is_anonymous():
        return None
    scheme = _seen_scheme(session, addresses[0], contents[0].size)
    if scheme is None:
        return None
    try:
        return _read(session, table, [_with_scheme(address, scheme) for address in addresses])
    except Exception:  # of Java; such as types of Parquet that Spark does not read
        return None


def _address(content: Content) -> str:
    """Return the address of a file; empty for a path, which tasks read by themselves."""
    return content.part_opener.address if isinstance(content.part_opener, Ranges) else ""


def _is_plain(content: Content) -> bool:
    """Tell whether Spark would read a file as movierec does, if it can reach it."""
    address = _address(content)
    if not address:
        return False
    is_plain_name = not _MISREAD.search(address) and without_secrets(address) == address
    return is_plain_name and not content.is_compressed


def _read(session: Any, table: Table, addresses: list[str]) -> Any:
    if isinstance(table, TextTable):
        return _without_header(session.read.text(addresses), table)
    assert isinstance(table, ColumnarTable)
    are_parquet = all(columnar_format(content) == "Parquet" for content in table.contents)
    return session.read.parquet(*addresses) if are_parquet else None


def _without_header(lines: Any, table: TextTable) -> Any:
    if not table.layout.has_header:
        return lines
    head = table.content.head().decode("utf-8-sig", "replace")
    header = next(line for line in head.splitlines() if line.strip())
    return lines.where(~lines["value"].isin(header, f"\ufeff{header}"))


def _seen_scheme(session: Any, address: str, size: int) -> str | None:
    """Return the scheme by which Hadoop finds a file of the same size, if there is any."""
    given = address.partition("://")[0]
    for scheme in _SCHEMES.get(given, (given,)):
        named = _with_scheme(address, scheme)
        try:
            if within(FIRST_ANSWER, partial(_size, session, named)) == size:
                return scheme
        except Exception:  # of Java: no such class, or it refuses, or nobody is there
            continue
    return None


def _size(session: Any, address: str) -> int:
    """Ask Hadoop for the size of a file."""
    path = session._jvm.org.apache.hadoop.fs.Path(address)
    system = path.getFileSystem(session._jsc.hadoopConfiguration())
    return int(system.getFileStatus(path).getLen())


def _with_scheme(address: str, scheme: str) -> str:
    return f"{scheme}://{address.partition('://')[2]}"
