"""What resembles, by its content, the films that somebody rated."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from movierec.algorithms._base import Feedback, Scorer, Scores, as_feedback
from movierec.errors import DataError


class Content(Scorer):
    """Score a film by the similarity of its content to that of the films a person rated.

    A person's profile is the sum of the contents of what they rated; scores are its products with
    the contents of the films. Pazzani and Billsus, "Content-based recommendation systems", in The
    Adaptive Web (2007), section 10.2 (Rocchio).

    Parameters
    ----------
    feedback : {"presence", "value"}
    """

    def __init__(self, *, feedback: Feedback = "presence") -> None:
        self.feedback = feedback

    def fit(self, user_items: Any, content: Any = None) -> Self:
        """Keep the contents; see :meth:`Scorer.fit`."""
        if content is None:
            raise DataError("content needs films with genres, years or titles", "name a movie file")
        self.content_ = content
        return self

    def score(self, user_items: Any) -> Scores:
        """Multiply profiles and contents; see :meth:`Scorer.score`."""
        profiles = as_feedback(user_items, self.feedback) @ self.content_
        return np.asarray((profiles @ self.content_.T).toarray(), dtype=np.float32)
