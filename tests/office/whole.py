"""A whole morning at a real point: every kind of voucher once or more, so that whoever adds up meets them all."""

from sync.savings import provisional
from sync.voucher import Wish
from tests.office.conftest import DAY, Desk
from tests.office.laptop import Laptop

SERIAL = "AB123456"


def groups(laptop: Laptop) -> list[str]:
    return [one.group_code for one in laptop.pack.terms.groups]


def visits(laptop: Laptop) -> None:
    """A borrower who pays everything there is, a withdrawal, a transfer, and a resident who saves and one who closes."""
    session, terms = laptop.session, laptop.pack.terms
    loan = next(
        one for one in terms.loans
        if one.balance_in_term > 5_000_000 and session.balance(one.loan_code, "interest")
        and (held := session.roll.member_deposit(one.customer_code)) and held.balance > 100_000
    )  # fmt: skip
    deposit = session.roll.member_deposit(loan.customer_code)
    assert deposit
    wishes = [
        Wish("TL", loan.loan_code, None),
        Wish("TG", loan.loan_code, 2_000_000),
        Wish("TT", deposit.account_no, 50_000),
    ]
    laptop.post(session.plan_visit(loan.customer_code, wishes=wishes))
    laptop.post(session.plan_visit(loan.customer_code, wishes=[Wish("RT", deposit.account_no, 30_000)]))
    transfer = [Wish("CT", deposit.account_no, 20_000), Wish("CT", loan.loan_code, 20_000, "principal")]
    laptop.post(session.plan_visit(loan.customer_code, wishes=transfer))
    late = next(one for one in terms.loans if session.balance(one.loan_code, "overdue_principal"))
    overdue = [Wish("TL", late.loan_code, None), Wish("TQ", late.loan_code, 100_000)]
    laptop.post(session.plan_visit(late.customer_code, wishes=overdue))
    card = provisional("464", term_months=12, serial=SERIAL)
    for amount in (1_000_000, 500_000):
        laptop.post(session.plan_visit(loan.customer_code, wishes=[Wish("GK", card, amount)]))
    held = next(one for one in terms.deposits if one.kind == "term" and one.balance and one.product_code == "402")
    laptop.post(session.plan_visit(held.customer_code, wishes=[Wish("RK", held.account_no, None)]))


def slips(laptop: Laptop) -> None:
    """A disbursement, a commission that is reversed, and a fee."""
    terms = laptop.pack.terms
    found = next(one for one in terms.disbursements if one.valid_from <= DAY <= one.valid_to)
    laptop.pay(found.slip_no)
    commission = next(one for one in terms.payouts if one.kind == "commission")
    laptop.reverse(laptop.pay(commission.slip_no).entry.number)
    laptop.pay(next(one for one in terms.payouts if one.kind == "entrustment_fee").slip_no)


def custody(laptop: Laptop) -> None:
    """A further float, cash on the road and back, a false note, money nobody can place, a loss, another teller."""
    session = laptop.session
    laptop.post(session.plan_float(notes={500_000: 40}, details={"giver": "Thủ quỹ", "seal": "N-0415"}))
    road = {
        "carriers": "Lê Minh Tuấn, Võ Thị Thủy",
        "from": "Điểm giao dịch",
        "to": "PGD",
        "left_at": "10:40",
        "seal": "N-0416",
    }
    laptop.post(session.plan_transit(notes={500_000: 20}, details=road))
    laptop.post(session.plan_return(notes={500_000: 20}, details={"taker": "Thủ quỹ", "seal": "N-0416"}))
    leader = session.roll.groups[groups(laptop)[0]].leader
    notes = [("HN 1234567", 500_000)]
    laptop.post(session.plan_counterfeit(party=leader, notes=notes, minutes="BB-07", outcome="held"))
    for reason in ("Phong bì không tên ở bàn số 2", "Tiền thừa của Tổ"):
        laptop.post(
            session.plan_suspense(amount=200_000, notes={100_000: 2}, reason=reason, details={"name": "chưa rõ"})
        )
    laptop.reverse(len(laptop.entries))
    loss = {"amount": "60000000", "at": "08:01", "place": "Quốc lộ 50", "told": "Giám đốc PGD"}
    laptop.post(session.plan_loss(details=loss, reason="Rơi một gói tiền khi chuyển xe"))


def asked(laptop: Laptop) -> None:
    """An extension, an overturned dossier, and a suggestion of nobody."""
    session = laptop.session
    loan = laptop.pack.terms.loans[0]
    details = {"account": loan.loan_code, "until": "2025-04-15"}
    laptop.post(
        session.plan_request(
            request="extension", party=loan.customer_code, text="Mất mùa, xin gia hạn 12 tháng", details=details
        )
    )
    laptop.post(session.plan_request(request="dossier", party=groups(laptop)[0], text="Hồ sơ vay của ba hộ"))
    laptop.reverse(len(laptop.entries))
    laptop.post(session.plan_request(request="suggestion", party="", text="Xin thêm ghế ở chỗ chờ"))


def whole_morning(desk: Desk) -> Laptop:
    """Opened, worked through and closed on one laptop; nothing of it is sent yet."""
    laptop = desk.laptop()
    session = laptop.session
    laptop.open({500_000: 600, 10_000: 100})
    first, second = groups(laptop)[:2]
    hand_in = laptop.hand_in(first)
    member = session.members(first)[1].customer_code
    laptop.post(session.plan_correct(hand_in.entry.number, customer_code=member, reason="Tổ trưởng ghi nhầm người"))
    laptop.reverse(laptop.hand_in(second, members=5).entry.number)
    laptop.hand_in(second, members=6)
    visits(laptop)
    slips(laptop)
    custody(laptop)
    asked(laptop)
    other = [one.staff_id for one in laptop.pack.terms.team if one.role == "teller"][1]
    laptop.hand_over(other)
    laptop.deposit(50_000, place=5)
    laptop.count(short=session.cash % 500 + 500)
    laptop.post(session.plan_difference(reason="thiếu tiền lẻ"))
    laptop.close()
    return laptop
