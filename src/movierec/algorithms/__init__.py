"""The algorithms, one file each. They see matrices and indices, never titles, files or a screen."""
