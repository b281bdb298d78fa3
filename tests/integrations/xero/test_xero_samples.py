"""The platform's own published samples map without losing anything that the model keeps."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from integrations.contract import Delivery
from integrations.xero import payloads
from integrations.xero.decoding import decode
from integrations.xero.mapping import Mapper
from integrations.xero.places import time_zone
from integrations.xero.platform import PLATFORM
from integrations.xero.streams import STREAMS, Stream
from receivables.money import Money
from receivables.page import Gone
from receivables.records import Answer, Credit, Customer, Invoice, OtherEntry, Payment

SAMPLES = Path(__file__).parents[4] / "shared" / "contracts" / "xero" / "samples"
MAPPER = Mapper("c1")
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the contracts are not here")
READ = sorted(SAMPLES.glob("get*.200.response.json")) if SAMPLES.is_dir() else []
WANTED = [
    (path, stream)
    for path in READ
    for stream in STREAMS.values()
    if path.name.split(".")[0] in (f"get{stream.plural}", f"get{stream.plural[:-1]}")
]
PAYABLE = ("ACCPAY", "ACCPAYCREDIT", "SPEND-OVERPAYMENT", "SPEND-PREPAYMENT", "APPREPAYMENT")


def exact(path: Path) -> Any:
    return json.loads(path.read_bytes(), parse_float=Decimal, parse_int=Decimal)


def money_of(raw: dict[str, Any], name: str) -> Money:
    return Money.of(raw[name], raw["CurrencyCode"])


def keeps_invoice(raw: dict[str, Any], one: Invoice) -> None:
    assert (one.ref.id, one.number) == (raw["InvoiceID"], raw["InvoiceNumber"])
    assert one.customer.id == raw["Contact"]["ContactID"]
    assert one.total == money_of(raw, "Total")
    if raw["Status"] != "VOIDED":
        assert one.open == money_of(raw, "AmountDue")
        assert one.paid == money_of(raw, "AmountPaid")
        assert one.balances()
    assert f"{one.issued_on}T00:00:00" == raw["DateString"]
    assert f"{one.due_on}T00:00:00" == raw["DueDateString"]


def keeps_credit(raw: dict[str, Any], one: Credit) -> None:
    assert one.ref.id in {raw.get(key) for key in ("CreditNoteID", "PrepaymentID", "OverpaymentID")}
    assert (one.amount, one.remaining) == (money_of(raw, "Total"), money_of(raw, "RemainingCredit"))
    assert [part.to.id for part in one.applications] == [part["Invoice"]["InvoiceID"] for part in raw["Allocations"]]
    assert sum(part.amount.amount for part in one.applications) == sum(part["Amount"] for part in raw["Allocations"])
    assert f"{one.issued_on}T00:00:00" == raw["DateString"]


def keeps_payment(raw: dict[str, Any], one: Payment | OtherEntry) -> None:
    assert one.ref.id == raw["PaymentID"]
    assert one.amount == Money.of(raw["Amount"], raw["Invoice"]["CurrencyCode"])
    assert isinstance(one, OtherEntry) == (raw["Invoice"]["Type"] == "ACCRECCREDIT")
    if isinstance(one, Payment):
        assert [part.to.id for part in one.applications] == [raw["Invoice"]["InvoiceID"]]
        assert one.reference == raw.get("Reference", "")


def keeps_contact(raw: dict[str, Any], one: Customer) -> None:
    assert (one.ref.id, one.name) == (raw["ContactID"], raw["Name"])
    persons = [person["EmailAddress"] for person in raw.get("ContactPersons", []) if person.get("EmailAddress")]
    main = [raw["EmailAddress"]] if raw.get("EmailAddress") else []
    assert [mail.address for mail in one.emails] == main + persons
    numbers = [one["PhoneNumber"] for one in raw.get("Phones", []) if one["PhoneNumber"] and one["PhoneType"] != "FAX"]
    assert len(one.phones) == len(numbers)
    told = [raw.get(name) or "" for name in ("TaxNumber", "CompanyNumber")]
    assert [one.tax_number, one.company_number] == told
    assert set(one.tags) == {group["Name"] for group in raw.get("ContactGroups", []) if group.get("Name")}


KEEPS: dict[type[Any], Callable[[dict[str, Any], Any], None]] = {
    Invoice: keeps_invoice,
    Credit: keeps_credit,
    Payment: keeps_payment,
    OtherEntry: keeps_payment,
    Customer: keeps_contact,
}


def test_there_are_samples_of_every_list() -> None:
    assert {stream.name for _, stream in WANTED} == set(STREAMS)


@pytest.mark.parametrize(("path", "stream"), WANTED, ids=[path.name for path, _ in WANTED])
def test_samples_map_without_loss(path: Path, stream: Stream) -> None:
    found = decode(path.read_bytes(), stream.plural, stream.payload, MAPPER.odd(stream.kind))
    assert not found.odd
    mapped = [stream.map_with(MAPPER, one) for one in found.payloads]
    raws = exact(path)[stream.plural]
    assert len(mapped) == len(raws)
    for raw, one in zip(raws, mapped, strict=True):
        if one is None:
            assert raw.get("Type", raw.get("Invoice", {}).get("Type")) in PAYABLE
            continue
        assert not isinstance(one, Gone)
        KEEPS[type(one)](raw, one)


def test_the_organisation_sample() -> None:
    body = (SAMPLES / "getOrganisations.200.response.json").read_bytes()
    found = decode(body, "Organisations", payloads.Organisation, lambda _, why: pytest.fail(why))
    company = MAPPER.company(found.payloads[0], reminders=Answer.NO, multicurrency=False)
    assert (company.base_currency, company.country, company.time_zone) == ("NZD", "NZ", "Pacific/Auckland")
    assert str(company.locked_until_on) == "2018-12-31"


@pytest.mark.parametrize("name", ["webhook.contact.update.json", "webhook.creditnote.create.json"])
def test_webhook_samples_name_their_record(name: str) -> None:
    body = (SAMPLES / name).read_bytes()
    (touched,) = PLATFORM.touched(Delivery(body, {}, ()))
    event = json.loads(body)["events"][0]
    assert (touched.id, touched.external_id) == (event["resourceId"], event["tenantId"])


def test_every_zone_of_the_schema_is_known() -> None:
    schema = (SAMPLES.parent / "xero_accounting.trimmed.patched.yaml").read_text()
    enum = schema[schema.index("description: Timezone specifications") :].split("x-enum-varnames")[0][:6000]
    zones = re.findall(r"^ +- ((?:[A-Z()]+STANDARDTIME(?:\(MEXICO\))?|UTC\S*|RUSSIATIMEZONE\d+))$", enum, re.MULTILINE)
    assert len(zones) > 130
    assert [zone for zone in zones if not time_zone(zone)] == []
