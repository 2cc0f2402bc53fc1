"""The form of the taste page: it holds what one or two people said; the server stores nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from movierec.errors import AmbiguousTitleError, MovieNotFoundError, UsageError
from movierec.films.catalog import Movie
from movierec.recommender import Recommender
from movierec.web import parameters
from movierec.web.taste.marks import Mark, Marks, check_number, read_value

Fields = MultiDict[str, str]

RATE = "rate:"  # before the id of a movie, in the name of its stars
_BUTTONS: tuple[Mark, ...] = ("no", "seen", "want")
_MOST_OFFERED = 2000  # ids of movies that were offered so far


@dataclass
class TasteForm:
    """What the form holds.

    Attributes
    ----------
    you, guest : Marks
        What each of two people said.
    changed : Marks
        Of the person who sent the form.
    offered, past : list of Movie
        Movies that are offered to be rated, and that were offered before.
    added : Movie or None
        The movie that was chosen or typed.
    choices : list of Movie
        Movies that may have been meant by the title that was typed.
    notices : list of str
        What could not be done, for the person.
    """

    you: Marks = field(default_factory=Marks)
    guest: Marks = field(default_factory=Marks)
    changed: Marks = field(default_factory=Marks)
    offered: list[Movie] = field(default_factory=list)
    past: list[Movie] = field(default_factory=list)
    added: Movie | None = None
    choices: list[Movie] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_form(recommender: Recommender, fields: Fields) -> TasteForm:
    """Return the form that the fields of a request describe.

    Parameters
    ----------
    recommender : Recommender
    fields : MultiDict
        ``id``, ``title`` and ``rating`` of each movie in three lists, of a second person
        ``guest_id`` and so on; ``offer`` and ``past``, ids; ``person``, "guest" if the page was
        that of the second one, whose changes then are: ``rate:ID``, a new rating; ``no``, ``seen``,
        ``want`` or ``remove``, the id of a movie; ``add``, the id of a movie to add, or ``movies``,
        its title.

    Raises
    ------
    UsageError
        If three lists differ in length, or a rating is not valid.
    """
    form = TasteForm()
    for prefix, marks in (("", form.you), ("guest_", form.guest)):
        _read_marks(recommender, fields, prefix, marks, form.notices)
    form.offered, form.past = (_movies(recommender, fields, name) for name in ("offer", "past"))
    form.changed = form.guest if fields.get("person") == "guest" else form.you
    _change(recommender, fields, form.changed)
    _add(recommender, fields, form, form.changed)
    return form


def _read_marks(
    recommender: Recommender, fields: Fields, prefix: str, marks: Marks, notices: list[str]
) -> None:
    for movie_id, title, given in _rows(fields, prefix):
        value = read_value(recommender, given)
        movie = _said_before(recommender, movie_id, title)
        if movie:
            marks.of[movie] = value
        else:
            notices.append(f"this model has no movie called {title}")


def _rows(fields: Fields, prefix: str) -> Iterator[tuple[str, str, str]]:
    columns = [fields.getlist(prefix + name) for name in ("id", "title", "rating")]
    if len({len(column) for column in columns}) > 1:
        raise UsageError("the form is incomplete")
    check_number(len(columns[0]))
    return zip(*columns, strict=True)


def _said_before(recommender: Recommender, movie_id: str, title: str) -> Movie | None:
    """Return a movie of the form. Another model may use its id for a different movie."""
    movie = _movie(recommender, movie_id)
    return movie if movie and movie.title == title else recommender.titled(title)


def _movies(recommender: Recommender, fields: Fields, name: str) -> list[Movie]:
    found = (_movie(recommender, movie_id) for movie_id in fields.getlist(name)[:_MOST_OFFERED])
    return list(dict.fromkeys(filter(None, found)))


def _movie(recommender: Recommender, movie_id: str) -> Movie | None:
    try:
        return recommender.movie(movie_id, by_id=True)
    except MovieNotFoundError:
        return None


def _change(recommender: Recommender, fields: Fields, marks: Marks) -> None:
    """Apply what was pressed; movies that are not in the model are ignored."""
    rated = {name: value for name, value in fields.items() if name.startswith(RATE) and value}
    check_number(len(rated))
    for name, value in rated.items():
        if movie := _movie(recommender, name.removeprefix(RATE)):
            marks.of[movie] = read_value(recommender, value)
    for mark in _BUTTONS:
        if movie := _movie(recommender, fields.get(mark, "")):
            marks.of.pop(movie, None)
            marks.of[movie] = mark
    if movie := _movie(recommender, fields.get("remove", "")):
        marks.of.pop(movie, None)


def _add(recommender: Recommender, fields: Fields, form: TasteForm, marks: Marks) -> None:
    """Add the movie that was chosen or typed, or the choices if several match."""
    movie_id, title = fields.get("add", ""), fields.get("movies", "")
    if not movie_id and not title.strip():
        return
    query = movie_id or parameters.checked_text("the title", title)
    try:
        form.added = recommender.movie(query, by_id=bool(movie_id))
    except (MovieNotFoundError, AmbiguousTitleError) as error:
        form.notices.append(str(error))
        form.choices = getattr(error, "candidates", None) or getattr(error, "suggestions", [])
    else:
        if not isinstance(marks.of.get(form.added), float):
            marks.of[form.added] = float(recommender.card["highest_rating"])
