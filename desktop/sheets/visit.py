"""The receipt of one visit, of an approved slip paid out, of either reversed, and of one member's lines taken back.

Each line says what the money was for, on which account, how much, and what remained right after it.
Interest says its days and its rate, so that anybody can compute it again. A reversal shows the same
lines with the other sign, which voucher it reverses, why, and which way the cash went. A transfer shows
both its sides and says that no cash moved.
"""

from collections.abc import Sequence

from desktop.sheets.parts import (
    amount_text,
    box,
    customer_facts,
    day_text,
    fact,
    facts,
    group_text,
    name_of,
    notes_text,
    percent,
    words_of,
)
from desktop.sheets.savings import provisional_notes, savings_content
from desktop.sheets.sheet import Block, Box, Column, Facts, Paragraph, Row, Said, Sheet, Table, bold, plain
from desktop.sheets.voucher import (
    Voucher,
    approver_boxes,
    balance_foot,
    maker_box,
    plain_foot,
    sheet,
    signing,
)
from sync.ledger import CASH, INTEREST, Line, changes
from sync.loans import Run, interest_due, runs
from sync.money import figures

# Codes whose account holds something that remains: slips are paid whole and leave nothing.
_REMAINING = {"GN", "TG", "TQ", "TL", "TT", "RT", "CT", "GK", "RK"}


def visit_sheet(voucher: Voucher) -> Sheet:
    """A5, for the kinds `visit`, `slip`, `correct` and `reverse`."""
    words, body = voucher.words, voucher.body
    name = _title(voucher)
    total = shown_total(voucher)
    scan = "scan_receipt" if _title(voucher) == "receipt" else "scan_form"
    table = Table(
        columns=(
            Column(title=words("paper.column.content"), share=272),
            Column(title=words("paper.column.account"), share=97),
            Column(title=words("paper.column.amount"), share=85, align="right"),
            Column(title=words("paper.column.remaining"), share=85, align="right"),
        ),
        rows=tuple(_rows(voucher)),
        totals=(Row(cells=(words(_total_name(voucher)), figures(total), ""), style="bold", merged=2),),
    )
    left = any(line.code in _REMAINING for line in body.lines)
    return sheet(
        voucher,
        paper="a5",
        document=name,
        copies="customer",
        blocks=(
            Facts(items=(*_party(voucher), *reversal_facts(voucher), *_said(voucher))),
            table,
            words_of(voucher, total),
            *_transfer_note(voucher),
            *provisional_notes(voucher),
            signing(voucher, _payer(voucher), maker_box(voucher), *approver_boxes(voucher), scan=scan),
        ),
        foot=balance_foot(voucher) if left else plain_foot(voucher),
    )


def _title(voucher: Voucher) -> str:
    if voucher.body.kind in ("reverse", "correct"):
        return "reversal" if voucher.body.kind == "reverse" else "correct"
    cash = voucher.body.cash
    return "receipt" if cash > 0 else "payment" if cash < 0 else "transfer"


# Which way the money went


def direction(voucher: Voucher) -> int:
    """1 where the voucher (or the one it reverses) takes cash in, -1 where it pays out."""
    body = voucher.body
    undone = voucher.session.bodies[body.reverses - 1] if body.reverses else body
    return -1 if undone.cash < 0 else 1


def shown(voucher: Voucher, line: Line) -> int:
    """A line's amount in the direction of its voucher, below zero where it goes against it."""
    return CASH[line.code] * line.amount * direction(voucher) or line.amount


def shown_total(voucher: Voucher) -> int:
    """The voucher's cash in its own direction; what was moved, where a transfer moved no cash."""
    moved = voucher.body.cash * direction(voucher)
    return moved or sum(one.amount for one in voucher.body.lines if (one.code, one.component) == ("CT", "deposit"))


def _total_name(voucher: Voucher) -> str:
    """What the total is of, where some lines of the table move no cash."""
    moved = {line.code == "CT" for line in voucher.body.lines}
    return {(True,): "paper.total_moved", (False, True): "paper.total_cash"}.get(tuple(sorted(moved)), "paper.total")


def _transfer_note(voucher: Voucher) -> tuple[Block, ...]:
    """What moved without cash beside what moved in cash; where nothing else did, the total says so."""
    moved = [line for line in voucher.body.lines if line.code == "CT"]
    if not moved or len(moved) == len(voucher.body.lines):
        return ()
    taken = [line for line in moved if line.component == "deposit"]
    said = voucher.words(
        "paper.transfer",
        amount=sum(line.amount for line in taken),
        deposits=", ".join(dict.fromkeys(line.account for line in taken)),
        loans=", ".join(dict.fromkeys(line.account for line in moved if line not in taken)),
    )
    return (Paragraph(said=(bold(said),)),)


# The lines


def _rows(voucher: Voucher) -> list[Row]:
    remaining = remaining_after(voucher)
    return [
        Row(
            cells=(
                content(voucher, line),
                line.account,
                figures(shown(voucher, line)),
                figures(left) if line.code in _REMAINING and line.component != "savings_interest" else "",
            )
        )
        for line, left in zip(voucher.body.lines, remaining, strict=True)
    ]


def remaining_after(voucher: Voucher) -> list[int]:
    """For each line what its account held or owed right after it, in đồng."""
    after = dict(voucher.session.balances_after(voucher.entry.number))
    made: list[int] = []
    for line in reversed(voucher.body.lines):
        touched = changes(line)
        made.append(after[touched[0][0], touched[0][1]] if touched else 0)
        for account, component, amount in touched:
            after[account, component] -= amount
    return made[::-1]


