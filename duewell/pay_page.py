"""A business's payment page: whether its link stands in messages, how long it lives, and who must say more first."""

import hmac
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from collector.debtors.cases import debtor_key
from duewell.businesses import all_businesses, living
from duewell.config_ways import LOOPBACK
from duewell.links import LIFE_DAYS, LIFE_SETTING, keys_of, link_for, made_keys
from duewell.tills import chosen_till
from duewell.views.pay_page import PayPageView
from duewell.wiring import House
from integrations.errors import Refused
from receivables.records import Ref
from storage import books
from storage.businesses import Business
from storage.links import Aim
from storage.settings import set_setting, settings

IN_MESSAGES = "pay_page"
SECOND_FACT = "second_fact"
YES, NO = "yes", "no"
DAYS_LEAST, DAYS_MOST = 7, 730
NUMBER_MOST = 100


def public_address(house: House, business: str = "") -> str:  # noqa: ARG001 - one address serves every business
    """Where customers reach the pages; empty where only this machine can. With a sandbox this machine is the world."""
    base = house.settings.web.base_url
    here = (urlsplit(base).hostname or "").lower() in LOOPBACK
    return "" if here and not house.settings.sandbox_control else base


def view(house: House, business: str) -> PayPageView:
    """What an owner sees of it."""
    with house.database.read() as tx:
        kept, till = settings(tx, business), chosen_till(tx, business)
    return PayPageView(
        address=public_address(house),
        till=till is not None,
        in_messages=kept.get(IN_MESSAGES, YES) == YES,
        second_fact=kept.get(SECOND_FACT) == YES,
        days=int(kept.get(LIFE_SETTING, LIFE_DAYS)),
        invoice_url=_invoice_url(house, business),
    )


def _invoice_url(house: House, business: str) -> str:
    """What is pasted into the books that print an address of their owner's on online invoices; empty without such."""
    address, keys = public_address(house), keys_of(house)
    codes = [one.company.short_code for one in living(house, business) if one.company]
    if not address or not any(codes) or not keys.by_id:
        return ""
    return f"{address}/x/{keys.segment(business)}?inv=[INVOICENUMBER]&org=[SHORTCODE]"


def change(house: House, business: str, told: Mapping[str, str]) -> str:
    """Change what is told of: `in_messages` and `second_fact` (yes or no), `days`; a sentence. Raises Refused."""
    values: dict[str, str] = {}
    for name, setting in (("in_messages", IN_MESSAGES), ("second_fact", SECOND_FACT)):
        if name in told:
            if told[name] not in (YES, NO):
                raise Refused(f"Say yes or no for {name.replace('_', ' ')}, not {told[name][:20]!r}.")
            values[setting] = told[name]
    if "days" in told:
        values[LIFE_SETTING] = str(_days(told["days"]))
    if values.get(IN_MESSAGES) == YES and not (public_address(house) or view(house, business).till):
        raise Refused(
            "Customers cannot reach this installation: set web.base_url in the settings to its public https address."
        )
    made_keys(house)
    with house.database.write() as tx:
        for name, value in values.items():
            set_setting(tx, business, name, value)
    return "The payment page is set. What was changed holds from the next message on."


def _days(typed: str) -> int:
    if typed.isdecimal() and typed.isascii() and DAYS_LEAST <= int(typed[:6]) <= DAYS_MOST:
        return int(typed)
    raise Refused(
        f"A link lives {DAYS_LEAST} to {DAYS_MOST} days, not {typed[:20]!r}; write a whole number such as 180."
    )


def asks_second_fact(house: House, business: str) -> bool:
    """Must whoever holds a link say more before anything is shown?"""
    with house.database.read() as tx:
        return settings(tx, business).get(SECOND_FACT) == YES


def link_in_message(house: House, business: str, debtor: str) -> str:
    """The address that stands in a message to this customer; empty where the platform's own page is to stand there."""
    return pay_url(house, business, Aim(debtor)) if public_address(house) and pays_by_link(house, business) else ""


def pays_by_link(house: House, business: str) -> bool:
    """Are customers to pay by a way of the business's own, not by their invoices' platform's?"""
    with house.database.read() as tx:
        return chosen_till(tx, business) is not None and settings(tx, business).get(IN_MESSAGES, YES) == YES


def pay_url(house: House, business: str, aim: Aim) -> str:
    """The address of the page for this. Raises Refused where customers could not reach it."""
    if not public_address(house):
        raise Refused("Customers cannot reach this installation, so there is no payment page to send them to.")
    _, token = link_for(house, business, aim)
    return page_url(house, token)


def page_url(house: House, token: str) -> str:
    """The address of the page that this opens."""
    return f"{public_address(house)}/p/{quote(token, safe='')}"


def business_by_segment(house: House, segment: str) -> Business | None:
    """Whose printed address this is. Every one is compared, so that nothing is learnt from how long it takes."""
    keys = keys_of(house)
    if not keys.by_id:
        return None
    given = segment.encode(errors="replace")
    fits = [one for one in all_businesses(house) if hmac.compare_digest(keys.segment(one.id).encode(), given)]
    return fits[0] if fits else None


def invoice_by_number(house: House, business: str, number: str, short_code: str) -> tuple[str, Ref] | None:
    """The debtor and the open invoice of this number in the books of this short code; None unless there is just one."""
    wanted, code = number.strip().casefold()[:NUMBER_MOST], short_code.strip()[:NUMBER_MOST]
    homes = {one.id for one in living(house, business) if one.company and code and one.company.short_code == code}
    with house.database.read() as tx:
        every = [one for home in homes for one in books.invoices(tx, business, home, open_only=True)]
    found = [one for one in every if wanted and one.owing and one.number.casefold() == wanted]
    return (debtor_key(found[0].customer), found[0].ref) if len(found) == 1 else None


def revoked(count: int) -> str:
    """What to say after links were ended."""
    if not count:
        return "There was no link that opened anything."
    links = "The link opens" if count == 1 else f"{count} links open"
    return f"{links} nothing any more. The next message carries a new one."
