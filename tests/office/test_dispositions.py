"""From the core system's word on each line to the adjustment slips of the next session, and never the same slip twice."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import DBAPIError
from sqlmodel import select, text
from typer.testing import CliRunner

from sync import chain, disposition, keys, protocol
from sync.disposition import Disposition, FindingUnclear
from sync.envelope import NotForHere
from sync.errors import Refusal
from sync.office import (
    cases,
    custody,
    devices,
    dispositions,
    findings,
    home,
    inspection,
    intake,
    preparation,
    restoration,
    results,
)
from sync.office.__main__ import app
from sync.office.api import application
from sync.office.dispositions import Asked, BookMissing, OutcomeUnknown, PutRight
from sync.office.store import Book, ClaimRow, DifferenceRow, EntryRow, ForkRow
from sync.records import changed
from sync.session import Session
from tests.office.conftest import DAY, GROUP, POINT, Desk, counting, drawing
from tests.office.laptop import MORNING, Laptop
from tests.office.test_continued import begun, gone_on, pair
from tests.office.test_pages import sign_in, token

NEXT = datetime.date(2024, 4, 18)
WHY = "món vay đã tất toán tại Phòng giao dịch"


def first_session(desk: Desk, letter: str = "A") -> Laptop:
    """Float, a hand-in of three, two deposits, a count and the close; sent and received."""
    laptop = desk.laptop(letter)
    laptop.open()
    laptop.hand_in(GROUP)
    laptop.deposit(50_000)
    laptop.deposit(70_000, place=1)
    laptop.close() if laptop.session.cash % 500 == 0 else None
    intake.receive(desk.office, batch=laptop.batch())
    return laptop


def dispose(desk: Desk, laptop: Laptop, *asked: Asked) -> dispositions.Disposed:
    return dispositions.dispose(desk.office, book=laptop.pack.book, asked=asked, who="Cán bộ thử")


def taken(desk: Desk, laptop: Laptop) -> list[Disposition]:
    """What the laptop fetches and believes, in the order of the list."""
    digests: list[bytes] = []
    made = []
    for one in dispositions.listed(desk.office, book=laptop.pack.book):
        letter = dispositions.letter(desk.office, book=laptop.pack.book, wanted=one)
        found, raw = disposition.read_disposition(
            letter, pack=laptop.pack, device_secret=laptop.secret, office_key=laptop.ticket.office.sign_key, taken=digests,
            head_at=lambda number: laptop.entries[number - 1].head if number <= len(laptop.entries) else None,
        )  # fmt: skip
        digests.append(disposition.digest_of(raw))
        made.append(found)
    return made


def believed(laptop: Laptop, letters: Sequence[bytes]) -> list[Disposition]:
    """What a laptop that went on believes of the first one's part."""
    run, digests, made = laptop.before[0], list[bytes](), []
    for letter in letters:
        found, raw = disposition.read_disposition(
            letter, pack=run.pack, device_secret=laptop.secret, office_key=laptop.ticket.office.sign_key, taken=digests,
            head_at=lambda number: laptop.entries[number - 1].head if number <= len(laptop.entries) else None,
            to=laptop.device, until=run.last,
        )  # fmt: skip
        digests.append(disposition.digest_of(raw))
        made.append(found)
    return made


