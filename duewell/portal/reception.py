"""The reception: takes whoever comes with a link, shows them what they may see, and hands on what they press."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from duewell.links import Keys, come_back, keys_of, link_for, opened, way_back
from duewell.pay_page import asks_second_fact, business_by_segment, invoice_by_number, public_address
from duewell.portal.answering import Press, answer
from duewell.portal.choosing import Chosen, agree, choose, parts_offered, proposed
from duewell.portal.papers import Paper
from duewell.portal.paying import Counters, WayBack, least_of, open_part, pay
from duewell.portal.proofs import proof, proven
from duewell.portal.second_fact import fresh_code, is_code, is_postcode, mail_code, may_try
from duewell.portal.sheet import Sheet, sheet_of
from duewell.portal.words import Speech, Unclear
from duewell.wiring import House
from integrations.errors import NotThere
from receivables.money import Money
from receivables.plans import PartStanding, Progress, standings
from receivables.records import Ref
from storage.checkouts import CheckoutState
from storage.links import About, Aim, Link

BACK = {
    CheckoutState.PROCESSING: "back_processing",
    CheckoutState.PAID: "back_arrived",
    CheckoutState.RECORDED: "back_arrived",
    CheckoutState.FAILED: "back_failed",
}
CODE = "code:"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a payer gets: one of the pages by name, its values, and the HTTP status. `leave_to`: the till's page."""

    page: str
    speech: Speech
    sheet: Sheet | None = None
    proof: str = ""
    action: str = ""
    thanks: str = ""
    problem: str = ""
    chosen: Chosen | None = None
    shown: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    leave_to: str = field(default="", repr=False)
    status: int = 200


class Heard(Enum):
    """What came of asking for the second fact."""

    NOTHING = auto()
    RIGHT = auto()
    WRONG = auto()
    TOO_OFTEN = auto()
    CODE_WANTED = auto()


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody with a link that opens something: what they hold, and in which words they are spoken to."""

    token: str = field(repr=False)
    sheet: Sheet
    speech: Speech
    keys: Keys = field(repr=False)
    told: bool = False

    @property
    def link(self) -> Link:
        """What they came with."""
        return self.sheet.link

    def mark(self, text: str) -> str:
        """A keyed digest of something said on this link's pages."""
        return self.keys.mark(self.link, text)


