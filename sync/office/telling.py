"""An answer about a receipt as lines of text, Vietnamese and then English: what a command prints."""

import datetime
from collections.abc import Iterator

from sync.money import figures, in_words
from sync.office.home import VIETNAM
from sync.office.receipts import Answer, Held, Pairing
from sync.receipt import CONTRADICTIONS, RELATIONS, Comparison


def answered(answer: Answer) -> Iterator[str]:
    """The verdict alone on the first line, its sentences, and what to hold beside the paper."""
    yield answer.verdict
    yield answer.sentence("vi")
    yield answer.sentence("en")
    for note in answer.notes:
        yield from note
    stub = answer.stub
    # What an altered code says is what somebody wants to be believed.
    if stub is None or not answer.believed:
        return
    way = "Thu · In" if stub.amount > 0 else "Chi · Out" if stub.amount < 0 else "Tiền mặt · Cash"
    yield f"Số · Number: {answer.number or stub.number}"
    yield f"Ngày · Day: {stub.business_date:%d/%m/%Y}"
    yield f"{way}: {figures(abs(stub.amount))} đ ({in_words(abs(stub.amount))})"
    yield f"Dòng sổ · Line of the book: {stub.number} · {line_of_book(stub.digest)}"
    if answer.held is not None:
        yield from _held(answer.held)


def line_of_book(digest: bytes) -> str:
    """The first letters of a digest in fours, as papers print them beside the code."""
    text = digest[:4].hex().upper()
    return f"{text[:4]} {text[4:]}"


def _held(held: Held) -> Iterator[str]:
    when = datetime.datetime.fromtimestamp(held.wall_s, tz=VIETNAM)
    yield "Trong sổ văn phòng · In the office's books:"
    yield f"  {held.kind} · {held.party_name or held.party} · {figures(held.cash)} đ · {when:%d/%m/%Y %H:%M}"
    yield f"  {held.maker}{f' · {held.approvers}' if held.approvers else ''}"
    if held.reverses:
        yield f"  Của phiếu số · Of voucher: {held.reverses}"
    if held.reason:
        yield f"  Lý do · Reason: {held.reason}"
    for one in held.lines:
        gone = f" · đã rút ở số · taken back by {one.undone_by}" if one.undone_by else ""
        named = " · ".join(part for part in (one.owner, one.account) if part)
        yield f"  {one.code} {one.name}: {figures(one.amount)} đ{f' · {named}' if named else ''}{gone}"


def paired(pairing: Pairing) -> Iterator[str]:
    """Both answers, then what the two say of each other."""
    for answer in pairing.answers:
        yield from answered(answer)
        yield ""
    found = pairing.comparison
    if found is None:
        yield "not-compared"
        yield "Chưa so được: một trong hai mã không có chữ ký đúng của máy."
        yield "Not compared: one of the codes has no good signature of a laptop."
        return
    yield found.relation
    for language in ("vi", "en"):
        yield relation_text(found, language)
    for name in found.contradictions:
        yield from CONTRADICTIONS[name]
    for one in pairing.between:
        yield f"  {one.number} · {one.kind} · {one.party_name} · {figures(one.cash)} đ"
    for first, last in pairing.missing:
        yield f"  Chưa về văn phòng: số {first}-{last} · Not received: {first}-{last}"


def relation_text(found: Comparison, language: str) -> str:
    """What two receipts are to each other, with what lies between them."""
    said = RELATIONS[found.relation][1 if language == "en" else 0]
    return said.format(between=found.between, cash_in=figures(found.cash_in), cash_out=figures(found.cash_out))
