"""The wire: batches up, acknowledgements down. Bytes in, values out; no socket and no clock.

A batch is a run of entries of one book in a signed, sealed envelope. Inside, entries travel as
columns: what the receiver can work out (the links, the running totals, the book) is left out, and
what stands in the pack is named by its place there. The receiver rebuilds every entry byte for byte
and must arrive at the head that the laptop signed; nothing is trusted because it was sent.

An acknowledgement carries two marks. `received`: committed at the office. `safe`: also in the
office's backup, and only then may a laptop prune. It is signed, numbered and chained to the one
before it, and the laptop takes it only if its own book has that head at that number.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from sync import keys
from sync.chain import NO_HEAD, VERSION, Approval, Entry, Sealed, head_of, stub_of, verify_stub
from sync.envelope import Header, OfficeBehind, begins_known, close_envelope, open_envelope
from sync.errors import Damage, Refusal
from sync.ledger import CASH, COMPONENTS, Line
from sync.outage import NO_SIGNATURE
from sync.pack import Pack
from sync.records import Amount, Code, Digest, Id, Malformed, Record, Signature, Text, Whole, changed, from_bytes
from sync.terms import Terms
from sync.voucher import Body, Kind

Status = Literal["ok", "gap", "fork", "rejected"]

_CODES = tuple(CASH)
_COMPONENTS = tuple(dict.fromkeys(one for names in COMPONENTS.values() for one in names))
_KINDS: tuple[Kind, ...] = (
    "open", "group", "visit", "slip", "reverse", "count", "difference", "close",
    "float", "return", "handover", "transit", "counterfeit", "request", "loss", "suspense", "correct", "outage", "recover",
    "resume", "adjust",
)  # fmt: skip
# Names of details by place; the list only grows.
_DETAILS = (
    "account", "amount", "at", "blind", "cadre", "card", "carriers", "from", "giver", "left_at", "list", "minutes",
    "name", "outcome", "paper_at", "paper_no", "phone", "place", "seal", "taker", "to", "told", "type", "until",
    "device", "first", "last", "staff",
)  # fmt: skip
# A session of 60 groups of 60 has 6,000 lines; ten times that in one batch is not a morning.
ENTRIES_MAX = 20_000
LINES_MAX = 60_000


class BatchWrong(Damage):
    """A batch whose entries do not rebuild to the head its laptop signed."""

    code = "batch.wrong"
    vi = "Lô gửi của sổ {book} không dựng lại được đúng chuỗi: {reason}. Văn phòng không nhận; máy gửi lại từ sổ gốc."
    en = "The batch of book {book} does not rebuild its chain: {reason}. Not accepted; send it again from the book."


class AckWrong(Damage):
    """An acknowledgement that does not fit this laptop's book."""

    code = "ack.wrong"
    vi = "Giấy báo nhận của văn phòng không khớp sổ trên máy: {reason}. Giữ nguyên máy và gọi văn phòng."
    en = "The office's acknowledgement does not fit this book: {reason}. Keep the laptop as it is and call the office."


class AckOld(Refusal):
    """An acknowledgement older than one already taken: nothing to do."""

    code = "ack.old"
    vi = "Giấy báo nhận số {ack_no} cũ hơn giấy đã có. Bỏ qua; không cần làm gì."
    en = "Acknowledgement {ack_no} is older than the one held. It is passed over; nothing to do."


class _Columns(Record):
    """Entries turned on their side. Differences and places in the vocabulary, so that they pack small."""

    kinds: tuple[Whole, ...]
    ids: tuple[int, ...]
    walls: tuple[int, ...]
    monos: tuple[int, ...]
    boots: tuple[int, ...]
    makers: tuple[int, ...]
    parties: tuple[int, ...]
    bys: tuple[int, ...]
    line_counts: tuple[Whole, ...]
    codes: tuple[Whole, ...]
    components: tuple[Whole, ...]
    accounts: tuple[int, ...]
    amounts: tuple[Amount, ...]
    note_counts: tuple[Whole, ...]
    notes: tuple[tuple[int, int], ...]
    slips: tuple[int, ...]
    reverses: tuple[Whole, ...]
    reasons: tuple[Text, ...]
    heads: tuple[bytes, ...]
    detail_counts: tuple[Whole, ...]
    detail_names: tuple[Whole, ...]
    detail_texts: tuple[Text, ...]
    absent_counts: tuple[Whole, ...]
    absent: tuple[int, ...]
    unsigned_counts: tuple[Whole, ...]
    unsigned: tuple[int, ...]
    approval_counts: tuple[Whole, ...]
    approvers: tuple[int, ...]
    approvals: tuple[Signature, ...]
    words: tuple[Code, ...]


