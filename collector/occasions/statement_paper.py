"""A statement in the customer's words: as a letter (text and HTML) and as a PDF."""

from datetime import date, datetime

from collector.occasions.statement import Item, Sheet, Statement, StatementKind, What
from collector.wording.languages import date_words, language_of, listed, locale_of, money_words, phrases
from collector.wording.paper import Paper, pdf
from collector.wording.source import Own, render, wording_of
from collector.wording.writing import Around, Bank, Hand, Late, Letter, Table, bank_lines, late_words, put_together
from receivables.aging import Bucket
from receivables.case import Case
from receivables.money import Money

COLUMNS = {
    Bucket.CURRENT: "not_due",
    Bucket.DAYS_1_30: "days_1_30",
    Bucket.DAYS_31_60: "days_31_60",
    Bucket.DAYS_61_90: "days_61_90",
    Bucket.OVER_90: "over_90",
}


def write_statement(
    told: Statement,
    case: Case,
    *,
    sender: str,
    own: Own | None = None,
    bank: Bank | None = None,
    late: Late | None = None,
) -> Letter:
    """The statement as a letter, in the business's own wording where it has one. `late` is what its invoices bear
    beside the sums, where the policy has that told. Raises BadWording."""
    hand = _hand(case, sender)
    subject, body = render(wording_of("statement", hand.language, own), _facts(told, case, hand), hand.locale)
    around = Around(tables=tables(told, hand), bank=_bank(told, bank, hand), notes=_notes(told, late, hand))
    return put_together(subject, body, around, hand)


def statement_pdf(
    told: Statement, case: Case, *, sender: str, bank: Bank | None = None, late: Late | None = None, at: datetime
) -> bytes:
    """The statement on paper; the same values give the same bytes. `at` becomes the document's date."""
    hand = _hand(case, sender)
    say, where = phrases(hand.language), case.head.address
    town = " ".join(part for part in (where.postcode, where.city, where.region) if part)
    paper = Paper(
        title=say["statement"],
        sender=hand.company,
        to=tuple(part for part in (case.head.name, *where.lines, town, where.country) if part),
        day=date_words(told.to_on, hand.locale),
        lines=(_period(told, hand),),
        tables=tuple(tables(told, hand)),
        foot=(*_notes(told, late, hand), *_bank(told, bank, hand)) if told.sheets else (say["nothing"],),
        page=say["page"],
        language=hand.language,
        american=(where.country or case.company.country) in ("US", "CA"),
    )
    return pdf(paper, at)


def tables(told: Statement, hand: Hand) -> list[Table]:
    """One table for every currency."""
    return [_table(sheet, told, hand) for sheet in told.sheets]


def _hand(case: Case, sender: str) -> Hand:
    language = language_of(case)
    return Hand(language, locale_of(case, language), sender, case.company.name)


def _facts(told: Statement, case: Case, hand: Hand) -> dict[str, object]:
    """Every name a wording may use is there, so that one written for several letters does not fail here."""
    numbers = [item.number for sheet in told.sheets for item in sheet.items if item.what is What.INVOICE]
    return {
        "company": hand.company,
        "count": len(numbers),
        "customer": case.head.name,
        "days_late": 0,
        "due": "",
        "firm": False,
        "link": "",
        "name": next((one.name for one in case.addresses() if one.name), "") or case.head.name,
        "numbers": listed(numbers[:3], hand.language),
        "one": len(numbers) == 1,
        "sender": hand.sender,
        "soft": False,
        "today": date_words(told.to_on, hand.locale),
        "tone": "neutral",
        "totals": listed([money_words(one, hand.locale) for one in told.due], hand.language),
    }


def _bank(told: Statement, bank: Bank | None, hand: Hand) -> list[str]:
    """How to pay, when anything is to be paid."""
    return bank_lines(bank, hand.language, linked=False) if told.due else []


def _notes(told: Statement, late: Late | None, hand: Hand) -> list[str]:
    """What comes beside the sums; not of a day in the past, of which it is not told."""
    return [late_words(late, hand)] if late and late.sums and late.last_on <= told.to_on else []


def _period(told: Statement, hand: Hand) -> str:
    say = phrases(hand.language)
    first, last = (date_words(day, hand.locale) for day in (told.from_on, told.to_on))
    if told.kind is StatementKind.OPEN:
        return say["statement_open"].format(day=last)
    return say["statement_activity"].format(first=first, last=last)


def _table(sheet: Sheet, told: Statement, hand: Hand) -> Table:
    say, activity = phrases(hand.language), told.kind is StatementKind.ACTIVITY
    columns = (say["date"], say["what"], *((say["amount"], say["balance"]) if activity else (say["due"], say["open"])))
    rows = [_row(item, hand, activity=activity) for item in sheet.items]
    if activity:
        rows = [("", say["brought_forward"], "", _money(sheet.opening, hand)), *rows]
    if sheet.unlisted:
        rows.insert(1 if activity else 0, ("", say["unlisted"], _money(sheet.unlisted, hand), ""))
    label = say["balance_due" if sheet.closing.minor >= 0 else "in_your_favour"]
    sums = [(label, _money(sheet.closing if sheet.closing.minor >= 0 else -sheet.closing, hand))]
    return Table(f"{_period(told, hand)}, {sheet.currency}", columns, rows, sums, _ageing(sheet, told, hand))


def _row(item: Item, hand: Hand, *, activity: bool) -> tuple[str, str, str, str]:
    what = " ".join(part for part in (phrases(hand.language)[item.what.value], item.number) if part)
    amount, balance = _money(item.amount, hand), _money(item.balance, hand)
    third, fourth = (amount, balance) if activity else (_short(item.due_on, hand), amount)
    return _short(item.on, hand), what, third, fourth


def _ageing(sheet: Sheet, told: Statement, hand: Hand) -> str:
    """How late the open invoices are, in one line. Not for a day in the past: what was open then is not known here."""
    agrees = sheet.aging.open + sheet.credits == sheet.closing
    if not sheet.aging.open or (told.kind is StatementKind.ACTIVITY and not agrees):
        return ""
    say = phrases(hand.language)
    parts = [f"{say[COLUMNS[column]]}: {_money(part, hand)}" for column, part in sheet.aging.columns.items() if part]
    return " · ".join(parts)


def _money(amount: Money, hand: Hand) -> str:
    return money_words(amount, hand.locale)


def _short(day: date | None, hand: Hand) -> str:
    return date_words(day, hand.locale, "medium")
