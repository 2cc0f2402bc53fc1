"""``movierec evaluate``: compare algorithms on one split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from movierec.cli._app import say
from movierec.cli._evaluation import Shown, print_evaluation
from movierec.cli._options import (
    OutputOptions,
    parse_assignments,
    parse_numbers,
    parse_whole_numbers,
)
from movierec.cli._output import progress_bar
from movierec.errors import UsageError

if TYPE_CHECKING:
    from movierec import Evaluation, RatingEvaluation


def evaluate(
    *,
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[RATINGS]",
            help="A rating file to split, a MovieLens folder or zip, or the name of a downloaded "
            "data set.",
        ),
    ] = None,
    movies: Annotated[
        str | None,
        typer.Argument(metavar="[MOVIES]", help="A file of movies; `content` needs one."),
    ] = None,
    task: Annotated[
        Literal["lists", "rating"],
        typer.Option(help="Whether to measure lists, or predicted ratings in five random parts."),
    ] = "lists",
    algorithm: Annotated[
        str | None,
        typer.Option(
            help="Algorithms to compare, separated by commas; see `movierec algorithms`. "
            "One that is not installed is named as package.module:Class.  "
            "[default: default,item_knn,ease; for ratings rating_knn,mf,bias]"
        ),
    ] = None,
    protocol: Annotated[
        Literal["ncf", "lightgcn", "mult-vae", "msr-75-25"] | None,
        typer.Option(help="Split and measure as a paper does; other options replace a part."),
    ] = None,
    split: Annotated[
        Literal["leave-one-out", "random", "temporal", "folds", "users", "movies", "similar", "msr"]
        | None,
        typer.Option(
            help="What is held out: the last rating of each user (a random one without real "
            "times), a random share, the latest; in turn each part; all of some users or movies; "
            "the last of each user, to be found as similar to the one before.  "
            "[default: leave-one-out]"
        ),
    ] = None,
    test_share: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=0.99, help="Share of what is split to hold out.  [default: 0.2]"
        ),
    ] = None,
    folds: Annotated[
        int | None, typer.Option(min=2, help="Number of parts of --split folds.  [default: 5]")
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="Where --split temporal splits, such as 2001-01-01, in UTC."
        ),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Least rating of a liked movie in the test set.")
    ] = None,
    min_rating: Annotated[
        float | None,
        typer.Option(help="Drop lower ratings before the split, from the training set too."),
    ] = None,
    min_user_ratings: Annotated[
        int | None, typer.Option(min=0, help="Drop users with fewer ratings before the split.")
    ] = None,
    core: Annotated[
        int | None,
        typer.Option(
            min=0, help="Drop users and movies with fewer ratings, until all have as many."
        ),
    ] = None,
    ignore_ratings: Annotated[
        bool, typer.Option("--ignore-ratings", help="Count every rating as a 1.")
    ] = False,
    n_negatives: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Rank only N drawn movies beside the held-out ones of each user.",
        ),
    ] = None,
    recency: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Age, in ratings, at which a rating counts half; 0 ignores age.  [default: 0]",
        ),
    ] = None,
    k: Annotated[
        str | None,
        typer.Option(
            "--k",
            "-k",
            metavar="K,...",
            help="Length of the lists; with several, such as 10,5,20, the first is compared.  "
            "[default: 10]",
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Random seed.  [default: 0]")] = None,
    repeats: Annotated[
        int,
        typer.Option(
            min=1, help="Number of runs, each with the next seed; the table shows their means."
        ),
    ] = 1,
    train: Annotated[
        str | None, typer.Option(metavar="<path>", help="Training set of a published split.")
    ] = None,
    test: Annotated[
        str | None, typer.Option(metavar="<path>", help="Test set of a published split.")
    ] = None,
    negatives: Annotated[
        Path | None,
        typer.Option(help="Movies to rank for each user: userId,movieId,neg1..negN."),
    ] = None,
    movie_file: Annotated[
        str | None,
        typer.Option(
            "--movies", metavar="<path>", help="The file of movies for a published split."
        ),
    ] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            metavar="<path>",
            help="Also measure the lists of another system: userId, movieId, and rank or score, or "
            "a TREC run; may be repeated.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="ALGORITHM.PARAMETER=VALUE",
            help="Set a parameter of an algorithm; may be repeated.",
        ),
    ] = None,
    epsilon: Annotated[
        str | None,
        typer.Option(
            metavar="E,...",
            help="Compare also what `movierec fit --epsilon` recommends, such as 0.5,1,2,4,8.",
        ),
    ] = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Tune parameters on a part of the training set.")
    ] = False,
    search: Annotated[
        Literal["grid", "random", "tpe", "halving"] | None,
        typer.Option(
            help="How to tune: each value that an algorithm lists, or values between them, drawn "
            "by Optuna: at random, near the best so far (tpe), or at random with successive "
            "halving.  [default: grid; tpe with --trials or --minutes]"
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="How often Optuna draws, for each algorithm.  [default: 50]"),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0, help="Time for each algorithm, after which no trial begins."),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Plot nDCG against coverage, or errors of ratings, in a file such as plot.png."
        ),
    ] = None,
    by: Annotated[
        Literal["activity", "fame", "age"] | None,
        typer.Option(
            help="Show who wins for whom: by number of ratings, fame of the movie to be found, or "
            "age of the account."
        ),
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Show the difference of each pair of algorithms.")
    ] = False,
    metric: Annotated[
        Literal["ndcg", "hit_rate", "precision", "recall", "mrr", "map", "novelty", "rmse", "mae"]
        | None,
        typer.Option(help="Metric of --pairs and --by.  [default: ndcg; for ratings rmse]"),
    ] = None,
    output_users: Annotated[
        Path | None,
        typer.Option(help="Write the results of each user: .csv, .tsv or .parquet."),
    ] = None,
    output_lists: Annotated[
        Path | None,
        typer.Option(help="Write the lists: .csv, .tsv, .parquet, or .trec for a TREC run."),
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Write the table: .md for Markdown, .tex for LaTeX.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a report: one page of HTML with tables and figures.")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="A folder that keeps the lists or errors of each run and the trials of --tune, so "
            "that an interrupted comparison goes on."
        ),
    ] = None,
    output: OutputOptions,
) -> None:
    """Compare algorithms: quality, variety, and how long they take.

    `default` is what `movierec fit` uses; `random` and `popular` are always included as baselines.

    \b
    Examples:
      movierec evaluate ratings.csv movies.csv --algorithm default,ease --pairs
      movierec evaluate ratings.csv --protocol lightgcn --k 20,10 --report report.html
      movierec evaluate ratings.csv --algorithm ease --tune --trials 20 --keep kept
      movierec evaluate ratings.csv --task rating --by activity --report report.html
    """  # noqa: D301 - the \b keeps the lines
    from movierec import evaluate, evaluate_ratings

    if movies is not None and movie_file is not None:
        raise UsageError("two files of movies are named", "leave out --movies")
    names = (algorithm or _ALGORITHMS[task]).split(",")
    common: dict[str, Any] = {
        "movies": movies if movie_file is None else movie_file,
        "settings": parse_settings(settings or []),
        "tune": tune, "search": search, "trials": trials, "minutes": minutes,
        "keep": keep, "tell": say,
    }  # fmt: skip
    only_lists: dict[str, Any] = {
        "protocol": protocol, "split": split, "test_share": test_share, "folds": folds,
        "date": date, "threshold": threshold, "min_rating": min_rating,
        "min_user_ratings": min_user_ratings, "core": core,
        "ignore_ratings": ignore_ratings or None, "n_negatives": n_negatives,
        "recency": recency, "k": None if k is None else parse_whole_numbers(k), "lists": lists,
        "epsilons": parse_numbers(epsilon), "negatives": negatives,
        "repeats": None if repeats == 1 else repeats,
    }  # fmt: skip
    shown = Shown(
        by, pairs, metric or _METRIC[task], output_users, output_lists, table, report, plot
    )
    _refuse_metric(task, metric, is_shown=pairs or by is not None)
    shown.refuse_bad()
    if task == "rating":
        _refuse(only_lists | {"output_lists": output_lists})
    found: Evaluation | RatingEvaluation
    with progress_bar(quiet=False) as progress:
        common["progress"] = progress
        if task == "rating":
            found = evaluate_ratings(
                ratings, names, train=train, test=test, seed=seed or 0, **common
            )
        else:
            found = evaluate(
                ratings, names, train=train, test=test, seed=seed, **common,
                **only_lists | {"lists": lists or (), "repeats": repeats},
            )  # fmt: skip
    print_evaluation(found, output, shown)


def _refuse_metric(task: str, metric: str | None, *, is_shown: bool) -> None:
    """Refuse a metric of the other task, or one that nothing shows."""
    if metric is None:
        return
    if not is_shown:
        raise UsageError("--metric is that of --pairs and --by", "add one of them")
    if (metric in ("rmse", "mae")) != (task == "rating"):
        about = "lists" if task == "rating" else "predicted ratings"
        other = "--metric rmse or mae" if task == "rating" else "--task rating"
        raise UsageError(f"--metric {metric} is about {about}", f"choose {other}")


def _refuse(options: Mapping[str, Any]) -> None:
    """Refuse options that say nothing about predicted ratings."""
    given = [name for name, value in options.items() if value not in (None, False, [])]
    if "epsilons" in given:
        raise UsageError(
            "differentially private models do not predict ratings", "leave out --epsilon"
        )
    if given:
        option = f"--{given[0].replace('_', '-')}"
        raise UsageError(f"{option} is about lists, not predicted ratings", f"leave out {option}")


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


_METRIC: dict[str, Any] = {"lists": "ndcg", "rating": "rmse"}
_ALGORITHMS = {"lists": "default,item_knn,ease", "rating": "rating_knn,mf,bias"}
