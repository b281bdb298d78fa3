"""Replaying with values: the books walked back, what a policy would have sent, and how two differ."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from collector.clan import Clan, Moment, Shelf
from collector.plan import Ruling
from collector.policy import DEFAULT, Policy
from collector.reenact import Judged, Turns, answers, sending, simulate, wrong
from collector.replay import Answer, Changed, Sending, difference_of, run_of
from collector.walking_back import Books, as_of, pasts_on, settlements
from receivables.case import Contact, Past
from receivables.records import (
    Answer as Known3,
)
from receivables.records import (
    Application,
    Collection,
    Customer,
    Invoice,
    InvoiceStatus,
    Kind,
    Payment,
    PaymentStatus,
    Ref,
)
from receivables.said import Said, Saying
from storage.connections import Connected
from storage.plannings import Known
from storage.versions import Version
from tests.collector.cases_at_hand import ANN, COMPANY, HERSELF, ME, NOW, TODAY, days, invoice, payment, said, usd

LONG_AGO = NOW - timedelta(days=365)
CONNECTED_AT = NOW - timedelta(days=30)
