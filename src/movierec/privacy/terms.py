"""What a differentially private fit guarantees, and the scale that it is told."""

from __future__ import annotations

from dataclasses import dataclass

from movierec._checks import number, refusal, values

DELTA, SCALE = 1e-6, (0.5, 5.0)


@dataclass(frozen=True)
class Terms:
    """What is guaranteed, and the scale that is declared.

    Attributes
    ----------
    epsilon : float
        From 0.01 to 20.
    delta : float
        From 1e-12 to 0.001.
    scale : tuple of float
        The lowest and the highest rating; ratings outside count as these.
    """

    epsilon: float
    delta: float = DELTA
    scale: tuple[float, float] = SCALE

    @classmethod
    def checked(cls, epsilon: object, delta: object, scale: object) -> Terms:
        """Return terms of arguments; for None, the defaults.

        Parameters
        ----------
        epsilon, delta, scale : object

        Raises
        ------
        UsageError
            If an argument is of another type or out of range.
        """
        hint = "smaller protects more: docs/differential-privacy.md"
        return cls(
            number("epsilon", epsilon, 0.01, 20, hint),
            DELTA if delta is None else number("delta", delta, 1e-12, 0.001, hint),
            SCALE if scale is None else _checked_scale(scale),
        )

    @property
    def middle(self) -> float:
        """The middle of the scale."""
        return (self.scale[0] + self.scale[1]) / 2

    @property
    def half(self) -> float:
        """Half of the width of the scale."""
        return (self.scale[1] - self.scale[0]) / 2


def _checked_scale(scale: object) -> tuple[float, float]:
    given = values(scale)
    if given is None or len(given) != 2:
        raise refusal("scale", scale, "the lowest and the highest rating, such as 0.5 and 5")
    low, high = (number("an end of scale", end, -1e6, 1e6) for end in given)
    if not low < high:
        raise refusal("scale", scale, "the lowest rating and then a higher one")
    return low, high
