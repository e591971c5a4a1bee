"""What keeps the books of a laptop: looking at them, copying them, putting them back, and letting go of what is over."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from desktop.commands.terminal import Verbs, clock, courier_of, desk_of, read_file, say, ticks, unlocked_by, vault_of
from sync.errors import Fault, Refusal

if TYPE_CHECKING:
    from desktop.care.repair import Repaired
    from desktop.vault import Unlocked


class BookUnclear(Refusal):
    """More than one book could be meant."""

    code = "command.book-unclear"
    vi = "Máy có nhiều sổ; thêm --book với mã sổ (lệnh check cho biết mã)."
    en = "This laptop has several books; add --book with the id of one (the command check tells it)."


class NothingSaid(Refusal):
    """No copy of the vault opens with what was typed."""

    code = "command.no-vault-copy"
    vi = "Không có bản sao khóa nào mở được bằng cụm mật khẩu này. Giữ nguyên máy và gọi văn phòng."
    en = "No copy of the keys opens with this passphrase. Keep the laptop as it is and call the office."


def add(verb: Verbs) -> None:
    """Its verbs."""
    verb("check", check).add_argument("--json", action="store_true", help="kết quả dạng JSON · the result as JSON")
    verb("backup", backup)
    one = verb("restore", restore)
    one.add_argument("--book", default="", help="mã sổ · the book's id")
    one.add_argument("--from", dest="serial", type=int, default=0, help="bản sao số · the copy's number")
    one.add_argument("--mirror", type=Path, default=None, help="tệp gương trên USB · a mirror from a stick")
    one.add_argument("--seen", type=int, default=0, help="số phiếu lớn nhất có trên giấy · the highest number on paper")
    one.add_argument("--vault", action="store_true", help="khôi phục tệp khóa của máy · the laptop's key files")
    verb("compare", compare).add_argument("--ack", type=Path, default=None, help="giấy báo nhận từ USB · from a stick")
    verb("prune", prune)
    verb("bundle", bundle).add_argument("file", type=Path)


def check(given: argparse.Namespace) -> int:
    """Every book of the laptop, checked from its file to its last rule; what is damaged, what is not, and what to do."""
    import json

    from desktop.care import soundness
    from desktop.words import Words

    sound, told = True, []
    for found in soundness.check(given.home, unlocked_by(given.home, given.user)):
        sound = sound and not found.reason
        if given.json:
            told.append({
                "book": found.book.hex(), "sound": not found.reason, "entries": found.entries, "head": found.head.hex(),
                "cash": found.cash, "damaged_at": found.damaged_at, "kind": found.kind, "reason": found.reason,
            })  # fmt: skip
            continue
        state = f"head {found.head.hex()} sound"
        if found.reason:
            state = f"damaged at {found.damaged_at}: {found.reason}"
        print(f"{found.book.hex()} entries {found.entries} {state}", flush=True)
        if found.reason:
            say(*(soundness.in_words(found, Words(language)) for language in ("vi", "en")))
    if given.json:
        print(json.dumps(told, ensure_ascii=False), flush=True)
    return 0 if sound else 1


def backup(given: argparse.Namespace) -> int:
    """A copy of every book of the laptop, opened again and found whole, and of its keys."""
    from desktop import shelf
    from desktop.care import backups, vault_copies

    unlocked = _unlocked(given)
    for book in shelf.books(given.home):
        made = backups.take_closed(given.home, unlocked, book)
        print(f"{book.hex()} copy {made.serial} entries {made.entries}", flush=True)
    vault_copies.keep(given.home)
    return 0


def restore(given: argparse.Namespace) -> int:
    """Put a damaged book back: from its newest sound copy, from what is left of it, and from a mirror."""
    from desktop.care import repair

    if given.vault:
        return _restore_vault(given)
    unlocked = _unlocked(given)
    made = repair.restore(
        given.home, unlocked, _book(given, unlocked), now_s=clock().wall_s, serial=given.serial,
        brought=read_file(given.mirror) if given.mirror else b"", seen=given.seen,
    )  # fmt: skip
    print(f"{made.book.hex()} entries {made.entries} from copy {made.serial} and {made.more} more", flush=True)
    say(*_restored(made))
    return 0


def _restored(made: "Repaired") -> tuple[str, str]:
    vi = f"Đã đưa sổ về đến phiếu {made.entries:06d}."
    en = f"The book is back up to voucher {made.entries:06d}."
    if made.aside is not None:
        vi, en = f"{vi} Tệp hỏng giữ ở {made.aside}.", f"{en} The damaged file is kept at {made.aside}."
    if made.known > made.entries:
        return (
            f"{vi} Còn thiếu phiếu {made.entries + 1:06d} đến {made.known:06d}: lấy từ gương trên USB (--mirror), hoặc đưa biên lai về văn phòng.",
            f"{en} Vouchers {made.entries + 1:06d} to {made.known:06d} are missing: take them from a mirror on a stick (--mirror), or bring the receipts to the office.",
        )
    return (
        f"{vi} Trước khi làm tiếp, đối chiếu với văn phòng: lệnh compare, hoặc Gửi ngay ở F8.",
        f"{en} Before going on it is held against the office: the command compare, or Send now on F8.",
    )


def _restore_vault(given: argparse.Namespace) -> int:
    """The newest copy of the key files that the typed passphrase opens."""
    import secrets

    from desktop.care import repair, vault_copies
    from desktop.commands.terminal import ask
    from desktop.keystore import system_keystore
    from desktop.vault import Vault

    passphrase = ask("Cụm mật khẩu · Passphrase")
    for copy in reversed(vault_copies.copies(given.home)):
        try:
            vault = Vault(copy, draw=secrets.token_bytes, keystore=system_keystore())
        except Fault:
            continue
        for one in vault.accounts:
            if given.user not in ("", one.staff_id):
                continue
            try:
                vault.unlock(one.staff_id, passphrase=passphrase, now_s=clock().wall_s)
            except Fault:
                continue
            aside = repair.restore_vault(given.home, copy)
            (copy / "vault" / "tries.dgd").unlink(missing_ok=True)
            say(f"Đã đưa tệp khóa về từ bản sao {copy.name}; tệp trước đó giữ ở {aside}.",
                f"The key files are back from copy {copy.name}; those before are kept at {aside}.")  # fmt: skip
            return 0
        (copy / "vault" / "tries.dgd").unlink(missing_ok=True)
    raise NothingSaid


def compare(given: argparse.Namespace) -> int:
    """Hold a book that was put back against the office's newest acknowledgement, by the line or from a stick."""
    from desktop import shelf
    from desktop.road.courier import OfficeRefused

    unlocked = _unlocked(given)
    with closing(desk_of(given.home, unlocked, shelf.newest(given.home, unlocked))) as desk:
        try:
            if given.ack:
                raw = read_file(given.ack)
            else:
                with closing(courier_of(given.home, given.office)) as courier:
                    raw = courier.fetch_ack(desk.book.book)
        except OfficeRefused as refused:
            if refused.facts["error"] != "intake.book-unknown":
                raise
            desk.office_has_none()
        else:
            desk.take_ack(raw)
        entries = desk.standing().entries
    say(f"Sổ khớp với văn phòng; làm tiếp từ phiếu {entries + 1:06d}.",
        f"The book agrees with the office; go on with voucher {entries + 1:06d}.")  # fmt: skip
    return 0


