"""The desk's answers about the policy: what holds, what a file would change, and keeping it."""

from dataclasses import replace

from collector.policies.layers import Layers, build, makes_policy, merge
from collector.policies.reminder_days import proposed
from collector.policies.words import differences, manners, segment_words, sentence
from duewell import policies
from duewell.finding import today_of, whom_of
from duewell.ruling import base_layer
from duewell.views.policy import CustomerPolicyView, Draft, PolicyView, VersionView
from duewell.wiring import House
from storage.policies import KeptPolicy


class PolicyDesk:
    """The part of the Office that `duewell/web/office_policy.py` asks for."""

    _house: House

    def policy(self, business: str) -> PolicyView:
        """What is in force, read back."""
        return view(self._house, business)

    def policy_version(self, business: str, number: int, customer: str) -> KeptPolicy:
        """One version of the business's policy, or of a customer's."""
        return policies.version(self._house, business, number, customer)

    def policy_text(self, business: str, customer: str, source: str) -> str:
        """What a person begins with who wants to change it."""
        if source == "proposal":
            return policies.proposal(self._house, business)
        if source.isdecimal():
            return policies.version(self._house, business, int(source), customer).document
        return policies.exported(self._house, business, customer, complete=source == "complete")

    def policy_customer(self, business: str, customer: str) -> str:
        """The name of the customer whose own policy it is."""
        with self._house.database.read() as tx:
            return whom_of(tx, business, customer)[2].name

    def draft_policy(self, business: str, text: str, customer: str) -> Draft:
        """Look at a file; nothing is kept."""
        return policies.drafted(self._house, business, text, customer)

    def keep_policy(self, business: str, draft: Draft, *, by: str, note: str) -> str:
        """Let it hold; what verdicts will call it."""
        whose, text, over = draft.debtor, draft.text, draft.over
        policies.keep(self._house, business, text, by=by, note=note, debtor=whose, over=over)
        return policies.policy_for(self._house, business, whose).version


def view(house: House, business: str) -> PolicyView:
    """The policy in force, in sentences and as a calendar, with its versions and what differs for customers."""
    layers = policies.layers(house, business)
    policy = layers.policy
    terms, calendar = policies.days_of(house, business, policy)
    versions = tuple(version_view(one) for one in policies.history(house, business, ""))
    return PolicyView(
        version=policy.version,
        last=versions[0] if versions else None,
        steps=tuple(sentence(step) for step in policy.steps),
        manners=tuple(manners(policy)),
        segments=tuple(segment_words(policy, one) for one in policy.segments),
        today_on=today_of(house, business),
        terms_days=terms,
        calendar=calendar,
        versions=versions,
        customers=_customers(house, business, layers),
        present_days=() if versions else policies.present_days(house, business),
        proposal=() if versions else _proposal(house, business),
    )


def version_view(kept: KeptPolicy) -> VersionView:
    """One version as it is listed."""
    return VersionView(kept.version, kept.by, kept.at, kept.note)


def _customers(house: House, business: str, layers: Layers) -> tuple[CustomerPolicyView, ...]:
    """By name; who has gone back to the business's own is not among them."""
    names = policies.names_of(house, business, list(layers.customers))
    everybody = replace(layers.policy, segments=())
    last: dict[str, KeptPolicy] = {}
    for kept in reversed(policies.history(house, business) if names else []):
        last[kept.debtor] = kept
    found = [
        CustomerPolicyView(key, name, version_view(last[key]), differences(everybody, layers.policy_for(key)))
        for key, name in names.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.debtor)))


def _proposal(house: House, business: str) -> tuple[str, ...]:
    days = policies.present_days(house, business)
    base = base_layer(house.settings)
    layer = merge(base, proposed(days, base)) if days else base
    return tuple(sentence(step) for step in build(layer).steps) if days and makes_policy(layer) else ()
