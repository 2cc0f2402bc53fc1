"""``movierec stats``: describe the ratings and the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from movierec._util import pluralize
from movierec.cli._columns import MEAN, MOVIE_ID, N_RATINGS, TITLE
from movierec.cli._options import DEFAULT_MODEL, JsonOption, ModelOption, OnErrorOption
from movierec.cli._output import Column, bar, print_json, print_pairs, print_table, progress_bar

_MOST = 0.5  # share of tied ratings above which a data set says little about order


def stats(
    ratings: Annotated[
        str | None,
        typer.Argument(metavar="[RATINGS]", help="Files to describe instead of the model."),
    ] = None,
    movies: Annotated[str | None, typer.Argument(metavar="[MOVIES]")] = None,
    on_error: OnErrorOption = "fail",
    as_json: JsonOption = False,
    model: ModelOption = DEFAULT_MODEL,
) -> None:
    """Show how the ratings are spread, and how the model was made.

    \b
    Examples:
      movierec stats
      movierec stats ratings.csv movies.csv --json
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    from movierec.recommender import Recommender

    found: Mapping[str, Any]
    if ratings is None:
        found = Recommender.load(model).stats()
    else:
        from movierec.training.summary import summary_of

        with progress_bar(quiet=False) as progress:
            sources = {"ratings": ratings, "movies": movies}
            found = summary_of(sources, on_error=on_error, progress=progress)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _print(found: Mapping[str, Any]) -> None:
    print_pairs("Ratings", _counts(found))
    histogram = found["rating_histogram"]
    if histogram:
        _print_bars("Ratings given", [(f"{row['rating']:g}", row["count"]) for row in histogram])
    for noun, key in (("user", "ratings_per_user"), ("movie", "ratings_per_film")):
        spread = found[key] or {"bars": []}  # None where it would tell of single people
        if spread["bars"] and None not in spread.values():
            _print_bars(f"Ratings per {noun}: {_quartiles(spread)}", _ranges(spread["bars"]))
    decades = found["years"]["films_per_decade"]
    _print_bars("Movies per decade", [(f"{row['decade']}s", row["count"]) for row in decades])
    if found["activity"]:
        times = [(_time(row), row["ratings"]) for row in found["activity"]]
        _print_bars("Ratings over time", times)
    columns = (MOVIE_ID, TITLE, N_RATINGS, MEAN)
    print_table(found["most_rated"], columns, "Most rated")
    best = found["best_rated"]
    print_table(best["films"], columns, f"Best rated, with {best['min_ratings']:,} ratings or more")
    if "model" in found:
        print_pairs("Model", _card(found["model"], found["people"]["holds"]))


def _time(row: Mapping[str, Any]) -> str:
    return str(row["year"]) if row["month"] is None else f"{row['year']}-{row['month']:02d}"


def _counts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    years = found["years"]
    span = f"{years['first']} to {years['last']}" if years["first"] else "unknown"
    return [
        ("rows of ratings", f"{found['rating_rows']:,}"),
        ("rows of movies", f"{found['movie_rows']:,}"),
        ("ratings used", f"{found['ratings']:,}"),
        ("unique users", f"{found['users']:,}"),
        ("unique movies (rated)", f"{found['films_rated']:,}"),
        ("movies listed", f"{found['films_listed']:,}"),
        ("ratings per user", f"{found['ratings'] / max(found['users'], 1):.1f}"),
        ("ratings per movie", f"{found['ratings_per_film']['mean']:.1f}"),
        ("density", f"{found['density']:.3%} of all pairs of users and rated movies"),
        ("mean rating", f"{found['mean_rating']:.3f}"),
        *_ties(found["tied_ratings"], found["ratings"]),
        ("years", f"{span}, {pluralize(years['films_without'], 'movie')} without"),
    ]


def _ties(n_tied: int | None, n_ratings: int) -> list[tuple[str, str]]:
    """Return how many ratings are tied, if their times are known."""
    if n_tied is None:
        return []
    share = n_tied / max(n_ratings, 1)
    warning = ", so much of the order is unknown" if share > _MOST else ""
    return [("tied in time", f"{share:.1%}: at the same time as another of that user{warning}")]


def _card(card: Mapping[str, Any], holds: str) -> list[tuple[str, str]]:
    def joined(pairs: Mapping[str, Any]) -> str:
        return ", ".join(
            f"{name} ({joined(value)})" if isinstance(value, dict) else f"{name} {value}"
            for name, value in pairs.items()
        )

    size = [("file", f"{card['path']}, {card['bytes'] / 1e6:.1f} MB")] if "path" in card else []
    return [
        *_privacy(card),
        ("algorithm", f"{card['algorithm']}, similarity: {card['similarity']}"),
        ("parameters", joined(card["parameters"])),
        ("made with", joined(card["versions"])),
        ("made", card["created"]),
        ("from", ", ".join(card["files"].values())),
        *((f"left out {reason}", f"{n:,} ratings") for reason, n in card["dropped"].items()),
        ("holds", holds),
        ("fingerprint", card["fingerprint"][:16]),
        *size,
    ]


def _privacy(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a differentially private model guarantees."""
    if "privacy" not in card:
        return []
    terms = card["privacy"]
    return [
        (
            "privacy",
            f"differentially private: epsilon {terms['epsilon']:g}, delta {terms['delta']:g}, for "
            f"each {terms['unit']}, of whom at most {terms['most_ratings']} ratings count; all "
            "counts and means are noisy, and 0 where the noise hides them",
        )
    ]


def _print_bars(title: str, counts: Sequence[tuple[str, int]]) -> None:
    longest = max((count for _, count in counts), default=0)
    rows = [{"name": name, "count": count} for name, count in counts]
    columns = (
        Column("", lambda row: row["name"], is_number=True),
        Column("", lambda row: f"{row['count']:,}", is_number=True),
        Column("", lambda row: bar(row["count"], longest), "cyan"),
    )
    print_table(rows, columns, title)


def _quartiles(spread: Mapping[str, Any]) -> str:
    names = ("min", "lower_quartile", "median", "upper_quartile", "max")
    values = " / ".join(f"{spread[name]:,g}" for name in names)
    return f"{values} (min, quartiles, max), mean {spread['mean']:,.1f}"


def _ranges(bars: Sequence[Mapping[str, int]]) -> list[tuple[str, int]]:
    def name(row: Mapping[str, int]) -> str:
        low, high = row["from"], row["to"]
        return f"{low:,}" if low == high else f"{low:,}-{high:,}"

    return [(name(row), row["count"]) for row in bars]
