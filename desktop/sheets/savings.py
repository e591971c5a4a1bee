"""What a receipt says of residents' savings: the product and card of what came in, the reckoning of what is paid out.

An account opened at the table goes by a provisional number until the office gives the final one, and its
receipt says so. Interest paid out says its balance, days and rates, so that anybody can compute it again.

Rules: README, *Rules of the field*; `sync.savings`.
"""

import datetime

from desktop.sheets.parts import Printed, amount_text, day_text, percent
from desktop.sheets.sheet import Block, Paragraph, bold, plain
from desktop.sheets.voucher import Voucher
from sync import savings
from sync.ledger import Line
from sync.terms import Deposit


def account_of(voucher: Voucher, account: str) -> Deposit | None:
    """A savings account of the pack or of today, also where the voucher that opened it was reversed since."""
    if found := voucher.roll.deposits.get(account):
        return found
    said, terms = savings.opening(account), voucher.session.terms
    if said is None:
        return None
    try:
        return savings.opened(
            said, terms.savings_products, customer_code=voucher.body.party, on=terms.session_date
        )
    except savings.ProductUnknown:
        return None


def savings_content(voucher: Voucher, line: Line, what: str) -> str:
    """A line of savings (GK, RK) with what it is and on which card; interest with its reckoning."""
    deposit = account_of(voucher, line.account)
    if deposit is None:
        return what
    if line.component == "savings_interest":
        return _interest(voucher, line, deposit, what)
    words = voucher.words
    text = words("paper.savings.of", what=what, product=_product(voucher, deposit))
    if line.code == "GK" and savings.opening(line.account) and deposit.opened_on == voucher.session.terms.session_date:
        text = _opened(voucher, line, deposit, text)
    elif line.code == "RK" and deposit.matures_on:
        early = voucher.session.terms.session_date < deposit.matures_on
        text = words("paper.savings.early" if early else "paper.savings.matured", what=text)
    if deposit.matures_on:
        text = words("paper.savings.until", what=text, until=day_text(deposit.matures_on))
    return words("paper.savings.card", what=text, serial=deposit.card_serial) if deposit.card_serial else text


def _opened(voucher: Voucher, line: Line, deposit: Deposit, text: str) -> str:
    """With term, rate and first day, as the table of rates has them."""
    said = savings.opening(line.account)
    months = said.term_months if said else 0
    rate, since = percent(100 * deposit.annual_rate_ppm), day_text(deposit.opened_on)
    if not months:
        return voucher.words("paper.savings.opened_demand", what=text, rate=rate, since=since)
    return voucher.words("paper.savings.opened", what=text, months=months, rate=rate, since=since)


def product_name(printed: Printed, deposit: Deposit) -> str:
    """What an account's product is called; its code where the pack has no such product."""
    product = savings.product_of(deposit, printed.session.terms.savings_products)
    unnamed = printed.words("paper.people.member_deposit") if deposit.kind == "member" else deposit.product_code
    return product.name if product else unnamed


def _product(voucher: Voucher, deposit: Deposit) -> str:
    """The product's name; the words before it say already that it is savings."""
    return product_name(voucher, deposit).removeprefix("Tiết kiệm ")


def provisional_notes(voucher: Voucher) -> tuple[Block, ...]:
    """For each account opened at the table: that its number is not the final one."""
    words, reverse = voucher.words, voucher.body.kind == "reverse"
    opened = [savings.opening(line.account) for line in voucher.body.lines if line.code == "GK"]
    return tuple(
        Paragraph(said=(plain(words("paper.savings.provisional")), bold(one.serial), plain(words("paper.savings.final"))))
        for one in opened
        if one and not reverse
    )


# The interest of an account that is closed


def _interest(voucher: Voucher, line: Line, deposit: Deposit, what: str) -> str:
    words, terms = voucher.words, voucher.session.terms
    if line.amount * (-1 if voucher.body.kind == "reverse" else 1) < 0:
        what = words("paper.savings.taken_back")
    scheme = savings.scheme_of(deposit, terms.savings_products)
    if scheme == "steps":
        runs = _steps(voucher, deposit)
    else:
        balance = next(
            abs(one.amount)
            for one in voucher.body.lines
            if (one.code, one.account, one.component) == ("RK", line.account, "savings")
        )
        runs = _runs(voucher, deposit, balance)
    return words("paper.savings.interest", what=what, runs="; ".join(runs))


def _runs(voucher: Voucher, deposit: Deposit, balance: int) -> tuple[str, ...]:
    """Days and rates of one balance: to maturity and after it, or all of them early; and what was paid before."""
    words, terms = voucher.words, voucher.session.terms
    on, end = terms.session_date, deposit.matures_on or terms.session_date
    rate = deposit.annual_rate_ppm if on >= end else deposit.early_rate_ppm or 0
    made = [amount_text(voucher, balance), _run(voucher, deposit.opened_on, min(on, end), rate)]
    if on > end:
        made.append(_run(voucher, end, on, deposit.early_rate_ppm or 0))
    scheme = savings.scheme_of(deposit, terms.savings_products)
    if days := savings.days_paid(deposit, scheme, on):
        made.append(words("paper.savings.paid", days=days, rate=percent(100 * deposit.annual_rate_ppm)))
    return tuple(made)


def _steps(voucher: Voucher, deposit: Deposit) -> tuple[str, ...]:
    """A balance that grew: what the office reckoned up to its day, and the days since at the balance of then."""
    words, terms = voucher.words, voucher.session.terms
    on, end = terms.session_date, deposit.matures_on or terms.session_date
    early_rate = deposit.early_rate_ppm or 0
    since = min(terms.as_of or on, on)
    until = max(min(on, end), since)
    made = [words("paper.savings.accrued", amount=deposit.interest_accrued or 0, day=day_text(since))]
    if until > since:
        run = _run(voucher, since, until, deposit.annual_rate_ppm)
        made.append(f"{amount_text(voucher, deposit.balance)}, {run}")
    if on < end:
        rates = {"rate": percent(100 * early_rate), "contract": percent(100 * deposit.annual_rate_ppm)}
        made.append(words("paper.savings.share", **rates))
    elif on > until:
        made.append(_run(voucher, until, on, early_rate))
    return tuple(made)


def _run(voucher: Voucher, since: datetime.date, until: datetime.date, rate_ppm: int) -> str:
    return voucher.words(
        "paper.line.run",
        since=f"{since:%d/%m}" if since.year == until.year else day_text(since),
        until=day_text(until),
        days=(until - since).days,
        rate=percent(100 * rate_ppm),
    )
