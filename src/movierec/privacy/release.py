"""All that a differentially private fit learns from ratings: noisy sums.

docs/differential-privacy.md proves what they guarantee. Whatever is made of them guarantees it too.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from movierec.privacy.accounting import rho_for, sigma_for
from movierec.privacy.noise import DiscreteGaussian, RandomBytes
from movierec.privacy.terms import Terms

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

I64 = npt.NDArray[np.int64]

MOST_RATINGS = 100  # of a person that count
MOST_ITEMS = 2000  # that are compared; their sums and the work on them take 200 MB

# Shares of rho. docs/differential-privacy.md shows what was tried.
_FOR_PEOPLE, _FOR_COUNTS, _FOR_SUMS, _FOR_PRODUCTS = 0.02, 0.15, 0.08, 0.75
_UNITS = 18  # of a rating, in half of the scale: half stars from 0.5 to 5 are whole numbers
_LEAST, _LONGEST = 24, 128  # lengths of a person's vector
_LARGEST_SIGMA = 1 << 16  # of products, while the length allows; its table takes two seconds
_CERTAIN = 3.5  # standard deviations of a count from which a movie is compared
_OPINION = 0.5  # how much a rating far from the person's mean changes the weight of having rated
_SPREAD = 0.2  # of the means of movies, in half of the scale
_BELOW = 1 - 1e-9  # so that rounding makes no vector too long
_AT_ONCE = 1 << 14  # people


class Noise(NamedTuple):
    """The standard deviations of the noise, and the length of the vector of a person."""

    people: int
    counts: int
    sums: int
    products: int
    length: int

    @classmethod
    def of(cls, terms: Terms) -> Noise:
        """Divide a budget among the sums.

        Parameters
        ----------
        terms : Terms
        """
        rho = rho_for(terms.epsilon, terms.delta)
        length = int(np.sqrt(_LARGEST_SIGMA * 2 * np.sqrt(_FOR_PRODUCTS * rho)))
        length = min(max(length, _LEAST), _LONGEST)
        return cls(
            sigma_for(1, _FOR_PEOPLE * rho),
            sigma_for(MOST_RATINGS, _FOR_COUNTS * rho),
            sigma_for(MOST_RATINGS * _UNITS**2, _FOR_SUMS * rho),
            sigma_for(length**4 * (1 - 1 / MOST_RATINGS) / 2, _FOR_PRODUCTS * rho),
            length,
        )


class PrivateSums(NamedTuple):
    """Noisy sums over people.

    Attributes
    ----------
    n_people : int
        At least 1.
    n_ratings : ndarray of shape (n_items,), int32
        Of at most 100 ratings of each person; 0 where the noise hides the count.
    mean_ratings : ndarray of shape (n_items,), float64
    items : ndarray of shape (n_compared,), int32, ascending
        The items with the highest counts.
    products : ndarray of shape (n_compared, n_compared), float64
        Symmetric, with zeros on the diagonal: for each two items, the sum of the products of their
        weights in the vectors of people, all of whose lengths are 1, and noise.
    noise : float
        The standard deviation of the noise in `products`.
    """

    n_people: int
    n_ratings: npt.NDArray[np.int32]
    mean_ratings: npt.NDArray[np.float64]
    items: npt.NDArray[np.int32]
    products: npt.NDArray[np.float64]
    noise: float

    @property
    def fingerprint(self) -> str:
        """A SHA-256 that differs between two fits."""
        digest = hashlib.sha256(np.int64(self.n_people).tobytes())
        for array in (self.n_ratings, self.mean_ratings, self.products):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def release(user_items: csr_matrix, terms: Terms, random: RandomBytes = os.urandom) -> PrivateSums:
    """Sum ratings with noise, so that a person more or less makes little difference.

    Parameters
    ----------
    user_items : scipy.sparse.csr_matrix of shape (n_users, n_items), float32
        Every stored value is a rating. The columns are public.
    terms : Terms
    random : callable
        Anything but the default destroys the guarantee; only tests pass it.
    """
    noise = Noise.of(terms)
    n_people, counts, sums = sums_of_items(at_most(user_items, MOST_RATINGS, random), terms)
    n_people += int(DiscreteGaussian(noise.people).sample(1, random)[0])
    counts += DiscreteGaussian(noise.counts).sample(len(counts), random)
    sums += DiscreteGaussian(noise.sums).sample(len(sums), random)
    counts[counts < _CERTAIN * noise.counts] = 0
    most_rated = np.argsort(-counts, kind="stable")[:MOST_ITEMS]
    items = np.sort(most_rated[counts[most_rated] > 0]).astype(np.int32)
    compared = at_most(user_items[:, items], MOST_RATINGS, random)
    products = sums_of_products(compared, terms, noise.length).astype(np.float64)
    _add_symmetric(products, DiscreteGaussian(noise.products), random)
    return PrivateSums(
        max(n_people, 1),
        counts.astype(np.int32),
        _means(counts, sums, terms, noise),
        items,
        products / noise.length**2,
        noise.products / noise.length**2,
    )


def at_most(user_items: csr_matrix, most: int, random: RandomBytes) -> csr_matrix:
    """Return at most so many ratings of each person, chosen at random.

    Parameters
    ----------
    user_items : scipy.sparse.csr_matrix of shape (n_users, n_items)
    most : int
    random : callable
    """
    from scipy.sparse import csr_matrix

    counts = np.diff(user_items.indptr)
    users = np.repeat(np.arange(len(counts)), counts)
    keys = np.frombuffer(random(8 * user_items.nnz), np.uint64)
    ranks = np.arange(user_items.nnz) - user_items.indptr[users]
    kept = np.sort(np.lexsort((keys, users))[ranks < most])
    indptr = np.concatenate([[0], np.cumsum(np.minimum(counts, most))])
    parts = (user_items.data[kept], user_items.indices[kept], indptr)
    return csr_matrix(parts, shape=user_items.shape)


def sums_of_items(user_items: csr_matrix, terms: Terms) -> tuple[int, I64, I64]:
    """Return the number of people, and of each item the number and the sum of its ratings.

    Parameters
    ----------
    user_items : scipy.sparse.csr_matrix of shape (n_users, n_items)
    terms : Terms

    Returns
    -------
    n_people : int
    counts : ndarray of shape (n_items,), int64
    sums : ndarray of shape (n_items,), int64
        The middle of the scale is 0, and its ends are -18 and 18.
    """
    ratings = _clipped(user_items, terms)
    units = np.rint((ratings - terms.middle) / terms.half * _UNITS)
    units = np.clip(units, -_UNITS, _UNITS)
    n_items = user_items.shape[1]
    sums = np.bincount(user_items.indices, units, n_items)
    counts = np.bincount(user_items.indices, minlength=n_items)
    n_people = np.count_nonzero(np.diff(user_items.indptr))
    return int(n_people), counts.astype(np.int64), sums.astype(np.int64)


def sums_of_products(user_items: csr_matrix, terms: Terms, length: int) -> I64:
    """Return the sum over people of the products of the weights of each two items.

    Parameters
    ----------
    user_items : scipy.sparse.csr_matrix of shape (n_users, n_items)
    terms : Terms
    length : int
        As in :func:`people_vectors`.

    Returns
    -------
    ndarray of shape (n_items, n_items), int64
        Symmetric, with zeros on the diagonal.
    """
    vectors = people_vectors(user_items, terms, length)
    sums = np.zeros((user_items.shape[1],) * 2, np.int64)
    for start in range(0, vectors.shape[0], _AT_ONCE):
        part = vectors[start : start + _AT_ONCE]
        sums += (part.T @ part).toarray()
    np.fill_diagonal(sums, 0)
    return sums


def people_vectors(user_items: csr_matrix, terms: Terms, length: int) -> csr_matrix:
    """Return a vector for each person, of whole numbers and no longer than a length.

    The weight of a rating is 1 for one at the person's mean, and from 1/2 to 3/2 for others; then
    the vector is brought to the length, and rounded towards zero.

    Parameters
    ----------
    user_items : scipy.sparse.csr_matrix of shape (n_users, n_items)
    terms : Terms
    length : int

    Returns
    -------
    scipy.sparse.csr_matrix of shape (n_users, n_items), int64
    """
    from scipy.sparse import csr_matrix

    counts = np.diff(user_items.indptr)
    users = np.repeat(np.arange(len(counts)), counts)
    ratings = _clipped(user_items, terms)
    means = np.bincount(users, ratings, len(counts)) / np.maximum(counts, 1)
    weights = 1 + _OPINION * np.clip((ratings - means[users]) / terms.half, -1, 1)
    norms = np.sqrt(np.bincount(users, weights**2, len(counts)))
    whole = np.floor(weights * (_BELOW * length / norms[users])).astype(np.int64)
    return csr_matrix((whole, user_items.indices, user_items.indptr), shape=user_items.shape)


def _clipped(user_items: csr_matrix, terms: Terms) -> npt.NDArray[np.float64]:
    return np.clip(user_items.data.astype(np.float64), *terms.scale)


def _add_symmetric(
    products: npt.NDArray[np.float64], noise: DiscreteGaussian, random: RandomBytes
) -> None:
    """Add noise to both entries of each two items."""
    first, second = np.triu_indices(len(products), 1)
    drawn = noise.sample(len(first), random)
    products[first, second] += drawn
    products[second, first] += drawn


def _means(counts: I64, sums: I64, terms: Terms, noise: Noise) -> npt.NDArray[np.float64]:
    """Return means of ratings, drawn to the mean of all as far as the noise may have moved them."""
    known = counts > 0
    all_ratings = counts.sum()
    usual = np.clip(sums[known].sum() / max(all_ratings, 1) / _UNITS, -1, 1)
    errors = noise.sums / _UNITS / np.maximum(counts, 1)
    trust = _SPREAD**2 / (_SPREAD**2 + errors**2)
    found = usual + trust * (sums / _UNITS / np.maximum(counts, 1) - usual)
    return np.where(known, terms.middle + terms.half * np.clip(found, -1, 1), 0.0)
