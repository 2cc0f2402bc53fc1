"""The map of movies: layout, named regions, how true it is, and how it is stored and drawn."""
