"""`duewell demo`: the whole story on this machine."""

import click


@click.command("demo")
@click.option("--once", is_flag=True, help="Tell the story and end.")
@click.option("--seed", default=1, show_default=True, help="Another seed, other companies.")
@click.option("--customers", default=40, show_default=True, type=click.IntRange(5, 2000), help="In each big company.")
@click.option("--invoices", default=240, show_default=True, type=click.IntRange(30, 50_000), help="In each of them.")
def command(*, once: bool, seed: int, customers: int, invoices: int) -> None:
    """Start three local platforms, connect them, read, compare, plan, send, and see the reminders stop.

    Nothing leaves this machine: the platforms and the mailbox are part of the demo.
    """
    import signal
    import threading

    from duewell.say import console
    from duewell.story.stage import Disappointed, set_up
    from duewell.story.telling import tell
    from sandbox.server import Setup

    console.print(
        "[bold]Duewell[/bold] gets invoices paid, kindly. Everything below happens for real, on this machine."
    )
    with set_up(Setup(seed=seed, customers=customers, invoices=invoices)) as stage:
        try:
            tell(stage)
        except Disappointed as error:
            console.print(f"\n[bold red]The story broke:[/bold red] {error}")
            raise SystemExit(1) from None
        console.print(f"\nLook around: {stage.url}   password: {stage.password} (no e-mail address)", markup=False)
        if once:
            return
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        stage.serving.start_jobs()
        console.print("Interrupt to end; nothing is left behind.")
        stop.wait()
