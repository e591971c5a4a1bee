"""Two books of one session that moved the same account, paid the same slip or took one group: a case, and both stand."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sync import keys
from sync.office import cases, decisions, devices, home, intake, preparation, restoration, splitting
from sync.office.cases import Case
from sync.office.home import Office
from sync.office.restoration import Restored
from sync.office.store import Book, EntryRow
from sync.records import changed, from_bytes
from sync.voucher import Body, Wish, line_of
from tests.journeys.table import some_groups
from tests.office.conftest import DAY, POINT, make_office
from tests.office.laptop import Laptop


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = make_office(tmp_path / "office", export=some_groups(4))
    yield made
    made.store.close()


@pytest.fixture
def both(office: Office) -> tuple[Laptop, Laptop]:
    """Two laptops that know nothing of leases: whatever they are asked to post, they post."""
    made = []
    for seed, letter in enumerate("AB", start=1):
        laptop = Laptop(devices.invite(office, letter=letter), seed=seed)
        devices.enrol(office, answer=laptop.answer())
        made.append(laptop)
    packs = splitting.prepare(office, point_code=POINT, session_date=DAY, letters=["A", "B"], chosen={}, again=False)
    for laptop, one in zip(made, packs, strict=True):
        laptop.take(one.sealed)
        laptop.open()
    return made[0], made[1]


def collisions(office: Office) -> tuple[Case, ...]:
    return tuple(one for one in cases.listed(office) if one.kind == "collision")


def send(office: Office, *laptops: Laptop) -> None:
    for one in laptops:
        one.believes(intake.receive(office, batch=one.batch()))


def deposit_of(laptop: Laptop, group: str) -> Wish:
    terms = laptop.pack.terms
    member = next(one for one in terms.customers if one.group_code == group and laptop.session.roll.member_deposit(one.customer_code))
    account = laptop.session.roll.member_deposit(member.customer_code)
    assert account
    return Wish("TT", account.account_no, 50_000)


def test_laptops_that_keep_to_their_share_raise_nothing(office: Office, both: tuple[Laptop, Laptop]) -> None:
    for one in both:
        for group in one.pack.groups[:2]:
            one.hand_in(group)
    send(office, *both)
    assert collisions(office) == ()


@pytest.mark.parametrize("way", ["account", "group", "slip"])
def test_what_both_did_is_a_case_with_the_paper_of_each_and_both_stand(
    office: Office, both: tuple[Laptop, Laptop], way: str
) -> None:
    a, b = both
    group = a.pack.groups[0]
    match way:
        case "account":
            for one in both:
                wish = deposit_of(one, group)
                one.post(one.session.plan_visit(one.session.roll.owner(wish.account), wishes=[wish]))
        case "group":
            a.hand_in(group, members=2)
            rows = b.session.members(group)[4:6]
            cash = {row.customer_code: row.suggestion for row in rows}
            leader = b.session.roll.groups[group].leader
            b.post(b.session.plan_group(group, by=leader, cash=cash, interest={}, notes={1_000: sum(cash.values()) // 1_000}))
        case "slip":
            slip = next(one.slip_no for one in a.pack.terms.payouts if one.kind == "commission")
            for one in both:
                one.pay(slip)
    send(office, *both)
    (found,) = collisions(office)
    assert found.open
    assert "máy B và máy A" in found.vi
    assert [one.number[-8:] for one in found.papers] == ["B-000002", "A-000002"]
    with office.store.reading() as db:
        for one in both:
            book = db.get(Book, one.pack.book)
            assert book is not None
            assert (book.received, book.cash, book.frozen) == (2, one.session.cash, "")
            assert db.get(EntryRow, (one.pack.book, 2)) is not None
    # Sent again it is the same case, and settled it stays settled.
    send(office, *both)
    assert len(collisions(office)) == 1
    cases.settle(office, case=found.case_id, note="Đã xem hai biên lai, máy B đảo ở phiên sau", who="gd")
    send(office, *both)
    assert not collisions(office)[0].open


def person_of(laptop: Laptop, group: str) -> tuple[str, str, str]:
    """A member of a group with money on a deposit account and a loan on which interest is due: code, account, loan."""
    roll = laptop.session.roll
    for one in roll.members(group):
        account = roll.member_deposit(one.customer_code)
        loan = next((one for one in roll.loans_of(one.customer_code) if one.balance_in_term > 0), None)
        if account and loan and laptop.session.balance(account.account_no, "deposit") > 10_000:
            return one.customer_code, account.account_no, loan.loan_code
    raise AssertionError(group)


def pays_loan(laptop: Laptop, person: str, loan: str) -> None:
    laptop.post(laptop.session.plan_visit(person, wishes=[Wish("TL", loan, None)]))


def deposits(laptop: Laptop, person: str, account: str) -> None:
    laptop.post(laptop.session.plan_visit(person, wishes=[Wish("TT", account, 50_000)]))


@pytest.mark.parametrize("way", ["two accounts", "hand-in", "adjustment", "withdrawal", "group"])
def test_one_person_served_at_both_on_different_accounts_is_a_case(
    office: Office, both: tuple[Laptop, Laptop], way: str
) -> None:
    a, b = both
    person, account, loan = person_of(a, a.pack.groups[0])
    match way:
        case "two accounts":
            deposits(a, person, account)
            pays_loan(b, person, loan)
        case "hand-in":
            group = a.session.roll.groups[a.pack.groups[0]]
            a.force(Body(kind="group", party=group.group_code, by=group.leader, lines=(line_of("TT", account, "deposit", 50_000),)))
            pays_loan(b, person, loan)
        case "adjustment":
            deposits(a, person, account)
            b.force(Body(kind="adjust", party=person, by=person, slip="DC-1"))
        case "withdrawal":
            pays_loan(a, person, loan)
            b.post(b.session.plan_visit(person, wishes=[Wish("RT", account, 10_000)]))
        case "group":
            slip = next(one for one in a.pack.terms.payouts if one.kind == "commission")
            a.pay(slip.slip_no)
            b.hand_in(slip.group_code, members=2)
    send(office, a, b)
    (found,) = collisions(office)
    assert [one.number[-8:] for one in found.papers] == ["B-000002", "A-000002"]
    with office.store.reading() as db:
        assert [db.get(Book, one.pack.book).received for one in both] == [2, 2]  # type: ignore[union-attr]
    send(office, b, a)
    assert len(collisions(office)) == 1


def test_two_people_of_one_group_collide_with_nobody(office: Office, both: tuple[Laptop, Laptop]) -> None:
    a, b = both
    person, account, _ = person_of(a, a.pack.groups[0])
    deposits(a, person, account)
    other = next(one for one in b.session.roll.members(a.pack.groups[0]) if one.customer_code != person)
    held = b.session.roll.member_deposit(other.customer_code)
    assert held
    deposits(b, other.customer_code, held.account_no)
    # What is only asked for, or put down for nobody yet, is served by nobody.
    b.post(b.session.plan_request(request="suggestion", party=person, text="Xin thêm ghế ngồi"))
    send(office, a, b)
    assert collisions(office) == ()


def test_what_was_reversed_before_the_other_served_collides_with_nothing(office: Office, both: tuple[Laptop, Laptop]) -> None:
    a, b = both
    wish = deposit_of(a, a.pack.groups[0])
    customer = a.session.roll.owner(wish.account)
    number = a.post(a.session.plan_visit(customer, wishes=[wish])).entry.number
    a.reverse(number)
    b.post(b.session.plan_visit(customer, wishes=[wish]))
    send(office, a, b)
    assert collisions(office) == ()


def both_served(office: Office, both: tuple[Laptop, Laptop]) -> None:
    """Two people at both laptops, heard in one order; the first one's case is settled."""
    a, b = both
    person, account, loan = person_of(a, a.pack.groups[0])
    deposits(a, person, account)
    pays_loan(b, person, loan)
    send(office, a, b)
    (found,) = collisions(office)
    cases.settle(office, case=found.case_id, note="Đã xem hai biên lai, cả hai đều đúng", who="gd")
    group = a.pack.groups[1]
    for one in both:
        one.hand_in(group, members=2)
    send(office, b, a)


