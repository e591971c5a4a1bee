"""A very small point with everything a sheet or a page must show, for tests that need a session at hand.

One point, one group of five (or of as many as asked for), a team of three with real keys, one book.
Everybody in it is made up. `Book` posts through the real rules, chain and keys; only the clock is
counted on by hand.
"""

import datetime
from collections.abc import Mapping, Sequence

from sync import chain, keys
from sync.chain import Moment, Sealed
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

DAY = datetime.date(2024, 4, 15)
# 15/04/2024 07:30 in Vietnam.
BEGIN_S = 1_713_141_000
LETTER = "A"
BOOK_ID = bytes(range(16))
DEVICE_SEED = b"\x21" * 32
DEVICE_KEY = keys.sign_public(DEVICE_SEED)
SEEDS = {"GDV01": b"\x31" * 32, "KSV01": b"\x32" * 32, "TTR01": b"\x33" * 32}
GROUP = "8070117"
LEADER, DEPUTY = "4807000001", "4807000002"
# Pays principal overdue since 3 April, interest of both kinds and a deposit.
DEBTOR = "4807000003"
NAMES = ("Nguyễn Thị Mẫu", "Lê Văn Thử", "Võ Thị Ví Dụ", "H'Bia Niê", "Rơ Châm H'Thanh Nguyễn Trần Thị Mỹ Phượng Anh")
LONG_NAME = NAMES[4]  # 45 letters


def code(number: int) -> str:
    return f"48070{number:05d}"


def loan_code(number: int) -> str:
    return f"66001041{number:08d}"


def deposit_no(number: int) -> str:
    return f"105048070{number:05d}"


def _team() -> tuple[Staff, ...]:
    people = (("GDV01", "Phạm Thị Thu Ngân", "teller"), ("KSV01", "Đỗ Văn Soát", "controller"),
              ("TTR01", "Bùi Thị Trưởng", "leader"))  # fmt: skip
    return tuple(
        Staff(staff_id=one, full_name=name, role=role, phone="", sign_key=keys.sign_public(SEEDS[one]))  # type: ignore[arg-type]
        for one, name, role in people
    )


def _customer(number: int) -> Customer:
    return Customer(
        customer_code=code(number),
        full_name=NAMES[number - 1] if number <= len(NAMES) else f"Đặng Thị Thành Viên {number}",
        birth="1971-01-03", gender="F", ethnicity="Kinh", id_number=f"0801710{number:05d}",
        id_expires_on=datetime.date(2031, 1, 3), phone="", address="Ấp Tây, xã Thử Nghiệm", hamlet_code="48070101",
        group_code=GROUP, beneficiary="poor",
    )  # fmt: skip


def _loan(number: int) -> Loan:
    late = code(number) == DEBTOR
    return Loan(
        loan_code=loan_code(number), customer_code=code(number), group_code=GROUP,
        programme_code="09" if late else "01", fund_source=1, annual_rate_ppm=82_500 if late else 66_000,
        disbursed_on=datetime.date(2021, 4, 3), due_on=datetime.date(2024, 4, 3) if late else datetime.date(2026, 4, 3),
        next_instalment_on=None, next_instalment_amount=0, balance_in_term=0 if late else 50_000_000,
        balance_overdue=25_000_000 if late else 0, overdue_since=datetime.date(2024, 4, 3) if late else None,
        balance_frozen=0, interest_paid_to=datetime.date(2024, 3, 15), interest_arrears=1 if number == 4 else 0,
        overdue_interest_arrears=0, last_transaction_on=datetime.date(2024, 3, 15),
    )  # fmt: skip


def _deposit(number: int) -> Deposit:
    return Deposit(
        account_no=deposit_no(number), customer_code=code(number), product_code="105", kind="member",
        balance=1_350_000, annual_rate_ppm=2_000, early_rate_ppm=None, opened_on=datetime.date(2021, 4, 3),
        matures_on=None, card_serial="",
    )  # fmt: skip


def _programme(programme_code: str, name: str, rate: int, since: datetime.date) -> Programme:
    return Programme(
        programme_code=programme_code, short_name=name, name=f"Cho vay {name}", annual_rate_ppm=rate,
        overdue_percent=130, effective_from=since,
    )  # fmt: skip


