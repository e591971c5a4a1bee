"""The acts of a script: what each is called, what it says, and the voucher it asks for.

Fields in brackets may be missing. Money is whole đồng, `notes` an object of note to count, a list of
codes a list of texts; `voucher` is a place in the book, and the opening entry is 1. Every act may say
`approve`: true (the default) has it approved by those the rules ask for, false by nobody, and a list of
staff ids by just those people, each with their own PIN.

    open         float, [seal, giver]                            the float taken over
    float        denominations, [seal, giver]                    more of it during the session
    return       denominations, [seal, taker]                    cash back to the main fund
    group        group, by, cash {member: đồng}, denominations, [absent, unsigned, cadre, list, HAND]
    correct      voucher, member, reason                         one member's lines of a hand-in taken back
    visit        customer, lines, [reason, denominations, card, HAND]
    save         customer, amount, product, card, [term_months, denominations, HAND]    a new card
    save         customer, amount, account, [denominations, HAND]                       added to one
    save_close   account, [amount, denominations, HAND]          all of it, or a part of a demand account
    withdraw     account, [amount, denominations, HAND]          from a member deposit; all where no amount is said
    transfer     account, amount, [to, HAND]                     a deposit pays the owner's debts, without cash
    disburse     slip, [denominations, card, HAND]               an approved loan paid out
    pay          slip, [denominations, card, HAND]               a commission, a fee or a remuneration
    adjust       slip, [denominations, card, HAND]               what the office found of an earlier receipt
    reverse      voucher, reason                                 the whole of a voucher undone
    suspense     amount, denominations, reason, [name, phone, customer or group, HAND]
    counterfeit  notes {serial: denomination}, outcome, [minutes, customer or group]    outcome: held, returned
    request      type, text, [customer or group, account, until]
    transit      denominations, [seal, from, to, carriers, left_at, reason]             cash on the road
    loss         amount, reason, [at, place, told]
    handover     to, denominations                               the drawer to another teller, who goes on
    count        denominations, [blind]                          blind: true (the controller) or a staff id
    difference   reason                                          what the count is over or short
    outage       reason, [device, staff]                         device: true (the laptop's own key); staff: who cannot sign
    recover      [device, staff, reason]                         what can sign again
    close                                                        the end of the book
    sync                                                         what is unsent goes to the office
    beside       seconds, [questions]                            answer the other laptop of the table for so long, or so many
    joint                                                        the closed books of the other laptops are taken

HAND is `paper_no` and `paper_at` (HH:MM): the number and time of a slip written by hand and keyed later.
A line of a visit has `code` and `account`, and may have `amount` and `component`; a row of `to` the same
but its code. Where a transfer names no debt it goes against all the owner's loans, interest first. What a
request may be is said in `sync.requests`, and what a rule needs is the rule's to refuse.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from desktop.act_fields import Act, Fields
from desktop.desk import Desk, Preview
from sync import savings
from sync.errors import Refusal
from sync.slips import SlipUnknown
from sync.voucher import Body, Kind, Wish

_HAND = ("paper_at", "paper_no")


class ActUnknown(Refusal):
    """An act nobody knows."""

    code = "script.act-unknown"
    vi = "Dòng {line} của kịch bản có việc “{act}” mà chương trình không có. Bỏ qua dòng này; kiểm tra lại tên việc."
    en = "Line {line} of the script asks for “{act}”, which does not exist. It was passed over; check the name."


class AccountUnknown(Refusal):
    """An act names an account of nobody."""

    code = "script.account-unknown"
    vi = "Không có tài khoản {account} trong gói của phiên này. Kiểm tra lại số tài khoản rồi ghi."
    en = "There is no account {account} in this session's pack. Check its number, then post."


# Cash and who holds it


def _open(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_open(notes=fields.notes("float"), details=fields.details("seal", "giver"))


def _float(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_float(notes=fields.notes("denominations"), details=fields.details("seal", "giver"))


def _return(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_return(notes=fields.notes("denominations"), details=fields.details("seal", "taker"))


def _handover(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_handover(to=fields.text("to"), notes=fields.notes("denominations"))


def _transit(desk: Desk, fields: Fields) -> Preview:
    details = fields.details("seal", "from", "to", "carriers", "left_at")
    return desk.preview_transit(notes=fields.notes("denominations"), details=details, reason=fields.said("reason"))


def _counterfeit(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_counterfeit(
        party=fields.party(),
        notes=tuple(fields.amounts("notes").items()),
        minutes=fields.said("minutes"),
        outcome=fields.text("outcome"),
    )


def _loss(desk: Desk, fields: Fields) -> Preview:
    details = {"amount": str(fields.amount("amount")), **fields.details("at", "place", "told")}
    return desk.preview_loss(details=details, reason=fields.text("reason"))


def _suspense(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_suspense(
        amount=fields.amount("amount"),
        notes=fields.notes("denominations"),
        reason=fields.text("reason"),
        party=fields.party(),
        details=fields.details("name", "phone", *_HAND),
    )


def _count(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_count(notes=fields.notes("denominations"), blind=fields.said("blind"))


def _difference(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_difference(reason=fields.text("reason"))


def _outage(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_outage(device=fields.yes("device"), staff=fields.said("staff"), reason=fields.text("reason"))


def _recover(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_recover(device=fields.yes("device"), staff=fields.said("staff"), reason=fields.said("reason"))


def _close(desk: Desk, _fields: Fields) -> Preview:
    return desk.preview_close()


# Groups and people


def _group(desk: Desk, fields: Fields) -> Preview:
    details = fields.details("cadre", *_HAND)
    if fields.has("list"):
        details["list"] = str(fields.amount("list"))
    return desk.preview_group(
        fields.text("group"),
        by=fields.text("by"),
        cash=fields.amounts("cash"),
        interest={},
        notes=fields.notes("denominations"),
        absent=fields.texts("absent"),
        unsigned=fields.texts("unsigned"),
        details=details,
    )


def _correct(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_correct(
        fields.number("voucher"), customer_code=fields.text("member"), reason=fields.text("reason")
    )


def _visited(desk: Desk, customer: str, wishes: tuple[Wish, ...], *more: str, fields: Fields) -> Preview:
    return desk.preview_visit(
        customer,
        wishes=wishes,
        reason=fields.said("reason") if "reason" in more else "",
        notes=fields.notes("denominations") if "denominations" in more else {},
        details=fields.details(*_HAND, *(("card",) if "card" in more else ())),
    )


def _visit(desk: Desk, fields: Fields) -> Preview:
    return _visited(desk, fields.text("customer"), fields.wishes(), "reason", "denominations", "card", fields=fields)


def _save(desk: Desk, fields: Fields) -> Preview:
    customer = fields.text("customer")
    if fields.has("account"):
        account = fields.text("account")
    else:
        months = fields.number("term_months") if fields.has("term_months") else 0
        account = savings.provisional(fields.text("product"), term_months=months, serial=fields.text("card"))
    return _visited(desk, customer, (Wish("GK", account, fields.amount("amount")),), "denominations", fields=fields)


def _owned(desk: Desk, fields: Fields) -> tuple[str, str]:
    """The account of an act and its owner. Raises `AccountUnknown`."""
    account = fields.text("account")
    owner = desk.session.roll.owner(account)
    if not owner:
        raise AccountUnknown(account=account[:40])
    return account, owner


def _taken_out(desk: Desk, fields: Fields, *, code: str) -> Preview:
    account, owner = _owned(desk, fields)
    return _visited(desk, owner, (Wish(code, account, fields.amount_if_said("amount")),), "denominations", fields=fields)


def _transfer(desk: Desk, fields: Fields) -> Preview:
    account, owner = _owned(desk, fields)
    taken = Wish("CT", account, fields.amount("amount"))
    needs, may = frozenset({"account"}), frozenset({"amount", "component"})
    rows = fields.rows("to", needs=needs, may=may) if fields.has("to") else ()
    return _visited(desk, owner, (taken, *(fields.wish("CT", row) for row in rows)), fields=fields)


def _slip(desk: Desk, fields: Fields, *, kind: str) -> Preview:
    slip, notes = fields.text("slip"), fields.notes("denominations")
    preview = desk.preview_slip(slip, notes=notes, details=fields.details("card", *_HAND))
    body = preview.body
    said = "adjust" if body.kind == "adjust" else "disburse" if body.lines[0].code == "GN" else "pay"
    if said != kind:
        raise SlipUnknown(slip=slip)
    return preview


def _reverse(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_reverse(fields.number("voucher"), reason=fields.text("reason"))


def _request(desk: Desk, fields: Fields) -> Preview:
    return desk.preview_request(
        request=fields.text("type"),
        party=fields.party(),
        text=fields.text("text"),
        details=fields.details("account", "until"),
    )


# An act and the voucher it made

Said = Mapping[str, Any]


class _Verb(NamedTuple):
    """How an act becomes a voucher of a kind, and how that voucher is known again as the act's."""

    preview: Callable[[Desk, Fields], Preview]
    kind: Kind
    made: Callable[[Said, Body], bool]


