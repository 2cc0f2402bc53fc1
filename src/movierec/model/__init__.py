"""A fitted model and its parts."""