def test_the_laptop_that_went_on_reads_what_was_said_of_the_first_ones_part(desk: Desk) -> None:
    first, spare = gone_on(desk)
    stranger = desk.laptop("C", seed=3, prepared=False)
    for batch in (spare.carried(), spare.batch()):
        intake.receive(desk.office, batch=batch)
    dispose(desk, first, Asked(3, 1, "suspense", note="đang đối chiếu với hệ thống lõi"))
    dispose(desk, first, Asked(3, 1, "returned", note=WHY))
    book, ids = first.pack.book, dispositions.listed(desk.office, book=first.pack.book)
    with TestClient(application(desk.office)) as client:
        asked = [client.get(f"/v1/dispositions/{book.hex()}/{one.hex()}/{spare.device.hex()}") for one in ids]
        # Whoever did not go on with it, or does no more, gets nothing.
        assert client.get(f"/v1/dispositions/{book.hex()}/{ids[0].hex()}/{stranger.device.hex()}").status_code == 404
        assert client.get(f"/v1/dispositions/{spare.pack.book.hex()}/{ids[0].hex()}/{spare.device.hex()}").status_code == 404
    said = believed(spare, [one.content for one in asked])
    assert [one.findings[0].outcome for one in said] == ["suspense", "returned"]
    assert said == taken(desk, first)
    # The same by stick.
    assert believed(spare, dispositions.letters_of(desk.office, device=spare.device, since_s=0)) == said
    assert dispositions.letters_of(desk.office, device=stranger.device, since_s=0) == ()
    # The control: the letter of the laptop that is gone opens at no other.
    with pytest.raises(NotForHere):
        believed(spare, [dispositions.letter(desk.office, book=book, wanted=ids[0])])
    devices.revoke(desk.office, letter="B")
    with pytest.raises(dispositions.DispositionMissing):
        dispositions.letter(desk.office, book=book, wanted=ids[0], to=spare.device)


def test_a_laptop_that_nobody_let_go_on_reads_nothing_of_the_first_ones_part(desk: Desk) -> None:
    first, spare = pair(desk)
    begun(first)
    intake.receive(desk.office, batch=first.batch())
    dispose(desk, first, Asked(3, 1, "returned", note=WHY))
    book, (wanted,) = first.pack.book, dispositions.listed(desk.office, book=first.pack.book)

    def reads() -> bool:
        by_stick = dispositions.letters_of(desk.office, device=spare.device, since_s=0)
        try:
            return [dispositions.letter(desk.office, book=book, wanted=wanted, to=spare.device)] != [] or by_stick != ()
        except dispositions.DispositionMissing:
            assert by_stick == ()
            return False

    # Its own key alone makes entries that follow; of these the office stores nothing but that there is such a book.
    spare.go_on(first)
    spare.deposit(20_000)
    assert protocol.verify_ack(intake.receive(desk.office, batch=spare.batch(6)), office_key=desk.office.sign_key).status == "gap"
    assert not reads()
    # Booked, with a difference: nobody signed for it.
    resumed = spare.entries[4].entry.body
    del spare.entries[4:]
    spare.session = Session(spare.pack.terms)
    chain.replay(spare.session, spare.entries, book=spare.pack.book, device_key=spare.pack.sign_key,
                 before=[run.writer for run in spare.before])  # fmt: skip
    spare.force(resumed)
    assert protocol.verify_ack(intake.receive(desk.office, batch=spare.batch()), office_key=desk.office.sign_key).received == 5
    assert not reads()
    # The control: somebody at the office asked the team, and it was so.
    cases.settle_difference(desk.office, book=spare.pack.book, number=5, sound=True, note="đã hỏi tổ, đúng là máy dự phòng", who="Cán bộ")
    assert reads()


def next_pack(desk: Desk, laptop: Laptop, day: datetime.date = NEXT, *, again: bool = False) -> Laptop:
    desk.prepare(laptop, day=day, again=again)
    return laptop


def text_of(laptop: Laptop, number: int) -> str:
    return f"{POINT}-{DAY:%Y%m%d}-A-{number:06d}"


@pytest.mark.feature(100)
def test_a_returned_line_reaches_its_laptop_with_its_reason_and_the_word_that_stands_is_the_last(desk: Desk) -> None:
    laptop = first_session(desk)
    dispose(desk, laptop, Asked(3, 1, "suspense", note="đang đối chiếu với hệ thống lõi"))
    dispose(desk, laptop, Asked(3, 1, "returned", note=WHY), Asked(4, 0, "accepted", "FT24106001"))
    said = taken(desk, laptop)
    assert [one.disposition_no for one in said] == [1, 2]
    words = disposition.standing(said)
    assert (words[3, 1].finding.outcome, words[3, 1].finding.reason, words[3, 1].by) == ("returned", WHY, "Cán bộ thử")
    assert words[4, 1].finding.core_number == "FT24106001"


