"""What the pages need to know about the policy: what holds, what a file would change, and how to keep it."""

from typing import Protocol

from duewell.views.policy import Draft, PolicyView
from storage.policies import KeptPolicy


class PolicyOffice(Protocol):
    """The part of the Office that speaks of policies. `customer` is a debtor's key, or empty for the business."""

    def policy(self, business: str) -> PolicyView:
        """What is in force, read back. Raises Refused when what is stored makes no policy any more."""
        ...

    def policy_version(self, business: str, number: int, customer: str) -> KeptPolicy:
        """One version as it was written. Raises NotThere."""
        ...

    def policy_text(self, business: str, customer: str, source: str) -> str:
        """What a person begins with: the file in force, everything ("complete"), the "proposal", or a version."""
        ...

    def policy_customer(self, business: str, customer: str) -> str:
        """The customer's name. Raises NotThere."""
        ...

    def draft_policy(self, business: str, text: str, customer: str) -> Draft:
        """Look at a file: its mistakes, and what it would change. Nothing is kept. Raises NotThere or Refused."""
        ...

    def keep_policy(self, business: str, draft: Draft, *, by: str, note: str) -> str:
        """Let it hold from now on; the name of the version. Raises Refused, also when somebody else was faster."""
        ...
