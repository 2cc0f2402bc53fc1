"""Measure movierec and other libraries on the same data, and write ``docs/benchmarks.md``.

    python benchmarks/run.py [--sizes 0.1 1 5 25] [--data 25=FOLDER] [--lenskit PYTHON]

Every step runs in its own process. The operating system reports the wall time, CPU time and peak
memory of each. See ``benchmarks/README.md``.
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
from pathlib import Path

import report
from make_data import make
from results import BARE_HELP, BARE_QUERY, NOT_FITTED, OURS, PEERS, Cost, Result

HERE = Path(__file__).parent
SHAPES = {"0.01": (100, 300), "0.1": (610, 1700), "1": (6040, 3706), "5": (32_000, 20_000)}
SHAPES |= {"25": (162_541, 59_047)}
QUERY_IMPORTS = "import typer, rich.table, rich.console, numpy"
HELP_IMPORTS = "import typer, rich.console, rich.table"
Words = list[str | Path]


def cost_of(command: Sequence[str | Path], runs: int, **environment: str) -> Cost:
    """Run a command several times and return the medians.

    Parameters
    ----------
    command : sequence of str or Path
    runs : int
    **environment : str
        Additional environment variables.
    """
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
    query: Words = [*movierec, "similar", "--id", str(movie_id), "--model", model]
    result.query = cost_of(query, 2 * runs + 1)
    if options:
        cost_of([sys.executable, "contenders/movierec_model.py", data, out], 1)
    return result


def run_peer(name: str, python: str, data: Path, out: Path, movie_id: int, runs: int) -> Result:
    script = [python, f"contenders/{name}.py"]
    result = Result()
    if name != NOT_FITTED:
        result.fit = cost_of([*script, "fit", data, out], runs)
    result.query = cost_of([*script, "query", data, out, str(movie_id)], runs)
    return result


def run_size(size: str, data: Path, work: Path, options: argparse.Namespace) -> dict[str, Result]:
    """Run all contenders on one data set."""
    results = {}
    for name in (*OURS, *options.peers):
        print(f"{size} M: {name}", file=sys.stderr, flush=True)
        runs = options.runs if float(size) < 20 else max(1, options.runs - 1)
        results[name] = run_contender(name, data, work / f"{size}-{name}", runs, options.lenskit)
    return results


def run_contender(name: str, data: Path, out: Path, runs: int, lenskit: str | None) -> Result:
    """Run a contender and check its sample of neighbors.

    Parameters
    ----------
    name : str
    data, out : Path
        The folder of the data, and a folder for the model.
    runs : int
    lenskit : str, optional
        Python interpreter of an environment with LensKit.
    """
    out.mkdir(parents=True, exist_ok=True)
    sample = out / "sample.json"
    sample.unlink(missing_ok=True)  # from an earlier run
    movie_id = report.most_rated(data)
    if name in OURS:
        result = run_movierec(data, out, movie_id, runs, OURS[name])
    else:
        python = lenskit if lenskit and name == "lenskit_item_knn" else sys.executable
        result = run_peer(name, python, data, out, movie_id, runs)
    result.model_megabytes = sum(p.stat().st_size for p in out.iterdir() if p != sample) / 1e6
    result.agreement = report.agreement(data, sample)
    return result


def cold_fit(data: Path, work: Path) -> Cost:
    """Fit once as on a new installation, where no compiled code is cached."""
    with tempfile.TemporaryDirectory(dir=work) as empty:
        command: Words = [sys.executable, "-m", "movierec", "fit", data / "ratings.csv"]
        files: Words = [data / "movies.csv", "--model", Path(empty) / "model", "--quiet"]
        return cost_of([*command, *files], 1, NUMBA_CACHE_DIR=empty)


def starts(work: Path, sizes: list[str], rounds: int) -> dict[str, list[Cost]]:
    """Measure commands next to starting Python with only the imports that they cannot avoid.

    All commands run in turn, round by round, so that a machine that slows down slows all of them.

    Parameters
    ----------
    work : Path
        The folder of the models.
    sizes : list of str
    rounds : int
    """
    python = sys.executable
    commands: dict[str, Words] = {
        BARE_QUERY: [python, "-c", QUERY_IMPORTS],
        BARE_HELP: [python, "-c", HELP_IMPORTS],
        "movierec --help": [python, "-m", "movierec", "--help"],
    }
    for size in sizes:
        model = work / f"{size}-movierec" / "model"
        movie_id = (model.parent / "movie_id").read_text()
        similar: Words = ["similar", "--id", movie_id, "--model", model]
        commands[f"movierec similar, {size} M"] = [python, "-m", "movierec", *similar]
        commands[f"movierec stats, {size} M"] = [
            python,
            "-m",
            "movierec",
            "stats",
            "--model",
            model,
        ]
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(cost_of(command, 1))
    return costs


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=["0.1", "1", "5", "25"], choices=SHAPES)
    parser.add_argument(
        "--data", nargs="*", default=[], help="SIZE=FOLDER: data to use instead of simulated data"
    )
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS)
    parser.add_argument("--lenskit", help="Python interpreter of an environment with LensKit")
    parser.add_argument("--runs", type=int, default=3, help="runs of each step")
    parser.add_argument(
        "--rounds", type=int, help="rounds of the start-up table; default: 10 runs + 1"
    )
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
        (work / f"{size}-movierec" / "movie_id").write_text(str(report.most_rated(data)))
    costs = starts(work, options.sizes, options.rounds or 10 * options.runs + 1)
    cold = cold_fit(data, work)
    report.write(options.out, results, costs, cold)


if __name__ == "__main__":
    main()
