"""Drawing tables: needs rich, which the cluster's Python lacks."""

from rich.console import Console
from rich.table import Table


def draw(rows):
    """A table as plain text."""
    table = Table("month", "mm", title="Rain")
    for month, mm in rows:
        table.add_row(month, f"{mm:.1f}")
    console = Console(width=30, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get()
