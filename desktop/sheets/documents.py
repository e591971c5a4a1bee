"""Every document of a session that is no voucher: what it is about, and who writes it.

A document is about the session, or about one group or one person, whom its target names by code.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from desktop.sheets.balance_confirmation import account_holders, balance_confirmation
from desktop.sheets.bulletin import bulletin
from desktop.sheets.collected import group_collected
from desktop.sheets.disbursements import disbursement_list
from desktop.sheets.followup import (
    beneficiaries,
    follow_escaped,
    follow_id,
    follow_inactive,
    follow_overdue,
    follow_repaid,
    follow_unpaid,
)
from desktop.sheets.group_list import group_list, group_list_next
from desktop.sheets.group_notes import group_notes
from desktop.sheets.joint import joint_closing
from desktop.sheets.meeting import meeting_groups, meeting_organisations
from desktop.sheets.member_interest import groups_owing, member_interest
from desktop.sheets.minutes import session_minutes
from desktop.sheets.occasion import Occasion
from desktop.sheets.overdue_notice import debtors, overdue_notice
from desktop.sheets.parts import group_text
from desktop.sheets.public import arrears_public, public_notice
from desktop.sheets.savings_card import savers, savings_card
from desktop.sheets.savings_list import savings_list
from desktop.sheets.score import score
from desktop.sheets.sheet import Sheet

Scope = Literal["session", "group", "customer"]
Writer = Callable[[Occasion, str], tuple[Sheet, ...]]


class Document(NamedTuple):
    """`key` names it in texts (`paper.title.…`), files and the pack's forms; the writer takes a target's code.

    `about` names the codes it makes sense for now; None: everybody of its scope.
    """

    key: str
    scope: Scope
    write: Writer
    about: Callable[[Occasion], tuple[str, ...]] | None = None


class Target(NamedTuple):
    """Whom a document is about: a code, and what people call them."""

    code: str
    name: str


# In the order of a morning: what is printed before it, during it, at its end, and for the monthly meeting.
DOCUMENTS: tuple[Document, ...] = (
    Document("public_notice", "session", public_notice),
    Document("arrears_public", "session", arrears_public),
    Document("bulletin", "session", bulletin),
    Document("group_list", "group", group_list),
    Document("group_notes", "group", group_notes),
    Document("disbursements", "session", disbursement_list),
    Document("overdue_notice", "customer", overdue_notice, debtors),
    Document("balance_confirmation", "customer", balance_confirmation, account_holders),
    Document("savings_card", "customer", savings_card, savers),
    Document("savings_list", "session", savings_list),
    Document("group_collected", "group", group_collected),
    Document("member_interest", "group", member_interest, groups_owing),
    Document("group_list_next", "group", group_list_next),
    Document("session_minutes", "session", session_minutes),
    Document("score", "session", score),
    Document("meeting_organisations", "session", meeting_organisations),
    Document("meeting_groups", "session", meeting_groups),
    Document("follow_overdue", "session", follow_overdue),
    Document("follow_inactive", "session", follow_inactive),
    Document("follow_repaid", "session", follow_repaid),
    Document("follow_id", "session", follow_id),
    Document("follow_unpaid", "session", follow_unpaid),
    Document("follow_escaped", "session", follow_escaped),
    Document("beneficiaries", "session", beneficiaries),
)  # fmt: skip


# Wanted only where several laptops sit at one table.
JOINT = Document("joint_closing", "session", joint_closing)


def document(key: str) -> Document:
    """A document by its key. Raises `KeyError`."""
    return {one.key: one for one in (*DOCUMENTS, JOINT)}[key]


def targets(occasion: Occasion, scope: Scope) -> tuple[Target, ...]:
    """Everybody a document of this scope can be about, in the order of the office's lists; nobody for the session."""
    terms = occasion.session.terms
    match scope:
        case "group":
            return tuple(Target(one.group_code, group_text(occasion, one)) for one in terms.groups)
        case "customer":
            return tuple(Target(one.customer_code, one.full_name) for one in terms.customers)
        case _:
            return ()


def targets_of(occasion: Occasion, key: str) -> tuple[Target, ...]:
    """Those a document makes sense for, in the order of the office's lists; nobody for one of the session."""
    one = document(key)
    found = targets(occasion, one.scope)
    if one.about is None:
        return found
    meant = set(one.about(occasion))
    return tuple(target for target in found if target.code in meant)


def name_of_file(occasion: Occasion, key: str, target: str = "") -> str:
    """A name for the document's file that sorts by day and says what it is: `20240415-disbursements`."""
    return "-".join(part for part in (f"{occasion.session.terms.session_date:%Y%m%d}", key, target) if part)
