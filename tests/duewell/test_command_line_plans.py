"""Paying in parts from the terminal, beside a Stripe of the sandbox."""

from tests.duewell.terminal import Terminal
from tests.duewell.test_command_line_work import someone_who_owes


def test_a_plan_is_tried_proposed_agreed_to_shown_and_ended(settled: Terminal) -> None:
    row = someone_who_owes(settled)
    wish = ("plans", "propose", row["number"], "--parts", "2", "--first-on", "in 3 days")
    assert settled.done("plans").out.strip() == "Nobody pays in parts yet."

    tried = settled.done(*wish, "--try").out
    assert f"for invoice {row['number']} in 2 parts." in tried
    assert "after that the plan is broken" in tried
    assert tried.strip().endswith("Nothing was kept.")
    assert "leave out --try or --mail" in settled(*wish, "--try", "--mail").error
    made = settled.done(*wish, "--by", "Robin", "--mail", "--json").json
    assert made["mail"] == "The proposal went out."
    assert row["number"] in settled.sandbox.mailbox.mails()[-1].message["Subject"]
    assert (made["state"], len(made["parts"]), made["invoices"]) == ("proposed", 2, [row["number"]])
    agreed = settled.done("plans", "approve", made["id"][:6], "--who", "Jo", "--way", "phone", "--by", "Robin").out
    assert "Agreed by Jo on" in agreed
    told = settled.done("explain", row["number"]).out
    assert "today: hold" in told
    assert settled.done("plans", "show", made["id"], "--json").json["state"] == "active"
    assert "is in another plan" in settled(*wish).error
    assert "There is no plan 'zzzzzz' here" in settled("plans", "cancel", "zzzzzz").error
    assert "has ended" in settled.done("plans", "cancel", made["id"], "--words", "paid at once").out
    assert "cancelled" in settled.done("plans").out
    assert "tax none:" in settled.done("plans", "credit-notes").out
    assert "prepared under" in settled.done("plans", "credit-notes", "--tax", "none", "--by", "Robin").out
