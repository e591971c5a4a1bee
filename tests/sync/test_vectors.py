"""The wire is frozen: fixed keys and a fixed morning give these very bytes, today and in ten years.

`python -m tests.sync.test_vectors` writes the file anew; that is a change of the protocol, and needs a
new version of it.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sync import chain, disposition, keys, mirror, pack, protocol, receipt
from sync.chain import Entry, Sealed, replay, unsealed
from sync.directory import sign_directory
from sync.errors import Fault
from sync.records import changed, from_bytes, packed, unpacked
from sync.session import Session
from sync.voucher import Wish
from tests.sync import small
from tests.sync.small import BOOK, DEVICE, DEVICE_KEY, OFFICE, PACK, TERMS
from tests.sync.test_directory import directory

FILE = Path(__file__).with_name("vectors.toml")
CODE = b"\x0c" * 16
MIRROR_KEY = b"\x41" * 32


def batch_of(book: small.Writer) -> bytes:
    return protocol.seal_batch(book.sealed, pack=PACK, office_key=OFFICE.seal_key, device_seed=small.DEVICE_SEED)


def ack_of(book: small.Writer) -> bytes:
    last = book.sealed[-1]
    return protocol.sign_ack(
        protocol.Ack(
            version=1, office=OFFICE.office, device=DEVICE, book=BOOK, ack_no=7, prev_ack=bytes(32),
            received=last.entry.number, received_head=last.head, safe=0, safe_head=chain.NO_HEAD,
            cash=last.entry.cash, cash_in=last.entry.cash_in, cash_out=last.entry.cash_out, status="ok", reason="",
            differences=0, office_s=small.BEGIN_S + 20_000,
        ),
        office_seed=small.OFFICE_SEED,
    )  # fmt: skip


def ticket() -> bytes:
    staff = [pack.Colleague(staff_id=one.staff_id, full_name=one.full_name, role=one.role) for one in TERMS.team]
    return pack.make_ticket(
        office=OFFICE, device=DEVICE, letter="A", code=CODE, staff=staff, office_seed=small.OFFICE_SEED
    )


def answer() -> bytes:
    users = [
        pack.Enrolled(staff_id=name, sign_key=keys.sign_public(seed), seal_key=keys.seal_public(seed))
        for name, seed in small.SEEDS.items()
    ]
    return pack.make_answer(
        pack.read_ticket(ticket()), device_seed=small.DEVICE_SEED, device_secret=small.DEVICE_SECRET, users=users
    )


def outage() -> small.Writer:
    """A float; the laptop's key and the controller's gone; a slip approved on paper; both back."""
    book = small.Writer()
    book.open()
    plan, who = book.session.plan_outage, small.CONTROLLER
    book.post(plan(device=True, staff=who, reason="máy rơi, quên mã PIN"), small.LEADER)
    book.slip(approvers=[small.CONTROLLER, small.LEADER])
    book.post(book.session.plan_recover(device=True, staff=who, head=book.head), who)
    return book


def resumption() -> list[Sealed]:
    """Four entries of the first laptop, then the other one goes on: the resumption and a visit."""
    entries = small.morning().sealed[:4]
    goes_on = pack.continued(PACK, by=small.SPARE)
    session = Session(goes_on.terms)
    replay(session, entries, book=PACK.book, device_key=DEVICE_KEY, before=[pack.Run(PACK, 4).writer])
    resume = session.plan_resume(head=entries[-1].head, reason="máy chính rơi vỡ")
    visit = [Wish("TL", small.loan_code(small.HEAD_B), None)]
    for entry_id, body in ((small.BEGIN_S + 5_000, resume), (small.BEGIN_S + 5_060, None)):
        body = body or session.plan_visit(small.HEAD_B, wishes=visit)
        approvals = tuple(
            chain.approve(small.SPARE_SEEDS[one], staff_id=one, book=goes_on.book, entry_id=entry_id, body=body)
            for one in (small.TELLER, small.CONTROLLER)
        )
        entries.append(
            chain.link(
                body, session=session, book=goes_on.book, prev=entries[-1].head, entry_id=entry_id,
                moment=chain.Moment(entry_id, 10, 2), maker=small.TELLER, device_seed=small.SPARE_SEED,
                approvals=approvals if body.kind == "resume" else (),
            )
        )  # fmt: skip
        session.apply(body, maker=small.TELLER)
    return entries


def mirrored() -> bytes:
    """The first laptop's four entries in two frames."""
    raw, place = mirror.begin(
        PACK, (), office=OFFICE, key=MIRROR_KEY, salt=b"\x42" * 16, nonce=b"\x43" * 12, device_seed=small.DEVICE_SEED
    )
    for entries in (resumption()[:1], resumption()[1:4]):
        made, place = mirror.frame(entries, place, key=MIRROR_KEY, nonce=bytes([place.frames]) * 12, wall_s=small.BEGIN_S)
        raw += made
    return raw


