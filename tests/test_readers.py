"""Reading from files, at the level of tables: times, kinds, sources, and what is refused."""

from __future__ import annotations

import gzip
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec import DataError, Recommender, UsageError
from movierec.data.dataset import read_dataset, read_movie_file, read_rated, read_rating_rows
from movierec.data.formats import blocks
from movierec.data.interactions import RatingRows
from movierec.data.sources import base, files
from movierec.data.times import as_seconds, parse_time

LOWEST = np.iinfo(np.int64).min
RATINGS = "userId,movieId,rating,timestamp\n1,10,4,100\n1,20,5,101\n2,10,3.5,99\n"
MOVIES = "movieId,title,genres\n10,Alpha (1990),Drama\n20,Beta (1991),Comedy\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ratings.csv").write_text(RATINGS)
    (tmp_path / "movies.csv").write_text(MOVIES)
    return tmp_path


def read(folder: Path, text: str | bytes) -> RatingRows:
    """Read ratings from a file with this content."""
    (folder / "r").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rating_rows(folder / "r")


def times_of(rows: RatingRows) -> list[float]:
    assert rows.read_timestamps is not None
    seconds: list[float] = rows.read_timestamps().tolist()
    return seconds


# --- times


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (["5", "7"], [5, 7]),
        (["5", ""], [5, LOWEST]),
        (["5.0", ""], [5, LOWEST]),
        (["5.5", ""], [5.5, -np.inf]),
        (["-5", "x"], [-5, LOWEST]),
        (["1970-01-02", "1969-12-31"], [86400, -86400]),
        (["1970-01-01 00:00:01", ""], [1, LOWEST]),
        (["1970-01-01T01:00:01+01:00", "1970-01-01"], [1, 0]),
        (["1970-01-01 00:00:01.25", ""], [1.25, -np.inf]),
        (["x", ""], [LOWEST, LOWEST]),
    ],
    ids=str,
)
@pytest.mark.parametrize("user", ["1", "u"], ids=["fast", "careful"])
def test_times_are_seconds_since_1970(
    tmp_path: Path, user: str, given: list[str], seconds: list[float]
) -> None:
    rows = [f"{user},1,5,{time}\n" for time in given]
    found = read(tmp_path, "userId,movieId,rating,timestamp\n" + "".join(rows))
    assert times_of(found) == seconds
    assert found.read_timestamps is not None
    assert found.read_timestamps().dtype == (np.float64 if -np.inf in seconds else np.int64)


def test_times_stay_beside_their_rows_when_some_are_skipped(folder: Path) -> None:
    (folder / "ratings.csv").write_text(RATINGS.replace("1,20,5,101", "1,20,x,101"))
    rows = read_dataset(folder, on_error="skip").ratings
    assert (rows.values.tolist(), times_of(rows)) == ([4, 3.5], [100, 99])


def test_a_file_without_times_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, "userId,movieId,rating\n1,1,5\n").read_timestamps is None
    assert read(tmp_path, "userId,movieId,rating\nu,1,5\n").read_timestamps is None
    assert read(tmp_path, "1\t1\t5\n").read_timestamps is None


@pytest.mark.parametrize("separator", [",", "|"])
def test_times_in_quotes_are_read(tmp_path: Path, separator: str) -> None:
    """All that is needed without times is plain numbers."""
    lines = ["userId,movieId,rating,timestamp", '1,10,4,"102"', '1,20,5,"101"', '2,10,3,""']
    rows = read(tmp_path, "\n".join(lines).replace(",", separator))
    assert rows.read_timestamps is not None
    times = rows.read_timestamps().tolist()
    assert times == ([102, 101, LOWEST] if separator == "," else [LOWEST] * 3)  # not quotes there


def test_times_are_not_read_before_they_are_asked_for(tmp_path: Path) -> None:
    rows = read(tmp_path, "userId,movieId,rating,timestamp\n1,1,5,9\n")
    (tmp_path / "r").unlink()
    with pytest.raises(DataError, match="there is no file"):
        times_of(rows)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_of_datetimes_do_not_matter(unit: str) -> None:
    """They differ between versions of pandas."""
    times = np.array(["2020-01-01T00:00:01", "NaT", "1960-01-01"], dtype=f"datetime64[{unit}]")
    assert as_seconds(times).tolist() == [1577836801, LOWEST, -315619200]


