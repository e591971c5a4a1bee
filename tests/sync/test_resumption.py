"""A session that goes on at another laptop, and the file that carries it there."""

import msgspec
import pytest

from sync import chain, keys, mirror, pack, protocol, records
from sync.chain import ChainBroken, Moment, Sealed
from sync.errors import Refusal
from sync.leases import Held, Lease
from sync.pack import NotASpare, Run
from sync.records import Malformed, changed
from sync.resumption import NothingToResume, ResumeDiffers, ResumeUnsigned
from sync.session import ApprovalMissing, MakerApproves, Session
from sync.voucher import Body, ReasonMissing, Wish
from tests.sync import small
from tests.sync.small import CONTROLLER, LEADER, OFFICE, PACK, SPARE, SPARE_SEED, SPARE_SEEDS, TELLER

KEY, SALT, NONCE = b"\x41" * 32, b"\x42" * 16, b"\x43" * 12
REASON = "máy chính rơi vỡ"
SPARE_PACK = pack.continued(PACK, by=SPARE)


class Spare:
    """The other laptop, going on from what the first one wrote."""

    def __init__(self, entries: list[Sealed]) -> None:
        self.before = (Run(PACK, len(entries)),)
        self.session = Session(SPARE_PACK.terms)
        chain.replay(self.session, entries, book=PACK.book, device_key=small.DEVICE_KEY,
                     before=[run.writer for run in self.before])  # fmt: skip
        self.sealed = list(entries)

    def post(self, body: Body, *approvers: str) -> Sealed:
        """Of a resumption its maker is the first who signs."""
        entry_id = small.BEGIN_S + 5_000 + len(self.sealed)
        if body.kind == "resume" and approvers:
            approvers = (TELLER, *approvers)
        self.session.check(body, maker=TELLER, approvers=approvers, head=self.sealed[-1].head)
        made = chain.link(
            body, session=self.session, book=SPARE_PACK.book, prev=self.sealed[-1].head, entry_id=entry_id,
            moment=Moment(small.BEGIN_S + 9_000, 10, 2), maker=TELLER, device_seed=SPARE_SEED,
            approvals=[
                chain.approve(SPARE_SEEDS[one], staff_id=one, book=SPARE_PACK.book, entry_id=entry_id, body=body)
                for one in approvers
            ],
        )  # fmt: skip
        self.session.apply(body, maker=TELLER)
        self.sealed.append(made)
        return made

    def replayed(self, rows: list[Sealed] | None = None) -> chain.Standing:
        return chain.replay(
            Session(SPARE_PACK.terms), self.sealed if rows is None else rows, book=SPARE_PACK.book,
            device_key=SPARE_PACK.sign_key, before=[run.writer for run in self.before],
        )  # fmt: skip


def begun(count: int = 4) -> list[Sealed]:
    return small.morning().sealed[:count]


def gone_on() -> Spare:
    spare = Spare(begun())
    spare.post(spare.session.plan_resume(head=spare.sealed[-1].head, reason=REASON), CONTROLLER)
    body = spare.session.plan_visit(small.HEAD_B, wishes=[Wish("TL", small.loan_code(small.HEAD_B), None)])
    spare.post(body)
    return spare


def test_numbers_and_totals_go_on_and_each_laptop_answers_with_its_own_keys() -> None:
    spare = gone_on()
    standing = spare.replayed()
    assert (standing.entries, standing.head) == (6, spare.sealed[-1].head)
    assert [one.entry.book for one in spare.sealed] == [PACK.book] * 4 + [SPARE_PACK.book] * 2
    assert spare.sealed[4].entry.prev == spare.sealed[3].head
    assert standing.session.cash == spare.sealed[-1].entry.cash


