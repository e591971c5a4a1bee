"""A plausible whole morning for any pack, as a script: for training, demonstrations and drills.

It is made from the terms alone and by the rules themselves, so the same pack always gives the same
morning and none of its acts is refused: most members hand in what is suggested, some part of it, some
nothing; borrowers come with principal, due and overdue; slips within their dates are paid; one visit
is keyed wrong, reversed and keyed again, and one member's part of a hand-in taken back. Of everything else
the counter knows a few happen where the pack allows: deposits withdrawn or put against debts, savings
opened, added to and paid out, a false note kept, requests written down, money nobody can place, cash on the
road and between the drawer and the main fund. The drawer is counted by the controller without being told
what to find, and the book closed and sent.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any

from sync import ledger, savings
from sync.errors import Refusal
from sync.money import DENOMINATIONS, fewest_notes, round_up
from sync.projection import Member
from sync.session import Session
from sync.terms import Terms
from sync.voucher import Body, Wish

# Shares of a hundred members who hand in nothing, and who hand in less than is suggested.
_NOTHING, _LESS = 6, 6
# Sessions see 10 to 60 payments of principal; this many borrowers of each kind come.
_OVERDUE, _IN_TERM, _INTEREST_ONLY = 10, 14, 4
_NOTE_MIN = DENOMINATIONS[-1]
# And so many of each other thing, to be seen and not to be many.
_FEW = 3
_FLOAT_MORE = {200_000: 100, 50_000: 200}
_BACK_NOTES_MAX = 100


def notes_for(amount: int) -> dict[int, int]:
    """The fewest notes for a sum; what is less than the smallest note stays out."""
    return fewest_notes(amount, smallest=_NOTE_MIN)[0]


def morning(terms: Terms, *, serves: Callable[[Body], bool] = lambda _body: True) -> tuple[bytes, ...]:
    """The lines of the script for a session with these terms; `serves` says of a voucher whether its party is served here."""
    made = _Morning(terms, serves)
    made.on_the_road()
    half = len(terms.groups) // 2
    for group in terms.groups[:half]:
        made.group(group.group_code, by=group.leader)
    made.member_taken_back()
    made.visits()
    made.mistake()
    made.deposits({group.group_code for group in terms.groups[:half]})
    made.savings()
    made.papers()
    made.act("sync")
    for group in terms.groups[half:]:
        made.group(group.group_code, by=group.deputy or group.leader)
    made.float_more()
    made.slips()
    made.float_back()
    made.close()
    return tuple(json.dumps(act, ensure_ascii=False).encode() for act in made.acts)


class _Morning:
    """The script as it grows, and the session as it would stand after each act."""

    def __init__(self, terms: Terms, serves: Callable[[Body], bool]) -> None:
        self.terms = terms
        self.serves = serves
        self.session = Session(terms)
        self.random = Random(f"{terms.point.point_code}/{terms.session_date}")  # noqa: S311 - people, not keys
        self.teller = next(one.staff_id for one in terms.team if one.role == "teller")
        self.acts: list[dict[str, Any]] = []

    def act(self, name: str, **fields: object) -> None:
        self.acts.append({"act": name, **fields})

    def _post(self, body: Body, name: str, **fields: object) -> bool:
        """Whether the rules let this act stand; it is in the script only then."""
        if not self.serves(body):
            return False
        try:
            self.session.check(body, maker=self.teller, approvers=None, head=body.head)
        except Refusal:
            return False
        self.session.apply(body, maker=self.teller)
        self.act(name, **fields)
        return True

    def _planned(self, plan: Callable[[], Body], name: str, **fields: object) -> bool:
        """`_post` for a voucher that some packs do not even let one think of."""
        try:
            body = plan()
        except Refusal:
            return False
        return self._post(body, name, **fields)

    def _one(self, customer_code: str, wish: Wish, name: str, **fields: object) -> bool:
        """A visit of one line, under the name of its own act."""
        return self._planned(partial(self.session.plan_visit, customer_code, wishes=[wish]), name, **fields)

    def on_the_road(self) -> None:
        """The float taken over under its seal, and how it came here."""
        notes = self.open()
        said = {"from": "Kho quỹ văn phòng", "to": self.terms.point.point_name, "carriers": "Lái xe và bảo vệ", "left_at": "07:15"}
        seal = f"NP-{self.terms.session_date:%d%m}"
        plan = partial(self.session.plan_transit, notes=notes, details={**said, "seal": seal})
        self._planned(plan, "transit", denominations=_shown(notes), seal=seal, **said)

    def open(self) -> Mapping[int, int]:
        slips = sum(one.amount for one in self.terms.disbursements) + sum(one.amount for one in self.terms.payouts)
        wanted = self.terms.parameters.float_planned or round_up(slips, 50_000_000) + 50_000_000
        large = wanted * 7 // 10 // 500_000 * 500_000
        notes = notes_for(large)
        for note, count in notes_for((wanted - large) // 200_000 * 200_000).items():
            notes[200_000] = notes.get(200_000, 0) + note * count // 200_000
        rest = wanted - sum(note * count for note, count in notes.items())
        for note, count in notes_for(rest).items():
            notes[note] = notes.get(note, 0) + count
        seal, giver = f"NP-{self.terms.session_date:%d%m}", "Thủ quỹ"
        body = self.session.plan_open(notes=notes, details={"seal": seal, "giver": giver})
        self._post(body, "open", float=_shown(notes), seal=seal, giver=giver)
        return notes

    def group(self, group_code: str, *, by: str) -> None:
        cash = {}
        for member in self.session.members(group_code):
            if handed := self._handed(member):
                cash[member.customer_code] = handed
        if not cash:
            return
        notes = notes_for(sum(cash.values()))
        try:
            body = self.session.plan_group(group_code, by=by, cash=cash, interest={}, notes=notes)
        except Refusal:
            return
        self._post(body, "group", group=group_code, by=by, cash=cash, denominations=_shown(notes))

    def _handed(self, member: Member) -> int:
        drawn = self.random.randrange(100)
        if drawn < _NOTHING:
            return 0
        if drawn < _NOTHING + _LESS:
            return member.interest // 2 // 1_000 * 1_000
        # Somebody always brings a little more for the deposit.
        more = 50_000 if drawn > 92 and member.deposit_account else 0
        return member.suggestion + more

    def visits(self) -> None:
        """Borrowers in person: overdue principal, principal in term, and interest alone."""
        overdue = [one for one in self.terms.loans if one.balance_overdue]
        in_term = [one for one in self.terms.loans if one.balance_in_term > 2_000_000 and not one.balance_overdue]
        for loan in overdue[:_OVERDUE]:
            self._visit(loan.customer_code, loan.loan_code, "TQ", self.random.randrange(1, 6) * 1_000_000)
        chosen = self.random.sample(in_term, min(len(in_term), _IN_TERM + _INTEREST_ONLY))
        for place, loan in enumerate(chosen):
            principal = self.random.randrange(1, 9) * 1_000_000 if place < _IN_TERM else 0
            self._visit(loan.customer_code, loan.loan_code, "TG", principal)

    def _visit(self, customer_code: str, loan_code: str, code: str, principal: int) -> bool:
        wishes = self._wishes(customer_code, loan_code, code, principal)
        if not wishes:
            return False
        body = self.session.plan_visit(customer_code, wishes=wishes)
        lines = [
            {"code": one.code, "account": one.account} | ({} if one.amount is None else {"amount": one.amount})
            for one in wishes
        ]
        return self._post(body, "visit", customer=customer_code, lines=lines)

    def _wishes(self, customer_code: str, loan_code: str, code: str, principal: int) -> list[Wish]:
        """All interest of the loan, principal, and what makes the sum payable in notes."""
        dues = self.session.dues(self.session.roll.loans[loan_code])
        component = ledger.COMPONENTS[code][0]
        principal = min(principal, dues.by_component[component])
        wishes = [Wish("TL", loan_code, None)] if dues.interest else []
        odd = -(dues.interest + principal) % 10_000
        account = self.session.roll.member_deposit(customer_code)
        if account and odd:
            wishes.append(Wish("TT", account.account_no, odd))
        elif odd:
            # No account for the change: principal makes the sum round.
            principal = principal or min(1_000_000, dues.by_component[component])
            odd = -(dues.interest + principal) % _NOTE_MIN
            if principal + odd > dues.by_component[component]:
                odd -= _NOTE_MIN
            principal += odd
        if principal > 0:
            wishes.insert(0, Wish(code, loan_code, principal))
        return wishes

    def mistake(self) -> None:
        """The last visit keyed with a digit too few, undone, and keyed again as it was meant."""
        for loan in self.terms.loans:
            if loan.balance_in_term > 5_000_000 and self._visit(loan.customer_code, loan.loan_code, "TG", 500_000):
                number, reason = len(self.session.bodies), "nhập nhầm số tiền"
                body = self.session.plan_reverse(number, reason=reason)
                if self._post(body, "reverse", voucher=number, reason=reason):
                    self._visit(loan.customer_code, loan.loan_code, "TG", 5_000_000)
                return

    def member_taken_back(self) -> None:
        """The last member of the last hand-in whose money was another's."""
        number = len(self.session.bodies)
        lines = self.session.bodies[-1].lines if self.session.bodies else ()
        member = self.session.roll.owner(lines[-1].account) if lines else ""
        reason = "tiền của thành viên khác"
        plan = partial(self.session.plan_correct, number, customer_code=member, reason=reason)
        self._planned(plan, "correct", voucher=number, member=member, reason=reason)

    def deposits(self, groups: set[str]) -> None:
        """Members of groups that have handed in withdraw, or put their deposit against the interest they owe."""
        held = [
            one
            for one in self.terms.deposits
            if one.kind == "member" and self.session.roll.customers[one.customer_code].group_code in groups
        ]
        rich = [one for one in held if self.session.balance(one.account_no, "deposit") >= 100_000]
        for one in rich[:_FEW]:
            wish = Wish("RT", one.account_no, 50_000)
            self._one(one.customer_code, wish, "withdraw", account=one.account_no, amount=50_000)
        owing = [one for one in rich[_FEW:] if self._owed(one.customer_code)]
        for one in owing[:_FEW]:
            amount = min(self._owed(one.customer_code), self.session.balance(one.account_no, "deposit"))
            wish = Wish("CT", one.account_no, amount)
            self._one(one.customer_code, wish, "transfer", account=one.account_no, amount=amount)

    def _owed(self, customer_code: str) -> int:
        return sum(self.session.dues(loan).interest for loan in self.session.roll.loans_of(customer_code))

    def savings(self) -> None:
        """New cards, one account added to, one closed before its end and one at it, where there are such."""
        people = [one.customer_code for one in self.terms.customers]
        for product in savings.offered(self.terms.savings_products, on=self.terms.session_date)[:_FEW]:
            customer, serial = self.random.choice(people), f"AB{self.random.randrange(10**6):06d}"
            amount = max(product.min_amount, self.random.randrange(1, 20) * 1_000_000)
            said = {"product": product.product_code, "term_months": product.term_months, "card": serial}
            account = savings.provisional(product.product_code, term_months=product.term_months, serial=serial)
            self._one(customer, Wish("GK", account, amount), "save", customer=customer, **said, amount=amount)
        on = self.terms.session_date
        held = [one for one in self.terms.deposits if one.kind != "member" and one.balance]
        demand = [one for one in held if one.kind == "demand"]
        early = [one for one in held if one.matures_on and one.matures_on > on]
        due = [one for one in held if one.matures_on and one.matures_on <= on]
        for one in demand[:1]:
            said = {"customer": one.customer_code, "account": one.account_no, "amount": 500_000}
            self._one(one.customer_code, Wish("GK", one.account_no, 500_000), "save", **said)
        for one in (*early[:1], *due[:1]):
            self._one(one.customer_code, Wish("RK", one.account_no, None), "save_close", account=one.account_no)

    def papers(self) -> None:
        """What moves no balance of anybody: a false note, requests, a sum that waits for its owner."""
        party = {"group": self.terms.groups[0].group_code} if self.terms.groups else {}
        notes, said = {f"KD{self.random.randrange(10**8):08d}": 200_000}, {"minutes": "01/BB-TG", "outcome": "held"}
        plan = partial(self.session.plan_counterfeit, party=party.get("group", ""), notes=tuple(notes.items()), **said)
        self._planned(plan, "counterfeit", notes=notes, **said, **party)
        for loan in [one for one in self.terms.loans if one.balance_overdue][:1]:
            text, until = "Xin gia hạn vì mất mùa", f"{self.terms.session_date.year + 1}-12-31"
            of_loan = {"account": loan.loan_code, "until": until}
            plan = partial(
                self.session.plan_request, request="extension", party=loan.customer_code, text=text, details=of_loan
            )
            self._planned(plan, "request", type="extension", customer=loan.customer_code, text=text, **of_loan)
        text, reason = "Đề nghị kê thêm ghế chờ", "Chuyển tiền chưa rõ của ai"
        plan = partial(self.session.plan_request, request="suggestion", party="", text=text)
        self._planned(plan, "request", type="suggestion", text=text)
        plan = partial(self.session.plan_suspense, amount=200_000, notes={200_000: 1}, reason=reason)
        self._planned(plan, "suspense", amount=200_000, denominations={"200000": 1}, reason=reason)

    def float_more(self) -> None:
        """More small notes from the main fund before the slips are paid."""
        details = {"seal": "NP-TQ", "giver": "Thủ quỹ"}
        plan = partial(self.session.plan_float, notes=_FLOAT_MORE, details=details)
        self._planned(plan, "float", denominations=_shown(_FLOAT_MORE), **details)

    def float_back(self) -> None:
        """Large notes that are not needed any more go back before the count."""
        large = DENOMINATIONS[0]
        notes, details = {large: min(self.session.cash // large, _BACK_NOTES_MAX)}, {"seal": "NP-HQ", "taker": "Thủ quỹ"}
        plan = partial(self.session.plan_return, notes=notes, details=details)
        self._planned(plan, "return", denominations=_shown(notes), **details)

    def slips(self) -> None:
        """Everything approved and in force that the drawer can pay."""
        for disbursement in self.terms.disbursements:
            body = self.session.plan_slip(disbursement.slip_no)
            self._post(body, "disburse", slip=disbursement.slip_no)
        for payout in self.terms.payouts:
            self._post(self.session.plan_slip(payout.slip_no), "pay", slip=payout.slip_no)

    def close(self) -> None:
        """Count what can lie in a drawer; what no note can show is minuted as a difference."""
        notes = notes_for(self.session.cash)
        blind = {"blind": True} if any(one.role == "controller" and one.sign_key for one in self.terms.team) else {}
        self._post(self.session.plan_count(notes=notes), "count", denominations=_shown(notes), **blind)
        if self.session.counted != self.session.cash:
            reason = "số lẻ dưới tờ tiền nhỏ nhất"
            self._post(self.session.plan_difference(reason=reason), "difference", reason=reason)
        self.act("close")
        self.act("sync")


def _shown(notes: Mapping[int, int]) -> dict[str, int]:
    return {str(note): count for note, count in notes.items()}
