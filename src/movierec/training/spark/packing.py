"""Chunks: the ratings of some users each, in rows of a data frame, as tasks exchange them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.data.summary import counts_of_values
from movierec.training.spark.reading import BAD, LATIN_1, UNKNOWN

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RATINGS = 1_000_000  # of a chunk, unless a single user has more
FACTS = "part int, seq int, n_users long, n_ratings long, lowest double, highest double"
SCHEMA = (
    f"{FACTS}, digest string, counts string, left_out string, users binary, starts binary, "
    "items binary, values binary, times binary"
)
_REASONS = {BAD: "bad", UNKNOWN: "unknown", LATIN_1: "latin-1"}
_FACTS = (*[column.split()[0] for column in FACTS.split(", ")], "digest", "counts", "left_out")


WHEN = np.dtype([("time", np.float64), ("place", np.int64)])


class Chunk(NamedTuple):
    """All ratings of some users."""

    users: npt.NDArray[Any]  #: (n_users,) their ids, ascending
    starts: npt.NDArray[np.int64]  #: (n_users + 1,)
    items: npt.NDArray[np.int32]  #: (n_ratings,), ascending for each user
    values: npt.NDArray[np.float32]  #: (n_ratings,)
    #: (n_ratings,) of `WHEN`, the time in seconds and the place in the order of the rows; or empty
    times: npt.NDArray[np.void]

    def user_items(self, n_items: int) -> csr_matrix:
        """Return the ratings as CSR of shape (n_users, n_items)."""
        from scipy.sparse import csr_matrix

        starts = self.starts.astype(np.int32)
        shape = (len(self.users), n_items)
        return csr_matrix((self.values, self.items, starts), shape)

    def of_users(self, chosen: npt.NDArray[np.bool_]) -> Chunk:
        """Return the ratings of some of the users."""
        lengths = np.diff(self.starts)
        kept = np.repeat(chosen, lengths)
        starts = np.concatenate([[0], np.cumsum(lengths[chosen])])
        return Chunk(self.users[chosen], starts, *self._ratings(kept))

    def of_items(self, chosen: npt.NDArray[np.bool_]) -> Chunk:
        """Return the ratings of some items, and the users who have any."""
        kept = chosen[self.items]
        lengths = np.add.reduceat(kept, self.starts[:-1], dtype=np.int64)
        left = Chunk(
            self.users,
            np.concatenate([[0], np.cumsum(lengths)]),
            *self._ratings(kept),
        )
        return left.of_users(lengths > 0)

    def _ratings(self, kept: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[Any], ...]:
        times = self.times[kept] if len(self.times) else self.times
        return self.items[kept], self.values[kept], times

    @classmethod
    def empty(cls) -> Chunk:
        """Return a chunk without ratings."""
        return cls(
            np.zeros(0, np.int64),
            np.zeros(1, np.int64),
            np.zeros(0, np.int32),
            np.zeros(0, np.float32),
            np.zeros(0, WHEN),
        )

    @classmethod
    def joined(cls, chunks: list[Chunk]) -> Chunk:
        """Return the ratings of several chunks, in their order."""
        lengths = np.concatenate([np.diff(chunk.starts) for chunk in chunks])
        users, _, *ratings = (np.concatenate(arrays) for arrays in zip(*chunks, strict=True))
        return cls(users, np.concatenate([[0], np.cumsum(lengths)]), *ratings)

    def digest(self) -> int:
        """Return a number that, added up over all chunks, is that of all ratings."""
        total = 0
        for user, start, stop in zip(self.users, self.starts, self.starts[1:], strict=False):
            found = hashlib.sha256(str(user).encode())
            found.update(self.items[start:stop].tobytes())
            found.update(self.values[start:stop].tobytes())
            total += int.from_bytes(found.digest()[:16], "little")
        return total % (1 << 128)

    def row(self, part: int, seq: int, left_out: dict[str, Any] | None = None) -> Any:
        """Return a record batch of one row.

        Parameters
        ----------
        part, seq : int
            Chunks in this order are those of ascending users.
        left_out : dict, optional
            What was left out since the chunk before.
        """
        import pyarrow as pa

        lowest, highest = (
            (float(self.values.min()), float(self.values.max())) if len(self.values) else (0.0, 0.0)
        )
        facts = (part, seq, len(self.users), len(self.items), lowest, highest)
        counts = json.dumps(counts_of_values(self.values))
        texts = (f"{self.digest():x}", counts, json.dumps(left_out or {}))
        columns = [pa.array([fact]) for fact in (*facts, *texts)]
        columns[:2] = [pa.array([number], pa.int32()) for number in (part, seq)]
        arrays = (self.starts, self.items, self.values, self.times)
        parts = (_packed_ids(self.users), *(array.tobytes() for array in arrays))
        binary = [pa.array([part], pa.binary()) for part in parts]
        names = (*_FACTS, "users", "starts", "items", "values", "times")
        return pa.record_batch([*columns, *binary], names=names)

    @classmethod
    def from_columns(
        cls, users: bytes, starts: bytes, items: bytes, values: bytes, times: bytes
    ) -> Chunk:
        """Return a chunk from the bytes of its arrays."""
        return cls(
            _unpacked_ids(users),
            np.frombuffer(starts, np.int64),
            np.frombuffer(items, np.int32),
            np.frombuffer(values, np.float32),
            np.frombuffer(times, WHEN),
        )


def _packed_ids(ids: npt.NDArray[Any]) -> bytes:
    return f"{ids.dtype.str} ".encode() + ids.tobytes()


def _unpacked_ids(packed: bytes) -> npt.NDArray[Any]:
    dtype, _, content = bytes(packed).partition(b" ")
    return np.frombuffer(content, dtype.decode())


class Packer:
    """Makes chunks of rows that are sorted by user, item, time and place.

    Parameters
    ----------
    part : int
        The number of the task.
    with_times : bool
        Whether the chunks hold when ratings were given.
    """

    def __init__(self, part: int, *, with_times: bool = False) -> None:
        self._part, self._seq, self._with_times = part, 0, with_times
        self._held: list[tuple[npt.NDArray[Any], ...]] = []
        self._left_out: Counter[str] = Counter()
        self._first_bad: tuple[int, str] | None = None

    def chunks(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Yield rows with the columns of `SCHEMA`; the last ratings of each pair are kept."""
        size = 0
        for batch in batches:
            size += self._take(batch)
            if size >= RATINGS:
                yield from self._cut(is_last=False)
                size = sum(len(columns[0]) for columns in self._held)
        yield from self._cut(is_last=True)

    def _take(self, batch: Any) -> int:
        """Hold a batch of ratings; count what it says of others."""
        import pyarrow.compute as pc

        special = batch.filter(pc.less(batch["item"], 0))
        for row in special.to_pylist():
            self._left_out[_REASONS[row["item"]]] += int(row["value"])
            if row["item"] == BAD:
                first = (row["place"], row["left_out"])
                self._first_bad = min(self._first_bad or first, first)
        rated = batch.filter(pc.greater_equal(batch["item"], 0))
        if rated.num_rows:
            columns = (rated[name].to_numpy(zero_copy_only=False) for name in ("item", "value"))
            self._held.append((self._ids(rated), *columns, self._times(rated)))
        return int(rated.num_rows)

    def _times(self, rated: Any) -> npt.NDArray[np.void]:
        times = np.zeros(rated.num_rows if self._with_times else 0, WHEN)
        for name in ("time", "place") if self._with_times else ():
            times[name] = rated[name].to_numpy(zero_copy_only=False)
        return times

    def _ids(self, rated: Any) -> npt.NDArray[Any]:
        numbers, texts = rated["user_number"], rated["user_text"]
        self._left_out["numbers"] += len(numbers) - numbers.null_count
        self._left_out["texts"] += len(texts) - texts.null_count
        if not numbers.null_count:
            return np.asarray(numbers.to_numpy(zero_copy_only=False))
        pairs = zip(numbers.to_pylist(), texts.to_pylist(), strict=True)
        return np.array([(str(n) if text is None else text).encode() for n, text in pairs])

    def _cut(self, *, is_last: bool) -> Iterator[Any]:
        """Yield a chunk of what is held, but for the last user, who may go on."""
        if not self._held:
            if is_last and self._left_out:
                yield self._row(Chunk.empty())
            return
        columns = [np.concatenate(arrays) for arrays in zip(*self._held, strict=True)]
        users = columns[0]
        end = len(users) if is_last else int(np.searchsorted(users, users[-1]))
        self._held = [tuple(column[end:] for column in columns)]
        if end:
            yield self._row(self._packed(*(column[:end] for column in columns)))

    def _packed(
        self,
        users: npt.NDArray[Any],
        items: npt.NDArray[Any],
        values: npt.NDArray[Any],
        times: npt.NDArray[Any],
    ) -> Chunk:
        is_new = np.append(True, users[1:] != users[:-1])
        is_last = np.append(is_new[1:] | (items[1:] != items[:-1]), True)
        self._left_out["repeated"] += int((~is_last).sum())
        numbers = (np.cumsum(is_new) - 1)[is_last]
        lengths = np.bincount(numbers)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        columns = items[is_last].astype(np.int32), values[is_last].astype(np.float32)
        kept_times = times[is_last] if len(times) else times
        return Chunk(users[is_new], starts, *columns, kept_times)

    def _row(self, chunk: Chunk) -> Any:
        left_out: dict[str, Any] = dict(self._left_out)
        if self._first_bad is not None:
            left_out["first_bad"] = self._first_bad
        row = chunk.row(self._part, self._seq, left_out)
        self._seq, self._left_out, self._first_bad = self._seq + 1, Counter(), None
        return row