def test_what_is_gone_on_from_is_said_by_an_officer_with_a_reason_at_the_very_end_of_it() -> None:
    spare = Spare(begun())
    head = spare.sealed[-1].head
    with pytest.raises(ReasonMissing):
        spare.post(spare.session.plan_resume(head=head, reason=""), CONTROLLER)
    with pytest.raises(ApprovalMissing):
        spare.post(spare.session.plan_resume(head=head, reason=REASON))
    with pytest.raises(ResumeDiffers):
        spare.post(spare.session.plan_resume(head=spare.sealed[2].head, reason=REASON), CONTROLLER)
    plan = spare.session.plan_resume(head=head, reason=REASON)
    with pytest.raises(ResumeDiffers):
        spare.post(changed(plan, details=(("last", "3"),)), CONTROLLER)
    with pytest.raises(NothingToResume):
        Session(SPARE_PACK.terms).check(Body(kind="resume", head=chain.NO_HEAD, details=(("last", "0"),), reason=REASON),
                                        maker=TELLER, approvers=[LEADER], head=chain.NO_HEAD)  # fmt: skip


@pytest.mark.parametrize(
    ("maker", "approvers", "fault"),
    [
        (TELLER, (CONTROLLER,), ApprovalMissing), (TELLER, (TELLER,), ApprovalMissing), (TELLER, (TELLER, TELLER), MakerApproves),
        (LEADER, (LEADER,), ApprovalMissing), (LEADER, (CONTROLLER,), ApprovalMissing), (LEADER, (LEADER, TELLER), ApprovalMissing),
        (TELLER, (TELLER, LEADER), None), (LEADER, (LEADER, CONTROLLER), None),
    ],
)
def test_whoever_goes_on_signs_and_so_does_an_officer_who_is_another_person(
    maker: str, approvers: tuple[str, ...], fault: type[Refusal] | None
) -> None:
    spare = Spare(begun())
    head = spare.sealed[-1].head
    plan = spare.session.plan_resume(head=head, reason=REASON)
    if fault is None:
        spare.session.check(plan, maker=maker, approvers=approvers, head=head)
        return
    with pytest.raises(fault):
        spare.session.check(plan, maker=maker, approvers=approvers, head=head)


def test_a_resumption_that_somebody_else_signed_for_its_maker_is_none() -> None:
    spare = gone_on()
    made = spare.sealed[4].entry
    forged = chain.approve(SPARE_SEEDS[CONTROLLER], staff_id=TELLER, book=SPARE_PACK.book, entry_id=made.id, body=made.body)
    first = Spare(begun())
    for approvals in ((forged, made.approvals[1]), made.approvals[1:]):
        entry = chain.link(
            made.body, session=first.session, book=SPARE_PACK.book, prev=made.prev, entry_id=made.id,
            moment=Moment(made.wall_s, made.mono_s, made.boot), maker=TELLER, approvals=approvals, device_seed=SPARE_SEED,
        )  # fmt: skip
        with pytest.raises((keys.SignatureWrong, ApprovalMissing)):
            spare.replayed([*spare.sealed[:4], entry])


def test_a_book_that_ends_unsigned_is_not_gone_on_from() -> None:
    book = small.Writer()
    book.open()
    book.post(book.session.plan_outage(device=True, staff="", reason="máy rơi"), LEADER)
    spare = Spare(book.sealed)
    with pytest.raises(ResumeUnsigned):
        spare.post(spare.session.plan_resume(head=spare.sealed[-1].head, reason=REASON), CONTROLLER)


def test_the_other_laptop_says_so_first_and_only_once() -> None:
    spare = Spare(begun())
    spare.post(spare.session.plan_visit(small.HEAD_B, wishes=[Wish("TL", small.loan_code(small.HEAD_B), None)]))
    with pytest.raises(ChainBroken) as silent:
        spare.replayed()
    assert silent.value.facts["reason"] == "resume"
    again = gone_on()
    again.post(again.session.plan_resume(head=again.sealed[-1].head, reason=REASON), CONTROLLER)
    with pytest.raises(ChainBroken):
        again.replayed()
    # Nor does a laptop resume its own book.
    own = small.Writer()
    own.open()
    own.post(own.session.plan_resume(head=own.head, reason=REASON), TELLER, CONTROLLER)
    with pytest.raises(ChainBroken):
        chain.replay(Session(small.TERMS), own.sealed, book=small.BOOK, device_key=small.DEVICE_KEY)


