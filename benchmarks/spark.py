"""Fit by Spark and on one machine: CPU, memory, what is shuffled, and whether the tables are equal.

``python benchmarks/spark.py FOLDER...`` takes folders with ratings.csv and movies.csv, such as
make_data.py writes, and prints a row of docs/scale.md for each. Each fit has a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

CPUS = 2
HEADER = (
    "| ratings | local: wall s | CPU s | peak MB | Spark: wall s | CPU s | peak MB, a task | "
    "peak MB, Java | shuffled MB | equal |\n|" + "--:|" * 10
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--option", action="append", default=[], help="of fit: --option=-k50")
    arguments = parser.parse_args()
    print(HEADER)
    for folder in arguments.folders:
        print(row(folder, arguments.option), flush=True)


def row(folder: Path, options: list[str]) -> str:
    """Fit in both ways, and return a row of the table."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        places = [str(folder / "ratings.csv"), str(folder / "movies.csv"), *options]
        local = measured([*places, "--without-ratings"], work / "local", {})
        (work / "events").mkdir()
        spark = measured(
            [*places, "--engine", "spark", "--master", f"local[{CPUS}]"],
            work / "spark",
            event_log(work),
        )
        equal = are_equal(work / "local", work / "spark")
        n_ratings = card(work / "local")["n_ratings"]
        shuffled = sum(shuffled_bytes(work / "events"))
        print(f"  shuffled by stage: {[*shuffled_bytes(work / 'events')]}", file=sys.stderr)
    return (
        f"| {n_ratings:,} | {local['wall']:.0f} | {local['cpu']:.0f} | {local['python']:,.0f} "
        f"| {spark['wall']:.0f} | {spark['cpu']:.0f} | {spark['task']:,.0f} | {spark['java']:,.0f} "
        f"| {shuffled / 1e6:,.0f} | {'yes' if equal else 'NO'} |"
    )


def event_log(work: Path) -> dict[str, str]:
    """Return the environment in which Spark keeps a log of its stages."""
    conf = work / "conf"
    conf.mkdir()
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": (work / "events").as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        "spark.local.dir": str(work),
    }
    text = "\n".join(f"{name} {value}" for name, value in settings.items())
    (conf / "spark-defaults.conf").write_text(text)
    return {"SPARK_CONF_DIR": str(conf)}


def measured(options: list[str], model: Path, environment: dict[str, str]) -> dict[str, float]:
    """Run `movierec fit`; return seconds, and the highest memory of its processes in MB."""
    command = [sys.executable, "-m", "movierec", "fit", "-q", *options, "--model", str(model)]
    started, peaks, seconds = time.perf_counter(), Counter[str](), dict[int, float]()
    process = subprocess.Popen(command, env=os.environ | environment)
    ended = threading.Event()
    watcher = threading.Thread(target=watch, args=(process.pid, peaks, seconds, ended))
    watcher.start()
    status = process.wait()
    ended.set()
    watcher.join()
    if status:
        sys.exit(f"{' '.join(command)} failed")
    wall = time.perf_counter() - started
    return {"wall": wall, "cpu": sum(seconds.values()), **peaks}


def watch(pid: int, peaks: Counter[str], seconds: dict[int, float], ended: threading.Event) -> None:
    """Note the memory and the CPU of a process, of Java below it, and of the tasks below Java."""
    while not ended.wait(0.1):
        for kind, process in below(pid, "python"):
            peaks[kind] = max(peaks[kind], resident(process))
            seconds[process] = max(seconds.get(process, 0.0), cpu(process))


def cpu(pid: int) -> float:
    """Return the CPU seconds of a process so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def below(pid: int, kind: str) -> Iterator[tuple[str, int]]:
    """Yield a process and those that any of its threads started, with what they are."""
    yield kind, pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # it has ended
            continue
        for child in children:
            yield from below(int(child), {"python": "java", "java": "task"}.get(kind, kind))


def resident(pid: int) -> float:
    """Return the highest resident memory of a process so far, in MB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return int(found[0]) / 1000 if found else 0.0


def shuffled_bytes(events: Path) -> Iterator[int]:
    """Yield the bytes that each stage wrote for others."""
    for log in events.iterdir():
        for line in log.read_text().splitlines():
            event = json.loads(line)
            if event["Event"] == "SparkListenerStageCompleted":
                metrics = event["Stage Info"].get("Accumulables", [])
                written = [
                    int(each["Value"])
                    for each in metrics
                    if each.get("Name") == "internal.metrics.shuffle.write.bytesWritten"
                ]
                if sum(written):
                    yield sum(written)


def card(model: Path) -> dict[str, int]:
    from movierec import Recommender

    return Recommender.load(model).card


def are_equal(first: Path, second: Path) -> bool:
    """Compare the tables of two models, bit by bit, and what their algorithms learned."""
    from movierec.model.model import load_model

    models = [load_model(path) for path in (first, second)]
    tables = [model.neighbors.in_memory().to_arrays() for model in models]
    states = [model.load_algorithm().state() for model in models]
    return all(
        np.array_equal(np.asarray(arrays[0][name]), np.asarray(arrays[1][name]))
        for arrays in (tables, states)
        for name in arrays[0]
    )


if __name__ == "__main__":
    main()
