"""Movies: catalog, titles, search, and content features."""