@given(st.lists(st.datetimes(), min_size=1))
def test_a_time_is_the_same_alone_as_in_a_column(times: list[object]) -> None:
    texts = [f"{time}" for time in times]
    alone = [parse_time(text) for text in texts]
    in_years_of_pandas = [1700 < int(text[:4]) < 2200 for text in texts]
    column = as_seconds(np.array(texts, dtype=object))
    for one, other, comparable in zip(alone, column, in_years_of_pandas, strict=True):
        assert not comparable or one == pytest.approx(other, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-05-01", 1714521600),
        ("2024-05-01T10:00:00.000Z", 1714557600),
        ("2024-05-01T12:00:00+02:00", 1714557600),
        (" 2024-05-01 ", 1714521600),
        ("1118883380", 1118883380),
        ("", None),
        ("yesterday", None),
        ("2024-13-01", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("0001-01-01T00:00:00+23:59", -62135683140),
    ],
)
def test_a_time_that_cannot_be_read_is_none(text: str, seconds: float | None) -> None:
    assert parse_time(text) == seconds


# --- ratings, and users and movies alone


@pytest.mark.parametrize(
    ("text", "users", "items"),
    [
        ("userId,movieId\n1,10\n2,20\n", [1, 2], [10, 20]),
        ("userId,movieId,timestamp\n1,10,7\n2,20,8\n", [1, 2], [10, 20]),
        ("movieId,userId,neg\n10,1,x\n20,2,y\n", [1, 2], [10, 20]),
        ("user,item\nann,0010\nben,x\n", [b"ann", b"ben"], [b"0010", b"x"]),
    ],
)
def test_users_and_movies_alone_are_ratings_of_1(
    tmp_path: Path, text: str, users: list[int], items: list[int]
) -> None:
    rows = read(tmp_path, text)
    assert (rows.users.tolist(), rows.items.tolist()) == (users, items)
    assert rows.values.tolist() == [1, 1]
    assert (rows.read_timestamps is not None) == ("timestamp" in text)