def prune(given: argparse.Namespace) -> int:
    """Erase the books that are over: closed, safe at the office, and past their time by the office's clock."""
    from desktop.care import pruning

    for one in pruning.prune(given.home, _unlocked(given)):
        print(f"{one.book.hex()} {one.session_date.isoformat()} entries {one.entries} erased", flush=True)
    return 0


def bundle(given: argparse.Namespace) -> int:
    """What somebody far away needs to help: counts, marks and faults of this laptop in one file, and nobody's name."""
    from desktop import files
    from desktop.care import bundle as bundles

    unlocked = _unlocked(given)
    files.keep(given.file, bundles.make(given.home, unlocked, vault=vault_of(given.home), now=clock(), ticks=ticks))
    say(f"Đã ghi {given.file}: chỉ có số đếm và mã lỗi, không có tên, số tiền hay mã của ai. Xem README trong tệp.",
        f"Written to {given.file}: counts and codes of faults, nobody's name, money or code. See the README in it.")  # fmt: skip
    return 0


def _unlocked(given: argparse.Namespace) -> "Unlocked":
    return unlocked_by(given.home, given.user)


def _book(given: argparse.Namespace, unlocked: "Unlocked") -> bytes:
    """The book that is meant: named, or the only one that is not sound. Raises `BookUnclear`."""
    from desktop import shelf
    from desktop.care import backups, soundness

    every = sorted({*shelf.books(given.home), *backups.books(given.home)})
    if given.book:
        found = [book for book in every if book.hex().startswith(given.book.lower())]
    else:
        found = [one.book for one in soundness.check(given.home, unlocked) if one.reason] or every
    if len(found) != 1:
        raise BookUnclear
    return found[0]
