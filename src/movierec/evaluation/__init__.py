"""Measuring recommendations: what is held back, what is ranked, how good that is.

``splitting``: training and test; ``metrics``: how good ranked lists are; ``runs``: algorithms side
by side.
"""
