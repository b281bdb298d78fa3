"""Progress bars for what takes long, in the trade's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from duewell.say import console
from receivables.page import Page
from storage.pages import Saved
from sync.pull import Progress as Told

WORDS = {"invoicepayments": "payments", "creditmemos": "credit memos", "creditnotes": "credit notes"}


@contextmanager
def reading(label: str, *, quiet: bool = False) -> Iterator[Told | None]:
    """A bar per stream while a connection is read; nothing when quiet."""
    if quiet:
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, int] = {}

        def told(page: Page, _: Saved) -> None:
            name = page.stream or "records"
            if name not in tasks:
                words = WORDS.get(name.lower().replace("_", ""), name.replace("_", " "))
                tasks[name] = int(bars.add_task(f"{label}: {words}", total=page.expected))
            bars.update(tasks[name], advance=len(page.records), total=page.expected)  # type: ignore[arg-type]

        yield told
