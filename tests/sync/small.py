"""A small session with every state a loan or an account can be in, and the keys of all who take part.

Two groups, a team of three with real keys, an office and a laptop. Everybody in it is made up. `Writer`
writes a book through the real rules, chain and keys; ids and clocks are counted on by hand.
"""

import datetime
from collections.abc import Mapping, Sequence

from sync import chain, keys
from sync.chain import Moment, Sealed
from sync.outage import on_paper
from sync.pack import Enrolled, Laptop, Office, Pack, book_id, office_id, signed
from sync.records import changed
from sync.session import Session
from sync.terms import (
    Customer,
    Deposit,
    DisbursementSlip,
    Group,
    Hamlet,
    Loan,
    Organisation,
    Parameters,
    PayoutSlip,
    Point,
    Programme,
    Staff,
    Terms,
)
from sync.voucher import Body, Wish

DAY = datetime.date(2024, 8, 15)
PAID_TO = datetime.date(2024, 7, 15)
BEGIN_S = 1_723_680_000

OFFICE_SEED, OFFICE_SECRET, RECOVERY_SECRET = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32
DEVICE_SEED, DEVICE_SECRET, DEVICE = b"\x04" * 32, b"\x05" * 32, b"\x06" * 16
OFFICE = Office(
    office=office_id(keys.sign_public(OFFICE_SEED)), name="Phòng giao dịch Thử Nghiệm",
    sign_key=keys.sign_public(OFFICE_SEED), seal_key=keys.seal_public(OFFICE_SECRET),
    recovery_key=keys.seal_public(RECOVERY_SECRET),
)  # fmt: skip
DEVICE_KEY, DEVICE_SEAL_KEY = keys.sign_public(DEVICE_SEED), keys.seal_public(DEVICE_SECRET)

TELLER, SECOND, CONTROLLER, LEADER = "GDV01", "GDV02", "KSV01", "TTR01"
SEEDS = {TELLER: b"\x11" * 32, CONTROLLER: b"\x12" * 32, LEADER: b"\x13" * 32, SECOND: b"\x14" * 32}

GROUP_A, GROUP_B = "8070117", "8070118"
# Group A: its leader and deputy, somebody with two loans and two deposits, somebody with 1 đ of arrears
# and no deposit, somebody with a deposit and no loan.
HEAD_A, DEPUTY_A, TWICE, NO_DEPOSIT, SAVER = (f"48070000{number:02d}" for number in range(1, 6))
# Group B: a leader of the same name and no deputy, an overdue loan, a frozen one, one whose programme
# changed its rate in mid-period.
HEAD_B, LATE, FROZEN, FOLLOWS = (f"48070000{number:02d}" for number in range(6, 10))
RESIDENT = "4807000010"
LONG_NAME = "Rơ Châm H'Thanh Nguyễn Trần Thị Mỹ Phượng Anh"

SLIP, SLIP_EARLY, SLIP_LATE = "GN-0824-0001", "GN-0824-0002", "GN-0824-0003"
COMMISSION, FEE = "HH-0824-0001", "PU-0824-0001"
NEW_LOAN = "6600104100009901"


def loan_code(customer: str, which: int = 0) -> str:
    return f"66001041{which}{customer[3:]}"


def deposit_no(customer: str, which: int = 0) -> str:
    return f"105{which}{customer}"


def customer(code: str, name: str, group: str) -> Customer:
    return Customer(
        customer_code=code, full_name=name, birth="1971", gender="F", ethnicity="Kinh", id_number=f"0801710{code[-5:]}",
        id_expires_on=None, phone="", address="Ấp Tây, xã Thử Nghiệm", hamlet_code="48070101", group_code=group,
        beneficiary="poor",
    )  # fmt: skip


def loan(code: str, **other: object) -> Loan:
    usual = Loan(
        loan_code=loan_code(code), customer_code=code, group_code="", programme_code="01", fund_source=1,
        annual_rate_ppm=66_000, disbursed_on=datetime.date(2022, 8, 15), due_on=datetime.date(2026, 8, 15),
        next_instalment_on=None, next_instalment_amount=0, balance_in_term=50_000_000, balance_overdue=0,
        overdue_since=None, balance_frozen=0, interest_paid_to=PAID_TO, interest_arrears=0,
        overdue_interest_arrears=0, last_transaction_on=PAID_TO,
    )  # fmt: skip
    return changed(usual, **other)


