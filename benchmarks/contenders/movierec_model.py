"""Write the sample of movierec, whose fit and queries are measured by its own commands."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from _common import sampled, write_sample

from movierec import Recommender

data, out = Path(sys.argv[1]), Path(sys.argv[2])
ids = np.unique(pd.read_csv(data / "ratings.csv", usecols=["movieId"])["movieId"])
recommender = Recommender.load(out / "model")
write_sample(
    out,
    {
        int(ids[row]): [(int(n.movie_id), n.similarity) for n in recommender.similar(int(ids[row]))]
        for row in sampled(ids)
    },
)