def test_what_stands_already_is_not_said_again_and_nothing_is_half_taken(desk: Desk) -> None:
    laptop = first_session(desk)
    asked = Asked(3, 1, "accepted", "FT1")
    assert dispose(desk, laptop, asked)[1:] == (1, 0)
    assert dispose(desk, laptop, asked) == ((), 0, 1)
    wrong: Sequence[tuple[Asked, type[Refusal]]] = (
        (Asked(99, 1, "accepted", "FT1"), FindingUnclear), (Asked(3, 9, "accepted", "FT1"), FindingUnclear),
        (Asked(3, 1, "returned"), FindingUnclear), (Asked(3, 1, "accepted"), FindingUnclear), (Asked(3, 1, "lost"), OutcomeUnknown),
        (Asked(1, 1, "returned", note=WHY), FindingUnclear), (Asked(-1, -1, "accepted", "FT1"), FindingUnclear),
        (Asked(3, 1, "corrected", "FT2", note="x"), FindingUnclear),
        (Asked(3, 1, "corrected", "FT2", "105", "principal_of_nobody", note="x"), FindingUnclear),
        (Asked(3, 1, "corrected", "FT2", "1050", amount=50_001, note="x"), FindingUnclear),
        (Asked(3, 1, "returned", note="x" * 301), dispositions.NoteLong),
    )  # fmt: skip
    for one, fault in wrong:
        with pytest.raises(fault):
            dispose(desk, laptop, Asked(4, 1, "accepted", "FT9"), one)
    assert [one.disposition_no for one in dispositions.history(desk.office, book=laptop.pack.book)] == [1]
    with pytest.raises(BookMissing):
        dispositions.dispose(desk.office, book=bytes(16), asked=[asked], who="x")


def test_no_word_can_be_changed_or_taken_back_in_the_database(desk: Desk) -> None:
    dispose(desk, first_session(desk), Asked(3, 1, "returned", note=WHY))
    for table in ("disposition", "finding"):
        for verb in ("UPDATE {} SET book = book", "DELETE FROM {}"):
            with pytest.raises(DBAPIError), desk.office.store.writing() as db:
                db.execute(text(verb.format(table)))


def test_slips_go_into_the_next_pack_once_and_not_again_when_carried_out(desk: Desk) -> None:
    laptop = first_session(desk)
    first = [*laptop.entries]
    other = laptop.pack.terms.deposits[2].account_no
    dispose(desk, laptop, Asked(3, 1, "returned", note=WHY), Asked(4, 1, "corrected", "FT7", other, amount=60_000, note="nhầm sổ"))
    book = laptop.pack.book
    next_pack(desk, laptop)
    back, moved = laptop.pack.terms.adjustments
    assert (back.of, [one.amount for one in back.lines]) == (text_of(laptop, 3), [-50_000])
    assert (moved.booked[0].account, [one.amount for one in moved.lines]) == (other, [-10_000])
    # Still in every pack that is made before somebody carries it out.
    next_pack(desk, laptop, again=True)
    assert len(laptop.pack.terms.adjustments) == 2
    laptop.open()
    laptop.post(laptop.session.plan_adjust(back.slip_no))
    laptop.post(laptop.session.plan_adjust(moved.slip_no))
    laptop.reverse(3)
    ack = laptop.believes(intake.receive(desk.office, batch=laptop.batch()))
    assert ack.differences == 0
    with desk.office.store.reading() as db:
        row = db.get(Book, laptop.pack.book)
        assert row is not None
        assert (row.cash, row.cash_out) == (laptop.session.cash, 60_000)
    # The reversed one waits again; the other is done with.
    next_pack(desk, laptop, datetime.date(2024, 4, 19))
    assert [one.slip_no for one in laptop.pack.terms.adjustments] == [moved.slip_no]
    with pytest.raises(PutRight):
        dispositions.dispose(desk.office, book=book, asked=[Asked(3, 1, "accepted", "FT8")], who="x")
    assert len(first) >= 4