def deposit(code: str, which: int = 0, *, kind: str = "member", balance: int = 1_350_000) -> Deposit:
    return Deposit(
        account_no=deposit_no(code, which), customer_code=code, product_code="105", kind=kind,  # type: ignore[arg-type]
        balance=balance, annual_rate_ppm=2_000, early_rate_ppm=None, opened_on=PAID_TO, matures_on=None, card_serial="",
    )  # fmt: skip


def programme(code: str, rate_ppm: int, since: datetime.date, *, overdue_percent: int = 130) -> Programme:
    return Programme(
        programme_code=code, short_name=code, name=f"Cho vay {code}", annual_rate_ppm=rate_ppm,
        overdue_percent=overdue_percent, effective_from=since,
    )  # fmt: skip


def slip(number: str, since: datetime.date, until: datetime.date) -> DisbursementSlip:
    return DisbursementSlip(
        slip_no=number, loan_code=NEW_LOAN, customer_code=HEAD_A, programme_code="01", fund_source=2,
        annual_rate_ppm=None, amount=60_000_000, decision_no="17/QĐ-THU", purpose="Chăn nuôi bò",
        due_on=datetime.date(2029, 8, 15), valid_from=since, valid_to=until,
    )  # fmt: skip


def staff(staff_id: str, role: str, seed: bytes) -> Staff:
    return Staff(staff_id=staff_id, full_name=f"Cán bộ {staff_id}", role=role, phone="", sign_key=keys.sign_public(seed))  # type: ignore[arg-type]


_LOANS = (
    loan(HEAD_A),
    loan(DEPUTY_A, balance_in_term=25_000_000, annual_rate_ppm=90_000),
    loan(TWICE, balance_in_term=20_000_000, due_on=datetime.date(2027, 1, 1)),
    loan(TWICE, loan_code=loan_code(TWICE, 1), balance_in_term=10_000_000, interest_arrears=7_000,
         due_on=datetime.date(2025, 1, 1)),
    loan(NO_DEPOSIT, interest_arrears=1),
    loan(HEAD_B),
    loan(LATE, balance_in_term=0, balance_overdue=10_000_000, due_on=datetime.date(2024, 8, 1),
         overdue_since=datetime.date(2024, 8, 1), overdue_interest_arrears=1_500),
    loan(FROZEN, balance_in_term=0, balance_frozen=30_000_000),
    loan(FOLLOWS, programme_code="12", annual_rate_ppm=None, balance_in_term=100_000_000),
)  # fmt: skip

