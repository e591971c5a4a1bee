"""The desk: what a teller can do, and what a page can ask.

Every verb is asked of the book's own thread. A verb that posts takes an id the page minted before
anything was shown; asked again with the same id and the same content it gives the same answer, and
with other content it refuses. A verb answers with what changed; a refusal changes nothing.

The desk holds the session (balances, state), the book (the encrypted file) and who is at the table.
It decides by `sync.session`, links by `sync.chain`, and keeps by `desktop.store`, in one commit.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from desktop.store import Book, BookAltered, Found, Marks, folded
from desktop.vault import Account, Unlocked
from sync import ledger
from sync.chain import NO_HEAD, Approval, IdReused, Moment, Sealed, link, replay, verify_approvals
from sync.errors import Refusal
from sync.keys import sign_public
from sync.ledger import INTEREST
from sync.loans import Dues
from sync.pack import Pack
from sync.protocol import Mark, read_ack, seal_batch
from sync.session import APPROVERS, REVERSIBLE, CustomerUnknown, Member, ReverseUnknown, Session, State
from sync.terms import Customer, Deposit, DisbursementSlip, Group, PayoutSlip
from sync.voucher import Body, Kind, Wish, number_text

# A line costs about four bytes of a letter, which has 256 KiB (measured: 57 kB for 14,000 lines).
BATCH_LINES_MAX = 20_000

Clock = Callable[[], Moment]


class Standing(NamedTuple):
    """Where the session stands; all amounts in đồng, all counts of entries in this book."""

    state: State
    point_name: str
    pos_name: str
    session_date: datetime.date
    letter: str
    user: Account
    opened_s: int
    cash: int
    opening: int
    cash_in: int
    cash_out: int
    counted: int
    entries: int
    lines: int
    groups_total: int
    groups_in: int
    interest_due: int
    interest_taken: int
    principal_taken: int
    deposits_taken: int
    paid_out: int
    unprinted: int
    marks: Marks


class GroupRow(NamedTuple):
    """A group of today. `expected` is the sum of its members' suggestions; `handed_in` the cash taken."""

    group: Group
    hamlet_name: str
    leader_name: str
    organisation: str
    members: int
    loans: int
    expected: int
    handed_in: int
    numbers: tuple[int, ...]


class SheetRow(NamedTuple):
    """A member on the group sheet."""

    customer: Customer
    member: Member
    principal: int
    overdue_days: int


class GroupSheet(NamedTuple):
    """All that stands on a group's sheet before anything is typed."""

    row: GroupRow
    deputy_name: str
    rows: tuple[SheetRow, ...]


class Person(NamedTuple):
    """All a customer has: loans with what they owe now, deposits with what they hold now."""

    customer: Customer
    group_name: str
    dues: tuple[Dues, ...]
    deposits: tuple[tuple[Deposit, int], ...]
    overdue_days: int


class VoucherRow(NamedTuple):
    """A line of the journal. `printed` counts sheets that left the printer; `reversed_by` is 0 or a number."""

    number: int
    text: str
    kind: Kind
    wall_s: int
    party: str
    party_name: str
    cash: int
    lines: int
    printed: int
    reverses: int
    reversed_by: int
    reversible: bool


class SlipRow(NamedTuple):
    """An approved slip. `code` is GN, HH, PU or TH; `number` the voucher that paid it, or 0; `early`, `late`: not in force."""

    slip_no: str
    code: str
    party: str
    name: str
    amount: int
    state: Literal["open", "paid", "early", "late"]
    number: int


class Preview(NamedTuple):
    """A voucher that would be accepted, before it is posted. `twin` is a number that says the same, or 0."""

    entry_id: int
    body: Body
    cash: int
    approvers: tuple[frozenset[str], ...]
    twin: int


class Posted(NamedTuple):
    """What was kept. `repeated`: it had been posted before under the same id."""

    sealed: Sealed
    text: str
    repeated: bool
    standing: Standing


class Task(NamedTuple):
    """Something that remains to be done today; `kind` is `group`, `slip` or `due`."""

    kind: str
    code: str
    title: str
    amount: int
    overdue_days: int


class PackUnfit(Refusal):
    code = "desk.pack-unfit"
    vi = "Gói của phiên này không có {staff} trong tổ giao dịch. Đăng nhập bằng người của phiên, hoặc xin văn phòng lập lại gói."
    en = "This session's pack does not have {staff} in its team. Unlock as one of the team, or ask the office for a new pack."


