"""Bulletins: new policies the office writes once, and every pack made from then on carries to its point.

A bulletin has a number, the day it was issued, a title and paragraphs. It is for all points or for some, until a
day or until it is withdrawn. What was given out is never edited: a wrong one is withdrawn and written anew, and a
number is given once.
"""

import datetime
import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session as Database
from sqlmodel import col, func, select

from sync.errors import Refusal
from sync.office import register
from sync.office.home import Office
from sync.office.register import PointUnknown
from sync.office.store import BulletinRow
from sync.records import TEXT_LETTERS_MAX, from_bytes
from sync.terms import Bulletin

# A title stands on two lines of a board at most.
TITLE_LETTERS_MAX: Final = 150
# Two pages of A4: what people standing before a board still read.
LETTERS_MAX: Final = 6_000
# As many as one board holds; each is carried in every pack of its points.
IN_FORCE_MAX: Final = 12
# The bytes a text of that length can have in a file, with room for its marks.
FILE_BYTES_MAX: Final = 64 * 1024

_NUMBER = re.compile(r"[^\s,]{1,40}")
# A line that begins so is a paragraph of its own, also where no blank line stands before it.
_ITEM = re.compile(r"(?:[-+*•–]|\d{1,2}[.)]|[a-zđ]\))\s")
_HEADING = re.compile(r"#{1,6}\s+")
_STARS = re.compile(r"(\*\*|__)(.+?)\1")
_SENTENCE_END = re.compile(r"(?<=[.;:!?…])\s")


class BulletinUntitled(Refusal):
    code = "bulletin.untitled"
    vi = "Thông báo chưa có tiêu đề. Ghi tiêu đề rồi phát lại."
    en = "The bulletin has no title. Write one, then issue it again."


class BulletinEmpty(Refusal):
    code = "bulletin.empty"
    vi = "Thông báo chưa có nội dung. Ghi nội dung rồi phát lại."
    en = "The bulletin says nothing. Write its text, then issue it again."


class BulletinTitleTooLong(Refusal):
    code = "bulletin.title-too-long"
    vi = "Tiêu đề thông báo dài {letters} ký tự, nhiều nhất là {most}. Rút gọn tiêu đề."
    en = "The bulletin's title has {letters} letters and may have {most}. Shorten it."


class BulletinTooLong(Refusal):
    code = "bulletin.too-long"
    vi = "Nội dung thông báo dài {letters} ký tự, nhiều nhất là {most}. Rút gọn, hoặc tách thành hai thông báo."
    en = "The bulletin's text has {letters} letters and may have {most}. Shorten it, or make two of it."


class BulletinWordTooLong(Refusal):
    """Letters without a blank, which no line takes and no paragraph can be cut in."""

    code = "bulletin.word-too-long"
    vi = "Thông báo có một đoạn {letters} ký tự liền nhau không có dấu cách, nhiều nhất là {most}. Sửa đoạn đó."
    en = "The bulletin has {letters} letters in a row without a blank, and may have {most}. Correct that place."


class BulletinUnreadable(Refusal):
    """A file that is no text, or a text with letters nobody can print."""

    code = "bulletin.unreadable"
    vi = "Không đọc được nội dung thông báo: tệp phải là văn bản UTF-8, không có ký tự điều khiển. Lưu lại dạng UTF-8 rồi phát lại."
    en = "The bulletin cannot be read: it must be text in UTF-8 without control characters. Save it as UTF-8, then issue it again."


class BulletinNumberBad(Refusal):
    code = "bulletin.number-bad"
    vi = "Số thông báo “{number}” không hợp lệ: nhiều nhất 40 ký tự, không có dấu cách và dấu phẩy."
    en = "“{number}” is no number of a bulletin: at most 40 characters, no blanks and no commas."


class BulletinNumberTaken(Refusal):
    code = "bulletin.number-taken"
    vi = "Đã có thông báo số {number}. Mỗi số chỉ dùng một lần: chọn số khác, hoặc thu hồi thông báo cũ rồi phát số mới."
    en = "There is a bulletin {number}. A number is used once: choose another, or withdraw the old one and issue a new number."


class BulletinUnknown(Refusal):
    code = "bulletin.unknown"
    vi = "Không có thông báo số {number}. Xem các số đang có trong danh sách thông báo."
    en = "There is no bulletin {number}. The list of bulletins has the numbers there are."


