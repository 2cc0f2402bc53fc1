"""Compare movierec with its peers, side by side, and write ``docs/benchmarks.md``.

    python benchmarks/run.py [--sizes 0.1 1 5 25] [--data 25=FOLDER] [--lenskit PYTHON]

Every step is a process of its own; its wall time, CPU time and peak memory are what the operating
system says of it. See ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import report
from make_data import make

HERE = Path(__file__).parent
SHAPES = {"0.01": (100, 300), "0.1": (610, 1700), "1": (6040, 3706), "5": (32_000, 20_000)}
SHAPES |= {"25": (162_541, 59_047)}
# movierec as it is, and by ratings alone, when its neighbours are those of its peers.
OURS: dict[str, list[str]] = {"movierec": [], "movierec_cosine": ["--content-weight", "0"]}
PEERS = ("scikit_learn", "implicit_cosine", "sparse_dot_topn_cosine", "lenskit_item_knn", "classic")
START = "import typer, rich.table, rich.console, numpy"
Words = list[str | Path]
HELP_START = "import typer, rich.console, rich.table"


@dataclass
class Cost:
    """What a command cost, the median of several runs; or why it has no figures."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    megabytes: float = 0.0
    problem: str = ""


@dataclass
class Result:
    """What one contender did on one data set."""

    fit: Cost = field(default_factory=Cost)
    query: Cost = field(default_factory=Cost)
    model_megabytes: float = 0.0
    agreement: str = "-"


def cost_of(command: Sequence[str | Path], runs: int, **environment: str) -> Cost:
    """Run a command several times and return the medians."""
    costs = [_cost_once(command, environment) for _ in range(runs)]
    problems = [cost.problem for cost in costs if cost.problem]
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.cpu_seconds for cost in costs),
        max(cost.megabytes for cost in costs),
        problems[0] if problems else "",
    )


def _cost_once(command: Sequence[str | Path], environment: dict[str, str]) -> Cost:
    run = subprocess.run(
        [sys.executable, "measure.py", *map(str, command)],
        cwd=HERE,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Cost(**json.loads(run.stdout))


def run_movierec(data: Path, out: Path, movie_id: int, runs: int, options: list[str]) -> Result:
    movierec = [sys.executable, "-m", "movierec"]
    model = out / "model"
    files: Words = [data / "ratings.csv", data / "movies.csv"]
    fit: Words = [*movierec, "fit", *files, *options, "--model", model, "--quiet"]
    result = Result(fit=cost_of(fit, runs))
    ask: Words = [*movierec, "similar", "--id", str(movie_id), "--model", model]
    result.query = cost_of(ask, 2 * runs + 1)
    if options:
        cost_of([sys.executable, "contenders/movierec_model.py", data, out], 1)
    return result


def run_peer(name: str, python: str, data: Path, out: Path, movie_id: int, runs: int) -> Result:
    script = [python, f"contenders/{name}.py"]
    result = Result(fit=cost_of([*script, "fit", data, out], runs))
    result.query = cost_of([*script, "query", data, out, str(movie_id)], runs)
    return result


def run_size(size: str, data: Path, work: Path, options: argparse.Namespace) -> dict[str, Result]:
    """Run all contenders on one data set."""
    movie_id = report.most_rated(data)
    runs = options.runs if float(size) < 20 else max(1, options.runs - 1)
    results = {}
    for name in (*OURS, *options.peers):
        out = work / f"{size}-{name}"
        out.mkdir(parents=True, exist_ok=True)
        (out / "sample.json").unlink(missing_ok=True)  # of an earlier run
        print(f"{size} M: {name}", file=sys.stderr, flush=True)
        if name in OURS:
            results[name] = run_movierec(data, out, movie_id, runs, OURS[name])
        else:
            python = options.lenskit if name == "lenskit_item_knn" else sys.executable
            results[name] = run_peer(name, python, data, out, movie_id, runs)
        kept = (path for path in out.iterdir() if path.name != "sample.json")
        results[name].model_megabytes = sum(path.stat().st_size for path in kept) / 1e6
        results[name].agreement = report.agreement(data, out / "sample.json")
    return results


def cold_fit(data: Path, work: Path) -> Cost:
    """Fit once as after an installation, when no compiled loop is cached."""
    with tempfile.TemporaryDirectory(dir=work) as empty:
        command: Words = [sys.executable, "-m", "movierec", "fit", data / "ratings.csv"]
        files: Words = [data / "movies.csv", "--model", Path(empty) / "model", "--quiet"]
        return cost_of([*command, *files], 1, NUMBA_CACHE_DIR=empty)


def starts(work: Path, sizes: list[str], rounds: int) -> dict[str, list[Cost]]:
    """Measure what a question costs next to starting Python with what it cannot do without.

    All commands run in turn, round by round, so that a machine that slows down slows all alike.
    """
    python = sys.executable
    commands: dict[str, Words] = {
        "python, for a question": [python, "-c", START],
        "python, for help": [python, "-c", HELP_START],
        "movierec --help": [python, "-m", "movierec", "--help"],
    }
    for size in sizes:
        model = work / f"{size}-movierec" / "model"
        asked = (model.parent / "asked").read_text()
        own: Words = [python, "-m", "movierec"]
        commands[f"movierec similar, {size} M"] = [*own, "similar", "--id", asked, "--model", model]
        commands[f"movierec stats, {size} M"] = [*own, "stats", "--model", model]
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(cost_of(command, 1))
    return costs


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=["0.1", "1", "5", "25"], choices=SHAPES)
    parser.add_argument("--data", nargs="*", default=[], help="SIZE=FOLDER, instead of making it")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--lenskit", help="the python of an environment that has LensKit")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("/tmp/movierec-benchmarks"))
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs")
    options = parser.parse_args()
    if not options.lenskit:
        options.peers = [peer for peer in options.peers if peer != "lenskit_item_knn"]
    return options


def main() -> None:
    options = parse()
    given = dict(pair.split("=", 1) for pair in options.data)
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    results = {}
    for size in options.sizes:
        data = Path(given[size]).resolve() if size in given else work / f"{size}-data"
        if not (data / "movies.csv").exists():
            make(data, *SHAPES[size])
        results[size] = run_size(size, data, work, options)
        (work / f"{size}-movierec" / "asked").write_text(str(report.most_rated(data)))
    costs = starts(work, options.sizes, 10 * options.runs + 1)
    cold = cold_fit(data, work)
    report.write(options.out, results, costs, cold)


if __name__ == "__main__":
    main()
