"""What a model file says of people and of the machine that made it, and who may read it."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import stat
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec import Recommender, UsageError
from movierec._util import file_name
from movierec.model.model import Model
from movierec.model.origin import origin
from tests.conftest import Run
from tests.hostile._examples import examples

TOY_STORY = "Toy Story (1995)"
MOVIES = "movieId,title,genres\n1,Alpha (1990),Drama\n2,Beta (1991),Drama\n3,Gamma (1992),Comedy\n"
RATINGS = "userId,movieId,rating,timestamp\n" + "".join(
    f"{user},{movie},{1 + (user + movie) % 5},{user}\n" for user in range(1, 9) for movie in (1, 2)
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "somebody" / "my data"
    folder.mkdir(parents=True)
    (folder / "ratings.csv").write_text(RATINGS)
    (folder / "movies.csv").write_text(MOVIES)
    return folder


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def members(path: Path) -> dict[str, bytes]:
    """The members of a model file, without when it was made and the checksums of that."""
    with zipfile.ZipFile(path) as stored:
        found = {name: stored.read(name) for name in stored.namelist() if name != "checksums.npy"}
    card = json.loads(found["meta.json"])
    del card["created"]
    return found | {"meta.json": json.dumps(card).encode()}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/home/somebody/my data/ratings.csv", "ratings.csv"),
        ("C:\\Users\\somebody\\ratings.csv", "ratings.csv"),
        ("ratings.csv", "ratings.csv"),
        ("/home/a/ml.zip:ml/movies.csv", "movies.csv"),
        ("/home/a/ml.zip:movies.csv", "ml.zip:movies.csv"),
        ("s3://key:secret@bucket/folder/ratings.csv", "ratings.csv"),
        ("https://host/folder/ratings.csv?token=a/b", "ratings.csv"),
        ("https://host/folder/ratings.csv?a/b", "ratings.csv"),
        ("ratings query at postgresql://me:secret@host/films", "ratings query at films"),
        ("/home/somebody/folder/", "folder"),
        ("sample ratings.csv", "sample ratings.csv"),
        ("standard input", "standard input"),
    ],
)
def test_name_of_a_file_has_no_folder(name: str, shown: str) -> None:
    assert file_name(name) == shown
    assert origin({"ratings": name}, [f"{name}: ratings"]) == {
        "files": {"ratings": shown},
        "notes": [f"{shown}: ratings"],
    }


def test_model_holds_no_path(data: Path, tmp_path: Path, movierec: Run) -> None:
    fitted = movierec("fit", data / "ratings.csv", data / "movies.csv")
    assert fitted.returncode == 0, fitted.stderr
    content = (tmp_path / "movierec.model").read_bytes()
    assert b"somebody" not in content
    assert str(tmp_path).encode() not in content
    shown = movierec("stats").stdout
    assert re.search(r"^ from +ratings\.csv, movies\.csv *$", shown, re.MULTILINE)
    assert "somebody" not in shown


def test_paths_in_an_older_model_are_not_shown(sample: Recommender, tmp_path: Path) -> None:
    paths = {"ratings": "/home/somebody/ratings.csv", "movies": "/home/somebody/movies.csv"}
    notes = [f"{paths['ratings']}: ratings"]
    card = sample._model.card | {"files": paths, "notes": notes}
    old = dataclasses.replace(sample._model, card=card)
    old.save(tmp_path / "old.model")
    assert b"/home/somebody" in (tmp_path / "old.model").read_bytes()
    loaded = Recommender.load(tmp_path / "old.model")
    assert loaded.card["files"] == {"ratings": "ratings.csv", "movies": "movies.csv"}
    assert loaded.card["notes"] == ["ratings.csv: ratings"]
    assert "somebody" not in str({**loaded.stats(), "model": loaded.card | {"path": ""}})
    loaded.save(tmp_path / "new.model")
    assert b"somebody" not in (tmp_path / "new.model").read_bytes()


@pytest.mark.parametrize(
    ("ways", "holds"),
    [
        ((), "the ratings of 8 people, with ids and times"),
        (("--without-ratings",), "no ids and no ratings of people"),
    ],
)
def test_stats_say_what_a_model_holds(
    data: Path, tmp_path: Path, movierec: Run, ways: tuple[str, ...], holds: str
) -> None:
    pytest.importorskip("flask")
    from movierec.web import create_app

    assert movierec("fit", "-q", data, *ways).returncode == 0
    assert re.search(rf"^ holds +{holds} *$", movierec("stats").stdout, re.MULTILINE)
    assert json.loads(movierec("stats", "--json").stdout)["people"]["holds"] == holds
    people = Recommender.load(tmp_path / "movierec.model").stats()["people"]
    assert people["n_people"] == (0 if ways else 8)
    client = create_app(Recommender.load(tmp_path / "movierec.model")).test_client()
    assert client.get("/api/stats").get_json()["people"] == people
    assert f"It holds {holds}." in client.get("/stats").get_data(as_text=True)


def test_model_without_times_says_so(data: Path) -> None:
    ratings = pd.read_csv(data / "ratings.csv").drop(columns="timestamp")
    found = Recommender.fit(ratings, data / "movies.csv").stats()["people"]
    assert (found["holds"], found["has_times"]) == ("the ratings of 8 people, with ids", False)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077, 0o277])
def test_private_is_0600_whatever_the_umask(
    data: Path, tmp_path: Path, movierec: Run, umask: int
) -> None:
    assert movierec("fit", "-q", data, umask=umask).returncode == 0
    assert mode_of(tmp_path / "movierec.model") == 0o666 & ~umask
    (tmp_path / "movierec.model").chmod(0o640)
    assert movierec("fit", "-q", data, umask=umask).returncode == 0
    assert mode_of(tmp_path / "movierec.model") == 0o640
    assert movierec("fit", "-q", data, "--private", umask=umask).returncode == 0
    assert mode_of(tmp_path / "movierec.model") == 0o600
    (tmp_path / "movierec.model").chmod(0o600)
    exported = movierec("export", "--without-ratings", "new.model", umask=umask)
    assert (exported.returncode, mode_of(tmp_path / "new.model")) == (0, 0o666 & ~umask)
    options = ("--without-ratings", "new.model", "--private", "--overwrite")
    assert movierec("export", *options, umask=umask).returncode == 0
    assert mode_of(tmp_path / "new.model") == 0o600


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_private_file_is_private_while_it_is_written(tmp_path: Path) -> None:
    from movierec.store.atomic import replacing

    (tmp_path / "m").touch(mode=0o644)
    for name in ("m", "new"):
        with replacing(tmp_path / name, private=True) as file:
            assert mode_of(Path(file.name)) == 0o600


def test_objects_elsewhere_cannot_be_made_private(movierec: Run, sample: Recommender) -> None:
    refused = movierec("fit", "--private", "--model", "memory://bucket/m.model")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 3)
    assert "memory://bucket/m.model is no file of this machine" in refused.stderr
    with pytest.raises(UsageError, match="no file of this machine"):
        sample.save("memory://bucket/m.model", private=True)
    with pytest.raises(UsageError, match="private is"):
        sample.save("m.model", private="yes")  # type: ignore[arg-type]


# ---- models without ratings


@st.composite
def rated(draw: st.DrawFn) -> pd.DataFrame:
    """Ratings whose every value, user id and time is recognized wherever it stands."""
    n_users, n_movies = draw(st.integers(3, 7)), draw(st.integers(3, 6))
    pairs = [(user, movie) for user in range(n_users) for movie in range(n_movies)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, min_size=n_movies * 2))
    numbers = draw(st.randoms(use_true_random=False)).sample(range(1, 1 << 20), 2 * len(chosen))
    rows = sorted(chosen)
    return pd.DataFrame(
        {
            "userId": [f"person-{user:02}-{numbers[user]:07}" for user, _ in rows],
            "movieId": [movie + 1 for _, movie in rows],
            "rating": [number / (1 << 20) * 5 for number in numbers[: len(rows)]],
            "timestamp": [10**9 + number for number in numbers[len(rows) :]],
        }
    )


def movies_of(ratings: pd.DataFrame) -> pd.DataFrame:
    n_movies = int(ratings["movieId"].max())
    titles = [f"Film {number} ({1980 + number})" for number in range(1, n_movies + 1)]
    return pd.DataFrame(
        {"movieId": range(1, n_movies + 1), "title": titles, "genres": "Drama|Comedy"}
    )


def traces(ratings: pd.DataFrame, content: bytes) -> set[str]:
    """What a file says of single people: ids, what a movie's raters gave it, and when."""
    found = {"ids" for each in ratings["userId"].unique() if each.encode() in content}
    by_movie = ratings.sort_values(["movieId", "userId"]).groupby("movieId")
    for _, rows in by_movie:
        given = rows["rating"].to_numpy()
        if len(given) > 1 and any(
            given.astype(kind).tobytes() in content for kind in ("f2", "f4", "f8")
        ):
            found.add("ratings")
    times = [
        np.array([time]).astype(kind).tobytes()
        for time in ratings["timestamp"]
        for kind in ("i4", "i8", "f8")
    ]
    return found | {"times" for each in times if each in content}