class _Batch(Record):
    """What is inside the envelope. Totals are those before the first entry, in đồng."""

    office: Id
    device: Id
    prev: Digest
    head: Digest
    cash: Amount
    cash_in: Amount
    cash_out: Amount
    signature: Signature
    columns: _Columns


class Batch(NamedTuple):
    """A run of entries as its laptop made them, each with its exact bytes and head."""

    header: Header
    prev: bytes
    entries: tuple[tuple[Entry, bytes, bytes], ...]
    signature: bytes


class Ack(Record):
    """The office's word for one book. Totals are those of the book at `received`, in đồng."""

    version: Whole
    office: Id
    device: Id
    book: Id
    ack_no: Whole
    prev_ack: Digest
    received: Whole
    received_head: Digest
    safe: Whole
    safe_head: Digest
    cash: Amount
    cash_in: Amount
    cash_out: Amount
    status: Status
    reason: Text
    differences: Whole
    office_s: Whole
    signature: bytes = b""


class _Vocabulary:
    """Words that stand in the pack, named by place; others are spelled out in `words` after them."""

    def __init__(self, terms: Terms) -> None:
        known = ["", *(one.staff_id for one in terms.team)]
        for customer in terms.customers:
            known.append(customer.customer_code)
        known += [one.loan_code for one in terms.loans]
        known += [one.account_no for one in terms.deposits]
        known += [one.group_code for one in terms.groups]
        known += [one.org_code for one in terms.organisations]
        known += [one.slip_no for one in terms.disbursements]
        known += [one.loan_code for one in terms.disbursements]
        known += [one.slip_no for one in terms.payouts]
        known += [one.slip_no for one in terms.adjustments]
        self._words = list(dict.fromkeys(known))
        self._places = {word: place for place, word in enumerate(self._words)}
        self._known = len(self._words)

    def place(self, word: str) -> int:
        found = self._places.get(word)
        if found is None:
            found = self._places[word] = len(self._words)
            self._words.append(word)
        return found

    def spelled(self) -> tuple[str, ...]:
        return tuple(self._words[self._known :])

    def learn(self, words: Sequence[str]) -> None:
        for word in words:
            self.place(word)

    def word(self, place: int) -> str:
        if not 0 <= place < len(self._words):
            raise Malformed(what="batch")
        return self._words[place]


def _differences(values: Sequence[int]) -> tuple[int, ...]:
    return tuple(value - before for value, before in zip(values, (0, *values), strict=False))


def _sums(differences: Sequence[int]) -> tuple[int, ...]:
    total, made = 0, []
    for difference in differences:
        total += difference
        made.append(total)
    return tuple(made)


def _turn(entries: Sequence[Entry], terms: Terms) -> _Columns:
    vocabulary = _Vocabulary(terms)
    place = vocabulary.place
    bodies = [entry.body for entry in entries]
    lines = [line for body in bodies for line in body.lines]
    parties = [place(body.party) for body in bodies]
    walls = [entry.wall_s for entry in entries]
    columns = _Columns(
        kinds=tuple(_KINDS.index(body.kind) for body in bodies),
        ids=tuple(entry.wall_s - entry.id for entry in entries),
        walls=_differences(walls),
        monos=_differences([entry.wall_s - entry.mono_s for entry in entries]),
        boots=_differences([entry.boot for entry in entries]),
        makers=tuple(place(entry.maker) for entry in entries),
        parties=_differences(parties),
        bys=tuple(place(body.by) - party for body, party in zip(bodies, parties, strict=True)),
        line_counts=tuple(len(body.lines) for body in bodies),
        codes=tuple(_CODES.index(line.code) for line in lines),
        components=tuple(_COMPONENTS.index(line.component) for line in lines),
        accounts=_differences([place(line.account) for line in lines]),
        amounts=tuple(line.amount for line in lines),
        note_counts=tuple(len(body.notes) for body in bodies),
        notes=tuple(note for body in bodies for note in body.notes),
        slips=tuple(place(body.slip) for body in bodies),
        reverses=tuple(body.reverses for body in bodies),
        reasons=tuple(body.reason for body in bodies),
        heads=tuple(body.head for body in bodies),
        detail_counts=tuple(len(body.details) for body in bodies),
        detail_names=tuple(_DETAILS.index(name) for body in bodies for name, _ in body.details),
        detail_texts=tuple(text for body in bodies for _, text in body.details),
        absent_counts=tuple(len(body.absent) for body in bodies),
        absent=_differences([place(one) for body in bodies for one in body.absent]),
        unsigned_counts=tuple(len(body.unsigned) for body in bodies),
        unsigned=_differences([place(one) for body in bodies for one in body.unsigned]),
        approval_counts=tuple(len(entry.approvals) for entry in entries),
        approvers=tuple(place(one.staff_id) for entry in entries for one in entry.approvals),
        approvals=tuple(one.signature for entry in entries for one in entry.approvals),
        words=(),
    )
    return changed(columns, words=vocabulary.spelled())


