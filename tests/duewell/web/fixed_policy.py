"""The policy of the fixed office: kept in memory, judged by the true rooms."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from collector.policies.calendar import calendar
from collector.policies.check import check, check_customer
from collector.policies.fields import Known
from collector.policies.file import read, write
from collector.policies.layers import Layers, Numbered, whole
from collector.policies.words import differences, manners, segment_words, sentence
from collector.policy import DEFAULT
from collector.wording.writing import known_letters
from duewell.views.policy import CustomerPolicyView, Draft, PolicyView, VersionView
from integrations.errors import NotThere, Refused
from storage.policies import KeptPolicy
from tests.duewell.web.fixed_people import FixedPeople

TODAY = date(2026, 3, 10)
THEN = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
KNOWN = Known(frozenset(known_letters()))
BASE = whole(DEFAULT)
OWN = """# Ours since the spring
[manners]
gap_days = 5

[[steps]]
name = "invoice-again"
off = true

[[steps]]
name = "call-them"
days = 10
after = "contact"
letter = "call_script"
channel = "call"
repeat = true
automatic = false

[[segments]]
name = "large"
balance_from = 10000
countries = ["DE", "AT"]

[segments.manners]
tone_ceiling = "firm"
"""
VIP = "qb-1/58"


@dataclass
class FixedPolicy(FixedPeople):
    """One version of the business's own, one customer with something of theirs; `proposing` has neither."""

    documents: list[str] = field(default_factory=lambda: [OWN])
    proposing: bool = False

    def _layers(self) -> Layers:
        if self.proposing:
            return Layers(BASE)
        theirs = Numbered(read('[[steps]]\nname = "last-reminder"\noff = true\n', KNOWN).layer, 2)
        return Layers(BASE, Numbered(read(self.documents[-1], KNOWN).layer, len(self.documents)), {VIP: theirs})

    def policy(self, business: str) -> PolicyView:
        self._do("policy", business)
        layers = self._layers()
        policy = layers.policy
        numbers = range(len(self.documents), 0, -1)
        versions = tuple(VersionView(at, "Robin Lee", THEN + timedelta(days=at), "After the audit") for at in numbers)
        differing = differences(replace(policy, segments=()), layers.policy_for(VIP))
        return PolicyView(
            version=policy.version,
            last=None if self.proposing else versions[0],
            steps=tuple(sentence(step) for step in policy.steps),
            manners=tuple(manners(policy)),
            segments=tuple(segment_words(policy, one) for one in policy.segments),
            today_on=TODAY,
            terms_days=30,
            calendar=calendar(policy, TODAY, 30, "US"),
            versions=() if self.proposing else versions,
            customers=()
            if self.proposing
            else (CustomerPolicyView(VIP, "Hollis & Daughters", versions[0], differing),),
            present_days=(-3, 7) if self.proposing else (),
            proposal=tuple(sentence(step) for step in DEFAULT.steps[:2]) if self.proposing else (),
        )

    def policy_version(self, business: str, number: int, customer: str) -> KeptPolicy:
        self._do("policy_version", business, number, customer)
        if not customer and not 1 <= number <= len(self.documents):
            raise NotThere(f"there is no version {number} of this policy")
        text = "" if customer else self.documents[number - 1]
        return KeptPolicy("business", number, text, "After the audit", "Robin Lee", THEN)

    def policy_text(self, business: str, customer: str, source: str) -> str:
        self._do("policy_text", business, customer, source)
        return write(BASE) if source == "complete" else self.documents[-1]

    def policy_customer(self, business: str, customer: str) -> str:
        if customer != VIP:
            raise NotThere("there is no such customer in this business")
        return "Hollis & Daughters"

    def draft_policy(self, business: str, text: str, customer: str) -> Draft:
        self._do("draft_policy", business, text, customer)
        layers = self._layers()
        checked = check_customer(text, KNOWN, layers.layer) if customer else check(text, KNOWN, BASE)
        if checked.policy is None:
            return Draft(text, checked, (), None, len(self.documents), customer)
        changes = differences(layers.policy, checked.policy)
        days = calendar(checked.policy, TODAY, 30, "US")
        return Draft(text, checked, changes, days, len(self.documents), customer)

    def keep_policy(self, business: str, draft: Draft, *, by: str, note: str) -> str:
        self._do("keep_policy", business, draft.text, draft.debtor, draft.over, by, note)
        if draft.over != len(self.documents):
            raise Refused("somebody else has changed it in the meantime")
        self.documents.append(draft.text)
        return f"v{len(self.documents)}"