@settings(max_examples=examples(1500))
@given(rated())
def test_model_without_ratings_holds_no_trace_of_a_person(
    tmp_path_factory: pytest.TempPathFactory, ratings: pd.DataFrame
) -> None:
    folder = tmp_path_factory.mktemp("traces")
    full = Recommender.fit(ratings, movies_of(ratings))
    full.save(folder / "full")
    full.without_ratings().save(folder / "shared")
    assert {"ids", "times"} <= traces(ratings, (folder / "full").read_bytes())
    assert traces(ratings, (folder / "shared").read_bytes()) == set()


@settings(max_examples=examples(1000))
@given(rated())
def test_model_without_ratings_does_not_depend_on_who_the_people_are(
    tmp_path_factory: pytest.TempPathFactory, ratings: pd.DataFrame
) -> None:
    folder = tmp_path_factory.mktemp("names")
    others = ratings.assign(userId="x" + ratings["userId"])  # in the same order
    for name, table in (("one", ratings), ("other", others)):
        Recommender.fit(table, movies_of(ratings), with_ratings=False).save(folder / name)
    assert members(folder / "one") == members(folder / "other")


@pytest.mark.parametrize(
    "way",
    [{}, {"weighting": "none"}, {"weighting": "none", "content_weight": 0}, {"algorithm": "svd"}],
    ids=str,
)
def test_export_equals_a_fit_without_ratings(tmp_path: Path, way: dict[str, Any]) -> None:
    Recommender.fit(with_ratings=False, **way).save(tmp_path / "fitted")
    Recommender.fit(**way).save(tmp_path / "full")
    full = Recommender.load(tmp_path / "full")
    full.without_ratings().save(tmp_path / "exported")
    assert members(tmp_path / "exported") == members(tmp_path / "fitted")
    shared = Recommender.load(tmp_path / "exported")
    assert shared.stats()["people"]["n_people"] == 0
    shared.without_ratings().save(tmp_path / "again")
    assert members(tmp_path / "again") == members(tmp_path / "fitted")
    assert "path" not in full.without_ratings().card


