"""One session shared out to the laptops that sit at its table: which groups each serves, and a pack for each.

The groups are shared by members, so that both queues are about as long, and a hamlet stays whole, and an organisation's
groups of it, as far as the numbers allow. Every laptop gets all of the point, so that a group can be given over at
the table; the packs say who holds which to begin with. What is of no group is the first laptop's, by letter.
"""

import datetime
from collections.abc import Mapping, Sequence

from sqlmodel import col, select

from sync.errors import Refusal
from sync.leases import unit_of
from sync.office import preparation, register, settings
from sync.office.home import Office
from sync.office.preparation import Place, Prepared
from sync.office.store import PackRow
from sync.terms import Roll, Terms

Shares = Mapping[str, tuple[str, ...]]
# A hamlet is cut apart by organisations only where one laptop would have this much more than its share, in hundredths.
UNEVEN_PERCENT = 30
_MILLION = 1_000_000


class SplitUnclear(Refusal):
    code = "prepare.split-unclear"
    vi = "Phần chia “{text}” không rõ. Viết A:8070117,8070118 cho từng máy, hoặc chỉ --device A,B để chia tự động."
    en = "The share “{text}” is not clear. Write A:8070117,8070118 for each laptop, or only --device A,B to share by itself."


class SplitUneven(Refusal):
    code = "prepare.split-groups"
    vi = "Chia Tổ chưa đúng: {what}. Mỗi Tổ của điểm phải thuộc đúng một máy, mỗi máy ít nhất một Tổ."
    en = "The groups are not shared out rightly: {what}. Every group of the point goes to exactly one laptop, and each laptop has one at least."


class TableStands(Refusal):
    code = "prepare.table-stands"
    vi = "Phiên này đã chia cho các máy {letters}. Lập lại gói cho tất cả cùng lúc: --device {letters} --again."
    en = "This session is shared out to laptops {letters}. Make the packs again for all of them: --device {letters} --again."


