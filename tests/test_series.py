from __future__ import annotations

import pytest

from movierec.films.series import series_keys


def shared(*titles: str) -> set[str]:
    """Return the keys that all of some titles have."""
    return set.intersection(*map(set, series_keys(titles)))


@pytest.mark.parametrize(
    ("titles", "key"),
    [
        (("Toy Story (1995)", "Toy Story 2 (1999)"), "toy story"),
        (("Rocky II (1979)", "Rocky V (1990)"), "rocky"),
        (("Alien (1979)", "Alien: Resurrection (1997)"), "alien"),
        (("Alien (1979)", "Aliens (1986)"), "alien"),
        (("Godfather, The (1972)", "Godfather: Part III, The (1990)"), "godfather"),
        (("Star Wars: Episode IV - A New Hope (1977)", "Star Wars: Episode V (1980)"), "star war"),
        (("Ocean's Eleven (2001)", "Ocean's Twelve (2004)"), "ocean"),
        (("First Blood (1982)", "Rambo: First Blood Part II (1985)"), "first blood"),
        (("Bourne Identity, The (2002)", "Bourne Supremacy, The (2004)"), "bourne "),
        (
            (
                "Harry Potter and the Goblet of Fire (2005)",
                "Harry Potter and the Order (2007)",
            ),
            "harry potter",
        ),
        (("Léon (a.k.a. The Professional) (1994)", "Professional 2 (1999)"), "professional"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_films_of_a_series_share_a_key(titles: tuple[str, str], key: str) -> None:
    others = ("Heat (1995)", "Casablanca (1942)")
    first, second, *rest = series_keys([*titles, *others])
    assert key in set(first) & set(second)
    assert not any(key in keys for keys in rest)


def test_films_of_no_series_share_nothing() -> None:
    assert not shared("Heat (1995)", "Casablanca (1942)")
    assert not shared("The Sting (1973)", "The Thing (1982)")


def test_article_alone_and_number_alone_stay_a_title() -> None:
    assert series_keys(["A (1964)", "9 (2009)", "1984 (1984)"])[1] == {"9": 1.0}
    assert all(series_keys(["", "(1999)", "The"]))


def test_one_word_of_a_longer_title_counts_half() -> None:
    titles = ["Seven (1995)", "Seven Samurai (1954)", "Alien (1979)", "Alien: Covenant (2017)"]
    seven, samurai, alien, covenant = series_keys(titles)
    assert (seven["seven"], samurai["seven"], samurai["samurai "]) == (1.0, 0.5, 0.5)
    assert (alien["alien"], covenant["alien"]) == (1.0, 1.0)  # what follows is a subtitle


def test_keys_do_not_depend_on_the_order_of_the_films() -> None:
    titles = ["Alien (1979)", "Aliens (1986)", "Alien: Resurrection (1997)", "Big Fish (2003)"]
    assert series_keys(titles[::-1])[::-1] == series_keys(titles)