class BulletinOver(Refusal):
    """Its last day is before the day it is issued, or has passed."""

    code = "bulletin.over"
    vi = "Ngày hết hạn {until} đã qua hoặc trước ngày ban hành {issued}. Sửa lại ngày."
    en = "The last day {until} has passed or is before the day of issue {issued}. Correct the day."


class TooManyBulletins(Refusal):
    code = "bulletin.too-many"
    vi = "Điểm {point} đang có {most} thông báo còn hiệu lực, là nhiều nhất. Thu hồi một thông báo cũ trước."
    en = "Point {point} has {most} bulletins in force, as many as it may. Withdraw an old one first."


class Listed(NamedTuple):
    """A bulletin in the office's list; `points` empty: for all."""

    bulletin: Bulletin
    points: tuple[str, ...]
    until: datetime.date | None
    written_s: int
    written_by: str
    withdrawn_s: int | None
    withdrawn_by: str
    in_force: bool


def write(
    office: Office,
    *,
    title: str,
    text: str,
    points: Sequence[str],
    until: datetime.date | None,
    number: str,
    issued_on: datetime.date | None,
    who: str,
) -> Bulletin:
    """Issue a bulletin; `number` empty: the next of its year, `issued_on` None: today, `points` empty: all of them.

    Raises `BulletinUntitled`, `BulletinTitleTooLong`, what `paragraphs` raises, `BulletinNumberBad`,
    `BulletinNumberTaken`, `BulletinOver`, `TooManyBulletins`, `NoExport`, `PointUnknown`.
    """
    day = issued_on or office.today()
    if until is not None and until < max(day, office.today()):
        raise BulletinOver(until=f"{until:%d/%m/%Y}", issued=f"{day:%d/%m/%Y}")
    heading, said = _title(title), paragraphs(text)
    wanted = tuple(dict.fromkeys(points))
    try:
        with office.store.writing() as db:
            _asked_for(db, wanted, today=office.today())
            place = int(db.exec(select(func.max(BulletinRow.place))).one() or 0) + 1
            made = Bulletin(
                bulletin_no=_number(db, number, day), issued_on=day, title=heading, paragraphs=said
            )
            row = BulletinRow(
                bulletin_no=made.bulletin_no, place=place, issued_on=day, until=until, points=",".join(wanted),
                body=made.to_bytes(), written_s=office.now_s(), written_by=who, withdrawn_by="",
            )  # fmt: skip
            db.add(row)
            db.flush()
    except IntegrityError as error:
        # Two officers at once on PostgreSQL: the second is told, and tries again.
        raise BulletinNumberTaken(number=number or str(place)) from error
    return made


def _title(title: str) -> str:
    said = " ".join(_clean(title).split())
    if not said:
        raise BulletinUntitled
    if len(said) > TITLE_LETTERS_MAX:
        raise BulletinTitleTooLong(letters=len(said), most=TITLE_LETTERS_MAX)
    return said


def _number(db: Database, number: str, day: datetime.date) -> str:
    """The number that was asked for, or the next of the year: `03/2024`."""
    if number := _clean(number).strip():
        if not _NUMBER.fullmatch(number):
            raise BulletinNumberBad(number=number[:40])
        if db.get(BulletinRow, number):
            raise BulletinNumberTaken(number=number)
        return number
    taken = set(db.exec(select(BulletinRow.bulletin_no)))
    return next(free for place in range(1, len(taken) + 2) if (free := f"{place:02d}/{day.year}") not in taken)


def _asked_for(db: Database, points: tuple[str, ...], *, today: datetime.date) -> None:
    """Points the export has, each with room for one more."""
    known = [one.point_code for one in register.points(db)]
    if not known:
        raise register.NoExport
    for point in points:
        if point not in known:
            raise PointUnknown(point=point)
    for point in points or known:
        if len(in_force(db, point_code=point, day=today)) >= IN_FORCE_MAX:
            raise TooManyBulletins(point=point, most=IN_FORCE_MAX)


def withdraw(office: Office, *, number: str, who: str) -> bool:
    """No pack made from now on carries it; False where it was withdrawn already. Raises `BulletinUnknown`."""
    with office.store.writing() as db:
        row = db.get(BulletinRow, number.strip(), with_for_update=True)
        if row is None:
            raise BulletinUnknown(number=number.strip()[:40])
        if row.withdrawn_s is not None:
            return False
        row.withdrawn_s, row.withdrawn_by = office.now_s(), who
        db.add(row)
        return True


