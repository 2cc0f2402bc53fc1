"""Measuring recommendations: what is held back, what is ranked, how good the ranking is.

``compare`` is what `movierec evaluate` does. ``tasks`` makes training and test rows, by
``splitting``; ``metrics`` measure ranked lists; ``runs`` fits algorithms and ranks; ``tuning``
chooses parameters; ``plot`` draws the results.
"""
