"""The sheets of the customer desk: savings opened and closed, and requests without money."""

from functools import partial
from typing import TYPE_CHECKING, Any

from desktop.ui.request_sheet import RequestSheet
from desktop.ui.savings_sheets import CloseSavings, OpenSavings
from desktop.ui.wanted import Wanted
from sync.errors import Fault
from sync.loans import Dues
from sync.savings import product_of
from sync.terms import Deposit

if TYPE_CHECKING:
    from desktop.desk import Desk, Posted, Preview
    from desktop.listing import Closing
    from desktop.ui.customers import CustomersPage


class VisitSheets:
    """Opens them over the window for the person on the page; what is half typed in one goes into the page's draft."""

    def __init__(self, page: "CustomersPage") -> None:
        self.page, self.counter, self.say = page, page.counter, page.say
        self._open: OpenSavings | RequestSheet | None = None

    @property
    def kept(self) -> dict[str, Any]:
        """What is typed in the open sheet, for a draft; empty where there is none."""
        if self._open is None:
            return {}
        return {"kind": "savings" if isinstance(self._open, OpenSavings) else "request", "typed": self._open.kept}

    def restore(self, kept: dict[str, Any] | None) -> None:
        """Open the sheet again that was open at a lock."""
        if not kept or self.counter.sheet_open():
            return
        if kept["kind"] == "savings":
            self._open_savings()
        else:
            self.request()
        if self._open is not None:
            self._open.restore(kept["typed"])

    def _hold(self, sheet: OpenSavings | RequestSheet) -> None:
        self._open = sheet
        sheet.dropped.connect(self._gone)

    def _gone(self) -> None:
        self._open = None

    # Savings

    def save(self) -> None:
        """K: money into the account under the cursor where it may grow, or a new card."""
        here = self.page.accounts.here
        if isinstance(here, Deposit) and here.kind != "member" and self._grows(here):
            self.page.lines.type_at(self.page.model.add(Wanted("GK", here.account_no, 0)))
        else:
            self._open_savings()

    def _grows(self, deposit: Deposit) -> bool:
        terms = self.counter.roll.terms
        found = product_of(deposit, terms.savings_products)
        ended = deposit.matures_on is not None and deposit.matures_on <= terms.session_date
        return deposit.kind == "demand" or (found is not None and found.scheme == "steps" and not ended)

    def _open_savings(self) -> None:
        sheet = OpenSavings(self.page.window(), self.counter)
        sheet.wanted.connect(partial(self._try, sheet))
        self._hold(sheet)

    def _try(self, sheet: OpenSavings, line: Wanted) -> None:
        """The rules are asked before the line stands, so that a refusal is read beside what it is about."""
        person, model = self.page.person, self.page.model
        if person is None:
            return
        code, wishes = person.customer.customer_code, model.asked_for(line)

        def take(_preview: "Preview") -> None:
            self._gone()
            sheet.end()
            self.page.lines.type_at(model.add(line))

        self.counter.ask(lambda desk: desk.preview_visit(code, wishes=wishes), then=take, failed=sheet.refuse)

    def pay_out(self) -> None:
        """Z: the savings account under the cursor, or the first that holds anything."""
        found = self.page.model.savings_here(self.page.accounts.here)
        if found is None:
            self.page.notice.tell(self.say("customers.no_Z"), tone="warn")
            return
        account = found[0].account_no
        self.counter.ask(lambda desk: desk.closing(account), then=self._show_closing, failed=self._refused)

    def _show_closing(self, closing: "Closing") -> None:
        early = self.say("savings.early_short" if closing.early else "savings.at_maturity_short")
        note = early if closing.deposit.kind == "term" else ""

        def take() -> None:
            self.page.lines.type_at(self.page.model.pay_out(closing, note=note))

        if closing.deposit.kind == "demand":
            take()
            return
        name = self.say(f"customers.kind_{closing.deposit.kind}")
        sheet = CloseSavings(self.page.window(), self.counter, closing=closing, name=name)
        sheet.accepted.connect(take)

    def _refused(self, fault: Fault) -> None:
        self.page.notice.tell(self.counter.sentence(fault))

    # Requests

    def request(self) -> None:
        """Q: what the person asks for without money; with nobody on the page, what is in the suggestion box."""
        here = self.page.accounts.here
        loan = here.loan.loan_code if isinstance(here, Dues) else ""
        sheet = RequestSheet(self.page.window(), self.counter, person=self.page.person, loan=loan)
        sheet.given.connect(partial(self._post, sheet))
        self._hold(sheet)

    def _post(self, sheet: RequestSheet) -> None:
        party = sheet.person.customer.customer_code if sheet.person else ""
        request, text, details = sheet.request, sheet.text.text(), sheet.details

        def plan(desk: "Desk") -> "Preview":
            return desk.preview_request(request=request, party=party, text=text, details=details)

        def done(posted: "Posted") -> None:
            self._gone()
            sheet.end()
            number = f"{posted.sealed.entry.number:06d}"
            self.counter.said.emit(self.say("request.posted", number=number, what=self.say(f"request.{request}")), "ok")

        self.page.posting.begin(
            plan, about=sheet.kind.currentText(), done=done, refused=lambda fault: sheet.refuse(self.counter.sentence(fault))
        )
