"""``movierec evaluate``: compare algorithms on one split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._options import OutputOptions, parse_assignments
from movierec.cli._output import Column, print_list, progress_bar
from movierec.errors import UsageError


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
    split: Annotated[
        Literal["leave-one-out", "random", "temporal"],
        typer.Option(
            help="What is held out: the last rating of each user (a random one without real "
            "times), a random share, or the latest."
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
    plot: Annotated[
        Path | None,
        typer.Option(help="Plot nDCG against coverage, in a file such as plot.png."),
    ] = None,
    output: OutputOptions,
) -> None:
    """Compare algorithms: quality, variety, and how long they take.

    `default` is what `movierec fit` uses; `random` and `popular` are always included as baselines.
    """
    from movierec.evaluation.compare import compare
    from movierec.evaluation.plot import draw, refuse_bad_plot, save
    from movierec.evaluation.ratings import compare_ratings

    if movies is not None and movie_file is not None:
        raise UsageError("two files of movies are named", "leave out --movies")
    if plot is not None:
        refuse_bad_plot(plot)
    if epsilon is not None and task == "rating":
        raise UsageError(
            "differentially private models do not predict ratings", "leave out --epsilon"
        )
    names = (algorithm or _ALGORITHMS[task]).split(",")
    common: dict[str, Any] = {
        "movies": movies if movie_file is None else movie_file,
        "settings": parse_settings(settings or []),
        "tune": tune,
        "tell": say,
    }
    with progress_bar(quiet=False) as progress:
        common["progress"] = progress
        if task == "rating":
            document = compare_ratings(ratings, names, published=(train, test), seed=seed, **common)
        else:
            protocol = {
                "split": split, "test_share": test_share, "threshold": threshold, "k": k,
                "seed": seed, "recency": recency,
            }  # fmt: skip
            document = compare(
                ratings, names, published=(train, test, negatives), protocol=protocol,
                repeats=repeats, epsilons=parse_numbers(epsilon), **common,
            )  # fmt: skip
    _print(document, output, k)
    if plot is not None:  # last, so that a full disk does not cost the result
        save(draw(document), plot)


def _print(document: dict[str, Any], output: OutputOptions, k: int) -> None:
    rows = [_flat(result) for result in document["results"]]
    users = f"{document['protocol']['users']:,} users"
    is_rating = document["protocol"].get("task") == "rating"
    print_list(
        output,
        rows,
        _RATING_COLUMNS if is_rating else _COLUMNS,
        title=f"Predicted ratings of {users}" if is_rating else f"Lists of {k} for {users}",
        document=document,
    )
    if document["protocol"].get("repeats", 1) > 1:
        _say_repeats(document)
    if "held_out" in document["protocol"]:
        _say_order(document["protocol"])
    if document.get("new_users"):
        _say_new_users(document["new_users"])


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


def _say_repeats(document: dict[str, Any]) -> None:
    once = [result["algorithm"] for result in document["results"] if len(result["runs"]) == 1]
    said = f"; no seed changes {', '.join(once)}, which ran once" if once else ""
    say(f"means of {document['protocol']['repeats']} runs{said}")


def _say_order(protocol: dict[str, Any]) -> None:
    if protocol["held_out"] == "random":
        say("a random rating of each user was held out, because times are missing or equal")
        return
    ratings, held_out = protocol["tied_ratings"], protocol["tied_held_out"]
    say(
        f"{ratings:.1%} of the ratings have the same time as another by the same user; for "
        f"{held_out:.1%} of the users, the held-out one was drawn from such a tie"
    )


def _say_new_users(new: dict[str, Any]) -> None:
    people = pluralize(new["users"], "user")
    ndcg, hit_rate = (new["metrics"][name] for name in ("ndcg", "hit_rate"))
    say(
        f"{people} without training rows, not counted above, get popular movies: "
        f"nDCG {ndcg:.4f}, hit rate {hit_rate:.4f}"
    )


def _flat(result: dict[str, Any]) -> dict[str, Any]:
    if "rmse" in result:
        return {name: value for name, value in result.items() if name != "parameters"}
    times = {name: result[name] for name in _TIMES}
    return {"algorithm": result["algorithm"], **result["metrics"], **times} | {
        "ndcg_interval": result["intervals"]["ndcg"]
    }


def _figure(header: str, name: str, digits: int = 4, *, drops: int = 0) -> Column:
    return Column(header, lambda row: f"{row[name]:.{digits}f}", is_number=True, drops=drops)


def _interval(row: Any) -> str:
    low, high = row["ndcg_interval"]
    return f"{low:.3f}-{high:.3f}"


_ALGORITHMS = {"lists": "default,item_knn,ease", "rating": "rating_knn,mf,bias"}
_NAME = Column("algorithm", lambda row: row["algorithm"], "bold")
_TIMES = ("fit_seconds", "fit_cpu_seconds", "query_seconds")
_SECONDS = (
    _figure("fit s", "fit_seconds", 2),
    _figure("CPU s", "fit_cpu_seconds", 2),
    _figure("query s", "query_seconds", 2, drops=1),
)
_COLUMNS = (
    _NAME,
    _figure("hit rate", "hit_rate"),
    _figure("precision", "precision", drops=2),
    _figure("recall", "recall", drops=3),
    _figure("nDCG", "ndcg"),
    Column("95 %", _interval, "dim", is_number=True),
    _figure("MRR", "mrr", drops=4),
    _figure("MAP", "map", drops=5),
    _figure("coverage", "coverage", 3),
    _figure("novelty", "novelty", 2, drops=6),
    _figure("popularity", "popularity_bias", 2, drops=7),
    _figure("gap", "ndcg_gap", 3, drops=8),
    *_SECONDS,
)
_RATING_COLUMNS = (_NAME, _figure("RMSE", "rmse"), _figure("MAE", "mae"), *_SECONDS)
