"""What is written into the books about taken money, as an act keeps it: a payment recorded, or one taken back. Pure."""

import json
from dataclasses import replace
from datetime import date

from integrations.receiving import Received
from receivables.money import Money
from receivables.records import Kind, Ref
from storage.actions import Action

RECORD = "record_payment"
REVERSE = "reverse_payment"
MONEY_ACTS = (RECORD, REVERSE)
"""Acts about money that is there or gone already: whatever an invoice is by now, they are still to be done."""


def payload_of(received: Received) -> str:
    """Everything that recording it and looking it up need."""
    return json.dumps(
        {
            "payment": received.payment,
            "received_on": received.received_on.isoformat(),
            "on": [[ref.id, amount.minor, amount.currency] for ref, amount in received.on],
            "account": received.account,
            "unapplied": [received.unapplied.minor, received.unapplied.currency] if received.unapplied else None,
            "customer": received.customer.id if received.customer else "",
        }
    )


def received_of(act: Action) -> Received:
    """An act's payment again."""
    told = json.loads(act.payload)
    return Received(
        payment=told["payment"],
        received_on=date.fromisoformat(told["received_on"]),
        on=tuple((Ref(act.connection, Kind.INVOICE, id), Money(minor, currency)) for id, minor, currency in told["on"]),
        account=told["account"],
        unapplied=Money(*told["unapplied"]) if told["unapplied"] else None,
        customer=Ref(act.connection, Kind.CUSTOMER, told["customer"]) if told["customer"] else None,
    )


def recorded_sums(act: Action) -> tuple[Money, ...]:
    """What an act books in all: on invoices, and beyond them."""
    received = received_of(act)
    return (*(amount for _, amount in received.on), *((received.unapplied,) if received.unapplied else ()))


def into(received: Received, account: str) -> Received:
    """The same, booked into this account unless it was decided before."""
    return received if received.account or not account else replace(received, account=account)


def reversal_of(payment: str, booked: Ref, on: date, why: str) -> str:
    """What taking back a booked payment needs, as an act keeps it."""
    return json.dumps({"payment": payment, "booked": booked.id, "on": on.isoformat(), "why": why})


def payment_of(act: Action) -> str:
    """The till's id of the payment that an act is about."""
    return str(json.loads(act.payload)["payment"])


def reversed_by(act: Action) -> tuple[Ref, date, str]:
    """The booked payment that an act takes back, dated when, and why."""
    told = json.loads(act.payload)
    return Ref(act.connection, Kind.PAYMENT, told["booked"]), date.fromisoformat(told["on"]), told["why"]
