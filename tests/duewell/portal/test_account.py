"""The payer's page: shown by whoever looks without changing anything, and answered by one press each."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from msgspec.structs import replace as with_

from collector.wording.languages import LANGUAGES
from collector.wording.writing import Bank
from duewell.bank import set_bank
from duewell.desk.work import all_todos
from duewell.portal.papers import paper, papers_of
from duewell.portal.words import phrases
from duewell.showing.customers import customer as customer_page
from receivables.records import Address, InvoiceStatus
from receivables.said import Reason, Saying
from storage.installments import plans
from tests.conftest import HandClock
from tests.duewell.portal.payers import (
    ANN,
    BASE,
    BOOKS,
    BUSINESS,
    ONE,
    TODAY,
    TWO,
    Payer,
    counting,
    hidden_in,
    on_record,
    proof_in,
    text_of,
)
from tests.storage.amber import CONNECTION, customer, gbp, save

PDF = b"%PDF-1.7\npaid on Friday\n"
PLAN = {"parts": "3", "every": "monthly", "first": "2026-03-12", "currency": "GBP"}


def rules(ann: Payer) -> dict[str, str]:
    """What the collector says of each invoice today."""
    view = customer_page(ann.house, BUSINESS, CONNECTION, "1")
    assert view is not None
    return {row.number: row.rule for row in view.rows}


def titles(ann: Payer) -> list[str]:
    return [one.title for one in all_todos(ann.house, [BUSINESS])]


def test_looking_shows_what_is_owed_and_changes_nothing(ann: Payer) -> None:
    with counting(ann.house) as sent:
        page = ann.look()
    words = text_of(page)

    assert page.status_code == 200
    assert "For Ann Lee Ltd, as it stands on 10 March 2026." in words
    assert "Invoice INV-1 £100.00 due since 4 February 2026, 34 days late" in words
    assert "Invoice INV-2 £40.00 due since 9 March 2026, 1 day late" in words
    assert "Total £140.00" in words
    assert "INV-3" not in words
    assert {one.split()[0].upper() for one in sent} <= {"SELECT", "PRAGMA", "BEGIN"}
    assert "Set-Cookie" not in page.headers
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert "script" not in page.headers["Content-Security-Policy"]
    assert "<script" not in page.get_data(as_text=True)
    with ann.client.get("/p-static/pay.css", base_url=BASE) as style:
        assert style.status_code == 200
    assert on_record(ann.house) == []


def test_the_bank_details_come_first_where_the_business_prefers_them(ann: Payer) -> None:
    bank = Bank(("Amber Joinery", "GB33BUKB20201555555555"), first=True)
    set_bank(ann.house, BUSINESS, bank, by="Robin")
    words = text_of(ann.look())

    assert "Please pay to: Amber Joinery GB33BUKB20201555555555 Payment reference: the invoice number" in words
    assert "cannot be paid online" not in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_customers_language(ann: Payer, language: str) -> None:
    country = {"en": "US", "de": "AT", "fr": "FR", "es": "ES", "nl": "NL"}[language]
    changed = with_(BOOKS[0], language=language, address=Address(country=country), version=1)
    save(ann.house.database, with_(changed, changed_at=ann.house.clock.now()))
    page = ann.look()
    plan = ann.press("plan", **PLAN)

    assert f'lang="{language}-{country}"' in page.get_data(as_text=True)
    said = text_of(page)
    assert phrases(language)["answers"] in said
    assert ("installments" in said) == (language == "en"), "as Americans spell it"
    assert "instalment" not in said
    assert ("£140.00" if language == "en" else "140,00") in said
    assert plan.status_code == 200


def test_all_languages_say_the_same() -> None:
    names = [set(phrases(language)) for language in LANGUAGES]
    assert all(one == names[0] for one in names)


@pytest.mark.parametrize(
    ("press", "typed", "kind", "rule", "todo"),
    [
        ("already", {"words": "BACS on Friday"}, Saying.DISPUTE, "disputed", "Look for the payment that Ann Lee Ltd"),
        ("dispute", {"invoice": "c1/1", "reason": "damaged"}, Saying.DISPUTE, "disputed", "about invoice INV-1"),
        ("details", {"words": "PO 77"}, Saying.DISPUTE, "disputed", "Look again at the dispute of Ann Lee Ltd"),
        ("promise", {"day": "2026-03-20"}, Saying.PROMISE, "promised", ""),
        ("copy", {"invoice": "c1/1"}, Saying.HOLD, "on_hold", "Send Ann Lee Ltd a copy of invoice INV-1"),
        ("statement", {}, Saying.HOLD, "on_hold", "Send Ann Lee Ltd a statement of account"),
        ("call", {"words": "020 7946 0000"}, Saying.HOLD, "on_hold", "Call Ann Lee Ltd: they ask for it"),
        ("wrong", {}, Saying.WRONG_ADDRESS, "wrong_address", "Find the right address of Ann Lee Ltd"),
        ("channel", {"channel": "mail"}, Saying.OPT_OUT, "opted_out", ""),
    ],
)
def test_an_answer_is_written_down_once_and_changes_what_comes_next(
    ann: Payer, press: str, typed: dict[str, str], kind: Saying, rule: str, todo: str
) -> None:
    before, proof = rules(ann)["INV-1"], proof_in(ann.look())
    first = ann.press(press, proof=proof, **typed)
    again = ann.press(press, proof=proof, **typed)

    assert (first.status_code, again.status_code) == (200, 200)
    assert 'role="status"' in first.get_data(as_text=True)
    (said,) = on_record(ann.house)
    assert (said.kind, said.by, said.debtor) == (kind, "the customer, by link", ANN)
    assert before != rule == rules(ann)["INV-1"]
    assert any(todo in title for title in titles(ann)) or not todo, titles(ann)


def test_a_contact_person_is_written_to_from_now_on(ann: Payer) -> None:
    assert ann.press("person", name="Pat", email="pat@lee.example").status_code == 200
    (said,) = on_record(ann.house)

    assert (said.kind, said.address, said.note, said.reason) == (
        Saying.CONTACT_PERSON,
        "pat@lee.example",
        "Pat",
        "accounts",
    )


def test_a_part_of_an_invoice_is_disputed_and_a_part_promised(ann: Payer) -> None:
    ann.press("dispute", invoice="c1/1", reason="wrong_price", amount="25.00", words="Two hours too many")
    ann.press("promise", invoice="c1/2", day="2026-03-12", amount="15")
    dispute, promise = sorted(on_record(ann.house), key=lambda one: one.kind)

    assert (dispute.invoice, dispute.amount, dispute.reason) == (ONE, gbp(2_500), Reason.WRONG_PRICE)
    assert (promise.invoice, promise.amount, promise.until_on) == (TWO, gbp(1_500), date(2026, 3, 12))
    words = text_of(ann.look())
    assert "You do not agree with it; it is being looked into." in words
    assert "You said you would pay by 12 March 2026." in words


def test_what_rests_for_the_customers_wish_goes_on_after_a_week(ann: Payer) -> None:
    ann.press("copy", invoice="c1/1")
    (said,) = on_record(ann.house)

    assert said.until_on == TODAY + timedelta(days=7)
    assert said.review_on == TODAY


@pytest.mark.parametrize(
    ("press", "typed", "sentence"),
    [
        ("dispute", {"reason": "damaged"}, "Please choose one of the open invoices."),
        ("dispute", {"invoice": "c1/3", "reason": "damaged"}, "Please choose one of the open invoices."),
        ("dispute", {"invoice": "c1/1", "reason": "spite"}, "Please choose one of what is offered."),
        ("dispute", {"invoice": "c1/1", "reason": "damaged", "amount": "100.01"}, "from £0.01 to £100.00"),
        ("dispute", {"invoice": "c1/1", "reason": "damaged", "amount": "ten"}, "Please write the amount like £100.00."),
        ("promise", {"day": "2026-03-09"}, "Please choose a day from today on, within 90 days."),
        ("promise", {"day": "soon"}, "Please choose a day"),
        ("promise", {"day": "2027-03-09"}, "Please choose a day"),
        ("person", {"email": "nobody"}, "Please write an e-mail address"),
        ("person", {"email": "a@b@c.de"}, "Please write an e-mail address"),
        ("call", {"words": ""}, "Please write a few words, at most 1000 characters."),
        ("details", {"words": "x" * 1001}, "Please write a few words, at most 1000 characters."),
        ("wrong", {"address": "7"}, "Please choose one of what is offered."),
        ("channel", {"channel": "pigeon"}, "Please choose one of what is offered."),
        ("shout", {}, "Please choose one of what is offered."),
        ("pay", {"what": "c1/1"}, "It cannot be paid online here."),
        ("plan", {**PLAN, "parts": "5"}, "at most 4 instalments within 12 months. Please ask Amber."),
        ("plan", {**PLAN, "parts": "two"}, "Please choose one of what is offered."),
        ("plan", {**PLAN, "first": "2026-03-09"}, "Please choose a day from today on, within 31 days."),
        ("plan", {**PLAN, "currency": "XXX"}, "Please choose one of what is offered."),
        ("agree", {"plan": "p-1", "shown": "x"}, "Please look at the instalments again before you agree."),
    ],
)
def test_what_will_not_do_is_said_in_one_sentence_and_nothing_is_changed(
    ann: Payer, press: str, typed: dict[str, str], sentence: str
) -> None:
    answer = ann.press(press, **typed)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert on_record(ann.house) == []


def test_a_form_that_is_not_ours_or_too_old_changes_nothing(ann: Payer) -> None:
    proof = proof_in(ann.look())
    at, told, seal = proof.split(".")
    assert isinstance(ann.house.clock, HandClock)
    altered = (f"{at}.1.{seal}", f"{int(at) + 1}.{told}.{seal}", f"{at}.{told}.{seal[:-1]}")
    for wrong in ("", "x", *altered, "é.é.é", "..."):
        answer = ann.press("statement", proof=wrong or " ")
        assert answer.status_code == 409, wrong
        assert "This page was open for too long." in text_of(answer)
    ann.house.clock.move(hours=13)
    assert ann.press("statement", proof=proof).status_code == 409
    assert on_record(ann.house) == []


def test_a_proof_of_payment_is_sealed_and_shown_to_whoever_signs_in(ann: Payer) -> None:
    file = (BytesIO(PDF), "../../evil <b>.exe.pdf")
    assert ann.press("already", words="see file", paper=file).status_code == 200
    (kept,) = papers_of(ann.house, BUSINESS, {ANN})

    assert kept.name == "evil -b-.exe.pdf"
    assert paper(ann.house, BUSINESS, kept.id).content == PDF
    with ann.house.database.read() as tx:
        assert PDF not in tx.exec_driver_sql("SELECT sealed FROM remittance").scalar_one()
    (said,) = on_record(ann.house)
    assert said.note == "see file [evil -b-.exe.pdf]"


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"MZ\x90 a program", 422), (PDF + b"0" * 5 * 1024 * 1024, 422), (b"0" * 6 * 1024 * 1024, 413)],
)
def test_another_file_is_not_taken(ann: Payer, content: bytes, status: int) -> None:
    parts = {"proof": proof_in(ann.look()), "do": "already"}
    fields = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in parts.items()]
    file = '--b\r\nContent-Disposition: form-data; name="paper"; filename="a.pdf"\r\n\r\n'
    body = "".join([*fields, file]).encode() + content + b"\r\n--b--\r\n"
    told = "multipart/form-data; boundary=b"
    answer = ann.client.post(f"/p/{ann.token}", data=body, content_type=told, base_url=BASE)

    assert answer.status_code == status
    assert "Only a PDF, PNG or JPG of at most 5 MB can be taken." in text_of(answer)
    assert on_record(ann.house) == []


def test_a_plan_is_shown_in_full_before_it_is_agreed_to_and_kept_in_those_words(ann: Payer) -> None:
    shown = ann.press("plan", **PLAN)
    fields = hidden_in(shown)
    assert "Ann Lee Ltd pays £140.00 to Amber in 3 instalments, for INV-1 and INV-2:" in text_of(shown)
    assert "1. £46.67 on 12 March 2026 2. £46.67 on 12 April 2026 3. £46.66 on 12 May 2026" in text_of(shown)
    assert "within 7 days after its day, the plan ends" in text_of(shown)
    with ann.house.database.read() as tx:
        assert plans(tx, BUSINESS) == []
    answer = ann.client.post(f"/p/{ann.token}", data={**fields, "do": "agree"}, base_url=BASE)

    assert "it is agreed. The first instalment is £46.67 on 12 March 2026." in text_of(answer)
    with ann.house.database.read() as tx:
        (plan,) = plans(tx, BUSINESS)
    assert plan.agreement is not None
    assert (plan.agreement.by, plan.agreement.way, plan.state) == ("the customer, by link", "link", "active")
    assert all(line in text_of(shown) for line in plan.agreement.words.split("\n"))
    assert "It is being paid in parts." in text_of(ann.look())
    again = ann.client.post(f"/p/{ann.token}", data={**fields, "do": "agree"}, base_url=BASE)
    assert again.status_code == 422
    with ann.house.database.read() as tx:
        assert len(plans(tx, BUSINESS)) == 1


def test_what_has_changed_since_is_shown_again_before_it_is_agreed_to(ann: Payer) -> None:
    fields = hidden_in(ann.press("plan", **PLAN))
    paid = with_(BOOKS[2], open=gbp(4_000), paid=gbp(6_000), changed_at=ann.house.clock.now())
    save(ann.house.database, paid)
    answer = ann.client.post(f"/p/{ann.token}", data={**fields, "do": "agree"}, base_url=BASE)

    assert answer.status_code == 409
    assert "What is open has changed in the meantime." in text_of(answer)
    assert "pays £80.00" in text_of(answer)
    with ann.house.database.read() as tx:
        assert plans(tx, BUSINESS) == []


def test_who_owes_nothing_is_told_so(ann: Payer) -> None:
    for one in BOOKS[2:4]:
        paid = with_(one, open=gbp(0), paid=gbp(10_000), status=InvoiceStatus.PAID, changed_at=ann.house.clock.now())
        save(ann.house.database, paid)

    assert "Nothing is open. Thank you." in text_of(ann.look())


def test_a_signed_in_owner_sees_just_what_the_payer_sees(ann: Payer) -> None:
    assert customer(1).name == "Customer 1"
    with_cookie = {"Cookie": "duewell=whatever"}
    assert text_of(ann.client.get(f"/p/{ann.token}", base_url=BASE, headers=with_cookie)) == text_of(ann.look())
