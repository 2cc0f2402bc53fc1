"""Results as data frames, and files of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec.errors import OutputError, UsageError
from movierec.evaluation.others import TREC
from movierec.store.atomic import replacing

if TYPE_CHECKING:
    import os

    import pandas as pd

    from movierec.evaluation.results import Measured, Result
    from movierec.vocabulary import IdArray

TIMES = ("fit_seconds", "fit_cpu_seconds", "query_seconds")


def results_frame(results: Sequence[Result]) -> pd.DataFrame:
    """Return a row for each algorithm and k: metrics, the interval of nDCG, and times."""
    import pandas as pd

    return pd.DataFrame(flat(result) for result in results)


def flat(result: Result) -> dict[str, Any]:
    """Return a result as one row."""
    low, high = result.intervals["ndcg"]
    times = {name: getattr(result, name) for name in TIMES}
    measures = {"algorithm": result.algorithm, "k": result.k, **result.metrics}
    interval = {"ndcg_low": low, "ndcg_high": high, "versus_best": result.versus_best}
    return measures | interval | times


def users_frame(results: Sequence[Result]) -> pd.DataFrame:
    """Return a row for each algorithm, k, run and user, with the metrics of their list."""
    import pandas as pd

    parts = [
        pd.DataFrame(_labels(result, run) | {"userId": plain_ids(run.user_ids), **run.per_user})
        for result in results
        for run in result.measured
    ]
    return pd.concat(parts, ignore_index=True)


def lists_frame(results: Sequence[Result]) -> pd.DataFrame:
    """Return a row for each listed movie: algorithm, run, user, rank, movie, and if it was found.

    Parameters
    ----------
    results : sequence of Result
        Only the longest lists of each algorithm are used.
    """
    import pandas as pd

    longest = max(result.k for result in results)
    parts = [
        pd.DataFrame(_entries(result, run))
        for result in results
        if result.k == longest
        for run in result.measured
    ]
    return pd.concat(parts, ignore_index=True).drop(columns="k")


def _labels(result: Result, run: Measured) -> dict[str, Any]:
    assert run.tests is not None
    return {
        "algorithm": result.algorithm, "k": result.k, "seed": run.tests.seed,
        "fold": run.tests.fold,
    }  # fmt: skip


def _entries(result: Result, run: Measured) -> dict[str, Any]:
    from movierec.evaluation.metrics import hits_of

    assert run.tests is not None
    assert run.ranked is not None
    rows, columns = np.nonzero(run.ranked >= 0)
    hits = hits_of(run.ranked, run.tests.relevant)
    return _labels(result, run) | {
        "userId": plain_ids(run.user_ids)[rows],
        "rank": columns + 1,
        "movieId": plain_ids(run.tests.item_ids)[run.ranked[rows, columns]],
        "relevant": hits[rows, columns],
    }


def plain_ids(ids: IdArray) -> Any:
    """Return ids as numbers or text."""
    ids = np.asarray(ids)
    return np.char.decode(ids, "utf-8").astype(object) if ids.dtype.kind == "S" else ids


def write_frame(frame: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table in the format of the file extension.

    Parameters
    ----------
    frame : pandas.DataFrame
    path : path-like
        ``.csv``, ``.tsv``, ``.parquet``, or for lists ``.trec`` or ``.run``.

    Raises
    ------
    UsageError
        If the extension is another one, or pyarrow is missing for ``.parquet``.
    OutputError
        If the file cannot be written.
    """
    path = Path(path)
    refuse_bad_frame(path, is_lists="rank" in frame)
    ending = path.suffix.casefold()
    if ending == ".parquet":
        with replacing(path) as file:
            frame.to_parquet(file, index=False)
    else:
        text = _trec(frame) if ending in TREC else _separated(frame, ending)
        with replacing(path) as file:
            file.write(text.encode("utf-8"))


def _separated(frame: pd.DataFrame, ending: str) -> str:
    text = frame.to_csv(index=False, sep="," if ending == ".csv" else "\t", lineterminator="\n")
    assert text is not None
    return text


def _trec(frame: pd.DataFrame) -> str:
    names = frame["algorithm"].str.replace(r"\s+", "_", regex=True)
    rows = zip(frame["userId"], frame["movieId"], frame["rank"], names, strict=True)
    return "".join(
        f"{user} Q0 {movie} {rank} {1 / rank:.6f} {name}\n" for user, movie, rank, name in rows
    )


def refuse_bad_frame(path: Path, *, is_lists: bool) -> None:
    """Raise an error if a table cannot be written to a path.

    Parameters
    ----------
    path : Path
    is_lists : bool
        Whether TREC runs are allowed.

    Raises
    ------
    UsageError
        If the extension is unknown, or pyarrow is missing for ``.parquet``.
    OutputError
        If the folder is missing.
    """
    allowed = [".csv", ".tsv", ".parquet", *(TREC if is_lists else ())]
    ending = path.suffix.casefold()
    if ending not in allowed:
        hint = f"use one of {', '.join(allowed)}"
        raise UsageError(f'{path}: files of "{ending}" cannot be written', hint)
    if ending == ".parquet":
        from importlib.util import find_spec

        if find_spec("pyarrow") is None:
            raise UsageError("Parquet files need pyarrow", "pip install 'movierec[parquet]'")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: there is no such folder", "create it first")
