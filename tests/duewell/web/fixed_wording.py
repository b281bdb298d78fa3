"""Fixed answers about wordings, bank details, the credit policy and statements."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from collector.charges.credit_policy import Agreement, read
from collector.occasions.statement import StatementKind
from collector.wording.check import Wording, check, sample
from collector.wording.languages import LANGUAGES, locale
from collector.wording.source import KINDS, NAMES, POLICY, shipped
from collector.wording.writing import Bank, Letter
from duewell.views.manners import MannersView, WrongMessage
from duewell.views.wording import BankChange, BankView, CreditPolicyView, WordingLine, WordingView
from integrations.errors import NotThere, Refused
from storage.wordings import KeptWording
from tests.duewell.web.fixed_people import FixedPeople

WORDING_PAGES = (
    "/wordings",
    "/wordings?language=de",
    "/wordings/first_reminder/en",
    "/wordings/call_script/fr",
    "/bank",
    "/credit-policy",
    "/statements/qb-1/58?kind=activity&from=2026-01-01",
    "/manners",
)
WORDING_FORMS = (
    "/wordings/first_reminder/en",
    "/wordings/first_reminder/en/back",
    "/wordings/first_reminder/en/test",
    "/wordings/first_reminder/en/preview",
    "/bank",
    "/statements/send/qb-1/58",
    "/credit-policy/send/qb-1/58",
)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BANK = BankView(
    Bank(("Juniper Group", "IBAN DE02 1203 0000 0000 2020 51"), first=True),
    (BankChange("Robin", AT, (), ("Juniper Group", "IBAN DE02 … 0051")),),
)


class FixedWording(FixedPeople):
    """Answers; what it was asked is remembered by `_do`."""

    with_first = False

    def wordings(self, business: str, language: str) -> Sequence[WordingLine]:
        code = language or "en"
        if code not in LANGUAGES:
            raise NotThere("There is no such language.")
        lines = [WordingLine(name, kind.title, code, kind.title) for name, kind in KINDS.items()]
        own = WordingLine("first_reminder", KINDS["first_reminder"].title, code, "A reminder", 3, "Robin", AT)
        return [own if one.letter == own.letter else one for one in lines]

    def wording(self, business: str, letter: str, language: str) -> WordingView:
        if letter not in KINDS or language not in LANGUAGES:
            raise NotThere("There is no such letter.")
        text = shipped(letter, language)
        history = [
            KeptWording(letter, language, 3, text, "Robin", AT),
            KeptWording(letter, language, 2, "", "Kim", AT),
            KeptWording(letter, language, 1, "Older\n\nText.", "Kim", AT),
        ]
        return WordingView(
            letter, KINDS[letter].title, language, LANGUAGES[language], text, 3, history, NAMES, LANGUAGES
        )

    def save_wording(self, business: str, fresh: Wording, *, by: str) -> int:
        if problems := check(fresh):
            raise Refused(" ".join(problems))
        self._do("save_wording", business, fresh, by)
        return 4

    def give_back_wording(self, business: str, letter: str, language: str, version: int, *, by: str) -> int:
        self._do("give_back_wording", business, letter, language, version, by)
        return 5

    def preview_wording(self, business: str, tried: Wording, *, customer: str, soft: bool) -> Letter:
        if problems := check(tried):
            raise Refused(" ".join(problems))
        return sample(tried, count=2, soft=soft)

    def test_wording(self, business: str, tried: Wording, *, customer: str, to: tuple[str, str]) -> None:
        self._do("test_wording", business, tried, customer, to)

    def bank(self, business: str) -> BankView:
        return BANK

    def set_bank(self, business: str, bank: Bank, *, by: str) -> Sequence[str]:
        self._do("set_bank", business, bank, by)
        return ("Kim",)

    def credit_policy(self, business: str) -> CreditPolicyView:
        policy = read(shipped(POLICY, "en"), "Juniper Group", locale("en"), version=2, from_on=date(2026, 3, 1))
        kept = (KeptWording(POLICY, "en", 2, "x", "Robin", AT),)
        agreement = Agreement("qb-1/58", 2, date(2026, 3, 2), "Robin", "By e-mail.")
        return CreditPolicyView(policy, "en", kept, (("Hollis & Daughters", agreement),), self.with_first)

    def credit_policy_pdf(self, business: str) -> bytes:
        return b"%PDF-1.7 policy"

    def statement(self, business: str, customer: tuple[str, str], kind: StatementKind, days: Any) -> Letter:
        self._do("statement", business, customer, kind, days)
        return sample(Wording("first_reminder", "en", shipped("first_reminder", "en")), count=2)

    def statement_pdf(self, business: str, customer: tuple[str, str], kind: StatementKind, days: Any) -> bytes:
        self._do("statement_pdf", business, customer, kind, days)
        return b"%PDF-1.7 statement"

    def manners(self, business: str) -> MannersView:
        days = (date(2026, 3, 5), date(2026, 3, 3))
        wrong = WrongMessage("qb-1", "58", "Hollis & Daughters", days[0], ("1037",), days[1], "planned")
        return MannersView(90, 212, (wrong,))

    def send_statement(self, business: str, customer: tuple[str, str], *, by: str) -> str:
        self._do("send_statement", business, customer, by)
        return "The statement went out."

    def send_credit_policy(self, business: str, customer: tuple[str, str], *, by: str) -> str:
        self._do("send_credit_policy", business, customer, by)
        raise Refused("There is no credit policy yet that could be sent.")
