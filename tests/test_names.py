from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from movierec.films import names

ARTICLES = ["The", "A", "An", "Le", "La", "Les", "Un", "Une", "El", "Los", "Las", "Il", "Lo", "I"]
ARTICLES += ["Der", "Die", "Das", "Det", "En", "L'", "L’", "Una"]
words = st.text(st.sampled_from("bcdfghkmnprstvwz"), min_size=2, max_size=8)
phrases = st.lists(words, min_size=1, max_size=5).map(" ".join)
years = st.integers(1880, 2099)
LOOSE_FORMS = ["matrix", "l'amour", "(a) b", "Ünïté, L'", "8½", "II", "..", "a.k.a. x", "&", " "]
any_text = st.text() | st.lists(st.sampled_from(LOOSE_FORMS)).map("".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amélie", "amelie"),
        ("LA HAINE", "la haine"),
        ("Straße", "strasse"),
        ("Rocky II", "rocky 2"),
        ("Alien³", "alien3"),
        ("Thelma & Louise", "thelma and louise"),
        ("Ocean’s Eleven", "oceans eleven"),
        ("Ocean's Eleven", "oceans eleven"),
        ("E.T.", "et"),
        ("L.A. Confidential", "la confidential"),
        ("S.W.A.T.", "swat"),
        ("WALL·E", "wall-e"),
        ("...And Justice for All", "and justice for all"),
        ("*batteries not included", "batteries not included"),
        ("Face/Off", "face off"),
        ("20,000 Leagues", "20 000 leagues"),
        ("Cry_Wolf", "cry wolf"),
        ("Babettes gæstebud", "Babettes gaestebud"),
        ("Grønne slagtere", "gronne slagtere"),
        ("battre mon cœur", "battre mon coeur"),
        ("¿Qué he hecho yo?", "que he hecho yo"),
        ("2006–2007", "2006-2007"),
        ("Ｔｈｅ Ｍａｔｒｉｘ", "the matrix"),
        ("ℌeat", "heat"),
        ("A ＆ B", "a and b"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert names.fold(one) == names.fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Alien", "Aliens"), ("Old Boy", "Oldboy"), ("V", "5"), ("It", "If"), ("?", "!")],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert names.fold(one) != names.fold(other)


@given(any_text)
def test_folding_twice_is_folding_once(text: str) -> None:
    """But for numerals that are letters too: which they are shows by the punctuation."""
    assume(not set("ivx") & set(names.fold(text).split()))
    assert names.fold(names.fold(text)) == names.fold(text)


@given(any_text)
def test_folded_text_is_words_with_single_blanks(text: str) -> None:
    assume(any(char.isascii() and char.isalnum() for char in text))
    folded = names.fold(text)
    assert folded
    assert folded == " ".join(folded.split())
    assert folded == folded.casefold()


@given(any_text)
def test_name_is_never_folded_away(text: str) -> None:
    assume(text.strip())
    assert names.fold(text)


@given(any_text)
def test_squeezed_text_has_no_blank_and_all_the_rest(text: str) -> None:
    folded = names.fold(text)
    assert names.squeeze(folded) == "".join(folded.split(" "))


@pytest.mark.parametrize(
    ("title", "name", "year"),
    [
        ("Heat (1995)", "Heat", 1995),
        ("Heat (1995) ", "Heat", 1995),
        ("Heat(1995)", "Heat", 1995),
        ("Heat", "Heat", None),
        ("(1995)", "(1995)", None),
        ("1984 (1984)", "1984", 1984),
        ("2012 (2009)", "2012", 2009),
        ("1984", "1984", None),
        ("1-900 (06) (1994)", "1-900 (06)", 1994),
        ("Desu nôto (2006–2007)", "Desu nôto", 2006),
        ("Desu nôto (2006-2007)", "Desu nôto", 2006),
        ("Cosmos (1980– )", "Cosmos", 1980),
        ("Heat (19950)", "Heat (19950)", None),
    ],
)
def test_year_in_parentheses_is_split_off(title: str, name: str, year: int | None) -> None:
    assert names.split_year(title) == (name, year)


@given(phrases, years)
def test_year_that_was_put_on_is_split_off(title: str, year: int) -> None:
    assert names.split_year(f"{title} ({year})") == (title, year)
    assert names.split_bare_year(f"{title} {year}") == (title, year)
    assert names.split_bare_year(f"{title}, {year}") == (title, year)


@pytest.mark.parametrize("title", ["1984", "Blade Runner 20490", "Heat", "300", ""])
def test_text_without_a_bare_year_stays(title: str) -> None:
    assert names.split_bare_year(title) == (title, None)


@given(phrases, st.sampled_from([*ARTICLES, "De"]))
def test_moved_article_comes_to_the_front(title: str, article: str) -> None:
    blank = "" if article.endswith(("'", "’")) else " "
    assert names.front_article(f"{title}, {article}") == f"{article}{blank}{title}"


@given(phrases, st.sampled_from(ARTICLES))
def test_article_in_front_can_be_dropped(title: str, article: str) -> None:
    blank = "" if article.endswith(("'", "’")) else " "
    assert names.drop_article(f"{article}{blank}{title}") == title


@pytest.mark.parametrize("title", ["The", "A", "Corrina, Corrina", "Theremin", "Lassie", "L'"])
def test_what_is_no_article_stays(title: str) -> None:
    assert names.front_article(title) == title
    assert names.drop_article(title) == title


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Heat", ["Heat"]),
        ("Matrix, The", ["The Matrix"]),
        ("Seven (a.k.a. Se7en)", ["Seven", "Se7en"]),
        ("Seven (aka Se7en)", ["Seven", "Se7en"]),
        ("Seven (A.K.A. Se7en)", ["Seven", "Se7en"]),
        ("Amelie (Fabuleux destin d'Amélie, Le)", ["Amelie", "Le Fabuleux destin d'Amélie"]),
        ("Avventura, L' (Adventure, The)", ["L'Avventura", "The Adventure"]),
        ("Thieves (a.k.a. The Thief) (a.k.a. Thief) (Ladri)", "Thieves|The Thief|Thief|Ladri"),
        ("(500) Days of Summer", ["(500) Days of Summer"]),
        ("[REC]² (Rec 2)", ["[REC]²", "Rec 2"]),
        ("Birdman: Or (The Virtue)", ["Birdman: Or", "The Virtue"]),
        ("Heat ()", ["Heat"]),
        ("", []),
    ],
)
def test_names_of_a_title_the_main_one_first(title: str, expected: list[str] | str) -> None:
    assert names.split_names(title) == (
        expected.split("|") if isinstance(expected, str) else expected
    )


@given(any_text)
def test_every_title_has_names_and_none_is_empty(title: str) -> None:
    found = names.split_names(title)
    assert all(found)
    assert bool(found) == bool(title.strip())


@given(any_text)
def test_no_text_is_too_odd(text: str) -> None:
    assert names.split_year(text)[0] in text
    assert names.split_bare_year(text)[0] in text
    assert names.drop_article(text) in text
    assert len(names.front_article(text)) <= len(text)
