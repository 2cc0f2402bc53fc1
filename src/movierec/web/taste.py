"""The form of the taste page: it holds the movies a person rated; the server stores nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from movierec.answers.recommendation import Recommendation
from movierec.errors import AmbiguousTitleError, MovieNotFoundError, NothingFoundError, UsageError
from movierec.films.catalog import Movie
from movierec.recommender import Recommender
from movierec.web import parameters

Fields = MultiDict[str, str]

_MOST_STEPS = 20  # offered on the rating scale
_N_RECOMMENDED = 12


@dataclass
class TasteForm:
    """What the form holds.

    Attributes
    ----------
    ratings : dict of Movie to float
    choices : list of Movie
        Movies that may have been meant by the title that was typed.
    notices : list of str
        What could not be done, for the person.
    """

    ratings: dict[Movie, float] = field(default_factory=dict)
    choices: list[Movie] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_form(recommender: Recommender, fields: Fields) -> TasteForm:
    """Return the form that the fields of a request describe.

    Parameters
    ----------
    recommender : Recommender
    fields : MultiDict
        ``id``, ``title`` and ``rating`` of each movie in three lists; optionally ``remove``, the
        id of a movie to remove, and ``add``, the id of a movie to add, or ``movies``, its title.

    Raises
    ------
    UsageError
        If the three lists differ in length, or a rating is not valid.
    """
    form = TasteForm()
    highest = float(recommender.card["highest_rating"])
    for movie_id, title, given in _rows(fields):
        if movie_id != fields.get("remove"):
            movie = _rated_before(recommender, movie_id, title)
            if movie:
                form.ratings[movie] = parameters.typed_rating(given, highest)
            else:
                form.notices.append(f"this model has no movie called {title}")
    _add(recommender, fields, form, highest)
    return form


def _rows(fields: Fields) -> Iterator[tuple[str, str, str]]:
    columns = [fields.getlist(name) for name in ("id", "title", "rating")]
    if len({len(column) for column in columns}) > 1:
        raise UsageError("the form is incomplete")
    if len(columns[0]) > parameters.MOST_MOVIES:
        raise UsageError(f"the form has more than {parameters.MOST_MOVIES:,} movies")
    return zip(*columns, strict=True)


def _rated_before(recommender: Recommender, movie_id: str, title: str) -> Movie | None:
    """Return a movie of the form. Another model may use its id for a different movie."""
    try:
        movie = recommender.movie(movie_id, by_id=True)
    except MovieNotFoundError:
        return recommender.titled(title)
    return movie if movie.title == title else recommender.titled(title)


def _add(recommender: Recommender, fields: Fields, form: TasteForm, highest: float) -> None:
    """Add the movie that was chosen or typed, or the choices if several match."""
    movie_id, title = fields.get("add", ""), fields.get("movies", "")
    if not movie_id and not title.strip():
        return
    query = movie_id or parameters.checked_text("the title", title)
    try:
        form.ratings.setdefault(recommender.movie(query, by_id=bool(movie_id)), highest)
    except (MovieNotFoundError, AmbiguousTitleError) as error:
        form.notices.append(str(error))
        form.choices = getattr(error, "candidates", None) or getattr(error, "suggestions", [])


def recommend_for(recommender: Recommender, form: TasteForm) -> list[Recommendation]:
    """Return movies to watch.

    Parameters
    ----------
    recommender : Recommender
    form : TasteForm
        Gets a notice if there is nothing to recommend, or only popular movies.
    """
    if not form.ratings:
        return []
    try:
        found = recommender.recommend(_N_RECOMMENDED, likes=form.ratings)
    except NothingFoundError as error:
        form.notices.append(f"{error}: rate another movie")
        return []
    if found.note:
        form.notices.append(found.note)
    return found


def scale(recommender: Recommender) -> list[float]:
    """Return the ratings that the form offers, highest first: whole numbers, or half steps."""
    highest = float(recommender.card["highest_rating"])
    given = (bar["rating"] for bar in recommender.stats()["rating_histogram"])
    step = 0.5 if any(value % 1 for value in given) else 1.0
    n_steps = round(highest / step)
    if not 0 < n_steps <= _MOST_STEPS:
        n_steps = 10
    return [highest * place / n_steps for place in range(n_steps, 0, -1)]
