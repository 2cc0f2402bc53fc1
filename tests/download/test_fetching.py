"""Public data sets come whole and checked, or not at all, whatever a server does."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import movierec
from movierec import DataError, MovierecError, OutputError, Recommender, UsageError
from movierec.data.public import sets
from tests.cli.conftest import MOVIES, RATINGS, snapshot
from tests.download.conftest import GOOD, NAME, TABLES, ZIP, holds, is_complete, reset, zipped
from tests.download.https import Fault, Site, tunnelling
from tests.hostile._examples import examples

Fetch = Callable[..., Path]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which take no time here."""
    found: list[float] = []
    clock = SimpleNamespace(sleep=found.append, monotonic=time.monotonic)
    monkeypatch.setattr("movierec.data.public.fetch.time", clock)
    return found


@pytest.fixture
def fetch(site: Site, home: Path, pauses: list[float]) -> Fetch:
    def call(name: str = NAME, **options: Any) -> Path:
        return movierec.download(
            name, **{"accept_license": True, "mirror": site.address, **options}
        )

    return call


def test_a_data_set_is_unpacked_and_found_by_its_name(fetch: Fetch, home: Path) -> None:
    assert fetch() == home / NAME
    assert is_complete(home / NAME)
    assert holds(home, NAME)
    assert Recommender.fit(NAME).card["n_ratings"] == 7


def test_a_zip_can_stay_packed_and_is_found_too(fetch: Fetch, home: Path) -> None:
    assert fetch(unpack=False) == home / ZIP
    assert holds(home, ZIP)
    assert (home / ZIP).read_bytes() == GOOD
    assert Recommender.fit(NAME, NAME.upper()).card["n_ratings"] == 7


def test_a_data_set_that_is_there_is_not_fetched_again(fetch: Fetch, site: Site) -> None:
    fetch()
    n_asked = len(site.asked)
    assert is_complete(fetch(accept_license=False))
    assert len(site.asked) == n_asked


def test_a_named_folder_is_made(fetch: Fetch, home: Path, tmp_path: Path) -> None:
    assert is_complete(fetch(folder=tmp_path / "new" / "folder"))
    assert holds(tmp_path / "new" / "folder", NAME)
    assert not home.exists()


def test_tables_that_are_no_zip_come_together(fetch: Fetch, site: Site, home: Path) -> None:
    site.files["ratings.dat"] = b"1::0114508::8::1381006850\n2::0114508::9::1381006851\n"
    with pytest.raises(DataError, match=r"movies\.dat"):
        fetch("movietweetings", accept_license=False)
    assert holds(home, "movietweetings.part")
    site.files["movies.dat"] = b"0114508::Species (1995)::Action|Horror\n"
    assert holds(fetch("movietweetings", accept_license=False), "ratings.dat", "movies.dat")
    assert site.ranges("ratings.dat") == [""]  # it was there
    assert Recommender.fit("movietweetings").card["n_ratings"] == 2


@pytest.mark.parametrize("has_tags", [True, False], ids=["tag", "date"])
def test_cut_connections_continue_where_they_broke(
    fetch: Fetch, site: Site, has_tags: bool, pauses: list[float]
) -> None:
    site.has_tags = has_tags
    site.faults = [Fault(cut=100_000), Fault(cut=0), Fault(cut=50_000)]
    assert is_complete(fetch())
    assert site.ranges(ZIP) == ["", "bytes=100000-", "bytes=100000-", "bytes=150000-"]
    assert site.n_sent == len(GOOD)
    assert pauses == [1, 2, 4]


@pytest.mark.parametrize("cut", [None, 0, 1, 100_000])
def test_without_a_length_the_end_is_still_known(fetch: Fetch, site: Site, cut: int | None) -> None:
    site.faults = [Fault(is_chunked=True, cut=cut)]
    assert is_complete(fetch())
    assert len(site.ranges(ZIP)) == (1 if cut is None else 2)


def test_an_answer_whose_end_nobody_knows_is_refused(fetch: Fetch, site: Site, home: Path) -> None:
    site.faults = [Fault(has_no_length=True)]
    with pytest.raises(DataError, match="does not say how long"):
        fetch()
    assert holds(home, f"{NAME}.part")