def said_of(book: small.Writer) -> bytes:
    """One line of the visit returned, one corrected, one waiting; the deposit of the other visit booked as it stands."""
    last = book.sealed[-1]
    line = book.sealed[2].entry.body.lines[1]
    booked = disposition.booked_line(line, account=small.loan_code(small.FOLLOWS), component="interest", amount=line.amount - 500)
    assert booked is not None
    findings = (
        disposition.Finding(number=3, place=1, outcome="returned", reason="món vay đã tất toán"),
        disposition.Finding(number=3, place=2, outcome="corrected", core_number="FT24228X1", booked=(booked,), reason="nhầm món"),
        disposition.Finding(number=3, place=3, outcome="suspense", reason="đang đối chiếu"),
        disposition.Finding(number=8, place=1, outcome="accepted", core_number="FT24228X2"),
    )
    made = disposition.Disposition(
        version=1, office=OFFICE.office, device=DEVICE, book=BOOK, disposition_no=1, prev=disposition.NONE_BEFORE,
        last=last.entry.number, head=last.head, findings=findings, by="Cán bộ thử", note="", office_s=small.BEGIN_S + 90_000,
    )  # fmt: skip
    return disposition.signed(made, office_seed=small.OFFICE_SEED)


def adjusted() -> small.Writer:
    """The float of a later session, and the slips that follow from what was said, carried out."""
    book = small.morning()
    words = disposition.standing([disposition.verified(said_of(book), office_key=OFFICE.sign_key)])
    slips = disposition.adjustments(book.session, words, text_of=lambda number: f"TXN0480799-20240815-A-{number:06d}", done=())
    table = small.Writer(changed(TERMS, adjustments=tuple(slips)))
    table.open()
    for one in table.session.terms.adjustments:
        table.post(table.session.plan_adjust(one.slip_no, details={"card": "seen"}), small.CONTROLLER)
    return table


def computed() -> dict[str, Any]:
    """Everything that draws no randomness."""
    book = small.morning()
    return {
        "keys": {
            "device_seed": small.DEVICE_SEED.hex(), "device_sign_key": DEVICE_KEY.hex(),
            "device_secret": small.DEVICE_SECRET.hex(), "device_seal_key": small.DEVICE_SEAL_KEY.hex(),
            "office_seed": small.OFFICE_SEED.hex(), "office_sign_key": OFFICE.sign_key.hex(),
            "office_secret": small.OFFICE_SECRET.hex(), "office_seal_key": OFFICE.seal_key.hex(),
            "office": OFFICE.office.hex(), "device": DEVICE.hex(), "book": BOOK.hex(),
            "staff_seeds": {name: seed.hex() for name, seed in small.SEEDS.items()},
        },
        "entry": [
            {
                "bytes": one.raw.hex(), "head": one.head.hex(), "signature": one.signature.hex(),
                "stub": chain.stub_of(one.entry, one.head).to_bytes().hex(),
                "receipt": receipt.receipt_text(chain.stub_of(one.entry, one.head), one.signature),
            }
            for one in book.sealed
        ],
        "outage": [
            {"bytes": one.raw.hex(), "head": one.head.hex(), "signature": one.signature.hex()} for one in outage().sealed
        ],
        "resumption": [
            {"bytes": one.raw.hex(), "head": one.head.hex(), "signature": one.signature.hex()} for one in resumption()[4:]
        ],
        "adjustment": [
            {"bytes": one.raw.hex(), "head": one.head.hex(), "signature": one.signature.hex()} for one in adjusted().sealed
        ],
        "letters": {
            "ticket": ticket().hex(), "answer": answer().hex(), "ack": ack_of(book).hex(),
            "ack_digest": protocol.ack_digest(ack_of(book)).hex(),
            "directory": sign_directory(directory(), office_seed=small.OFFICE_SEED).hex(),
            "disposition": said_of(book).hex(), "disposition_digest": disposition.digest_of(said_of(book)).hex(),
        },
    }  # fmt: skip


