"""A whole session's receipts on paper and back: every code is read by another program and proves its entry."""

import random
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from desktop.press import paper, raster
from desktop.sheets.entries import sheet_for
from desktop.sheets.sheet import Paper, Sheet, on_paper
from desktop.words import Words
from sync import keys
from sync.chain import Sealed, Stub, stub_of, verify_stub
from sync.errors import Fault
from sync.receipt import base45, from_base45, is_training, read_receipt, receipt_text
from sync.records import changed
from sync.session import Session
from tests.bench.morning import written
from tests.bench.point import made_up_terms, office_keys, pack_for
from tests.desktop import printed

RECEIPTS, SPREAD = 1_200, 80
VI = Words("vi")
# A call of zbarimg takes 0.1 s to start, whatever it reads.
PAGES_A_CALL = 20


class Written(NamedTuple):
    """A session of 1,200 entries as the real rules made it, and the key that signed it."""

    session: Session
    entries: list[Sealed]
    device_key: bytes


@cache
def written_session() -> Written:
    chance = random.Random(1200)
    device_seed = chance.randbytes(32)
    seeds = {one: chance.randbytes(32) for one in ("GDV01", "KSV01", "TTR01")}
    terms = made_up_terms(
        chance, staff_keys={one: keys.sign_public(seed) for one, seed in seeds.items()}, people=1_200, loans=1_500
    )
    pack = pack_for(terms, office_keys(chance), device=chance.randbytes(16))
    entries = written(pack, chance, entries=RECEIPTS, device_seed=device_seed, seeds=seeds)
    session = Session(terms)
    for one in entries:
        session.apply(one.entry.body, maker=one.entry.maker)
    return Written(session, entries, keys.sign_public(device_seed))


def sheet(sealed: Sealed) -> Sheet:
    return sheet_for(sealed, written_session().session, letter="A", copy=1, words=VI)


def png(picture: raster.Picture) -> bytes:
    """A grey picture as the smallest file that says it."""
    rows = (picture.grey[at : at + picture.width] for at in range(0, len(picture.grey), picture.width))

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    head = picture.width.to_bytes(4, "big") + picture.height.to_bytes(4, "big") + bytes((8, 0, 0, 0, 0))
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def scanned(files: Sequence[Path]) -> list[str]:
    """What zbarimg reads on these pages, in their order."""
    said = printed.tool("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", *(one.name for one in files), folder=files[0].parent)
    return said.splitlines()


def read_back(sealed: Sequence[Sealed], folder: Path) -> Iterator[str]:
    """Each entry's sheet at the dots of the coarsest printer, and the code that another program reads on it."""
    files = []
    for one in sealed:
        # The code stands on the last page of what is longer than one.
        *_, last = raster.pictures(paper.draw(sheet(one)), dpi=printed.DPI)
        files.append(folder / f"{one.entry.number:06d}.png")
        files[-1].write_bytes(png(last))
    calls = [files[at : at + PAGES_A_CALL] for at in range(0, len(files), PAGES_A_CALL)]
    with ThreadPoolExecutor(2) as both:
        for texts in both.map(scanned, calls):
            yield from texts


def proved(sealed: Sequence[Sealed], folder: Path) -> int:
    """How many sheets gave a code that is this entry's and bears the laptop's signature; each must."""
    found = 0
    for one, text in zip(sealed, read_back(sealed, folder), strict=True):
        stub, signature = read_receipt(text)
        verify_stub(stub, signature, device_key=written_session().device_key)
        assert stub == stub_of(one.entry, one.head)
        found += 1
    return found