def _any(_said: Said, _body: Body) -> bool:
    return True


def _of_party(said: Said, body: Body) -> bool:
    return bool(body.party == said.get("group", said.get("customer", "")))


def _of_account(said: Said, body: Body) -> bool:
    return any(line.account == said.get("account") for line in body.lines)


def _of_slip(said: Said, body: Body) -> bool:
    return body.slip == said.get("slip")


def _of_voucher(said: Said, body: Body) -> bool:
    return bool(body.reverses == said.get("voucher") and said.get("member", body.by) == body.by)


def _of_taker(said: Said, body: Body) -> bool:
    return body.detail("to") == said.get("to")


def _of_outage(said: Said, body: Body) -> bool:
    return bool(body.detail("staff") == said.get("staff", "") and bool(body.detail("device")) == said.get("device", False))


def _of_saver(said: Said, body: Body) -> bool:
    return body.party == said.get("customer") and any(line.code == "GK" for line in body.lines)


_VERBS: Mapping[str, _Verb] = {
    "open": _Verb(_open, "open", _any),
    "float": _Verb(_float, "float", _any),
    "return": _Verb(_return, "return", _any),
    "group": _Verb(_group, "group", _of_party),
    "correct": _Verb(_correct, "correct", _of_voucher),
    "visit": _Verb(_visit, "visit", _of_party),
    "save": _Verb(_save, "visit", _of_saver),
    "save_close": _Verb(partial(_taken_out, code="RK"), "visit", _of_account),
    "withdraw": _Verb(partial(_taken_out, code="RT"), "visit", _of_account),
    "transfer": _Verb(_transfer, "visit", _of_account),
    "disburse": _Verb(partial(_slip, kind="disburse"), "slip", _of_slip),
    "pay": _Verb(partial(_slip, kind="pay"), "slip", _of_slip),
    "adjust": _Verb(partial(_slip, kind="adjust"), "adjust", _of_slip),
    "reverse": _Verb(_reverse, "reverse", _of_voucher),
    "suspense": _Verb(_suspense, "suspense", _of_party),
    "counterfeit": _Verb(_counterfeit, "counterfeit", _of_party),
    "request": _Verb(_request, "request", _of_party),
    "transit": _Verb(_transit, "transit", _of_taker),
    "loss": _Verb(_loss, "loss", _any),
    "handover": _Verb(_handover, "handover", _of_taker),
    "count": _Verb(_count, "count", _any),
    "difference": _Verb(_difference, "difference", _any),
    "outage": _Verb(_outage, "outage", _of_outage),
    "recover": _Verb(_recover, "recover", _of_outage),
    "close": _Verb(_close, "close", _any),
}


def preview(act: Act, fields: Fields, *, desk: Desk) -> Preview:
    """The voucher an act asks for, with every rule but the approvals met. Raises `ActUnknown` and the refusals."""
    verb = _VERBS.get(act.name)
    if verb is None:
        raise ActUnknown(line=str(act.line), act=act.name[:40])
    made = verb.preview(desk, fields)
    fields.done()
    return made


def made(act: Act, body: Body) -> bool:
    """Whether this voucher is the one that the act would have made: enough to know it again after a crash."""
    verb = _VERBS.get(act.name)
    return verb is not None and verb.kind == body.kind and verb.made(act.fields, body)
