"""A voucher and its paper: nothing comes out that the book does not hold, and no original comes out twice without its mark."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop import script
from desktop.desk import Desk
from desktop.files import NotWritten
from desktop.press.printers import PaperOut, PrinterSilent
from desktop.press.tray import Tray, name_of
from desktop.store import Begun, Book, DiskFull, NothingToPrint, PaperThere
from desktop.words import Words
from sync.chain import Sealed
from sync.errors import Refusal
from tests.desktop.enrolled import Laptop, deposit, opened

VI = Words("vi")
FOLDER = '{"kind": "folder"}'


def begun(number: int, copy_of: int = 0, printer: str = "máy in") -> Begun:
    return Begun(number, copy_of, 2, printer)


def posted(desk: Desk, vouchers: int = 3) -> Desk:
    opened(desk)
    for at in range(1, vouchers):
        desk.post(deposit(desk, 50_000 + at))
    return desk


# --- the book


@pytest.mark.feature(52)
def test_a_job_waits_is_begun_and_is_done_and_stays_so_whatever_happens_to_the_program(laptop: Laptop) -> None:
    desk = posted(laptop.desk())
    assert (desk.waiting(), desk.begun(), desk.standing().doubtful) == ((1, 2, 3), (), 0)
    desk.begin_print(begun(1))
    desk.begin_print(begun(2))
    desk.mark_printed(1, sheets=2)
    desk.close()
    again = laptop.desk()
    assert (again.waiting(), again.begun(), again.unprinted()) == ((3,), (begun(2),), (2, 3))
    assert (again.standing().unprinted, again.standing().doubtful) == (2, 1)
    again.not_printed(2)
    assert (again.waiting(), again.begun(), again.standing().doubtful) == ((2, 3), (), 0)


def test_an_original_that_is_or_may_be_out_is_never_begun_again(laptop: Laptop) -> None:
    desk = posted(laptop.desk())
    desk.begin_print(begun(1))
    with pytest.raises(PaperThere):
        desk.begin_print(begun(1))
    desk.mark_printed(1, sheets=2)
    with pytest.raises(PaperThere):
        desk.begin_print(begun(1))
    assert desk.book.sheets()[1] == 2


@pytest.mark.feature(57)
def test_a_copy_in_place_of_what_is_in_doubt_counts_both(laptop: Laptop) -> None:
    desk = posted(laptop.desk())
    desk.begin_print(begun(1))
    desk.begin_print(begun(1, 1))
    # The printer had no paper for the copy: the same copy again, and nothing is counted again.
    desk.begin_print(begun(1, 1))
    assert (desk.begun(), desk.book.sheets()[1]) == ((begun(1, 1),), 2)
    desk.mark_printed(1, sheets=2)
    assert (desk.begun(), desk.book.sheets()[1]) == ((), 4)


@pytest.mark.feature(51, 52)
def test_nothing_is_printed_for_a_number_the_book_does_not_hold(laptop: Laptop, tmp_path: Path) -> None:
    desk = posted(laptop.desk())
    tray = Tray(tmp_path / "tray")
    for number in (0, 4, 99):
        with pytest.raises(NothingToPrint):
            desk.begin_print(begun(number))
        with pytest.raises(Refusal):
            tray.voucher(desk, number, words=VI)
    assert not tray.folder.exists()


def test_an_older_book_learns_what_may_be_on_paper(laptop: Laptop) -> None:
    desk = posted(laptop.desk())
    desk.book._connection.execute("DROP TABLE print_begun")
    desk.book.close()
    assert laptop.desk().waiting() == (1, 2, 3)


# --- a session from a file


class Printer:
    """Does what it is told for each voucher in turn: `ok`, `fails` (nothing came out), `doubt`, `dies` before or after it."""

    place = "máy in thử"

    def __init__(self, plan: list[str], out: list[tuple[int, bool]]) -> None:
        self.plan, self.out = plan, out

    def look(self) -> None:
        """It says nothing before it prints."""

    def voucher(self, desk: Desk, number: int, *, words: Words) -> int:
        del words
        told = self.plan.pop(0) if self.plan else "ok"
        assert desk.voucher(number).entry.number == number
        if told == "fails":
            raise PaperOut(printer=self.place)
        if told == "dies before":
            raise PowerCut
        self.out.append((number, False))
        if told == "doubt":
            raise PrinterSilent(printer=self.place, doubtful=True)
        if told == "dies after":
            raise PowerCut
        return 2

    def came_out(self, name: str) -> None:
        """Like most printers, it cannot tell."""


class PowerCut(Exception):
    """The program is gone; what was written is there."""


class Table:
    """All of a table that printing asks for."""

    def __init__(self, desk: Desk, printer: object) -> None:
        self.desk, self.printer = desk, printer


def tried(laptop: Laptop, printer: object) -> Desk:
    """A program that starts, prints what waits, and may die of it; the desk as the next one finds it."""
    desk = laptop.desk()
    with suppress(PowerCut):
        script.print_waiting(Table(desk, printer))  # type: ignore[arg-type]
    desk.close()
    return laptop.desk()


def originals(out: list[tuple[int, bool]]) -> list[int]:
    return [number for number, copy in out if not copy]


@pytest.mark.feature(58)
def test_no_plan_of_failures_makes_a_second_original_or_loses_a_voucher(laptop: Laptop) -> None:
    desk = posted(laptop.desk(), vouchers=4)
    desk.close()

    @settings(max_examples=8)
    @given(st.lists(st.sampled_from(("ok", "fails", "doubt", "dies before", "dies after")), max_size=5))
    def one_morning(plan: list[str]) -> None:
        book = laptop.open_book()
        for number in book.sheets():
            book.not_printed(number)
        book._connection.execute("UPDATE print_job SET sheets = 0")
        book.close()
        out: list[tuple[int, bool]] = []
        left = list(plan)
        waiting: tuple[int, ...] = (1,)
        while waiting:
            desk = laptop.desk()
            with suppress(PowerCut):
                script.print_waiting(Table(desk, Printer(left, out)))  # type: ignore[arg-type]
            doubtful, waiting, sheets = {one.number for one in desk.begun()}, desk.waiting(), desk.book.sheets()
            desk.close()
        counted = {number for number, count in sheets.items() if count}
        assert len(originals(out)) == len(set(originals(out)))
        # Every number is accounted for, and what is out is never said to wait.
        assert doubtful | counted == {1, 2, 3, 4}
        assert counted <= set(originals(out)) <= doubtful | counted

    one_morning()


def test_control_a_program_that_does_not_say_that_it_begins_prints_originals_twice(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Desk, "begin_print", lambda *_: None)
    posted(laptop.desk()).close()
    out: list[tuple[int, bool]] = []
    plan = ["dies after"]
    for _ in range(2):
        tried(laptop, Printer(plan, out)).close()
    assert originals(out).count(1) == 2


def test_a_folder_answers_for_itself_what_became_of_its_paper(laptop: Laptop, tmp_path: Path) -> None:
    desk = posted(laptop.desk())
    tray = Tray(tmp_path / "tray")
    # Killed right after the first file was there, and right before the second.
    for number in (1, 2):
        desk.begin_print(begun(number, printer=tray.place))
    tray.voucher(desk, 1, words=VI)
    before = (tray.folder / f"{name_of(desk, 1, copy_of=0)}.pdf").stat().st_mtime_ns
    desk.close()
    again = tried(laptop, tray)
    assert (again.unprinted(), again.begun()) == ((), ())
    assert again.book.sheets() == {1: 2, 2: 2, 3: 2}
    assert (tray.folder / f"{name_of(again, 1, copy_of=0)}.pdf").stat().st_mtime_ns == before
    # Another folder cannot answer for it.
    again.begin_print(begun(3, 1, printer=Tray(tmp_path / "other").place))
    again.close()
    assert tried(laptop, tray).begun()[0].number == 3


def test_a_folder_that_is_away_leaves_its_paper_to_a_person(laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed when the original was on the stick and the book did not say so yet; then the stick was pulled out."""
    desk = posted(laptop.desk())
    stick, away = tmp_path / "stick", tmp_path / "away"
    tray = Tray(stick)
    tray.look()
    desk.begin_print(begun(1, printer=tray.place))
    tray.voucher(desk, 1, words=VI)
    desk.close()
    stick.rename(away)
    again = tried(laptop, tray)
    assert [one.number for one in again.begun()] == [1]
    assert not (stick / f"{name_of(again, 1, copy_of=0)}.pdf").exists()
    again.close()
    monkeypatch.setattr(Path, "is_dir", lambda _self: (_ for _ in ()).throw(PermissionError()))
    assert tray.came_out("x") is None


