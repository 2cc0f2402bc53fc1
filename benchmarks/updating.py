"""Measure `movierec update` against a full fit, and print the results as a Markdown table.

    python benchmarks/updating.py RATINGS MOVIES [--new 30 1000 30000 1000000]
        [--algorithms default item_knn] [--work FOLDER]

Fits each algorithm on all ratings, then updates a copy of the model with new ratings: movies drawn
as often as they are rated, by users drawn at random, later than all others. Each time is that of
the whole command, including the start and the writing of the model: seconds, and seconds of
processors, which other programs change less. ``item_knn`` is fitted without content, so that it can
be updated in part.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

OPTIONS = {"item_knn": ("--content-weight", "0")}


def timed(*arguments: str | Path) -> tuple[str, str]:
    """Run a command of movierec; return the seconds as cells of a table, and what it said."""
    started, before = time.perf_counter(), os.times()
    command = [sys.executable, "-m", "movierec", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return f"{seconds:.1f} | {cpu:.1f}", run.stderr


def write_new(ratings: pd.DataFrame, n: int, path: Path) -> None:
    """Write new ratings, which are later than all others."""
    chance = np.random.default_rng(n)
    rows = chance.integers(len(ratings), size=(2, n))
    new = pd.DataFrame(
        {
            "userId": ratings["userId"].to_numpy()[rows[0]],
            "movieId": ratings["movieId"].to_numpy()[rows[1]],
            "rating": ratings["rating"].to_numpy()[rows[1]],
            "timestamp": 2_000_000_000 + np.arange(n),
        }
    )
    new.to_csv(path, index=False)


def main() -> None:
    """Measure, and print a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ratings", type=Path)
    parser.add_argument("movies", type=Path)
    parser.add_argument("--new", type=int, nargs="+", default=[30, 1000, 30_000, 1_000_000])
    parser.add_argument("--algorithms", nargs="+", default=["default", "item_knn"])
    parser.add_argument("--work", type=Path)
    given = parser.parse_args()
    work = given.work or Path(tempfile.mkdtemp())
    ratings = pd.read_csv(given.ratings, usecols=["userId", "movieId", "rating"])
    for n in given.new:
        write_new(ratings, n, work / f"new-{n}.csv")
    del ratings
    print(
        "| algorithm | new ratings | seconds | of processors | how |\n|---|--:|--:|--:|---|",
        flush=True,
    )
    for name in given.algorithms:
        model, copied = work / f"{name}.model", work / "copy.model"
        options = ("--algorithm", name, *OPTIONS.get(name, ()), "-m", model)
        seconds, _ = timed("fit", given.ratings, given.movies, *options)
        print(f"| {name} | | {seconds} | full fit |", flush=True)
        for n in given.new:
            shutil.copyfile(model, copied)
            seconds, said = timed("update", work / f"new-{n}.csv", "-m", copied)
            starts = ("fitted", "compared")
            how = next(line for line in said.splitlines() if line.startswith(starts))
            print(f"| {name} | {n:,} | {seconds} | {how} |", flush=True)


if __name__ == "__main__":
    main()
