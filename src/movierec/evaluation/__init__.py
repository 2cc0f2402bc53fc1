"""Measuring recommendations: what is held back, what is ranked, how good that is.

``splitting``: training and test; ``films``: what the films are; ``metrics``: how good ranked lists
are; ``runs``: algorithms side by side; ``tuning``: choosing parameters; ``plot``: a picture of it.
"""
