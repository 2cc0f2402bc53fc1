"""``movierec evaluate``: compare algorithms on one split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._options import OutputOptions, parse_assignments
from movierec.cli._output import Column, print_list
from movierec.errors import UsageError


def evaluate(
    *,
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[RATINGS]",
            help="A rating file to split, or a MovieLens folder or zip.",
        ),
    ] = None,
    movies: Annotated[
        str | None,
        typer.Argument(metavar="[MOVIES]", help="A file of movies; `content` needs one."),
    ] = None,
    algorithm: Annotated[
        str,
        typer.Option(
            help="Algorithms to compare, separated by commas; see `movierec algorithms`. "
            "One that is not installed is named as package.module:Class."
        ),
    ] = "default,item_knn,ease",
    split: Annotated[
        Literal["leave-one-out", "random", "temporal"],
        typer.Option(
            help="What is held out: the last rating of each user, a random share, or the latest."
        ),
    ] = "leave-one-out",
    test_share: Annotated[
        float,
        typer.Option(
            min=0.01, max=0.99, help="Share of the ratings that random and temporal hold out."
        ),
    ] = 0.2,
    threshold: Annotated[
        float | None, typer.Option(help="Least rating of a liked movie in the test set.")
    ] = None,
    recency: Annotated[
        float,
        typer.Option(min=0, help="Age, in ratings, at which a rating counts half; 0 ignores age."),
    ] = 0.0,
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="Length of the lists.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    train: Annotated[Path | None, typer.Option(help="Training set of a published split.")] = None,
    test: Annotated[Path | None, typer.Option(help="Test set of a published split.")] = None,
    negatives: Annotated[
        Path | None,
        typer.Option(help="Movies to rank for each user: userId,movieId,neg1..negN."),
    ] = None,
    movie_file: Annotated[
        str | None,
        typer.Option("--movies", help="The file of movies for a published split."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="ALGORITHM.PARAMETER=VALUE",
            help="Set a parameter of an algorithm; may be repeated.",
        ),
    ] = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Tune parameters on a part of the training set.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(help="Plot nDCG against coverage, in a file such as plot.png."),
    ] = None,
    output: OutputOptions,
) -> None:
    """Compare algorithms: quality and variety of their lists, and how long they take.

    `default` is what `movierec fit` uses; `random` and `popular` are always included as baselines.
    """
    from movierec.evaluation.compare import compare
    from movierec.evaluation.plot import refuse_bad_plot, save

    if movies is not None and movie_file is not None:
        raise UsageError("two files of movies are named", "leave out --movies")
    if plot is not None:
        refuse_bad_plot(plot)
    document = compare(
        ratings,
        algorithm.split(","),
        movies=movies if movie_file is None else movie_file,
        published=(train, test, negatives),
        protocol={
            "split": split, "test_share": test_share, "threshold": threshold, "k": k, "seed": seed,
            "recency": recency,
        },
        settings=parse_settings(settings or []),
        tune=tune,
        tell=say,
    )  # fmt: skip
    rows = [_flat(result) for result in document["results"]]
    print_list(
        output.format,
        rows,
        _COLUMNS,
        title=f"Lists of {k} for {document['protocol']['users']:,} users",
        document=document,
    )
    if document["new_users"]:
        _say_new_users(document["new_users"])
    if plot is not None:  # last, so that a full disk does not cost the result
        save(document, plot)


def parse_settings(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the values of texts such as ``item_knn.shrinkage=0``, by algorithm and parameter.

    Raises
    ------
    UsageError
        If a text is written otherwise, or a parameter is set twice.
    """
    form, example = "ALGORITHM.PARAMETER=VALUE", "item_knn.shrinkage=0"
    settings: dict[str, dict[str, str]] = {}
    for name, value in parse_assignments(texts, form, example).items():
        algorithm, _, parameter = name.rpartition(".")  # package.module:Class has dots too
        if not (algorithm and parameter):
            raise UsageError(f'"{name}={value}" is not {form}', f"write it as {example}")
        settings.setdefault(algorithm, {})[parameter] = value
    return settings


def _say_new_users(new: dict[str, Any]) -> None:
    people = pluralize(new["users"], "user")
    ndcg, hit_rate = (new["metrics"][name] for name in ("ndcg", "hit_rate"))
    say(
        f"{people} without training rows, not counted above, get popular movies: "
        f"nDCG {ndcg:.4f}, hit rate {hit_rate:.4f}"
    )


def _flat(result: dict[str, Any]) -> dict[str, Any]:
    times = {name: result[name] for name in ("fit_seconds", "query_seconds")}
    return {"algorithm": result["algorithm"], **result["metrics"], **times} | {
        "ndcg_interval": result["intervals"]["ndcg"]
    }


def _figure(header: str, name: str, digits: int = 4) -> Column:
    return Column(header, lambda row: f"{row[name]:.{digits}f}", is_number=True)


def _interval(row: Any) -> str:
    low, high = row["ndcg_interval"]
    return f"{low:.3f}-{high:.3f}"


_COLUMNS = (
    Column("algorithm", lambda row: row["algorithm"], "bold"),
    _figure("hit rate", "hit_rate"),
    _figure("precision", "precision"),
    _figure("recall", "recall"),
    _figure("nDCG", "ndcg"),
    Column("95 %", _interval, "dim", is_number=True),
    _figure("MRR", "mrr"),
    _figure("MAP", "map"),
    _figure("coverage", "coverage", 3),
    _figure("novelty", "novelty", 2),
    _figure("popularity", "popularity_bias", 2),
    _figure("gap", "ndcg_gap", 3),
    _figure("fit s", "fit_seconds", 2),
    _figure("query s", "query_seconds", 2),
)