def content(voucher: Voucher, line: Line) -> str:
    """What a line is for."""
    what = voucher.words(f"paper.line.{line.code}_{line.component}")
    if line.component in INTEREST and line.account in voucher.roll.loans:
        return _interest(voucher, line, what)
    if line.code in ("GK", "RK"):
        return savings_content(voucher, line, what)
    if line.code == "GN" and voucher.body.slip in voucher.roll.disbursements:
        return _disbursed(voucher, what)
    if voucher.body.slip:
        return voucher.words("paper.line.slip", what=what, slip=voucher.body.slip)
    return what


def _interest(voucher: Voucher, line: Line, what: str) -> str:
    """With the days and the rates it was computed from; says so where only a part was taken."""
    words, session = voucher.words, voucher.session
    loan, on = voucher.roll.loans[line.account], session.terms.session_date
    if line.component.endswith("_arrears"):
        said = words("paper.line.until", what=what, day=day_text(loan.interest_paid_to))
    else:
        overdue = line.component == "overdue_interest"
        # Two balances of one loan share their days and their rate: said once.
        spans = dict.fromkeys(
            (run.since, run.until, run.annual_rate_ppm * run.overdue_percent, _run(voucher, run))
            for run in runs(loan, session.history, on, session.terms.as_of)
            if (run.overdue_percent != 100) == overdue
        )
        said = words("paper.line.runs", what=what, runs="; ".join(text for *_, text in spans))
    if abs(line.amount) != interest_due(loan, session.history, on, session.terms.as_of)[line.component]:
        return words("paper.line.part", what=said)
    return said


def _run(voucher: Voucher, run: Run) -> str:
    since = f"{run.since:%d/%m}" if run.since.year == run.until.year else day_text(run.since)
    rate = percent(run.annual_rate_ppm * run.overdue_percent)
    return voucher.words("paper.line.run", since=since, until=day_text(run.until), days=run.days, rate=rate)


def _disbursed(voucher: Voucher, what: str) -> str:
    slip = voucher.roll.disbursements[voucher.body.slip]
    names = [one.short_name for one in voucher.session.terms.programmes if one.programme_code == slip.programme_code]
    return voucher.words(
        "paper.line.disbursed",
        what=what,
        programme=names[-1] if names else slip.programme_code,
        fund=voucher.words(f"paper.line.fund_{slip.fund_source}"),
        decision=slip.decision_no,
        purpose=slip.purpose,
        due=day_text(slip.due_on),
    )


# Who paid or was paid


def _party(voucher: Voucher) -> Sequence[Said]:
    body, roll, words = voucher.body, voucher.roll, voucher.words
    if customer := roll.customers.get(body.party):
        return customer_facts(voucher, customer)
    group, organisation = roll.groups.get(body.party), roll.organisations.get(body.party)
    if group and not body.slip and (member := roll.customers.get(body.by)):
        # One member's lines of a group's hand-in, taken back.
        return customer_facts(voucher, member)
    # Whoever comes for a group or an organisation writes their name where they sign, if the slip does not name them.
    payee = _payee(voucher)
    return (
        *((fact(words("paper.party.payee"), payee),) if payee else ()),
        *facts(
            (words("paper.party.group"), group_text(voucher, group) if group else ""),
            (words("paper.party.organisation"), organisation.org_name if organisation else ""),
        ),
    )


def _payee(voucher: Voucher) -> str:
    """Who stands at the table: the customer, or the payee of an approved slip."""
    body, roll = voucher.body, voucher.roll
    payout = roll.payouts.get(body.slip)
    if payout:
        return payout.payee_name
    return name_of(voucher, body.party if body.party in roll.customers else body.by)


def _payer(voucher: Voucher) -> Box:
    role = "receiver" if voucher.body.cash < 0 else "payer" if voucher.body.cash else "owner"
    if voucher.body.kind == "correct":
        # The member or the leader: whoever takes the cash back writes their own name.
        return box(voucher, role, "")
    return box(voucher, role, _payee(voucher))


def reversal_facts(voucher: Voucher) -> tuple[Said, ...]:
    """Which voucher is reversed, why, and which way the cash went; nothing on another kind."""
    body, words = voucher.body, voucher.words
    if body.kind not in ("reverse", "correct"):
        return ()
    back = "back" if body.cash < 0 else "again"
    cash = (plain(words(f"paper.reverse.{back}")), bold(amount_text(voucher, abs(body.cash))))
    return (
        fact(words("paper.reverse.of" if body.kind == "reverse" else "paper.reverse.from"), voucher.number(body.reverses)),
        (plain(words("paper.reverse.reason")), plain(body.reason)),
        *((cash,) if body.cash else ()),
    )


def _said(voucher: Voucher) -> tuple[Said, ...]:
    """Why something unusual was done, how the person was known, and the notes where they were counted."""
    body, words = voucher.body, voucher.words
    because = body.reason if body.kind == "visit" else ""
    # The table says so by one word; whatever else was said is printed as it was.
    card = words("paper.card_seen") if body.detail("card") == "seen" else body.detail("card")
    return facts(
        (words("paper.reverse.reason"), because),
        (words("paper.detail.card"), card),
        (words("paper.notes"), notes_text(body.notes)),
    )
