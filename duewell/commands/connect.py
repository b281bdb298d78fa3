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
@click.option("--own-reminders", type=click.Choice(["yes", "no", "unknown"]), default="unknown", show_default=True)
@click.option("--role", type=click.Choice(["books", "till", "both"]), default="both", show_default=True)
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
    from duewell.opening import chosen, opened
    from duewell.say import answer
    from integrations.contract import Capability
    from integrations.registry import platform as find

    with opened(config) as house:
        owner = chosen(house, business)
        if Capability.API_KEY in find(platform).capabilities:
            labels = _with_key(house, owner.id, platform, answers)
        elif client_credentials:
            labels = _with_credentials(house, owner.id, platform, answers)
        else:
            labels = _with_consent(house, owner.id, platform, answers)
        answer({"connected": labels}, f"Connected: {', '.join(labels)}. Next: duewell sync", as_json=as_json)


def _with_consent(house: "House", business: str, platform: str, answers: dict[str, str]) -> tuple[str, ...]:
    from urllib.parse import parse_qsl, urlsplit

    from duewell.connecting import begin_connect, finish_connect

    click.echo(f"Open this address and consent:\n\n  {begin_connect(house, business, platform, answers)}\n", err=True)
    landed = click.prompt("The address your browser ended at", err=True)
    return finish_connect(house, platform, dict(parse_qsl(urlsplit(landed).query)))


def _with_key(house: "House", business: str, platform: str, answers: dict[str, str]) -> tuple[str, ...]:
    from duewell.connecting import Uncounted, connect_with_key
    from integrations.registry import platform as find

    wire = house.wire(platform, Uncounted())
    link = find(platform).authorize_url(wire, state="", redirect_uri="", challenge="")
    click.echo(f"Make a restricted key here; what it needs is ticked already:\n\n  {link}\n", err=True)
    fields = {"api_key": click.prompt("The key", hide_input=True, err=True).strip()}
    return connect_with_key(house, business, platform, fields=fields, answers=answers)


def _with_credentials(house: "House", business: str, platform: str, answers: dict[str, str]) -> tuple[str, ...]:
    from duewell.connecting import connect_with_key

    fields = {
        "client_id": click.prompt("Client id", err=True).strip(),
        "client_secret": click.prompt("Client secret", hide_input=True, err=True).strip(),
        "webhook_key": click.prompt("Webhooks key, if any", hide_input=True, default="", show_default=False, err=True),
    }
    return connect_with_key(house, business, platform, fields=fields, answers=answers)
