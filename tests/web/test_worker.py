"""The second process of a server."""

from __future__ import annotations

from pathlib import Path

from movierec.web.worker import Worker


def test_it_is_started_once_and_again_after_its_end(sample_model: Path) -> None:
    worker = Worker(str(sample_model))
    try:
        first = worker.start()
        assert worker.start() is first
        worker.stop()
        assert first.poll() is not None
        assert worker.start() is not first
    finally:
        worker.stop()
