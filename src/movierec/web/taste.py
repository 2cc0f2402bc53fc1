"""The taste page: films that somebody rated. The form holds them; nothing is kept here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from movierec.answers import Recommendation
from movierec.catalog import Movie
from movierec.errors import AmbiguousTitleError, MovieNotFoundError, NothingFoundError, UsageError
from movierec.recommender import Recommender
from movierec.web import parameters

Form = MultiDict[str, str]

_DISLIKED = 0.4  # of the highest rating: 2 of 5 stars and less speak against films like that one
_MOST_STEPS = 20  # on the scale that is offered
_N_ADVISED = 12


@dataclass
class Taste:
    """What somebody rated.

    Attributes
    ----------
    ratings : dict of Movie to float
    choices : list of Movie
        Films that may have been meant by the title that was typed.
    notices : list of str
        What could not be done.
    """

    ratings: dict[Movie, float] = field(default_factory=dict)
    choices: list[Movie] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_taste(recommender: Recommender, form: Form) -> Taste:
    """Return what a form holds.

    Parameters
    ----------
    recommender : Recommender
    form : MultiDict
        ``id``, ``title`` and ``rating`` of each film in three lists; ``remove``, the id of one to
        leave out; ``add``, the id of one more, or ``movies``, its title.

    Raises
    ------
    UsageError
        If the lists do not belong together, or a rating is none.
    """
    taste = Taste()
    highest = float(recommender.card["highest_rating"])
    for movie_id, title, given in _rows(form):
        if movie_id != form.get("remove"):
            movie = _rated_before(recommender, movie_id, title)
            if movie:
                taste.ratings[movie] = parameters.rating(given, highest)
            else:
                taste.notices.append(f"{title} is not among the films of this model")
    _add(recommender, form, taste, highest)
    return taste


def _rows(form: Form) -> Iterator[tuple[str, str, str]]:
    columns = [form.getlist(name) for name in ("id", "title", "rating")]
    if len({len(column) for column in columns}) > 1:
        raise UsageError("the form is not complete")
    if len(columns[0]) > parameters.MOST_FILMS:
        raise UsageError(f"the form has more than {parameters.MOST_FILMS:,} films")
    return zip(*columns, strict=True)


def _rated_before(recommender: Recommender, movie_id: str, title: str) -> Movie | None:
    """Return a film from the form. In another model, its id may be that of another film."""
    for query, by_id in ((movie_id, True), (title, False)):
        try:
            movie = recommender.movie(query, by_id=by_id)
        except (MovieNotFoundError, AmbiguousTitleError):
            continue
        if movie.title == title:
            return movie
    return None


def _add(recommender: Recommender, form: Form, taste: Taste, highest: float) -> None:
    """Add the film that was chosen or typed; keep the choices if there are several."""
    movie_id, title = form.get("add", ""), form.get("movies", "")
    if not movie_id and not title.strip():
        return
    try:
        movie = recommender.movie(
            movie_id or parameters.short("the title", title), by_id=bool(movie_id)
        )
        taste.ratings.setdefault(movie, highest)
    except (MovieNotFoundError, AmbiguousTitleError) as error:
        taste.notices.append(str(error))
        taste.choices = getattr(error, "candidates", None) or getattr(error, "suggestions", [])


def advise(recommender: Recommender, taste: Taste) -> list[Recommendation]:
    """Return films that somebody should see; what they rated low speaks against films."""
    if not taste.ratings:
        return []
    low = _DISLIKED * float(recommender.card["highest_rating"])
    likes = {movie.movie_id: rating for movie, rating in taste.ratings.items() if rating > low}
    dislikes = [movie.movie_id for movie in taste.ratings if movie.movie_id not in likes]
    try:
        return recommender.recommend(_N_ADVISED, likes=likes, dislikes=dislikes, by_id=True)
    except NothingFoundError as error:
        taste.notices.append(f"{error}: rate a film that you like")
        return []


def scale(recommender: Recommender) -> list[float]:
    """Return the ratings that are offered, the highest first: whole numbers, or halves."""
    highest = float(recommender.card["highest_rating"])
    given = (bar["rating"] for bar in recommender.stats()["rating_histogram"])
    step = 0.5 if any(value % 1 for value in given) else 1.0
    n_steps = round(highest / step)
    if not 0 < n_steps <= _MOST_STEPS:
        n_steps = 10
    return [highest * place / n_steps for place in range(n_steps, 0, -1)]
