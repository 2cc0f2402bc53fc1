"""The application: its errors, its exit codes, and what all commands share."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from movierec import DEFAULT_MODEL as DEFAULT_NAME
from movierec.cli._signals import exit_code_if_stopped
from movierec.errors import MovierecError, UsageError
from movierec.wording import counted, one_line

_N_LISTED = 20  # candidates that are printed
INTERRUPTED = 130

Model = Annotated[
    Path,
    typer.Option("--model", "-m", envvar="MOVIEREC_MODEL", help="The model file."),
]
DEFAULT_MODEL = Path(DEFAULT_NAME)


# The module of each command has a function of its name. It is imported when it is asked for:
# a question must not pay for the other commands.
COMMANDS = (
    "fit", "similar", "recommend", "why", "search", "stats", "serve", "export", "evaluate",
    "algorithms",
)  # fmt: skip


class _Group(TyperGroup):
    """Loads commands by their names, and turns errors into a line, a hint and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"movierec.cli.{cmd_name}")
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cmd_name)(getattr(module, cmd_name))
        return typer.main.get_command(alone)

    def main(self, args: Any = None, *rest: Any, **more: Any) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(words, *rest, **{**more, "standalone_mode": False})
            sys.stdout.flush()
        except (KeyboardInterrupt, typer.Abort):
            code = INTERRUPTED
        except Exception as error:
            if "--debug" in words:
                raise
            # A signal in the middle of an import can come out as any error.
            code = exit_code_if_stopped() or _report(error)
        code = exit_code_if_stopped() or code
        if code == INTERRUPTED:
            say("interrupted")
        sys.exit(code)


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,  # of titles it would take longer than typing: see docs/architecture.md
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help in boxes takes as long again as all else that --help does
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 fine, 1 failed, 2 usage, 3 bad data, 4 film not found or ambiguous, "
    "130 interrupted.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from movierec import __version__

        typer.echo(f"movierec {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Recommend films: private, fast, and honest about what it knows."""


def say(*lines: str) -> None:
    """Print lines on stderr, where all goes that is not a result."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)


def _report(error: Exception) -> int:
    """Say what went wrong and what to do; return the exit code."""
    if isinstance(error, MovierecError):
        say(f"error: {error}")
        say_unmatched(getattr(error, "unmatched", ()))
        list_films("", getattr(error, "candidates", []))
        list_films("did you mean:", getattr(error, "suggestions", []))
        if error.hint:
            say(f"hint: {error.hint}")
        return error.exit_code
    if hasattr(error, "format_message"):  # typer's errors of usage, whose class it does not export
        say(f"error: {one_line(error.format_message())}", "hint: movierec COMMAND --help")
        return UsageError.exit_code
    if isinstance(error, OSError):  # of what movierec writes itself, this is left: its results
        say(f"error: cannot write the result: {error.strerror or error}")
        return MovierecError.exit_code
    what = one_line(str(error)) or type(error).__name__
    say(f"error: {what}", "hint: movierec --debug COMMAND shows where; please report it")
    return MovierecError.exit_code


def say_unmatched(errors: Iterable[Any]) -> None:
    """Print what was not found, each with the films that may have been meant."""
    for error in errors:
        say(f"left out: {error}")
        list_films("did you mean:", getattr(error, "suggestions", getattr(error, "candidates", [])))


def list_films(heading: str, movies: list[Any]) -> None:
    """Print films with their ids under a heading."""
    if not movies:
        return
    if heading:
        say(heading)
    width = max(len(str(movie.movie_id)) for movie in movies)
    for movie in movies[:_N_LISTED]:
        say(f"  {movie.movie_id!s:>{width}}  {movie.title}  ({counted(movie.n_ratings, 'rating')})")
    if len(movies) > _N_LISTED:
        say(f"  ... and {len(movies) - _N_LISTED:,} more")