def in_force(db: Database, *, point_code: str, day: datetime.date) -> tuple[Bulletin, ...]:
    """What a pack for a point and a day carries, the newest first."""
    wanted = select(BulletinRow).where(
        col(BulletinRow.withdrawn_s).is_(None), col(BulletinRow.until).is_(None) | (col(BulletinRow.until) >= day)
    )
    rows = db.exec(wanted.order_by(col(BulletinRow.issued_on).desc(), col(BulletinRow.place).desc()))
    return tuple(from_bytes(Bulletin, one.body) for one in rows if not one.points or point_code in one.points.split(","))


def listed(office: Office) -> tuple[Listed, ...]:
    """Every bulletin there ever was, the newest first."""
    today = office.today()
    with office.store.reading() as db:
        rows = db.exec(select(BulletinRow).order_by(col(BulletinRow.issued_on).desc(), col(BulletinRow.place).desc()))
        return tuple(
            Listed(
                bulletin=from_bytes(Bulletin, one.body),
                points=tuple(part for part in one.points.split(",") if part),
                until=one.until,
                written_s=one.written_s,
                written_by=one.written_by,
                withdrawn_s=one.withdrawn_s,
                withdrawn_by=one.withdrawn_by,
                in_force=one.withdrawn_s is None and (one.until is None or one.until >= today),
            )
            for one in rows
        )


# A text as people write it, and the paragraphs a pack carries


def text_of(raw: bytes) -> str:
    """The text of a file. Raises `BulletinUnreadable`, `BulletinTooLong`."""
    if len(raw) > FILE_BYTES_MAX:
        raise BulletinTooLong(letters=len(raw), most=LETTERS_MAX)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BulletinUnreadable from error


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, none longer than a record takes: a longer one goes on in the next, cut after a sentence.

    A blank line ends a paragraph, and so does an item of a list; in a text without a blank line every line is one,
    as word processors save it. Of Markdown the marks of headings and bold letters are left out. Raises
    `BulletinEmpty`, `BulletinTooLong`, `BulletinWordTooLong`, `BulletinUnreadable`.
    """
    said = _clean(text)
    blocks = _blocks([line.strip() for line in said.strip().split("\n")])
    found = [_STARS.sub(r"\2", _HEADING.sub("", " ".join(block.split()), count=1)) for block in blocks]
    letters = sum(map(len, found))
    if not letters:
        raise BulletinEmpty
    if letters > LETTERS_MAX:
        raise BulletinTooLong(letters=letters, most=LETTERS_MAX)
    return tuple(piece for one in found if one for piece in _pieces(one))


def _blocks(lines: list[str]) -> list[str]:
    one_a_line = "" not in lines
    blocks = [""]
    for line in lines:
        if not line or one_a_line or _ITEM.match(line) or _HEADING.match(line):
            blocks.append(line)
        else:
            blocks[-1] = f"{blocks[-1]} {line}"
    return blocks


def _pieces(paragraph: str) -> list[str]:
    """A paragraph in pieces that a record takes, each as many whole sentences as go in, or words where one does not."""
    pieces = [""]
    for sentence in _SENTENCE_END.split(paragraph):
        parts = [sentence] if len(sentence) <= TEXT_LETTERS_MAX else sentence.split(" ")
        for part in parts:
            if len(part) > TEXT_LETTERS_MAX:
                raise BulletinWordTooLong(letters=len(part), most=TEXT_LETTERS_MAX)
            longer = f"{pieces[-1]} {part}".strip()
            if len(longer) <= TEXT_LETTERS_MAX:
                pieces[-1] = longer
            else:
                pieces.append(part)
    return pieces


def _clean(text: str) -> str:
    """Whole letters, plain blanks, one kind of line end; what can be neither seen nor printed is refused."""
    said = []
    for letter in unicodedata.normalize("NFC", text).replace("\r\n", "\n"):
        if letter in "\n\r\v\f\x85\u2028\u2029":
            said.append("\n")
        elif letter == "\t" or unicodedata.category(letter) == "Zs":
            said.append(" ")
        elif letter.isprintable():
            said.append(letter)
        # Marks that only steer how a line is broken are let go.
        elif unicodedata.category(letter) != "Cf":
            raise BulletinUnreadable
    return "".join(said)