@pytest.mark.feature(54)
@pytest.mark.feature(55)
def test_receipts_spread_over_a_session_are_read_off_their_paper_and_verified(tmp_path: Path) -> None:
    entries = written_session().entries
    some = [*entries[:: RECEIPTS // SPREAD][: SPREAD - 1], entries[-1]]
    assert proved(some, tmp_path) == SPREAD


@pytest.mark.long
@pytest.mark.feature(54)
@pytest.mark.feature(55)
def test_every_receipt_of_a_session_of_twelve_hundred_is_read_off_its_paper_and_verified(tmp_path: Path) -> None:
    entries = written_session().entries
    assert len(entries) == RECEIPTS
    assert proved(entries, tmp_path) == RECEIPTS


def test_a_page_without_its_code_and_one_of_another_entry_are_seen(tmp_path: Path) -> None:
    """The control of the harness above."""
    one, other = written_session().entries[5:7]
    (picture,) = raster.pictures(paper.draw(sheet(one)), dpi=printed.DPI)
    blank = raster.Picture(picture.width, picture.height, b"\xff" * len(picture.grey))
    (tmp_path / "blank.png").write_bytes(png(blank))
    with pytest.raises(subprocess.CalledProcessError):
        scanned([tmp_path / "blank.png"])
    (tmp_path / "one.png").write_bytes(png(picture))
    stub, _ = read_receipt(*scanned([tmp_path / "one.png"]))
    assert stub == stub_of(one.entry, one.head) != stub_of(other.entry, other.head)


@pytest.mark.parametrize("medium", ["a6", "roll80", "roll58"])
def test_receipts_on_small_paper_are_read_and_verified_too(medium: Paper, tmp_path: Path) -> None:
    entries = [one for one in written_session().entries if one.entry.body.kind == "visit"][:: RECEIPTS // 8]
    files = []
    for one in entries:
        *_, last = raster.pictures(paper.draw(on_paper(sheet(one), medium)), dpi=printed.DPI)
        files.append(tmp_path / f"{one.entry.number:06d}.png")
        files[-1].write_bytes(png(last))
    for one, text in zip(entries, scanned(files), strict=True):
        stub, signature = read_receipt(text)
        verify_stub(stub, signature, device_key=written_session().device_key)
        assert stub == stub_of(one.entry, one.head)


# One changed digit or letter

TRIES = 10_000
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def accepted(text: str) -> Stub | None:
    """What a checker with the laptop's key believes of a text: a stub, or nothing. Any other exception is a bug."""
    if is_training(text):
        return None
    try:
        stub, signature = read_receipt(text)
        verify_stub(stub, signature, device_key=written_session().device_key)
    except Fault:
        return None
    return stub


def one_digit_off(amount: int, chance: random.Random) -> int:
    """The same sum with one digit typed otherwise, as somebody would who wants it larger."""
    digits = list(str(abs(amount)))
    place = chance.randrange(len(digits))
    digits[place] = chance.choice([one for one in "0123456789" if one != digits[place]])
    return int("".join(digits)) * (1 if amount >= 0 else -1)


def tampered(kind: str, sealed: Sealed, chance: random.Random) -> str:
    stub = stub_of(sealed.entry, sealed.head)
    text = receipt_text(stub, sealed.signature)
    match kind:
        case "text":
            at = chance.randrange(len(text))
            return text[:at] + chance.choice([one for one in LETTERS if one != text[at]]) + text[at + 1 :]
        case "amount":
            return receipt_text(changed(stub, amount=one_digit_off(stub.amount, chance)), sealed.signature)
        case "signature":
            at = chance.randrange(64)
            other = sealed.signature[at] ^ chance.randrange(1, 256)
            return receipt_text(stub, sealed.signature[:at] + bytes([other]) + sealed.signature[at + 1 :])
        case _:
            raw = bytearray(from_base45(text[5:]))
            raw[chance.randrange(len(raw) - 64)] ^= 1 << chance.randrange(8)
            return "DGD1:" + base45(bytes(raw))


@pytest.mark.feature(54)
@pytest.mark.feature(55)
@pytest.mark.parametrize(("kind", "tries"), [("text", TRIES), ("amount", TRIES), ("signature", TRIES), ("bit", TRIES // 5)])
def test_ten_thousand_receipts_with_one_thing_changed_are_all_refused(kind: str, tries: int) -> None:
    chance = random.Random(f"{kind} 10000")
    entries = written_session().entries
    believed = [text for _ in range(tries) if accepted(text := tampered(kind, chance.choice(entries), chance)) is not None]
    assert believed == []


def test_the_same_receipts_unchanged_are_all_believed() -> None:
    """The control: what refuses everything would refuse every change too."""
    for one in written_session().entries:
        stub = stub_of(one.entry, one.head)
        assert accepted(receipt_text(stub, one.signature)) == stub
