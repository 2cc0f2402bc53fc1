"""The entry point of the program."""


def main() -> None:
    """Run the command line."""
    import gc
    import sys

    gc.disable()  # a command ends before garbage collection pays off
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from movierec.cli._streams import replace_closed_streams

        replace_closed_streams()
    from movierec.cli._app import app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a title must not crash an ASCII terminal
    app()
