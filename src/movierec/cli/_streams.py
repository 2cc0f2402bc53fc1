"""Standard streams that are closed, as after ``>&-`` in a shell.

Python then has None for the stream, ``print`` falls back to another one, and the next file that is
opened gets the number of the stream: what a library writes to number 2 would land in a model.
"""

from __future__ import annotations

import io
import os
import sys

from movierec.errors import OutputError


class ClosedOutput(io.TextIOBase):
    """Standard output that refuses every text."""

    def write(self, text: str) -> int:
        """Refuse a text.

        Parameters
        ----------
        text : str

        Raises
        ------
        OutputError
            Always.
        """
        raise OutputError("standard output is closed", "leave it open, or send it to a file")


def replace_closed_streams() -> None:
    """Open the numbers of closed streams; messages then go nowhere, results are refused."""
    for number in range(3):
        _occupy(number)
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def _occupy(number: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
