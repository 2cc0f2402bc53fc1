"""Neural networks over sequences of items: trained by JAX, answered by NumPy."""
