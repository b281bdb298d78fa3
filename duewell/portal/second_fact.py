"""The second fact: who holds a link tells the postcode, or a code mailed to an address that was known before."""

import hmac
import secrets
from datetime import timedelta

from collector.dispatch import key_of
from collector.wording.writing import Letter
from duewell.mailing import Notice, send_once
from duewell.portal.sheet import Sheet
from duewell.portal.words import Speech
from duewell.wiring import House
from storage.links import Link, count_try, keep_code, use_code

TRIES_MOST = 5
TRIES_WITHIN = timedelta(hours=1)
CODE_LIVES = timedelta(minutes=10)
CODE_DIGITS = 6
MAILED_CODE = "pay_code"


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
    link, first = sheet.link, next(iter(sheet.case.addresses()), None)
    if first is None:
        return False
    with house.database.write() as tx:
        keep_code(tx, link, mark, house.clock.now() + CODE_LIVES)
    name, key = first.name or sheet.case.head.name, key_of(MAILED_CODE, link.id, mark)
    letter = _letter(sheet, code)
    return send_once(house, link.business, Notice(MAILED_CODE, key, "", name, first.address, letter, link.aim.debtor))


def _letter(sheet: Sheet, code: str) -> Letter:
    speech, company = Speech.to(sheet.case), sheet.case.company.name
    return Letter(speech("code_subject", company=company), f"{speech('code_mail', code=code, company=company)}\n", "")


def _plain(postcode: str) -> str:
    return "".join(letter for letter in postcode.casefold() if letter.isalnum())[:20]
