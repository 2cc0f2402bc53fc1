"""The entry point of the program."""


def main() -> None:
    """Run the command line."""
    import gc
    import sys

    gc.disable()  # a command ends before garbage collection pays off
    from movierec.cli._app import app
    from movierec.cli._streams import replace_closed_streams

    replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a title must not crash an ASCII terminal
    app()
