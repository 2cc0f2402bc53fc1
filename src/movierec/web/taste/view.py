"""What the address of the taste page says: whose page it is, and what limits the list."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

from flask import url_for

from movierec.errors import UsageError
from movierec.web import parameters
from movierec.web.filters import ListFilter

Who = Literal["you", "guest", "both"]
Show = Literal["rate", "picks"]
WATCHLIST = "watchlist"


class View(NamedTuple):
    """What the address says.

    Attributes
    ----------
    who : {"you", "guest", "both"}
        Whose page it is.
    show : {"rate", "picks"} or None
        Whether movies to rate or to watch come first. None leaves it to the number of ratings.
    only_wanted : bool
        Whether only the watchlist is ranked.
    limits : ListFilter
    """

    who: Who
    show: Show | None
    only_wanted: bool
    limits: ListFilter

    @classmethod
    def read(cls) -> View:
        """Return the view in the address of the request.

        Raises
        ------
        UsageError
            If a value is not valid.
        """
        who, show = _one_of("who", get_args(Who)), _one_of("show", get_args(Show))
        only_wanted = _one_of("list", (WATCHLIST,)) is not None
        return cls(who or "you", show, only_wanted, ListFilter.read())

    def address(self, **changes: Any) -> str:
        """Return the address of this view with some values changed.

        Parameters
        ----------
        **changes : str or None
            Values by their name in the address.
        """
        values: dict[str, Any] = {
            "who": self.who,
            "show": self.show,
            "list": WATCHLIST if self.only_wanted else None,
            **self.limits.values(),
        }
        values |= changes
        values["who"] = None if values["who"] == "you" else values["who"]
        return url_for("pages.taste", **values)


def _one_of(name: str, allowed: tuple[Any, ...]) -> Any:
    given = parameters.text(name)
    if given is not None and given not in allowed:
        raise UsageError(f"{name} is none of {', '.join(allowed)}")
    return given
