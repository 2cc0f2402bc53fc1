"""``movierec fit``: fit a model on ratings and movies."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from movierec._util import pluralize, printable
from movierec.cli._app import say
from movierec.cli._fit_options import (
    format_weights,
    parse_columns,
    parse_scale,
    parse_settings,
    parse_weights,
)
from movierec.cli._options import DEFAULT_MODEL, ModelOption, OnErrorOption, PrivateOption
from movierec.cli._signals import raise_if_stopped, stop_cleanly
from movierec.errors import UsageError
from movierec.films.content import CONTENT_PARTS
from movierec.model.parameters import Parameters
from movierec.neighbors.weighting import Weighting

if TYPE_CHECKING:
    from movierec.recommender import Recommender


def _algorithms() -> list[str]:
    from movierec.algorithms.registry import names

    return list(names())


def fit(
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[RATINGS]",
            help="A rating file (- for standard input), a MovieLens folder or zip with both "
            "ratings and movies, the name of a downloaded data set, or a database. Default: the "
            "sample data.",
        ),
    ] = None,
    movies: Annotated[
        str | None, typer.Argument(metavar="[MOVIES]", help="A file of movies, or a database.")
    ] = None,
    model: ModelOption = DEFAULT_MODEL,
    algorithm: Annotated[
        str,
        typer.Option(
            autocompletion=_algorithms,
            help="Algorithm that recommends and compares movies: a name from `movierec "
            "algorithms`, or package.module:Class.",
        ),
    ] = Parameters.algorithm,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PARAMETER=VALUE",
            help="Set a parameter of the algorithm; may be repeated.",
        ),
    ] = None,
    feedback: Annotated[
        Literal["presence", "value"] | None,
        typer.Option(
            help="The same as --set feedback=...: learn from which movies were rated, or how."
        ),
    ] = None,
    links: Annotated[
        str | None,
        typer.Option(
            metavar="<path>", help="links.csv: IMDb ids, by which movies can be found too."
        ),
    ] = None,
    tags: Annotated[
        str | None, typer.Option(metavar="<path>", help="tags.csv: tags given to movies.")
    ] = None,
    genome: Annotated[
        str | None,
        typer.Option(
            metavar="<path>", help="genome-scores.csv: relevance of each tag to each movie."
        ),
    ] = None,
    content: Annotated[
        str | None,
        typer.Option(
            metavar="<path>",
            help="A table of what else is known: movieId, and any columns, such as director, cast "
            "or overview.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN=NAME,...",
            help="What your files call columns: user, item, rating, timestamp, title, genres or "
            "year, such as user=Reader,item=Book.",
        ),
    ] = None,
    on_error: OnErrorOption = "fail",
    n_neighbors: Annotated[
        int, typer.Option(min=1, help="Number of neighbors stored for each movie.")
    ] = Parameters.n_neighbors,
    min_support: Annotated[
        int, typer.Option(min=0, help="Leave out pairs of movies that fewer people rated.")
    ] = Parameters.min_support,
    min_ratings: Annotated[
        int, typer.Option(min=1, help="Leave out movies with fewer ratings.")
    ] = Parameters.min_ratings,
    content_weight: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Weight of content (genres, title and so on) next to very many ratings. At 0, and "
            "without weighting, the similarity is the cosine of ratings.",
        ),
    ] = Parameters.content_weight,
    prior: Annotated[
        float,
        typer.Option(min=0, help="Number of ratings that have half the weight of very many."),
    ] = Parameters.prior,
    weighting: Annotated[
        Weighting,
        typer.Option(
            help="Compare movies by who rated them, corrected for fame and era, or by the ratings "
            "as they are."
        ),
    ] = Parameters.weighting,
    content_parts: Annotated[
        str | None,
        typer.Option(
            metavar="PART=WEIGHT,...",
            help="Weights of the parts of the content; parts not named count nothing. "
            f"[default: {format_weights(CONTENT_PARTS)}]",
        ),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(
            metavar="SQL",
            help="Select the ratings from a database, whose address is RATINGS: postgresql://, "
            "redshift://, sqlite:///FILE, duckdb:///FILE, or another that SQLAlchemy knows.",
        ),
    ] = None,
    movies_query: Annotated[
        str | None,
        typer.Option(
            metavar="SQL",
            help="Select the movies from the database MOVIES, or from RATINGS if there is no "
            "MOVIES.",
        ),
    ] = None,
    with_ratings: Annotated[
        bool | None,
        typer.Option(
            "--with-ratings/--without-ratings",
            help="Whether the model holds what people rated. Without it, the model is about half "
            "as large and can be shared, but it knows no users and has only the stored lists. "
            "[default: with, but without if Spark fits it]",
        ),
    ] = None,
    min_raters: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Leave out every figure that rests on fewer people than this, and ratings.",
        ),
    ] = None,
    epsilon: Annotated[
        float | None,
        typer.Option(
            metavar="E",
            help="Learn from noisy sums, so that the model tells little of any one person: "
            "differential privacy, from 0.01 to 20; smaller protects more. Needs many people: see "
            "docs/differential-privacy.md.",
        ),
    ] = None,
    delta: Annotated[
        float | None,
        typer.Option(
            metavar="D",
            help="With --epsilon: how likely the bound may fail; well below 1 / the number of "
            "people. [default: 1e-06]",
        ),
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(
            metavar="LOW,HIGH",
            help="With --epsilon: the scale of the ratings, which is declared, not learned. "
            "[default: 0.5,5]",
        ),
    ] = None,
    engine: Annotated[
        Literal["local", "spark"],
        typer.Option(help="Fit on this machine, or on a cluster with Spark."),
    ] = "local",
    master: Annotated[
        str | None,
        typer.Option(
            metavar="MASTER", help="The master of Spark, such as local[4] or spark://host:7077."
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Plot the learning curve to this file, such as curve.png; only for algorithms "
            "that are trained in epochs."
        ),
    ] = None,
    private: PrivateOption = False,
    force: Annotated[
        bool, typer.Option("--force", help="Let the sample replace a model of other data.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Fit a model on ratings and movies.

    Reads every MovieLens release and MovieTweetings, plain or compressed; the format is detected.
    The model file is replaced in one step: a fit that fails leaves the old one as it was.

    \b
    Examples:
      movierec fit ratings.csv movies.csv
      movierec fit ratings.csv movies.csv --algorithm item_knn --model knn.model
    """  # noqa: D301 - click takes a backspace for the start of what it does not wrap
    started = time.perf_counter()
    tell = (lambda *lines: None) if quiet else say
    tell(f"reading {ratings or 'the sample data: real movies, simulated ratings'}")
    stop_cleanly()
    from movierec.cli._output import progress_bar
    from movierec.recommender import Recommender
    from movierec.store.stores import refuse_private, store_for

    refuse_private(model, private=private)  # before the work, not after it
    store_for(model).check_target(model)
    if plot is not None:
        _refuse_curve(plot, algorithm)
    checkpoint = _checkpoint(model, algorithm)
    if checkpoint is not None and checkpoint.exists():
        tell(f"continuing from {checkpoint}, unless it is of other data or parameters")
    if ratings is None and not force:
        _keep_real_model(model)
    with progress_bar(quiet=quiet) as progress:
        recommender = Recommender.fit(
            ratings,
            movies,
            links=links,
            tags=tags,
            genome=genome,
            content=content,
            n_neighbors=n_neighbors,
            min_support=min_support,
            min_ratings=min_ratings,
            content_weight=content_weight,
            prior=prior,
            weighting=weighting,
            content_parts=parse_weights(content_parts),
            algorithm=algorithm,
            settings=parse_settings(settings or (), feedback, algorithm),
            columns=parse_columns(columns),
            query=query,
            movies_query=movies_query,
            on_error=on_error,
            with_ratings=with_ratings,
            min_raters=min_raters,
            epsilon=epsilon,
            delta=delta,
            scale=parse_scale(scale),
            engine=engine,
            master=master,
            progress=progress,
            checkpoint=checkpoint,
        )
        raise_if_stopped()
        recommender.save(model, private=private)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    if plot is not None:
        _plot_curve(recommender, plot)
    tell(*summary_of(recommender.card, model, time.perf_counter() - started))
    if title := _most_rated(recommender):
        tell("next:", f"  movierec similar {_quoted(title)}{_model_option(model)}")


