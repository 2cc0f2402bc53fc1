"""A fitted network answers by NumPy: JAX is imported only where one is trained."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from movierec import Recommender
from tests.make_golden import answers
from tests.networks import NETWORKS
from tests.test_imports import COMMAND, modules_after

GOLDEN = Path(__file__).parents[1] / "golden"
Program = Callable[..., subprocess.CompletedProcess[str]]

BLOCKED = """
raise ModuleNotFoundError(f"No module named {__name__!r}", name=__name__)
"""
QUESTIONS = """
import json, sys
from movierec import Recommender
from tests.make_golden import answers
found = [answers(Recommender.load(path)) for path in sys.argv[1:]]
print(json.dumps(found), *{"jax", "jaxlib", "optax"} & sys.modules.keys())
"""


@pytest.fixture(scope="module")
def without_jax(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment in which JAX and Optax cannot be imported."""
    folder = tmp_path_factory.mktemp("blocked")
    for name in ("jax", "jaxlib", "optax"):
        (folder / f"{name}.py").write_text(BLOCKED)
    dropped = {"MOVIEREC_MODEL", "PYTHONPATH"}
    environment = {key: value for key, value in os.environ.items() if key not in dropped}
    return environment | {"PYTHONPATH": str(folder)}


def test_saved_networks_answer_without_jax(without_jax: dict[str, str]) -> None:
    paths = [str(GOLDEN / f"format-3-{name}.model") for name in NETWORKS]
    run = subprocess.run(
        [sys.executable, "-c", QUESTIONS, *paths],
        cwd=GOLDEN.parents[1],
        env=without_jax,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == [answers(Recommender.load(path)) for path in paths]


@pytest.mark.parametrize("name", NETWORKS)
def test_questions_in_a_shell_work_without_jax(
    name: str, without_jax: dict[str, str], movierec: Program
) -> None:
    model = ("--model", str(GOLDEN / f"format-3-{name}.model"))
    for question in (
        ("similar", "Heat"),
        ("recommend", "--like", "Heat"),
        ("why", "Heat", "Alien"),
    ):
        run = movierec(*question, *model, env=without_jax)
        assert run.returncode == 0, run.stderr
        assert run.stdout


@pytest.mark.parametrize("name", NETWORKS)
def test_without_jax_a_fit_says_what_to_install(
    name: str, without_jax: dict[str, str], movierec: Program, tmp_path: Path
) -> None:
    run = movierec("fit", "--algorithm", name, "-q", env=without_jax)
    assert run.returncode == 2
    assert run.stdout == ""
    error, hint = run.stderr.splitlines()
    assert error == f"error: {name} needs jax, which is not installed"
    assert hint == "hint: pip install 'movierec[neural]'"
    assert list(tmp_path.iterdir()) == []


def test_evaluate_says_it_too(without_jax: dict[str, str], movierec: Program) -> None:
    ratings = GOLDEN.parents[1] / "data" / "ratings.csv"
    run = movierec("evaluate", ratings, "--algorithm", "popular,gru4rec", env=without_jax)
    assert run.returncode == 2
    assert "gru4rec needs jax, which is not installed" in run.stderr
    assert "pip install 'movierec[neural]'" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("fit", "-q", "-m", "fitted"),
        ("fit", "-q", "-m", "fitted", "--algorithm", "sequence_ridge"),
        ("algorithms",),
        ("recommend", "--like", "Heat", "-m", str(GOLDEN / "format-3-sasrec.model")),
    ],
    ids=lambda arguments: " ".join(arguments[:1]),
)
def test_jax_is_imported_only_to_train(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not {"jax", "jaxlib", "optax"} & modules_after(COMMAND, *arguments)
