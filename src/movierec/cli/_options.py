"""The options that several commands share.

Groups of options are named tuples: defining dataclasses would take a millisecond of every start.
So would annotations as text, which typer evaluates: nothing is imported from `__future__` here.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

import typer

from movierec import DEFAULT_MODEL as DEFAULT_NAME
from movierec.cli._output import Format
from movierec.errors import UsageError

ModelOption = Annotated[
    str,
    typer.Option(
        "--model", "-m", metavar="<path>", envvar="MOVIEREC_MODEL",
        help="The model file, or its address.",
    ),
]  # fmt: skip

DEFAULT_MODEL = DEFAULT_NAME

LengthOption = Annotated[int, typer.Option("-k", min=1, help="Number of movies to list.")]
ByIdOption = Annotated[bool, typer.Option("--id", help="Read every TITLE as a movieId.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
SafeCsvOption = Annotated[
    bool,
    typer.Option(
        "--safe-csv",
        help="In CSV and TSV, put an apostrophe before text that spreadsheets take for formulas.",
    ),
]
PrivateOption = Annotated[
    bool,
    typer.Option(
        "--private",
        help="Let only you read and write the model file (mode 0600). Otherwise it keeps the mode "
        "of the file that it replaces; a new one has what your umask leaves.",
    ),
]
OnErrorOption = Annotated[
    Literal["fail", "skip"],
    typer.Option(help="Whether to stop at a row that cannot be used, or to leave it out."),
]


class FilterOptions(NamedTuple):
    """Options that leave movies out of a list."""

    genre: Annotated[
        list[str] | None,
        typer.Option(help="Only movies of this genre; repeat it to require several."),
    ] = None
    not_genre: Annotated[
        list[str] | None, typer.Option(help="No movies of this genre; may be repeated.")
    ] = None
    years: Annotated[
        str | None, typer.Option(help="Only movies of these years, such as 1980-1989.")
    ] = None

    def arguments(self) -> dict[str, Any]:
        """Return them as arguments of `Recommender.similar` and `Recommender.recommend`.

        Raises
        ------
        UsageError
            If the years are not a range of years.
        """
        from movierec.answers.filters import parse_years

        return {
            "genres": self.genre or (),
            "not_genres": self.not_genre or (),
            "years": parse_years(self.years),
        }


class RerankOptions(NamedTuple):
    """Options that change the order of a list."""

    diversity: Annotated[
        float, typer.Option(min=0, max=1, help="Avoid movies similar to others in the list.")
    ] = 0.0
    obscurity: Annotated[
        float, typer.Option(min=0, max=1, help="Prefer movies that fewer people rated.")
    ] = 0.0

    def arguments(self) -> dict[str, Any]:
        """Return them as arguments of `Recommender.similar` and `Recommender.recommend`."""
        return {"diversity": self.diversity, "obscurity": self.obscurity}


class OutputOptions(NamedTuple):
    """Options for printing a list."""

    form: Annotated[Format, typer.Option("--format", "-f", help="Output format.")] = Format.TABLE
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False
    safe_csv: SafeCsvOption = False

    @property
    def format(self) -> Format:
        """The format that both options together ask for."""
        return Format.JSON if self.as_json else self.form


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command for typer, with an option for each field of its groups of options.

    Parameters
    ----------
    command : callable
        A parameter annotated with one of the groups above receives an instance of it.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if _is_group(hint)}

    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{option: given.pop(option) for option in group._fields})
        command(**given)

    parameters = inspect.signature(command).parameters.values()
    options = [option for each in parameters for option in _options(each, hints[each.name])]
    run.__doc__ = command.__doc__
    run.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    return run


def _options(parameter: inspect.Parameter, hint: Any) -> Iterator[inspect.Parameter]:
    if not _is_group(hint):
        yield parameter.replace(annotation=hint)
        return
    hints, defaults = get_type_hints(hint, include_extras=True), hint._field_defaults
    for name in hint._fields:
        yield inspect.Parameter(
            name, parameter.kind, default=defaults[name], annotation=hints[name]
        )


def _is_group(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple)


def parse_assignments(texts: Sequence[str], form: str, example: str) -> dict[str, str]:
    """Return the values of texts such as ``l2=100``, by name.

    Parameters
    ----------
    texts : sequence of str
    form : str
        How one is written, for the error message.
    example : str

    Raises
    ------
    UsageError
        If a text has no name or no value, or a name occurs twice.
    """
    values: dict[str, str] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not (name and value):
            raise UsageError(f'"{text}" is not {form}', f"write it as {example}")
        if name in values:
            raise UsageError(f"{name} is set twice", "set it once")
        values[name] = value
    return values


def parse_numbers(text: str | None) -> list[float]:
    """Return the numbers in ``0.5,1,2``.

    Raises
    ------
    UsageError
        If `text` is written otherwise.
    """
    try:
        return [] if text is None else [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f'"{text}" is not a list of numbers', "write it as 0.5,1,2") from None


def parse_whole_numbers(text: str) -> list[int]:
    """Return the numbers in ``5,10,20``.

    Raises
    ------
    UsageError
        If `text` is written otherwise.
    """
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(
            f'"{text}" is not a list of whole numbers', "write it as 5,10,20"
        ) from None
