"""What measures are called in tables."""

from __future__ import annotations

METRIC_NAMES = {
    "ndcg": "nDCG", "hit_rate": "hit rate", "precision": "precision", "recall": "recall",
    "capped_recall": "capped recall", "mrr": "MRR", "map": "MAP", "coverage": "coverage",
    "novelty": "novelty", "diversity": "diversity", "serendipity": "serendipity",
    "miscalibration": "miscalibration", "rmse": "RMSE", "mae": "MAE",
}  # fmt: skip
