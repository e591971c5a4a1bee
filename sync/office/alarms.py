"""What an officer is told at once: one alarm for one thing, however often it is noticed."""

from typing import Final

from sqlmodel import Session as Database

from sync import keys
from sync.office.home import Office
from sync.office.store import Alarm

# What an alarm says to the officer, by its kind.
SENTENCES: Final = {
    "fork": (
        "Sổ có hai nhánh khác nhau từ số {number}. Cả hai được giữ, sổ đã đóng băng. Gọi tổ giao dịch, giữ nguyên máy; văn phòng quyết định ở trang Việc cần giải quyết.",
        "The book has two histories from {number}. Both are kept and the book is frozen. Call the team; keep the laptop as it is; the office decides under Cases.",
    ),
    "taken-over": (
        "Máy khác đã tiếp nối phiên trước số {number}, mà máy cũ vẫn ghi từ số {number}. Cả hai được giữ; sổ tính theo máy tiếp nối. Ngừng dùng máy cũ, xem trang Việc cần giải quyết.",
        "Another laptop went on before {number}, and the first one wrote {number} too. Both are kept; the laptop that went on counts. Stop using the first laptop; see Cases.",
    ),
    "revoked": (
        "Máy đã thu hồi vẫn gửi bút toán (đến số {number}). Giữ riêng, không ghi sổ. Xác minh máy đang ở đâu.",
        "A revoked laptop sent entries (up to {number}). Set aside, not booked. Find out where the laptop is.",
    ),
    "carried": (
        "Bút toán của máy đã thu hồi (đến số {number}) do máy khác của tổ đem về và đã ghi sổ. Đối chiếu với biên lai và phiếu tiếp nối.",
        "Entries of a revoked laptop (up to {number}) were carried in by another laptop of the team and booked. Hold them against receipts and the resumption.",
    ),
    "missing": (
        "Thiếu bút toán đến số {number}: máy đã gửi những số sau đó. Chờ máy gửi lại; nếu máy hỏng, dựng lại sổ bằng lệnh rebuild.",
        "Entries up to {number} are missing: the laptop sent later ones. Wait for it to send again; if it is broken, rebuild the book (rebuild).",
    ),
    "superseded": (
        "Sổ được ghi theo gói đã bị thay thế (số {number}). Kiểm tra phiên này không bị ghi hai lần.",
        "The book was written under a superseded pack ({number}). Check that the session is not booked twice.",
    ),
    "backup": (
        "Không ghi được bản sao lưu của sổ (đến số {number}). Dữ liệu đã nhận nhưng chưa an toàn: kiểm tra ổ sao lưu, rồi chạy lệnh backup.",
        "The backup of the book (up to {number}) cannot be written. Received, but not safe: check the disk, then run backup.",
    ),
    "closed": (
        "Có bút toán số {number} sau khi khóa sổ. Đối chiếu với tổ giao dịch.",
        "Entry {number} came after the close. Reconcile it with the team.",
    ),
}


def raise_alarm(office: Office, db: Database, *, kind: str, device: bytes, book: bytes, number: int) -> None:
    """One alarm for one thing."""
    alarm = keys.digest("alarm/1", f"{kind}/{number}/".encode(), device, book)[:16]
    if db.get(Alarm, alarm) is None:
        vi, en = (text.format(number=number) for text in SENTENCES[kind])
        db.add(Alarm(alarm=alarm, kind=kind, device=device, book=book, number=number, vi=vi, en=en,
                     raised_s=office.now_s()))  # fmt: skip
