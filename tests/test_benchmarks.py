"""The benchmarks run, and write what the documentation shows."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec.data.discover import sample_folder

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_benchmark_runs_on_the_smallest_size(tmp_path: Path) -> None:
    places = ["--work", str(tmp_path / "work"), "--out", str(tmp_path)]
    what = ["--sizes", "0.01", "--runs", "1", "--rounds", "1", "--peers", "scikit_learn", "classic"]
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), *places, *what]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    page = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    ours, scikit_learn, classic = (
        next(row for row in rows if row.startswith(f"| {name}"))
        for name in ("movierec, by ratings alone", "scikit-learn", "the classic script")
    )
    assert ours.endswith("| 50 of 50 |")
    assert scikit_learn.endswith("| 10 of 10 |")
    assert "failed" not in classic
    assert _text(page) == _text((ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_algorithms_are_measured_beside_those_of_libraries(tmp_path: Path) -> None:
    page = tmp_path / "libraries.md"
    command = [sys.executable, str(ROOT / "benchmarks" / "libraries.py"), "--work", str(tmp_path)]
    what = ["--sizes", "0.01", "--rounds", "1", "--rows", "item_knn", "fit", "--out", str(page)]
    subprocess.run([*command, *what], check=True, capture_output=True, timeout=300)
    again = subprocess.run(
        [*command, *what], check=True, capture_output=True, timeout=300, text=True
    )
    assert "movierec" not in again.stderr  # what was measured is not measured again
    rows = [line.split(" | ") for line in page.read_text(encoding="utf-8").splitlines()]
    by_name = {row[0].removeprefix("| "): row[1:] for row in rows if row[0].startswith("| ")}
    ours = by_name["movierec item_knn n_neighbors=100 weighting=bm25 shrinkage=100"]
    assert ours[2] == ours[5] == ours[8] == "1.00"  # movierec beside itself
    assert 0 < float(ours[-1].removesuffix(" |")) < 1  # nDCG
    implicit = by_name["implicit BM25Recommender K=100"]
    assert implicit[0].startswith("failed: ") == (find_spec("implicit") is None)
    assert by_name["movierec_cosine"][-1] == "50 of 50 |"


def _text(page: str) -> set[str]:
    """Return the lines of a page that hold no figures."""
    return {line for line in page.splitlines() if not any(map(str.isdigit, line))}


@pytest.mark.slow
def test_sequences_are_measured_once_and_an_interrupted_run_continues(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    script = [sys.executable, str(ROOT / "benchmarks" / "sequences.py"), str(kept)]
    what = [str(sample_folder()), "--repeats", "2", "--rows", "popular", "magic"]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [*script, *what, *more]
        return subprocess.run(
            command, check=True, capture_output=True, encoding="utf-8", timeout=300
        )

    assert "skipped: there is no algorithm magic" in run().stderr
    kept.write_text(kept.read_text(encoding="utf-8") + '{"command": "movi', encoding="utf-8")
    done = run("svd --recency 4")
    assert "evaluating svd" in done.stderr
    found = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    name = sample_folder().name
    assert [each["command"] for each in found] == [
        f"movierec evaluate {name} --algorithm popular --repeats 2",
        f"movierec evaluate {name} --algorithm svd --recency 4 --repeats 2",
    ]
    rows = [line for line in done.stdout.splitlines() if line.startswith("| `")]
    ends = [" | 1 |", " | 2 |"]  # runs: no seed changes popularity
    assert [row.endswith(end) for row, end in zip(rows, ends, strict=True)] == [True, True]
    ndcg = found[1]["result"]["metrics"]["ndcg"]
    assert f"| {ndcg:.4f} |".replace("0.", ".") in rows[1]
    again = run("svd --recency 4")
    assert (again.stdout, again.stderr) == (done.stdout, run().stderr)


def test_the_order_of_simulated_sequences_tells_something(tmp_path: Path) -> None:
    """Of two movies rated one soon after the other, one usually comes first."""
    script = [sys.executable, str(ROOT / "benchmarks" / "make_sequences.py"), str(tmp_path)]
    subprocess.run([*script, "--users", "2000", "--movies", "100"], check=True, timeout=120)
    ratings = pd.read_csv(tmp_path / "ratings.csv")
    assert not ratings.duplicated(["userId", "movieId"]).any()
    assert ratings.groupby("userId").size().min() == 20
    tied = ratings.duplicated(["userId", "timestamp"], keep=False).mean()
    assert 0.5 < tied < 0.9
    shuffled = ratings.sample(frac=1, random_state=0).sort_values("userId", kind="stable")
    mixed = ratings.sort_values("userId").assign(timestamp=shuffled["timestamp"].to_numpy())
    assert _asymmetry(ratings) > 1.4
    assert 0.9 < _asymmetry(mixed) < 1.1


def _asymmetry(ratings: pd.DataFrame) -> float:
    """Return about 1 if each order of two movies is as frequent as the other, else more."""
    ordered = ratings.sample(frac=1, random_state=1).sort_values(["userId", "timestamp"])
    later = np.zeros((101, 101))
    for distance in range(1, 6):
        after = ordered.groupby("userId").shift(-distance)
        known = (after["timestamp"] > ordered["timestamp"]).to_numpy()
        pairs = ordered["movieId"][known], after["movieId"][known].astype(int)
        np.add.at(later, pairs, 1)
    return float(((later - later.T) ** 2).sum() / (later + later.T).sum())


def test_attacks_find_what_they_can(tmp_path: Path) -> None:
    """Person 0 rated all movies, the others the first six."""
    rows = [(0, movie, 1.0 + movie % 5) for movie in range(12)]
    rows += [(user, movie, 3.0) for user in range(1, 9) for movie in range(6)]
    pd.DataFrame(rows, columns=["userId", "movieId", "rating"]).to_csv(
        tmp_path / "ratings.csv", index=False
    )
    titles = [f"Film {movie} ({1980 + movie})" for movie in range(12)]
    movies = pd.DataFrame({"movieId": range(12), "title": titles, "genres": "Drama"})
    movies.to_csv(tmp_path / "movies.csv", index=False)
    script = [sys.executable, str(ROOT / "benchmarks" / "privacy.py"), str(tmp_path)]
    run = subprocess.run(
        [*script, "--people", "1"], check=True, capture_output=True, encoding="utf-8", timeout=300
    )
    found = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
        for line in run.stdout.splitlines()[2:]
    }
    assert found["full"][:4] == ["6", "1.000", "1.000", "1.000"]
    assert found["`--without-ratings`"] == ["6", "1.000", "1.000", "1.000", "1.000", "1.000"]
    limited = found["`--min-raters 5`"]
    assert limited[:4] == ["0", "1.000", "0.500", "0.500"]  # the movies that others rated, too
