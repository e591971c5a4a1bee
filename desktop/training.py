"""A session to practise on, made of the newest pack and thrown away at will.

    home/training/books/<book>.db     one book at most, encrypted like the others

It is a book like any other, by the same rules, with three differences that keep it out of the real ones. Its
terms say `training`, so every page and every paper is marked. Its letter is TAP, so its numbers are its own. Its
id is derived from the pack's book under a label of its own: no office ever made a pack of that id, so no
office takes a batch of it, and `Desk.batch` seals none. What this does not promise: the same people's real
figures stand in it, and it is as secret as a real book.
"""

from pathlib import Path

from desktop import shelf
from desktop.store import Book
from desktop.vault import Unlocked
from sync import keys
from sync.pack import Pack
from sync.records import changed

# Three letters, where the office gives a laptop one: no laptop has this one.
LETTER = "TAP"


def folder(home: Path) -> Path:
    """Where the book to practise on stands."""
    return home / "training"


def pack_of(pack: Pack) -> Pack:
    """The pack to practise with: everything of the real one but what its book and its numbers are."""
    parameters = changed(pack.terms.parameters, training=True)
    return changed(
        pack,
        pack=keys.digest("training-pack/1", pack.pack)[:16],
        letter=LETTER,
        # Half from the laptop as in every book, so a stray letter still names where it came from.
        book=pack.device[:8] + keys.digest("training-book/1", pack.book)[:8],
        terms=changed(pack.terms, parameters=parameters),
    )


def open_book(home: Path, unlocked: Unlocked, *, anew: bool) -> Book:
    """The book to practise on: as it was left, or `anew`; made from the newest pack where there is none.

    Raises `NoBook` before the first pack, and what opening and making a book raise.
    """
    place = folder(home)
    newest = shelf.open_book(home, unlocked, shelf.newest(home, unlocked))
    try:
        pack = pack_of(newest.pack)
    finally:
        newest.close()
    for book in shelf.books(place):
        if anew or book != pack.book:
            shelf.drop_book(place, unlocked, book)
    if not shelf.books(place):
        shelf.make_book(place, unlocked, pack=pack)
    return shelf.open_book(place, unlocked, pack.book)


def discard(home: Path, unlocked: Unlocked) -> None:
    """Throw the book to practise on away."""
    for book in shelf.books(folder(home)):
        shelf.drop_book(folder(home), unlocked, book)
