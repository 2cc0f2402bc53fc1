"""The recommenders that `recommend.py` measures: movierec's algorithms and those of others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from movierec.algorithms.base import TrainingData
from movierec.algorithms.registry import make
from movierec.neighbors.top_k import top_k_by

if TYPE_CHECKING:
    import pandas as pd

    from movierec.data.interactions import Interactions
    from movierec.neighbors.content import Content

SEED = 0
K = 10  # length of the lists of a library that makes lists, but no scores
UNSCORED = -1e30  # the score of an item that a library does not score, so that it ranks last

Indices = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]


class System(ABC):
    """A recommender of a library. It scores items for users of the rows that it was fitted on.

    Parameters
    ----------
    kind : str
        The name of the recommender in its library.
    parameters : mapping of str to object
        Parameters that differ from the defaults.
    train : Interactions
        The rows to fit. What the library takes them as is made here, before the clock starts.
    content : Content, optional
        Features of the items, for movierec alone: the other libraries are given no content.
    """

    def __init__(
        self,
        kind: str,
        parameters: Mapping[str, Any],
        train: Interactions,
        content: Content | None = None,
    ) -> None:
        self.kind, self.parameters, self.train, self.content = kind, parameters, train, content

    @abstractmethod
    def fit(self) -> None:
        """Fit the recommender; a second fit replaces the first."""

    @abstractmethod
    def score(self, users: Indices, preferred: Interactions) -> Scores:
        """Score all items for some users.

        Parameters
        ----------
        users : ndarray of shape (n,), int64
            By ``user_index``.
        preferred : Interactions
            Their preferences, for movierec alone.

        Returns
        -------
        ndarray of shape (n, n_items)
        """

    def neighbors(self, k: int) -> None:
        """Find the `k` nearest items of each item, with their similarities.

        Parameters
        ----------
        k : int
        """
        raise NotImplementedError(f"{type(self).__name__} makes no table of neighbors")

    def frame(self) -> pd.DataFrame:
        """Return the rows as a data frame of users, items and ratings."""
        import pandas as pd

        rows = self.train.user_items.tocoo()
        return pd.DataFrame({"user_id": rows.row, "item_id": rows.col, "rating": rows.data})


class Movierec(System):
    """An algorithm of movierec."""

    def fit(self) -> None:
        _ = self.train.user_items, self.train.item_users  # kept by `train`
        self.model = make(self.kind, self.parameters).fit(TrainingData.of(self.train, self.content))

    def score(self, users: Indices, preferred: Interactions) -> Scores:
        return self.model.score(preferred)

    def neighbors(self, k: int) -> None:
        def compare(start: int, stop: int) -> Scores:
            return self.model.similarities(np.arange(start, stop))

        unit = getattr(self.model, "unit_factors", None)  # of a model with factors
        top_k_by(compare, self.train.item_users, k, unit=unit)


class Implicit(System):
    """A recommender of implicit. ALS gets a 1 for each rating, which the others do worse with."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        kind, train = self.kind, self.train
        self.is_als = kind == "AlternatingLeastSquares"
        self.rows = train.user_items.sign() if self.is_als else train.user_items
        self.module = import_module(f"implicit.{'als' if self.is_als else 'nearest_neighbours'}")

    def fit(self) -> None:
        seed = {"random_state": SEED} if self.is_als else {}
        self.model = getattr(self.module, self.kind)(**self.parameters, **seed)
        self.model.fit(self.rows, show_progress=False)

    def score(self, users: Indices, preferred: Interactions) -> Scores:
        if self.is_als:
            return np.asarray(self.model.user_factors[users] @ self.model.item_factors.T)
        return np.asarray((self.rows[users] @ self.model.similarity).toarray())

    def neighbors(self, k: int) -> None:
        self.model.similar_items(np.arange(self.train.n_items), N=k + 1)  # itself is the first


class LensKit(System):
    """A recommender of LensKit, which takes one user at a time, with what the user rated."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        kind, train = self.kind, self.train
        self.module = import_module(f"lenskit.{'als' if 'MF' in kind else 'knn'}")
        self.data = import_module("lenskit.data")
        self.rows = self.data.from_interactions_df(self.frame())
        self.items = self.data.ItemList(item_ids=np.unique(train.items))

    def fit(self) -> None:
        self.model = getattr(self.module, self.kind)(**self.parameters)
        self.model.train(self.rows, import_module("lenskit.training").TrainingOptions(rng=SEED))

    def score(self, users: Indices, preferred: Interactions) -> Scores:
        scores = np.full((len(users), self.train.n_items), np.nan, dtype=np.float32)
        for row, user in zip(scores, users.tolist(), strict=True):
            query = self.data.RecQuery(user_id=user, history_items=self.rows.user_row(user))
            scored = self.model(query, self.items)
            row[scored.ids()] = scored.scores()
        return np.nan_to_num(scores, nan=UNSCORED)


class RecTools(System):
    """A recommender of RecTools, which makes lists, and scores only what these hold.

    ``wraps=als:AlternatingLeastSquares factors=64`` is what a wrapper of implicit is given. All but
    nearest neighbors get a 1 for each rating, since they do worse with ratings.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.module = import_module("rectools.models")
        frame = self.frame().rename(columns={"rating": "weight"}).assign(datetime="2020-01-01")
        if "KNN" not in self.kind:
            frame["weight"] = 1.0
        self.rows = import_module("rectools.dataset").Dataset.construct(frame)

    def fit(self) -> None:
        kind, given = self.kind, dict(self.parameters)
        if kind.startswith("Implicit"):
            wrapped, name = given.pop("wraps").split(":")
            given = {"model": getattr(import_module(f"implicit.{wrapped}"), name)(**given)}
        self.model = getattr(self.module, kind)(**given).fit(self.rows)

    def score(self, users: Indices, preferred: Interactions) -> Scores:
        scores = np.full((len(users), self.train.n_items), UNSCORED, dtype=np.float32)
        listed = self.model.recommend(users, self.rows, k=K, filter_viewed=True)
        rows = np.searchsorted(users, listed["user_id"])
        scores[rows, listed["item_id"]] = listed["score"]
        return scores


class Surprise(System):
    """A recommender of Surprise: items rank by predicted ratings, not clipped to the scale."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        train = self.train
        self.module = import_module("surprise")
        reader = self.module.Reader(rating_scale=(train.ratings.min(), train.ratings.max()))
        self.rows = self.module.Dataset.load_from_df(self.frame(), reader).build_full_trainset()

    def fit(self) -> None:
        seeded = {**self.parameters, "random_state": SEED}
        given = {"sim_options": self.parameters} if self.kind.startswith("KNN") else seeded
        self.model = getattr(self.module, self.kind)(verbose=False, **given).fit(self.rows)

    def score(self, users: Indices, preferred: Interactions) -> Scores:
        predict, items = self.model.predict, range(self.train.n_items)
        rows = [[predict(user, item, clip=False).est for item in items] for user in users.tolist()]
        return np.array(rows, dtype=np.float32)


SYSTEMS: dict[str, type[System]] = {
    "movierec": Movierec,
    "implicit": Implicit,
    "lenskit": LensKit,
    "rectools": RecTools,
    "surprise": Surprise,
}
