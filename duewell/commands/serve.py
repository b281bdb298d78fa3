"""`duewell serve`: the pages and the jobs in one process."""

from pathlib import Path

import click


@click.command("serve")
@click.option("--no-jobs", is_flag=True, help="Only the pages; another process runs the jobs.")
@click.pass_obj
def command(config: Path | None, *, no_jobs: bool) -> None:
    """Run the pages, receive webhooks and do the daily jobs until interrupted."""
    import signal
    import threading

    from duewell.opening import opened
    from duewell.serving import Serving

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with opened(config) as house, Serving(house, jobs=not no_jobs):
        click.echo(f"Duewell is running at {house.settings.web.base_url}. Interrupt to stop.")
        stop.wait()
