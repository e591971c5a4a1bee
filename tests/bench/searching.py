"""A name typed letter by letter, against LIKE over the same words in the same book.

The limit here is what one would write first: `'%typed%'` on a column of folded words, in an encrypted
table of the same file. It finds words only in the order they were typed in; the book's search does not
care. The budget is on the slowest hundredth, since that is the keystroke somebody notices.
"""

import statistics
from collections.abc import Iterator
from random import Random

from desktop.search import folded, index_rows
from desktop.store import Book
from sync.terms import Terms
from tests.bench.measure import Budget, Figure, Plan, delayed, interleaved, spread
from tests.bench.point import enrolled

PEOPLE, ANSWERS = 10_000, 50


def typed(terms: Terms, random: Random, people: int) -> Iterator[str]:
    """What stands in the field after each key: a whole name, or its last two words, or a code's end."""
    for one in random.sample(terms.customers, people):
        name = folded(one.full_name)
        for text in (name, " ".join(name.split()[-2:]), one.customer_code[-6:]):
            yield from (text[:end] for end in range(1, len(text) + 1) if text[end - 1] != " ")


def _ordinary(book: Book) -> None:
    """The table that LIKE is asked of, beside the book's own."""
    run = book._connection.execute
    run("CREATE TABLE words (id INTEGER PRIMARY KEY, words TEXT)")
    run("BEGIN IMMEDIATE")
    book._connection.executemany("INSERT INTO words VALUES (?, ?)", index_rows(book.pack))
    run("COMMIT")


def search(plan: Plan) -> Iterator[Figure]:
    """Keystrokes at a point of 10,000 people."""
    book = enrolled(plan.folder / "laptop", plan.random, people=PEOPLE, loans=PEOPLE).new_book()
    _ordinary(book)
    keys = list(typed(book.pack.terms, plan.random, 40))
    plan.random.shuffle(keys)
    like = book._connection.cursor().execute

    def ours(number: int) -> Iterator[None]:
        text = keys[number % len(keys)]
        yield
        book.search(text, limit=ANSWERS)
        yield

    def theirs(number: int) -> Iterator[None]:
        text = keys[number % len(keys)]
        yield
        like("SELECT id FROM words WHERE words LIKE ? LIMIT ?", (f"%{text}%", ANSWERS)).fetchall()
        yield

    # Under the control the slowest of ours is far above a fifth of any LIKE.
    subject = delayed(ours, 0.1, plan.clock) if plan.control else ours
    rounds = plan.rounds_or(len(keys)) if not plan.control else 20
    seconds = interleaved({"ours": subject, "LIKE": theirs}, rounds=rounds, random=plan.random, clock=plan.clock)
    mine, other = ([value * 1e3 for value in seconds[name]] for name in ("ours", "LIKE"))
    paired = statistics.median(one / two for one, two in zip(mine, other, strict=True))
    yield Figure("search", f"a keystroke among {PEOPLE:,} people, without diacritics", "ms", spread(mine),
                 "LIKE over the same words", spread(other), Budget("p99 ratio", 0.2), paired)  # fmt: skip
    book.close()
