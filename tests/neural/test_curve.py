"""Learning curves, in Python and as a plot of `movierec fit`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from movierec import Recommender, UsageError
from tests.conftest import Run
from tests.networks import needs_jax

pytestmark = needs_jax

RATINGS = pd.DataFrame(
    [(user, item, 3, 100 * user + item) for user in range(1, 31) for item in range(1, 11)],
    columns=["userId", "movieId", "rating", "timestamp"],
)
MOVIES = pd.DataFrame(
    {"movieId": range(1, 11), "title": [f"Film {n} (1990)" for n in range(1, 11)], "genres": "War"}
)
SMALL = {"n_factors": 4, "length": 8, "n_blocks": 1, "n_epochs": 2}


@pytest.mark.usefixtures("few_steps")
def test_curve_has_a_row_for_each_epoch(tmp_path: Path) -> None:
    fitted = Recommender.fit(RATINGS, MOVIES, algorithm="gru4rec", settings=SMALL)
    curve = fitted.learning_curve()
    assert curve.shape == (2, 3)
    assert (np.diff(curve[:, 0]) > 0).all()
    fitted.save(tmp_path / "m.model")
    assert np.array_equal(Recommender.load(tmp_path / "m.model").learning_curve(), curve)


def test_other_algorithms_have_no_curve(sample: Recommender) -> None:
    with pytest.raises(UsageError, match="default is not trained in epochs"):
        sample.learning_curve()


def test_plot_of_a_fit(movierec: Run, tmp_path: Path) -> None:
    RATINGS.to_csv(tmp_path / "ratings.csv", index=False)
    MOVIES.to_csv(tmp_path / "movies.csv", index=False)
    settings = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    network = ("--algorithm", "gru4rec", *settings)
    fitted = movierec("fit", "ratings.csv", "movies.csv", *network, "--plot", "curve.png")
    assert fitted.returncode == 0, fitted.stderr
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob("*.checkpoint*"))
    refused = movierec("fit", "ratings.csv", "movies.csv", "--plot", "curve.png", "-m", "x.model")
    assert refused.returncode == 2
    assert "not trained in epochs" in refused.stderr
    assert not (tmp_path / "x.model").exists()
