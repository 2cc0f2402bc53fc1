"""The Spark session: the one that exists, or a new one."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from movierec import errors
from movierec.errors import DataError, MovierecError, UsageError

_INSTALL = "pip install pyspark pyarrow, which are in the extra spark"
_BATCH = "spark.sql.execution.arrow.maxRecordsPerBatch"
_HINT = "hint: "
# An error of movierec in the traceback of a task, with its hint.
_OURS = re.compile(rf"^movierec\.errors\.(\w+): (.*)(?:\n{_HINT}(.*))?$", re.MULTILINE)
_RETRIED = re.compile(r"local\[([0-9]+|\*)\]")  # without retries, unless a number is named
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "3g",
    "spark.driver.maxResultSize": "0",
    "spark.log.level": "OFF",
}


@contextmanager
def opened_session(master: str | None) -> Iterator[Any]:
    """Yield the active session, or a new one that is stopped in the end.

    Parameters
    ----------
    master : str, optional
        Of a new session. Default: that of Spark's configuration, else all processors.

    Raises
    ------
    UsageError
        If Spark or Java is missing, or the session cannot be started.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError("the engine spark needs pyspark", _INSTALL) from None
    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    session = _started(SparkSession.builder.appName("movierec"), master)
    try:
        yield session
    finally:
        session.stop()


def _started(builder: Any, master: str | None) -> Any:
    """Start a session; what `spark-submit` has set stays as it is."""
    is_submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if not is_submitted and not shutil.which("java") and "JAVA_HOME" not in os.environ:
        raise UsageError("Spark needs Java, which is not installed", "install Java 17 or later")
    if not is_submitted and (master or "local").startswith("local"):
        os.environ["PYSPARK_PYTHON"] = sys.executable  # the workers run what runs here
        for name, value in _LOCAL.items():
            builder = builder.config(name, value)
    if master is not None:
        builder = builder.master(_RETRIED.sub(r"local[\1,4]", master))
    try:
        with nullcontext() if is_submitted else _silenced():
            return builder.getOrCreate()
    except Exception as error:  # of several libraries; Java's have texts of many lines
        raise UsageError(f"Spark does not start: {_first_line(error)}", "check --master") from error


@contextmanager
def _silenced() -> Iterator[None]:
    """Start processes whose messages go nowhere: Java's, and those of the tasks.

    What fails is an exception of Spark in this process, with all that is known.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


@contextmanager
def reporting(batch: int, session: Any) -> Iterator[None]:
    """Run Spark's jobs with a number of rows per batch; say in a line what fails.

    Parameters
    ----------
    batch : int
        Rows that a task takes at once.
    session : SparkSession

    Raises
    ------
    DataError
        If a task fails for good.
    """
    before = session.conf.get(_BATCH)
    session.conf.set(_BATCH, str(batch))
    try:
        yield
    except MovierecError:
        raise
    except Exception as error:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        if not isinstance(error, PySparkException | Py4JError):
            raise
        raise _in_words(error) from error
    finally:
        session.conf.set(_BATCH, before)


def with_hints(batches: Iterator[Any]) -> Iterator[Any]:
    """Yield what a task makes; let the hints of errors reach the driver, with their tracebacks."""
    try:
        yield from batches
    except MovierecError as error:
        if error.cli_hint:
            error.add_note(f"{_HINT}{error.cli_hint}")
        raise


@contextmanager
def shared(session: Any, value: Any) -> Iterator[Any]:
    """Send a value to all machines, and remove it there in the end.

    Parameters
    ----------
    session : SparkSession
    value : object

    Yields
    ------
    pyspark.Broadcast
    """
    broadcast = session.sparkContext.broadcast(value)
    try:
        yield broadcast
    finally:
        broadcast.destroy()


def _in_words(error: Exception) -> MovierecError:
    """Return an error that a task raised, or what Spark says."""
    ours = _OURS.search(str(error))
    if ours is None:
        return DataError(f"Spark failed: {_cause(error)}", "see the logs of Spark for details")
    kind = {"UsageError": UsageError, "OutputError": errors.OutputError}.get(ours[1], DataError)
    return kind(ours[2], ours[3])


def _cause(error: Exception) -> str:
    """Return the line that names the error of a task, among those of its traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if line.partition(":")[0].endswith(("Error", "Exception"))]
    python = [line for line in named if line.split(":")[0].split(".")[0] not in ("org", "java")]
    return (python or named or lines or [type(error).__name__])[-1 if python else 0]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
