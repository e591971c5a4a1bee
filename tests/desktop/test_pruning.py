"""What is over leaves the laptop, by the office's word and clock; nothing else does."""

import itertools
import shutil
from pathlib import Path

import pytest

from desktop import shelf, store
from desktop.care import backups, pruning, vault_copies
from desktop.desk import Desk
from desktop.shelf import BookOver
from desktop.ui import opening
from desktop.vault import VaultDamaged
from sync.chain import Moment
from sync.pack import Pack
from tests.desktop.enrolled import Laptop, copied, deposit, opened
from tests.desktop.test_desk import ack
from tests.desktop.test_shelf import LATER, close_book, remade, take
from tests.sync import small

DAY_S = 86_400
OVER_S = pruning.RETENTION_DAYS * DAY_S


def told(desk: Desk, *, office_s: int, safe: bool = True, ack_no: int = 1) -> None:
    """The office's word of all of a book."""
    entries = desk.standing().entries
    desk.take_ack(ack(desk, entries, entries if safe else entries - 1, ack_no=ack_no, lie={"office_s": office_s}))


@pytest.fixture(scope="module")
def served_once(enrolled_laptop: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    """A laptop with a session that is closed, and one two weeks later that has begun; the office knows of neither."""
    laptop = copied(enrolled_laptop, tmp_path_factory.mktemp("served") / "home")
    take(laptop, laptop.pack)
    desk = laptop.desk()
    opened(desk)
    desk.post(deposit(desk))
    close_book(desk)
    backups.take(laptop.home, laptop.unlocked(), desk.book)
    desk.close()
    take(laptop, second(laptop), now_s=small.BEGIN_S + 12 * DAY_S)
    with_second(laptop, lambda desk: opened(desk))
    vault_copies.keep(laptop.home)
    return laptop


@pytest.fixture
def served(served_once: Laptop, tmp_path: Path) -> Laptop:
    laptop = copied(served_once, tmp_path / "served")
    laptop.clock.wall_s = served_once.clock.wall_s
    return laptop


def second(laptop: Laptop) -> Pack:
    return remade(laptop.pack, session_date=LATER)


def with_second(laptop: Laptop, do: object) -> None:
    book = shelf.open_book(laptop.home, laptop.unlocked(), second(laptop).book)
    desk = Desk.open(book, laptop.unlocked(), clock=laptop.clock)
    do(desk)  # type: ignore[operator]
    desk.close()


def with_first(laptop: Laptop, *, office_s: int, safe: bool = True) -> None:
    desk = laptop.desk()
    told(desk, office_s=office_s, safe=safe)
    desk.close()


def prune(laptop: Laptop) -> tuple[bytes, ...]:
    return tuple(one.book for one in pruning.prune(laptop.home, laptop.unlocked()))


def traces(laptop: Laptop) -> list[Path]:
    """Whatever lies about with the first book's name and has something in it."""
    return [path for path in laptop.home.rglob(f"{laptop.pack.book.hex()}*") if path.is_dir() or path.stat().st_size]


def test_a_book_is_erased_when_it_is_safe_and_its_time_is_over_by_the_offices_clock(served: Laptop) -> None:
    with_first(served, office_s=small.BEGIN_S)
    with_second(served, lambda desk: told(desk, office_s=small.BEGIN_S + OVER_S - 1))
    assert prune(served) == ()
    with_second(served, lambda desk: told(desk, office_s=small.BEGIN_S + OVER_S, ack_no=2))
    raw = store.path_of(served.home, served.pack.book).read_bytes()
    key_files = list(served.home.rglob(f"{served.pack.book.hex()}.dgd"))
    assert len(key_files) >= 2, "in the vault and in its copies"
    assert prune(served) == (served.pack.book,)
    assert traces(served) == []
    assert not list(served.home.rglob(f"{served.pack.book.hex()}.dgd*"))
    assert shelf.books(served.home) == (second(served).book,)
    # Whoever kept the file has nothing that opens it.
    store.path_of(served.home, served.pack.book).write_bytes(raw)
    with pytest.raises(VaultDamaged):
        served.unlocked().book_key(served.pack.book)
    assert prune(served) == ()
    assert traces(served) == [], "what was begun is finished"


def test_what_is_not_safe_or_not_closed_or_not_told_stays(served: Laptop) -> None:
    with_second(served, lambda desk: told(desk, office_s=small.BEGIN_S + 2 * OVER_S))
    assert prune(served) == (), "the office never said that it has the first"
    with_first(served, office_s=small.BEGIN_S, safe=False)
    assert prune(served) == (), "not all of it is in the office's backup"
    assert len(shelf.books(served.home)) == 2
    # The second is open, and the newest word is its own: it stays, however late it is.
    assert served.pack.book in shelf.books(served.home)


def test_a_clock_ten_years_ahead_erases_nothing(served: Laptop) -> None:
    with_first(served, office_s=small.BEGIN_S)
    with_second(served, lambda desk: told(desk, office_s=small.BEGIN_S + 13 * DAY_S))
    for years in (1, 10, 100):
        late = Moment(small.BEGIN_S + years * 365 * DAY_S, 1, 2)
        opening.look_around(served.home, served.unlocked(), clock=itertools.repeat(late).__next__)
        assert prune(served) == ()
    assert set(shelf.books(served.home)) == {served.pack.book, second(served).book}


def test_it_happens_by_itself_when_the_laptop_is_opened(served: Laptop) -> None:
    with_first(served, office_s=small.BEGIN_S)
    with_second(served, lambda desk: told(desk, office_s=small.BEGIN_S + OVER_S))
    found = opening.look_around(served.home, served.unlocked(), clock=served.clock)
    assert [one.book for one in found.held] == [second(served).book]
    assert traces(served) == []


def test_a_power_cut_at_any_step_of_erasing_leaves_a_whole_book_or_none(
    served: Laptop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_first(served, office_s=small.BEGIN_S)
    with_second(served, lambda desk: told(desk, office_s=small.BEGIN_S + OVER_S))
    unlink, cuts = Path.unlink, 0
    for at in itertools.count(1):
        laptop = copied(served, tmp_path / f"cut-{at}")
        left = [at]

        def cut(self: Path, missing_ok: bool = False, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise KeyboardInterrupt
            unlink(self, missing_ok=missing_ok)

        monkeypatch.setattr(Path, "unlink", cut)
        try:
            prune(laptop)
        except KeyboardInterrupt:
            cuts += 1
        finally:
            monkeypatch.setattr(Path, "unlink", unlink)
        if left[0] > 0:
            break
        prune(laptop)
        assert traces(laptop) == []
        assert shelf.books(laptop.home) == (second(laptop).book,)
        shutil.rmtree(laptop.home)
    assert cuts >= 3


def test_the_same_session_is_never_begun_again_at_number_one(served: Laptop) -> None:
    with_first(served, office_s=small.BEGIN_S)
    with_second(served, lambda desk: told(desk, office_s=small.BEGIN_S + OVER_S))
    prune(served)
    with pytest.raises(BookOver) as caught:
        take(served, served.pack)
    assert "đã khóa sổ" in caught.value.sentence("vi")
