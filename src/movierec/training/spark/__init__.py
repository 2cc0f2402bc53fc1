"""The engine that works on a cluster by Spark."""
