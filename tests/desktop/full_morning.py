"""A morning with every kind of voucher, to be read on paper: savings, floats, hand-overs, false notes, a loss."""

import functools

from desktop.sheets.entries import attachments, copies, sheet_for
from desktop.sheets.sheet import Sheet
from desktop.words import Words
from sync import savings
from sync.chain import Sealed
from sync.records import changed
from sync.terms import Terms
from sync.voucher import Wish
from tests.sync import counter, small
from tests.sync.small import CONTROLLER, GROUP_A, HEAD_A, LEADER, NO_DEPOSIT, RESIDENT, SAVER, TELLER, TWICE, Writer

VI = Words("vi")
NEW_CARD = savings.provisional("402", term_months=12, serial="AB123456")
CASH = {HEAD_A: 330_000, TWICE: 250_000, SAVER: 50_000}


def terms(*, name: str = "") -> Terms:
    """The counter's terms; `name` is everybody's, where it is given."""
    if not name:
        return counter.COUNTER
    return changed(
        counter.COUNTER,
        customers=tuple(changed(one, full_name=name) for one in counter.COUNTER.customers),
        team=tuple(changed(one, full_name=name) for one in counter.COUNTER.team),
    )


class Morning(Writer):
    """A book written step by step; `found` are its vouchers by the name of their step."""

    def __init__(self, session_terms: Terms) -> None:
        super().__init__(session_terms)
        self.found: dict[str, Sealed] = {}

    def keep(self, step: str, sealed: Sealed) -> None:
        self.found[step] = sealed

    def text_of(self, step: str) -> str:
        return f"TXN0480799-20240815-A-{self.found[step].entry.number:06d}"

    def sheet(self, step: str, *, copy: int = 1, copy_of: int = 0, words: Words = VI) -> Sheet:
        return sheet_for(self.found[step], self.session, letter="A", copy=copy, words=words, copy_of=copy_of)

    def sheets(self, step: str, *, words: Words = VI) -> list[Sheet]:
        """Every copy of a voucher, and what is printed beside it."""
        count = copies(self.found[step].entry.body.kind)
        more = attachments(self.found[step], self.session, letter="A", words=words)
        return [*(self.sheet(step, copy=copy, words=words) for copy in range(1, count + 1)), *(one for _, one in more)]

    def members(self, step: str = "group", *, copy_of: int = 0) -> Sheet:
        [(name, sheet)] = attachments(self.found[step], self.session, letter="A", words=VI, copy_of=copy_of)
        assert name == "members"
        return sheet


@functools.cache
def morning(name: str = "") -> Morning:
    """Every kind of voucher, once or more."""
    book = Morning(terms(name=name))
    _cash_comes(book)
    _people_come(book)
    _something_is_wrong(book)
    _cash_goes(book)
    return book


def _cash_comes(book: Morning) -> None:
    plan, notes = book.session, small.notes
    book.keep("open", book.post(plan.plan_open(notes=notes(700_000_000), details={"giver": "Thủ quỹ Thử", "seal": "NP-0815"}), CONTROLLER))
    few = {500_000: 60, 200_000: 60, 100_000: 50, 50_000: 40, 20_000: 40, 10_000: 30, 5_000: 20, 2_000: 20, 1_000: 60}
    book.keep("float", book.post(plan.plan_float(notes=few, details={"giver": "Thủ quỹ Thử", "seal": "NP-0816"}), CONTROLLER))
    book.keep("handover", book.post(plan.plan_handover(to=counter.SECOND, notes=notes(plan.cash)), TELLER, counter.SECOND))
    back = plan.plan_handover(to=TELLER, notes=notes(plan.cash))
    book.keep("handed back", book.post(back, counter.SECOND, TELLER, maker=counter.SECOND))


