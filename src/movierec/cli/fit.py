"""``movierec fit``: make a model from ratings and films."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from movierec.cli._app import DEFAULT_MODEL, Model, say
from movierec.cli._signals import raise_if_stopped, stop_cleanly
from movierec.errors import UsageError
from movierec.model import CONTENT_PARTS, Parameters
from movierec.wording import counted


def format_weights(weights: dict[str, float]) -> str:
    """Return weights as they are typed."""
    return ",".join(f"{name}={weight:g}" for name, weight in weights.items())


def fit(
    ratings: Annotated[
        str | None,
        typer.Argument(
            metavar="[RATINGS]",
            help="A rating file (- for standard input), or a MovieLens folder or zip that holds "
            "the films too. Without it, the sample that comes with movierec.",
        ),
    ] = None,
    movies: Annotated[
        str | None, typer.Argument(metavar="[MOVIES]", help="A file of films.")
    ] = None,
    model: Model = DEFAULT_MODEL,
    n_neighbors: Annotated[
        int, typer.Option(min=1, help="How many neighbours of each film to store.")
    ] = Parameters.n_neighbors,
    min_support: Annotated[
        int, typer.Option(min=0, help="People who must have rated both films of a pair.")
    ] = Parameters.min_support,
    min_ratings: Annotated[
        int, typer.Option(min=1, help="Leave out films with fewer ratings.")
    ] = Parameters.min_ratings,
    content_weight: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="What genres, title and so on count beside very many ratings. At 0 the similarity "
            "is the cosine of ratings.",
        ),
    ] = Parameters.content_weight,
    prior: Annotated[
        float,
        typer.Option(min=0, help="How many ratings of a film count half of what very many would."),
    ] = Parameters.prior,
    content_parts: Annotated[
        str | None,
        typer.Option(
            metavar="PART=WEIGHT,...",
            help="What the parts of the content count, those not named nothing. "
            f"[default: {format_weights(CONTENT_PARTS)}]",
        ),
    ] = None,
    algorithm: Annotated[
        str, typer.Option(help="What recommends and compares films; see `movierec algorithms`.")
    ] = Parameters.algorithm,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PARAMETER=VALUE", help="A parameter of the algorithm."),
    ] = None,
    feedback: Annotated[
        Literal["presence", "value"] | None,
        typer.Option(help="Short for --set feedback=..: does a rating count, or its value?"),
    ] = None,
    links: Annotated[
        Path | None, typer.Option(help="links.csv: films are found by IMDb id too.")
    ] = None,
    tags: Annotated[Path | None, typer.Option(help="tags.csv: what people call the films.")] = None,
    genome: Annotated[
        Path | None, typer.Option(help="genome-scores.csv: how relevant each tag is for a film.")
    ] = None,
    on_error: Annotated[
        Literal["fail", "skip"], typer.Option(help="What to do with a line that cannot be used.")
    ] = "fail",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Make a model from ratings and films.

    Reads every MovieLens release and MovieTweetings, plain or compressed, by their content.
    The model is replaced in one stroke: a fit that fails leaves the old one as it was.
    """
    started = time.perf_counter()
    tell = (lambda *lines: None) if quiet else say
    tell(f"reading {ratings or 'the sample: real films, simulated ratings'}")
    stop_cleanly()
    from movierec.artifact.writing import refuse_bad_place
    from movierec.cli._output import progress_bar
    from movierec.recommender import Recommender

    refuse_bad_place(model)
    with progress_bar(quiet=quiet) as progress:
        recommender = Recommender.fit(
            ratings,
            movies,
            links=links,
            tags=tags,
            genome=genome,
            n_neighbors=n_neighbors,
            min_support=min_support,
            min_ratings=min_ratings,
            content_weight=content_weight,
            prior=prior,
            content_parts=parse_weights(content_parts),
            algorithm=algorithm,
            settings=parse_settings(settings or (), feedback),
            on_error=on_error,
            progress=progress,
        )
        raise_if_stopped()
        recommender.save(model)
    tell(*_summary(recommender.card, model, time.perf_counter() - started))
    tell("next:", f"  movierec similar {_quoted(_famous(recommender))}{_model_option(model)}")


def parse_weights(text: str | None) -> dict[str, float] | None:
    """Return the weights in ``genres=0.3,title=0.65``.

    Raises
    ------
    UsageError
        If `text` is no list of weights.
    """
    if text is None:
        return None
    try:
        pairs = [pair.split("=") for pair in text.split(",")]
        weights = {name.strip(): float(weight) for name, weight in pairs}
        if len(weights) < len(pairs):
            raise ValueError("a part is named twice")
        return weights
    except ValueError:
        raise UsageError(
            f'"{text}" is no list of weights', f"write it as {format_weights(CONTENT_PARTS)}"
        ) from None


def parse_settings(texts: Sequence[str], feedback: str | None) -> dict[str, str]:
    """Return the parameters in ``l2=100``.

    Raises
    ------
    UsageError
        If one has no value, or two.
    """
    settings = {} if feedback is None else {"feedback": feedback}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or name in settings:
            raise UsageError(f'"{text}" is not PARAMETER=VALUE, once for each', "such as l2=100")
        settings[name] = value
    return settings


def _summary(card: dict[str, Any], model: Path, seconds: float) -> list[str]:
    dropped = [f"left out {counted(n, 'rating')} {reason}" for reason, n in card["dropped"].items()]
    size = model.stat().st_size / 1e6
    return [
        *card["notes"],
        *dropped,
        f"{counted(card['n_ratings'], 'rating')} of {counted(card['n_items'], 'film')}"
        f" by {counted(card['n_users'], 'user')}"
        f" -> {model} ({size:.1f} MB, {seconds:.1f} s)",
    ]


def _famous(recommender: Any) -> str:
    return str(recommender.stats()["most_rated"][0]["title"])


def _quoted(title: str) -> str:
    """Return a title as a shell takes it, in double quotes where nothing in it needs others."""
    return shlex.quote(title) if set(title) & set('"$`\\!') else f'"{title}"'


def _model_option(model: Path) -> str:
    return "" if model == DEFAULT_MODEL else f" --model {shlex.quote(str(model))}"
