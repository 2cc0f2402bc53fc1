"""How ratings are split and lists are measured, and the protocols of published papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Literal, NotRequired, TypedDict, get_args

from movierec._checks import number, one_of, refusal, truth, whole_number
from movierec.data.times import parse_time
from movierec.errors import UsageError
from movierec.evaluation.search import Method

Split = Literal["leave-one-out", "random", "temporal", "folds", "users", "movies", "similar", "msr"]
"""What is held out; see :class:`EvaluationProtocol`."""


LONGEST = 10_000  # movies in a list
# The lowest and highest of each whole number.
_RANGES = (
    ("folds", 2, 100),
    ("k", 1, LONGEST),
    ("seed", 0, 2**31),
    ("min_user_ratings", 0, 2**31),
    ("core", 0, 2**31),
)


class ProtocolFacts(TypedDict):
    """How an evaluation was made, and how much it held; see :class:`EvaluationProtocol`."""

    split: str
    test_share: float
    folds: int
    date: str | None
    threshold: float | None
    min_rating: float | None
    min_user_ratings: int
    core: int
    ignore_ratings: bool
    n_negatives: int | None
    k: int
    seed: int
    recency: float
    users: int
    films: int
    training_rows: int
    test_rows: int
    test_rows_of_new_films: int
    films_with_content: NotRequired[int]
    held_out: NotRequired[str]  #: "latest" or "random"
    tied_ratings: NotRequired[float]
    tied_held_out: NotRequired[float]
    candidates: NotRequired[str]
    protocol: str | None
    cutoffs: list[int]
    tuned: bool
    search: NotRequired[Method]
    trials: NotRequired[int | None]
    minutes: NotRequired[float | None]
    repeats: int


class RatingProtocolFacts(TypedDict):
    """How predicted ratings were evaluated; see :func:`movierec.evaluate_ratings`."""

    task: str  #: "rating"
    split: str
    seed: int
    tuned: bool
    search: NotRequired[Method]
    trials: NotRequired[int | None]
    minutes: NotRequired[float | None]
    users: int
    films: int
    test_rows: int
    test_rows_of_new_films: int
    training_rows: NotRequired[int]  #: of a published split


class NewUsers(TypedDict):
    """The people without known ratings, and how good popular movies are for them."""

    users: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class EvaluationProtocol:
    """How ratings are split, and how the lists are evaluated.

    Attributes
    ----------
    split : str
        What is held out:

        - "leave-one-out": the latest rating of each user, or a random one if times order the
          ratings of nobody;
        - "random": a random share of each user's ratings;
        - "temporal": the latest share of all, or all from `date` on;
        - "folds": in each of `folds` runs, another part of the ratings;
        - "users": a share of the users, of whose ratings a fifth is to be found; the others are
          known only when lists are made for them;
        - "movies": all ratings of a share of the movies, which are ranked among each other;
        - "similar": the latest rating of each user, which is to be found among the movies similar
          to the one that they rated before it;
        - "msr": a random share of each movie's ratings, drawn as the benchmark of Microsoft's
          recommenders does.
    test_share : float
        Share of the ratings, users or movies to hold out; not used by "leave-one-out" and "folds".
    folds : int
        Number of parts of "folds".
    date : str, optional
        Where "temporal" splits, such as "2001-01-01" (in UTC), instead of at a share.
    threshold : float, optional
        Test rows with a lower rating are dropped; for "similar", all rows with one that are
        the end or the beginning of a pair. Default: all rows are kept.
    min_rating : float, optional
        Rows with a lower rating are dropped before the split, from the training rows too.
    min_user_ratings : int
        Users with fewer ratings are dropped before the split, once.
    core : int
        Users and movies with fewer ratings are dropped before the split, until all have as many.
    ignore_ratings : bool
        Whether every rating counts as a 1.
    n_negatives : int, optional
        Rank the movies in the test rows of a user among as many others, drawn from those that the
        user has not rated. Default: all are ranked.
    k : int
        Length of the lists.
    seed : int
        Random seed; it also chooses among ratings of a user at the same time.
    recency : float
        The age, in ratings, at which a rating counts half when people are scored; 0: age does not
        matter. An algorithm that needs timestamps weighs age itself.
    """

    split: Split = "leave-one-out"
    test_share: float = 0.2
    folds: int = 5
    date: str | None = None
    threshold: float | None = None
    min_rating: float | None = None
    min_user_ratings: int = 0
    core: int = 0
    ignore_ratings: bool = False
    n_negatives: int | None = None
    k: int = 10
    seed: int = 0
    recency: float = 0.0

    def __post_init__(self) -> None:
        one_of("split", self.split, get_args(Split))
        if not 0 < number("test_share", self.test_share, 0, 1) < 1:
            raise refusal("test_share", self.test_share, "above 0 and below 1")
        for name, least, most in _RANGES:
            value = whole_number(name, getattr(self, name), least)
            if value > most:
                raise refusal(name, value, f"at most {most}")
        truth("ignore_ratings", self.ignore_ratings)
        for name in ("threshold", "min_rating"):
            if getattr(self, name) is not None:
                number(name, getattr(self, name), -inf)
        number("recency", self.recency, 0)
        if self.n_negatives is not None:
            whole_number("n_negatives", self.n_negatives, 1)
            if self.split in {"movies", "similar"}:
                raise UsageError(f"{self.split} draws no movies to rank", "leave out --n-negatives")
        _check_date(self)

    @property
    def moment(self) -> float | None:
        """`date` as seconds since 1970."""
        return None if self.date is None else parse_time(self.date)


def _check_date(protocol: EvaluationProtocol) -> None:
    if protocol.date is None:
        return
    if protocol.split != "temporal":
        raise UsageError(f"{protocol.split} does not split at a date", "add --split temporal")
    if not isinstance(protocol.date, str) or protocol.moment is None:
        raise refusal("date", protocol.date, "a date such as 2001-01-01")


Preset = Literal["ncf", "lightgcn", "mult-vae", "msr-75-25"]

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # He et al., "Neural collaborative filtering" (WWW 2017), section 4.1.
    "ncf": {
        "split": "leave-one-out", "min_user_ratings": 20, "ignore_ratings": True,
        "n_negatives": 99, "k": (10,),
    },
    # He et al., "LightGCN" (SIGIR 2020), section 4.1, with the data of Wang et al. (SIGIR 2019).
    "lightgcn": {
        "split": "random", "test_share": 0.2, "core": 10, "ignore_ratings": True, "k": (20,),
    },
    # Liang et al., "Variational autoencoders for collaborative filtering" (WWW 2018), section 4.2.
    "mult-vae": {
        "split": "users", "test_share": 10_000 / 136_677, "min_rating": 4.0, "min_user_ratings": 5,
        "ignore_ratings": True, "k": (100, 20, 50),
    },
    # The benchmark of the recommenders of Microsoft on MovieLens 100K.
    "msr-75-25": {"split": "msr", "test_share": 0.25, "seed": 42, "k": (10,)},
}  # fmt: skip


def with_preset(name: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a protocol: those of a preset, replaced by those that were given.

    Parameters
    ----------
    name : str, optional
        A key of ``PRESETS``.
    given : mapping of str to object
        Fields that are None count as not given.

    Raises
    ------
    UsageError
        If there is no such preset.
    """
    fields = {key: value for key, value in given.items() if value is not None}
    return (
        fields if name is None else {**PRESETS[one_of("protocol", name, tuple(PRESETS))], **fields}
    )
