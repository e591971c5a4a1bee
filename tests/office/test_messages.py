"""A member's own telephone says what of the money handed to a leader arrived: who is told what, once, and who is not."""

import csv
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError, OperationalError

from sync.money import figures
from sync.office import devices, intake, messages, preparation, restoration
from sync.office.backup import Backup
from sync.office.home import Office
from sync.office.messages import (
    ExportStrange,
    ExportThere,
    ExportUnmarked,
    ExportUnwritable,
    MessagesOff,
    ReceiverUnknown,
    Told,
)
from sync.office.settings import SettingBad, SettingUnknown
from sync.office.store import Store
from sync.records import changed
from sync.sms import LETTERS_MAX, mobile, unmarked
from sync.voucher import Wish
from tests.office.conftest import CAN_GIUOC, DAY, GROUP, POINT, Desk, make_office, small_export, whole_export
from tests.office.laptop import Laptop
from tests.office.test_commands import run
from tests.office.test_intake import desk_ticket, lies
from tests.office.test_pages import nothing_cut_off, officer_in, sign_in, token

ON = "[messages]\non = true\n"


@pytest.fixture
def either(database: str, tmp_path: Path) -> Iterator[Desk]:
    """An office on either database that tells people of their vouchers."""
    office = make_office(tmp_path / "office", database=database)
    office.session_settings.write_text(ON, "utf-8")
    yield Desk(office, tmp_path / "office")
    office.store.close()


@pytest.fixture
def telling(desk: Desk) -> Desk:
    desk.office.session_settings.write_text(ON, "utf-8")
    return desk


def exported(office: Office, out: Path) -> list[dict[str, str]]:
    """The rows of an export; none where it made no file."""
    return read(out) if messages.export(office, out=out) else []


