"""Paper: one receipt while the customer waits, and a morning's receipts in one file.

The budgets are times, because a person waits for them; and one receipt is held against the same receipt made
by WeasyPrint in the same run, from the same sheet and faces.
"""

from collections.abc import Callable, Iterator

from desktop.press import paper
from desktop.sheets.entries import sheet_for
from desktop.sheets.sheet import Sheet
from desktop.words import Words
from sync import keys
from sync.session import Session
from tests.bench import peer
from tests.bench.measure import Budget, Figure, Plan, compared, delayed, fixed, interleaved, spread
from tests.bench.morning import written
from tests.bench.point import made_up_terms, office_keys, pack_for

RECEIPTS = 500
# What a receipt may cost of what WeasyPrint takes for it.
PEER_SHARE = 1 / 12


def beside_peer(plan: Plan, sheet: Callable[[int], Sheet]) -> Iterator[Figure]:
    """One receipt of each maker in every round; a machine without WeasyPrint misses the budget."""
    what, budget = "one receipt with its code, warm", Budget("ratio", PEER_SHARE)
    try:
        make = peer.maker()
    except (ImportError, OSError) as error:
        yield Figure("receipt peer", f"{what}; WeasyPrint is not here ({error})", "ms", fixed(0), budget=budget)
        return

    def ours(number: int) -> Iterator[None]:
        said = sheet(number)
        yield
        paper.draw(said)
        yield

    def theirs(number: int) -> Iterator[None]:
        said = sheet(number)
        yield
        make(said)
        yield

    yield from compared(plan, name="receipt peer", what=what, subject=ours, limit_what="WeasyPrint", limit=theirs,
                        budget=budget, usual_rounds=30)  # fmt: skip


def printing(plan: Plan) -> Iterator[Figure]:
    """Receipts of visits, A5, each with its code."""
    random, words = plan.random, Words("vi")
    device_seed = random.randbytes(32)
    seeds = {one: random.randbytes(32) for one in ("GDV01", "KSV01", "TTR01")}
    terms = made_up_terms(
        random, staff_keys={one: keys.sign_public(seed) for one, seed in seeds.items()}, people=1_200, loans=1_500
    )
    pack = pack_for(terms, office_keys(random), device=random.randbytes(16))
    session, visits = Session(terms), []
    for sealed in written(pack, random, entries=RECEIPTS + 100, device_seed=device_seed, seeds=seeds):
        session.apply(sealed.entry.body, maker=sealed.entry.maker)
        if sealed.entry.body.kind == "visit":
            visits.append(sealed)
    visits = visits[:RECEIPTS]

    def sheet(number: int) -> Sheet:
        return sheet_for(visits[number % len(visits)], session, letter="A", copy=1, words=words)

    sizes: list[int] = []

    def one(number: int) -> Iterator[None]:
        yield
        sizes.append(len(paper.draw(sheet(number))))
        yield

    def many(_number: int) -> Iterator[None]:
        yield
        sizes.append(len(paper.draw_many([sheet(number) for number in range(len(visits))])))
        yield

    single, whole = (delayed(one, 0.007, plan.clock), delayed(many, 1.2, plan.clock)) if plan.control else (one, many)
    rounds = plan.rounds_or(300)
    seconds = interleaved({"": single}, rounds=rounds, random=random, clock=plan.clock, warm=5)[""]
    yield Figure("receipt", f"one {sheet(0).paper.upper()} receipt with its code, warm", "ms",
                 spread([value * 1e3 for value in seconds]), budget=Budget("median", 7))  # fmt: skip
    yield Figure("receipt size", "one file", "B", fixed(sizes[-1]))
    yield from beside_peer(plan, sheet)
    rounds = min(rounds, 5)
    seconds = interleaved({"": whole}, rounds=rounds, random=random, clock=plan.clock, warm=1)[""]
    yield Figure("receipts", f"{len(visits)} receipts in one file", "s", spread(seconds), budget=Budget("median", 1.2))
    yield Figure("receipts size", f"{len(visits)} receipts in one file", "B", fixed(sizes[-1]))
