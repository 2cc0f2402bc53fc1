"""Parse the options of `movierec fit` that hold several values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from movierec.cli._options import parse_assignments
from movierec.errors import UsageError
from movierec.films.content import CONTENT_PARTS
from movierec.model.parameters import Parameters


def format_weights(weights: Mapping[str, float]) -> str:
    """Return weights as they are typed: ``genres=0.3,title=0.65``."""
    return ",".join(f"{name}={weight:g}" for name, weight in weights.items())


def parse_weights(text: str | None) -> dict[str, float] | None:
    """Return the weights in ``genres=0.3,title=0.65``, by part.

    Raises
    ------
    UsageError
        If `text` is not a list of weights.
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
            f'"{text}" is not a list of weights', f"write it as {format_weights(CONTENT_PARTS)}"
        ) from None


def parse_scale(text: str | None) -> list[float] | None:
    """Return the numbers in ``0.5,5``.

    Raises
    ------
    UsageError
        If `text` is not two numbers.
    """
    if text is None:
        return None
    try:
        low, high = map(float, text.split(","))
        return [low, high]
    except ValueError:
        hint = "write the lowest and the highest rating as 0.5,5"
        raise UsageError(f'"{text}" is not a scale', hint) from None


def parse_columns(text: str | None) -> dict[str, str] | None:
    """Return the names in ``user=Reader,item=Book``, by column.

    Raises
    ------
    UsageError
        If `text` is written otherwise.
    """
    if text is None:
        return None
    return parse_assignments(text.split(","), "COLUMN=NAME", "user=Reader,item=Book")


def parse_settings(
    texts: Sequence[str], feedback: str | None, algorithm: str = Parameters.algorithm
) -> dict[str, str]:
    """Return the values of texts such as ``l2=100``, by parameter.

    Parameters
    ----------
    texts : sequence of str
    feedback : str, optional
        The value of the parameter "feedback".
    algorithm : str
        Its name may stand before a parameter, as in `movierec evaluate`: ``ease.l2=100``.

    Raises
    ------
    UsageError
        If a text is written otherwise, or a parameter is set twice.
    """
    texts = [text.strip().removeprefix(f"{algorithm}.") for text in texts]
    all_texts = [*texts, *([] if feedback is None else [f"feedback={feedback}"])]
    return parse_assignments(all_texts, "PARAMETER=VALUE", "l2=100")