TERMS = Terms(
    point=Point(
        point_code="TXN0480799", point_name="Điểm giao dịch xã Thử Nghiệm", commune_code="480799",
        commune_name="Xã Thử Nghiệm", address="Trụ sở UBND xã Thử Nghiệm", pos_code="004807",
        pos_name="Phòng giao dịch Thử Nghiệm", hotline="0200 000 000", visit_day=15, time_begin="08:00",
        time_end="11:30",
    ),
    session_date=DAY,
    team=(staff(TELLER, "teller", SEEDS[TELLER]), staff(CONTROLLER, "controller", SEEDS[CONTROLLER]),
          staff(LEADER, "leader", SEEDS[LEADER])),
    organisations=(Organisation(org_code="11", org_name="Hội Nông dân"),),
    hamlets=(Hamlet(hamlet_code="48070101", hamlet_name="Ấp Tây", point_code="TXN0480799"),),
    programmes=(programme("01", 66_000, datetime.date(2015, 1, 1)), programme("12", 48_000, datetime.date(2015, 1, 1)),
                programme("12", 66_000, datetime.date(2024, 8, 1))),
    groups=tuple(
        Group(group_code=code, group_name=f"Tổ {code[-4:]}", hamlet_code="48070101", org_code="11", leader=head,
              deputy=deputy, leader_phone="", min_deposit=50_000, rating="good")
        for code, head, deputy in ((GROUP_A, HEAD_A, DEPUTY_A), (GROUP_B, HEAD_B, ""))
    ),
    customers=(
        customer(HEAD_A, "Nguyễn Thị Mẫu", GROUP_A), customer(DEPUTY_A, "Đặng Văn Thử", GROUP_A),
        customer(TWICE, "H'Bia Niê", GROUP_A), customer(NO_DEPOSIT, "Y Ơi", GROUP_A),
        customer(SAVER, LONG_NAME, GROUP_A), customer(HEAD_B, "Nguyễn Thị Mẫu", GROUP_B),
        customer(LATE, "Võ Thị Ví Dụ", GROUP_B), customer(FROZEN, "Thạch Danh", GROUP_B),
        customer(FOLLOWS, "Giàng A Sùng", GROUP_B), customer(RESIDENT, "Lò Thị Phượng", ""),
    ),
    loans=_LOANS,
    deposits=(
        deposit(HEAD_A), deposit(DEPUTY_A), deposit(TWICE, 1, balance=0), deposit(TWICE), deposit(SAVER),
        deposit(HEAD_B), deposit(LATE), deposit(FROZEN), deposit(FOLLOWS), deposit(RESIDENT, kind="demand"),
    ),
    savings_products=(),
    disbursements=(
        slip(SLIP, datetime.date(2024, 8, 10), datetime.date(2024, 8, 20)),
        slip(SLIP_EARLY, datetime.date(2024, 8, 16), datetime.date(2024, 8, 20)),
        slip(SLIP_LATE, datetime.date(2024, 8, 1), datetime.date(2024, 8, 14)),
    ),
    payouts=(
        PayoutSlip(slip_no=COMMISSION, kind="commission", payee_name="Nguyễn Thị Mẫu", group_code=GROUP_A, org_code="",
                   amount=1_634_000),
        PayoutSlip(slip_no=FEE, kind="entrustment_fee", payee_name="Hội Nông dân", group_code="", org_code="11",
                   amount=2_016_000),
    ),
    parameters=Parameters(),
)  # fmt: skip

# Another laptop on which the team has accounts, with keys of their own there.
SPARE_SEED, SPARE_SECRET, SPARE = b"\x24" * 32, b"\x25" * 32, b"\x26" * 16
SPARE_SEEDS = {TELLER: b"\x31" * 32, CONTROLLER: b"\x32" * 32, LEADER: b"\x33" * 32}
SPARE_LAPTOP = Laptop(
    device=SPARE, letter="B", sign_key=keys.sign_public(SPARE_SEED), seal_key=keys.seal_public(SPARE_SECRET),
    users=tuple(
        Enrolled(staff_id=one, sign_key=keys.sign_public(seed), seal_key=keys.seal_public(seed))
        for one, seed in SPARE_SEEDS.items()
    ),
)  # fmt: skip
PACK = signed(Pack(
    version=1, pack=b"\x07" * 16, issue=1, office=OFFICE.office, device=DEVICE, letter="A",
    book=book_id(device=DEVICE, point_code=TERMS.point.point_code, session_date=DAY, issue=1),
    prepared_s=BEGIN_S - 86_400, expires_s=BEGIN_S + 7 * 86_400, terms=TERMS, sign_key=DEVICE_KEY,
    laptops=(SPARE_LAPTOP,),
), office_seed=OFFICE_SEED)  # fmt: skip
BOOK = PACK.book


def notes(amount: int) -> dict[int, int]:
    """As few notes as come to this sum; a sum that no notes come to is a mistake of the test."""
    held: dict[int, int] = {}
    for note in (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500):
        held[note], amount = divmod(amount, note)
    assert amount == 0
    return {note: count for note, count in held.items() if count}


