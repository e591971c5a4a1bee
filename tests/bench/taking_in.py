"""The office takes in a morning: everything checked again, stored, backed up and signed for.

The limit only stores: the same rows into the same tables of a plain SQLite file with executemany, one
durable commit. What lies between the two is opening, rebuilding the chain, every rule, and the backup.
Books are counted for one process; whatever several at once come to depends on the database.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from sync import keys
from sync.office import home, intake
from sync.office.home import Office
from sync.office.store import Book, Device, PackRow
from sync.pack import Pack
from sync.protocol import seal_batch, verify_ack
from sync.records import packed
from tests.bench.measure import Budget, Figure, Plan, Spread, delayed, interleaved, spread
from tests.bench.morning import written
from tests.bench.point import BEGIN_S, DAY, POINT, OfficeKeys, made_up_terms, pack_for

ENTRIES = 2_000
# 600 mornings that end within the hour after noon must not queue; two processes of an office do twice this.
BOOKS_A_MINUTE = 300


def _office(plan: Plan) -> Office:
    folder = plan.folder / "office"
    home.found(folder, name="Phòng giao dịch Thử Nghiệm", database="", backup="", draw=plan.random.randbytes)
    return home.enter(folder, now_s=lambda: BEGIN_S + 20_000, draw=plan.random.randbytes)


def give_out(office: Office, pack: Pack) -> None:
    """What the office keeps when it has made a pack: for each issue as if at a point of its own, since books of one
    session are held against each other."""
    point = f"{POINT}-{pack.issue}"
    copy = keys.seal(
        keys.seal_public(office.seal_secret), packed(pack.to_bytes()), info=b"dgd/pack-copy/1\0" + pack.pack
    )
    with office.store.writing() as db:
        db.add(
            PackRow(
                pack=pack.pack, book=pack.book, device=pack.device, point_code=point, session_date=DAY,
                issue=pack.issue, prepared_s=BEGIN_S, expires_s=pack.expires_s, office_copy=copy, sealed=b"",
                superseded=False,
            )
        )  # fmt: skip
        db.add(
            Book(
                book=pack.book, root=pack.book, pack=pack.pack, device=pack.device, letter="A", point_code=point,
                point_name=pack.terms.point.point_name, session_date=DAY, team="", received=0, head=bytes(32), safe=0,
                cash=0, cash_in=0, cash_out=0, opening=0, state="prepared", frozen="", differences=0,
            )
        )  # fmt: skip


def take_in(plan: Plan) -> Iterator[Figure]:
    """Books of 2,000 entries, one after another, on SQLite."""
    random, office = plan.random, _office(plan)
    device, device_seed = random.randbytes(16), random.randbytes(32)
    seeds = {one: random.randbytes(32) for one in ("GDV01", "KSV01", "TTR01")}
    terms = made_up_terms(random, staff_keys={one: keys.sign_public(seed) for one, seed in seeds.items()})
    known = OfficeKeys(office.sign_seed, office.seal_secret, office.public())
    with office.store.writing() as db:
        db.add(Device(device=device, letter="A", ticket=b"", code=b"", answer=b"", made_s=BEGIN_S, enrolled_s=BEGIN_S,
                      sign_key=keys.sign_public(device_seed)))  # fmt: skip
    rounds = plan.rounds_or(5)
    batches = []
    for issue in range(1, rounds + 2):
        pack = pack_for(terms, known, device=device, issue=issue)
        give_out(office, pack)
        sealed = written(pack, random, entries=ENTRIES, device_seed=device_seed, seeds=seeds)
        batches.append(seal_batch(sealed, pack=pack, office_key=known.public.seal_key, device_seed=device_seed))

    def ours(number: int) -> Iterator[None]:
        yield
        ack = intake.receive(office, batch=batches[number])
        yield
        taken = verify_ack(ack, office_key=office.sign_key)
        if (taken.received, taken.safe, taken.differences) != (ENTRIES, ENTRIES, 0):
            raise ValueError("the office did not take the whole book")

    subject = delayed(ours, 60 / BOOKS_A_MINUTE, plan.clock) if plan.control else ours
    taken = interleaved({"": subject}, rounds=rounds, random=random, clock=plan.clock, warm=1)[""]
    stored = list(_stored(plan, office, rounds))
    yield Figure("take in", f"books of {ENTRIES:,} entries a minute, one process", "books", _a_minute(taken),
                 "executemany of the same rows alone", _a_minute(stored),
                 Budget("median", BOOKS_A_MINUTE, least=True))  # fmt: skip
    yield Figure("take in one", "a book checked, stored, backed up and signed for", "ms",
                 spread([value * 1e3 for value in taken]), "its rows stored",
                 spread([value * 1e3 for value in stored]))  # fmt: skip


def _a_minute(seconds: tuple[float, ...] | list[float]) -> Spread:
    held = spread(seconds)
    return Spread(60 / held.median, 60 / held.p99, held.rounds)


def _stored(plan: Plan, office: Office, rounds: int) -> Iterator[float]:
    """Seconds to store the rows of each book in tables like the office's, in plain SQLite."""
    source = plan.folder / "office" / "office.db"
    with closing(sqlite3.connect(source)) as held, closing(sqlite3.connect(plan.folder / "plain.db")) as plain:
        plain.isolation_level = None
        plain.execute("PRAGMA journal_mode = WAL").fetchall()
        plain.execute("PRAGMA synchronous = FULL")
        tables = ("entry", "entry_line")
        for (sql,) in held.execute("SELECT sql FROM sqlite_master WHERE tbl_name IN (?, ?) AND sql <> ''", tables):
            if not sql.startswith("CREATE TRIGGER"):
                plain.execute(sql)
        books = [book for (book,) in held.execute("SELECT DISTINCT book FROM entry")]
        for book in books[-rounds:]:
            rows = [
                (table, held.execute(f"SELECT * FROM {table} WHERE book = ?", (book,)).fetchall())  # noqa: S608 - ours
                for table in tables
            ]
            begun = plan.clock()
            plain.execute("BEGIN IMMEDIATE")
            for table, values in rows:
                holes = ", ".join("?" * len(values[0]))
                plain.executemany(f"INSERT INTO {table} VALUES ({holes})", values)  # noqa: S608 - our own names
            plain.execute("COMMIT")
            yield plan.clock() - begun
