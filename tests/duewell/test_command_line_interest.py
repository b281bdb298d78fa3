"""`duewell interest`, from the terminal."""

from tests.duewell.terminal import Terminal


def test_what_an_invoice_bears_is_shown_and_waived_and_mistakes_get_a_sentence(settled: Terminal) -> None:
    rows = settled.done("plan", "--json").json["plan"]["rows"]
    number = next(row["number"] for row in rows if row["days_late"] > 0)

    shown = settled.done("interest", number)
    assert shown.out.startswith(f"Invoice {number}:")
    assert "choose what it asks for under Late charges" in shown.out
    told = settled.done("interest", number, "waive", "--from", "2026-01-01", "--words", "as agreed", "--by", "Robin")
    assert told.out.startswith(f"Late charges on invoice {number} are waived from 1 January 2026.")
    known = settled.done("interest", number, "--json").json
    assert (known["invoice"], known["total"], known["periods"]) == (number, None, [])

    for words, sentence in (
        (("nobody",), "There is no invoice 'nobody' here"),
        ((number, "--words", "why"), "name one of the two"),
        ((number, "waive", "--from", "2026-03-02", "--until", "2026-03-01"), "before it begins"),
    ):
        wrong = settled("interest", *words)
        assert (wrong.code, sentence in wrong.error) == (2, True)
    refused = settled("interest", number, "post")
    assert (refused.code, "Choose first what late charges" in refused.error) == (1, True)


def test_where_late_charges_go_is_listed_and_chosen(settled: Terminal) -> None:
    shown = settled.done("charging")
    assert shown.out.splitlines()[0].endswith(": nothing chosen yet")
    assert "  tax none: No tax" in shown.out
    wrong = settled("charging", "--tax", "txr_nothing")
    assert (wrong.code, "Stripe lists no tax code 'txr_nothing'" in wrong.error) == (2, True)
    told = settled.done("charging", "stripe", "--tax", "no tax", "--by", "Robin")
    assert "are posted to No tax, each only when somebody says so." in told.out
    known = settled.done("charging", "--json").json
    assert (known["chosen"]["tax"], known["choices"]["accounts"]) == ("none", [])
