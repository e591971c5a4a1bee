"""A made-up point of any size, a laptop enrolled for it, and a desk on its real book.

Nobody in it exists. Everything is drawn from the seed that is passed in, so two runs measure the same
work; only the keys of the vault come from the system.
"""

import datetime
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from desktop import vault
from desktop.desk import Desk
from desktop.store import Book
from sync import keys
from sync.chain import Moment
from sync.pack import (
    Answer,
    Colleague,
    Office,
    Pack,
    book_id,
    make_ticket,
    office_id,
    read_answer,
    read_ticket,
    signed,
)
from sync.session import Session
from sync.terms import Customer, Deposit, Group, Hamlet, Loan, Organisation, Parameters, Point, Programme, Staff, Terms
from sync.voucher import Wish

DAY = datetime.date(2024, 4, 15)
# 15/04/2024 07:30 in Vietnam.
BEGIN_S = 1_713_141_000
POINT = "TXN0480799"
PEOPLE, LOANS, MEMBERS = 5_000, 6_000, 60
PASSPHRASE = "một cụm mật khẩu để đo"
TEAM = (("GDV01", "Phạm Thị Thu Ngân", "teller"), ("KSV01", "Đỗ Văn Soát", "controller"), ("TTR01", "Bùi Thị Trưởng", "leader"))  # fmt: skip
PINS = {"GDV01": "314159", "KSV01": "271828", "TTR01": "161803"}
NOTES = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500)

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Phan", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Y", "H'")
_FAMILY_WEIGHTS = (30, 11, 9, 7, 5, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2)
_MIDDLE = ("Thị", "Thị", "Văn", "Văn", "Đức", "Minh", "Hữu", "Ngọc", "Thanh", "Xuân", "Kim", "Bích", "Đình", "Mạnh")
_GIVEN = (
    "An", "Ánh", "Bảo", "Bình", "Châu", "Chi", "Cường", "Dung", "Dũng", "Duyên", "Đạt", "Giang", "Hà", "Hạnh", "Hằng",
    "Hiền", "Hoa", "Hòa", "Hồng", "Huệ", "Hùng", "Hương", "Khánh", "Lan", "Lâm", "Liên", "Linh", "Long", "Mai", "Nam",
    "Nga", "Ngân", "Nhung", "Oanh", "Phong", "Phúc", "Phương", "Quang", "Quyên", "Sơn", "Tâm", "Thảo", "Thắng", "Thu",
    "Thủy", "Tiến", "Trang", "Trung", "Tuấn", "Tuyết", "Uyên", "Vân", "Vinh", "Xuân", "Yến",
)  # fmt: skip
_PROGRAMMES = (("01", "hộ nghèo", 66_000), ("19", "hộ cận nghèo", 79_200), ("09", "hộ mới thoát nghèo", 82_500),
               ("06", "nước sạch", 90_000))  # fmt: skip


def full_name(random: Random) -> str:
    """A family name, one or two middle names, a given name, about as often as they are met."""
    middle = [random.choice(_MIDDLE), *([random.choice(_GIVEN)] if random.random() < 0.3 else [])]
    return " ".join((random.choices(_FAMILY, _FAMILY_WEIGHTS)[0], *middle, random.choice(_GIVEN)))


def _days(random: Random, least: int, most: int) -> datetime.timedelta:
    return datetime.timedelta(days=random.randint(least, most))


def _customer(random: Random, number: int, group_code: str) -> Customer:
    return Customer(
        customer_code=f"48{number:08d}", full_name=full_name(random), birth=f"{random.randint(1945, 2003)}-06-01",
        gender=random.choice("MF"), ethnicity="Kinh", id_number=f"0{random.randrange(10**11):011d}",
        id_expires_on=DAY + _days(random, 10, 4000), phone=f"09{random.randrange(10**8):08d}",
        address="Thôn Thử, xã Thử Nghiệm", hamlet_code="48079901", group_code=group_code, beneficiary="poor",
    )  # fmt: skip


