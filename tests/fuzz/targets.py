"""Everything that reads bytes somebody else made, as a function that may raise a `Fault` and nothing else.

Where signatures and seals would turn every change away at the door, the change is made inside and the letter signed and
sealed again: what is tried is the reader behind the door, as a laptop or an office with a stolen key would meet it.
"""

import functools
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import openpyxl

from desktop import leader_file
from sync import chain, directory, disposition, envelope, keys, leases, mirror, pack, protocol, receipt, spare, unsigned
from sync.chain import Entry, stub_of
from sync.envelope import Header
from sync.protocol import Mark
from sync.records import Malformed, changed, from_bytes, unpacked
from sync.stick import names
from tests.sync import small
from tests.sync.small import DEVICE, OFFICE, PACK, SPARE
from tests.sync.test_resumption import KEY, SALT, mirrored
from tests.sync.test_vectors import ack_of, answer, batch_of, ticket

Reads = Callable[[bytes], object]


class Target(NamedTuple):
    """A reader, and good bytes to begin from."""

    reads: Reads
    seeds: tuple[bytes, ...]


MORNING = small.morning()


def _batch(raw: bytes) -> object:
    return protocol.open_batch(
        raw, office=OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=small.DEVICE_KEY,
        terms_of=lambda _book: small.TERMS,
    )  # fmt: skip


def _header(kind: str, last: int) -> Header:
    head = Header(version=1, kind="batch", sender=DEVICE, recipient=OFFICE.office, subject=PACK.book, first=1, last=last)
    if kind == "pack":
        head = changed(head, kind="pack", sender=OFFICE.office, recipient=DEVICE, subject=PACK.pack, first=0, last=0)
    return head


def _batch_inside(plain: bytes) -> object:
    raw = envelope.close_envelope(
        plain, header=_header("batch", len(MORNING.sealed)), recipient_key=OFFICE.seal_key, sender_seed=small.DEVICE_SEED
    )
    return _batch(raw)


def _plain_batch() -> bytes:
    opened = envelope.open_envelope(
        batch_of(MORNING), kind="batch", recipient=OFFICE.office, sender_key=small.DEVICE_KEY, secret=small.OFFICE_SECRET
    )
    return opened.plain


def _pack(raw: bytes) -> object:
    return pack.open_pack(raw, device=DEVICE, device_secret=small.DEVICE_SECRET, office=OFFICE, now_s=0)


def _pack_inside(plain: bytes) -> object:
    raw = envelope.close_envelope(
        plain, header=_header("pack", 0), recipient_key=small.DEVICE_SEAL_KEY, sender_seed=small.OFFICE_SEED
    )
    return _pack(raw)


def _ack(raw: bytes) -> object:
    last = MORNING.sealed[-1]
    mark = Mark(last.head, last.entry.cash, last.entry.cash_in, last.entry.cash_out)

    def mark_at(number: int) -> Mark:
        return mark if number else Mark(chain.NO_HEAD, 0, 0, 0)

    return protocol.read_ack(raw, pack=PACK, office_key=OFFICE.sign_key, newest=0, mark_at=mark_at)


def _ack_inside(raw: bytes) -> object:
    said = changed(from_bytes(protocol.Ack, raw), signature=b"")
    return _ack(protocol.sign_ack(said, office_seed=small.OFFICE_SEED))


def _mirror(raw: bytes) -> object:
    mirror.read_header(raw)
    return mirror.read(raw, key=KEY, office=OFFICE)


def _mirror_inside(plain: bytes) -> object:
    """A frame whose words were changed by who has the file's key."""
    start, place = mirror.begin(
        PACK, (), office=OFFICE, key=KEY, salt=SALT, nonce=bytes(12), device_seed=small.DEVICE_SEED
    )
    wrapped = keys.wrap(KEY, plain, nonce=b"\1" * 12, bound=place.bound)
    return _mirror(start + len(wrapped).to_bytes(4, "big") + wrapped)


def _frame_plain() -> bytes:
    _, place = mirror.begin(
        PACK, (), office=OFFICE, key=KEY, salt=SALT, nonce=bytes(12), device_seed=small.DEVICE_SEED
    )
    piece, _ = mirror.frame(MORNING.sealed[:2], place, key=KEY, nonce=b"\1" * 12, wall_s=1)
    return keys.unwrap(KEY, piece[4:], bound=place.bound, what="mirror")


def _directory(raw: bytes) -> object:
    listed = changed(from_bytes(directory.Directory, raw), signature=b"")
    return directory.read_directory(directory.sign_directory(listed, office_seed=small.OFFICE_SEED), office=OFFICE)


def _directory_seed() -> bytes:
    laptop = directory.Listed(
        device=DEVICE, letter="A", sign_key=small.DEVICE_KEY, seal_key=small.DEVICE_SEAL_KEY, revoked_s=0
    )
    return directory.Directory(version=1, number=7, office=OFFICE, laptops=(laptop,), issued_s=9).to_bytes()


def _disposition(raw: bytes) -> object:
    made = changed(from_bytes(disposition.Disposition, raw), signature=b"")
    return disposition.verified(disposition.signed(made, office_seed=small.OFFICE_SEED), office_key=OFFICE.sign_key)


def _disposition_seed() -> bytes:
    last = MORNING.sealed[-1]
    findings = (
        disposition.Finding(number=2, place=1, outcome="accepted", core_number="C-1"),
        disposition.Finding(number=3, place=1, outcome="returned", reason="sai tài khoản"),
    )
    return disposition.Disposition(
        version=1, office=OFFICE.office, device=DEVICE, book=PACK.book, disposition_no=1, prev=bytes(32),
        last=last.entry.number, head=last.head, findings=findings, by="Cán bộ thử", note="", office_s=9,
    ).to_bytes()  # fmt: skip


