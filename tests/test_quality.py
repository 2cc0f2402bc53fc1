"""The lists of similar movies are as good as docs/similarity.md says, on real data."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = ("similarity", "comparisons", "measures")


@pytest.fixture
def measured(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[float]]]:
    """Recall@10 of all series, then agreement at 10, 50 and 100, of two contenders."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import comparisons
    import similarity

    data = similarity.read(real_data / "ml-latest-small")
    series = similarity.read_series(real_data / "franchises" / "franchises.csv", data)
    assert len(series.siblings) == 318
    fits = comparisons.contenders(data, peers=False)
    yield {
        name: [
            float(cell.split()[0]) for cell in similarity.measure(fits[name], data, series, [])[2:6]
        ]
        for name in ("cosine of ratings", "movierec")
    }
    for module in MODULES:
        sys.modules.pop(module)


def test_series_are_found_and_agreement_does_not_suffer(measured: dict[str, list[float]]) -> None:
    cosine, ours = measured["cosine of ratings"], measured["movierec"]
    assert cosine == pytest.approx([0.265, 0.067, 0.178, 0.235], abs=6e-4)  # others measured this
    standard_error = (cosine[2] * (1 - cosine[2]) / 608) ** 0.5
    assert ours[0] >= 0.87
    assert ours[1] >= cosine[1]
    assert ours[2] >= cosine[2] - standard_error
    assert ours[3] >= cosine[3]