# One value for each entry, each line, each approval.
_BY_ENTRY = (
    "kinds", "ids", "walls", "monos", "boots", "makers", "parties", "bys", "line_counts", "note_counts", "slips",
    "reverses", "reasons", "heads", "detail_counts", "absent_counts", "unsigned_counts", "approval_counts",
)  # fmt: skip
_BY_LINE = ("codes", "components", "accounts", "amounts")
_BY_APPROVAL = ("approvers", "approvals")
_BY_DETAIL = ("detail_names", "detail_texts")


def _even(columns: _Columns) -> None:
    """Columns that stand side by side are equally long. Raises `Malformed`."""
    for names in (_BY_ENTRY, _BY_LINE, _BY_APPROVAL, _BY_DETAIL):
        if len({len(getattr(columns, name)) for name in names}) != 1:
            raise Malformed(what="batch")


def _known(columns: _Columns, *, version: int) -> None:
    """Every kind, code, component and detail is one of ours: the lists only grow. Raises `OfficeBehind`."""
    for places, names in (
        (columns.kinds, _KINDS), (columns.codes, _CODES), (columns.components, _COMPONENTS), (columns.detail_names, _DETAILS),
    ):  # fmt: skip
        if max(places, default=0) >= len(names):
            raise OfficeBehind(what="batch", version=f"{version}+", known=str(version))


class _Cursor:
    """Takes a column's next values; a column that is too short or too long is malformed."""

    def __init__(self, columns: _Columns) -> None:
        self._columns = columns
        self._taken: dict[str, int] = {}

    def take(self, name: str, count: int) -> tuple[int, int]:
        begin = self._taken.get(name, 0)
        if begin + count > len(getattr(self._columns, name)):
            raise Malformed(what="batch")
        self._taken[name] = begin + count
        return begin, begin + count

    def finish(self, names: Sequence[str]) -> None:
        for name in names:
            if self._taken.get(name, 0) != len(getattr(self._columns, name)):
                raise Malformed(what="batch")


def _bodies(columns: _Columns, vocabulary: _Vocabulary) -> list[tuple[Body, tuple[Approval, ...]]]:
    """Voucher bodies with their approvals, in order. Raises `Malformed`, `IndexError`."""
    cursor = _Cursor(columns)
    parties, accounts = _sums(columns.parties), _sums(columns.accounts)
    absent, unsigned = _sums(columns.absent), _sums(columns.unsigned)
    word = vocabulary.word
    made = []
    for at, kind in enumerate(columns.kinds):
        lines_from, lines_to = cursor.take("amounts", columns.line_counts[at])
        notes_from, notes_to = cursor.take("notes", columns.note_counts[at])
        signed_from, signed_to = cursor.take("approvals", columns.approval_counts[at])
        said_from, said_to = cursor.take("detail_names", columns.detail_counts[at])
        away_from, away_to = cursor.take("absent", columns.absent_counts[at])
        bare_from, bare_to = cursor.take("unsigned", columns.unsigned_counts[at])
        lines = tuple(
            Line(
                code=_CODES[columns.codes[n]],
                account=word(accounts[n]),
                component=_COMPONENTS[columns.components[n]],
                amount=columns.amounts[n],
            )
            for n in range(lines_from, lines_to)
        )
        body = Body(
            kind=_KINDS[kind],
            party=word(parties[at]),
            by=word(columns.bys[at] + parties[at]),
            lines=lines,
            notes=columns.notes[notes_from:notes_to],
            slip=word(columns.slips[at]),
            reverses=columns.reverses[at],
            reason=columns.reasons[at],
            head=columns.heads[at],
            details=tuple(
                (_DETAILS[columns.detail_names[n]], columns.detail_texts[n]) for n in range(said_from, said_to)
            ),
            absent=tuple(word(absent[n]) for n in range(away_from, away_to)),
            unsigned=tuple(word(unsigned[n]) for n in range(bare_from, bare_to)),
        )
        approvals = tuple(
            Approval(staff_id=word(columns.approvers[n]), signature=columns.approvals[n])
            for n in range(signed_from, signed_to)
        )
        made.append((body, approvals))
    cursor.finish(("amounts", "notes", "approvals", "detail_names", "absent", "unsigned"))
    return made


