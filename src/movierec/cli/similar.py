"""``movierec similar``: movies similar to one or several.

The annotations are no text, as in the module of the shared options.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from movierec.cli._app import say
from movierec.cli._columns import MEAN, RANK, TITLE, YEAR, plain, shown_count
from movierec.cli._options import (
    DEFAULT_MODEL,
    ByIdOption,
    FilterOptions,
    LengthOption,
    ModelOption,
    OutputOptions,
    RerankOptions,
)
from movierec.cli._output import Column, print_list

if TYPE_CHECKING:
    from movierec.answers.records import Neighbors
    from movierec.films.catalog import Movie


def similar(
    titles: Annotated[list[str], typer.Argument(metavar="TITLE...", help="One movie, or several.")],
    *,
    k: LengthOption = 10,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say in a sentence why each movie is listed.")
    ] = False,
    filters: FilterOptions,
    less_like: Annotated[
        list[str] | None,
        typer.Option(metavar="TITLE", help="Avoid movies like this one; may be repeated."),
    ] = None,
    by_id: ByIdOption = False,
    year: Annotated[int | None, typer.Option(help="The year of the movie.")] = None,
    min_support: Annotated[
        int, typer.Option(min=0, help="Least number of people who rated both movies.")
    ] = 0,
    rerank: RerankOptions,
    output: OutputOptions,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """List the movies most similar to one, or to several.

    The similarity, from 0 to 1, combines who rated two movies with what the movies are. The
    evidence is "by content" if nobody rated both, "thin" if fewer than 5 people did, "mostly
    content" if content makes up more than half of the similarity, and "solid" otherwise; in a
    differentially private model, it is "mostly content" or "noisy".
    `movierec why` shows more.

    \b
    Examples:
      movierec similar "Toy Story (1995)" -k 10
      movierec similar Alien "Blade Runner" --not-genre Comedy --explain
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    from movierec.recommender import Recommender

    found = Recommender.load(model).similar(
        titles,
        k,
        less_like=less_like or (),
        by_id=by_id,
        year=year,
        min_support=min_support,
        **filters.arguments(),
        **rerank.arguments(),
    )
    rows = [plain(neighbor) for neighbor in found]
    columns = _EXPLAINED if explain else _COLUMNS
    print_list(output, rows, columns, title=_heading(found), document=_document(found, rows))
    if found.note:
        say(found.note)


def _heading(found: "Neighbors") -> str:
    liked, avoided = (
        " and ".join(movie.title for movie in group) for group in (found.queries, found.less_like)
    )
    return f"Movies like {liked}{f', less like {avoided}' if avoided else ''}"


def _document(found: "Neighbors", rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "query": _named(found.query),
        "queries": [_named(movie) for movie in found.queries],
        "less_like": [_named(movie) for movie in found.less_like],
        "neighbors": rows,
    }


def _named(movie: "Movie") -> dict[str, Any]:
    return {"movie_id": movie.movie_id, "title": movie.title}


_SIMILARITY = Column("similarity", lambda row: f"{row['similarity']:.3f}", "cyan", is_number=True)
_EXPLAINED = (RANK, TITLE, YEAR, _SIMILARITY, Column("because", lambda row: row["reason"]))
_COLUMNS = (
    RANK,
    TITLE,
    YEAR,
    _SIMILARITY,
    Column("rated both", lambda row: shown_count(row["support"]), is_number=True),
    Column("evidence", lambda row: row["evidence"]),
    Column("shared genres", lambda row: ", ".join(row["shared_genres"]), "dim", shrinks=3),
    MEAN,
)