def read(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def received(desk: Desk, laptop: Laptop, *, first: int = 1, last: int | None = None) -> Laptop:
    intake.receive(desk.office, batch=laptop.batch(first, last))
    return laptop


def reasons(office: Office) -> dict[str, str]:
    """Why each message is not due, by the end of the voucher's number and the customer; empty where it is."""
    messages.write(office)
    return {f"{one.number}/{one.customer_code}": one.why or one.state for one in messages.listed(office)}


def whys(office: Office) -> set[str]:
    return set(reasons(office).values())


def phoned(laptop: Laptop, many: int) -> list[str]:
    """Members of the group with a telephone, an account to pay into, and interest to pay."""
    rows = laptop.session.members(GROUP)
    people = laptop.session.roll.customers
    found = [
        one.customer_code for one in rows if mobile(people[one.customer_code].phone) and one.deposit_account and one.interest
    ]
    assert len(found) >= many
    return found[:many]


def hand_in(laptop: Laptop, cash: dict[str, int]) -> int:
    """A hand-in of these members; its number."""
    group = laptop.session.roll.groups[GROUP]
    made = laptop.session.plan_group(
        GROUP, by=group.leader, cash=cash, interest={}, notes={1_000: sum(cash.values()) // 1_000}
    )
    return laptop.post(made).entry.number


# What a household is told


@pytest.mark.feature(60)
def test_every_member_of_a_hand_in_has_one_message_with_what_of_their_money_arrived(
    either: Desk, tmp_path: Path
) -> None:
    laptop = either.laptop()
    laptop.open()
    members = phoned(laptop, 5)
    rows = {row.customer_code: row for row in laptop.session.members(GROUP)}
    cash = {code: -(-rows[code].interest // 10_000) * 10_000 + 50_000 for code in members}
    held = {one.account_no: one.balance for one in small_export().deposits}
    number = hand_in(laptop, cash)
    received(either, laptop)
    sent = exported(either.office, tmp_path / "out.csv")
    people = laptop.session.roll.customers
    assert sorted(row["phone"] for row in sent) == sorted("84" + mobile(people[code].phone)[1:] for code in members)
    for code in members:
        [row] = [one for one in sent if one["phone"] == "84" + mobile(people[code].phone)[1:]]
        rest = cash[code] - rows[code].interest
        balance = held[rows[code].deposit_account] + rest
        said = (
            f"{unmarked(people[code].full_name)} da nop lai {figures(rows[code].interest)}d, gui them {figures(rest)}d, "
            f"so du tien gui {figures(balance)}d. Phieu A-{number:06d}. Hoi 0272 3874 000"
        )
        assert row["text"].startswith("NHCSXH Can Giuoc 15/04/2024: ")
        assert row["text"].endswith(said)
        assert len(row["text"]) <= LETTERS_MAX
        assert people[code].id_number not in row["text"]
        assert rows[code].deposit_account not in row["text"]
    assert exported(either.office, tmp_path / "again.csv") == []
    assert not (tmp_path / "again.csv").exists()


@pytest.mark.feature(60)
def test_a_reversal_and_a_correction_are_told_in_a_second_message(either: Desk, tmp_path: Path) -> None:
    laptop = either.laptop()
    laptop.open()
    first, second, third = phoned(laptop, 3)
    number = hand_in(laptop, {first: 330_000, second: 300_000})
    received(either, laptop)
    assert len(exported(either.office, tmp_path / "1.csv")) == 2
    # One member's lines are taken back: the other hears nothing of it.
    laptop.post(laptop.session.plan_correct(number, customer_code=second, reason="Tổ trưởng ghi nhầm người"))
    account = next(one for one in laptop.session.roll.deposits_of(third) if one.kind == "member").account_no
    visit = laptop.post(laptop.session.plan_visit(third, wishes=[Wish("TT", account, 70_000)])).entry.number
    laptop.reverse(visit)
    received(either, laptop, first=3)
    told = exported(either.office, tmp_path / "2.csv")
    people = laptop.session.roll.customers
    [taken_back] = [one["text"] for one in told if unmarked(people[second].full_name) in one["text"]]
    assert f"phieu A-{number:06d} cua" in taken_back
    assert "da huy" in taken_back
    paid, undone = (one["text"] for one in told if unmarked(people[third].full_name) in one["text"])
    assert f"da gui them 70.000d, so du tien gui {figures(laptop.session.balance(account, 'deposit') + 70_000)}d" in paid
    assert f"phieu A-{visit:06d} cua {unmarked(people[third].full_name)} (gui them 70.000d) da huy" in undone
    assert f" {figures(laptop.session.balance(account, 'deposit'))}d. Phieu A-{visit + 1:06d}" in undone
    assert not [one for one in told if unmarked(people[first].full_name) in one["text"]]
    assert len({one["reference"] for one in told}) == len(told) == 3


def test_a_payee_is_told_of_a_disbursement_and_a_withdrawal(tmp_path: Path) -> None:
    office = make_office(tmp_path / "office", export=whole_export())
    office.session_settings.write_text(ON, "utf-8")
    telling = Desk(office, tmp_path)
    laptop = telling.laptop()
    laptop.open()
    terms = laptop.pack.terms
    slip = next(
        one for one in terms.disbursements
        if one.valid_from <= DAY <= one.valid_to and mobile(laptop.session.roll.customers[one.customer_code].phone)
    )  # fmt: skip
    laptop.pay(slip.slip_no)
    account = next(
        one for one in terms.deposits
        if one.kind == "member" and one.balance > 50_000 and mobile(laptop.session.roll.customers[one.customer_code].phone)
    )  # fmt: skip
    laptop.post(laptop.session.plan_visit(account.customer_code, wishes=[Wish("RT", account.account_no, 30_000)]))
    commission = next(one for one in terms.payouts if one.kind == "commission")
    laptop.pay(commission.slip_no)
    received(telling, laptop)
    loan, withdrawn = (one["text"] for one in exported(telling.office, tmp_path / "out.csv"))
    assert f"da nhan tien vay {figures(slip.amount)}d" in loan
    assert f"da rut tien gui 30.000d, so du tien gui {figures(account.balance - 30_000)}d" in withdrawn
    office.store.close()


def test_two_members_with_one_telephone_get_one_message_each_with_their_names(tmp_path: Path) -> None:
    export = small_export()
    codes = [one.customer_code for one in export.customers if one.full_name][:3]
    shared = tuple(changed(one, phone="0912 345 678" if one.customer_code in codes else "") for one in export.customers)
    office = make_office(tmp_path / "office", export=changed(export, customers=shared))
    office.session_settings.write_text(ON, "utf-8")
    desk = Desk(office, tmp_path)
    laptop = received(desk, _with_hand_in(desk, dict.fromkeys(codes[:2], 500_000)))
    sent = exported(office, tmp_path / "out.csv")
    assert [one["phone"] for one in sent] == ["84912345678"] * 2
    names = [unmarked(laptop.session.roll.customers[code].full_name) for code in codes[:2]]
    assert names[0] != names[1]
    assert [name in one["text"] for name, one in zip(names, sent, strict=True)] == [True, True]
    # The leader's own number under another's name is what an officer should see.
    leader = laptop.session.roll.groups[GROUP].leader
    marks = {one.customer_code: one.leaders_phone for one in messages.listed(office)}
    assert marks == {code: code != leader for code in codes[:2]}
    office.store.close()


def _with_hand_in(desk: Desk, cash: dict[str, int]) -> Laptop:
    laptop = desk.laptop()
    laptop.open()
    hand_in(laptop, cash)
    return laptop


# Who is told nothing, and why


def test_of_a_voucher_with_a_difference_nobody_is_told_and_of_the_others_they_are(either: Desk, tmp_path: Path) -> None:
    laptop = either.laptop()
    laptop.open()
    first, second = phoned(laptop, 2)
    hand_in(laptop, {first: 300_000})
    lies(laptop)["loan.interest-too-much"]()
    hand_in(laptop, {second: 300_000})
    received(either, laptop)
    assert {key[0]: why for key, why in reasons(either.office).items()} == {"2": "due", "3": "difference", "4": "due"}
    assert [one["text"].split(". ")[1][-1] for one in exported(either.office, tmp_path / "out.csv")] == ["2", "4"]


def test_nobody_is_told_of_a_revoked_laptops_vouchers(either: Desk) -> None:
    received(either, _with_hand_in(either, _paid(either)))
    assert whys(either.office) == {"due"}
    devices.revoke(either.office, letter="A")
    assert whys(either.office) == {"revoked"}


def _paid(desk: Desk) -> dict[str, int]:
    """Two members with a telephone, and a sum for each."""
    people = [one.customer_code for one in small_export().customers if mobile(one.phone)]
    with_account = {one.customer_code for one in small_export().deposits if one.kind == "member"}
    return {code: 400_000 for code in people if code in with_account and code in people[:8]}


def test_of_two_histories_nothing_is_told_from_where_they_part(telling: Desk) -> None:
    laptop = telling.laptop()
    laptop.open()
    members = phoned(laptop, 2)
    hand_in(laptop, {members[0]: 300_000})
    hand_in(laptop, {members[1]: 300_000})
    received(telling, laptop)
    clone = Laptop(desk_ticket(telling, laptop))
    clone.take(preparation.fetch(telling.office, device=laptop.device, wanted=None))
    clone.open()
    hand_in(clone, {members[0]: 300_000})
    hand_in(clone, {members[1]: 310_000})
    received(telling, clone)
    assert reasons(telling.office) == {f"2/{members[0]}": "due", f"3/{members[1]}": "two-histories"}


def test_a_book_of_a_pack_that_was_replaced_is_told_to_nobody(telling: Desk) -> None:
    laptop = _with_hand_in(telling, _paid(telling))
    telling.prepare(Laptop(desk_ticket(telling, laptop)), again=True)
    received(telling, laptop)
    assert whys(telling.office) == {"superseded"}


def test_what_is_not_yet_in_the_backup_is_not_told(telling: Desk, tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("a file stands here")
    unsafe = replace(telling.office, backup=Backup(tmp_path / "no-folder" / "backup"))
    laptop = _with_hand_in(telling, _paid(telling))
    assert laptop.believes(intake.receive(unsafe, batch=laptop.batch())).safe == 0
    assert reasons(telling.office) == {}
    intake.back_up(telling.office)
    assert whys(telling.office) == {"due"}


def test_who_has_no_mobile_number_is_listed_and_not_sent(tmp_path: Path) -> None:
    export = small_export()
    phones = ("", "0272 3874 000", "chưa có", "0912.345.678")
    people = [one for one in export.customers if any(d.customer_code == one.customer_code and d.kind == "member" for d in export.deposits)]
    given = {one.customer_code: phone for one, phone in zip(people, phones, strict=False)}
    made = tuple(changed(one, phone=given.get(one.customer_code, "")) for one in export.customers)
    office = make_office(tmp_path / "office", export=changed(export, customers=made))
    office.session_settings.write_text(ON, "utf-8")
    desk = Desk(office, tmp_path)
    received(desk, _with_hand_in(desk, dict.fromkeys(given, 400_000)))
    assert list(reasons(office).values()) == ["no-phone", "no-phone", "no-phone", "due"]
    office.store.close()


def test_who_wants_no_messages_gets_none_until_they_want_them_again(either: Desk, tmp_path: Path) -> None:
    paid = _paid(either)
    laptop = received(either, _with_hand_in(either, paid))
    first, second = list(paid)[:2]
    phone = mobile(laptop.session.roll.customers[first].phone)
    assert messages.choose(either.office, who=f"+84 {phone[1:]}", wanted=False, by="lan") == phone
    assert messages.choose(either.office, who=second, wanted=False, by="lan") == second
    messages.choose(either.office, who=second, wanted=False, by="lan")
    assert [row.who for row in messages.stopped(either.office)] == [second, phone]
    assert len(exported(either.office, tmp_path / "out.csv")) == len(paid) - 2
    messages.choose(either.office, who=second, wanted=True, by="lan")
    [again] = exported(either.office, tmp_path / "later.csv")
    assert unmarked(laptop.session.roll.customers[second].full_name) in again["text"]
    for stranger in ("0272 3874 000", "4899999999", "", "' OR 1=1"):
        with pytest.raises(ReceiverUnknown):
            messages.choose(either.office, who=stranger, wanted=False, by="lan")
    # What somebody asked for is kept: nobody edits it away.
    with pytest.raises(DBAPIError), either.office.store.writing() as db:
        db.execute(sql("DELETE FROM message_choice"))


def test_nothing_is_told_until_the_office_turns_it_on_and_only_of_what_it_names(desk: Desk, tmp_path: Path) -> None:
    received(desk, _with_hand_in(desk, _paid(desk)))
    with pytest.raises(MessagesOff):
        messages.export(desk.office, out=tmp_path / "out.csv")
    assert reasons(desk.office) == {}
    say = desk.office.session_settings.write_text
    say(ON + 'kinds = ["visit", "slip"]\n', "utf-8")
    assert whys(desk.office) == {"kind-off"}
    say("[messages]\non = false\n", "utf-8")
    assert whys(desk.office) == {"off"}
    say(ON, "utf-8")
    assert whys(desk.office) == {"due"}


def test_a_member_for_whom_a_leader_brought_nothing_is_told_once_every_laptop_of_the_session_is_closed(
    either: Desk, tmp_path: Path
) -> None:
    either.office.session_settings.write_text(ON + 'kinds = ["group", "unpaid"]\n', "utf-8")
    first, second = either.laptop(), either.laptop("B", seed=2)
    brought, kept, elsewhere = phoned(first, 3)
    for laptop in (first, second):
        laptop.open()
    number = hand_in(first, {brought: 400_000})
    loan = second.session.roll.loans_of(elsewhere)[0]
    due = -(-second.session.dues(loan).interest // 1_000) * 1_000
    account = second.session.roll.member_deposit(elsewhere)
    assert account
    interest = second.session.dues(loan).interest
    second.post(second.session.plan_visit(elsewhere, wishes=[
        Wish("TL", loan.loan_code, None), Wish("TT", account.account_no, due - interest + 1_000)]))  # fmt: skip
    _closed(first)
    received(either, first)
    # The other laptop may have served them: nobody is told before it is closed.
    assert [row["text"].split(" da nop")[0][-4:] for row in exported(either.office, tmp_path / "1.csv")] == [
        unmarked(first.session.roll.customers[brought].full_name)[-4:]
    ]
    _closed(second)
    received(either, second)
    said = [row["text"] for row in exported(either.office, tmp_path / "2.csv")]
    people = first.session.roll.customers
    assert sum(f"chua co phan cua {unmarked(people[kept].full_name)}." in one for one in said) >= 1
    assert all(f"Phieu A-{number:06d}" in one and "To 001 da nop tien" in one for one in said)
    states = {(one.customer_code, one.kind): one.why for one in messages.listed(either.office)}
    assert states[elsewhere, "unpaid"] == "elsewhere"
    assert states[kept, "unpaid"] == ""
    assert (brought, "unpaid") not in states


def _closed(laptop: Laptop) -> None:
    if off := laptop.session.cash % 1_000:
        laptop.count(short=off)
        laptop.post(laptop.session.plan_difference(reason="thiếu tiền lẻ"))
    laptop.close()


def test_nobody_is_told_of_a_session_of_long_ago(telling: Desk) -> None:
    received(telling, _with_hand_in(telling, _paid(telling)))
    late = telling.office.now_s() + 31 * 86_400
    later = replace(telling.office, now_s=lambda: late)
    assert reasons(later) == {}
    messages.write(telling.office)
    assert whys(later) == {"too-old"}
    telling.office.session_settings.write_text(ON + "days = 999999999999\n", "utf-8")
    assert whys(later) == {"due"}


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("[messages]\nat = true\n", SettingUnknown), ("[messages]\non = 1\n", SettingBad), ("messages = 3\n", SettingBad),
        ('[messages]\nkinds = ["group", "close"]\n', SettingBad), ('[messages]\nkinds = "group"\n', SettingBad),
        ("[messages]\ndays = -1\n", SettingBad), ("[message]\non = true\n", SettingUnknown),
    ],
)  # fmt: skip
def test_a_setting_of_messages_that_cannot_be_is_named(desk: Desk, said: str, fault: type[Exception], tmp_path: Path) -> None:
    desk.office.session_settings.write_text(said, "utf-8")
    with pytest.raises(fault):
        messages.export(desk.office, out=tmp_path / "out.csv")


# The file


def test_a_file_is_its_owners_alone_and_one_that_is_there_is_not_written_over(telling: Desk, tmp_path: Path) -> None:
    received(telling, _with_hand_in(telling, _paid(telling)))
    out = tmp_path / "new" / "out.csv"
    first = exported(telling.office, out)
    assert oct(out.stat().st_mode & 0o777) == "0o600"
    assert out.read_bytes().startswith(b"phone,text,reference\r\n84")
    kept = out.read_bytes()
    with pytest.raises(ExportThere):
        messages.export(telling.office, out=out)
    assert out.read_bytes() == kept
    assert [one.state for one in messages.listed(telling.office)] == ["exported"] * len(first)
    assert [path.name for path in out.parent.iterdir()] == ["out.csv"]


def test_a_disk_that_does_not_take_the_file_leaves_everything_due(either: Desk, tmp_path: Path) -> None:
    received(either, _with_hand_in(either, _paid(either)))
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExportUnwritable):
        messages.export(either.office, out=tmp_path / "file" / "out.csv")
    assert whys(either.office) == {"due"}
    # A half that a power cut left under its working name is no export.
    (tmp_path / "out.csv.part").write_text("phone,te")
    assert len(exported(either.office, tmp_path / "out.csv")) == len(_paid(either))


class StopsBeforeTheMark:
    """A store whose transaction fails at its end, as when the machine dies after the file got its name."""

    def __init__(self, store: Store, fault: type[BaseException]) -> None:
        self._store, self._fault = store, fault

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def writing(self) -> object:
        from contextlib import contextmanager

        @contextmanager
        def failing() -> Iterator[object]:
            with self._store.writing() as db:
                yield db
                db.flush()
                raise self._fault("COMMIT", None, Exception()) if self._fault is OperationalError else self._fault
        return failing()


def test_a_crash_between_the_file_and_its_mark_leaves_them_due_with_the_same_references(
    either: Desk, tmp_path: Path
) -> None:
    received(either, _with_hand_in(either, _paid(either)))
    messages.write(either.office)
    dying = replace(either.office, store=StopsBeforeTheMark(either.office.store, KeyboardInterrupt))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        messages.export(dying, out=tmp_path / "1.csv")
    before = read(tmp_path / "1.csv")
    assert whys(either.office) == {"due"}
    assert exported(either.office, tmp_path / "2.csv") == before
    assert len(before) == len(_paid(either))


def test_a_database_that_stops_answering_after_the_file_says_what_to_do_and_the_file_can_be_marked(
    telling: Desk, tmp_path: Path
) -> None:
    received(telling, _with_hand_in(telling, _paid(telling)))
    messages.write(telling.office)
    out = tmp_path / "1.csv"
    dying = replace(telling.office, store=StopsBeforeTheMark(telling.office.store, OperationalError))  # type: ignore[arg-type]
    with pytest.raises(ExportUnmarked):
        messages.export(dying, out=out)
    many = len(read(out))
    assert messages.sent(telling.office, raw=out.read_bytes(), name="1.csv") == (many, many)
    assert messages.sent(telling.office, raw=out.read_bytes(), name="1.csv") == (0, many)
    assert exported(telling.office, tmp_path / "2.csv") == []


def restored(desk: Desk, database: Path) -> Office:
    """The same office with a new database, built again from its backup."""
    empty = Store(f"sqlite:///{database}")
    empty.migrate()
    back = replace(desk.office, store=empty)
    restoration.restore(back)
    messages.write(back)
    return back


def test_after_a_restore_what_left_before_is_not_due_again(telling: Desk, tmp_path: Path) -> None:
    laptop = received(telling, _with_hand_in(telling, _paid(telling)))
    first = exported(telling.office, tmp_path / "1.csv")
    kept = b"".join(path.read_bytes() for path in (telling.folder / "backup" / "messages").iterdir())
    assert kept.decode().split() == [one["reference"] for one in first]
    back = restored(telling, tmp_path / "1.db")
    assert {one.reference for one in messages.listed(back) if one.state == "exported"} == {one["reference"] for one in first}
    assert messages.export(back, out=tmp_path / "2.csv") == 0
    laptop.reverse(2)
    intake.receive(back, batch=laptop.batch(3))
    assert messages.export(back, out=tmp_path / "3.csv") == len(first)
    back.store.close()


def test_where_the_backup_lost_what_left_an_earlier_file_says_it(telling: Desk, tmp_path: Path) -> None:
    received(telling, _with_hand_in(telling, _paid(telling)))
    first = exported(telling.office, tmp_path / "1.csv")
    for path in (telling.folder / "backup" / "messages").iterdir():
        path.unlink()
    back = restored(telling, tmp_path / "1.db")
    assert {one.reference for one in messages.listed(back) if one.state == "due"} == {one["reference"] for one in first}
    assert messages.sent(back, raw=(tmp_path / "1.csv").read_bytes(), name="1.csv") == (len(first), len(first))
    assert exported(back, tmp_path / "2.csv") == []
    back.store.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"phone,text\r\n", "đ".encode(), b"phone,text,reference\r\n84,x\r\n", b"phone,text,reference\r\n84,x,1234\r\n",
        b'phone,text,reference\r\n84,"x', b"phone,text,reference\r\n84,x,0123456789abcdeg\r\n", b"\x00",
    ],
)  # fmt: skip
def test_a_strange_file_marks_nothing(telling: Desk, raw: bytes) -> None:
    with pytest.raises(ExportStrange):
        messages.sent(telling.office, raw=raw, name="x.csv")


def test_a_file_of_another_office_is_known_as_nobodys(telling: Desk) -> None:
    strange = b"phone,text,reference\r\n84912345678,x,0123456789abcdef\r\n"
    assert messages.sent(telling.office, raw=strange, name="x.csv") == (0, 0)


def test_two_exports_at_one_moment_share_the_messages_and_send_none_twice(either: Desk, tmp_path: Path) -> None:
    received(either, _with_hand_in(either, _paid(either)))
    ready = threading.Barrier(2)

    def run_one(name: str) -> None:
        ready.wait()
        messages.export(either.office, out=tmp_path / name)

    both = [threading.Thread(target=run_one, args=(name,)) for name in ("1.csv", "2.csv")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    sent = [row["reference"] for name in ("1.csv", "2.csv") if (tmp_path / name).exists() for row in read(tmp_path / name)]
    assert len(sent) == len(set(sent)) == len(_paid(either))


def test_however_a_book_comes_in_everybody_is_told_once_and_the_same(telling: Desk, tmp_path: Path) -> None:
    laptop = telling.laptop()
    laptop.open()
    members = phoned(laptop, 4)
    hand_in(laptop, dict.fromkeys(members[:2], 300_000))
    hand_in(laptop, dict.fromkeys(members[2:], 310_000))
    laptop.reverse(2)
    pieces: list[dict[str, str]] = []
    for last in range(1, len(laptop.entries) + 1):
        received(telling, laptop, last=last)
        pieces += exported(telling.office, tmp_path / f"{last}.csv")
        received(telling, laptop, last=last)
    other = make_office(tmp_path / "whole", now_s=telling.office.now_s)
    other.session_settings.write_text(ON, "utf-8")
    whole = [one.text for one in _all_at_once(Desk(other, tmp_path), members)]
    assert [one["text"] for one in pieces] == whole
    assert len({one["reference"] for one in pieces}) == len(whole) == 6
    other.store.close()


def _all_at_once(desk: Desk, members: list[str]) -> list[Told]:
    laptop = desk.laptop()
    laptop.open()
    hand_in(laptop, dict.fromkeys(members[:2], 300_000))
    hand_in(laptop, dict.fromkeys(members[2:], 310_000))
    laptop.reverse(2)
    received(desk, laptop)
    messages.write(desk.office)
    return list(messages.listed(desk.office))


# The commands and the page


def test_a_batch_from_a_stick_becomes_a_file_of_messages_by_commands_alone(tmp_path: Path) -> None:
    home = tmp_path / "office"
    run("init", "--home", home)
    run("import", CAN_GIUOC, "--as-of", "2099-04-14", "--home", home)
    run("enrol", "--letter", "A", "--out", tmp_path / "a.dgd", "--home", home)
    laptop = Laptop((tmp_path / "a.dgd").read_bytes())
    (tmp_path / "answer.dgd").write_bytes(laptop.answer())
    run("enrol", "--answer", tmp_path / "answer.dgd", "--home", home)
    run("prepare", "--point", POINT, "--date", "2099-04-15", "--home", home, "--out", tmp_path / "pack.dgd")
    laptop.take((tmp_path / "pack.dgd").read_bytes())
    laptop.open()
    first, second, third = phoned(laptop, 3)
    hand_in(laptop, dict.fromkeys((first, second, third), 5_000_000))
    (tmp_path / "stick.batch").write_bytes(laptop.batch())
    run("receive", tmp_path / "stick.batch", "--home", home)
    out = tmp_path / "out.csv"
    assert "đang tắt" in run("messages", "export", "--out", out, "--home", home, ok=False)
    (home / "settings.toml").write_text(ON, "utf-8")
    assert "Không nhắn tin" in run("messages", "withhold", third, "--home", home)
    assert "Exported 2 messages" in run("messages", "export", "--out", out, "--home", home)
    said = run("messages", "list", "--home", home)
    for row in read(out):
        assert f"exported | {row['reference']} | 0{row['phone'][2:]} | {row['text']} | out.csv" in said
    assert "khách hàng không muốn nhận tin" in said
    assert f"opt-out | {third} | " in said
    assert "messages sent" in run("messages", "export", "--out", out, "--home", home, ok=False)
    assert "2 messages of the file are known here; 0 were marked now" in run("messages", "sent", out, "--home", home)
    run("messages", "withhold", third, "--allow-again", "--home", home)
    assert run("messages", "list", "--state", "due", "--home", home).count("\n") == 1


def test_an_officer_sees_what_left_what_stays_and_why_and_keeps_who_wants_none(
    telling: Desk, browser: tuple[Page, str], tmp_path: Path
) -> None:
    page, address = browser
    officer_in(page, address)
    page.get_by_role("link", name="Tin nhắn").click()
    assert "Chưa có tin nào" in page.inner_text("main")
    laptop = telling.laptop()
    laptop.open()
    first, second = phoned(laptop, 2)
    silent = next(
        one.customer_code for one in laptop.session.members(GROUP)
        if one.deposit_account and not mobile(laptop.session.roll.customers[one.customer_code].phone)
    )  # fmt: skip
    hand_in(laptop, dict.fromkeys((first, second, silent), 400_000))
    lies(laptop)["loan.interest-too-much"]()
    received(telling, laptop)
    page.get_by_label("Số di động hoặc mã khách hàng").fill("0272 3874 000")
    page.get_by_role("button", name="Ghi nhận").click()
    assert "không phải số di động" in page.inner_text("[role=alert]")
    page.get_by_label("Số di động hoặc mã khách hàng").fill(second)
    page.get_by_role("button", name="Ghi nhận").click()
    page.get_by_role("button", name=f"Nhắn tin lại cho {second}").wait_for()
    assert len(exported(telling.office, tmp_path / "tin.csv")) == 1
    page.reload()
    assert nothing_cut_off(page)
    counts = page.get_by_role("row").filter(has=page.get_by_role("link", name="Điểm giao dịch xã Đông Thạnh")).inner_text()
    assert counts.split("\t")[3:6] == ["0", "1", "3"]
    for why in ("1 khách hàng không muốn nhận tin", "1 không có số di động", "1 văn phòng thấy khác biệt"):
        assert why in counts
    texts = page.inner_text("main")
    phone = mobile(laptop.session.roll.customers[first].phone)
    assert f"{phone[:3]}•••{phone[-3:]}" in texts
    assert phone not in texts
    page.get_by_role("link", name="giữ lại").click()
    assert "tin.csv" not in page.inner_text("main")
    page.get_by_role("button", name=f"Nhắn tin lại cho {second}").click()
    page.get_by_text("Chưa có ai từ chối nhận tin").wait_for()
    assert page.get_by_text("đến hạn", exact=True).count() == 2


def test_the_page_asks_who_is_there_and_takes_no_strange_form(telling: Desk, client: TestClient) -> None:
    assert client.get("/messages").status_code == 303
    assert client.post("/messages/choose", data={"who": "x"}).status_code == 303
    sign_in(client)
    assert client.post("/messages/choose", data={"token": "x", "who": "0912345678", "wanted": "no"}).status_code == 422
    assert messages.stopped(telling.office) == ()
    said = {"token": token(client), "who": "0912345678", "wanted": "no"}
    assert client.post("/messages/choose", data=said).status_code == 303
    assert [one.who for one in messages.stopped(telling.office)] == ["0912345678"]
    assert client.get("/messages?book=zz").status_code == 422
    assert "Không có tin nào như vậy" in client.get(f"/messages?book={'00' * 16}&state=x").text
    telling.office.session_settings.write_text("[messages]\non = 3\n", "utf-8")
    assert "“on”" in client.get("/messages").text
    telling.office.session_settings.write_text("[messages]\non = false\n", "utf-8")
    assert "Tin nhắn đang tắt" in client.get("/messages").text