def sealed_letters() -> dict[str, str]:
    """What can only be frozen and opened: sealing draws randomness."""
    return {
        "batch": batch_of(small.morning()).hex(),
        "pack": pack.seal_pack(PACK, device_key=small.DEVICE_SEAL_KEY, office_seed=small.OFFICE_SEED).hex(),
        "packed": packed(TERMS.to_bytes()).hex(),
        "relayed": protocol.seal_batch(
            resumption()[:4], pack=PACK, office_key=OFFICE.seal_key, device_seed=small.SPARE_SEED, carried_by=small.SPARE
        ).hex(),
        "mirror": mirrored().hex(),
    }


def toml(vectors: dict[str, Any]) -> str:
    """Tables of texts, and lists of such tables, are all that is written."""
    lines = ["# Made by tests/sync/test_vectors.py from tests/sync/small.py. Hex, but for the receipts' texts."]
    for name, table in vectors.items():
        for one in table if isinstance(table, list) else [table]:
            lines += ["", f"[[{name}]]" if isinstance(table, list) else f"[{name}]"]
            lines += [f"{key} = {json.dumps(value)}" for key, value in one.items() if isinstance(value, str)]
            for key, value in one.items():
                if isinstance(value, dict):
                    lines += ["", f"[{name}.{key}]", *(f"{inner} = {json.dumps(text)}" for inner, text in value.items())]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def frozen() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def test_the_vectors_are_what_is_computed_today(frozen: dict[str, Any]) -> None:
    made = computed()
    assert made["keys"] == frozen["keys"]
    assert len(made["entry"]) == len(frozen["entry"]) == 11
    for today, then in zip(made["entry"], frozen["entry"], strict=True):
        assert today == then
    assert made["letters"] == frozen["letters"]
    assert made["outage"] == frozen["outage"]
    assert made["adjustment"] == frozen["adjustment"]
    assert len(frozen["adjustment"]) == 3
    assert made["resumption"] == frozen["resumption"]


def test_a_frozen_outage_folds_and_none_of_its_zeros_is_taken_elsewhere(frozen: dict[str, Any]) -> None:
    rows = [unsealed(bytes.fromhex(one["bytes"]), bytes.fromhex(one["signature"])) for one in frozen["outage"]]
    assert [one.signature == bytes(64) for one in rows] == [False, True, True, False]
    assert not replay(Session(TERMS), rows, book=BOOK, device_key=DEVICE_KEY).session.outages
    for place in (0, 3):
        bare = [*rows[:place], rows[place]._replace(signature=bytes(64)), *rows[place + 1 :]]
        with pytest.raises(keys.SignatureWrong):
            replay(Session(TERMS), bare, book=BOOK, device_key=DEVICE_KEY)


def test_frozen_entries_fold_to_the_same_book(frozen: dict[str, Any]) -> None:
    rows = [unsealed(bytes.fromhex(one["bytes"]), bytes.fromhex(one["signature"])) for one in frozen["entry"]]
    standing = replay(Session(TERMS), rows, book=BOOK, device_key=bytes.fromhex(frozen["keys"]["device_sign_key"]))
    assert standing.head.hex() == frozen["entry"][-1]["head"]
    assert standing.session.state == "closed"


