"""What a till is, in sentences for its owner: the same at the terminal and on pages."""

from collections.abc import Iterator

from duewell.tills import Chosen, PostedView, TillView


def till_words(view: TillView) -> Iterator[str]:
    """Line by line."""
    if view.chosen is None:
        yield "Customers pay nowhere through Duewell yet; name a till with `duewell till set`."
        yield from (f"  could be: {label} ({id})" for id, label in view.able)
        return
    yield f"Customers pay at {view.label or 'a company that is no longer connected'}: {ways(view.chosen)}."
    for one in view.clearing:
        where = f"into {one.name}" if one.name else "nowhere yet, so that they cannot be paid by link"
        yield f"  payments in {one.currency} for {one.label} are booked {where}"
    for each in view.posted:
        yield f"  {_posted(each)}"
    if view.chosen.fed:
        yield "  fees and payouts are booked by a bank feed or another app"


def _posted(one: PostedView) -> str:
    said = {"yes": "another app enters the till's payments", "no": "nobody else enters the till's payments"}.get(
        one.said, "it is not known whether another app enters the till's payments"
    )
    seen = f"; {one.seen} that seem to be another app's were seen" if one.seen else ""
    adopted = "" if one.said == "no" else "; what stands there already is not entered again"
    return f"into {one.label}: {said}{seen}{adopted}"


def ways(chosen: Chosen) -> str:
    """By which ways, and by card up to what."""
    named = ", ".join(one.replace("_", " ") for one in chosen.methods) or "any way it offers"
    most = ", ".join(str(one) for one in chosen.ceilings)
    return f"by {named}" + (f", by card up to {most}" if most else "")