def test_a_slip_carried_out_at_two_tables_is_seen(desk: Desk) -> None:
    laptop = first_session(desk)
    dispose(desk, laptop, Asked(3, 1, "returned", note=WHY))
    second = desk.laptop("B", seed=2)
    for one in (next_pack(desk, laptop), next_pack(desk, second)):
        one.open()
        one.post(one.session.plan_adjust(one.pack.terms.adjustments[0].slip_no))
        intake.receive(desk.office, batch=one.batch())
    with desk.office.store.reading() as db:
        assert [one.code for one in db.exec(select(DifferenceRow))] == ["intake.adjusted-elsewhere"]
        assert len(db.exec(select(ClaimRow)).all()) == 2


def test_somebody_who_left_the_point_has_no_slip_there_and_it_is_said(desk: Desk) -> None:
    laptop = first_session(desk)
    dispose(desk, laptop, Asked(3, 1, "returned", note=WHY))
    with desk.office.store.reading() as db:
        due = findings.due(
            db, point_code=POINT, customers=(), pack_of=lambda book: preparation.pack_of(desk.office, db, book=book)
        )
    assert due == ((), 1)


@pytest.mark.feature(121)
def test_what_was_said_comes_back_from_the_backup_and_goes_on(desk: Desk) -> None:
    laptop = first_session(desk)
    dispose(desk, laptop, Asked(3, 1, "returned", note=WHY))
    dispose(desk, laptop, Asked(4, 1, "accepted", "FT1"))
    before = dispositions.history(desk.office, book=laptop.pack.book)
    desk.office.store.close()
    for file in desk.folder.glob("office.db*"):
        file.unlink()
    office = home.enter(desk.folder, now_s=counting(MORNING + 86_400), draw=drawing("restored"))
    restoration.restore(office)
    assert dispositions.history(office, book=laptop.pack.book) == before
    assert [one.wrong for one in inspection.inspect(office)] == [()]
    back = Desk(office, desk.folder)
    dispose(back, laptop, Asked(4, 1, "suspense", note="hệ thống lõi đảo lại"))
    assert [one.disposition_no for one in taken(back, laptop)] == [1, 2, 3]
    for place in (desk.folder / "backup").rglob("*"):
        assert not place.is_file() or WHY.encode() not in place.read_bytes()
    office.store.close()


def test_money_nobody_could_place_is_placed_once_it_is_booked_or_given_back(desk: Desk) -> None:
    laptop = desk.laptop("A")
    laptop.open()
    person = laptop.pack.terms.customers[0].customer_code
    for _ in range(2):
        laptop.post(laptop.session.plan_suspense(amount=50_000, notes={50_000: 1}, reason="chưa rõ món nào", party=person))
    intake.receive(desk.office, batch=laptop.batch())

    def waiting() -> list[int]:
        return [one.number for one in custody.month(desk.office, wanted=DAY).suspense]

    assert waiting() == [3, 2]
    account = laptop.pack.terms.deposits[0].account_no
    dispose(desk, laptop, Asked(2, 1, "corrected", "FT1", account, "deposit", note="tìm được món"), Asked(3, 1, "returned", note=WHY))
    assert waiting() == [3]
    next_pack(desk, laptop)
    told, back = laptop.pack.terms.adjustments
    assert (told.lines, [one.amount for one in back.lines]) == ((), [-50_000])
    laptop.open()
    laptop.post(laptop.session.plan_adjust(back.slip_no))
    intake.receive(desk.office, batch=laptop.batch())
    assert waiting() == []


