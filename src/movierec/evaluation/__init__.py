"""Evaluation of recommendations on held-out ratings.

``evaluate`` is the entry point, which `movierec evaluate` calls, and ``outcome`` what it returns.
``protocol`` says how ratings are split and has the presets of papers; ``splits`` and ``tasks`` make
training and test rows, ``rounds`` one split for each seed and fold. ``compare`` runs algorithms on
them; ``runs`` fits one and ranks items, ``others`` reads the lists of other systems. ``scoring``
measures lists by ``metrics`` and ``beyond``; ``certainty`` and ``groups`` compare the results.
``tuning`` chooses parameters, by the methods of ``search``; ``trials`` measures and keeps what they
try. ``frames`` makes tables and files, and ``plot`` draws. ``studies``
runs what a file describes, ``kept`` keeps lists of interrupted work, and ``report`` and ``tables``
write results for readers.
"""
