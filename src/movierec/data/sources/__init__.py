"""Where tables are, one file per kind of address."""