def _receipt(raw: bytes) -> object:
    text = raw.decode("utf-8", "replace")
    return unsigned.read_unsigned(text) if unsigned.is_unsigned(text) else receipt.read_receipt(text)


def _receipt_seeds() -> tuple[bytes, ...]:
    stub = stub_of(MORNING.sealed[1].entry, MORNING.sealed[1].head)
    signed = receipt.receipt_text(stub, MORNING.sealed[1].signature)
    return signed.encode(), unsigned.unsigned_text(stub).encode()


def _two_laptops() -> pack.Pack:
    beside = changed(small.SPARE_LAPTOP, groups=(small.GROUP_B,))
    return changed(PACK, groups=(small.GROUP_A,), laptops=(beside,))


def _lease(raw: bytes) -> object:
    table = leases.table_of(_two_laptops())
    assert table is not None
    return leases.open_line(raw, table=table, secret=small.DEVICE_SECRET)


def _lease_inside(raw: bytes) -> object:
    said = changed(from_bytes(leases.Said, raw), signature=b"")
    return _lease(leases.closed_line(said, seed=small.SPARE_SEED, seal_key=small.DEVICE_SEAL_KEY))


def _lease_seed() -> leases.Said:
    table = leases.table_of(_two_laptops())
    assert table is not None
    return leases.Said(
        version=1, kind="ask", table=table.digest, sender=SPARE, to=DEVICE, book=SPARE[:8] + bytes(8), nonce=bytes(16),
        unit=small.GROUP_A, counter=3,
    )  # fmt: skip


def _workbook() -> bytes:
    made, file = openpyxl.Workbook(), io.BytesIO()
    for row in (("Mã KH", "Họ tên", "Nộp"), ("4807000001", "Nguyễn Thị Mẫu", 250_000)):
        made.active.append(row)
    made.save(file)
    return file.getvalue()


def _vault(folder: Path) -> Reads:
    from desktop.vault import Vault

    def reads(raw: bytes) -> object:
        (folder / "vault" / "vault.dgd").write_bytes(raw)
        return Vault(folder, draw=bytes, keystore=None)

    return reads


def spare_seed() -> bytes:
    held = spare.LaptopKeys(seed=small.DEVICE_SEED, secret=small.DEVICE_SECRET)
    return spare.make_spare(held, device=DEVICE, recovery_key=OFFICE.recovery_key)


@functools.cache
def targets() -> Mapping[str, Target]:
    """Every reader but the vault, which needs a folder (`vault_target`)."""
    entries = tuple(one.raw for one in MORNING.sealed)
    header = _header("pack", 0)
    sealed_pack = pack.seal_pack(PACK, device_key=small.DEVICE_SEAL_KEY, office_seed=small.OFFICE_SEED)
    return {
        "entry": Target(lambda raw: from_bytes(Entry, raw), entries),
        "batch": Target(_batch, (batch_of(MORNING),)),
        "batch inside": Target(_batch_inside, (_plain_batch(),)),
        "packed": Target(unpacked, (_frame_plain(),)),
        "pack": Target(_pack, (sealed_pack,)),
        "pack inside": Target(_pack_inside, (PACK.to_bytes(),)),
        "header": Target(lambda raw: from_bytes(Header, raw), (header.to_bytes(),)),
        "acknowledgement": Target(_ack, (ack_of(MORNING),)),
        "acknowledgement inside": Target(_ack_inside, (ack_of(MORNING),)),
        "mirror": Target(_mirror, (mirrored(MORNING.sealed[:3]),)),
        "mirror inside": Target(_mirror_inside, (_frame_plain(),)),
        "directory": Target(_directory, (_directory_seed(),)),
        "ticket": Target(pack.read_ticket, (ticket(),)),
        "answer": Target(lambda raw: pack.read_answer(raw, code=b"\x0c" * 16), (answer(),)),
        "spare": Target(lambda raw: spare.open_spare(spare.read_spare(raw), recovery_secret=small.RECOVERY_SECRET),
                        (spare_seed(),)),
        "receipt": Target(_receipt, _receipt_seeds()),
        "stick's name": Target(lambda raw: names.named(raw.decode("utf-8", "surrogateescape")),
                               (names.batch_name(_header("batch", 12)).encode(),)),
        "leader's list": Target(leader_file.read_rows, ("Mã KH;Họ tên;Nộp\n4807000001;Nguyễn Thị Mẫu;250.000\n".encode(),)),
        "leader's workbook": Target(leader_file.read_rows, (_workbook(),)),
        "disposition": Target(_disposition, (_disposition_seed(),)),
        "line of another laptop": Target(
            _lease, (leases.closed_line(_lease_seed(), seed=small.SPARE_SEED, seal_key=small.DEVICE_SEAL_KEY),)
        ),
        "line of another laptop inside": Target(_lease_inside, (_lease_seed().to_bytes(),)),
    }  # fmt: skip


def vault_target(folder: Path) -> Target:
    """The key file of an enrolled laptop's folder."""
    return Target(_vault(folder), ((folder / "vault" / "vault.dgd").read_bytes(),))


def heard(reads: Reads, raw: bytes) -> object:
    """What a reader answers, or what it raises."""
    try:
        return reads(raw)
    except Exception as error:  # noqa: BLE001 - what is no fault is what is looked for
        return error


def planted() -> Target:
    """The control: a reader that trusts a length."""

    def trusting(raw: bytes) -> object:
        if raw[:1] != b"D":
            raise Malformed(what="planted")
        return raw[4 + raw[3]]

    return Target(trusting, (b"DGD\x04letters",))
