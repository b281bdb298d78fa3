"""The second fact: who holds a link tells the postcode, or a code mailed to an address that was known before."""

import hmac
import secrets
from datetime import timedelta

import structlog

from collector.channels.smtp import compose, post
from collector.wording.writing import Letter
from duewell.portal.sheet import Sheet
from duewell.portal.words import Speech
from duewell.wiring import House
from integrations.errors import IntegrationError
from storage.ids import new_id
from storage.links import Link, count_try, keep_code, use_code

log = structlog.get_logger(__name__)

TRIES_MOST = 5
TRIES_WITHIN = timedelta(hours=1)
CODE_LIVES = timedelta(minutes=10)
CODE_DIGITS = 6


def may_try(house: House, link: Link) -> bool:
    """Count one more try, also one at a code's mail; False when there were too many within the hour."""
    now = house.clock.now()
    with house.database.write() as tx:
        return count_try(tx, link, most=TRIES_MOST, within=TRIES_WITHIN, now=now)


def is_postcode(sheet: Sheet, typed: str) -> bool:
    """Is it the postcode of the customer's address, however it is spaced?"""
    known = {_plain(one.address.postcode) for one in sheet.case.customers} - {""}
    given = _plain(typed).encode()
    return sum(hmac.compare_digest(one.encode(), given) for one in known) > 0


def is_code(house: House, link: Link, mark: str) -> bool:
    """Is it the code that was mailed last, within its ten minutes? Then it is used up. `mark` is its keyed digest."""
    with house.database.write() as tx:
        return use_code(tx, link, mark, house.clock.now())


def fresh_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def mail_code(house: House, sheet: Sheet, code: str, mark: str) -> bool:
    """Mail it to the customer's own address as the books know it; False when there is none, or no mail server."""
    postbox, addresses = house.postbox(), sheet.case.addresses()
    if postbox is None or not addresses:
        return False
    with house.database.write() as tx:
        keep_code(tx, sheet.link, mark, house.clock.now() + CODE_LIVES)
    name, address = addresses[0].name or sheet.case.head.name, addresses[0].address
    try:
        mail = compose(_letter(sheet, code), postbox, to=[(name, address)], key=new_id(), now=house.clock.now())
        post(mail, postbox, recipients=[address])
    except IntegrationError as error:
        log.warning("a code was not mailed", business=sheet.link.business, why=type(error).__name__)
        return False
    return True


def _letter(sheet: Sheet, code: str) -> Letter:
    speech, company = Speech.to(sheet.case), sheet.case.company.name
    return Letter(speech("code_subject", company=company), f"{speech('code_mail', code=code, company=company)}\n", "")


def _plain(postcode: str) -> str:
    return "".join(letter for letter in postcode.casefold() if letter.isalnum())[:20]
