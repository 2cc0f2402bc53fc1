"""A figure that a notebook shows, whether or not matplotlib was set up for notebooks.

The module needs matplotlib, so it is imported where a figure is made.
"""

from __future__ import annotations

from io import BytesIO

from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: TID253
from matplotlib.figure import Figure  # noqa: TID253

_DPI = 100  # of the picture in a notebook


class NotebookFigure(Figure):
    """A figure of its own: pyplot does not know it, so nobody must close it."""

    def __init__(self, inches: tuple[float, float], ground: str = "white") -> None:
        super().__init__(figsize=inches, layout="constrained", facecolor=ground)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        picture = BytesIO()
        self.savefig(picture, format="png", dpi=_DPI)
        return picture.getvalue()