def terms(*, members: int = 5, point_name: str = "Điểm giao dịch xã Thử Nghiệm") -> Terms:
    """The terms of one session of the small point; `members` of its one group each have a loan and a deposit."""
    everybody = range(1, members + 1)
    slips = (
        DisbursementSlip(
            slip_no="GN-0424-0017", loan_code="6600104100009901", customer_code=LEADER, programme_code="01",
            fund_source=2, annual_rate_ppm=None, amount=60_000_000, decision_no="17/QĐ-THU", purpose="Chăn nuôi bò",
            due_on=datetime.date(2029, 4, 15), valid_from=datetime.date(2024, 4, 12),
            valid_to=datetime.date(2024, 4, 20),
        ),
    )  # fmt: skip
    payouts = (
        PayoutSlip(slip_no="HH-0424-0001", kind="commission", payee_name="Nguyễn Thị Mẫu", group_code=GROUP,
                   org_code="", amount=1_634_421),
        PayoutSlip(slip_no="PU-0424-0001", kind="entrustment_fee", payee_name="Hội Nông dân xã Thử Nghiệm",
                   group_code="", org_code="11", amount=2_016_000),
    )  # fmt: skip
    return Terms(
        point=Point(
            point_code="TXN0480799", point_name=point_name, commune_code="480799", commune_name="Xã Thử Nghiệm",
            address="Trụ sở UBND xã Thử Nghiệm", pos_code="004807", pos_name="Phòng giao dịch Thử Nghiệm",
            hotline="0200 000 000", visit_day=15, time_begin="08:00", time_end="11:30",
        ),
        session_date=DAY,
        team=_team(),
        organisations=(Organisation(org_code="11", org_name="Hội Nông dân"),),
        hamlets=(Hamlet(hamlet_code="48070101", hamlet_name="Ấp Tây", point_code="TXN0480799"),),
        programmes=(
            _programme("01", "hộ nghèo", 66_000, datetime.date(2015, 1, 1)),
            _programme("09", "hộ mới thoát nghèo", 82_500, datetime.date(2015, 1, 1)),
        ),
        groups=(
            Group(group_code=GROUP, group_name="Tổ 0117", hamlet_code="48070101", org_code="11", leader=LEADER,
                  deputy=DEPUTY, leader_phone="", min_deposit=50_000, rating="good"),
        ),
        customers=tuple(_customer(number) for number in everybody),
        loans=tuple(_loan(number) for number in everybody),
        deposits=tuple(_deposit(number) for number in everybody),
        savings_products=(),
        disbursements=slips,
        payouts=payouts,
        parameters=Parameters(),
    )  # fmt: skip


def notes(amount: int) -> dict[int, int]:
    """As few notes as come to this sum; a sum that no notes come to is a mistake of the test."""
    held: dict[int, int] = {}
    for note in (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500):
        held[note], amount = divmod(amount, note)
    assert amount == 0
    return {note: count for note, count in held.items() if count}


class Book:
    """A book being written: `post` asks the rules, seals the entry and takes it into the session."""

    def __init__(self, session_terms: Terms | None = None) -> None:
        self.session = Session(session_terms or terms())
        self.sealed: list[Sealed] = []

    @property
    def head(self) -> bytes:
        return self.sealed[-1].head if self.sealed else chain.NO_HEAD

    def post(self, body: Body, *, approvers: Sequence[str] = ()) -> Sealed:
        number = len(self.sealed) + 1
        approvals = [
            chain.approve(SEEDS[one], staff_id=one, book=BOOK_ID, entry_id=number, body=body) for one in approvers
        ]
        self.session.check(body, maker="GDV01", approvers=approvers, head=self.head)
        sealed = chain.link(
            body, session=self.session, book=BOOK_ID, prev=self.head, entry_id=number,
            moment=Moment(BEGIN_S + 60 * number, 60 * number, 1), maker="GDV01", approvals=approvals,
            device_seed=DEVICE_SEED,
        )  # fmt: skip
        self.session.apply(body, maker="GDV01")
        self.sealed.append(sealed)
        return sealed

    def open(self, float_amount: int = 650_000_000) -> Sealed:
        return self.post(self.session.plan_open(notes=notes(float_amount)), approvers=["KSV01"])

    def visit(self, *wishes: Wish, customer: str = DEBTOR) -> Sealed:
        return self.post(self.session.plan_visit(customer, wishes=wishes))

    def debtor_pays(self) -> Sealed:
        """Five lines of one visit: overdue principal, both interests, a deposit; 5,300,000 đồng."""
        return self.visit(
            Wish("TQ", loan_code(3), 5_000_000), Wish("TL", loan_code(3), None), Wish("TT", deposit_no(3), 104_486)
        )

    def group(self, cash: Mapping[str, int], *, by: str = LEADER) -> Sealed:
        body = self.session.plan_group(GROUP, by=by, cash=cash, interest={}, notes=notes(sum(cash.values())))
        return self.post(body)

    def slip(self, slip_no: str) -> Sealed:
        return self.post(self.session.plan_slip(slip_no), approvers=["KSV01"])

    def reverse(self, number: int, reason: str = "nhập nhầm số tiền") -> Sealed:
        return self.post(self.session.plan_reverse(number, reason=reason), approvers=["KSV01"])

    def count(self, held: Mapping[int, int]) -> Sealed:
        return self.post(self.session.plan_count(notes=held))

    def difference(self, reason: str = "thiếu một tờ") -> Sealed:
        return self.post(self.session.plan_difference(reason=reason), approvers=["TTR01"])

    def close(self) -> Sealed:
        return self.post(self.session.plan_close(head=self.head), approvers=["GDV01", "KSV01", "TTR01"])


def round_cash(amount: int) -> int:
    """What a drawer can hold in notes of 1,000 and up."""
    return amount // 1_000 * 1_000
