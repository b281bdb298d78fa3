"""The bank details in messages: changed by an owner alone, each change logged and told to every owner at once."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from collector.channels.smtp import compose, post
from collector.wording.writing import LINK, Bank, Letter
from duewell.access import Role
from duewell.businesses import the_business
from duewell.people import members
from duewell.views.wording import BankChange
from duewell.wiring import House
from integrations.errors import IntegrationError, Refused
from storage.businesses import business as business_of
from storage.businesses import change_business
from storage.ids import new_id
from storage.wordings import add_wording, wording_versions

log = structlog.get_logger(__name__)

LINES_MAX = 8
LINE_MAX = 100
LOG = "bank_details"
"""Under this name the changes are kept beside the wordings, with account numbers shortened."""
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}\b")
ACCOUNT = re.compile(rf"{IBAN.pattern}|\d(?:[ -]?\d){{5,}}")


def bank_of(settings: Mapping[str, Any]) -> Bank | None:
    """The bank details among a business's settings; None where there are none."""
    told = settings.get("bank") or {}
    lines = tuple(str(line) for line in told.get("lines", ()))
    return Bank(lines, bool(told.get("first")), str(told.get("reference", "number"))) if lines else None


def set_bank(house: House, business: str, bank: Bank, *, by: str) -> list[str]:
    """Change them; `by` is the owner's name. Every owner is told at once by mail: the answer names those who could
    not be. Raises Refused for what cannot be printed, or for an IBAN whose digits do not add up."""
    fresh = checked(bank)
    now = house.clock.now()
    with house.database.write() as tx:
        known = business_of(tx, business)
        if known is None:
            raise Refused("there is no such business")
        old = bank_of(known.settings)
        if old == fresh or (old is None and not fresh.lines):
            return []
        change = BankChange(by, now, masked(_lines(old)), masked(_lines(fresh)))
        told = {"lines": fresh.lines, "first": fresh.first, "reference": fresh.reference}
        change_business(tx, business, settings={**known.settings, "bank": told})
        words = json.dumps({"old": change.old, "new": change.new}, ensure_ascii=False)
        add_wording(tx, business, (LOG, "", words), by=by, now=now)
    log.info("bank details changed", business=business)
    return _tell_owners(house, business, change)


def bank_changes(house: House, business: str) -> list[BankChange]:
    """Every change there was, newest first."""
    with house.database.read() as tx:
        kept = wording_versions(tx, business, LOG)
    told = [(one, json.loads(one.text)) for one in kept]
    return [BankChange(one.by, one.at, tuple(words["old"]), tuple(words["new"])) for one, words in reversed(told)]


def checked(bank: Bank) -> Bank:
    """Fit to be printed. Raises Refused with what to mend."""
    lines = tuple(" ".join(line.split()) for line in bank.lines if line.strip())
    if len(lines) > LINES_MAX:
        raise Refused(f"bank details may have {LINES_MAX} lines at most, not {len(lines)}")
    for at, line in enumerate((*lines, bank.reference), 1):
        where = f"line {at} of the bank details" if at <= len(lines) else "the payment reference"
        if len(line) > LINE_MAX or not line.isprintable():
            raise Refused(f"{where} must be at most {LINE_MAX} characters that can be printed")
        if LINK.search(line):
            raise Refused(f"{where} holds a web address; bank details are for a transfer, pay links are added by us")
        for found in IBAN.findall(line.upper()):
            if not adds_up(found):
                raise Refused(f"the IBAN in {where} does not add up; compare its digits with your bank's papers")
    return Bank(lines, bank.first, " ".join(bank.reference.split()))


def adds_up(iban: str) -> bool:
    """Do the check digits of an IBAN fit (ISO 13616)?"""
    plain = iban.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def masked(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines with every account number shortened to its ends."""
    return tuple(ACCOUNT.sub(_shortened, line) for line in lines)


def _shortened(found: re.Match[str]) -> str:
    plain = re.sub("[ -]", "", found[0])
    return f"{plain[:4]} … {plain[-4:]}" if len(plain) > 10 else f"… {plain[-2:]}"


def _lines(bank: Bank | None) -> tuple[str, ...]:
    if bank is None or not bank.lines:
        return ()
    place = "shown before the pay links" if bank.first else "shown after the pay links"
    return (*bank.lines, f"Reference: {bank.reference or 'none'}", place)


def _tell_owners(house: House, business: str, change: BankChange) -> list[str]:
    letter = _notice(the_business(house, business).name, change)
    owners = [one for one in members(house, business) if one.role is Role.OWNER]
    return [one.name for one in owners if not _told(house, letter, one.name, one.email)]


def _told(house: House, letter: Letter, name: str, email: str) -> bool:
    postbox = house.postbox()
    if postbox is None:
        return False
    try:
        mail = compose(letter, postbox, to=[(name, email)], key=new_id(), now=house.clock.now())
        post(mail, postbox, recipients=[email])
    except IntegrationError as error:
        log.warning("an owner was not told of changed bank details", why=type(error).__name__)
        return False
    return True


def _notice(company: str, change: BankChange) -> Letter:
    """Plain on purpose: it holds no link that somebody could imitate."""
    old = "\n".join(f"  {line}" for line in change.old) or "  none"
    new = "\n".join(f"  {line}" for line in change.new) or "  none"
    text = (
        f"{change.by} changed the bank details that {company} prints in its messages to customers, "
        f"on {change.at:%-d %B %Y at %H:%M} UTC.\n\nBefore:\n{old}\n\nNow:\n{new}\n\n"
        "Account numbers are shortened here. If you did not expect this, sign in to Duewell and change it back, and "
        f"speak with {change.by} before anything else is sent.\n"
    )
    return Letter(f"The bank details of {company} were changed", text, "")
