"""The till's own links in messages, where customers cannot reach the payment page: one for each invoice of a ledger."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from collector.judgement import Line
from collector.paying.counter import Counter
from collector.paying.lasting import Asked, lasting_urls
from duewell.pay_page import pays_by_link, public_address
from duewell.paying import counter_of
from duewell.portal.words import Speech
from duewell.wiring import House
from receivables.case import Case
from receivables.records import Ref


class LastingLinks:
    """What one business's messages of one sending carry."""

    def __init__(self, house: House, business: str) -> None:
        self._house = house
        self._business = business

    @cached_property
    def _counter(self) -> Counter | None:
        wanted = not public_address(self._house) and pays_by_link(self._house, self._business)
        return counter_of(self._house, self._business) if wanted else None

    def of(self, case: Case, lines: Sequence[Line]) -> Mapping[Ref, str]:
        """The address at which what each line asks for is paid; raises what `lasting_urls` does."""
        if self._counter is None:
            return {}
        speech = Speech.to(case)
        asked = [
            Asked(
                line.invoice,
                line.asked,
                speech("pay_text", company=case.company.name, numbers=line.invoice.number),
                line.part.plan.id if line.part else "",
            )
            for line in lines
            if line.asked.minor > 0
        ]
        return lasting_urls(self._counter, case.debtor, asked)