def test_frozen_entries_say_by_hand_what_the_protocol_says(frozen: dict[str, Any]) -> None:
    """Head and signature from the words of PROTOCOL.md, with hashlib and the key alone."""
    import hashlib

    for one in frozen["entry"]:
        raw, stub = bytes.fromhex(one["bytes"]), bytes.fromhex(one["stub"])
        assert hashlib.sha256(b"dgd/entry/1\0" + raw).hexdigest() == one["head"]
        assert one["head"] in one["stub"]
        assert from_bytes(Entry, raw).to_bytes() == raw
        keys.verify(DEVICE_KEY, "entry/1", stub, bytes.fromhex(one["signature"]), what="entry")


def test_a_frozen_batch_opens_to_the_frozen_entries(frozen: dict[str, Any]) -> None:
    raw = bytes.fromhex(frozen["sealed"]["batch"])
    batch = protocol.open_batch(
        raw, office=OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=DEVICE_KEY, terms_of=lambda _book: TERMS
    )
    assert [one[1].hex() for one in batch.entries] == [one["bytes"] for one in frozen["entry"]]
    for place in range(0, len(raw), 11):
        tampered = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(Fault):
            protocol.open_batch(
                tampered, office=OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=DEVICE_KEY,
                terms_of=lambda _book: TERMS,
            )  # fmt: skip


def test_a_frozen_pack_opens_to_the_terms(frozen: dict[str, Any]) -> None:
    raw = bytes.fromhex(frozen["sealed"]["pack"])
    opened = pack.open_pack(raw, device=DEVICE, device_secret=small.DEVICE_SECRET, office=OFFICE, now_s=small.BEGIN_S)
    assert opened == PACK
    assert unpacked(bytes.fromhex(frozen["sealed"]["packed"])) == TERMS.to_bytes()


def test_a_frozen_session_goes_on_at_the_other_laptop(frozen: dict[str, Any]) -> None:
    rows = [
        unsealed(bytes.fromhex(one["bytes"]), bytes.fromhex(one["signature"]))
        for one in (*frozen["entry"][:4], *frozen["resumption"])
    ]
    goes_on = pack.continued(PACK, by=small.SPARE)
    standing = replay(
        Session(goes_on.terms), rows, book=goes_on.book, device_key=goes_on.sign_key, before=[pack.Run(PACK, 4).writer]
    )
    assert (standing.entries, standing.head.hex()) == (6, frozen["resumption"][-1]["head"])
    assert rows[4].entry.prev.hex() == frozen["entry"][3]["head"]


def test_a_frozen_relayed_batch_opens_to_the_first_laptops_entries(frozen: dict[str, Any]) -> None:
    batch = protocol.open_batch(
        bytes.fromhex(frozen["sealed"]["relayed"]), office=OFFICE.office, office_secret=small.OFFICE_SECRET,
        device_key=keys.sign_public(small.SPARE_SEED), terms_of=lambda _book: TERMS, writer=(DEVICE, DEVICE_KEY),
    )  # fmt: skip
    assert [one[1].hex() for one in batch.entries] == [one["bytes"] for one in frozen["entry"][:4]]


def test_a_frozen_mirror_opens_to_each_of_the_team_and_by_the_words_of_the_protocol(frozen: dict[str, Any]) -> None:
    import hashlib

    raw = bytes.fromhex(frozen["sealed"]["mirror"])
    header = mirror.read_header(raw)
    for staff_id, seed in small.SPARE_SEEDS.items():
        assert mirror.person_key(header, device=small.SPARE, staff_id=staff_id, secret=seed) == MIRROR_KEY
    copy = mirror.read(raw, key=MIRROR_KEY, office=OFFICE)
    assert [one.raw.hex() for one in copy.entries] == [one["bytes"] for one in frozen["entry"][:4]]
    # The places of the frames and what binds them, with hashlib and the lengths alone.
    parts, at = [], len(b"DGDM1")
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        parts.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    bound = hashlib.sha256(b"dgd/mirror/1\0" + parts[0]).digest()
    for frame in parts[1:]:
        assert keys.unwrap(MIRROR_KEY, frame, bound=bound, what="mirror")
        bound = hashlib.sha256(b"dgd/mirror-frame/1\0" + bound + frame).digest()
    assert (at, len(parts), bound) == (len(raw), 4, copy.place.bound)


if __name__ == "__main__":
    FILE.write_text(toml({**computed(), "sealed": sealed_letters()}), encoding="utf-8")
