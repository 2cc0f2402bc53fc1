"""``python -m movierec`` is ``movierec``."""

from movierec.cli import main

main()
