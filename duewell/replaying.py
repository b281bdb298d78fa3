"""Replays past days of a business: what a policy would have sent, and whether what was judged live comes out again."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from collector.calendar import is_business_day
from collector.case_book import MESSAGES
from collector.clan import Clan, Moment
from collector.layers import Layers
from collector.past_book import AT_ONCE, clans
from collector.reenact import Live, RulingAt, Turns, answers, reenact, sending, simulate, wrong
from collector.remembering import remembered
from collector.replay import (
    EXAMPLES_MAX,
    Answer,
    Changed,
    Report,
    Reproduced,
    Run,
    Sending,
    Strayed,
    Wrong,
    difference_of,
    run_of,
)
from duewell.jobs import zone_of
from duewell.policies import drafted
from duewell.ruling import base_layer, layers_of, ruling, together
from duewell.ruling import layer_in as layer_of
from duewell.running import may_send_alone, the_business
from duewell.wiring import House
from integrations.errors import Refused
from receivables.records import Ref
from storage import actions, habits
from storage.approvals import Approval, approvals
from storage.connections import Connected, State, connections
from storage.plannings import Known, plannings
from storage.policies import BUSINESS, SHIPPED, KeptPolicy, policies_in_force, policy_versions
from storage.verdicts import KeptVerdict, verdicts_between

LAST_DAYS = 90
DAYS_MAX = 366
AT = time(9, 30)
AROUND = timedelta(days=2)
"""The customers' own days begin up to so much earlier and end so much later than the business's."""
OTHER = "the other policy"
Told = Callable[[int], None]
