"""Measure how well algorithms find the next movie, by `movierec evaluate`; print Markdown tables.

    python benchmarks/sequences.py KEPT.jsonl [FOLDER ...] [--repeats 3] [--rows ROW ...]

The latest rating of each user is held out, a random one of a tie, and all movies that the user has
not rated before are ranked. Each row of a table is one command, which runs with three seeds in a
process of its own; those that take longest come last. Results are added to KEPT.jsonl as they come,
and what is there is not measured again, so an interrupted run continues where it was. To measure
something again, delete its line. The default folders are `ml-100k`, `ml-latest-small` and
`movietweetings-100k` in the folder that the environment variable MOVIEREC_REAL_DATA names, and
simulated ratings of the size of MovieLens 1M, which `make_sequences.py` writes beside KEPT.jsonl.
A row is an algorithm with options of `movierec evaluate`, such as "ease --recency 4". Networks have
an hour, so that early stopping ends them on a slow machine too.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from make_sequences import make
from results import read_lines

from movierec.algorithms.registry import names

ROWS = (
    *("popular", "item_knn", "ease", "ease --recency 4", "default --recency 4"),
    *("transitions", "sequence_ridge"),
    *(f"{name} --set {name}.minutes=60" for name in ("gru4rec", "nextitnet", "sasrec", "neumf")),
    "sasrec --set sasrec.minutes=60 --set sasrec.blend=false",
)
REAL = ("ml-100k", "ml-latest-small", "movietweetings-100k")
SIMULATED = "simulated-1m"
HEAD = """
| | R@10 | 95 % | nDCG@10 | 95 % | fit, CPU s | runs |
|---|--:|--:|--:|--:|--:|--:|"""


def default_folders(kept: Path) -> list[Path]:
    """Return the folders of the real data, and of the simulated ones, which are made if missing."""
    real = os.environ.get("MOVIEREC_REAL_DATA")
    if not real:
        print("MOVIEREC_REAL_DATA is not set: no real data", file=sys.stderr)
    simulated = kept.parent / SIMULATED
    if not (simulated / "movies.csv").exists():  # the last that is written
        make(simulated, 6040, 3706)
    return [*(Path(real) / name for name in REAL if real), simulated]


def present(rows: Sequence[str]) -> list[str]:
    """Return the rows whose algorithms exist; say which are skipped."""
    known = names()
    for row in rows:
        if row.split()[0] not in known:
            print(f"skipped: there is no algorithm {row.split()[0]}", file=sys.stderr)
    return [row for row in rows if row.split()[0] in known]


def command_of(place: str, row: str, repeats: int) -> list[str]:
    algorithm, *options = shlex.split(row)
    how = ["--algorithm", algorithm, *options, "--repeats", str(repeats)]
    return ["movierec", "evaluate", place, *how]


def measured(folder: Path, row: str, repeats: int) -> dict[str, Any] | None:
    """Run a command; return what is kept of its result, or None if it failed, which is said."""
    command = [sys.executable, "-m", *command_of(str(folder), row, repeats), "--json"]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if run.returncode:
        print(f"failed: {row} on {folder.name}, exit code {run.returncode}", file=sys.stderr)
        return None
    document = json.loads(run.stdout)
    if document["protocol"]["held_out"] != "latest":
        raise SystemExit(f"{folder}: times order nothing")
    return {"protocol": document["protocol"], "result": document["results"][-1]}


def key_of(folder: Path, row: str, repeats: int) -> str:
    return shlex.join(command_of(folder.name, row, repeats))


def read(kept: Path) -> dict[str, dict[str, Any]]:
    """Return the results in a file by command."""
    return {found["command"]: found for found in read_lines(kept)}


def measure_all(
    kept: Path, folders: Sequence[Path], rows: Sequence[str], repeats: int
) -> dict[str, dict[str, Any]]:
    """Measure what the file lacks, the quick rows of all folders first, and add it."""
    known = read(kept)
    for row in rows:
        for folder in folders:
            key = key_of(folder, row, repeats)
            if key in known or (found := measured(folder, row, repeats)) is None:
                continue
            known[key] = {"command": key, **found}
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[key]) + "\n")
    return known


def tables(
    known: dict[str, dict[str, Any]], folders: Sequence[Path], rows: Sequence[str], repeats: int
) -> Iterator[str]:
    """Yield the lines of a table for each folder, with the command that measures its rows."""
    for folder in folders:
        keys = {row: key_of(folder, row, repeats) for row in rows}
        found = {row: known[key] for row, key in keys.items() if key in known}
        if found:
            yield from _heading(folder.name, next(iter(found.values()))["protocol"])
            yield from (_line(row, each["result"]) for row, each in found.items())
            yield f"\n    movierec evaluate {folder.name} --algorithm ROW --repeats {repeats}\n"


def _heading(name: str, how: dict[str, Any]) -> Iterator[str]:
    n_ratings = how["training_rows"] + how["test_rows"]
    yield f"**{name}**: {how['users']:,} users, {how['films']:,} movies, {n_ratings:,} ratings."
    yield (
        f"{how['tied_ratings']:.0%} of the ratings are tied in time; so is the held-out one of "
        f"{how['tied_held_out']:.0%} of the users."
    )
    yield HEAD


def _line(row: str, result: dict[str, Any]) -> str:
    figures, between = result["metrics"], result["intervals"]
    cells = [f"`{row}`"]
    for name in ("recall", "ndcg"):
        low, high = (f"{value:.3f}".lstrip("0") for value in between[name])
        cells += [f"{figures[name]:.4f}".lstrip("0"), f"{low}-{high}"]
    cells += [f"{result['fit_cpu_seconds']:.1f}", str(len(result["runs"]))]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("kept", type=Path)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rows", nargs="+", default=ROWS)
    options = parser.parse_args()
    folders = options.folders or default_folders(options.kept)
    rows = present(options.rows)
    known = measure_all(options.kept, folders, rows, options.repeats)
    print(*tables(known, folders, rows, options.repeats), sep="\n")


if __name__ == "__main__":
    main()
