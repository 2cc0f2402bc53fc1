"""Evaluation of recommendations on held-out ratings.

``compare`` is the entry point, which `movierec evaluate` calls. ``tasks`` splits ratings into
training and test rows, by the rules in ``movierec.data.splitting``. ``runs`` fits algorithms and
ranks items, ``metrics`` measures the ranked lists, ``tuning`` chooses parameters, and ``plot``
draws results.
"""