def _people_come(book: Morning) -> None:
    plan = book.session
    book.keep("withdrawal", book.visit(TWICE, Wish("RT", small.deposit_no(TWICE), 100_000), approvers=[CONTROLLER]))
    book.keep("transfer", book.visit(HEAD_A, Wish("CT", small.deposit_no(HEAD_A), 300_000)))
    mixed = (Wish("CT", small.deposit_no(HEAD_A), 100_000), Wish("CT", small.loan_code(HEAD_A), 100_000, "principal"))
    book.keep("mixed", book.visit(HEAD_A, *mixed, Wish("TT", small.deposit_no(HEAD_A), 30_000)))
    book.keep("savings", book.visit(RESIDENT, Wish("GK", NEW_CARD, 5_000_000)))
    for step, account in (("ripe", counter.RIPE), ("young", counter.YOUNG), ("late", counter.LONG_RIPE),
                          ("prepaid", counter.PREPAID), ("steps", counter.STEPS)):  # fmt: skip
        body = plan.plan_visit(RESIDENT, wishes=[Wish("RK", account.account_no, None)])
        # From the second hundred million on, what one person is paid is the leader's too.
        book.keep(step, book.post(body, *[CONTROLLER, LEADER][: len(plan.approvers(body))]))
    hardship = plan.plan_visit(
        small.LATE, wishes=[Wish("TQ", small.loan_code(small.LATE), 1_000_000)], reason="Mất mùa, trả gốc trước",
        notes={500_000: 2}, details={"paper_no": "PT-0031", "paper_at": "08:40", "card": "seen"},
    )  # fmt: skip
    book.keep("hardship", book.post(hardship, CONTROLLER))
    book.keep("slip", book.slip())
    group = plan.plan_group(
        GROUP_A, by=small.DEPUTY_A, cash=CASH, interest={}, notes=small.notes(sum(CASH.values())), absent=[NO_DEPOSIT],
        unsigned=[TWICE, SAVER], details={"cadre": "Hội viên Thử", "list": "620000"},
    )  # fmt: skip
    book.keep("group", book.post(group))
    number = book.found["group"].entry.number
    book.keep("correct", book.post(plan.plan_correct(number, customer_code=TWICE, reason="nhầm dòng"), CONTROLLER))
    asked = {"account": small.loan_code(HEAD_A), "until": "2027-08-15"}
    book.keep("request", book.post(plan.plan_request(request="reschedule", party=HEAD_A, text="Xin cơ cấu lại nợ", details=asked)))
    book.keep("suggestion", book.post(plan.plan_request(request="suggestion", party="", text="Mở thêm ghế ngồi")))


def _something_is_wrong(book: Morning) -> None:
    plan = book.session
    two = [("ab 1234 5678", 500_000), ("CD7654321", 200_000)]
    held = plan.plan_counterfeit(party=RESIDENT, notes=two, minutes="03/BB-TG", outcome="held")
    book.keep("counterfeit", book.post(held, CONTROLLER))
    unfit = plan.plan_counterfeit(party="", notes=[("EF1112223", 100_000)], minutes="", outcome="returned")
    book.keep("unfit", book.post(unfit, CONTROLLER))
    robbed = {"amount": "60000000", "at": "18:15", "place": "Đường liên xã", "told": "Giám đốc phòng giao dịch"}
    book.keep("loss", book.post(plan.plan_loss(details=robbed, reason="Mất túi tiền trên đường"), LEADER))
    small_loss = {"amount": "49999999", "at": "khoảng trưa", "place": "Tại bàn"}
    book.keep("small loss", book.post(plan.plan_loss(details=small_loss, reason="Thiếu một bó"), LEADER))
    unplaced = plan.plan_suspense(
        amount=300_000, notes=small.notes(300_000), reason="Không rõ nộp cho ai", details={"name": "Đinh Thị Lan", "phone": "0200 000 001"}
    )
    book.keep("suspense", book.post(unplaced, LEADER))
    for step in ("request", "suspense", "correct"):
        book.keep(f"{step} undone", book.reverse(book.found[step].entry.number))


def _cash_goes(book: Morning) -> None:
    plan = book.session
    road = {"carriers": "Cán bộ GDV01, Cán bộ TTR01", "from": "Điểm giao dịch", "to": "Phòng giao dịch", "seal": "NP-0817"}
    bag = plan.plan_transit(notes=small.notes(100_000_000), details=road, reason="Đi xe của phòng")
    book.keep("transit", book.post(bag, LEADER, maker=CONTROLLER))
    held = plan.cash // 1_000 * 1_000
    book.keep("blind", book.post(plan.plan_count(notes=small.notes(held), blind=CONTROLLER), CONTROLLER))
    book.keep("return", book.post(plan.plan_return(notes=small.notes(100_000_000), details={"taker": "Thủ quỹ Thử", "seal": "NP-0818"}), CONTROLLER))
    book.keep("difference", book.post(plan.plan_difference(reason="lẻ dưới 1.000 đ"), CONTROLLER))
    book.keep("count", book.post(plan.plan_count(notes=small.notes(plan.cash))))
    book.keep("close", book.close())