def _stand_up(batch: _Batch, *, header: Header, terms: Terms) -> tuple[tuple[Entry, bytes, bytes], ...]:
    """Entries from columns, each with its bytes and head. Raises `Malformed` or `BatchWrong`."""
    columns = batch.columns
    count = header.last - header.first + 1
    if not 0 < count <= ENTRIES_MAX or len(columns.kinds) != count or len(columns.amounts) > LINES_MAX:
        raise Malformed(what="batch")
    _even(columns)
    _known(columns, version=header.version)
    vocabulary = _Vocabulary(terms)
    vocabulary.learn(columns.words)
    walls, slow, boots = _sums(columns.walls), _sums(columns.monos), _sums(columns.boots)
    prev, cash, cash_in, cash_out = batch.prev, batch.cash, batch.cash_in, batch.cash_out
    made = []
    for at, (body, approvals) in enumerate(_bodies(columns, vocabulary)):
        moved = body.cash
        cash += moved
        cash_in += max(moved, 0) if body.kind != "open" else 0
        cash_out += max(-moved, 0)
        entry = Entry(
            version=VERSION,
            book=header.subject,
            number=header.first + at,
            prev=prev,
            id=walls[at] - columns.ids[at],
            business_date=terms.session_date,
            wall_s=walls[at],
            mono_s=walls[at] - slow[at],
            boot=boots[at],
            maker=vocabulary.word(columns.makers[at]),
            body=body,
            approvals=approvals,
            cash=cash,
            cash_in=cash_in,
            cash_out=cash_out,
        )
        raw = entry.to_bytes()
        prev = head_of(raw)
        made.append((entry, raw, prev))
    return tuple(made)


def seal_batch(
    entries: Sequence[Sealed], *, pack: Pack, office_key: bytes, device_seed: bytes, carried_by: bytes = b""
) -> bytes:
    """A batch file of consecutive entries. Made once; the same bytes are sent on every try.

    `pack` is that of the laptop that wrote them; where another one hands them in, `carried_by` is its id and
    `device_seed` its key.

    Raises `BatchWrong` rather than send anything that would not rebuild to the same book.
    """
    first, last = entries[0].entry, entries[-1].entry
    if entries[-1].signature == NO_SIGNATURE:
        raise BatchWrong(book=pack.book.hex()[:8], reason="end not signed")
    before = first.body.cash
    header = Header(
        version=pack.version,
        kind="batch",
        sender=carried_by or pack.device,
        recipient=pack.office,
        subject=pack.book,
        first=first.number,
        last=last.number,
    )
    batch = _Batch(
        office=pack.office,
        device=pack.device,
        prev=first.prev,
        head=entries[-1].head,
        cash=first.cash - before,
        cash_in=first.cash_in - (max(before, 0) if first.body.kind != "open" else 0),
        cash_out=first.cash_out - max(-before, 0),
        signature=entries[-1].signature,
        columns=_turn([sealed.entry for sealed in entries], pack.terms),
    )
    rebuilt = _stand_up(batch, header=header, terms=pack.terms)
    if [raw for _, raw, _ in rebuilt] != [sealed.raw for sealed in entries]:
        raise BatchWrong(book=pack.book.hex()[:8], reason="rebuild")
    return close_envelope(batch.to_bytes(), header=header, recipient_key=office_key, sender_seed=device_seed)


