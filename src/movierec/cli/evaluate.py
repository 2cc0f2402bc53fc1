"""``movierec evaluate``: algorithms side by side on one split."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from movierec.cli._app import say
from movierec.cli._films import FormatOption, JsonOption
from movierec.cli._output import Column, Format, print_list


def evaluate(
    ratings: Annotated[
        str | None, typer.Argument(metavar="[RATINGS]", help="A rating file, which is split.")
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
    tune: Annotated[
        bool, typer.Option("--tune", help="Choose parameters on a part of the training rows.")
    ] = False,
    form: FormatOption = Format.TABLE,
    as_json: JsonOption = False,
) -> None:
    """Compare algorithms: how good their lists are, how varied, and how long they take.

    `random` and `popular` are always there to compare with.
    """
    from movierec.evaluation.command import compare

    document = compare(
        ratings,
        algorithm.split(","),
        published=(train, test, negatives),
        protocol={
            "split": split, "test_share": test_share, "threshold": threshold, "k": k, "seed": seed,
        },
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
