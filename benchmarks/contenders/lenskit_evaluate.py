"""LensKit measures five algorithms: each user's random fifth is held out, all movies are ranked.

    python contenders/lenskit_evaluate.py DATA

prints their nDCG@10. ``movierec evaluate`` does the same, with as many neighbors and factors.
"""

from __future__ import annotations

import sys
from pathlib import Path

from _common import read_ratings
from lenskit.als import ImplicitMFScorer
from lenskit.batch import recommend
from lenskit.data import from_interactions_df
from lenskit.knn import EASEScorer, ItemKNNScorer, UserKNNScorer
from lenskit.metrics import NDCG, RunAnalysis
from lenskit.pipeline import topn_pipeline
from lenskit.sklearn.svd import BiasedSVDScorer
from lenskit.splitting import SampleFrac, sample_users

scorers = {
    "als": ImplicitMFScorer(embedding_size=64, epochs=15, weight=10, regularization=15),
    "ease": EASEScorer(regularization=300),
    "item_knn": ItemKNNScorer(feedback="implicit", max_nbrs=100, save_nbrs=100),
    "svd": BiasedSVDScorer(embedding_size=64),
    "user_knn": UserKNNScorer(feedback="implicit", max_nbrs=100),
}
names = {"userId": "user_id", "movieId": "item_id"}
data = from_interactions_df(read_ratings(Path(sys.argv[1])).rename(columns=names))
split = sample_users(data, data.user_count, SampleFrac(0.2, rng=0), rng=0)
for name, scorer in scorers.items():
    pipeline = topn_pipeline(scorer, n=10)
    pipeline.train(split.train)
    analysis = RunAnalysis()
    analysis.add_metric(NDCG(10))
    found = analysis.compute(recommend(pipeline, split.test.keys(), 10, n_jobs=1), split.test)
    print(name, found.list_summary()["mean"].to_dict())