def test_a_server_that_ignores_ranges_sends_all_again(fetch: Fetch, site: Site) -> None:
    site.faults = [Fault(cut=100_000), Fault(ignores_range=True)]
    assert is_complete(fetch())
    assert site.n_sent == 100_000 + len(GOOD)


@pytest.mark.parametrize("ignores_version", [False, True])
@pytest.mark.parametrize("has_tags", [True, False], ids=["tag", "date"])
def test_parts_of_two_versions_are_never_joined(
    fetch: Fetch, site: Site, ignores_version: bool, has_tags: bool
) -> None:
    site.has_tags = has_tags
    site.publish(ZIP, zipped({name: data + b" " for name, data in TABLES.items()}))
    site.faults = [Fault(cut=100_000)]
    with pytest.raises(DataError, match="broke off"):
        fetch(tries=1)
    site.publish(ZIP, GOOD)
    site.faults = [Fault(ignores_version=ignores_version)]
    assert is_complete(fetch())


def test_a_file_that_became_shorter_is_fetched_anew(fetch: Fetch, site: Site) -> None:
    site.publish(ZIP, zipped({"a": bytes(1_000_000)}))
    site.faults = [Fault(cut=900_000)]
    with pytest.raises(DataError):
        fetch(tries=1)
    site.publish(ZIP, GOOD)
    site.faults = [Fault(ignores_version=True)]
    assert is_complete(fetch())


def test_a_wrong_part_is_not_appended(fetch: Fetch, site: Site) -> None:
    site.faults = [Fault(cut=100_000), Fault(shift=1)]
    assert is_complete(fetch())


def test_without_a_version_nothing_is_continued(fetch: Fetch, site: Site) -> None:
    weak = {"ETag": 'W/"1"'}
    site.faults = [Fault(cut=100_000, headers=weak), Fault(headers=weak)]
    assert is_complete(fetch())
    assert site.ranges(ZIP) == ["", ""]


@pytest.mark.parametrize("status", [404, 410, 403, 401])
def test_a_refusal_is_not_tried_again(
    fetch: Fetch, site: Site, home: Path, status: int, pauses: list[float]
) -> None:
    site.faults = [Fault(status=status)]
    with pytest.raises(DataError, match=f"{site.address}/{ZIP}.*{status}") as caught:
        fetch()
    assert caught.value.exit_code == 3
    assert "--mirror" in str(caught.value.cli_hint)
    assert pauses == []
    assert len(site.ranges(ZIP)) == 1
    assert holds(home, f"{NAME}.part")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_passing_failure_is_tried_again(
    fetch: Fetch, site: Site, status: int, pauses: list[float]
) -> None:
    site.faults = [Fault(status=status), Fault(status=status)]
    assert is_complete(fetch())
    assert pauses == [1, 2]


def test_after_many_failures_it_gives_up(fetch: Fetch, site: Site, pauses: list[float]) -> None:
    site.faults = [Fault(status=503) for _ in range(20)]
    with pytest.raises(DataError, match="503"):
        fetch(tries=9)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert len(site.ranges(ZIP)) == 9


@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_that_a_server_asks_for_is_kept(
    fetch: Fetch, site: Site, status: int, pauses: list[float]
) -> None:
    later = formatdate(time.time() + 40, usegmt=True)
    site.faults = [
        Fault(status=status, headers={"Retry-After": "7"}),
        Fault(status=status, headers={"Retry-After": later}),
        Fault(status=status, headers={"Retry-After": "soon"}),
        Fault(status=status, headers={"Retry-After": formatdate(0, usegmt=True)}),
    ]
    assert is_complete(fetch())
    assert pauses == [7, pytest.approx(40, abs=30), 4, 0]