def _checkpoint(model: str, algorithm: str) -> Path | None:
    """Return the file beside a local model in which an algorithm saves its state after each epoch.

    Other algorithms get none, so that their fits do not remove what a long fit has left.
    """
    from movierec.algorithms.base import CURVE
    from movierec.algorithms.registry import load
    from movierec.store.stores import is_remote

    is_used = CURVE in load(algorithm).SCHEMA and not is_remote(model)
    return Path(f"{model}.checkpoint") if is_used else None


def _refuse_curve(plot: Path, algorithm: str) -> None:
    from movierec.algorithms.registry import load
    from movierec.evaluation.plot import refuse_bad_plot, refuse_without_curve

    refuse_without_curve(load(algorithm))
    refuse_bad_plot(plot)


def _plot_curve(recommender: Recommender, plot: Path) -> None:
    from movierec.evaluation.plot import draw_curve, save

    save(draw_curve(recommender.learning_curve(), recommender.card["algorithm"]), plot)


def _keep_real_model(model: str) -> None:
    """Ask before the sample replaces a model of other data, or refuse if nobody can be asked.

    Raises
    ------
    UsageError
        If the model is kept.
    """
    from movierec.errors import ArtifactError
    from movierec.recommender import Recommender

    try:
        if Recommender.load(model).is_sample:
            return
    except ArtifactError:  # none, or not a model that could be of use
        return
    question = f"{model} is a model of other data. Replace it by one of the sample?"
    is_asked = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    if not (is_asked and typer.confirm(printable(question), err=True)):
        raise UsageError(
            f"{model} is a model of other data, which the sample does not replace",
            "name the data: movierec fit ratings.csv movies.csv, or use --force",
        )


def summary_of(card: Mapping[str, Any], model: str, seconds: float) -> list[str]:
    """Return what a user should know of a model that was just written.

    Parameters
    ----------
    card : dict
    model : str
        Its address.
    seconds : float
        How long it took.
    """
    from movierec.store.stores import size_of

    dropped = (f"left out {pluralize(n, 'rating')} {why}" for why, n in card["dropped"].items())
    size = size_of(model) / 1e6
    return [
        *card["notes"],
        *dropped,
        f"{pluralize(card['n_ratings'], 'rating')} of {pluralize(card['n_items'], 'movie')}"
        f" by {pluralize(card['n_users'], 'user')}"
        f" -> {model} ({size:.1f} MB, {seconds:.1f} s)",
    ]


def _most_rated(recommender: Recommender) -> str | None:
    """Return a title, or None if noise hides which movies people rated."""
    most_rated = recommender.stats()["most_rated"]
    return str(most_rated[0]["title"]) if most_rated else None


def _quoted(title: str) -> str:
    """Return a title quoted for a shell, in double quotes if nothing in it needs escaping."""
    return shlex.quote(title) if set(title) & set('"$`\\!') else f'"{title}"'


def _model_option(model: str) -> str:
    return "" if model == DEFAULT_MODEL else f" --model {shlex.quote(model)}"
