"""The command line: one file per command, each parse, one call, render."""


def main() -> None:
    """Run the command line."""
    import gc
    import sys

    gc.disable()  # a command ends before collecting could pay
    from movierec.cli._app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a title must not stop a terminal of ASCII
    app()