class Reception:
    """One for the house. Nothing that comes by GET writes anything."""

    def __init__(self, house: House, counters: Counters) -> None:
        self._house = house
        self._counters = counters

    def look(self, token: str, tag: str) -> Shown:
        """The page of a link; `tag` is the language a stranger's browser asks for."""
        visit = self._visit(token)
        if visit is None:
            return closed(tag)
        return self._page(visit) if self._may_see(visit) else self._question(visit)

    def back(self, code: str, tag: str) -> Shown:
        """Back from the till's page: what is known by now, and nothing that only a page claims."""
        found = come_back(self._house, code)
        visit = self._visit(found[1]) if found else None
        if found is None or visit is None:
            return closed(tag)
        name = BACK.get(found[0].state, "back_looking")
        return Shown("back", visit.speech, action=f"/b/{code}", thanks=visit.speech(name))

    def onward(self, code: str, tag: str) -> Shown:
        """From there on to the account, as long as the code is good."""
        found = come_back(self._house, code)
        visit = self._visit(found[1]) if found else None
        return closed(tag) if visit is None else Shown("onward", visit.speech, action=f"/p/{visit.token}")

    def press(self, token: str, tag: str, typed: Mapping[str, str], paper: Paper | Unclear | None = None) -> Shown:
        """Something was pressed on the page of a link. Pressed twice, it is done once."""
        visit = self._visit(token)
        if visit is None:
            return closed(tag)
        good, told = proven(visit.mark, typed.get("proof", ""), self._house.clock.now())
        visit = Visit(token, visit.sheet, visit.speech, visit.keys, told and good)
        if not good:
            return self._again(visit, "old_form", status=409)
        if not self._may_see(visit):
            return self._tell(visit, typed)
        with self._house.leases.hold(f"link:{visit.link.id}", seconds=30) as mine:
            if not mine:
                return self._again(visit, "busy", status=409)
            return self._do(visit, typed, paper)

    def _do(self, visit: Visit, typed: Mapping[str, str], paper: Paper | Unclear | None) -> Shown:
        try:
            if isinstance(paper, Unclear):
                raise paper
            match typed.get("do", ""):
                case "look":
                    return self._page(visit)
                case "pay":
                    return self._pay(visit, typed)
                case "plan":
                    return self._plan(visit, typed)
                case "agree":
                    return self._agree(visit, typed)
                case what:
                    said = answer(self._house, visit.sheet, Press(what, typed, paper), visit.speech)
                    return self._page(self._fresh(visit), thanks=said)
        except Unclear as unclear:
            return self._page(visit, problem=visit.speech(unclear.name, **unclear.facts), typed=typed, status=422)

    def _pay(self, visit: Visit, typed: Mapping[str, str]) -> Shown:
        counter, business = self._counters(visit.link.business), visit.link.business
        if counter is None:
            raise Unclear("no_online", company=visit.sheet.case.company.name)
        code, digest = way_back()
        back = WayBack(f"{public_address(self._house, business)}/b/{code}", digest)
        url = pay(counter, visit.sheet, typed, visit.speech, back=back)
        return Shown("leave", visit.speech, visit.sheet, leave_to=url)

    def _plan(self, visit: Visit, typed: Mapping[str, str]) -> Shown:
        """Shown in full before anybody agrees; nothing is kept yet."""
        chosen = self._chosen(visit, typed)
        return self._page(visit, chosen=chosen, shown=visit.mark(chosen.text), page="plan")

    def _agree(self, visit: Visit, typed: Mapping[str, str]) -> Shown:
        """Only to the very words that were shown."""
        chosen = self._chosen(visit, typed)
        if visit.mark(chosen.text) != typed.get("shown", ""):
            words = visit.speech("plan_changed")
            return self._page(
                visit, chosen=chosen, shown=visit.mark(chosen.text), page="plan", problem=words, status=409
            )
        thanks = agree(self._house, visit.sheet, chosen, visit.speech)
        return self._page(self._fresh(visit), thanks=thanks)

    def _chosen(self, visit: Visit, typed: Mapping[str, str]) -> Chosen:
        if plan := typed.get("plan", ""):
            return proposed(visit.sheet, plan, visit.speech)
        counter, currency = self._counters(visit.link.business), typed.get("currency", "")
        offered = {one.payable.currency for one in visit.sheet.lines}
        least = least_of(counter, currency) if currency in offered else None
        return choose(self._house, visit.sheet, typed, visit.speech, least=least)

    # --- the second fact ------------------------------------------------------------------------------------------

    def _may_see(self, visit: Visit) -> bool:
        """Who came by an invoice's number always tells a second fact; others where the business asks."""
        needed = visit.link.aim.about is About.INVOICE or asks_second_fact(self._house, visit.link.business)
        return visit.told or not needed

    def _tell(self, visit: Visit, typed: Mapping[str, str]) -> Shown:
        match self._heard(visit, typed):
            case Heard.RIGHT:
                return self._page(replace(visit, told=True))
            case Heard.WRONG:
                return self._question(visit, "fact_wrong", status=422)
            case Heard.TOO_OFTEN:
                return self._question(visit, "fact_often", status=429)
            case Heard.CODE_WANTED:
                return self._question(visit, thanks="code_sent")
            case _:
                return self._question(visit)

    def _heard(self, visit: Visit, typed: Mapping[str, str]) -> Heard:
        """Whether the second fact was told and fits. A code that is wanted is mailed."""
        what = typed.get("do")
        if what not in ("fact", "mail_code"):
            return Heard.NOTHING
        if not may_try(self._house, visit.link):
            return Heard.TOO_OFTEN
        if what == "mail_code":
            code = fresh_code()
            mail_code(self._house, visit.sheet, code, visit.mark(f"{CODE}{code}"))
            return Heard.CODE_WANTED
        return Heard.RIGHT if self._fits(visit, typed) else Heard.WRONG

    def _fits(self, visit: Visit, typed: Mapping[str, str]) -> bool:
        code = "".join(typed.get("code", "").split())[:20]
        if code:
            return is_code(self._house, visit.link, visit.mark(f"{CODE}{code}"))
        return is_postcode(visit.sheet, typed.get("postcode", ""))

    def _question(self, visit: Visit, problem: str = "", *, thanks: str = "", status: int = 200) -> Shown:
        company, speech = visit.sheet.case.company.name, visit.speech
        return Shown(
            "question",
            speech,
            visit.sheet,
            proof(visit.mark, self._house.clock.now(), told=False),
            f"/p/{visit.token}",
            thanks=speech(thanks, company=company) if thanks else "",
            problem=speech(problem) if problem else "",
            status=status,
        )

    # --- by an invoice's number -----------------------------------------------------------------------------------

    def by_number(self, segment: str, tag: str) -> Shown:
        """The address that is printed on online invoices: whatever it names, the same question is asked."""
        business = business_by_segment(self._house, segment)
        return closed(tag) if business is None else self._blank(tag, business.name)

    def press_by_number(self, segment: str, tag: str, typed: Mapping[str, str]) -> Shown:
        """A second fact told of an invoice that was named by its number.

        Until it fits, the answer is the same whether there is such an invoice or not, and holds no link.
        """
        business = business_by_segment(self._house, segment)
        if business is None:
            return closed(tag)
        invoice = invoice_by_number(self._house, business.id, typed.get("inv", ""), typed.get("org", ""))
        visit = self._visit_of(business.id, *invoice) if invoice else None
        if visit is not None and self._heard(visit, typed) is Heard.RIGHT:
            return self._page(replace(visit, told=True))
        if typed.get("do") == "mail_code":
            return self._blank(tag, business.name, thanks="code_sent")
        return self._blank(tag, business.name, problem="fact_wrong", status=422)

    def _visit_of(self, business: str, debtor: str, ref: Ref) -> Visit | None:
        aim = Aim(debtor, About.INVOICE, f"{ref.connection}/{ref.id}")
        _, token = link_for(self._house, business, aim)
        return self._visit(token)

    def _blank(self, tag: str, company: str, *, problem: str = "", thanks: str = "", status: int = 200) -> Shown:
        speech = Speech.to_stranger(tag)
        return Shown(
            "question_by_number",
            speech,
            problem=speech(problem) if problem else "",
            thanks=speech(thanks, company=company) if thanks else "",
            typed={"company": company},
            status=status,
        )

    # --- pages ----------------------------------------------------------------------------------------------------

    def _visit(self, token: str) -> Visit | None:
        """None for whatever opens nothing: one look-up, the same for all of them."""
        link = opened(self._house, token)
        if link is None:
            return None
        try:
            sheet = sheet_of(self._house, link)
        except NotThere:
            return None
        return Visit(token, sheet, Speech.to(sheet.case), keys_of(self._house))

    def _fresh(self, visit: Visit) -> Visit:
        """After something was written down."""
        return Visit(visit.token, sheet_of(self._house, visit.link), visit.speech, visit.keys, visit.told)

    def _again(self, visit: Visit, problem: str, *, status: int) -> Shown:
        if not self._may_see(visit):
            return self._question(visit, problem, status=status)
        return self._page(visit, problem=visit.speech(problem), status=status)

    def _page(
        self,
        visit: Visit,
        *,
        page: str = "account",
        thanks: str = "",
        problem: str = "",
        chosen: Chosen | None = None,
        shown: str = "",
        typed: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Shown:
        if page == "account" and visit.sheet.failed and visit.sheet.lines and not thanks:
            problem = problem or visit.speech("back_failed")
        return Shown(
            page,
            visit.speech,
            visit.sheet,
            proof(visit.mark, self._house.clock.now(), told=visit.told),
            f"/p/{visit.token}",
            thanks,
            problem,
            chosen,
            shown,
            typed or {},
            status=status,
        )

    def takes_money(self, business: str) -> bool:
        """Is there a counter at which this business's customers can pay?"""
        return self._counters(business) is not None

    def parts_offered(self, sheet: Sheet) -> range:
        """How many instalments may be chosen."""
        return parts_offered(self._house, sheet)

    def plans(self, sheet: Sheet) -> list[tuple[Progress, tuple[PartStanding, ...], Money | None]]:
        """Each living plan, how its instalments stand, and what is open of the next."""
        return [
            (one, standings(one.plan, one.so_far, sheet.today), open_part(one, sheet) if sheet.lines else None)
            for one in sheet.plans
        ]


def closed(tag: str) -> Shown:
    """For a link that opens nothing, whyever."""
    return Shown("closed", Speech.to_stranger(tag), status=404)