def _loan(random: Random, number: int, customer: Customer) -> Loan:
    code, _, rate = random.choice(_PROGRAMMES)
    left = random.randrange(5, 101) * 1_000_000
    late = random.random() < 0.03
    paid_to = DAY - datetime.timedelta(days=31) if random.random() < 0.8 else DAY - _days(random, 32, 120)
    return Loan(
        loan_code=f"660048{number:07d}", customer_code=customer.customer_code, group_code=customer.group_code,
        programme_code=code, fund_source=random.choice((1, 2)), annual_rate_ppm=rate,
        disbursed_on=DAY - _days(random, 200, 1200), due_on=DAY + _days(random, -20 if late else 1, 900),
        next_instalment_on=None, next_instalment_amount=0, balance_in_term=left,
        balance_overdue=random.randrange(1, 9) * 1_000_000 if late else 0,
        overdue_since=DAY - _days(random, 1, 20) if late else None, balance_frozen=0, interest_paid_to=paid_to,
        interest_arrears=random.randrange(1, 300_000) if random.random() < 0.1 else 0, overdue_interest_arrears=0,
        last_transaction_on=paid_to,
    )  # fmt: skip


def _deposit(random: Random, customer: Customer) -> Deposit:
    return Deposit(
        account_no=f"105{customer.customer_code}", customer_code=customer.customer_code, product_code="105",
        kind="member", balance=random.choice((0, 50_000, 350_000, 1_204_500)), annual_rate_ppm=2_000,
        early_rate_ppm=None, opened_on=DAY - _days(random, 200, 1200), matures_on=None, card_serial="",
    )  # fmt: skip


def _group(number: int, members: Sequence[Customer]) -> Group:
    return Group(
        group_code=f"807{number:04d}", group_name=f"Tổ {number:03d}", hamlet_code="48079901", org_code="11",
        leader=members[0].customer_code, deputy=members[-1].customer_code, leader_phone="", min_deposit=50_000,
        rating="good",
    )  # fmt: skip