class Writer:
    """A book being written: `post` asks the rules, seals the entry and takes it into the session."""

    def __init__(self, terms: Terms = TERMS) -> None:
        self.session = Session(terms)
        self.sealed: list[Sealed] = []

    @property
    def head(self) -> bytes:
        return self.sealed[-1].head if self.sealed else chain.NO_HEAD

    @property
    def rows(self) -> list[tuple[bytes, bytes]]:
        return [(one.raw, one.signature) for one in self.sealed]

    def post(self, body: Body, *approvers: str, entry_id: int = 0, maker: str = TELLER) -> Sealed:
        number = len(self.sealed) + 1
        entry_id = entry_id or BEGIN_S + number
        approvals = [
            chain.signed_on_paper(one) if on_paper(self.session, body, one)
            else chain.approve(SEEDS[one], staff_id=one, book=BOOK, entry_id=entry_id, body=body)
            for one in approvers
        ]  # fmt: skip
        self.session.check(body, maker=maker, approvers=approvers, head=self.head)
        sealed = chain.link(
            body, session=self.session, book=BOOK, prev=self.head, entry_id=entry_id,
            moment=Moment(BEGIN_S + 60 * number, 60 * number, 1), maker=maker, approvals=approvals,
            device_seed=DEVICE_SEED,
        )  # fmt: skip
        self.session.apply(body, maker=sealed.entry.maker)
        self.sealed.append(sealed)
        return sealed

    def open(self, amount: int = 100_000_000) -> Sealed:
        return self.post(self.session.plan_open(notes=notes(amount)), CONTROLLER)

    def group(self, group: str, *, by: str, cash: Mapping[str, int], interest: Mapping[str, int] | None = None) -> Sealed:
        body = self.session.plan_group(group, by=by, cash=cash, interest=interest or {}, notes=notes(sum(cash.values())))
        return self.post(body)

    def visit(self, who: str, *wishes: Wish, approvers: Sequence[str] = ()) -> Sealed:
        return self.post(self.session.plan_visit(who, wishes=wishes), *approvers)

    def slip(self, number: str = SLIP, approvers: Sequence[str] = (CONTROLLER,)) -> Sealed:
        return self.post(self.session.plan_slip(number), *approvers)

    def reverse(self, number: int, reason: str = "nhập nhầm số tiền") -> Sealed:
        return self.post(self.session.plan_reverse(number, reason=reason), CONTROLLER)

    def count(self, amount: int) -> Sealed:
        return self.post(self.session.plan_count(notes=notes(amount)))

    def close(self, approvers: Sequence[str] = (TELLER, CONTROLLER, LEADER)) -> Sealed:
        return self.post(self.session.plan_close(head=self.head), *approvers)


def morning() -> Writer:
    """A whole session: float, two hand-ins, visits, a slip, a reversal, a short count, a minute of it, the close."""
    book = Writer()
    book.post(book.session.plan_open(notes=notes(100_000_000), details={"seal": "NP-0815", "giver": "Thủ quỹ Thử Nghiệm"}), CONTROLLER)
    cash = {HEAD_A: 330_000, TWICE: 250_000, NO_DEPOSIT: 280_000, SAVER: 50_000}
    book.post(book.session.plan_group(
        GROUP_A, by=DEPUTY_A, cash=cash, interest={}, notes=notes(sum(cash.values())), absent=[TWICE, SAVER],
        unsigned=[TWICE], details={"cadre": "Hội viên Thử", "list": "910000"},
    ))
    book.visit(LATE, Wish("TQ", loan_code(LATE), 5_000_000), Wish("TL", loan_code(LATE), None),
               Wish("TT", deposit_no(LATE), 50_000))  # fmt: skip
    book.slip()
    book.group(GROUP_B, by=HEAD_B, cash={HEAD_B: 330_000, FOLLOWS: 600_000})
    book.reverse(2)
    book.group(GROUP_A, by=HEAD_A, cash={HEAD_A: 330_000, TWICE: 250_000, SAVER: 60_000})
    book.visit(HEAD_A, Wish("TG", loan_code(HEAD_A), 1_000_000), Wish("TL", loan_code(HEAD_A), None))
    book.count(book.session.cash // 1_000 * 1_000 - 1_000)
    book.post(book.session.plan_difference(reason="thiếu một tờ 1.000"), LEADER)
    book.close()
    return book
