"""From bytes to tables, one file per format."""