def made_up_terms(
    random: Random, *, staff_keys: Mapping[str, bytes], people: int = PEOPLE, loans: int = LOANS
) -> Terms:
    """The terms of one session: groups of `MEMBERS`, a loan and a deposit for each, second loans for some."""
    customers = [_customer(random, n, f"807{n // MEMBERS:04d}") for n in range(people)]
    owing = [*customers, *random.sample(customers, max(loans - people, 0))][:loans]
    return Terms(
        point=Point(
            point_code=POINT, point_name="Điểm giao dịch xã Thử Nghiệm", commune_code="480799",
            commune_name="Xã Thử Nghiệm", address="Trụ sở UBND xã Thử Nghiệm", pos_code="004807",
            pos_name="Phòng giao dịch Thử Nghiệm", hotline="0200 000 000", visit_day=15, time_begin="08:00",
            time_end="11:30",
        ),
        session_date=DAY,
        team=tuple(
            Staff(staff_id=one, full_name=name, role=role, phone="", sign_key=staff_keys[one])  # type: ignore[arg-type]
            for one, name, role in TEAM
        ),
        organisations=(Organisation(org_code="11", org_name="Hội Nông dân"),),
        hamlets=(Hamlet(hamlet_code="48079901", hamlet_name="Thôn Thử", point_code=POINT),),
        programmes=tuple(
            Programme(programme_code=code, short_name=name, name=f"Cho vay {name}", annual_rate_ppm=rate,
                      overdue_percent=130, effective_from=datetime.date(2015, 1, 1))
            for code, name, rate in _PROGRAMMES
        ),
        groups=tuple(
            _group(n, customers[n * MEMBERS : (n + 1) * MEMBERS]) for n in range(-(-people // MEMBERS))
        ),
        customers=tuple(customers),
        loans=tuple(_loan(random, n, customer) for n, customer in enumerate(owing)),
        deposits=tuple(_deposit(random, customer) for customer in customers),
        savings_products=(),
        disbursements=(),
        payouts=(),
        parameters=Parameters(),
    )  # fmt: skip


class Clock:
    """Clocks that stand still until they are moved: Unix seconds, and seconds since the start."""

    def __init__(self) -> None:
        self.gone_s = 0

    def __call__(self) -> Moment:
        return Moment(BEGIN_S + self.gone_s, self.gone_s, 1)


class OfficeKeys(NamedTuple):
    """What a made-up office holds."""

    sign_seed: bytes
    seal_secret: bytes
    public: Office


class Laptop(NamedTuple):
    """A laptop enrolled with a made-up office, unlocked by its teller, with a pack for today."""

    home: Path
    office: OfficeKeys
    unlocked: vault.Unlocked
    pack: Pack

    def new_book(self) -> Book:
        """The book of the pack, made from nothing."""
        key = self.unlocked.keep_book_key(self.pack.book)
        return Book.create(self.home, key, pack=self.pack, balances=Session(self.pack.terms).balances)

    def new_desk(self, clock: Clock) -> Desk:
        """A desk on a new book, its float taken over."""
        desk = Desk.open(self.new_book(), self.unlocked, clock=clock)
        preview = desk.preview_open(notes={500_000: 2_000})
        desk.post(preview, approvals=[desk.approve(preview, staff_id="KSV01", pin=PINS["KSV01"])])
        return desk


def office_keys(random: Random) -> OfficeKeys:
    sign_seed, seal_secret = random.randbytes(32), random.randbytes(32)
    sign_key = keys.sign_public(sign_seed)
    public = Office(
        office=office_id(sign_key), name="Phòng giao dịch Thử Nghiệm", sign_key=sign_key,
        seal_key=keys.seal_public(seal_secret), recovery_key=keys.seal_public(random.randbytes(32)),
    )  # fmt: skip
    return OfficeKeys(sign_seed, seal_secret, public)


def pack_for(
    terms: Terms, office: OfficeKeys, *, device: bytes, issue: int = 1, sign_key: bytes = bytes(32)
) -> Pack:
    book = book_id(device=device, point_code=POINT, session_date=DAY, issue=issue)
    made = Pack(
        version=1, pack=keys.digest("bench", book)[:16], issue=issue, office=office.public.office, device=device,
        letter="A", book=book, prepared_s=BEGIN_S, expires_s=2**31, terms=terms, sign_key=sign_key,
    )  # fmt: skip
    return signed(made, office_seed=office.sign_seed)


def enrolled(home: Path, random: Random, *, people: int = PEOPLE, loans: int = LOANS) -> Laptop:
    """Everything up to an unlocked laptop with its pack, through the real vault at the least cost it allows."""
    office = office_keys(random)
    staff = tuple(Colleague(staff_id=one, full_name=name, role=role) for one, name, role in TEAM)  # type: ignore[arg-type]
    code = random.randbytes(16)
    ticket = make_ticket(
        office=office.public, device=random.randbytes(16), letter="A", code=code, staff=staff,
        office_seed=office.sign_seed,
    )  # fmt: skip
    team = [vault.NewUser(one, PASSPHRASE, PINS[one]) for one, _, _ in TEAM]
    raw = vault.enrol(home, ticket, people=team, draw=secrets.token_bytes, cost=vault.FLOOR, keystore=None)
    answer: Answer = read_answer(raw, code=code)
    terms = made_up_terms(
        random, staff_keys={one.staff_id: one.sign_key for one in answer.users}, people=people, loans=loans
    )
    opened = vault.Vault(home, draw=secrets.token_bytes, keystore=None)
    unlocked = opened.unlock("GDV01", passphrase=PASSPHRASE, now_s=BEGIN_S)
    return Laptop(home, office, unlocked, pack_for(terms, office, device=read_ticket(ticket).device, sign_key=unlocked.sign_key))


def as_notes(amount: int) -> dict[int, int]:
    """The fewest notes that come to a sum of whole 500s."""
    held: dict[int, int] = {}
    for note in NOTES:
        held[note], amount = divmod(amount, note)
    if amount:
        raise ValueError(amount)
    return {note: count for note, count in held.items() if count}


def visits(session: Session, random: Random) -> Iterator[tuple[str, list[Wish]]]:
    """Visits of three to five lines, one after another, each by a different person in any order.

    Principal of each loan (at most two), all interest due on them, and something saved: nothing that a
    second person would have to approve.
    """
    roll = session.roll
    order = [one.customer_code for one in roll.terms.customers]
    while True:
        random.shuffle(order)
        for customer in order:
            loans = roll.loans_of(customer)[:2]
            deposit = roll.member_deposit(customer)
            if not loans or deposit is None:
                continue
            paid = [Wish("TG", one.loan_code, random.randrange(1, 20) * 10_000) for one in loans]
            owed = [Wish("TL", one.loan_code, None) for one in loans if session.dues(one).interest]
            saved = [Wish("TT", deposit.account_no, random.randrange(1, 40) * 5_000)]
            made = session.plan_visit(customer, wishes=[*paid, *owed, *saved])
            if 3 <= len(made.lines) <= 5:
                yield customer, [*paid, *owed, *saved]