def test_a_word_that_was_tampered_with_is_found_by_the_check(desk: Desk) -> None:
    laptop = first_session(desk)
    dispose(desk, laptop, Asked(3, 1, "returned", note=WHY))
    assert [one.wrong for one in inspection.inspect(desk.office)] == [()]
    with desk.office.store.writing() as db:
        db.execute(text("DROP TRIGGER finding_no_update"))
        db.execute(text("UPDATE finding SET place = 2"))
    assert [one.wrong for one in inspection.inspect(desk.office)] == [("dispositions: words not those of the letters",)]


def test_what_was_said_of_a_history_that_is_not_booked_stands_for_what_both_have_in_common(desk: Desk) -> None:
    laptop = first_session(desk)
    dispose(desk, laptop, Asked(3, 1, "returned", note=WHY), Asked(4, 1, "returned", note=WHY))
    book = laptop.pack.book
    with desk.office.store.writing() as db:
        entry = db.get(EntryRow, (book, 4))
        assert entry is not None
        db.add(ForkRow(book=book, number=4, head=b"\1" * 32, raw=b"", batch=entry.batch))
    with desk.office.store.reading() as db:
        assert set(findings.standing(db, book=book)) == {(3, 1), (4, 1)}
        letter = dispositions.history(desk.office, book=book)[0]
        assert set(disposition.standing([findings._in_force(db, changed(letter, head=b"\1" * 32))])) == {(3, 1)}


# The result file


HEAD = "voucher,line,outcome,core_number,account,component,amount,note\n"


def load(desk: Desk, body: str, *, good_only: bool = False) -> results.Taken:
    return results.take(desk.office, raw=("\ufeff" + HEAD + body).encode(), who="tệp", good_only=good_only)


def test_the_core_systems_file_is_taken_whole_and_any_number_of_times(desk: Desk) -> None:
    laptop = first_session(desk)
    rows = [
        f"{text_of(laptop, number)},{place},accepted,FT{number:03d}{place:02d},,,,"
        for number in (2, 3, 4) for place in range(1, len(laptop.entries[number - 1].entry.body.lines) + 1)
    ]  # fmt: skip
    rows[-1] = f'{text_of(laptop, 4)},,returned,,,,,"đã đóng sổ, chờ chi trả"'
    assert load(desk, "\n".join(rows)) == (len(rows), 0, ())
    assert load(desk, "\n".join(rows)) == (0, len(rows), ())
    words = disposition.standing(taken(desk, laptop))
    assert words[4, 1].finding.reason == "đã đóng sổ, chờ chi trả"
    held = dispositions.came_of(desk.office, book=laptop.pack.book).lines
    assert (held["accepted"], held["returned"]) == (len(rows) - 1, 1)


@pytest.mark.feature(91)
def test_bad_rows_are_named_and_keep_the_good_out_only_where_nobody_asked_otherwise(desk: Desk) -> None:
    laptop = first_session(desk)
    good = f"{text_of(laptop, 3)},1,accepted,FT1,,,,"
    bad = [
        "TXN0480701-20240415-Z-000003,1,accepted,FT1,,,,", "abc,1,accepted,FT1,,,,", f"{text_of(laptop, 3)},x,accepted,FT1,,,,",
        f"{text_of(laptop, 3)},1,corrected,FT1,1050,,1.5,x", f"{text_of(laptop, 99)},1,accepted,FT1,,,,",
        f"{text_of(laptop, 3)},1,returned,,,,,", "TXN0480701-20241345-A-000003,1,accepted,FT1,,,,", good + ",more",
    ]  # fmt: skip
    body = "\n".join([*bad, "", good])
    found = load(desk, body)
    assert (found.new, [one.row for one in found.refused]) == (0, [2, 3, 4, 5, 6, 7, 8, 9])
    assert not dispositions.history(desk.office, book=laptop.pack.book)
    assert load(desk, body, good_only=True)[:2] == (1, 0)