def test_a_long_pause_is_left_to_the_user(fetch: Fetch, site: Site, pauses: list[float]) -> None:
    site.faults = [Fault(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(DataError, match="429") as caught:
        fetch()
    assert "3,600 seconds" in str(caught.value.hint)
    assert pauses == []


def test_a_silent_server_is_left(fetch: Fetch, site: Site, home: Path) -> None:
    site.faults = [Fault(cut=100_000, is_silent=True), Fault(cut=50_000, is_silent=True)]
    with pytest.raises(DataError, match="silent"):
        fetch(timeout=0.3, tries=2)
    assert holds(home, f"{NAME}.part")
    assert is_complete(fetch())
    assert site.ranges(ZIP) == ["", "bytes=100000-", "bytes=150000-"]


def test_a_file_with_another_checksum_gets_no_name(fetch: Fetch, site: Site, home: Path) -> None:
    site.files[f"{ZIP}.md5"] = b"MD5 (ml-latest-small.zip) = 0123456789ABCDEF0123456789abcdef\n"
    with pytest.raises(DataError, match=r"MD5 checksum .* not 0123456789abcdef0123456789abcdef"):
        fetch()
    assert not any(path.stat().st_size for path in home.rglob("*") if path.is_file())
    site.publish(ZIP, GOOD)
    assert is_complete(fetch())
    assert site.ranges(ZIP) == ["", ""]


def test_the_checksum_of_the_table_counts_more_than_one_beside_the_file(
    fetch: Fetch, site: Site, home: Path
) -> None:
    site.publish("ml-1m.zip", GOOD)
    with pytest.raises(DataError, match=sets.public_sets()["ml-1m"].md5):
        fetch("ml-1m")
    assert holds(home, "ml-1m.part")
    assert site.ranges("ml-1m.zip.md5") == []


@pytest.mark.parametrize("published", [None, b"", b"<html>not here</html>", b"\xff" * 99])
def test_without_a_checksum_nothing_is_fetched(
    fetch: Fetch, site: Site, published: bytes | None
) -> None:
    del site.files[f"{ZIP}.md5"]
    if published is not None:
        site.files[f"{ZIP}.md5"] = published
    with pytest.raises(DataError, match=r"zip\.md5"):
        fetch()
    assert site.ranges(ZIP) == []


def test_a_file_that_is_far_too_large_is_not_fetched(fetch: Fetch, site: Site) -> None:
    site.faults = [Fault(headers={"Content-Length": str(10**12)})]
    with pytest.raises(DataError, match="too much"):
        fetch()


def test_an_endless_file_ends(fetch: Fetch, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("movierec.data.public.download._LEAST", 0.1)
    site.faults = [Fault(is_chunked=True)]
    site.publish(ZIP, zipped({"a": bytes(4_000_000)}))
    with pytest.raises(DataError, match="too much"):
        fetch()


def test_a_certificate_that_nobody_vouches_for_is_refused(
    fetch: Fetch, site: Site, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DataError, match="certificate") as caught:
        fetch()
    assert "SSL_CERT_FILE" in str(caught.value.hint)
    assert (pauses, site.asked) == ([], [])


def test_redirects_are_followed_but_not_to_addresses_without_encryption(
    fetch: Fetch, site: Site
) -> None:
    site.files["moved.zip"] = GOOD
    site.faults = [Fault(status=302, headers={"Location": f"{site.address}/moved.zip"})]
    assert is_complete(fetch())
    fetch(force=True)
    for address in ("http://127.0.0.1:9/x.zip", "ftp://127.0.0.1:9/x.zip", "file:///etc/hosts"):
        site.faults = [Fault(status=302, headers={"Location": address})]
        with pytest.raises(DataError, match=r"redirects to|302"):
            fetch(force=True)
    for address in ("https://[", "https://127.0.0.1:x/", "https://127.0.0.1:9/", "?", "x y\u00e9"):
        site.faults = [Fault(status=302, headers={"Location": address}), Fault(status=404)]
        with pytest.raises(DataError, match=ZIP):
            fetch(force=True, tries=1)
    site.faults = [Fault(status=302, headers={"Location": site.address + "/x"}) for _ in range(50)]
    with pytest.raises(DataError, match="cannot be fetched"):
        fetch(force=True)


def test_nobody_there_is_one_error(fetch: Fetch, pauses: list[float]) -> None:
    with pytest.raises(DataError, match="refused"):
        fetch(mirror="https://127.0.0.1:9", tries=3)
    assert pauses == [1, 2]


def test_a_proxy_is_used_if_the_environment_names_one(
    fetch: Fetch, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with tunnelling(site) as (address, asked):
        monkeypatch.setenv("HTTPS_PROXY", address)
        assert is_complete(fetch())
    assert set(asked) == {f"127.0.0.1:{site.port}"}


def test_a_full_disk_is_seen_before_anything_is_written(
    fetch: Fetch, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [len(GOOD) - 1, len(GOOD)]
    monkeypatch.setattr("movierec.data.public.fetch._Part.free", lambda _: free[0])
    with pytest.raises(OutputError, match="are free"):
        fetch()
    del free[0]
    assert is_complete(fetch())


def test_a_disk_that_is_too_full_to_unpack_keeps_the_zip(
    fetch: Fetch, site: Site, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "movierec.data.public.unpack.shutil.disk_usage", lambda _: SimpleNamespace(free=9)
    )
    site.publish(ZIP, zipped(TABLES))
    monkeypatch.setattr("movierec.data.public.fetch._Part.free", lambda _: 10**9)
    with pytest.raises(OutputError, match=r"unpacking .* needs"):
        fetch()
    assert fetch(unpack=False) == home / ZIP
    assert site.ranges(ZIP) == [""]


@pytest.mark.parametrize(
    "name",
    ["../out.csv", "/out.csv", "a/../../out.csv", "a\\b.csv", "C:out.csv", "a//b", "a/./b", "a\nb"],
)
def test_a_zip_cannot_name_files_elsewhere(
    fetch: Fetch, site: Site, tmp_path: Path, name: str
) -> None:
    site.publish(ZIP, zipped({"ratings.csv": RATINGS, name: b"x"}))
    before = snapshot(tmp_path)
    with pytest.raises(DataError, match="holds a file with the name"):
        fetch()
    new = {path for path in snapshot(tmp_path) if path not in before}
    assert all(re.search(rf"home(/{NAME}\.part(/files(/{ZIP})?|/lock)?)?$", path) for path in new)


def test_a_zip_cannot_fill_the_disk(fetch: Fetch, site: Site, home: Path) -> None:
    site.publish(ZIP, zipped({"ratings.csv": bytes(300_000_000)}, zipfile.ZIP_DEFLATED))
    with pytest.raises(DataError, match="expands to"):
        fetch()
    assert holds(home, f"{NAME}.part")


@pytest.mark.parametrize("content", [b"", b"<html>", GOOD[: len(GOOD) // 2]])
def test_what_is_no_zip_is_not_unpacked(
    fetch: Fetch, site: Site, home: Path, content: bytes
) -> None:
    site.publish(ZIP, content)
    with pytest.raises(DataError, match="is broken"):
        fetch()
    assert holds(home, f"{NAME}.part")


def test_a_new_version_replaces_the_old_one_only_when_it_is_complete(
    fetch: Fetch, site: Site, home: Path
) -> None:
    fetch()
    site.publish(ZIP, zipped({**TABLES, "new.txt": b"new"}))
    site.faults = [Fault(cut=100_000)]
    with pytest.raises(DataError):
        fetch(force=True, tries=1)
    assert is_complete(home / NAME)
    assert holds(fetch(force=True), *TABLES, "new.txt")
    assert holds(home, NAME)


def test_two_at_once_do_not_mix(fetch: Fetch, home: Path) -> None:
    from movierec.store.atomic import lock

    (home / f"{NAME}.part").mkdir(parents=True)
    with (home / f"{NAME}.part" / "lock").open("w") as file:
        lock(file.fileno())
        with pytest.raises(OutputError, match="another process"):
            fetch()
    assert is_complete(fetch())


def test_a_license_that_restricts_must_be_accepted(fetch: Fetch, site: Site, home: Path) -> None:
    with pytest.raises(UsageError, match="license") as caught:
        fetch(accept_license=False)
    assert "accept_license" in str(caught.value.hint)
    assert site.asked == []
    assert not home.exists()


@pytest.mark.parametrize(
    "mirror",
    ["", "nowhere", "ftp://host/x", "file:///etc", "https://", "https://a b", "https://me:pw@host",
     "https://host/?q=1", "https://host:x/", "https://hóst/", "https://host:99999999/"],
)  # fmt: skip
def test_a_mirror_is_an_address(fetch: Fetch, mirror: str) -> None:
    with pytest.raises(UsageError, match="mirror") as caught:
        fetch(mirror=mirror)
    assert ":pw@" not in str(caught.value)


def test_a_local_file_of_that_name_comes_first(
    fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch()
    monkeypatch.chdir(tmp_path)
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / "ratings.csv").write_bytes(RATINGS + b"4,10,5,107\n")
    (tmp_path / NAME / "movies.csv").write_bytes(MOVIES)
    assert Recommender.fit(NAME).card["n_ratings"] == 8
    assert Recommender.fit(f"./{NAME}").card["n_ratings"] == 8


def test_a_name_that_is_not_downloaded_says_how(home: Path) -> None:
    for places in (("ml-32m",), ("ml-32m", "ml-32m")):
        with pytest.raises(DataError, match="ml-32m is not downloaded") as caught:
            Recommender.fit(*places)
        assert caught.value.cli_hint == "movierec download ml-32m"
        assert caught.value.hint == "download(...)"
    with pytest.raises(DataError, match=r"there is no file ml-33m$"):
        Recommender.fit("ml-33m")


def test_progress_tells_the_rate(fetch: Fetch, site: Site) -> None:
    site.faults = [Fault(cut=100_000), Fault(status=503)]
    stages: list[tuple[str, float]] = []
    fetch(progress=lambda stage, done: stages.append((stage, done)))
    said = "\n".join(stage for stage, _ in stages)
    assert re.search(rf"{ZIP}: 0\.\d of 0\.3 MB, \d+\.\d MB/s", said)
    assert f"{ZIP}: the server answers 503 Service Unavailable; trying again in 2 s" in said
    assert f"unpacking {ZIP}" in said
    assert all(0 <= done <= 1 for _, done in stages)


_faults = st.one_of(
    st.builds(Fault, cut=st.integers(0, len(GOOD)), ignores_range=st.booleans()),
    st.builds(Fault, cut=st.integers(0, len(GOOD)), ignores_version=st.just(True)),
    st.builds(Fault, shift=st.integers(1, len(GOOD)), cut=st.none() | st.integers(0, len(GOOD))),
    st.builds(Fault, status=st.sampled_from([404, 416, 429, 500, 503])),
    st.builds(Fault, is_chunked=st.just(True), cut=st.none() | st.integers(0, len(GOOD))),
    st.builds(Fault, cut=st.none(), headers=st.just({"ETag": "W/weak"})),
    st.builds(Fault, headers=st.sampled_from([{"Content-Length": "9"}, {"ETag": ""}])),
)
_calls = st.lists(st.tuples(st.booleans(), st.lists(_faults, max_size=4)), min_size=1, max_size=3)


@settings(
    max_examples=max(examples(1000) // 10, 30),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(calls=_calls, has_tags=st.booleans())
def test_whatever_a_server_does_a_data_set_is_right_or_not_there(
    fetch: Fetch,
    site: Site,
    tmp_path_factory: pytest.TempPathFactory,
    calls: list[tuple[bool, list[Fault]]],
    has_tags: bool,
) -> None:
    reset(site)
    site.has_tags = has_tags
    folder = tmp_path_factory.mktemp("any")
    other = zipped({f"{NAME}/{name}": data[::-1] for name, data in TABLES.items()})
    for is_other, faults in calls:
        published = other if is_other else GOOD
        site.publish(ZIP, published)
        site.faults[:] = faults
        try:
            place = fetch(folder=folder, unpack=False, force=True)
        except MovierecError:
            continue
        assert place.read_bytes() == published
        assert holds(folder, ZIP)
    site.publish(ZIP, GOOD)
    site.faults.clear()
    assert fetch(folder=folder, unpack=False, force=True, tries=2).read_bytes() == GOOD


def test_the_table_of_data_sets_is_complete() -> None:
    found = sets.public_sets()
    assert {"ml-latest-small", "ml-latest", "movietweetings"} <= set(found)
    assert {f"ml-{size}" for size in ("32m", "25m", "20m", "10m", "1m", "100k")} <= set(found)
    for name, public in found.items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert all(re.match(r"https://[\w.]+/\S+$", address) for address in public.addresses)
        assert public.md5 is None or re.fullmatch(r"[0-9a-f]{32}", public.md5)
        assert public.megabytes >= 1
        assert public.license.text
        assert public.citation
    assert [name for name, each in found.items() if each.is_zip and not each.md5] == [
        "ml-latest-small", "ml-latest",
    ]  # fmt: skip
