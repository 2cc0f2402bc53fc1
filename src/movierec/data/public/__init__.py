"""Public data sets: what there is, and fetching them."""
