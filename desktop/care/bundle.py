"""What somebody far away needs to help with a laptop: structure and counts, and nothing about anybody.

A zip file with `README.txt`, which says what is in it, and `report.json`. Whatever goes in is named here, field by
field: no text that a person typed, no name, no money, no code of a person, account, group or slip, no key. Names of
settings are cut at their stroke, for what follows it may be somebody's.
"""

import contextlib
import io
import json
import os
import platform
import shutil
import statistics
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop import shelf, store
from desktop.care import backups, fault_tally, pruning, soundness, vault_copies
from desktop.store import Book
from desktop.vault import Unlocked, Vault
from sync.chain import Moment
from sync.errors import Fault
from sync.terms import Parameters

VERSION = 1
_README = """\
Tệp hỗ trợ của chương trình Điểm giao dịch
==========================================
Trong tệp có: phiên bản chương trình và hệ điều hành, dung lượng ổ đĩa, kích thước từng loại tệp, số phiếu
theo từng loại, dấu báo nhận của văn phòng, kết quả kiểm tra sổ, số lần gặp từng mã lỗi, thời gian mở sổ.
Trong tệp KHÔNG có: tên, số tiền, mã khách hàng, mã cán bộ, số tài khoản, số điện thoại, mật khẩu, khóa.
Văn phòng xin thêm qua điện thoại: số phiếu lớn nhất có trên giấy, và câu báo lỗi trên màn hình.

Support file of the program Điểm giao dịch
==========================================
In it: versions of the program and the system, disk space, sizes of files by kind, vouchers counted by kind,
the office's marks, the result of a check of each book, how often each fault was said, how long books take to open.
NOT in it: names, money, codes of customers or staff, accounts, telephone numbers, passphrases, keys.
What the office asks for besides: the highest number on paper, and the sentence on the screen.
"""
FLUSHES = 9


def make(home: Path, unlocked: Unlocked, *, vault: Vault, now: Moment, ticks: Callable[[], float]) -> bytes:
    """The file; `ticks` is a clock that only runs, in seconds. Raises `BookInUse`."""
    report = {
        "bundle": VERSION,
        "made_s": now.wall_s,
        "system": _system(home),
        "files": _files(home),
        "vault": _vault(home, unlocked, vault),
        "books": [_book(home, unlocked, book, ticks) for book in shelf.books(home)],
        "erased": len(list((home / "books").glob("*.pruned"))),
        "aside": len([path for path in (home / "aside").glob("*") if path.is_file()]),
        "faults": fault_tally.told(home),
        "flush_ms": _flushes(home, ticks),
        "retention_days": pruning.RETENTION_DAYS,
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        # Without a date: when it was made stands in it once.
        packed.writestr(zipfile.ZipInfo("README.txt"), _README)
        packed.writestr(zipfile.ZipInfo("report.json"), json.dumps(report, indent=1, sort_keys=True))
    return made.getvalue()


def _system(home: Path) -> dict[str, Any]:
    disk = shutil.disk_usage(home)
    return {
        "system": platform.system(), "release": platform.release(), "machine": platform.machine(),
        "cores": os.cpu_count() or 0, "python": platform.python_version(), "frozen": bool(getattr(sys, "frozen", False)),
        "sqlite": store.sqlite_version(), "disk_bytes": disk.total, "disk_free_bytes": disk.free,
    }  # fmt: skip


def _files(home: Path) -> dict[str, dict[str, int]]:
    """How many files of each folder of ours there are and how large; by their endings, for a name may be anybody's."""
    found: dict[str, dict[str, int]] = {}
    for folder in ("books", "vault", "backups", "aside", "training"):
        counts, sizes = Counter[str](), Counter[str]()
        for path in (home / folder).rglob("*"):
            with contextlib.suppress(OSError):
                if path.is_file():
                    ending = path.suffix if path.suffix in _ENDINGS else "other"
                    counts[ending] += 1
                    sizes[ending] += path.stat().st_size
        found[folder] = {f"{ending} {what}": many[ending] for ending in counts for what, many in (("files", counts), ("bytes", sizes))}
    return found


_ENDINGS = (".db", ".db-wal", ".db-shm", ".dgd", ".prev", ".new", ".aside", ".pruned")


def _vault(home: Path, unlocked: Unlocked, vault: Vault) -> dict[str, Any]:
    return {
        "people": len(vault.accounts), "can_sign": unlocked.can_sign, "copies": len(vault_copies.copies(home)),
        "settings": dict(Counter(name.partition("/")[0] for name in unlocked.settings())),
    }  # fmt: skip


def _book(home: Path, unlocked: Unlocked, book: bytes, ticks: Callable[[], float]) -> dict[str, Any]:
    """What one book comes to, as far as it can be read."""
    path = store.path_of(home, book)
    log = Path(f"{path}-wal")
    said: dict[str, Any] = {
        "book": book.hex()[:8],
        "bytes": path.stat().st_size,
        "log_bytes": log.stat().st_size if log.exists() else 0,
        "copies": [{"serial": one.serial, "entries": one.entries} for one in backups.copies(home, book)],
    }
    begun = ticks()
    try:
        opened = Book.look(home, unlocked.book_key(book), book=book)
    except Fault as fault:
        if isinstance(fault, store.BookInUse):
            raise
        return said | {"fault": fault.code}
    try:
        said["open_ms"] = round((ticks() - begun) * 1000)
        begun = ticks()
        found = soundness.checked(opened, unlocked)
        said["check_ms"] = round((ticks() - begun) * 1000)
        said["check"] = {
            "kind": found.kind, "fault": found.reason.partition(":")[0], "entries": found.entries, "damaged_at": found.damaged_at,
        }  # fmt: skip
        with contextlib.suppress(Fault):
            said |= _contents(opened)
    finally:
        with contextlib.suppress(Fault):
            opened.close()
    return said


def _contents(book: Book) -> dict[str, Any]:
    """Counts of what stands in an open book."""
    terms, marks, kinds = book.pack.terms, book.marks(), Counter[str]()
    for sealed in book.sealed():
        kinds[sealed.entry.body.kind] += 1
    usual = Parameters()
    return {
        "kinds": dict(kinds),
        "marks": {
            "received": marks.received, "safe": marks.safe, "ack_no": marks.ack_no, "office_s": marks.office_s,
            "differences": marks.differences, "status": marks.status,
        },
        "unprinted": len(book.unprinted()), "begun": len(book.begun()), "drafts": len(book.drafts()),
        "set_back": book.set_back() is not None, "issue": book.pack.issue, "version": book.pack.version,
        "session_date": terms.session_date.isoformat(),
        "people": len(terms.customers), "groups": len(terms.groups), "loans": len(terms.loans), "deposits": len(terms.deposits),
        "parameters_changed": sorted(
            name for name in usual.__struct_fields__ if getattr(usual, name) != getattr(terms.parameters, name)
        ),
    }  # fmt: skip


def _flushes(home: Path, ticks: Callable[[], float]) -> float:
    """What one flush of the disk takes: the middle of a few, in milliseconds; -1 where the disk takes nothing."""
    path, took = home / "flush.new", []
    try:
        with path.open("wb") as file:
            for _ in range(FLUSHES):
                file.write(bytes(4096))
                file.flush()
                begun = ticks()
                os.fsync(file.fileno())
                took.append((ticks() - begun) * 1000)
    except OSError:
        return -1
    finally:
        path.unlink(missing_ok=True)
    return round(statistics.median(took), 2)
