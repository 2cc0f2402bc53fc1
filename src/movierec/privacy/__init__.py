"""Differential privacy: what a fit with ``--epsilon`` takes of people's ratings."""
