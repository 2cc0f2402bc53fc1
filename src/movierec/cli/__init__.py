"""The command line: one file per command, each parse, one call, render."""

from movierec.cli import fit, search, similar, stats
from movierec.cli._app import app

__all__ = ["app", "fit", "main", "search", "similar", "stats"]


def main() -> None:
    """Run the command line."""
    import sys

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a title must not stop a terminal of ASCII
    app()
