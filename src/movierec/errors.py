"""What can go wrong, each with the exit code that the command line gives it.

This module imports next to nothing, so that any other module may raise these errors.
"""

from __future__ import annotations

from movierec.wording import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from movierec.catalog import Movie


_LONGEST_MESSAGE = 400


class MovierecError(Exception):
    """Base of all errors that movierec raises on purpose.

    Parameters
    ----------
    message : str
        One line: what is wrong, with the file, line or value.
    hint : str, optional
        One line: what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        line = one_line(message)
        super().__init__(line if len(line) < _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}...")
        self.hint = hint


class OutputError(MovierecError):
    """A file could not be written."""


class ServerError(MovierecError):
    """The web server cannot listen where it was told to."""


class UsageError(MovierecError):
    """An argument makes no sense, or two of them do not go together."""

    exit_code = 2


class DataError(MovierecError):
    """An input file is missing, unreadable, or does not say what it should."""

    exit_code = 3


class ArtifactError(DataError):
    """A model file is missing, damaged, or not one that this version can open."""


class NothingFoundError(MovierecError):
    """Nobody, or nothing, is there to answer with; ``unmatched`` are films that were not found."""

    exit_code = 4

    def __init__(
        self, message: str, hint: str | None = None, unmatched: Sequence[MovierecError] = ()
    ) -> None:
        super().__init__(message, hint)
        self.unmatched = unmatched


class MovieNotFoundError(MovierecError):
    """No film answers to the query; ``suggestions`` are the nearest titles, perhaps none."""

    exit_code = 4

    def __init__(self, message: str, suggestions: list[Movie], hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.suggestions = suggestions


class AmbiguousTitleError(MovierecError):
    """Several films answer to the query equally well: ``candidates``, most rated first."""

    exit_code = 4

    def __init__(self, message: str, candidates: list[Movie], hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.candidates = candidates
