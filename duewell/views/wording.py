"""What the pages and the command line show of wordings, bank details and the credit policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from collector.charges.credit_policy import Agreement, CreditPolicy
from collector.wording.writing import Bank
from storage.wordings import KeptWording


@dataclass(frozen=True, slots=True)
class WordingLine:
    """One letter in one language, as the list shows it. Version 0 is the shipped one."""

    letter: str
    title: str
    language: str
    subject: str
    version: int = 0
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WordingView:
    """One letter in one language with everything there is to know. An empty text in `history` is the shipped one."""

    letter: str
    title: str
    language: str
    language_name: str
    text: str
    version: int
    history: Sequence[KeptWording]
    names: Mapping[str, str]
    languages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BankChange:
    """One change of the bank details, with every account number shortened to its ends."""

    by: str
    at: datetime
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BankView:
    """The bank details as they are printed now (no lines: none), and the changes, newest first."""

    bank: Bank
    changes: Sequence[BankChange]


@dataclass(frozen=True, slots=True)
class CreditPolicyView:
    """The document, the language it is written in, and who accepted which version (by the customers' names).

    `with_first`: it goes with a customer's first invoice; else only when somebody sends it.
    """

    policy: CreditPolicy
    language: str
    versions: Sequence[KeptWording]
    accepted: Sequence[tuple[str, Agreement]]
    with_first: bool = False
