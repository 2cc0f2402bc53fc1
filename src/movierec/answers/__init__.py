"""Answers: lists of similar movies, recommendations, and explanations."""