def anew(office: Office, folder: Path, *, backup: Path | None = None) -> Office:
    return put_back(office, folder, backup=backup)[0]


def put_back(office: Office, folder: Path, *, backup: Path | None = None) -> tuple[Office, Restored]:
    """The same office with an empty database and its backup, or an older copy of that, and what came back."""
    shutil.copytree(folder / "office", folder / "anew")
    for one in (folder / "anew").glob("office.db*"):
        one.unlink()
    if backup is not None:
        shutil.rmtree(folder / "anew" / "backup")
        shutil.copytree(backup, folder / "anew" / "backup")
    made = home.enter(folder / "anew", now_s=office.now_s, draw=office.draw)
    return made, restoration.restore(made)


def of(found: Sequence[Case]) -> list[tuple[object, ...]]:
    return sorted((one.case_id, one.number, one.open, one.papers, one.raised_s, one.vi) for one in found)


@pytest.mark.parametrize("turned", [False, True])
def test_cases_come_back_from_the_backup_as_they_were_whichever_book_lies_first(
    office: Office, both: tuple[Laptop, Laptop], tmp_path: Path, turned: bool
) -> None:
    both_served(office, both[::-1] if turned else both)
    before = of(collisions(office))
    assert [row[2] for row in before].count(True) == 1
    assert len(before) == 2
    # Nobody's name lies there in clear.
    kept = [file.read_bytes() for file in (tmp_path / "office" / "backup" / "cases").iterdir()]
    assert len(kept) == 2
    assert not any(row[5].split(":")[0].encode() in raw for row in before for raw in kept)  # type: ignore[attr-defined]
    restored = anew(office, tmp_path)
    assert of(collisions(restored)) == before
    # Letters that come once more raise nothing anew.
    send(restored, *both)
    assert of(collisions(restored)) == before
    restored.store.close()


