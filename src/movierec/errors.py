"""The errors that movierec raises, each with its exit code on the command line.

This module imports almost nothing, so that every other module can import it.
"""

from __future__ import annotations

from movierec._util import one_line, without_secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from movierec.films.catalog import Movie


_LONGEST_MESSAGE = 400


# Options whose arguments in Python have other names; of the others, only the dashes change.
_ARGUMENTS = {
    "like": "likes", "dislike": "dislikes", "genre": "genres", "id": "by_id", "set": "settings",
    "to": "folder", "yes": "accept_license",
    "no-unpack": "unpack",
}  # fmt: skip
_CALLS = {"search": "search", "fit": "fit", "evaluate": "evaluate", "download": "download"}


def in_python(hint: str) -> str:
    """Return a hint in which options are arguments, and commands are functions.

    ``--min-ratings 5`` becomes ``min_ratings=...``, and ``movierec search WORDS`` becomes
    ``search(...)``. ``--no-store`` becomes ``store=False``.

    Parameters
    ----------
    hint : str
    """
    import re

    def argument(found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("no-"):
            return f"{name[3:]}=False"
        return f"{_ARGUMENTS.get(name, name.replace('-', '_'))}=..."

    def call(found: re.Match[str]) -> str:
        return f"{_CALLS[found[1]]}(...)"

    hint = re.sub(r"movierec (search|fit|evaluate|download)( (?!--)[\w.-]+)*( --help)?", call, hint)
    return re.sub(
        r"--([a-z][a-z-]*)(?: (?:[A-Z=]+|[\w.]+=[\w.,=]+|skip|FILE|\w+\.csv))?", argument, hint
    )


class MovierecError(Exception):
    """Base of all errors that movierec raises on purpose.

    Parameters
    ----------
    message : str
        What is wrong, with the file, line or value; shown as one line.
    hint : str, optional
        What to do about it, in one line, with the options of commands.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        line = one_line(without_secrets(message))
        super().__init__(line if len(line) < _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}...")
        self._hint = None if hint is None else without_secrets(hint)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the message and the attributes, whatever the arguments were."""
        import copyreg

        return copyreg.__newobj__, (type(self), *self.args), self._state()  # type: ignore[attr-defined]

    def _state(self) -> dict[str, Any]:
        return self.__dict__

    @property
    def cli_hint(self) -> str | None:
        """What to do about it, with the options of commands."""
        return self._hint

    @property
    def hint(self) -> str | None:
        """What to do about it, with arguments of Python instead of options of commands."""
        return None if self.cli_hint is None else in_python(self.cli_hint)


class OutputError(MovierecError):
    """A file cannot be written."""


class ServerError(MovierecError):
    """The web server cannot listen at its address."""


class UsageError(MovierecError):
    """An argument is not valid, or two of them contradict each other."""

    exit_code = 2


class DataError(MovierecError):
    """An input file is missing, unreadable or invalid."""

    exit_code = 3


class ArtifactError(DataError):
    """A model file is missing, damaged, or cannot be opened by this version."""


class AlgorithmNotFoundError(ArtifactError):
    """The algorithm that made a model is not installed."""


class NothingFoundError(MovierecError):
    """The user is unknown, or there is no result; ``unmatched`` has the movies not found."""

    exit_code = 4

    def __init__(
        self, message: str, hint: str | None = None, unmatched: Sequence[MovierecError] = ()
    ) -> None:
        super().__init__(message, hint)
        self.unmatched = unmatched


class MovieNotFoundError(MovierecError):
    """No movie matches the query.

    Parameters
    ----------
    message : str
    suggestions : sequence of Movie, or callable that returns it
        The closest titles. They are compared with all titles, so a callable is only called if
        somebody looks at them.
    hint : str, optional
        What to do if there are no suggestions.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        suggestions: Sequence[Movie] | Callable[[], Sequence[Movie]],
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint)
        self._suggestions = suggestions

    @property
    def needs_search(self) -> bool:
        """Whether the suggestions are still to be looked for, which takes a moment."""
        return callable(self._suggestions)

    @property
    def suggestions(self) -> Sequence[Movie]:
        """The movies with the closest titles; may be empty."""
        if callable(self._suggestions):
            self._suggestions = self._suggestions()
        return self._suggestions

    def _state(self) -> dict[str, Any]:
        return {**self.__dict__, "_suggestions": [*self.suggestions]}

    @property
    def cli_hint(self) -> str | None:
        """What to do about it, if there are no suggestions."""
        return None if self.suggestions else self._hint


class AmbiguousTitleError(MovierecError):
    """Several movies match the query equally well; ``candidates`` has them, most rated first."""

    exit_code = 4

    def __init__(self, message: str, candidates: list[Movie], hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.candidates = candidates