@pytest.mark.parametrize("raw", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", HEAD.encode() + b'"x', b"voucher,voucher,outcome\n"])
def test_what_is_no_result_file_says_so(desk: Desk, raw: bytes) -> None:
    with pytest.raises(results.FileUnclear):
        results.take(desk.office, raw=raw, who="x", good_only=True)


def test_the_verbs_say_what_they_did(desk: Desk, tmp_path: Path) -> None:
    laptop = first_session(desk)
    run = CliRunner().invoke
    place = {"env": {"DGD_OFFICE_HOME": str(desk.folder)}}
    book = laptop.pack.book.hex()
    made = run(app, ["dispose", book, "3", "--line", "1", "--outcome", "returned", "--note", WHY], **place)  # type: ignore[arg-type]
    assert (made.exit_code, "1 " in made.output) == (0, True)
    file = tmp_path / "results.csv"
    file.write_text(HEAD + f"{text_of(laptop, 4)},1,accepted,FT1,,,,\n{text_of(laptop, 4)},9,accepted,FT1,,,,\n", encoding="utf-8")
    refused = run(app, ["dispose", "--file", str(file)], **place)  # type: ignore[arg-type]
    assert (refused.exit_code, "dòng 3" in refused.output) == (1, True)
    assert run(app, ["dispose", "--file", str(file), "--good-only"], **place).exit_code == 1  # type: ignore[arg-type]
    assert dispositions.came_of(desk.office, book=laptop.pack.book).lines["accepted"] == 1
    for wrong in (["dispose"], ["dispose", book, "3"], ["dispose", "xyz", "3", "--outcome", "accepted"], ["dispose", book, "--file", str(file)]):
        assert run(app, wrong, **place).exit_code != 0  # type: ignore[arg-type]


# The wire


def test_a_laptop_asks_for_what_it_lacks(desk: Desk, client: TestClient) -> None:
    laptop = first_session(desk)
    book = laptop.pack.book.hex()
    assert client.get(f"/v1/dispositions/{book}").json() == {"dispositions": []}
    dispose(desk, laptop, Asked(3, 1, "returned", note=WHY))
    (one,) = client.get(f"/v1/dispositions/{book}").json()["dispositions"]
    letter = client.get(f"/v1/dispositions/{book}/{one}").content
    assert letter == dispositions.letter(desk.office, book=laptop.pack.book, wanted=bytes.fromhex(one))
    assert WHY.encode() not in letter
    assert client.get(f"/v1/dispositions/{book}/{'0' * 32}").status_code == 404
    with pytest.raises(keys.NotOpened):
        disposition.read_disposition(
            letter, pack=laptop.pack, device_secret=b"\x01" * 32, office_key=laptop.ticket.office.sign_key, taken=(),
            head_at=lambda _n: None,
        )  # fmt: skip


# The pages


@pytest.mark.feature(99)
@pytest.mark.feature(100)
def test_an_officer_says_on_a_page_what_became_of_a_line_and_sees_every_word(desk: Desk, client: TestClient) -> None:
    laptop = first_session(desk)
    book = laptop.pack.book.hex()
    assert client.get(f"/sessions/{book}/vouchers/3").status_code == 303
    sign_in(client)
    path = f"/sessions/{book}/vouchers/3"
    assert "chưa có kết quả" in client.get(path).text
    said = {"token": token(client), "line": "1", "outcome": "returned", "core_number": "", "note": ""}
    assert "thiếu lý do" in client.post(path, data=said).text
    assert client.post(path, data={**said, "note": WHY}).status_code == 303
    assert client.post(path, data={**said, "token": "x", "note": WHY}).status_code == 422
    assert client.post(path, data={**said, "line": "x"}).status_code == 422
    page = client.get(path).text
    assert WHY in page
    assert "Đã báo về máy" in page
    assert "trả lại" in client.get(f"/sessions/{book}").text
    assert taken(desk, laptop)[0].findings[0].reason == WHY
    for strange in (f"/sessions/{book}/vouchers/99", "/sessions/zz/vouchers/1", f"/sessions/{'0' * 32}/vouchers/1"):
        assert client.get(strange).status_code == 404