def test_a_folder_that_cannot_be_made_says_so_before_anything_is_begun(laptop: Laptop, tmp_path: Path) -> None:
    (tmp_path / "tray").write_text("a file", encoding="utf-8")
    with pytest.raises(NotWritten):
        Tray(tmp_path / "tray").look()
    posted(laptop.desk()).close()
    desk = tried(laptop, Tray(tmp_path / "tray"))
    assert (desk.begun(), len(desk.waiting())) == ((), 3)
    desk.close()


@pytest.mark.parametrize("fault", [DiskFull()])
def test_where_the_book_cannot_say_that_it_begins_nothing_is_printed(laptop: Laptop, tmp_path: Path, fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    posted(laptop.desk()).close()

    def refuse(*_: object) -> None:
        raise fault

    monkeypatch.setattr(Book, "begin_print", refuse)
    assert tried(laptop, Tray(tmp_path / "tray")).waiting() == (1, 2, 3)
    assert not list((tmp_path / "tray").iterdir())


# --- a voucher that was not kept has no paper


def paper_after(laptop: Laptop, folder: Path, append: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What lies in the tray after a post whose commit is played by `append`."""
    desk = posted(laptop.desk(), vouchers=1)
    tray = Tray(folder)
    script.print_waiting(Table(desk, tray))  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        patched.setattr(Book, "append", append)
        with suppress(DiskFull):
            desk.post(deposit(desk))
    script.print_waiting(Table(desk, tray))  # type: ignore[arg-type]
    return sorted(path.name for path in folder.iterdir())


def refusing(_book: Book, _sealed: Sealed, **_more: object) -> None:
    raise DiskFull


def lying(book: Book, sealed: Sealed, **_more: object) -> None:
    """Makes the print job, and keeps no entry."""
    book._connection.execute("INSERT INTO print_job VALUES (?, 0)", (sealed.entry.number,))


@pytest.mark.feature(52)
def test_a_post_that_was_refused_leaves_no_paper(laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(paper_after(laptop, tmp_path / "tray", refusing, monkeypatch)) == 1


def test_control_a_job_without_its_entry_is_found_out(laptop: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NothingToPrint):
        paper_after(laptop, tmp_path / "tray", lying, monkeypatch)
    assert len(list((tmp_path / "tray").iterdir())) == 1
