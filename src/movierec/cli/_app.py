"""The application: its errors, its exit codes, and what all commands share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from movierec.errors import AmbiguousTitleError, MovieNotFoundError, MovierecError

_N_LISTED = 20  # candidates that are printed
INTERRUPTED = 130

Model = Annotated[
    Path,
    typer.Option("--model", "-m", envvar="MOVIEREC_MODEL", help="The model file."),
]
DEFAULT_MODEL = Path("movierec.model")


class _Group(TyperGroup):
    """Turns errors into a line, a hint and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            say("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except (
            MovierecError,
            OSError,
            MemoryError,
            AssertionError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:
            if ctx.params.get("debug"):
                raise
            raise typer.Exit(_report(error)) from None


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,  # of titles it would take longer than typing: see docs/architecture.md
    pretty_exceptions_enable=False,
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
    if not isinstance(error, MovierecError):
        what = str(error) or type(error).__name__
        say(f"error: {what}", "hint: movierec --debug COMMAND shows where; please report it")
        return MovierecError.exit_code
    say(f"error: {error}")
    if isinstance(error, AmbiguousTitleError):
        _list(error.candidates)
    if isinstance(error, MovieNotFoundError) and error.suggestions:
        say("did you mean:")
        _list(error.suggestions)
    if error.hint:
        say(f"hint: {error.hint}")
    return error.exit_code


def _list(movies: list[Any]) -> None:
    width = max(len(str(movie.movie_id)) for movie in movies)
    for movie in movies[:_N_LISTED]:
        say(f"  {movie.movie_id!s:>{width}}  {movie.title}  ({movie.n_ratings:,} ratings)")
    if len(movies) > _N_LISTED:
        say(f"  ... and {len(movies) - _N_LISTED:,} more")