def typed(texts: Sequence[str], letters: Sequence[str]) -> Shares:
    """Shares as they are typed, `A:8070117,8070118` each; empty where none is. Raises `SplitUnclear`."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        letter, _, codes = text.partition(":")
        groups = tuple(one for one in codes.replace(",", " ").split() if one)
        if not groups or letter.strip() in found or (letters and letter.strip() not in letters):
            raise SplitUnclear(text=text[:60])
        found[letter.strip()] = groups
    return found


def shared(terms: Terms, letters: Sequence[str]) -> Shares:
    """The groups shared out by members: the largest hamlet first, to whoever has least. Raises `SplitUneven`."""
    members: dict[str, int] = {}
    for one in terms.customers:
        members[one.group_code] = members.get(one.group_code, 0) + 1
    hamlets: dict[str, dict[str, list[str]]] = {}
    for group in terms.groups:
        hamlets.setdefault(group.hamlet_code, {}).setdefault(group.org_code, []).append(group.group_code)
    whole = [[code for codes in by_org.values() for code in codes] for by_org in hamlets.values()]
    by_org = [codes for one in hamlets.values() for codes in one.values()]
    single = [[group.group_code] for group in terms.groups]
    everybody = sum(members.get(one.group_code, 0) for one in terms.groups)
    made: dict[str, list[str]] = {}
    for lots in (whole, by_org, single):
        made = _dealt(lots, letters, members)
        most = max(sum(members.get(code, 0) for code in codes) for codes in made.values())
        if all(made.values()) and most * 100 * len(letters) <= everybody * (100 + UNEVEN_PERCENT):
            break
    order = {group.group_code: place for place, group in enumerate(terms.groups)}
    return _checked(terms, {letter: tuple(sorted(codes, key=order.__getitem__)) for letter, codes in made.items()})


def _dealt(lots: list[list[str]], letters: Sequence[str], members: Mapping[str, int]) -> dict[str, list[str]]:
    def size(codes: Sequence[str]) -> int:
        return sum(members.get(code, 0) for code in codes)

    made: dict[str, list[str]] = {letter: [] for letter in letters}
    for codes in sorted(lots, key=lambda one: (-size(one), one)):
        least = min(letters, key=lambda letter: (size(made[letter]), len(made[letter]), letter))
        made[least] += codes
    return made


def _checked(terms: Terms, shares: Shares) -> Shares:
    given = [code for codes in shares.values() for code in codes]
    known = {one.group_code for one in terms.groups}
    for code in given:
        if code not in known:
            raise SplitUneven(what=f"{code}?")
        if given.count(code) > 1:
            raise SplitUneven(what=f"{code} × {given.count(code)}")
    if left := sorted(known.difference(given)):
        raise SplitUneven(what=", ".join(left[:5]))
    for letter, codes in shares.items():
        if not codes:
            raise SplitUneven(what=f"{letter}: 0")
    return shares


def prepare(
    office: Office,
    *,
    point_code: str,
    session_date: datetime.date,
    letters: Sequence[str],
    chosen: Shares,
    again: bool,
    planned_on: datetime.date | None = None,
) -> tuple[Prepared, ...]:
    """A pack for each laptop, all or none; `chosen` empty: shared out here.

    Raises `SplitUneven`, `SplitUnclear` and what `preparation.prepare` raises.
    """
    letters = sorted(dict.fromkeys(letters or chosen))
    if chosen and set(chosen) != set(letters):
        raise SplitUnclear(text=", ".join(sorted(chosen)))
    with office.store.reading() as db:
        terms = register.terms_of(
            db, point_code=point_code, session_date=session_date, staff_keys={}, slips_paid=set(),
            planned_on=planned_on if planned_on != session_date else None,
            parameters=settings.parameters(office.session_settings),
        )  # fmt: skip
    shares = _checked(terms, chosen) if chosen else shared(terms, letters)
    for letter in letters:
        preparation.could(office, point_code=point_code, session_date=session_date, letter=letter, again=again)
    shared_out = floats(terms, shares)
    return tuple(
        preparation.prepare(
            office, point_code=point_code, session_date=session_date, letter=letter, again=again,
            planned_on=planned_on, place=Place(shares, shared_out[letter]),
        )
        for letter in letters
    )  # fmt: skip


def ask_alone(office: Office, *, point_code: str, session_date: datetime.date, letter: str) -> None:
    """A pack for one laptop that serves everybody is made only where no other one has its share of that session.

    Raises `TableStands`.
    """
    with office.store.reading() as db:
        rows = db.exec(
            select(PackRow).where(
                PackRow.point_code == point_code, PackRow.session_date == session_date,
                col(PackRow.superseded).is_(False),
            )
        ).all()  # fmt: skip
        packs = [preparation.pack_of(office, db, book=row.book) for row in rows]
    for one in packs:
        if one is not None and one.groups and letter not in ("", one.letter):
            seats = sorted([one.letter, *(other.letter for other in one.laptops if other.groups)])
            raise TableStands(letters=",".join(seats))


def floats(terms: Terms, shares: Shares) -> dict[str, int]:
    """The planned float shared out by what each laptop will pay out, to the million; the rest is the first one's."""
    roll, planned = Roll(terms), terms.parameters.float_planned
    letters = sorted(shares)
    holds = {code: letter for letter, codes in shares.items() for code in codes}
    needs = dict.fromkeys(letters, 0)
    for slip in terms.disbursements:
        needs[holds.get(unit_of(roll, slip.customer_code), letters[0])] += slip.amount
    for payout in terms.payouts:
        needs[holds.get(payout.group_code, letters[0])] += payout.amount
    over = max(planned - sum(needs.values()), 0) // len(letters)
    wanted = {letter: needs[letter] + over for letter in letters}
    whole = max(sum(wanted.values()), 1)
    made = {letter: planned * wanted[letter] // whole // _MILLION * _MILLION for letter in letters}
    made[letters[0]] += planned - sum(made.values())
    return made
