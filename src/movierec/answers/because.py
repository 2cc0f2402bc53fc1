"""Say in a sentence why a movie is listed, and tell firm evidence from weak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from movierec._util import pluralize
from movierec.answers.records import THIN_SUPPORT
from movierec.films.content import CONTENT_PARTS
from movierec.model.model import Model
from movierec.neighbors.weighting import CORRECTED, KEYS, YEAR

_MOST_GENRES = 3
_LEAST = 0.01  # that a column must add to a similarity to be named
_SERIES = 0.5  # share of the most that titles can add to a similarity, from which it is a series


class Because:
    """What the movies of a list share with the movies that it is for.

    Parameters
    ----------
    model : Model
    liked : sequence of int
        ``item_index`` of each movie that the list is for.
    """

    def __init__(self, model: Model, liked: Sequence[int]) -> None:
        self._model = model
        self._liked = liked

    def is_firm(self, item: int, support: int) -> bool:
        """Return whether a movie shares a rater, a series or two parts of the content.

        Parameters
        ----------
        item, support : int
            ``item_index``, and how many people rated both.
        """
        if self._model.is_private:
            return True  # who rated both is hidden
        parts = {} if support else self._parts(item)
        return bool(support or parts.get(KEYS) or len([*filter(None, parts.values())]) > 1)

    def sentence(self, item: int, support: int, genres: Sequence[str]) -> str:
        """Return why a movie is listed.

        Parameters
        ----------
        item, support : int
        genres : sequence of str
            The shared ones.
        """
        parts = self._parts(item)
        clauses = [self._by_title(parts), self._by_columns(parts)]
        if genres and (not clauses[0] or support < THIN_SUPPORT):
            clauses.append(_listed(genres[:_MOST_GENRES]))
        if not any(clauses) and not support and parts.get(YEAR):
            clauses.append("made about the same time")
        return "; ".join(filter(None, (*clauses, self._by_people(item, support))))

    def _by_title(self, parts: Mapping[str, float]) -> str:
        share = parts.get(KEYS, 0.0)
        if share <= 0:
            return ""
        return "same series" if share > _SERIES * self._most_by_title else "similar title"

    def _by_columns(self, parts: Mapping[str, float]) -> str:
        """Name the columns of other content in which the movies share something."""
        shared = [name for name, share in parts.items() if share > _LEAST]
        columns = _listed([name for name in shared if name not in CONTENT_PARTS])
        return f"{columns} in common" if columns else ""

    @cached_property
    def _most_by_title(self) -> float:
        """The similarity of two movies with many ratings and only their title in common."""
        parameters = self._model.parameters
        weights = parameters.content_parts
        of_content = sum(weights[name] for name in self._model.card["content_parts"])
        share = parameters.content_weight
        if parameters.weighting == CORRECTED:
            return share * weights[KEYS] / (1 - share + share * of_content)
        return share * weights[KEYS] / of_content

    def _by_people(self, item: int, support: int) -> str:
        if self._model.is_private:
            return ""
        if not support:
            least = self._model.parameters.min_raters
            few = f"fewer than {least} people rated both" if least else "nobody rated both"
            return few if len(self._liked) == 1 else ""
        if len(self._liked) > 1:
            return f"at least {pluralize(support, 'person', 'people')} rated it and each of them"
        if support < THIN_SUPPORT:
            return (
                f"rated by {support} of the same people" if support > 1 else "one person rated both"
            )
        return f"{support:,} of the {self._model.catalog.n_ratings[item]:,} who rated it rated both"

    def _parts(self, item: int) -> dict[str, float]:
        vectors = self._model.vectors
        if vectors is None or not self._model.is_cosine or len(self._liked) != 1:
            return {}
        return vectors.part_similarities(self._model.card["content_parts"], self._liked[0], item)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
