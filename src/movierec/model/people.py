"""What a model holds about people."""

from __future__ import annotations

from movierec._util import pluralize
from movierec.model.facts import People
from movierec.model.model import Model


def people_in(model: Model) -> People:
    """Return what a model holds about people.

    Parameters
    ----------
    model : Model

    Returns
    -------
    People
        ``n_people``, whose ids and ratings it holds; ``has_times``, whether it says when they
        rated; ``min_raters``, the least number of people on whom each figure rests, 1 if there is
        no such limit; and ``holds``, the same in words.
    """
    histories = model.histories
    n_people = 0 if histories is None else len(histories.users)
    has_times = histories is not None and histories.has_timestamps
    least = model.parameters.min_raters or 1
    return {
        "n_people": n_people,
        "has_times": has_times,
        "min_raters": least,
        "holds": _in_words(n_people, has_times, least),
    }


def _in_words(n_people: int, has_times: bool, least: int) -> str:
    if n_people:
        details = "ids and times" if has_times else "ids"
        return f"the ratings of {pluralize(n_people, 'person', 'people')}, with {details}"
    few = f"; all figures are of at least {least} people" if least > 1 else ""
    return f"no ids and no ratings of people{few}"
