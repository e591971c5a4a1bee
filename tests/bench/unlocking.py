"""Unlocking, against the bare Argon2id that it pays for on purpose, and opening a book again.

Argon2id is a cost chosen against a thief, so the rest of unlocking must not be felt beside it. Opening
a book again checks everything in it; its limit is that many Ed25519 signatures verified one by one.
"""

import secrets
from collections.abc import Iterator

from desktop import vault
from desktop.desk import Desk
from sync import keys
from sync.chain import Entry, head_of, stub_of
from sync.records import from_bytes
from tests.bench.measure import Budget, Figure, Plan, compared, delayed, interleaved, spread
from tests.bench.point import BEGIN_S, PASSPHRASE, Clock, enrolled
from tests.bench.posting import visit

ENTRIES = 10_000


def unlock(plan: Plan) -> Iterator[Figure]:
    """A right passphrase, at the least cost the vault allows: any dearer one hides more."""
    home = plan.folder / "laptop"
    enrolled(home, plan.random, people=60, loans=60)
    stretch = keys.Stretch(
        salt=plan.random.randbytes(16), memory_kib=vault.FLOOR.memory_kib, iterations=vault.FLOOR.iterations,
        lanes=vault.FLOOR.lanes,
    )  # fmt: skip

    def ours(_number: int) -> Iterator[None]:
        yield
        opened = vault.Vault(home, draw=secrets.token_bytes, keystore=None)
        opened.unlock("GDV01", passphrase=PASSPHRASE, now_s=BEGIN_S)
        yield

    def theirs(_number: int) -> Iterator[None]:
        yield
        keys.stretched(PASSPHRASE, stretch)
        yield

    yield from compared(
        plan, name="unlock", what=f"the vault, {stretch.memory_kib // 1024} MiB", subject=ours,
        limit_what="bare Argon2id", limit=theirs, budget=Budget("ratio", 1.05), usual_rounds=25,
    )  # fmt: skip


def reopen(plan: Plan) -> Iterator[Figure]:
    """A book of 10,000 entries: its links alone, and everything about it."""
    laptop = enrolled(plan.folder / "laptop", plan.random)
    clock = Clock()
    desk = laptop.new_desk(clock)
    # Written with no flush at all: how they came there is not what is measured.
    desk.book._connection.execute("PRAGMA synchronous = OFF")
    coming = visit(desk, clock, plan.random)
    while len(desk.session.bodies) < ENTRIES:
        desk.post(next(coming))
    book, device_key = desk.book, keys.sign_public(laptop.unlocked.device_seed)
    sealed = list(book.sealed())
    signed = [(stub_of(one.entry, one.head).to_bytes(), one.signature, one.head) for one in sealed]

    def links(_number: int) -> Iterator[None]:
        yield
        rows = book._cursor.execute("SELECT raw, head FROM entry ORDER BY number").fetchall()
        prev = bytes(32)
        for raw, head in rows:
            if head_of(raw) != head or from_bytes(Entry, raw).prev != prev:
                raise ValueError("the book is not sound")
            prev = head
        yield

    def verifies(_number: int) -> Iterator[None]:
        yield
        for stub, signature, _ in signed:
            keys.verify(device_key, "entry/1", stub, signature, what="entry")
        yield

    opened: list[Desk] = []

    def everything(_number: int) -> Iterator[None]:
        yield
        opened.append(Desk.open(book, laptop.unlocked, clock=clock))
        yield
        opened.pop()

    hashes = delayed(links, 0.05, plan.clock) if plan.control else links
    alone = interleaved({"": hashes}, rounds=plan.rounds_or(9), random=plan.random, clock=plan.clock, warm=1)[""]
    yield Figure("reopen links", f"{ENTRIES:,} entries read, their hashes and links checked", "ms",
                 spread([value * 1e3 for value in alone]), budget=Budget("median", 50))  # fmt: skip
    yield from compared(
        plan, name="reopen", what=f"a desk on {ENTRIES:,} entries: links, signatures, rules, balances",
        subject=everything, limit_what="that many Ed25519 verifications alone", limit=verifies,
        budget=Budget("ratio", 1.1), usual_rounds=5, warm=1,
    )  # fmt: skip
    book.close()