def test_nothing_of_the_first_laptop_may_be_missing_or_of_the_other_ones_making() -> None:
    spare = gone_on()
    with pytest.raises(ChainBroken) as short:
        spare.replayed(spare.sealed[:3])
    assert short.value.facts["reason"] == "missing"
    # Its entries with the spare's own signature under them.
    forged = spare.sealed[:]
    one = forged[3]
    signature = keys.sign(SPARE_SEED, "entry/1", chain.stub_of(one.entry, one.head).to_bytes())
    forged[3] = one._replace(signature=signature)
    with pytest.raises(keys.SignatureWrong):
        spare.replayed(forged)


def test_only_a_laptop_the_pack_names_goes_on_and_its_pack_follows_from_the_offices() -> None:
    with pytest.raises(NotASpare):
        pack.continued(PACK, by=bytes(16))
    pack.verify_line([Run(PACK, 4)], SPARE_PACK, office=OFFICE)
    richer = changed(SPARE_PACK, terms=changed(SPARE_PACK.terms, groups=()))
    for packs in (([Run(PACK, 4)], richer), ([], SPARE_PACK), ([Run(changed(PACK, issue=2), 4)], SPARE_PACK)):
        with pytest.raises(keys.SignatureWrong):
            pack.verify_line(*packs, office=OFFICE)


def test_the_office_takes_the_first_laptops_entries_from_the_other_ones_hands() -> None:
    spare = gone_on()
    carried = protocol.seal_batch(spare.sealed[:4], pack=PACK, office_key=OFFICE.seal_key, device_seed=SPARE_SEED,
                                  carried_by=SPARE)  # fmt: skip
    known = {"office": OFFICE.office, "office_secret": small.OFFICE_SECRET, "device_key": SPARE_PACK.sign_key}
    writer = (small.DEVICE, small.DEVICE_KEY)
    batch = protocol.open_batch(carried, terms_of=lambda _book: PACK.terms, writer=writer, **known)
    assert [raw for _, raw, _ in batch.entries] == [one.raw for one in spare.sealed[:4]]
    assert (batch.header.sender, batch.header.subject) == (SPARE, PACK.book)
    # Without saying who wrote them they are nobody's.
    with pytest.raises(protocol.BatchWrong):
        protocol.open_batch(carried, terms_of=lambda _book: PACK.terms, **known)
    own = protocol.seal_batch(spare.sealed[4:], pack=SPARE_PACK, office_key=OFFICE.seal_key, device_seed=SPARE_SEED)
    batch = protocol.open_batch(own, terms_of=lambda _book: SPARE_PACK.terms, **known)
    assert [raw for _, raw, _ in batch.entries] == [one.raw for one in spare.sealed[4:]]


def mirrored(entries: list[Sealed]) -> bytes:
    raw, place = mirror.begin(PACK, (), office=OFFICE, key=KEY, salt=SALT, nonce=NONCE, device_seed=small.DEVICE_SEED)
    for at, one in enumerate(entries):
        piece, place = mirror.frame([one], place, key=KEY, nonce=bytes([at]) * 12, wall_s=one.entry.wall_s)
        assert place.size == len(raw) + len(piece)
        raw += piece
    return raw


def test_a_mirror_gives_back_the_book_to_each_of_the_team_at_the_other_laptop_and_to_the_office() -> None:
    entries = begun()
    raw = mirrored(entries)
    header = mirror.read_header(raw)
    for staff_id, seed in SPARE_SEEDS.items():
        assert mirror.person_key(header, device=SPARE, staff_id=staff_id, secret=seed) == KEY
    assert mirror.person_key(header, device=OFFICE.office, staff_id="", secret=small.OFFICE_SECRET) == KEY
    with pytest.raises(mirror.NoSlot):
        mirror.person_key(header, device=small.DEVICE, staff_id=TELLER, secret=small.DEVICE_SECRET)
    copy = mirror.read(raw, key=KEY, office=OFFICE)
    assert (copy.pack, copy.before, list(copy.entries), copy.torn) == (PACK, (), entries, 0)
    assert (copy.place.last, copy.place.size, copy.wall_s) == (4, len(raw), entries[-1].entry.wall_s)
    for one in (*[person.full_name for person in PACK.terms.customers], "480700"):
        assert one.encode() not in raw


