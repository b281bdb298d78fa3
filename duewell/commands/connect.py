"""`duewell connect`: connect a company from the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.wiring import House

BUSINESS = click.option("--business", default="", help="Which business, by name or id, when there are several.")


@click.command("connect")
@click.argument("platform")
@BUSINESS
@click.option("--time-zone", default="", help="Where the platform does not tell it, like America/New_York.")
@click.option(
    "--own-reminders",
    type=click.Choice(["yes", "no", "unknown"]),
    default="unknown",
    show_default=True,
    help="Does the platform itself remind customers of this company?",
)
@click.option(
    "--reminder-days",
    default="",
    help="On which days it does, or did: days from the due date, before it with a minus, like -3,7,14.",
)
@click.option(
    "--others-post",
    type=click.Choice(["yes", "no", "unknown"]),
    default=None,
    help="Does another app enter Stripe payments into these books?",
)
@click.option(
    "--role",
    type=click.Choice(["books", "till", "both"]),
    default="both",
    show_default=True,
    help="Whether invoices are owed here (books), money is taken here (till), or both.",
)
@click.option("--client-credentials", is_flag=True, help="Xero: a custom connection; asks for its id and secret.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(
    config: Path | None, /, *, platform: str, business: str, client_credentials: bool, as_json: bool, **answers: str
) -> None:
    """Connect a company on PLATFORM (quickbooks, xero or stripe).

    QuickBooks and Xero: open the address that is shown, consent, and paste the address your browser ends at.
    Stripe: make a restricted key at the address that is shown, and paste it.
    """
    from duewell.opening import checked_answers, chosen, opened
    from duewell.say import answer
    from integrations.contract import Capability

    for name in ("reminder_days", "others_post"):  # not asked again: what was said before stays
        if not answers[name]:
            del answers[name]
    can = _capabilities(platform)
    if client_credentials and Capability.CLIENT_CREDENTIALS not in can:
        raise click.UsageError(f"--client-credentials is for Xero's custom connections, not for {platform}")
    checked_answers(answers)
    with opened(config) as house:
        owner = chosen(house, business)
        if Capability.API_KEY in can:
            labels = _with_key(house, owner.id, platform, answers)
        elif client_credentials:
            labels = _with_credentials(house, owner.id, platform, answers)
        else:
            labels = _with_consent(house, owner.id, platform, answers)
        answer({"connected": labels}, f"Connected: {', '.join(labels)}. Next: duewell sync", as_json=as_json)


def _capabilities(slug: str) -> frozenset[object]:
    from integrations.registry import platform, slugs

    if slug not in slugs():
        raise click.UsageError(f"there is no platform {slug!r}; there are {', '.join(slugs())}")
    return frozenset(platform(slug).capabilities)


def _with_consent(house: "House", business: str, platform: str, answers: dict[str, str]) -> tuple[str, ...]:
    from urllib.parse import parse_qsl, urlsplit

    from duewell.connecting import begin_connect, finish_connect

    click.echo(f"Open this address and consent:\n\n  {begin_connect(house, business, platform, answers)}\n", err=True)
    landed = click.prompt("The address your browser ended at", err=True)
    return finish_connect(house, platform, dict(parse_qsl(urlsplit(landed).query)))


def _with_key(house: "House", business: str, platform: str, answers: dict[str, str]) -> tuple[str, ...]:
    from duewell.connecting import Uncounted, connect_with_key
    from duewell.say import asked_secret
    from integrations.registry import platform as find

    wire = house.wire(platform, Uncounted())
    link = find(platform).authorize_url(wire, state="", redirect_uri="", challenge="")
    click.echo(f"Make a restricted key here; what it needs is ticked already:\n\n  {link}\n", err=True)
    fields = {"api_key": asked_secret("The key")}
    return connect_with_key(house, business, platform, fields=fields, answers=answers)


def _with_credentials(house: "House", business: str, platform: str, answers: dict[str, str]) -> tuple[str, ...]:
    from duewell.connecting import connect_with_key
    from duewell.say import asked_secret

    fields = {
        "client_id": click.prompt("Client id", err=True).strip(),
        "client_secret": asked_secret("Client secret"),
        "webhook_key": asked_secret("Webhooks key, if any", optional=True),
    }
    return connect_with_key(house, business, platform, fields=fields, answers=answers)
