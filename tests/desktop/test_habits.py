"""What a laptop remembers across sessions: for everybody of it, sealed, whole or not there, and never in the way."""

import datetime
from collections.abc import Iterable
from pathlib import Path

import pytest

from desktop import habits, shelf
from desktop.desk import Desk
from desktop.habits import HabitTooLong
from sync import keys
from sync.pack import book_id
from sync.records import changed
from tests.desktop.enrolled import Draw, Laptop
from tests.sync import small
from tests.sync.small import CONTROLLER, TELLER

GROUP = small.TERMS.groups[0].group_code
NAME, TEXT = f"leader-columns/{GROUP}", '{"name": "tổ viên Lê Thị Thử", "cash": "mang đến"}'


def file_of(laptop: Laptop) -> Path:
    return laptop.home / "vault" / "habits.dgd"


def asides(laptop: Laptop) -> list[str]:
    return sorted(path.name for path in file_of(laptop).parent.glob("*.aside"))


def found_in(home: Path, words: Iterable[str]) -> list[str]:
    """Files of which a word stands in the name or in the bytes, in one of the encodings of a disk image."""
    needles = [word.encode(coding) for word in words for coding in ("utf-8", "utf-16-le", "utf-16-be")]
    return [
        path.name for path in home.rglob("*")
        if any(one in str(path.relative_to(home)).encode() or (path.is_file() and one in path.read_bytes()) for one in needles)
    ]  # fmt: skip


@pytest.mark.feature(141)
def test_what_one_person_kept_another_finds_in_the_next_months_book(laptop: Laptop) -> None:
    april = laptop.desk(TELLER)
    april.keep_setting(NAME, TEXT)
    april.close()
    terms = laptop.pack.terms
    day = terms.session_date + datetime.timedelta(days=30)
    book = book_id(device=laptop.pack.device, point_code=terms.point.point_code, session_date=day, issue=1)
    pack = changed(laptop.pack, pack=book[::-1], book=book, terms=changed(terms, session_date=day))
    unlocked = laptop.unlocked(CONTROLLER)
    shelf.make_book(laptop.home, unlocked, pack=pack)
    may = Desk.open(shelf.open_book(laptop.home, unlocked, book), unlocked, clock=laptop.clock)
    assert may.setting(NAME) == TEXT
    assert may.setting("leader-columns/9999999") == ""
    may.keep_setting(NAME, "")
    may.close()
    assert laptop.unlocked().setting(NAME) == ""


@pytest.mark.feature(71)
def test_no_file_of_the_laptop_shows_a_group_or_a_word_of_what_is_remembered(laptop: Laptop) -> None:
    unlocked = laptop.unlocked()
    for text in (TEXT, TEXT.upper()):
        unlocked.keep_setting(NAME, text)
    names = {path.name for path in file_of(laptop).parent.glob("habits*")}
    assert names == {"habits.dgd", "habits.dgd.prev"}
    words = (GROUP, "leader-columns", "Lê Thị Thử", "mang đến")
    assert found_in(laptop.home, words) == []
    # The control: a note beside it is found.
    (laptop.home / "note").write_text(f"Tổ {GROUP}", "utf-16")
    assert found_in(laptop.home, words) == ["note"]


@pytest.mark.parametrize("place", [0, 11, 12, 30, -1])
def test_a_damaged_file_is_put_aside_and_the_one_before_it_answers(laptop: Laptop, place: int) -> None:
    unlocked = laptop.unlocked()
    unlocked.keep_setting(NAME, TEXT)
    unlocked.keep_setting("other", "later")
    raw = bytearray(file_of(laptop).read_bytes())
    raw[place] ^= 1
    file_of(laptop).write_bytes(raw)
    assert (unlocked.setting(NAME), unlocked.setting("other")) == (TEXT, "")
    assert asides(laptop) == ["habits.dgd.aside"]
    assert (file_of(laptop).parent / "habits.dgd.aside").read_bytes() == raw
    unlocked.keep_setting("other", "again")
    assert (unlocked.setting(NAME), unlocked.setting("other")) == (TEXT, "again")


@pytest.mark.parametrize("raw", [b"", b"x" * 11, b"a text of somebody", bytes(habits.BYTES_MAX + 100)])
def test_a_file_that_is_none_of_ours_is_put_aside_and_is_empty(laptop: Laptop, raw: bytes) -> None:
    file_of(laptop).write_bytes(raw)
    assert laptop.unlocked().setting(NAME) == ""
    assert asides(laptop) == ["habits.dgd.aside"]
    laptop.unlocked().keep_setting(NAME, TEXT)
    assert laptop.unlocked().setting(NAME) == TEXT


def test_a_sound_file_of_another_laptop_or_of_a_later_version_is_empty(laptop: Laptop) -> None:
    key = keys.derived(laptop.key, label="habits/1", salt=small.DEVICE)
    for bound, version, said in ((b"\x07" * 16, 1, ""), (small.DEVICE, 2, ""), (small.DEVICE, 1, "control")):
        plain = habits._File(version=version, kept=(habits._Habit(name=NAME, text="control"),)).to_bytes()
        file_of(laptop).write_bytes(keys.wrap(key, plain, nonce=Draw()(12), bound=b"habits" + bound))
        assert laptop.unlocked().setting(NAME) == said


def test_what_is_too_long_is_refused_and_what_was_kept_before_stands(laptop: Laptop) -> None:
    unlocked = laptop.unlocked()
    unlocked.keep_setting(NAME, TEXT)
    for name, text in ((NAME, "x" * (habits.TEXT_LETTERS_MAX + 1)), ("x" * (habits.NAME_LETTERS_MAX + 1), "x"), ("", "x")):
        with pytest.raises(HabitTooLong):
            unlocked.keep_setting(name, text)
    assert unlocked.setting(NAME) == TEXT


def test_past_its_length_the_file_forgets_what_was_used_longest_ago(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(habits, "BYTES_MAX", 2_000)
    unlocked = laptop.unlocked()
    for at in range(10):
        unlocked.keep_setting("first", "used every time")
        unlocked.keep_setting(f"group {at}", "x" * 400)
    assert file_of(laptop).stat().st_size < 2_100
    assert [bool(unlocked.setting(f"group {at}")) for at in range(10)] == [*[False] * 6, *[True] * 4]
    assert unlocked.setting("first") == "used every time"


def test_a_locked_laptop_neither_tells_nor_keeps_nor_puts_anything_aside(laptop: Laptop) -> None:
    unlocked = laptop.unlocked()
    unlocked.keep_setting(NAME, TEXT)
    before = file_of(laptop).read_bytes()
    unlocked.lock()
    with pytest.raises(keys.NotOpened):
        unlocked.setting(NAME)
    with pytest.raises(keys.NotOpened):
        unlocked.keep_setting(NAME, "")
    assert file_of(laptop).read_bytes() == before
    assert asides(laptop) == []