def test_a_torn_tail_is_passed_over_at_every_byte_and_written_on_from() -> None:
    entries = begun()
    whole = mirrored(entries)
    three = len(mirrored(entries[:3]))
    for size in range(three, len(whole)):
        copy = mirror.read(whole[:size], key=KEY, office=OFFICE)
        assert (len(copy.entries), copy.torn, copy.place.size) == (3, size - three, three)
    copy = mirror.read(whole[:-1] + b"\0", key=KEY, office=OFFICE)
    assert len(copy.entries) == 3
    piece, _ = mirror.frame(entries[3:], copy.place, key=KEY, nonce=b"\x77" * 12, wall_s=1)
    assert len(mirror.read(whole[:three] + piece, key=KEY, office=OFFICE).entries) == 4


def test_a_mirror_says_what_was_passed_at_the_table_as_the_protocol_says() -> None:
    entries = begun()
    raw = mirrored(entries)
    place = mirror.read(raw, key=KEY, office=OFFICE).place
    given = [Lease(unit="0117", device=SPARE, epoch=2), Lease(unit="0118", device=small.DEVICE, epoch=1)]
    piece, after = mirror.frame([], place, key=KEY, nonce=b"\x70" * 12, wall_s=7, passed=given)
    plain = records.unpacked(keys.unwrap(KEY, piece[4:], bound=place.bound, what="mirror"))
    assert plain == msgspec.msgpack.encode([7, [], [["0117", SPARE, 2], ["0118", small.DEVICE, 1]]])
    late, _ = mirror.frame([], after, key=KEY, nonce=b"\x71" * 12, wall_s=8, passed=[Lease(unit="0117", device=small.DEVICE, epoch=1)])
    copy = mirror.read(raw + piece + late, key=KEY, office=OFFICE)
    assert copy.passed == {"0117": Held(SPARE, 2), "0118": Held(small.DEVICE, 1)}
    assert (copy.entries, copy.place.last) == (tuple(entries), len(entries))
    # Where nothing was passed a frame is what it always was.
    plain_one, _ = mirror.frame([], place, key=KEY, nonce=b"\x70" * 12, wall_s=7)
    assert records.unpacked(keys.unwrap(KEY, plain_one[4:], bound=place.bound, what="mirror")) == msgspec.msgpack.encode([7, []])


def test_no_bit_of_a_mirror_can_be_turned_unseen_before_its_end() -> None:
    entries = begun(3)
    raw = mirrored(entries)
    last = len(mirrored(entries[:2]))
    for at in range(0, last, 7):
        bent = bytearray(raw)
        bent[at] ^= 1 << at % 8
        try:
            copy = mirror.read(bytes(bent), key=KEY, office=OFFICE)
        except (Malformed, mirror.MirrorAltered, keys.SignatureWrong):
            continue
        # A length that was turned can only end the file early: what is shown is true, and it says that more follows.
        assert list(copy.entries) == entries[: len(copy.entries)]
        assert copy.torn


def test_a_mirror_of_another_office_or_laptop_is_not_believed() -> None:
    raw, _ = mirror.begin(PACK, (), office=OFFICE, key=KEY, salt=SALT, nonce=NONCE, device_seed=SPARE_SEED)
    with pytest.raises(keys.SignatureWrong):
        mirror.read(raw, key=KEY, office=OFFICE)
    with pytest.raises(pack.OfficeUnknown):
        mirror.read(mirrored([]), key=KEY, office=changed(OFFICE, office=bytes(16)))
