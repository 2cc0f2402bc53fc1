"""Print the outcome of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from movierec._util import pluralize
from movierec.cli._app import say
from movierec.cli._options import OutputOptions
from movierec.cli._output import Column, Format, print_list
from movierec.errors import UsageError
from movierec.evaluation.names import METRIC_NAMES
from movierec.evaluation.trials import in_words

if TYPE_CHECKING:
    from movierec import Evaluation, RatingEvaluation, Study


class Shown(NamedTuple):
    """What is shown and written beside the table.

    Attributes
    ----------
    by : str, optional
        See :meth:`movierec.Evaluation.by`.
    pairs : bool
    metric : str
        Of the groups and pairs.
    output_users, output_lists, table, report, plot : Path, optional
    """

    by: Any
    pairs: bool
    metric: str
    output_users: Path | None
    output_lists: Path | None
    table: Path | None
    report: Path | None
    plot: Path | None

    def refuse_bad(self) -> None:
        """Raise an error if something cannot be shown or written, before any work.

        Raises
        ------
        UsageError
            If a metric says nothing about the groups, an extension is unknown, or a package is
            missing.
        OutputError
            If a folder is missing or not writable.
        """
        from movierec.evaluation.frames import refuse_bad_frame
        from movierec.evaluation.plot import refuse_bad_plot
        from movierec.evaluation.report import refuse_bad_report
        from movierec.evaluation.tables import refuse_bad_tables

        if self.by == "fame" and self.metric == "novelty":
            raise UsageError("novelty says nothing about movies to be found", "leave out --by fame")
        if self.plot is not None:
            refuse_bad_plot(self.plot)
        if self.table is not None:
            refuse_bad_tables(self.table)
        if self.report is not None:
            refuse_bad_report(self.report)
        for path, is_lists in ((self.output_users, False), (self.output_lists, True)):
            if path is not None:
                refuse_bad_frame(path, is_lists=is_lists)

    def add_to(self, document: dict[str, Any], found: Evaluation | RatingEvaluation) -> None:
        """Add the differences of the pairs, and the groups, to what is printed."""
        if self.pairs:
            document["pairs"] = [dict(pair) for pair in found.pairs(self.metric)]
        if self.by is not None:
            document["groups"] = found.by(self.by, self.metric).to_dict("records")

    def write(self, found: Evaluation | RatingEvaluation) -> None:
        """Write files; after printing, so that a full disk does not cost the result."""
        from movierec import Evaluation
        from movierec.evaluation.plot import save
        from movierec.evaluation.report import write_report
        from movierec.evaluation.tables import write_tables

        if self.output_users is not None:
            found.write_users(self.output_users)
        if self.output_lists is not None and isinstance(found, Evaluation):
            found.write_lists(self.output_lists)
        if self.table is not None:
            write_tables({"": found}, self.table)
        if self.report is not None:
            write_report(self.report, found.to_html(by=[self.by] if self.by else []))
        if self.plot is not None:
            save(found.plot(), self.plot)


def print_evaluation(
    found: Evaluation | RatingEvaluation, output: OutputOptions, shown: Shown
) -> None:
    """Print tables on stdout and notes on stderr, and write files."""
    document = found.to_dict()
    shown.add_to(document, found)
    print_list(output, _rows(found), _columns(found), title=_title(found), document=document)
    if output.format in (Format.TABLE, Format.MD):
        _print_more(document, output, shown)
    _say_notes(found)
    shown.write(found)


def print_study(found: Study, output: OutputOptions) -> None:
    """Print a table for each data set, or one document or list of all."""
    if output.format in (Format.TABLE, Format.MD):
        for name, each in found.evaluations.items():
            title = f"{name}: {each.protocol['users']:,} users"
            print_list(output, _rows(each), _columns(each), title=title, document=None)
            document: Mapping[str, Any] = each.to_dict()
            _print_tuning(document["results"], output)
            _say_notes(each)
        return
    rows = [
        {"data": name, **row} for name, each in found.evaluations.items() for row in _rows(each)
    ]
    first = next(iter(found.evaluations.values()))
    print_list(output, rows, _columns(first), title=found.title, document=found.to_dict())


def _print_more(document: dict[str, Any], output: OutputOptions, shown: Shown) -> None:
    name = METRIC_NAMES[shown.metric]
    if shown.pairs:
        title = f"Differences in {name}, over people"
        print_list(output, document["pairs"], _PAIR_COLUMNS, title=title, document=None)
    if shown.by is not None:
        figure = _figure(name, shown.metric)
        columns = (*_GROUP_COLUMNS[:3], figure, *_GROUP_COLUMNS[3:])
        print_list(output, document["groups"], columns, title=f"By {shown.by}", document=None)
    _print_tuning(document["results"], output)


def _print_tuning(results: Sequence[Mapping[str, Any]], output: OutputOptions) -> None:
    """Print how the parameters of each run were chosen, if they were."""
    runs = {each["algorithm"]: each.get("runs", [each]) for each in results}
    rows = [
        {"algorithm": name, "run": number, **run["tuning"]}
        for name, own in runs.items()
        for number, run in enumerate(own, 1)
        if run["tuning"]
    ]
    if not rows:
        return
    several = any(row["run"] > 1 for row in rows)
    columns = (_NAME, *([_figure("run", "run", 0)] if several else []), *_TUNING_COLUMNS)
    print_list(output, rows, columns, title="Tuned on training ratings", document=None)


def _title(found: Evaluation | RatingEvaluation) -> str:
    users = f"{found.protocol['users']:,} users"
    if found.METRIC == "rmse":
        return f"Predicted ratings of {users}"
    lengths = "/".join(str(k) for k in dict.fromkeys(result.k for result in found.results))
    return f"Lists of {lengths} for {users}"


def _columns(found: Evaluation | RatingEvaluation) -> Sequence[Column]:
    if found.METRIC == "rmse":
        return _RATING_COLUMNS
    several = len({result.k for result in found.results}) > 1
    return (_NAME, _K, *_COLUMNS[1:]) if several else _COLUMNS


def _rows(found: Evaluation | RatingEvaluation) -> Sequence[dict[str, Any]]:
    if found.METRIC == "rmse":
        return cast("list[dict[str, Any]]", found.to_frame().to_dict("records"))
    times = ("fit_seconds", "fit_cpu_seconds", "query_seconds")
    return [
        {"algorithm": result.algorithm, "k": result.k, **result.metrics}
        | {name: getattr(result, name) for name in times}
        | {"ndcg_interval": result.intervals["ndcg"], "versus_best": result.versus_best}
        for result in found.results
    ]


def _say_notes(found: Evaluation | RatingEvaluation) -> None:
    if any(len(result.runs) > 1 for result in found.results):
        _say_repeats(found)
    if "held_out" in found.protocol:
        _say_order(found.protocol)
    if found.new_users:
        _say_new_users(found.new_users)
    for note in found.notes:
        say(note)


def _say_repeats(found: Evaluation | RatingEvaluation) -> None:
    n_runs = max(len(result.runs) for result in found.results)
    once = [result.algorithm for result in found.results if len(result.runs) < n_runs]
    once = list(dict.fromkeys(once))
    said = f"; no seed changes {', '.join(once)}, which ran once" if once else ""
    say(f"means of {n_runs} runs{said}")


def _say_order(protocol: Mapping[str, Any]) -> None:
    if protocol["held_out"] == "random":
        say("a random rating of each user was held out, because times are missing or equal")
        return
    ratings, held_out = protocol["tied_ratings"], protocol["tied_held_out"]
    say(
        f"{ratings:.1%} of the ratings have the same time as another by the same user; for "
        f"{held_out:.1%} of the users, the held-out one was drawn from such a tie"
    )


def _say_new_users(new: Mapping[str, Any]) -> None:
    people = pluralize(new["users"], "user")
    ndcg, hit_rate = (new["metrics"][name] for name in ("ndcg", "hit_rate"))
    say(
        f"{people} without training rows, not counted above, get popular movies: "
        f"nDCG {ndcg:.4f}, hit rate {hit_rate:.4f}"
    )


def _figure(header: str, name: str, digits: int = 4, *, drops: int = 0) -> Column:
    def text(row: Any) -> str:
        value = row.get(name)
        return "" if value is None else f"{value:.{digits}f}"

    return Column(header, text, is_number=True, drops=drops)


def _interval(row: Any) -> str:
    low, high = row["ndcg_interval"]
    return f"{low:.3f}-{high:.3f}"


_NAME = Column("algorithm", lambda row: row["algorithm"], "bold")
_SECONDS = (
    _figure("fit s", "fit_seconds", 2),
    _figure("CPU s", "fit_cpu_seconds", 2),
    _figure("query s", "query_seconds", 2, drops=1),
)
_K = _figure("k", "k", 0)
_COLUMNS = (
    _NAME,
    _figure("hit rate", "hit_rate"),
    _figure("precision", "precision", drops=2),
    _figure("recall", "recall", drops=3),
    _figure("nDCG", "ndcg"),
    Column("95 %", _interval, "dim", is_number=True),
    Column("lead", lambda row: row["versus_best"], drops=1),
    _figure("MRR", "mrr", drops=4),
    _figure("MAP", "map", drops=5),
    _figure("coverage", "coverage", 3),
    _figure("novelty", "novelty", 2, drops=6),
    _figure("popularity", "popularity_bias", 2, drops=7),
    _figure("gap", "ndcg_gap", 3, drops=8),
    _figure("Gini", "gini", 3, drops=10),
    _figure("serendipity", "serendipity", drops=11),
    _figure("diversity", "diversity", 3, drops=12),
    _figure("miscalibration", "miscalibration", 3, drops=13),
    *_SECONDS,
)
_RATING_COLUMNS = (
    _NAME,
    _figure("RMSE", "rmse"),
    Column(
        "95 %", lambda row: f"{row['rmse_low']:.4f}-{row['rmse_high']:.4f}", "dim", is_number=True
    ),
    Column("lead", lambda row: row["versus_best"]),
    _figure("MAE", "mae"),
    *_SECONDS,
)
_PAIR_COLUMNS = (
    Column("better", lambda row: row["first"], "bold"),
    Column("than", lambda row: row["second"]),
    _figure("by", "difference"),
    Column("95 %", lambda row: f"{row['low']:.4f} to {row['high']:.4f}", is_number=True),
    _figure("p", "p_holm", 4),
    Column("", lambda row: "clear" if row["is_clear"] else "not clear"),
    Column("runs ahead", lambda row: f"{row['runs_ahead']}/{row['n_runs']}", is_number=True),
)
_TUNING_COLUMNS = (
    _figure("trials", "trials", 0),
    Column("measure", lambda row: METRIC_NAMES[row["metric"]]),
    _figure("start", "start"),
    _figure("chosen", "validation"),
    Column("parameters", lambda row: in_words(row["parameters"]), wraps=True),
)
_GROUP_COLUMNS = (
    Column("group", lambda row: row["group"]),
    _figure("users", "users", 0),
    Column("algorithm", lambda row: row["algorithm"], "bold"),
    Column("95 %", lambda row: f"{row['low']:.3f}-{row['high']:.3f}", "dim", is_number=True),
    Column("lead", lambda row: row["versus_best"]),
)
