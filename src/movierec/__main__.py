"""``python -m movierec`` is ``movierec``."""

from movierec.cli._main import main

main()
