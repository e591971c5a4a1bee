"""The desk: what a teller can do. What a page can ask of it is `desktop.listing`.

Every verb is asked of the book's own thread. A verb that posts takes an id the page minted before
anything was shown; asked again with the same id and the same content it gives the same answer, and
with other content it refuses. A verb answers with what changed; a refusal changes nothing.

The desk holds the session (balances, state), the book (the encrypted file) and who is at the table.
It decides by `sync.session`, links by `sync.chain`, and keeps by `desktop.store`, in one commit.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from desktop.care import backups, set_back
from desktop.leases import Leases
from desktop.listing import Standing
from desktop.outages import standing_of
from desktop.road.correspondence import Correspondence, MirrorOther
from desktop.road.mirror import Source
from desktop.rows import UNKNOWN_PRINTER
from desktop.store import Begun, Book, BookAltered, DiskFull
from desktop.vault import Unlocked
from sync.chain import (
    Approval,
    IdReused,
    Moment,
    Sealed,
    follows,
    link,
    replay,
    signed_on_paper,
    verify_approvals,
    verify_signed,
)
from sync.errors import Refusal, Unavailable
from sync.ledger import INTEREST, PRINCIPAL
from sync.outage import CannotSign, KeyBack, KeyGone, KeyWorks, on_paper, unsigned
from sync.projection import LAPTOP, outage_of
from sync.session import Session, in_person
from sync.voucher import Body, Wish

if TYPE_CHECKING:
    from desktop.sheets.occasion import Occasion
    from desktop.words import Words

Clock = Callable[[], Moment]
Facts = Mapping[str, str]
NO_FACTS: Facts = MappingProxyType({})
NO_NOTES: Mapping[int, int] = MappingProxyType({})


class Preview(NamedTuple):
    """A voucher that would be accepted, before it is posted.

    `named` are those of its approvers for whom nobody else signs, in the order they are asked; `twin` is a number
    that says the same, or 0. `paper` is who cannot sign now: their approval of this one stands on paper only.
    `unsigned`: the laptop's own signature will be missing.
    """

    entry_id: int
    body: Body
    cash: int
    approvers: tuple[frozenset[str], ...]
    named: tuple[str, ...]
    twin: int
    paper: frozenset[str] = frozenset()
    unsigned: bool = False


class Posted(NamedTuple):
    """What was kept. `repeated`: it had been posted before under the same id."""

    sealed: Sealed
    text: str
    repeated: bool
    standing: Standing


class PackUnfit(Refusal):
    code = "desk.pack-unfit"
    vi = "Gói của phiên này không có {staff} trong tổ giao dịch. Đăng nhập bằng người của phiên, hoặc xin văn phòng lập lại gói."
    en = "This session's pack does not have {staff} in its team. Unlock as one of the team, or ask the office for a new pack."


class Desk(Correspondence):
    """One session at one table. Opened by `Desk.open`; used by one thread."""

    def __init__(self, book: Book, unlocked: Unlocked, session: Session, *, head: bytes, clock: Clock) -> None:
        super().__init__(book, session, unlocked, head=head, clock=clock)
        self._staff_keys = {one.staff_id: one.sign_key for one in session.terms.team}
        self._posted: dict[int, int] = {}
        self._minted = 0
        self._lines = 0
        self._opened_s = 0
        self._taken: dict[tuple[str, str], int] = {}
        self._unprinted, self._doubtful = len(book.unprinted()), len(book.begun())
        self.leases = Leases(book, session, unlocked)

    @classmethod
    def open(cls, book: Book, unlocked: Unlocked, *, clock: Clock, visiting: bool = False) -> "Desk":
        """The session as the book tells it, every link, signature and rule checked on the way.

        `visiting` only brings letters to and from it, which anybody of this laptop may. Raises `PackUnfit` for a person
        outside the team, and the fault of the first bad entry.
        """
        session = Session(book.pack.terms)
        if not visiting and unlocked.account.staff_id not in session.roll.staff:
            raise PackUnfit(staff=unlocked.account.staff_id)
        kept = list(book.sealed())
        standing = replay(
            session, kept, book=book.book, device_key=unlocked.sign_key, before=[run.writer for run in book.runs]
        )
        desk = cls(book, unlocked, session, head=standing.head, clock=clock)
        for one in kept:
            desk._remember(one)
        if book.balances() != session.balances:
            raise BookAltered(book=book.book.hex()[:8], reason="balances")
        desk._set_back = set_back.look(
            book, unlocked, entries=standing.entries, head=standing.head, now_s=clock().wall_s
        )
        return desk

    @property
    def head(self) -> bytes:
        return self._head

    # What stands

    def standing(self) -> Standing:
        """Everything a page's head shows."""
        session, terms = self.session, self.pack.terms
        taken = self._taken
        return Standing(
            state=session.state,
            point_name=terms.point.point_name,
            pos_name=terms.point.pos_name,
            session_date=terms.session_date,
            letter=self.pack.letter,
            user=self._unlocked.account,
            opened_s=self._opened_s,
            cash=session.cash,
            opening=session.opening,
            cash_in=session.cash_in,
            cash_out=session.cash_out,
            counted=session.counted,
            entries=len(session.bodies),
            lines=self._lines,
            groups_total=sum(not self.elsewhere(one.group_code) for one in terms.groups),
            groups_in=session.groups_in,
            interest_due=session.interest_due_at_start,
            interest_taken=sum(amount for (_, component), amount in taken.items() if component in INTEREST),
            principal_taken=sum(amount for (_, component), amount in taken.items() if component in PRINCIPAL),
            deposits_taken=taken.get(("TT", "deposit"), 0),
            paid_out=taken.get(("GN", "disbursement"), 0),
            unprinted=self._unprinted,
            marks=self._marks,
            doubtful=self._doubtful,
            outages=standing_of(session, self._walls, can_sign=self._unlocked.can_sign),
            set_back=self._set_back,
            ahead=self.ahead(),
            taken_over=self.taken_over(),
        )

    # Before posting

    def mint(self) -> int:
        """An id no entry of this book has; made before anything is shown."""
        self._minted = max(self._minted + 1, self._clock().wall_s)
        return self._minted

    def preview_open(self, *, notes: Mapping[int, int], details: Facts = NO_FACTS) -> Preview:
        """The float, by denomination."""
        return self._preview(self.session.plan_open(notes=notes, details=details))

    def preview_float(self, *, notes: Mapping[int, int], details: Facts = NO_FACTS) -> Preview:
        """A further float from the main fund."""
        return self._preview(self.session.plan_float(notes=notes, details=details))

    def preview_return(self, *, notes: Mapping[int, int], details: Facts = NO_FACTS) -> Preview:
        """Cash back to the main fund."""
        return self._preview(self.session.plan_return(notes=notes, details=details))

    def preview_handover(self, *, to: str, notes: Mapping[int, int]) -> Preview:
        """The counted drawer given to another teller."""
        return self._preview(self.session.plan_handover(to=to, notes=notes))

    def preview_transit(self, *, notes: Mapping[int, int], details: Facts, reason: str) -> Preview:
        """Cash on the road."""
        return self._preview(self.session.plan_transit(notes=notes, details=details, reason=reason))

    def preview_counterfeit(
        self, *, party: str, notes: Sequence[tuple[str, int]], minutes: str, outcome: str
    ) -> Preview:
        """Notes that were not taken: (serial, denomination), `held` or `returned`."""
        return self._preview(self.session.plan_counterfeit(party=party, notes=notes, minutes=minutes, outcome=outcome))

    def preview_loss(self, *, details: Facts, reason: str) -> Preview:
        """A loss report."""
        return self._preview(self.session.plan_loss(details=details, reason=reason))

    def preview_suspense(
        self, *, amount: int, notes: Mapping[int, int], reason: str, party: str = "", details: Facts = NO_FACTS
    ) -> Preview:
        """Money that nobody can place yet."""
        return self._preview(
            self.session.plan_suspense(amount=amount, notes=notes, reason=reason, party=party, details=details)
        )

    def preview_request(self, *, request: str, party: str, text: str, details: Facts = NO_FACTS) -> Preview:
        """A request without money."""
        return self._preview(self.session.plan_request(request=request, party=party, text=text, details=details))

    def preview_group(
        self,
        group_code: str,
        *,
        by: str,
        cash: Mapping[str, int],
        interest: Mapping[str, int],
        notes: Mapping[int, int],
        absent: Sequence[str] = (),
        unsigned: Sequence[str] = (),
        details: Facts = NO_FACTS,
    ) -> Preview:
        """A hand-in; `interest` holds only the members whose split was changed by hand."""
        body = self.session.plan_group(
            group_code, by=by, cash=cash, interest=interest, notes=notes, absent=absent, unsigned=unsigned,
            details=details,
        )  # fmt: skip
        return self._preview(body)

    def preview_correct(self, number: int, *, customer_code: str, reason: str) -> Preview:
        """One member's lines of a hand-in taken back."""
        return self._preview(self.session.plan_correct(number, customer_code=customer_code, reason=reason))

    def preview_visit(
        self,
        customer_code: str,
        *,
        wishes: Sequence[Wish],
        reason: str = "",
        notes: Mapping[int, int] = NO_NOTES,
        details: Facts = NO_FACTS,
    ) -> Preview:
        """One visit, any mix of lines."""
        body = self.session.plan_visit(customer_code, wishes=wishes, reason=reason, notes=notes, details=details)
        return self._preview(body)

    def preview_slip(self, slip_no: str, *, notes: Mapping[int, int] = NO_NOTES, details: Facts = NO_FACTS) -> Preview:
        """An approved slip paid out, or an adjustment carried out."""
        plan = self.session.plan_adjust if slip_no in self.session.roll.adjustments else self.session.plan_slip
        return self._preview(plan(slip_no, notes=notes, details=details))

    def preview_reverse(self, number: int, *, reason: str) -> Preview:
        """The whole of a voucher undone."""
        return self._preview(self.session.plan_reverse(number, reason=reason))

    def preview_count(self, *, notes: Mapping[int, int], blind: str = "") -> Preview:
        """The drawer counted; `blind` is the controller who did it without knowing what to find."""
        return self._preview(self.session.plan_count(notes=notes, blind=blind))

    def preview_difference(self, *, reason: str) -> Preview:
        """The difference the last count left, with its reason."""
        return self._preview(self.session.plan_difference(reason=reason))

    def preview_close(self) -> Preview:
        """The end of the book."""
        return self._preview(self.session.plan_close(head=self._head))

    def preview_outage(self, *, device: bool, staff: str, reason: str) -> Preview:
        """What cannot sign from now on: the laptop's own key, one person, or both."""
        return self._preview(self.session.plan_outage(device=device, staff=staff, reason=reason))

    def preview_recover(self, *, device: bool, staff: str, reason: str = "") -> Preview:
        """What was not signed closed by the laptop's signature. Raises `NoOutage`."""
        body = self.session.plan_recover(device=device, staff=staff, head=self._head, reason=reason)
        return self._preview(body)

    def _preview(self, body: Body) -> Preview:
        """Everything but the approvals is asked of the rules now, so a refusal comes before a second person does."""
        maker = self._unlocked.account.staff_id
        self._ask_key(body)
        self.session.check(body, maker=maker, approvers=None, head=self._head)
        self.leases.ask_for(body)
        return Preview(
            self.mint(), body, body.cash, self.session.approvers(body), in_person(body, maker), self._twin(body),
            frozenset(one for one in self.session.outages if on_paper(self.session, body, one)) - {LAPTOP},
            unsigned(self.session, body),
        )  # fmt: skip

    def _ask_key(self, body: Body) -> None:
        """What goes unsigned does so because the key is gone, and for nothing else. To practise, it is played to be gone.

        Nothing goes on in a book that was put back before it was held against the office.
        """
        set_back.ask(self.book, self._set_back)
        self._ask_writer()
        bare = unsigned(self.session, body)
        if not self._unlocked.can_sign:
            if not bare:
                raise KeyGone
        elif bare and not self.pack.terms.parameters.training:
            raise KeyWorks if body.kind == "outage" and LAPTOP in outage_of(body) else KeyBack

    def _twin(self, body: Body) -> int:
        """A standing voucher that says the same, or as much for the same party within the pack's minutes; or 0."""
        since = self._clock().wall_s - self.session.terms.parameters.twin_minutes * 60
        near = (number for number in self.session.alike(body) if body.cash and self._walls[number - 1] >= since)
        return self.session.twin(body) or next(near, 0)

    def approve(self, preview: Preview, *, staff_id: str, pin: str) -> Approval:
        """The approval of someone at this table, by their own PIN. Raises `PinWrong`, `PinLocked`, `UserUnknown`."""
        return self._unlocked.approve(
            staff_id, pin=pin, book=self.book.book, entry_id=preview.entry_id, body=preview.body
        )

    def approve_on_paper(self, preview: Preview, *, staff_id: str) -> Approval:
        """The approval of someone who cannot sign and was declared so: their hand is on the paper. Raises `CannotSign`."""
        if staff_id not in preview.paper:
            raise CannotSign(staff=staff_id)
        return signed_on_paper(staff_id)

    def spare(self) -> bytes | None:
        """What the office needs to give the laptop its keys back; None where that is gone too."""
        return self._unlocked.spare()

    def mend(self, raw: bytes, *, typed: str) -> Standing:
        """Put the laptop's keys back from the office's file; `typed` is the PIN of whoever is at the table.

        Raises what `Unlocked.mend` raises; nothing changed then.
        """
        self._unlocked.mend(raw, typed=typed)
        return self.standing()

    # Posting

    def post(self, preview: Preview, *, approvals: Sequence[Approval] = (), draft: str = "") -> Posted:
        """Keep a voucher: rules, link, signature, number, balances and print job in one commit.

        `draft` is the page it was half typed on: a voucher that stands is no draft any more. Asked again with the same id and content, the same answer. Raises the refusal of the first
        rule it breaks, `IdReused`, `SignatureWrong` for an approval of something else, `DiskFull`, `DiskFailing`.
        """
        if number := self._posted.get(preview.entry_id):
            sealed = self.voucher(number)
            if sealed.entry.body != preview.body:
                raise IdReused(number=str(number))
            return Posted(sealed, self.text_of(number), repeated=True, standing=self.standing())
        maker = self._unlocked.account.staff_id
        self._ask_key(preview.body)
        approvers = [one.staff_id for one in approvals]
        self.session.check(preview.body, maker=maker, approvers=approvers, head=self._head)
        self.leases.check(preview.body)
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
        verify_approvals(sealed.entry, session=self.session, staff_keys=self._staff_keys)
        changed = self.session.balances_with(preview.body)
        self._keep(sealed, balances=changed, draft=(maker, draft))
        self.session.apply(preview.body, maker=maker)
        self._remember(sealed)
        self._unprinted += 1
        return Posted(sealed, self.text_of(sealed.entry.number), repeated=False, standing=self.standing())

    def _keep(self, sealed: Sealed, *, balances: Mapping[tuple[str, str], int], draft: tuple[str, str]) -> None:
        """In the book's file; on a full disk an old copy of a book gives way to it. Raises what `Book.append` raises."""
        while True:
            try:
                self.book.append(sealed, balances=balances, sheets=True, draft=draft)
            except DiskFull:
                if not backups.make_room(self.book.path.parent.parent):
                    raise
            else:
                return

    def _remember(self, sealed: Sealed) -> None:
        entry = sealed.entry
        self._head = sealed.head
        self._posted[entry.id] = entry.number
        self._minted = max(self._minted, entry.id)
        self._lines += len(entry.body.lines)
        for line in entry.body.lines:
            key = (line.code, line.component)
            self._taken[key] = self._taken.get(key, 0) + line.amount
        self._walls.append(entry.wall_s)
        for staff_id, hand in ((entry.maker, (1, 0)), *((one.staff_id, (0, 1)) for one in entry.approvals)):
            made, approved = self._hands.get(staff_id, (0, 0))
            self._hands[staff_id] = made + hand[0], approved + hand[1]
        self._opened_s = self._opened_s or entry.wall_s

    # The mirror

    def mirror_source(self) -> Source:
        """What a mirror of this book is made of."""
        return Source(
            self.pack, self.book.runs, self._unlocked.office, self._unlocked.book_key(self.book.book), self._unlocked.device_seed
        )

    def following(self, last: int, head: bytes) -> tuple[Sealed, ...]:
        """The entries after voucher `last`, whose head elsewhere is this: what a mirror lacks.

        Raises `BookBehind` where the book ends before, and `MirrorOther` where it went another way; it then takes
        nothing more until it was opened again.
        """
        self.missing_from(last)
        at = self._mark_at(last)
        if at is None or at.head != head:
            self._other = MirrorOther(number=f"{last:06d}")
            raise self._other
        return tuple(self.book.sealed(last + 1))

    def put_back(self, entries: Sequence[Sealed]) -> Standing:
        """Append what this laptop once posted and has no more, exactly as it was; its paper may be out.

        Raises what `replay` raises of the first that does not follow; those before it are kept.
        """
        from desktop.sheets.entries import copies

        for sealed in entries:
            entry, session = sealed.entry, self.session
            if entry.id in self._posted:
                raise IdReused(number=str(self._posted[entry.id]))
            follows(entry, session=session, book=self.book.book, prev=self._head)
            verify_signed(sealed, session=session, device_key=self._unlocked.sign_key)
            verify_approvals(entry, session=session, staff_keys=self._staff_keys)
            approvers = [one.staff_id for one in entry.approvals]
            session.check(entry.body, maker=entry.maker, approvers=approvers, head=self._head)
            doubtful = Begun(entry.number, 0, copies(entry.body.kind), UNKNOWN_PRINTER)
            self.book.append(sealed, balances=session.balances_with(entry.body), sheets=True, doubtful=doubtful)
            session.apply(entry.body, maker=entry.maker)
            self._remember(sealed)
        self._count_paper()
        self.came_back()
        return self.standing()

    # Paper and the office

    def elsewhere(self, party: str) -> str:
        """The letter of another laptop at the table that serves a person or a group; empty where this one does."""
        whose = self.leases.whose(party)
        return "" if whose is None or whose.here else whose.letter

    def occasion(self, words: "Words") -> "Occasion":
        """The session as it stands now, for a document to be written from before anything else is asked of the desk."""
        # The first document loads what writes them; a window that only posts never does.
        from desktop.sheets.occasion import Occasion

        walls, hands = tuple(self._walls), self.summary().hands
        joint = self.leases.joint()
        return Occasion(self.session, words, self.pack.letter, self._clock().wall_s, walls, hands, joint)

    def unprinted(self) -> tuple[int, ...]:
        """Vouchers whose paper nobody has seen: those that wait, and those that may have come out."""
        return self.book.unprinted()

    def waiting(self) -> tuple[int, ...]:
        """Vouchers of which no paper can be out, the first first."""
        doubtful = {one.number for one in self.book.begun()}
        return tuple(number for number in self.book.unprinted() if number not in doubtful)

    def begun(self) -> tuple[Begun, ...]:
        """Vouchers that were handed to a printer and whose paper nobody has confirmed."""
        return self.book.begun()

    def begin_print(self, begun: Begun) -> None:
        """Paper of a voucher can come out from now on. Raises `NothingToPrint`, `PaperThere`."""
        self.book.begin_print(begun)
        self._count_paper()

    def not_printed(self, number: int) -> None:
        """Nothing came out of what was begun."""
        self.book.not_printed(number)
        self._count_paper()

    def mark_printed(self, number: int, *, sheets: int) -> None:
        """Sheets of a voucher left the printer."""
        self.book.printed(number, sheets=sheets)
        self._count_paper()

    def _count_paper(self) -> None:
        self._unprinted, self._doubtful = len(self.book.unprinted()), len(self.book.begun())

    def draft(self, page: str) -> str:
        """What this person had typed on a page and not posted."""
        return self.book.draft(self._unlocked.account.staff_id, page)

    def keep_draft(self, page: str, text: str) -> None:
        """Keep what is typed on a page; empty text drops it."""
        self.book.keep_draft(self._unlocked.account.staff_id, page, text)

    def drop_draft(self, page: str, *, staff_id: str) -> None:
        """Drop what somebody of the team left half typed: it is neither posted nor carried into the closed book."""
        self.book.keep_draft(staff_id, page, "")

    def setting(self, name: str) -> str:
        """What this laptop remembers under a name across sessions, whoever kept it; else empty."""
        return self._unlocked.setting(name)

    def keep_setting(self, name: str, text: str) -> None:
        """Remember it for the sessions to come and for everybody of this laptop; empty text forgets it."""
        self._unlocked.keep_setting(name, text)

    def new_bulletins(self) -> int:
        """How many of the pack's bulletins this person has not had before them on this laptop."""
        seen = set(self.setting(self._bulletins).split("\n"))
        return sum(one.bulletin_no not in seen for one in self.pack.terms.bulletins)

    def read_bulletins(self) -> None:
        """This person has the pack's bulletins before them; those of earlier packs need not be remembered."""
        self.keep_setting(self._bulletins, "\n".join(one.bulletin_no for one in self.pack.terms.bulletins))

    @property
    def _bulletins(self) -> str:
        return f"bulletins/{self._unlocked.account.staff_id}"

    def copy(self) -> backups.Taken | None:
        """The first half of a copy of the book (`backups.settle` is the other); None where the newest has all of it.

        Raises `DiskFull`, `NotWritten`, `DiskFailing`.
        """
        home, entries = self.book.path.parent.parent, len(self.session.bodies)
        held = backups.copies(home, self.book.book)
        if self.pack.terms.parameters.training or entries <= (held[-1].entries if held else 0):
            return None
        return backups.copy(home, self.book, key=self._unlocked.book_key(self.book.book))

    def put_away(self) -> None:
        """End the book and stay unlocked; how far it was is kept outside its file too."""
        if self._set_back is None and not self.pack.terms.parameters.training:
            # A disk that takes nothing more must not keep a book from being closed.
            with suppress(Unavailable):
                set_back.remember(self._unlocked, self.book.book, entries=len(self.session.bodies), head=self._head)
        self.book.close()

    def close(self) -> None:
        """End the book and drop the keys."""
        try:
            self.put_away()
        finally:
            self._unlocked.lock()
