"""Training: fitting a model on a data set."""