def test_order_of_the_file_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are parsed side by side; there are hundreds here, the last with a late surprise."""
    monkeypatch.setattr(blocks, "_BLOCK", 1 << 11)
    n_rows = 20_000
    numbers = random.Random(1).sample(range(10**8, 10**9), n_rows)
    lines = [f"{number},{number % 99999},{number % 10}\n" for number in numbers]
    text = "userId,movieId,rating\n" + "".join(lines)
    rows = read(tmp_path, gzip.compress(text.encode(), 1))
    assert (rows.users == numbers).all()
    assert (rows.values == np.array(numbers) % 10).all()
    assert rows.users.dtype == np.int32
    assert rows.values.dtype == np.float32
    with pytest.raises(DataError, match=f"line {n_rows + 2}: 4 fields, the header has 3"):
        read(tmp_path, text + "1,2,3,5\n")


@pytest.mark.parametrize("row", ["1,2,3,5", "1,2", "1,2,three"])
def test_hint_offers_to_skip_only_where_that_is_possible(folder: Path, row: str) -> None:
    (folder / "ratings.csv").write_text(f"{RATINGS}{row}\n".replace(",timestamp", ""))
    with pytest.raises(DataError, match=r"ratings.csv, line 2: 4 fields") as caught:
        read_rating_rows(folder / "ratings.csv")
    assert caught.value.hint == "fix the line"
    with pytest.raises(DataError, match=r"ratings.csv, line 2: 4 fields") as caught:
        read_dataset(folder)
    assert "on_error=..." in str(caught.value.hint)
    assert "--on-error skip" in str(caught.value.cli_hint)


def test_line_break_inside_quotes_is_read(folder: Path) -> None:
    with (folder / "movies.csv").open("a") as file:
        file.write('30,"Gamma\n(1992)",Drama\n40,Delta,Drama\n50\n')
    dataset = read_dataset(folder, on_error="skip")
    assert [movie.title for movie in dataset.movies[2:]] == ["Gamma (1992)", "Delta"]
    assert any("the first, line 7: only 1 field" in note for note in dataset.notes)


def test_a_header_with_open_quotes_costs_no_movie(folder: Path) -> None:
    (folder / "movies.csv").write_text('\n"movieId,title,genres\n10,Alpha (1990),\n20,Beta,\n')
    for on_error in ("fail", "skip"):
        found = read_dataset(folder / "ratings.csv", folder / "movies.csv", on_error=on_error)
        assert [movie.movie_id for movie in found.movies] == ["10", "20"]
        assert not any("skipped" in note for note in found.notes)


def test_a_block_without_separators_is_not_left_out(folder: Path) -> None:
    """All lines of a block, here of a file, may lack their ends."""
    with pytest.raises(DataError, match=r"line 2: only 1 field"):
        read(folder, "userId,movieId,rating\n12\n13\n\n")


def test_movies_and_their_repetitions(folder: Path) -> None:
    (folder / "movies.csv").write_text(MOVIES + "20,Again,\n10,Again,\n")
    dataset = read_dataset(folder)
    assert [movie.title for movie in dataset.movies] == ["Alpha (1990)", "Beta (1991)"]
    assert dataset.n_movie_rows == 4
    assert "left out 2 rows of a movie that was listed before" in dataset.notes
    assert read_movie_file(folder / "movies.csv") == dataset.movies
    with pytest.raises(DataError, match=r"ratings.csv does not hold movies"):
        read_movie_file(folder / "ratings.csv")


@pytest.mark.parametrize(("year", "title"), [("1990", "A (1990)"), ("x", "A"), ("", "A")])
def test_year_of_a_column_goes_into_the_title(folder: Path, year: str, title: str) -> None:
    (folder / "movies.csv").write_text(f"movieId,title,year\n10,A,{year}\n20,B (2000),1999\n")
    assert [movie.title for movie in read_dataset(folder).movies] == [title, "B (2000)"]
    with (folder / "movies.csv").open("a") as file:
        file.write("30,,1999\n")
    with pytest.raises(DataError, match="line 4: no title"):
        read_dataset(folder)


# --- where tables are


def test_movies_beside_ratings_are_found(folder: Path) -> None:
    both, alone = read_rated(folder), read_rated(folder / "ratings.csv")
    assert both[0].users.tolist() == alone[0].users.tolist() == [1, 1, 2]
    assert both[1] == read_movie_file(folder / "movies.csv")
    assert alone[1] is None
    assert read_rated(folder / "ratings.csv", folder / "movies.csv")[1] == both[1]
    (folder / "other.csv").write_text("movieId,title\n10,Other\n")
    found = read_rated(folder, folder / "other.csv")[1]
    assert found is not None
    assert [movie.title for movie in found] == ["Other"]


def test_kinds_are_named_in_their_order(folder: Path) -> None:
    (folder / "tags.csv").write_text("userId,movieId,tag\n1,10,odd\n")
    (folder / "links.csv").write_text("movieId,imdbId\n10,7\n")
    (folder / "notes.bin").write_bytes(b"\0\0")
    dataset = read_dataset(folder)
    assert list(dataset.files) == ["ratings", "movies", "links", "tags"]
    assert dataset.notes[0] == f'{folder / "movies.csv"}: movies, separated by ",", with a header'


@pytest.mark.parametrize("address", ["foo://bucket/ratings.csv", "nosuch+db://host/db"])
def test_unknown_scheme_is_refused(folder: Path, address: str) -> None:
    scheme = address.partition("://")[0]
    for call in (
        lambda: Recommender.fit(address, folder / "movies.csv"),
        lambda: Recommender.fit(folder / "ratings.csv", address),
        lambda: Recommender.fit(address),
        lambda: read_rated(address),
    ):
        with pytest.raises(UsageError, match=re.escape(f"cannot read from {scheme}://")) as caught:
            call()
        assert str(caught.value.hint).startswith("it can read paths of files and folders, ")


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kind of address that is one new file: tables of the fixture below, by name."""
    (tmp_path / "memory.py").write_text(
        "import pandas as pd\n"
        "from movierec.data.sources.frames import frame_table\n"
        "class MemorySource:\n"
        "    SCHEMES = ('memory',)\n"
        "    def is_folder(self, address):\n"
        "        return address.endswith('/')\n"
        "    def tables(self, address):\n"
        "        name = address.removeprefix('memory://')\n"
        "        kinds = [name] if name else ['ratings', 'movies']\n"
        f"        return [frame_table(pd.read_csv(rf'{tmp_path}/{{kind}}.csv'), kind)"
        " for kind in kinds]\n"
        "SOURCE = MemorySource()\n"
    )
    package = sys.modules["movierec.data.sources"]
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    base._sources.cache_clear()
    yield
    base._sources.cache_clear()
    sys.modules.pop("movierec.data.sources.memory", None)


@pytest.mark.usefixtures("memory")
def test_a_new_kind_of_address_is_one_new_file(folder: Path) -> None:
    usual = read_dataset(folder)
    for addresses in (
        ("memory://ratings", "memory://movies"),
        ("memory://",),
        ("memory://", str(folder / "movies.csv")),
        (str(folder), "memory://movies"),
    ):
        found = read_dataset(*addresses)
        assert found.movies == usual.movies
        assert found.ratings.values.tolist() == usual.ratings.values.tolist()
        assert times_of(found.ratings) == times_of(usual.ratings)
    with pytest.raises(UsageError, match="cannot read from foo://") as caught:
        read_dataset("foo://x")
    assert "memory://" in str(caught.value.hint)


def test_one_file_is_opened_by_its_path(folder: Path) -> None:
    with files.only_file(folder / "ratings.csv").open() as content:
        assert pd.read_csv(content)["movieId"].tolist() == [10, 20, 10]
    with pytest.raises(DataError, match="holds 2 files"):
        files.only_file(folder)


def test_on_error_is_one_of_two(folder: Path) -> None:
    with pytest.raises(UsageError, match='on_error is "ignore"'):
        read_dataset(folder, on_error="ignore")  # type: ignore[arg-type]
