"""A plausible whole morning for any pack, as a script: for training, demonstrations and drills.

It is made from the terms alone and by the rules themselves, so the same pack always gives the same
morning and none of its acts is refused: most members hand in what is suggested, some part of it, some
nothing; borrowers come with principal, due and overdue; slips within their dates are paid; one visit
is keyed wrong, reversed and keyed again; the drawer is counted and the book closed and sent.
"""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from sync import ledger
from sync.errors import Refusal
from sync.money import DENOMINATIONS, round_up
from sync.projection import Member
from sync.session import Session
from sync.terms import Terms
from sync.voucher import Body, Wish

# Shares of a hundred members who hand in nothing, and who hand in less than is suggested.
_NOTHING, _LESS = 6, 6
# Sessions see 10 to 60 payments of principal; this many borrowers of each kind come.
_OVERDUE, _IN_TERM, _INTEREST_ONLY = 10, 14, 4
_NOTE_MIN = DENOMINATIONS[-1]


def notes_for(amount: int) -> dict[int, int]:
    """The fewest notes for a sum; what is less than the smallest note stays out."""
    found = {}
    for note in DENOMINATIONS:
        count, amount = divmod(amount, note)
        if count:
            found[note] = count
    return found


def morning(terms: Terms) -> tuple[bytes, ...]:
    """The lines of the script for a session with these terms."""
    made = _Morning(terms)
    made.open()
    half = len(terms.groups) // 2
    for group in terms.groups[:half]:
        made.group(group.group_code, by=group.leader)
    made.visits()
    made.mistake()
    made.act("sync")
    for group in terms.groups[half:]:
        made.group(group.group_code, by=group.deputy or group.leader)
    made.slips()
    made.close()
    return tuple(json.dumps(act, ensure_ascii=False).encode() for act in made.acts)


class _Morning:
    """The script as it grows, and the session as it would stand after each act."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.session = Session(terms)
        self.random = Random(f"{terms.point.point_code}/{terms.session_date}")  # noqa: S311 - people, not keys
        self.teller = next(one.staff_id for one in terms.team if one.role == "teller")
        self.acts: list[dict[str, Any]] = []

    def act(self, name: str, **fields: object) -> None:
        self.acts.append({"act": name, **fields})

    def _post(self, body: Body, name: str, **fields: object) -> bool:
        """Whether the rules let this act stand; it is in the script only then."""
        try:
            self.session.check(body, maker=self.teller, approvers=None, head=body.head)
        except Refusal:
            return False
        self.session.apply(body, maker=self.teller)
        self.act(name, **fields)
        return True

    def open(self) -> None:
        slips = sum(one.amount for one in self.terms.disbursements) + sum(one.amount for one in self.terms.payouts)
        wanted = self.terms.parameters.float_planned or round_up(slips, 50_000_000) + 50_000_000
        large = wanted * 7 // 10 // 500_000 * 500_000
        notes = notes_for(large)
        for note, count in notes_for((wanted - large) // 200_000 * 200_000).items():
            notes[200_000] = notes.get(200_000, 0) + note * count // 200_000
        rest = wanted - sum(note * count for note, count in notes.items())
        for note, count in notes_for(rest).items():
            notes[note] = notes.get(note, 0) + count
        self._post(self.session.plan_open(notes=notes), "open", float=_shown(notes))

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
        self._post(self.session.plan_count(notes=notes), "count", denominations=_shown(notes))
        if self.session.counted != self.session.cash:
            reason = "số lẻ dưới tờ tiền nhỏ nhất"
            self._post(self.session.plan_difference(reason=reason), "difference", reason=reason)
        self.act("close")
        self.act("sync")


def _shown(notes: Mapping[int, int]) -> dict[str, int]:
    return {str(note): count for note, count in notes.items()}
