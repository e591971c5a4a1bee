"""Laptops: invited by a ticket, enrolled by their answer, known by their keys, revoked when lost."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from sync import keys, pack
from sync.directory import VERSION, Directory, Listed, sign_directory
from sync.errors import Refusal
from sync.office import register
from sync.office.home import Office
from sync.office.store import Device, DeviceUser


class LetterTaken(Refusal):
    """A letter that a laptop in use has."""

    code = "device.letter-taken"
    vi = "Chữ {letter} đang dùng cho một máy đã đăng ký. Chọn chữ khác, hoặc thu hồi máy cũ bằng lệnh revoke."
    en = "The letter {letter} belongs to an enrolled laptop. Choose another, or revoke the old laptop first."


class LetterUnclear(Refusal):
    """A letter stands in every voucher's number."""

    code = "device.letter-unclear"
    vi = "Ký hiệu máy “{letter}” không hợp lệ: dùng một hoặc hai chữ cái A-Z."
    en = "“{letter}” is no letter for a laptop: use one or two letters A-Z."


class DeviceUnknown(Refusal):
    """A laptop this office did not invite, or has not enrolled."""

    code = "device.unknown"
    vi = "Văn phòng không có máy {device} hoặc máy chưa đăng ký xong. Cấp giấy mời (enrol) rồi đăng ký lại."
    en = "This office has no laptop {device}, or it has not enrolled yet. Make a ticket (enrol) and enrol again."


class DeviceRevoked(Refusal):
    """A laptop that was reported lost or taken out of use."""

    code = "device.revoked"
    vi = "Máy {letter} đã bị thu hồi. Những gì máy gửi được giữ riêng, không ghi sổ. Gọi văn phòng."
    en = "Laptop {letter} was revoked. What it sends is set aside and not booked. Call the office."


class EnrolledAlready(Refusal):
    """A ticket that was used by another answer."""

    code = "device.enrolled-already"
    vi = "Giấy mời của máy {letter} đã được dùng. Nếu không phải máy này, thu hồi ngay; muốn đăng ký lại thì cấp giấy mời mới."
    en = "The ticket of laptop {letter} was used already. If not by this laptop, revoke it now; make a new ticket to enrol again."


class StaffUnknown(Refusal):
    """An account for somebody who is not on the office's staff list."""

    code = "device.staff-unknown"
    vi = "Mã nhân viên {staff} không có trong danh sách nhân viên của văn phòng. Sửa danh sách hoặc đăng ký lại không có người này."
    en = "There is no {staff} on the office's staff list. Correct the list, or enrol without that person."


class Laptop(NamedTuple):
    """What the pages and commands show of a laptop. Times are Unix seconds."""

    device: bytes
    letter: str
    state: str  # invited, enrolled, revoked
    users: tuple[str, ...]
    enrolled_s: int | None
    seen_s: int | None


def invite(office: Office, *, letter: str) -> bytes:
    """A ticket for a laptop; asked again before it is used, the same laptop gets a new one-time code.

    Raises `LetterUnclear`, `LetterTaken`, `NoExport`: a ticket names the staff who may get accounts.
    """
    if not (letter.isascii() and letter.isalpha() and letter.isupper() and len(letter) <= 2):
        raise LetterUnclear(letter=letter)
    with office.store.writing() as db:
        held = db.exec(select(Device).where(Device.letter == letter, col(Device.revoked_s).is_(None))).first()
        if held and held.enrolled_s is not None:
            raise LetterTaken(letter=letter)
        if not register.staff(db):
            raise register.NoExport
        device = held.device if held else office.draw(16)
        code = office.draw(16)
        colleagues = [
            pack.Colleague(staff_id=one.staff_id, full_name=one.full_name, role=one.role) for one in register.staff(db)
        ]
        ticket = pack.make_ticket(
            office=office.public(), device=device, letter=letter, code=code, staff=colleagues,
            office_seed=office.sign_seed,
        )  # fmt: skip
        row = held or Device(device=device, letter=letter, ticket=b"", code=b"", made_s=office.now_s())
        row.ticket, row.code = ticket, code
        db.add(row)
    return ticket


def enrol(office: Office, *, answer: bytes) -> Laptop:
    """Take a laptop's answer; the same answer again is the same answer.

    Raises `Malformed`, `SignatureWrong`, `DeviceUnknown`, `DeviceRevoked`, `EnrolledAlready`, `StaffUnknown`.
    """
    claimed = pack.claimed_answer(answer)
    with office.store.writing() as db:
        row = db.get(Device, claimed.device, with_for_update=True)
        if row is None or claimed.office != office.office_id:
            raise DeviceUnknown(device=claimed.device.hex()[:8])
        if row.revoked_s is not None:
            raise DeviceRevoked(letter=row.letter)
        proved = pack.read_answer(answer, code=row.code)
        if row.answer is not None and row.answer != answer:
            raise EnrolledAlready(letter=row.letter)
        known = {one.staff_id for one in register.staff(db)}
        for user in proved.users:
            if user.staff_id not in known:
                raise StaffUnknown(staff=user.staff_id)
        if row.answer is None:
            row.answer, row.sign_key, row.seal_key = answer, proved.sign_key, proved.seal_key
            row.enrolled_s = office.now_s()
            db.add(row)
            for user in {one.staff_id: one for one in proved.users}.values():
                db.add(DeviceUser(device=row.device, staff_id=user.staff_id, sign_key=user.sign_key,
                                  seal_key=user.seal_key))  # fmt: skip
        letter = row.letter
    office.backup.keep("devices", claimed.device.hex(), answer)
    return next(one for one in laptops(office) if one.letter == letter and one.device == claimed.device)


