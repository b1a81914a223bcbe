"""The reference page of Python versions, from the table that plans go by."""

from __future__ import annotations

from datetime import date

from webstead.plan.support import PythonSupport, support_table

__all__ = ["python_versions_page"]

_WORDS = (
    "`webstead plan` names the support that the chosen Python has, and warns when it is out of support, when "
    "its last security fixes come within half a year, when it is not released yet, and when a range such as "
    "`>=3.6,<3.9` leaves only versions out of support. `webstead check` has the rules "
    "[python-out-of-support](checks.md#python-out-of-support) and "
    "[python-support-ends](checks.md#python-support-ends). What a version's status is follows from the day "
    "on which the command runs.\n\n"
    "*Dates in italics* were scheduled when the table was last looked over. Security fixes come as source, "
    "without installers. The table is `src/webstead/plan/data/python-versions.toml`.\n\n"
)


def python_versions_page(made: str) -> str:
    table = support_table()
    rows = "".join(_row(support, table.looked_over) for support in reversed(table.versions))
    sources = " and ".join(f"<{source}>" for source in table.sources)
    return (
        "# Versions of Python\n\n"
        + made
        + f"As of {table.looked_over}, from {sources}.\n\n"
        + _WORDS
        + "| Python | Then | First release | Bug fixes until | Security fixes until |\n"
        + "| --- | --- | --- | --- | --- |\n"
        + rows
    )


def _row(support: PythonSupport, day: date) -> str:
    dates = (support.first_release, support.bugfix_end, support.end_of_life)
    cells = " | ".join(f"*{each}*" if each > day else str(each) for each in dates)
    return f"| {support.version} | {support.status(day)} | {cells} |\n"