def test_a_case_that_somebody_edits_or_takes_out_of_the_backup_is_noticed_when_it_is_put_back(
    office: Office, both: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    both_served(office, both)
    first, second = sorted(collisions(office), key=lambda one: (one.raised_s, one.case_id))
    # What no letter says again, and the last of all names those before it.
    with office.store.writing() as db:
        typed = [cases.raise_case(office, db, kind="rebuilt", book=both[0].pack.book, number=n, vi="Thiếu", en="Missing") for n in (90, 91, 92)]
    cases.back_up(office)
    kept, end = tmp_path / "office" / "backup", typed[-1].hex()
    order = sorted(cases.listed(office), key=lambda one: (one.raised_s, one.case_id))
    gone = next(one.case_id for one in order if one.kind == "rebuilt")
    word = next((kept / "settled").iterdir())
    said = word.read_bytes()
    # Whoever knows the office's public key seals what they like to it.
    place, info = kept / "cases" / second.case_id, b"dgd/case-copy/1\0" + bytes.fromhex(second.case_id)
    mild = changed(from_bytes(cases._Copy, keys.open_sealed(office.seal_secret, place.read_bytes(), info=info, what="case")), vi="Không có gì")
    place.write_bytes(keys.seal(office.public().seal_key, mild.to_bytes(), info=info))
    (kept / "cases" / gone).unlink()
    # Another case under its name, and a settlement of its own making and one more time under another name.
    shutil.copy(kept / "cases" / first.case_id, kept / "cases" / ("00" * 16))
    (kept / "settled" / "999999999999-0000000000000000").write_bytes(said.replace(bytes.fromhex(first.case_id), bytes.fromhex(end)))
    (kept / "settled" / "999999999999-1111111111111111").write_bytes(said)
    restored, back = put_back(office, tmp_path)
    assert (back.cases_lost, back.cases_altered) == (1, 3)
    found = {one.case_id: one for one in cases.listed(restored)}
    # The edited one the letters say again, and nobody settled anything but the first.
    assert set(found) == {first.case_id, second.case_id, *(one.hex() for one in typed)} - {gone}
    assert (found[second.case_id].vi, found[second.case_id].papers) == (second.vi, second.papers)
    assert [one.case_id for one in found.values() if not one.open] == [first.case_id]
    restored.store.close()


def test_control_a_backup_that_nobody_touched_lacks_nothing(office: Office, both: tuple[Laptop, Laptop], tmp_path: Path) -> None:
    both_served(office, both)
    restored, back = put_back(office, tmp_path)
    assert (back.cases_lost, back.cases_altered) == (0, 0)
    restored.store.close()


def test_an_office_put_back_from_an_older_backup_finds_again_what_both_did_when_the_letters_come(
    office: Office, both: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    send(office, *both)
    shutil.copytree(tmp_path / "office" / "backup", tmp_path / "older")
    both_served(office, both)
    restored = anew(office, tmp_path, backup=tmp_path / "older")
    assert collisions(restored) == ()
    for one in both:
        intake.receive(restored, batch=one.batch(2))
    found = collisions(restored)
    assert sorted({paper.number[-8:] for one in found for paper in one.papers}) == ["A-000002", "A-000003", "B-000002", "B-000003"]
    for one in both:
        intake.receive(restored, batch=one.batch(2))
    assert of(collisions(restored)) == of(found)
    restored.store.close()


def test_a_backup_made_before_cases_were_kept_still_brings_what_letters_say(
    office: Office, both: tuple[Laptop, Laptop], tmp_path: Path
) -> None:
    both_served(office, both)
    shutil.rmtree(tmp_path / "office" / "backup" / "cases")
    restored = anew(office, tmp_path)
    assert len(collisions(restored)) == 2
    restored.store.close()


def test_a_branch_that_is_booked_by_a_decision_is_looked_at_too(office: Office, both: tuple[Laptop, Laptop]) -> None:
    a, b = both
    person, account, loan = person_of(a, a.pack.groups[0])
    clone = Laptop(a.ticket_raw, seed=1)
    clone.take(preparation.fetch(office, device=a.device, wanted=None))
    clone.open()
    clone.hand_in(a.pack.groups[1], members=1)
    deposits(a, person, account)
    pays_loan(b, person, loan)
    for one in (clone, a, b):
        intake.receive(office, batch=one.batch())
    # A's own entry stands beside the book of its clone until somebody decides for it.
    assert collisions(office) == ()
    decisions.decide(office, book=a.pack.book, number=2, keep=a.entries[1].head.hex(), reason="biên lai của máy thật", who="gd")
    (found,) = collisions(office)
    assert sorted(one.number[-8:] for one in found.papers) == ["A-000002", "B-000002"]


def test_a_case_is_found_whichever_book_comes_first_and_entry_by_entry(office: Office, both: tuple[Laptop, Laptop]) -> None:
    a, b = both
    group = b.pack.groups[0]
    b.hand_in(group, members=3)
    wish = deposit_of(a, group)
    a.post(a.session.plan_visit(a.session.roll.owner(wish.account), wishes=[wish]))
    a.post(a.session.plan_visit(a.session.roll.owner(wish.account), wishes=[wish._replace(amount=60_000)]))
    send(office, b)
    assert collisions(office) == ()
    intake.receive(office, batch=a.batch(1, 2))
    assert len(collisions(office)) == 1
    intake.receive(office, batch=a.batch(3))
    assert {one.number for one in collisions(office)} == {2, 3}