def open_batch(
    raw: bytes,
    *,
    office: bytes,
    office_secret: bytes,
    device_key: bytes,
    terms_of: Callable[[bytes], Terms],
    writer: tuple[bytes, bytes] | None = None,
) -> Batch:
    """A batch for this office from a laptop whose key is `device_key`, rebuilt and its head verified.

    `writer` is the id and the key of the laptop that wrote the entries, where the sender only carries them. `terms_of` gives the terms of a book and may raise its own refusal. Raises `TooLarge`,
    `Malformed`, `NotForHere`, `OfficeBehind`, `LaptopBehind`, `SignatureWrong`, `NotOpened`, `BatchWrong`; nothing else.
    """
    opened = open_envelope(raw, kind="batch", recipient=office, sender_key=device_key, secret=office_secret)
    header = opened.header
    batch = from_bytes(_Batch, opened.plain)
    wrote, wrote_key = writer or (header.sender, device_key)
    if batch.office != office or batch.device != wrote:
        raise BatchWrong(book=header.subject.hex()[:8], reason="recipient")
    try:
        entries = _stand_up(batch, header=header, terms=terms_of(header.subject))
    except (IndexError, KeyError, OverflowError, ValueError) as error:
        raise Malformed(what="batch") from error
    if entries[-1][2] != batch.head:
        raise BatchWrong(book=header.subject.hex()[:8], reason="head")
    for entry, exact, _ in entries:
        from_bytes(Entry, exact)
        if entry.number == 1 and entry.prev != NO_HEAD:
            raise BatchWrong(book=header.subject.hex()[:8], reason="first entry")
    last, _, head = entries[-1]
    verify_stub(stub_of(last, head), batch.signature, device_key=wrote_key)
    return Batch(header, batch.prev, entries, batch.signature)


def sign_ack(ack: Ack, *, office_seed: bytes) -> bytes:
    """An acknowledgement ready to be stored and sent; its digest chains the next."""
    return keys.signed(office_seed, "ack/1", ack).to_bytes()


def ack_digest(raw: bytes) -> bytes:
    """What the next acknowledgement carries as `prev_ack`."""
    return keys.digest("ack/1", raw)


def verify_ack(raw: bytes, *, office_key: bytes) -> Ack:
    """An acknowledgement the office signed. Raises `Malformed`, `LaptopBehind`, `OfficeBehind`, `SignatureWrong`."""
    begins_known(raw, what="acknowledgement", reader="laptop")
    ack = from_bytes(Ack, raw)
    keys.verify_signed(office_key, "ack/1", ack, what="acknowledgement")
    return ack


class Mark(NamedTuple):
    """A place in the laptop's own book: head and running totals right after a number."""

    head: bytes
    cash: int
    cash_in: int
    cash_out: int


def read_ack(
    raw: bytes, *, pack: Pack, office_key: bytes, newest: int, mark_at: Callable[[int], Mark | None], newest_s: int = 0
) -> Ack:
    """An acknowledgement the laptop may believe: signed, newer, and true of its own book.

    `newest` is the number of the last one taken (0: none) and `newest_s` the office's clock when it signed it: an office
    that was set up again from an older backup counts from a lower number and says so later, and what it lacks is
    sent again. From then on what it had said before is old however high it counts: an office never dates a word
    before the one it follows. `mark_at` looks a number up in the own book (None past its end). Raises what `verify_ack` raises, `AckOld`, `AckWrong`.
    """
    ack = verify_ack(raw, office_key=office_key)
    if (ack.office, ack.device, ack.book) != (pack.office, pack.device, pack.book):
        raise AckWrong(reason="book")
    if ack.office_s < newest_s or (ack.ack_no <= newest and not 0 < newest_s < ack.office_s):
        raise AckOld(ack_no=str(ack.ack_no))
    if ack.safe > ack.received:
        raise AckWrong(reason="marks")
    for number, head in ((ack.received, ack.received_head), (ack.safe, ack.safe_head)):
        mark = mark_at(number)
        if mark is None or mark.head != head:
            raise AckWrong(reason=f"head #{number}")
    mark = mark_at(ack.received)
    if mark is None or (mark.cash, mark.cash_in, mark.cash_out) != (ack.cash, ack.cash_in, ack.cash_out):
        raise AckWrong(reason="totals")
    return ack
