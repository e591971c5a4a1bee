"""The verbs that settle and rebuild, on a real office's folder."""

from pathlib import Path

from typer.testing import CliRunner

from sync import mirror
from sync.money import figures
from sync.office import cases
from sync.office.__main__ import app
from tests.office.conftest import Desk
from tests.office.laptop import Laptop
from tests.office.test_cases import wrong
from tests.office.test_continued import begun, pair, receive
from tests.office.test_decisions import WHY, booked, cloned, head8, raws
from tests.office.test_rebuilding import code, lost, mirrored


def run(desk: Desk, *words: object, ok: bool = True) -> str:
    done = CliRunner().invoke(app, [*map(str, words), "--home", str(desk.folder)])
    assert (done.exit_code == 0) is ok, done.output
    return done.output


def test_two_histories_are_listed_and_one_is_decided_for_good(desk: Desk) -> None:
    laptop, clone = cloned(desk)
    listed = run(desk, "cases", "list")
    assert head8(laptop, 3) in listed
    assert head8(clone, 3) in listed
    book = laptop.pack.book.hex()
    words = ("decide", book, "--number", 3, "--reason", WHY, "--by", "Trưởng phòng")
    run(desk, *words, ok=False)
    run(desk, *words, "--keep", "FFFFFFFF", ok=False)
    assert booked(desk, laptop) == raws(laptop)
    said = run(desk, *words, "--set-aside", head8(laptop, 3))
    assert "50.000 đ" in said
    assert "nothing changed" in run(desk, *words, "--keep", head8(clone, 3))
    assert booked(desk, clone) == raws(clone)
    waiting = run(desk, "cases", "list")
    assert "set-aside" in waiting
    named = waiting.split(" | ")[0].splitlines()[-1]
    assert "NOTE" not in run(desk, "cases", "settle", named, "--note", "ngắn", ok=False)
    run(desk, "cases", "settle", named, "--note", "đã lập lại ở phiên bù", "--by", "Kế toán")
    assert "Không có việc nào" in run(desk, "cases", "list")
    assert "Kế toán: đã lập lại ở phiên bù" in run(desk, "cases", "list", "--all")


def test_a_difference_is_settled_by_its_number(desk: Desk) -> None:
    book = wrong(desk).hex()
    run(desk, "cases", "difference", book, "--number", 2, "--note", "đã xem hợp đồng", ok=False)
    run(desk, "cases", "difference", book, "--number", 3, "--note", "đã xem hợp đồng", "--sound")
    run(desk, "cases", "difference", book, "--number", 3, "--note", "đã xem hợp đồng", "--sound", ok=False)


def test_a_mirror_is_received_as_a_file(desk: Desk, tmp_path: Path) -> None:
    first, _ = pair(desk)
    begun(first)
    (tmp_path / "usb.dgm").write_bytes(mirrored(desk, first))
    assert "đã nhận đến số 4" in run(desk, "receive", tmp_path / "usb.dgm")
    assert first.believes((tmp_path / "usb.ack").read_bytes()).received == 4
    raw = bytearray(mirrored(desk, first))
    raw[len(raw) // 2] ^= 1
    (tmp_path / "bent.dgm").write_bytes(bytes(raw))
    run(desk, "receive", tmp_path / "bent.dgm", ok=False)


def test_a_lost_book_is_rebuilt_into_a_file_and_what_is_missing_is_said_by_number(desk: Desk, tmp_path: Path) -> None:
    first, spare = lost(desk)
    brought = (71, 75, 100)
    (tmp_path / "codes.txt").write_text("\n".join(code(first, one) for one in brought) + "\n\nkhông phải mã\n", "utf-8")
    book = first.pack.book.hex()
    words = ("rebuild", book, "--receipts", tmp_path / "codes.txt", "--out", tmp_path / "anew.dgm")
    said = run(desk, *words)
    rows = [one for one in said.splitlines() if one.startswith("TXN")]
    assert [int(one.split(" | ")[0][-6:]) for one in rows] == list(range(71, 101))
    assert [int(one.split(" | ")[0][-6:]) for one in rows if "no receipt" not in one] == list(brought)
    stretch = sum(one.entry.body.cash for one in first.entries[71:74])
    assert f"Số 72-74: thu {figures(stretch)} đ, chi 0 đ" in said
    assert "? không phải mã" in said
    assert opens(spare, (tmp_path / "anew.dgm").read_bytes(), first)
    (tmp_path / "usb").mkdir()
    run(desk, *words[:-1], tmp_path / "usb")
    (name,) = [one.name for one in (tmp_path / "usb" / "DGD" / "mirror").iterdir()]
    assert name.startswith(f"mirror-{first.device[:8].hex()}-{book}-")
    assert opens(spare, (tmp_path / "usb" / "DGD" / "mirror" / name).read_bytes(), first)
    assert [one.kind for one in cases.listed(desk.office)] == ["rebuilt"]
    said = run(desk, *words, "--closing", code(first, 100))
    assert "No closing sheet" not in said
    assert run(desk, "rebuild", "00" * 16, "--out", tmp_path / "none.dgm", ok=False)
    assert not (tmp_path / "none.dgm").exists()
    assert receive(desk, first.batch(71)).received == 100


def opens(spare: Laptop, raw: bytes, first: Laptop) -> bool:
    teller = first.one("teller")
    key = mirror.person_key(mirror.read_header(raw), device=spare.device, staff_id=teller, secret=spare.staff[teller])
    copy = mirror.read(raw, key=key, office=spare.ticket.office)
    return [one.raw for one in copy.entries] == raws(first, 70)
