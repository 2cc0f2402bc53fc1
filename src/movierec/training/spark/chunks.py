"""All ratings, as chunks that lie on the cluster, and what is computed from them there."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.training.spark.packing import FACTS, SCHEMA, Chunk, Packer
from movierec.training.spark.reading import ROWS
from movierec.training.spark.session import reporting, shared

if TYPE_CHECKING:
    from movierec.neighbors.sums import Sum, Totals

_CELLS = 1 << 20  # of a piece of an array, in which sums are exchanged
_ARRAYS = ("users", "starts", "items", "values", "times")
_PIECES = "name string, piece int, part int, data binary"


@dataclass(frozen=True)
class Chunks:
    """The ratings by user, in the order of the users.

    Attributes
    ----------
    frame : DataFrame
        With the columns of :data:`movierec.training.spark.packing.SCHEMA`; kept by Spark.
    n_items : int
    """

    frame: Any
    n_items: int

    @classmethod
    def of(cls, encoded: Any, n_items: int, n_parts: int, *, with_times: bool = False) -> Chunks:
        """Bring the ratings of each user together.

        Parameters
        ----------
        encoded : DataFrame
            With the columns of :data:`movierec.training.spark.reading.SCHEMA`.
        n_items : int
        n_parts : int
            Number of tasks.
        with_times : bool
            Whether the chunks hold when ratings were given.
        """
        pack = partial(_pack, with_times)
        found = cls._packed(encoded, n_items, n_parts, pack)
        if found.left_out["numbers"] and found.left_out["texts"]:  # all ids are text, then
            found.close()
            found = cls._packed(_as_text(encoded), n_items, n_parts, pack)
        return found

    @classmethod
    def _packed(cls, encoded: Any, n_items: int, n_parts: int, pack: Any) -> Chunks:
        order = ("user_number", "user_text", "item", "time", "place")
        with reporting(ROWS, encoded.sparkSession):
            by_user = encoded.repartitionByRange(n_parts, *order[:2])
            frame = by_user.sortWithinPartitions(*order).mapInArrow(pack, SCHEMA).persist()
            found = cls(frame, n_items)
            _ = found.facts  # computes the chunks
        return found

    def close(self) -> None:
        """Let Spark forget the chunks."""
        self.frame.unpersist()

    @cached_property
    def facts(self) -> list[Any]:
        """A row for each chunk, with its numbers, in their order."""
        columns = [column.split()[0] for column in FACTS.split(", ")]
        rows = self.frame.select(*columns, "digest", "counts", "left_out").collect()
        return sorted(rows, key=lambda row: (row.part, row.seq))

    @cached_property
    def left_out(self) -> Counter[str]:
        """How many rows were left out, by reason, and how many ids were numbers or texts."""
        found: Counter[str] = Counter()
        for row in self.facts:
            counts = json.loads(row.left_out)
            counts.pop("first_bad", None)
            found.update(counts)
        return found

    @property
    def first_bad(self) -> str | None:
        """What is wrong with the first bad row."""
        left_out = (json.loads(row.left_out) for row in self.facts)
        bad = [tuple(each["first_bad"]) for each in left_out if "first_bad" in each]
        return min(bad)[1] if bad else None

    @property
    def n_users(self) -> int:
        """Number of users."""
        return sum(row.n_users for row in self.facts)

    @property
    def n_ratings(self) -> int:
        """Number of ratings."""
        return sum(row.n_ratings for row in self.facts)

    @property
    def scale(self) -> tuple[float, float]:
        """The lowest and the highest rating."""
        rated = [row for row in self.facts if row.n_ratings]
        return min(row.lowest for row in rated), max(row.highest for row in rated)

    @property
    def digest(self) -> str:
        """A number that is equal for equal ratings, however they are divided."""
        return f"{sum(int(row.digest, 16) for row in self.facts) % (1 << 128):032x}"

    def values(self) -> dict[float, int] | None:
        """Return how often each rating was given, or None if there are too many different ones."""
        from movierec.data.summary import MOST_VALUES

        found: Counter[float] = Counter()
        for row in self.facts:
            found.update({float(value): n for value, n in json.loads(row.counts).items()})
        return dict(found) if len(found) <= MOST_VALUES else None

    def of_items(self, chosen: npt.NDArray[np.bool_]) -> Chunks:
        """Return the ratings of some items; these chunks are forgotten.

        Parameters
        ----------
        chosen : ndarray of shape (n_items,), bool
        """
        work = partial(_of_items, chosen)  # not shared: the chunks may be computed again
        with reporting(1, self.frame.sparkSession):
            left = Chunks(self.frame.mapInArrow(work, SCHEMA).persist(), self.n_items)
            _ = left.facts
        self.close()
        return left

    def of_users(self, chosen: npt.NDArray[np.int64]) -> Chunk:
        """Return the ratings of some users, given by index, in the order of the users.

        Parameters
        ----------
        chosen : ndarray of integers, ascending
        """
        firsts, found = {}, 0
        for row in self.facts:
            firsts[row.part, row.seq], found = found, found + row.n_users
        session = self.frame.sparkSession
        with shared(session, (firsts, chosen)) as wanted, reporting(1, session):
            rows = self.frame.mapInArrow(partial(_of_users, wanted), SCHEMA).collect()
        rows.sort(key=lambda row: (row.part, row.seq))
        return Chunk.joined(
            [Chunk.empty(), *(Chunk.from_columns(*(row[name] for name in _ARRAYS)) for row in rows)]
        )

    def add_up(self, what: Sum) -> Totals:
        """Sum over all ratings; each task sums over its users, then pieces of these sums are added.

        Parameters
        ----------
        what : Sum
        """
        totals = what.zeros()
        dtypes = {name: array.dtype.str for name, array in totals.items()}
        size = sum(math.ceil(array.size / _CELLS) for array in totals.values())
        session = self.frame.sparkSession
        with shared(session, what) as summed, reporting(1, session):
            sums = self.frame.mapInArrow(partial(_sum, summed, self.n_items), _PIECES)
            pieces = sums.repartition(min(size, self.n_parts), "name", "piece")
            in_order = pieces.sortWithinPartitions("name", "piece", "part")
            rows = in_order.mapInArrow(partial(_add, dtypes), _PIECES).collect()
        for row in rows:
            place = slice(row.piece * _CELLS, (row.piece + 1) * _CELLS)
            totals[row.name].reshape(-1)[place] = np.frombuffer(row.data, dtypes[row.name])
        return totals

    @property
    def n_parts(self) -> int:
        """Number of tasks that hold chunks."""
        return max((row.part for row in self.facts), default=0) + 1


def _as_text(encoded: Any) -> Any:
    """Return ratings whose user ids are text."""
    from pyspark.sql import functions as f

    number = f.col("user_number")
    texts = f.coalesce(f.col("user_text"), number.cast("string"))
    return encoded.withColumn("user_text", texts).withColumn(
        "user_number", f.lit(None).cast("long")
    )


def chunks_in(batches: Iterator[Any]) -> Iterator[tuple[int, int, Chunk]]:
    """Yield the part, the number and the content of each chunk in record batches."""
    for batch in batches:
        numbers = (batch.column(name).to_pylist() for name in ("part", "seq"))
        arrays = (batch.column(name) for name in _ARRAYS)
        for part, seq, *columns in zip(*numbers, *arrays, strict=True):
            chunk = Chunk.from_columns(*(column.as_buffer() for column in columns))
            yield part, seq, chunk


def _pack(with_times: bool, batches: Iterator[Any]) -> Iterator[Any]:
    from pyspark import TaskContext

    context = TaskContext.get()
    packer = Packer(context.partitionId() if context else 0, with_times=with_times)
    yield from packer.chunks(batches)


def _of_items(chosen: npt.NDArray[np.bool_], batches: Iterator[Any]) -> Iterator[Any]:
    for part, seq, chunk in chunks_in(batches):
        yield chunk.of_items(chosen).row(part, seq)


def _of_users(sent: Any, batches: Iterator[Any]) -> Iterator[Any]:
    firsts, chosen = sent.value
    for part, seq, chunk in chunks_in(batches):
        first = firsts[part, seq]
        is_chosen = np.zeros(len(chunk.users), dtype=bool)
        places = chosen[(chosen >= first) & (chosen < first + len(is_chosen))] - first
        is_chosen[places] = True
        if len(places):
            yield chunk.of_users(is_chosen).row(part, seq)


def _sum(sent: Any, n_items: int, batches: Iterator[Any]) -> Iterator[Any]:
    what, part = sent.value, 0
    totals: Totals = {}
    for number, _, chunk in chunks_in(batches):
        if len(chunk.items):
            part, totals = number, totals or what.zeros()
            # The CSC of users by items has the arrays of the CSR of items by users.
            what.add(chunk.user_items(n_items).T.tocsr(), totals)
    for name, array in totals.items():
        flat = array.reshape(-1)
        for piece, start in enumerate(range(0, len(flat), _CELLS)):
            yield _piece(name, piece, part, flat[start : start + _CELLS])


def _add(dtypes: dict[str, str], batches: Iterator[Any]) -> Iterator[Any]:
    key, total = ("", -1), np.zeros(0)
    for batch in batches:
        columns = (batch.column(name).to_pylist() for name in ("name", "piece"))
        for name, piece, data in zip(*columns, batch.column("data"), strict=True):
            values = np.frombuffer(data.as_buffer(), dtypes[name])
            if (name, piece) == key:
                total += values
                continue
            if key[0]:
                yield _piece(*key, 0, total)
            key, total = (name, piece), values.copy()
    if key[0]:
        yield _piece(*key, 0, total)


def _piece(name: str, piece: int, part: int, values: npt.NDArray[Any]) -> Any:
    import pyarrow as pa

    numbers = [pa.array([number], pa.int32()) for number in (piece, part)]
    columns = [pa.array([name]), *numbers, pa.array([values.tobytes()], pa.binary())]
    return pa.record_batch(columns, names=["name", "piece", "part", "data"])
