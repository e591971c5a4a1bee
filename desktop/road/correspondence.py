"""A session's letters: its entries to the office, and the office's word on them.

Where the session went on from another laptop's book, what the office lacks of that one goes first, as it was written;
the office answers for each laptop's part by itself, and here they are one run of numbers.
"""

from collections.abc import Callable

from desktop.care import set_back
from desktop.listing import Ahead, Listing
from desktop.road import letters
from desktop.road.waiting import age_s
from desktop.store import Book, Marks, SetBack
from desktop.vault import Unlocked
from sync.chain import NO_HEAD, Moment
from sync.envelope import BATCH_BYTES_MAX, read_header
from sync.errors import Damage
from sync.pack import Pack, Run
from sync.protocol import Ack, AckOld, AckWrong, Mark, read_ack, verify_ack
from sync.records import changed
from sync.session import Session


class TakenOver(Damage):
    """The office has another history of this session: another laptop went on with it, or a copy of this one."""

    code = "desk.taken-over"
    vi = "Văn phòng báo phiên này đã được làm tiếp trên máy khác ({letters}), hoặc có hai sổ. Máy này dừng ghi phiếu: giữ nguyên máy, giữ mọi biên lai đã in ở đây và gọi văn phòng."
    en = "The office says that another laptop ({letters}) went on with this session, or that there are two books of it. This one posts nothing more: keep it as it is with every receipt printed here, and call the office."


class MirrorOther(Damage):
    """The mirror on the stick has another entry where the book has this one."""

    code = "desk.mirror-other"
    vi = "USB có phiếu số {number} khác phiếu cùng số trên máy: máy này đã bị đưa về bản cũ rồi ghi tiếp, hoặc có máy khác cùng sổ. Dừng ghi, giữ nguyên máy và USB, gọi văn phòng."
    en = "The stick has another voucher {number} than this laptop: it was put back to an older state and written on, or another has the same book. Stop, keep laptop and stick as they are, and call the office."


