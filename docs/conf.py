"""How Sphinx builds the documentation: sphinx-build -W docs build/docs."""

from movierec import __version__

project = "movierec"
release = version = __version__
language = "en"

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc"]
exclude_patterns = ["build"]

# Every reference must lead somewhere, except to the libraries that types come from: looking those
# up would need a network.
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(numpy|np|npt|pandas|pd|scipy|polars|pyarrow|narwhals|flask)\b.*")
]
# The default of a dataclass field that is a function, which numpydoc takes for a method.
nitpick_ignore = [("py:obj", "progress")]

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say them, with shapes and units
numpydoc_show_class_members = False  # autodoc lists them
numpydoc_class_members_toctree = False

myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

html_theme = "furo"
html_title = f"movierec {release}"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
