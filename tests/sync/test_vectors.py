"""The wire is frozen: fixed keys and a fixed morning give these very bytes, today and in ten years.

`python -m tests.sync.test_vectors` writes the file anew; that is a change of the protocol, and needs a
new version of it.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sync import chain, keys, pack, protocol, receipt
from sync.chain import Entry, replay, unsealed
from sync.errors import Fault
from sync.records import from_bytes, packed, unpacked
from sync.session import Session
from tests.sync import small
from tests.sync.small import BOOK, DEVICE, DEVICE_KEY, OFFICE, PACK, TERMS

FILE = Path(__file__).with_name("vectors.toml")
CODE = b"\x0c" * 16


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
        "letters": {
            "ticket": ticket().hex(), "answer": answer().hex(), "ack": ack_of(book).hex(),
            "ack_digest": protocol.ack_digest(ack_of(book)).hex(),
        },
    }  # fmt: skip


def sealed_letters() -> dict[str, str]:
    """What can only be frozen and opened: sealing draws randomness."""
    return {
        "batch": batch_of(small.morning()).hex(),
        "pack": pack.seal_pack(PACK, device_key=small.DEVICE_SEAL_KEY, office_seed=small.OFFICE_SEED).hex(),
        "packed": packed(TERMS.to_bytes()).hex(),
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


if __name__ == "__main__":
    FILE.write_text(toml({**computed(), "sealed": sealed_letters()}), encoding="utf-8")