def revoke(office: Office, *, letter: str) -> None:
    """From now on nothing this laptop sends is booked. Raises `DeviceUnknown`, `BackupUnavailable`."""
    with office.store.writing() as db:
        row = db.exec(select(Device).where(Device.letter == letter, col(Device.revoked_s).is_(None))).first()
        if row is None:
            raise DeviceUnknown(device=letter)
        row.revoked_s = office.now_s()
        db.add(row)
        device, known = row.device, row.answer is not None
    if known:
        office.backup.keep("revoked", device.hex(), b"revoked")


def enrolled(db: Session, *, device: bytes) -> Device:
    """The row of an enrolled laptop, revoked or not. Raises `DeviceUnknown`."""
    row = db.get(Device, device)
    if row is None or row.sign_key is None:
        raise DeviceUnknown(device=device.hex()[:8])
    return row


def staff_keys(db: Session, *, device: bytes) -> dict[str, bytes]:
    """The keys the team approves with on this laptop, by staff id."""
    found = db.exec(select(DeviceUser).where(DeviceUser.device == device))
    return {one.staff_id: one.sign_key for one in found}


def others(db: Session, *, device: bytes, staff: Collection[str]) -> tuple[pack.Laptop, ...]:
    """The other laptops in use on which any of these people have accounts, by letter, with their keys there."""
    in_use = select(Device).where(
        Device.device != device, col(Device.enrolled_s).is_not(None), col(Device.revoked_s).is_(None)
    )
    found = []
    for row in db.exec(in_use.order_by(Device.letter)):
        held = db.exec(select(DeviceUser).where(DeviceUser.device == row.device).order_by(DeviceUser.staff_id))
        users = tuple(
            pack.Enrolled(staff_id=one.staff_id, sign_key=one.sign_key, seal_key=one.seal_key)
            for one in held
            if one.staff_id in staff
        )
        if users:
            found.append(
                pack.Laptop(
                    device=row.device, letter=row.letter, sign_key=genuine_key(row), seal_key=row.seal_key or b"",
                    users=users,
                )
            )  # fmt: skip
    return tuple(found)


def laptops(office: Office) -> tuple[Laptop, ...]:
    """Every laptop, by letter."""
    with office.store.reading() as db:
        rows: Iterable[Device] = db.exec(select(Device).order_by(Device.letter, col(Device.made_s)))
        users: dict[bytes, list[str]] = {}
        for user in db.exec(select(DeviceUser).order_by(DeviceUser.staff_id)):
            users.setdefault(user.device, []).append(user.staff_id)
        return tuple(
            Laptop(
                device=row.device,
                letter=row.letter,
                state="revoked" if row.revoked_s is not None else "enrolled" if row.answer else "invited",
                users=tuple(users.get(row.device, ())),
                enrolled_s=row.enrolled_s,
                seen_s=row.seen_s,
            )
            for row in rows
        )


def directory(office: Office) -> bytes:
    """The laptops of this office as they are now, signed.

    Its number is the time of issue, and never before the last change: after a restore, which enrols and revokes again,
    it goes on rising. A clock put back makes directories that laptops pass over until it has caught up.
    """
    with office.store.reading() as db:
        rows = db.exec(select(Device).where(col(Device.sign_key).is_not(None)).order_by(Device.letter, col(Device.device)))
        listed = tuple(
            Listed(device=row.device, letter=row.letter, sign_key=genuine_key(row), seal_key=row.seal_key or b"",
                   revoked_s=row.revoked_s or 0)
            for row in rows
        )  # fmt: skip
        changes = db.exec(select(func.max(Device.enrolled_s), func.max(Device.revoked_s))).one()
    now_s = office.now_s()
    made = Directory(
        version=VERSION, number=max(now_s, *(at or 0 for at in changes)), office=office.public(), laptops=listed,
        issued_s=now_s,
    )  # fmt: skip
    return sign_directory(made, office_seed=office.sign_seed)


def by_prefix(db: Session, *, prefix: bytes) -> Device | None:
    """The enrolled laptop whose id begins with these bytes: a book's id begins with its laptop's."""
    return next((row for row in db.exec(select(Device)) if row.device.startswith(prefix) and row.sign_key), None)


def genuine_key(row: Device) -> bytes:
    """The key an enrolled laptop signs with. Raises `SignatureWrong` where it has none."""
    if row.sign_key is None:
        raise keys.SignatureWrong(what="device")
    return row.sign_key