class Correspondence(Listing):
    """The letters of one open book."""

    def __init__(
        self, book: Book, session: Session, unlocked: Unlocked, *, head: bytes, clock: Callable[[], Moment]
    ) -> None:
        super().__init__(book, session)
        self._unlocked = unlocked
        self._head = head
        self._clock = clock
        self._marks = book.marks()
        self._set_back: SetBack | None = None
        self._other: Damage | None = None

    @property
    def unlocked(self) -> Unlocked:
        """The laptop's keys, and in whose hands they are."""
        return self._unlocked

    @property
    def clock(self) -> Callable[[], Moment]:
        """The clocks it goes by."""
        return self._clock

    def batch(self, *, rough: bool = False) -> bytes | None:
        """What is unsent, sealed for the office: the same bytes until it has signed for them; None when all is sent
        that can be: without its key the laptop makes no letter, and none ends in the midst of what is not signed.

        `rough`: a try failed. What does not fit a short letter is sealed again as a shorter beginning of the same
        entries, and that one stays; the office knows entries by number and head, whichever letter brings them.
        A book to practise on has nothing to send: no office has a pack of it.
        """
        if not self.pack.terms.parameters.training:
            set_back.ask(self.book, self._set_back)
        return self._letter(self._marks.received + 1, rough=rough)

    def letters(self) -> tuple[bytes, ...]:
        """All that is unsent as letters, one behind the other, for a way that takes everything at once.

        Raises what `batch` raises.
        """
        made = []
        raw = self.batch()
        while raw is not None:
            made.append(raw)
            raw = self._letter(read_header(raw, kind="batch").last + 1, rough=False)
        return tuple(made)

    def oldest_s(self) -> int:
        """For how many seconds the oldest voucher that the office lacks has waited; 0 where it lacks none."""
        made: list[Moment] = []
        now = self._clock()
        for sealed in self.book.sealed(self._marks.received + 1):
            made.append(Moment(sealed.entry.wall_s, sealed.entry.mono_s, sealed.entry.boot))
            if made[0].boot == now.boot:
                break
        return age_s(made, now) if made else 0

    def _letter(self, first: int, *, rough: bool) -> bytes | None:
        """The letter that begins at a number; None where there is nothing, or nothing that may go."""
        if first > len(self.session.bodies) or self.pack.terms.parameters.training:
            return None
        made = self.book.batch(first)
        if made is None or (rough and len(made) > letters.BATCH_BYTES_ROUGH):
            pack, until = self._part(first)
            entries = letters.letterful(self.book.sealed(first, until))
            if not entries or not self._unlocked.can_sign:
                return made
            most = letters.BATCH_BYTES_ROUGH if rough else BATCH_BYTES_MAX
            entries, sealed = letters.sealed(entries, pack=pack, unlocked=self._unlocked, bytes_most=most)
            last = entries[-1].entry.number
            if made is None or read_header(made, kind="batch").last != last:
                self.book.keep_batch(first, last, made := sealed)
        return made

    def _part(self, number: int) -> tuple[Pack, int]:
        """The pack of the laptop that wrote a number, and the last number it wrote here."""
        for run in self.book.runs:
            if number <= run.last:
                return run.pack, run.last
        return self.pack, len(self.session.bodies)

    def take_ack(self, raw: bytes) -> Marks:
        """Move the marks by the office's word, if it is signed, newer and true of this book.

        It is also what lets a book go on that was put back. Raises `BookBehind` where the office has more than the
        book, which then takes nothing more, and what `read_ack` raises.
        """
        office_key = self._unlocked.office.sign_key
        said = verify_ack(raw, office_key=office_key)
        for run in self.book.runs:
            if said.book == run.pack.book:
                return self._take_earlier(raw, said, run)
        if (said.office, said.device, said.book) == (self.pack.office, self.pack.device, self.pack.book):
            self.missing_from(said.received)
        # For a book that was put back, the word it holds already says as much, if the office has no newer one.
        newest = self._marks.ack_no - (self._set_back is not None and said.ack_no == self._marks.ack_no)
        ack = read_ack(raw, pack=self.pack, office_key=office_key, newest=newest, newest_s=self._marks.office_s, mark_at=self._mark_at)
        self.book.take_ack(raw, ack)
        self._hear_gap(raw, ack)
        self._marks = self.book.marks()
        self._go_on()
        return self._marks

    def _hear_gap(self, raw: bytes, ack: Ack) -> None:
        """An office that was set up again from an older backup may lack what another laptop wrote before this one: it
        names the first number it lacks and whose book that is, and all from there goes again. Of a laptop that went on
        between the two the office may know nothing any more: who wrote the number here is what counts."""
        number, _, book = ack.reason.partition(" ")
        if ack.status != "gap" or not number.isdecimal() or book not in [one.pack.book.hex() for one in self.book.runs]:
            return
        run = next((one for one in self.book.runs if int(number) <= one.last), None)
        if run is None:
            return
        held = self.book.mark_of(run.pack.book)
        received = max(int(number) - 1, 0)
        if received < held.received:
            # Its numbers begin anew with what it says next of that book.
            said = changed(ack, book=run.pack.book, received=received, safe=min(held.safe, received), ack_no=0, status="ok")
            self.book.take_ack(raw, said)

    def missing_from(self, known: int) -> None:
        """Something of this laptop's own making has its entries up to `known`: where the book ends before, it was put back.

        Raises `BookBehind`.
        """
        if known > (entries := len(self.session.bodies)):
            self._set_back = set_back.behind(self.book, entries=entries, number=known, now_s=self._clock().wall_s)
            set_back.ask(self.book, self._set_back)

    def _take_earlier(self, raw: bytes, said: Ack, run: Run) -> Marks:
        """The office's word on what the laptop before this one wrote. It may have more of that one than came here:
        then it is believed by its signature, since there is nothing here to hold it against.
        """
        held = self.book.mark_of(run.pack.book)
        newest, newest_s = held.ack_no, held.office_s
        if said.received <= run.last:
            read_ack(
                raw, pack=run.pack, office_key=self._unlocked.office.sign_key, newest=newest, newest_s=newest_s,
                mark_at=self._mark_at,
            )  # fmt: skip
        elif (said.office, said.device) != (run.pack.office, run.pack.device):
            raise AckWrong(reason="book")
        elif said.office_s < newest_s or (said.ack_no <= newest and not 0 < newest_s < said.office_s):
            raise AckOld(ack_no=str(said.ack_no))
        self.book.take_ack(raw, said)
        self._marks = self.book.marks()
        return self._marks

    @property
    def begins(self) -> int:
        """How many vouchers stood here when this laptop began: none, or another one's and the resumption."""
        return self.book.runs[-1].last + 1 if self.book.runs else 0

    def unsafe(self) -> tuple[bytes, ...]:
        """The books, by id, on which the office's last word was not that all of it is in its backup."""
        parts = (*((run.pack.book, run.last) for run in self.book.runs), (self.book.book, len(self.session.bodies)))
        return tuple(book for book, last in parts if self.book.mark_of(book).safe < last)

    def ahead(self) -> Ahead | None:
        """What the office has of the laptop before this one and this one has not; None where there is no such thing."""
        for run in self.book.runs:
            received = self.book.mark_of(run.pack.book).received
            if received > run.last:
                return Ahead(run.pack.letter, run.last + 1, received)
        return None

    def _ask_writer(self) -> None:
        """Nothing goes on where there are two books. Raises `MirrorOther`, `WentOn`, `TakenOver`."""
        if (over := self.taken_over()) is not None:
            raise over

    def stop(self, fault: Damage) -> None:
        """Nothing is posted any more for this reason, until the book is opened again."""
        self._other = fault

    def taken_over(self) -> Damage | None:
        """Why nothing is posted any more, for whoever was there first: another laptop, or another book, goes on."""
        if self._other is not None:
            return self._other
        if self._marks.status not in ("fork", "rejected"):
            return None
        return TakenOver(letters=", ".join(one.letter for one in self.pack.laptops) or "?")

    def office_has_none(self) -> None:
        """The office never had anything of this book, and says so: nothing is held against it.

        Raises `BookSetBack` where it once signed for something.
        """
        if self._marks.ack_no:
            set_back.ask(self.book, self._set_back)
        self._go_on()

    def came_back(self) -> None:
        """All that is known of was put back; what is still missing is known to nobody here."""
        if self._set_back is not None:
            self._set_back = self._set_back._replace(entries=len(self.session.bodies))
            if self._set_back.known <= self._set_back.entries:
                self._go_on()

    def _go_on(self) -> None:
        """What was put back was held against the office. Raises `BookBehind` where more is known of than it has."""
        if self._set_back is None:
            return
        if self._set_back.known > self._set_back.entries:
            set_back.ask(self.book, self._set_back)
        set_back.remember(self._unlocked, self.book.book, entries=len(self.session.bodies), head=self._head)
        self.book.keep_set_back(None)
        self._set_back = None

    def _mark_at(self, number: int) -> Mark | None:
        if number == 0:
            return Mark(NO_HEAD, 0, 0, 0)
        for sealed in self.book.sealed(number, number):
            entry = sealed.entry
            return Mark(sealed.head, entry.cash, entry.cash_in, entry.cash_out)
        return None
