"""Nearest neighbors of items, by the cosine similarity of their vectors.

The vector of an item is a row of a sparse matrix: its ratings, with one column for each user,
optionally followed by content features. On ratings alone, the cosine is that of Sarwar, Karypis,
Konstan and Riedl, "Item-based collaborative filtering recommendation algorithms" (WWW 2001),
section 3.1.1, over all users, with missing ratings as 0:
``similarity(i, j) = sum_u r_ui r_uj / (|r_i| |r_j|)``.

``top_k`` computes the table, and ``compare`` computes single rows that the table does not hold.
``blockwise`` multiplies sparse matrices, a block of items at a time, which is simple and fast
enough for small data. ``pairwise`` and ``parallel`` compute each pair once, in compiled loops on
all processors. Both methods produce the same table, to the bit.
"""
