"""The application: how commands are found, and how errors are reported."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from itertools import chain
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from movierec._util import one_line, pluralize, printable, without_secrets
from movierec.cli._options import expanded
from movierec.cli._signals import discard_output, exit_code_if_stopped, is_closed_pipe
from movierec.errors import MovierecError, UsageError

_N_LISTED = 20  # number of candidates printed
INTERRUPTED = 130
ANONYMOUS = "MOVIEREC_ANONYMOUS"  # read by movierec.store.filesystems
# What pandas, threads, imports and the system say instead of raising a MemoryError.
_NO_MEMORY = (
    "out of memory", "can't start new thread", "failed to map segment", os.strerror(errno.ENOMEM)
)  # fmt: skip
_MORE_MEMORY = "close other programs, use fewer ratings, or a machine with more memory"

# Each command is a function of its name in a module of its name. The module is imported when the
# command is called, so that a query does not pay for the other commands.
GROUPS = {
    "Ask": ("similar", "recommend", "next", "predict", "compare", "why", "search"),
    "Fit and keep": ("download", "check", "fit", "update", "forget", "stats", "export"),
    "Study": ("evaluate", "study", "algorithms"),
    "Show": ("serve", "map"),
}
_WIDEST = 10  # characters of a name, so that all groups are aligned
_LINE = 66  # characters beside a name, on a terminal of 80
COMMANDS = tuple(chain.from_iterable(GROUPS.values()))


class _Group(TyperGroup):
    """Loads commands by name, and turns errors into a message, a hint and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"movierec.cli.{cmd_name}")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cmd_name)(expanded(getattr(module, cmd_name)))
        return typer.main.get_command(alone)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for heading, names in GROUPS.items():
            lines = [(name, self._in_a_line(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{_WIDEST}}", line) for name, line in lines])

    def _in_a_line(self, ctx: Any, name: str) -> str:
        return str(self.get_command(ctx, name).get_short_help_str(limit=_LINE))

    def main(self, args: Any = None, *rest: Any, **more: Any) -> Any:
        words = list(sys.argv[1:] if args is None else args) or ["--help"]
        try:
            # Under one name, however it is started, shells find its completion.
            code = super().main(
                words, **{**more, "prog_name": "movierec", "standalone_mode": False}
            )
            sys.stdout.flush()
        except BaseException as error:
            code = _exit_code(error, debug="--debug" in words)
        code = exit_code_if_stopped() or code
        if code == INTERRUPTED:
            say("interrupted")
        sys.exit(code)


app = typer.Typer(
    cls=_Group,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes around the help double the time that --help takes
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 success, 1 failure, 2 usage error, 3 bad data, "
    "4 movie not found or ambiguous, 130 interrupted.",
)


def _show_version(requested: bool) -> None:
    if requested:
        from movierec import __version__

        typer.echo(f"movierec {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    anonymous: Annotated[
        bool,
        typer.Option(
            "--anonymous",
            envvar=ANONYMOUS,
            help="Use public buckets and containers, without credentials.",
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Recommend movies: private, fast, and honest about what it knows."""
    os.environ[ANONYMOUS] = "1" if anonymous else ""


def say(*lines: str) -> None:
    """Print lines on stderr, where everything but results goes; nothing is lost if nobody reads."""
    try:
        for line in lines:
            print(printable(without_secrets(line)), file=sys.stderr, flush=True)
    except OSError:  # a closed pipe, a full disk
        discard_output(sys.stderr)


def _exit_code(error: BaseException, *, debug: bool) -> int:
    """Return the exit code for an exception, which is reported first if it is an error."""
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return INTERRUPTED
    if is_closed_pipe(error):
        discard_output(sys.stdout)
        return 0
    if not isinstance(error, Exception):
        raise error
    if debug:
        say(*_traceback(error))
        return MovierecError.exit_code
    # A signal during an import can surface as any exception.
    return exit_code_if_stopped() or _report(error)


def _traceback(error: Exception) -> list[str]:
    import traceback

    return "".join(traceback.format_exception(error)).rstrip().split("\n")


def _report(error: Exception) -> int:
    """Print what went wrong and what to do about it; return the exit code."""
    if isinstance(error, MovierecError):
        say(f"error: {error}")
        say_unmatched(getattr(error, "unmatched", ()))
        list_movies("", getattr(error, "candidates", []))
        list_movies("did you mean:", getattr(error, "suggestions", []))
        if error.cli_hint:
            say(f"hint: {error.cli_hint}")
        return error.exit_code
    if hasattr(error, "format_message"):  # a usage error: typer does not export its class
        say(f"error: {one_line(error.format_message())}", "hint: movierec COMMAND --help")
        return UsageError.exit_code
    if _is_out_of_memory(error):
        say("error: not enough memory", f"hint: {_MORE_MEMORY}")
        return MovierecError.exit_code
    if isinstance(error, OSError):  # of a file that has no name, only stdout can be left
        what = f"cannot use {error.filename}" if error.filename else "cannot write the result"
        say(f"error: {what}: {error.strerror or error}")
        return MovierecError.exit_code
    what = one_line(str(error)) or type(error).__name__
    say(f"error: {what}", "hint: movierec --debug COMMAND shows the traceback; please report it")
    return MovierecError.exit_code


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(sign in str(error) for sign in _NO_MEMORY)


def say_unmatched(errors: Iterable[Any]) -> None:
    """Print which movies were not found, each with those that may have been meant."""
    for error in errors:
        say(f"left out: {error}")
        movies = getattr(error, "suggestions", getattr(error, "candidates", []))
        list_movies("did you mean:", movies)


def list_movies(heading: str, movies: list[Any]) -> None:
    """Print movies with their ids.

    Parameters
    ----------
    heading : str
        A line above them; none if it is empty.
    movies : list of Movie
    """
    if not movies:
        return
    if heading:
        say(heading)
    width = max(len(str(movie.movie_id)) for movie in movies)
    for movie in movies[:_N_LISTED]:
        n_ratings = movie.n_ratings
        ratings = "few ratings" if n_ratings is None else pluralize(n_ratings, "rating")
        say(f"  {movie.movie_id!s:>{width}}  {movie.title}  ({ratings})")
    if len(movies) > _N_LISTED:
        say(f"  ... and {len(movies) - _N_LISTED:,} more")