def test_every_part_of_people_is_left_out(sample: Recommender) -> None:
    """A part that is added later is left out, too, if it says that it is of people."""

    class LeftOut:
        NAME: ClassVar = "left_out"
        OF_PEOPLE: ClassVar = True

    @dataclasses.dataclass(frozen=True)
    class NewModel(Model):
        left_out: LeftOut | None = None

    values = {each.name: getattr(sample._model, each.name) for each in dataclasses.fields(Model)}
    found = NewModel(**values, left_out=LeftOut())
    assert {"ratings", "histories", "left_out"} <= found.parts.keys()
    shared = found.without_ratings()
    assert shared.parts.keys() == {"catalog", "titles", "neighbors", "vectors", "stars"}
    assert not any(part.OF_PEOPLE for part in shared.parts.values())


def test_export_writes_a_model(tmp_path: Path, movierec: Run, sample_model: Path) -> None:
    model = ("--model", sample_model)
    made = movierec("export", "--without-ratings", "shared.model", *model)
    assert (made.returncode, made.stdout) == (0, "")
    assert "a model without ratings -> shared.model (" in made.stderr
    shared = ("--model", "shared.model")
    assert "Toy Story 2" in movierec("similar", TOY_STORY, *shared).stdout
    assert "Toy Story 2" in movierec("recommend", "--like", TOY_STORY, *shared).stdout
    refused = movierec("recommend", "--user", "1", *shared)
    assert (refused.returncode, "fitted without ratings" in refused.stderr) == (2, True)
    content = (tmp_path / "shared.model").read_bytes()
    for options, message in (
        (("shared.model", "--without-ratings"), "shared.model already exists"),
        (("new.model", "--without-ratings", "-k", "3"), "-k says how a table is written"),
        (("new.model", "--without-ratings", "--safe-csv"), "--safe-csv says how a table"),
        (("new.model", "--without-ratings", "--table", "t"), "--table says how a table"),
        (("new.csv", "--private"), "--private is for models"),
        (("new.model",), "export --without-ratings"),
        (("no/such/new.model", "--without-ratings"), "cannot write no/such/new.model"),
    ):
        result = movierec("export", *options, *model)
        assert result.returncode in (1, 2), result
        assert message in result.stderr
        assert result.stderr.count("\n") <= 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shared.model"]
    assert (tmp_path / "shared.model").read_bytes() == content


def test_algorithm_that_keeps_ratings_is_not_exported(tmp_path: Path, movierec: Run) -> None:
    Recommender.fit(algorithm="user_knn").save(tmp_path / "movierec.model")
    result = movierec("export", "--without-ratings", "new.model")
    assert result.returncode == 2
    assert "user_knn learns by keeping what people rated" in result.stderr
    assert not (tmp_path / "new.model").exists()
