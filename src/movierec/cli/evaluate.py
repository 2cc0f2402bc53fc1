"""``movierec evaluate``: algorithms side by side on one split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from movierec.cli._app import say
from movierec.cli._films import FormatOption, JsonOption
from movierec.cli._output import Column, Format, print_list
from movierec.errors import UsageError


def evaluate(
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[RATINGS]",
            help="A rating file, which is split, or a MovieLens folder or zip.",
        ),
    ] = None,
    movies: Annotated[
        str | None,
        typer.Argument(metavar="[MOVIES]", help="A file of films; `content` needs one."),
    ] = None,
    algorithm: Annotated[
        str, typer.Option(help="Which to compare, with commas; see `movierec algorithms`.")
    ] = "item_knn,ease",
    split: Annotated[
        Literal["leave-one-out", "random", "temporal"],
        typer.Option(help="What is held back: the last rating of each, a share, or the latest."),
    ] = "leave-one-out",
    test_share: Annotated[
        float,
        typer.Option(min=0.01, max=0.99, help="What random and temporal hold back."),
    ] = 0.2,
    threshold: Annotated[
        float | None, typer.Option(help="The least rating that counts as liked in the test.")
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="How long the lists are.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of whatever is random.")] = 0,
    train: Annotated[Path | None, typer.Option(help="A published split: what is learned.")] = None,
    test: Annotated[Path | None, typer.Option(help="A published split: what is found.")] = None,
    negatives: Annotated[
        Path | None,
        typer.Option(help="Films to rank for each user: userId,movieId,neg1..negN."),
    ] = None,
    movie_file: Annotated[
        str | None,
        typer.Option("--movies", help="The file of films beside a published split."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="ALGORITHM.PARAMETER=VALUE",
            help="Give a parameter another value than its default; may be repeated.",
        ),
    ] = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Choose parameters on a part of the training rows.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw nDCG against coverage into a file such as plot.png."),
    ] = None,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
) -> None:
    """Compare algorithms: how good their lists are, how varied, and how long they take.

    `random` and `popular` are always there to compare with.
    """
    from movierec.evaluation.command import compare
    from movierec.evaluation.plot import refuse_bad_plot, save

    if movies is not None and movie_file is not None:
        raise UsageError("two files of films are named", "leave out --movies")
    if plot is not None:
        refuse_bad_plot(plot)
    document = compare(
        ratings,
        algorithm.split(","),
        movies=movies if movie_file is None else movie_file,
        published=(train, test, negatives),
        protocol={
            "split": split, "test_share": test_share, "threshold": threshold, "k": k, "seed": seed,
        },
        given=parse_settings(settings or []),
        tune=tune,
        tell=say,
    )  # fmt: skip
    rows = [_flat(result) for result in document["results"]]
    print_list(
        Format.JSON if as_json else form,
        rows,
        _COLUMNS,
        title=f"Lists of {k}, {document['protocol']['users']:,} users",
        document=document,
    )
    if plot is not None:  # after the result, which is not lost if the disk is full
        save(document, plot)


def parse_settings(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the values in ``item_knn.shrinkage=0``, by algorithm and parameter.

    Raises
    ------
    UsageError
        If a text is none, or a parameter is set twice.
    """
    given: dict[str, dict[str, str]] = {}
    for text in texts:
        name, _, value = text.partition("=")
        algorithm, _, parameter = name.strip().partition(".")
        if not (algorithm and parameter and value.strip()):
            raise UsageError(f'"{text}" sets nothing', "write it as item_knn.shrinkage=0")
        if parameter in given.setdefault(algorithm, {}):
            raise UsageError(f"{algorithm}.{parameter} is set twice", "set it once")
        given[algorithm][parameter] = value.strip()
    return given


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
