"""People at work beside real books: a promise reaches Xero, a day typed there reaches us, to-dos come and go."""

from collections.abc import Callable

from duewell import jobs
from duewell.desk.work import all_todos
from duewell.dictating import dictate
from duewell.running import follow_up_all, make_plan
from duewell.showing.customers import customer
from duewell.views.work import PromiseView
from receivables.records import Invoice
from storage import actions
from storage.actions import ActionState
from tests.scenarios.playing import Play

Plays = Callable[..., Play]


def late(play: Play) -> tuple[str, Invoice]:
    """A customer with something overdue, and one such invoice."""
    for one in make_plan(play.house, play.business):
        for invoice in one.case.invoices:
            if invoice.owing and invoice.due_on and invoice.due_on < play.house.clock.now().date():
                return one.case.debtor, invoice
    raise AssertionError("the sandbox has nothing overdue")


def promises(play: Play, debtor: str) -> list[PromiseView]:
    connection, _, id = debtor.partition("/")
    view = customer(play.house, play.business, connection, id)
    assert view is not None
    return list(view.work.promises)


def test_a_promise_is_written_into_xero_once_and_believed(plays: Plays) -> None:
    play = plays(platforms=("xero",), invoices=25, customers=8)
    play.sync()
    debtor, invoice = late(play)
    told = {"kind": "promise", "until": "in 10 days", "invoice": invoice.number}
    done = dictate(play.house, play.business, debtor, told, by="Robin")
    assert done.sentence.endswith("The day will be written into the books as well.")

    follow_up_all(play.house, play.business)
    follow_up_all(play.house, play.business)

    with play.house.database.read() as tx:
        (act,) = actions.actions(tx, play.business, act="set_expected_date")
    assert act.state is ActionState.SENT
    play.sync()
    kept = {ref: one for key in play.connected_keys() for ref, one in play.invoices(key).items()}
    assert kept[invoice.ref.id].expected_on == done.said.until_on
    verdicts = [verdict for one in make_plan(play.house, play.business) for verdict in one.decision.verdicts]
    rules = {verdict.invoice: verdict.rule for verdict in verdicts}
    assert rules[invoice.ref] == "promised"
    (promise,) = promises(play, debtor)
    assert (promise.id, promise.standing) == (done.id, "open"), "the date in Xero is our own, not a second promise"


def test_the_hourly_job_leaves_to_dos_that_close_with_their_cause(plays: Plays) -> None:
    play = plays(platforms=("stripe",), invoices=25, customers=8)
    play.sync()
    debtor, invoice = late(play)
    told = {"kind": "promise", "until": "tomorrow", "invoice": invoice.number}
    dictate(play.house, play.business, debtor, told, by="Robin")
    play.move(days=3)
    play.sync()
    jobs.collect(play.house)
    jobs.collect(play.house)

    (todo,) = [one for one in all_todos(play.house, [play.business]) if one.kind == "broken_promise"]
    assert invoice.number in todo.title
    play.act("pay", play.connected_keys()[0], invoice=invoice.ref.id)
    play.sync()
    jobs.collect(play.house)

    assert not [one for one in all_todos(play.house, [play.business]) if one.kind == "broken_promise"]
    assert promises(play, debtor)[0].standing == "late"
