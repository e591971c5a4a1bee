"""What can be wrong with a book's file, or with what is asked of it; `desktop.store` raises these."""

from sync.errors import Damage, Refusal, Unavailable


class BookInUse(Unavailable):
    code = "book.in-use"
    vi = "Sổ đang được một chương trình khác mở. Đóng cửa sổ kia lại rồi thử lại."
    en = "Another program has the book open. Close the other window, then try again."


class DiskFull(Unavailable):
    code = "book.disk-full"
    vi = "Ổ đĩa đã đầy nên phiếu chưa được ghi. Xóa bớt tệp khác (không phải tệp của chương trình) rồi ghi lại."
    en = "The disk is full, so nothing was posted. Free some space (not this program's files), then post again."


class DiskFailing(Damage):
    code = "book.disk-failing"
    vi = "Ổ đĩa báo lỗi khi ghi sổ. Dừng lại, đóng chương trình và mở lại để kiểm tra; không ghi thêm trên lần mở này."
    en = "The disk reported an error while writing the book. Stop, close the program and open it again to check the book."


class BookNotOpened(Damage):
    code = "book.not-opened"
    vi = "Sổ {book} không mở được: sai khóa hoặc tệp hỏng. Giữ nguyên tệp, không tạo lại; gọi văn phòng."
    en = "Book {book} does not open: wrong key or damaged file. Keep the file, make no new one; call the office."


class BookExists(Refusal):
    code = "book.exists"
    vi = "Sổ của phiên này đã có trên máy. Mở sổ đó; không tạo lại."
    en = "This session's book is on the laptop already. Open it; it is not made again."


class BookNewer(Refusal):
    code = "book.newer"
    vi = "Sổ {book} do bản chương trình mới hơn lập, bản này không đọc được. Mở bằng bản mới; sổ vẫn nguyên."
    en = "Book {book} was made by a newer version of the program, which this one cannot read. Open it with that one; the book is as it was."


class BookAltered(Damage):
    code = "book.altered"
    vi = "Sổ {book} không còn như lúc ghi: {reason}. Giữ nguyên máy và gọi văn phòng."
    en = "Book {book} is no longer as it was written: {reason}. Keep the laptop as it is and call the office."


class NothingToPrint(Refusal):
    """Paper is made of what is in the book, and of nothing else."""

    code = "book.nothing-to-print"
    vi = "Sổ không có phiếu số {number} nên không in. Xem lại số phiếu trong Nhật ký."
    en = "The book has no voucher {number}, so nothing is printed. Look the number up in the journal."


class PaperThere(Refusal):
    """An original is printed once; whatever comes after it is marked as a copy."""

    code = "book.paper-there"
    vi = "Phiếu số {number} đã in hoặc có thể đã in, nên không in thêm bản gốc. In lại sẽ ghi “BẢN SAO”."
    en = "Voucher {number} was printed, or may have been, so no second original is made. A reprint says COPY."