class Desk:
    """One session at one table. Opened by `Desk.open`; used by one thread."""

    def __init__(self, book: Book, unlocked: Unlocked, session: Session, *, head: bytes, clock: Clock) -> None:
        self.session = session
        self.book = book
        self._unlocked = unlocked
        self._head = head
        self._clock = clock
        self._staff_keys = {one.staff_id: one.sign_key for one in session.terms.team}
        self._posted: dict[int, int] = {}
        self._minted = 0
        self._lines = 0
        self._opened_s = 0
        self._walls: list[int] = []
        self._taken: dict[str, int] = {}
        self._unprinted = len(book.unprinted())
        self._marks = book.marks()

    @classmethod
    def open(cls, book: Book, unlocked: Unlocked, *, clock: Clock) -> "Desk":
        """The session as the book tells it, every link, signature and rule checked on the way.

        Raises `PackUnfit` for a person outside the team, and the fault of the first bad entry.
        """
        session = Session(book.pack.terms)
        if unlocked.account.staff_id not in session.roll.staff:
            raise PackUnfit(staff=unlocked.account.staff_id)
        kept = list(book.sealed())
        device_key = sign_public(unlocked.device_seed)
        standing = replay(session, kept, book=book.book, device_key=device_key)
        desk = cls(book, unlocked, session, head=standing.head, clock=clock)
        for one in kept:
            desk._remember(one)
        if book.balances() != session.balances:
            raise BookAltered(book=book.book.hex()[:8], reason="balances")
        return desk

    @property
    def pack(self) -> Pack:
        return self.book.pack

    @property
    def head(self) -> bytes:
        return self._head

    def text_of(self, number: int) -> str:
        """A voucher's number as people read it."""
        return number_text(
            point_code=self.pack.terms.point.point_code,
            session_date=f"{self.pack.terms.session_date:%Y%m%d}",
            letter=self.pack.letter,
            number=number,
        )

    # What stands

    def standing(self) -> Standing:
        """Everything a page's head shows."""
        session, terms = self.session, self.pack.terms
        taken = self._taken
        opening = session.bodies[0].cash if session.bodies else 0
        return Standing(
            state=session.state,
            point_name=terms.point.point_name,
            pos_name=terms.point.pos_name,
            session_date=terms.session_date,
            letter=self.pack.letter,
            user=self._unlocked.account,
            opened_s=self._opened_s,
            cash=session.cash,
            opening=opening,
            cash_in=session.cash_in,
            cash_out=session.cash_out,
            counted=session.counted,
            entries=len(session.bodies),
            lines=self._lines,
            groups_total=len(terms.groups),
            groups_in=session.groups_in,
            interest_due=session.interest_due_at_start,
            interest_taken=sum(taken.get(component, 0) for component in INTEREST),
            principal_taken=taken.get("principal", 0) + taken.get("overdue_principal", 0),
            deposits_taken=taken.get("deposit", 0),
            paid_out=taken.get("disbursement", 0),
            unprinted=self._unprinted,
            marks=self._marks,
        )

    def groups(self) -> tuple[GroupRow, ...]:
        """The groups of today, in the office's order."""
        return tuple(self._group_row(group) for group in self.pack.terms.groups)

    def _group_row(self, group: Group) -> GroupRow:
        session, roll = self.session, self.session.roll
        members = session.members(group.group_code)
        numbers = session.hand_ins(group.group_code)
        hamlet, organisation = roll.hamlets.get(group.hamlet_code), roll.organisations.get(group.org_code)
        return GroupRow(
            group=group,
            hamlet_name=hamlet.hamlet_name if hamlet else "",
            leader_name=self._name(group.leader),
            organisation=organisation.org_name if organisation else "",
            members=len(members),
            loans=sum(len(member.dues) for member in members),
            expected=sum(member.suggestion for member in members),
            handed_in=sum(session.bodies[number - 1].cash for number in numbers),
            numbers=numbers,
        )

    def group_sheet(self, group_code: str) -> GroupSheet:
        """A group's members with what each owes and is expected to hand in. Raises `GroupUnknown`."""
        members = self.session.members(group_code)
        group = self.session.roll.groups[group_code]
        rows = tuple(
            SheetRow(
                customer=self.session.roll.customers[member.customer_code],
                member=member,
                principal=sum(_principal(dues) for dues in member.dues),
                overdue_days=max((self._overdue_days(dues) for dues in member.dues), default=0),
            )
            for member in members
        )
        return GroupSheet(self._group_row(group), self._name(group.deputy), rows)

    def person(self, customer_code: str) -> Person:
        """All a customer has. Raises `CustomerUnknown`."""
        roll, session = self.session.roll, self.session
        customer = roll.customers.get(customer_code)
        if customer is None:
            raise CustomerUnknown(customer=customer_code)
        group = roll.groups.get(customer.group_code)
        dues = tuple(session.dues(loan) for loan in roll.loans_of(customer_code))
        held = tuple(
            (one, session.balance(one.account_no, "deposit" if one.kind == "member" else "savings"))
            for one in roll.deposits_of(customer_code)
        )
        days = max((self._overdue_days(one) for one in dues), default=0)
        return Person(customer, group.group_name if group else "", dues, held, days)

    def search(self, text: str) -> tuple[Found, ...]:
        """People and groups by any part of what one knows of them, without diacritics."""
        return self.book.search(text, limit=50)

    def journal(self, text: str) -> tuple[VoucherRow, ...]:
        """Vouchers, the newest first; only those whose number, kind or party has every typed word."""
        sheets = self.book.sheets()
        words = folded(text).split()
        rows = (self._voucher_row(number, sheets) for number in range(len(self.session.bodies), 0, -1))
        return tuple(row for row in rows if _matches(row, words))

    def _voucher_row(self, number: int, sheets: Mapping[int, int]) -> VoucherRow:
        body = self.session.bodies[number - 1]
        group = self.session.roll.groups.get(body.party)
        return VoucherRow(
            number=number,
            text=self.text_of(number),
            kind=body.kind,
            wall_s=self._walls[number - 1],
            party=body.party,
            party_name=group.group_name if group else self._name(body.party),
            cash=body.cash,
            lines=len(body.lines),
            printed=sheets.get(number, -1),
            reverses=body.reverses,
            reversed_by=self.session.reversed.get(number, 0),
            reversible=body.kind in REVERSIBLE and number not in self.session.reversed,
        )

    def voucher(self, number: int) -> Sealed:
        """An entry of the book. Raises `ReverseUnknown` past its end."""
        for sealed in self.book.sealed(number, number):
            return sealed
        raise ReverseUnknown(voucher=str(number))

    def slips(self) -> tuple[SlipRow, ...]:
        """Every approved slip of the pack: disbursements (GN), then HH, PU and TH, each in the office's order."""
        slips: list[DisbursementSlip | PayoutSlip] = [*self.pack.terms.disbursements, *self.pack.terms.payouts]
        return tuple(sorted((self._slip_row(slip) for slip in slips), key=lambda row: row.code))

    def _slip_row(self, slip: DisbursementSlip | PayoutSlip) -> SlipRow:
        body, today = self.session.plan_slip(slip.slip_no), self.pack.terms.session_date
        number = self.session.slips_paid.get(slip.slip_no, 0)
        state: Literal["open", "paid", "early", "late"] = "paid" if number else "open"
        if not number and isinstance(slip, DisbursementSlip):
            state = "early" if today < slip.valid_from else "late" if today > slip.valid_to else "open"
        named, organisation = getattr(slip, "payee_name", ""), self.session.roll.organisations.get(body.party)
        name = named or self._name(body.by) or (organisation.org_name if organisation else "")
        return SlipRow(slip.slip_no, body.lines[0].code, body.party, name, slip.amount, state, number)

    def worklist(self) -> tuple[Task, ...]:
        """What remains: groups not in, disbursements in force, principal due today or before, then the other slips."""
        session, terms = self.session, self.pack.terms
        tasks = [
            Task("group", row.group.group_code, f"{row.hamlet_name} · {row.leader_name}", row.expected, 0)
            for row in self.groups()
            if not row.numbers
        ]
        slips = [(one.code, Task("slip", one.slip_no, one.name, one.amount, 0)) for one in self.slips() if one.state == "open"]
        tasks += [task for code, task in slips if code == "GN"]
        for loan in terms.loans:
            dues = session.dues(loan)
            if due := self._principal_due(dues):
                title = f"{self._name(loan.customer_code)} · {loan.loan_code}"
                tasks.append(Task("due", loan.customer_code, title, due, self._overdue_days(dues)))
        # Commissions and fees wait until the groups are in.
        return (*tasks, *(task for code, task in slips if code != "GN"))

    def _principal_due(self, dues: Dues) -> int:
        loan, today = dues.loan, self.pack.terms.session_date
        overdue, in_term = dues.by_component["overdue_principal"], dues.by_component["principal"]
        if loan.due_on <= today:
            return overdue + in_term
        if loan.next_instalment_on is not None and loan.next_instalment_on <= today:
            # What was paid today counts against the instalment.
            return overdue + max(min(loan.next_instalment_amount - (loan.balance_in_term - in_term), in_term), 0)
        return overdue

    def _overdue_days(self, dues: Dues) -> int:
        if not dues.by_component["overdue_principal"]:
            return 0
        since = dues.loan.overdue_since or dues.loan.due_on
        return max((self.pack.terms.session_date - since).days, 0)

    def _name(self, customer_code: str) -> str:
        customer = self.session.roll.customers.get(customer_code)
        return customer.full_name if customer else ""

    # Before posting

    def mint(self) -> int:
        """An id no entry of this book has; made before anything is shown."""
        self._minted = max(self._minted + 1, self._clock().wall_s)
        return self._minted

    def preview_open(self, *, notes: Mapping[int, int]) -> Preview:
        """The float, by denomination."""
        return self._preview(self.session.plan_open(notes=notes))

    def preview_group(
        self,
        group_code: str,
        *,
        by: str,
        cash: Mapping[str, int],
        interest: Mapping[str, int],
        notes: Mapping[int, int],
    ) -> Preview:
        """A hand-in; `interest` holds only the members whose split was changed by hand."""
        return self._preview(self.session.plan_group(group_code, by=by, cash=cash, interest=interest, notes=notes))

    def preview_visit(self, customer_code: str, *, wishes: Sequence[Wish]) -> Preview:
        """One visit, any mix of lines."""
        return self._preview(self.session.plan_visit(customer_code, wishes=wishes))

    def preview_slip(self, slip_no: str) -> Preview:
        """An approved slip paid out."""
        return self._preview(self.session.plan_slip(slip_no))

    def preview_reverse(self, number: int, *, reason: str) -> Preview:
        """The whole of a voucher undone."""
        return self._preview(self.session.plan_reverse(number, reason=reason))

    def preview_count(self, *, notes: Mapping[int, int]) -> Preview:
        """The drawer counted."""
        return self._preview(self.session.plan_count(notes=notes))

    def preview_difference(self, *, reason: str) -> Preview:
        """The difference the last count left, with its reason."""
        return self._preview(self.session.plan_difference(reason=reason))

    def preview_close(self) -> Preview:
        """The end of the book."""
        return self._preview(self.session.plan_close(head=self._head))

    def _preview(self, body: Body) -> Preview:
        """Everything but the approvals is asked of the rules now, so a refusal comes before a second person does."""
        approvers = APPROVERS.get(body.kind, ())
        self.session.check(body, maker=self._unlocked.account.staff_id, approvers=None, head=self._head)
        return Preview(self.mint(), body, body.cash, approvers, self.session.twin(body))

    def approve(self, preview: Preview, *, staff_id: str, pin: str) -> Approval:
        """The approval of someone at this table, by their own PIN. Raises `PinWrong`, `PinLocked`, `UserUnknown`."""
        return self._unlocked.approve(
            staff_id, pin=pin, book=self.book.book, entry_id=preview.entry_id, body=preview.body
        )

    # Posting

    def post(self, preview: Preview, *, approvals: Sequence[Approval] = ()) -> Posted:
        """Keep a voucher: rules, link, signature, number, balances and print job in one commit.

        Asked again with the same id and content, the same answer. Raises the refusal of the first
        rule it breaks, `IdReused`, `SignatureWrong` for an approval of something else, `DiskFull`, `DiskFailing`.
        """
        if number := self._posted.get(preview.entry_id):
            sealed = self.voucher(number)
            if sealed.entry.body != preview.body:
                raise IdReused(number=str(number))
            return Posted(sealed, self.text_of(number), repeated=True, standing=self.standing())
        maker = self._unlocked.account.staff_id
        approvers = [one.staff_id for one in approvals]
        self.session.check(preview.body, maker=maker, approvers=approvers, head=self._head)
        sealed = link(
            preview.body,
            session=self.session,
            book=self.book.book,
            prev=self._head,
            entry_id=preview.entry_id,
            moment=self._clock(),
            maker=maker,
            approvals=approvals,
            device_seed=self._unlocked.device_seed,
        )
        # An approval of another voucher, or by a key the pack does not know, would close the book for good.
        verify_approvals(sealed.entry, staff_keys=self._staff_keys)
        changed = self.session.balances_with(preview.body)
        self.book.append(sealed, balances=changed, sheets=True)
        self.session.apply(preview.body)
        self._remember(sealed)
        self._unprinted += 1
        return Posted(sealed, self.text_of(sealed.entry.number), repeated=False, standing=self.standing())

    def _remember(self, sealed: Sealed) -> None:
        entry = sealed.entry
        self._head = sealed.head
        self._posted[entry.id] = entry.number
        self._minted = max(self._minted, entry.id)
        self._lines += len(entry.body.lines)
        for component, amount in ledger.by_component(entry.body.lines).items():
            self._taken[component] = self._taken.get(component, 0) + amount
        self._walls.append(entry.wall_s)
        self._opened_s = self._opened_s or entry.wall_s

    # Paper and the office

    def unprinted(self) -> tuple[int, ...]:
        """Vouchers whose paper has not come out."""
        return self.book.unprinted()

    def mark_printed(self, number: int, *, sheets: int) -> None:
        """Sheets of a voucher left the printer."""
        self.book.printed(number, sheets=sheets)
        self._unprinted = len(self.book.unprinted())

    def batch(self) -> bytes | None:
        """What is unsent, sealed for the office: the same bytes until it has signed for them; None when all is sent."""
        first = self._marks.received + 1
        if first > len(self.session.bodies):
            return None
        made = self.book.batch(first)
        if made is None:
            entries = _letterful(self.book.sealed(first))
            made = seal_batch(
                entries,
                pack=self.pack,
                office_key=self._unlocked.office.seal_key,
                device_seed=self._unlocked.device_seed,
            )
            self.book.keep_batch(first, entries[-1].entry.number, made)
        return made

    def take_ack(self, raw: bytes) -> Marks:
        """Move the marks by the office's word, if it is signed, newer and true of this book."""
        ack = read_ack(
            raw,
            pack=self.pack,
            office_key=self._unlocked.office.sign_key,
            newest=self._marks.ack_no,
            mark_at=self._mark_at,
        )
        self.book.take_ack(raw, ack)
        self._marks = self.book.marks()
        return self._marks

    def _mark_at(self, number: int) -> Mark | None:
        if number == 0:
            return Mark(NO_HEAD, 0, 0, 0)
        for sealed in self.book.sealed(number, number):
            entry = sealed.entry
            return Mark(sealed.head, entry.cash, entry.cash_in, entry.cash_out)
        return None

    def draft(self, page: str) -> str:
        """What this person had typed on a page and not posted."""
        return self.book.draft(self._unlocked.account.staff_id, page)

    def keep_draft(self, page: str, text: str) -> None:
        """Keep what is typed on a page; empty text drops it."""
        self.book.keep_draft(self._unlocked.account.staff_id, page, text)

    def close(self) -> None:
        """End the book and drop the keys."""
        try:
            self.book.close()
        finally:
            self._unlocked.lock()


def _letterful(entries: Iterable[Sealed]) -> list[Sealed]:
    """The first of these, as many as one letter holds; at least one."""
    taken: list[Sealed] = []
    lines = 0
    for sealed in entries:
        lines += len(sealed.entry.body.lines) + 1
        if taken and lines > BATCH_LINES_MAX:
            break
        taken.append(sealed)
    return taken


def _principal(dues: Dues) -> int:
    return dues.by_component["principal"] + dues.by_component["overdue_principal"] + dues.loan.balance_frozen


def _matches(row: VoucherRow, words: Sequence[str]) -> bool:
    held = folded(f"{row.text} {row.number} {row.kind} {row.party} {row.party_name}")
    return all(word in held for word in words)
