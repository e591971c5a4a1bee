"""The list of a group's hand-in: a row a member, the notes it came in, and one receipt for all.

Those who paid stand in the order of the office's list, each with cash, interest, deposit and what the
deposit holds now, so that a member can hold it beside their own book. Who is not on it did not pay; who
was absent, and whose signature the leader's list lacks, is named below.
"""

from typing import NamedTuple

from desktop.sheets.cash import notes_table
from desktop.sheets.parts import (
    box,
    fact,
    facts,
    group_text,
    name_of,
    words_of,
)
from desktop.sheets.sheet import Beside, Block, Box, Column, Facts, Paragraph, Row, Said, Sheet, Table, bold, plain
from desktop.sheets.visit import reversal_facts, shown, shown_total
from desktop.sheets.voucher import (
    Voucher,
    approver_boxes,
    balance_foot,
    maker_box,
    sheet,
    signing,
)
from sync.money import figures
from sync.terms import Group


class Share(NamedTuple):
    """What one member handed in, in đồng; `held` is their deposit right after, None where nothing went to it."""

    customer_code: str
    interest: int
    deposit: int
    held: int | None

    @property
    def cash(self) -> int:
        return self.interest + self.deposit


def shares(voucher: Voucher) -> tuple[Share, ...]:
    """Those who paid, in the order of the office's list."""
    roll = voucher.roll
    after = voucher.session.balances_after(voucher.entry.number)
    found: dict[str, Share] = {}
    for line in voucher.body.lines:
        owner, amount = roll.owner(line.account), shown(voucher, line)
        share = found.get(owner, Share(owner, 0, 0, None))
        if line.code == "TT":
            share = share._replace(deposit=share.deposit + amount, held=after[line.account, "deposit"])
        else:
            share = share._replace(interest=share.interest + amount)
        found[owner] = share
    return tuple(found[one.customer_code] for one in roll.members(voucher.body.party) if one.customer_code in found)


def group_sheet(voucher: Voucher) -> Sheet:
    """A4, for the kind `group` and for its reversal."""
    words, body = voucher.words, voucher.body
    group = voucher.roll.groups[body.party]
    reversal = body.kind == "reverse"
    name = "reversal" if reversal else "group"
    paid, total = shares(voucher), shown_total(voucher)
    organisation = voucher.roll.organisations.get(group.org_code)
    sums = Table(
        columns=(
            Column(title=words("paper.column.figure"), share=3),
            Column(title=words("paper.column.sum"), share=2, align="right"),
        ),
        rows=(
            Row(cells=(words("paper.group.interest"), figures(sum(one.interest for one in paid)))),
            Row(cells=(words("paper.group.deposit"), figures(sum(one.deposit for one in paid)))),
        ),
        totals=(Row(cells=(words("paper.group.cash"), figures(total)), style="bold"),),
    )
    count = words("paper.group.members", paid=len(paid), all=len(voucher.roll.members(body.party)))
    # A reversal hands no notes in and says nothing new about who paid.
    handed_in: tuple[Block, ...] = (
        Paragraph(said=(plain(count),)),
        *_missing(voucher),
        Beside(left=(notes_table(voucher, body.notes),), right=(sums,), share=56),
    )
    return sheet(
        voucher,
        paper="a4",
        document=name,
        copies="group",
        blocks=(
            Facts(
                items=(
                    fact(words("paper.party.group"), group_text(voucher, group)),
                    fact(words("paper.party.handed_in"), _handed_in(voucher, group)),
                    *facts((words("paper.party.organisation"), organisation.org_name if organisation else "")),
                    *reversal_facts(voucher),
                    *_list_facts(voucher, total),
                )
            ),
            _members(voucher, paid, total),
            *(() if reversal else handed_in),
            words_of(voucher, total),
            signing(
                voucher,
                box(voucher, "receiver" if body.cash < 0 else "payer", name_of(voucher, body.by)),
                maker_box(voucher),
                *_third(voucher, group),
                scan="scan_form",
            ),
        ),
        foot=balance_foot(voucher),
    )


def _list_facts(voucher: Voucher, total: int) -> tuple[Said, ...]:
    """Who checked the leader's list, and whether the sum it says is the cash."""
    words, body = voucher.words, voucher.body
    said = body.detail("list")
    off = total - int(said) if said else 0
    key = "agrees" if not off else "over" if off > 0 else "short"
    sums = words(f"paper.group.list_{key}", amount=int(said or 0), off=abs(off)) if said else ""
    return facts((words("paper.detail.cadre"), body.detail("cadre")), (words("paper.detail.list"), sums))


def _missing(voucher: Voucher) -> tuple[Block, ...]:
    """Members who did not come, and those whose signature the list lacks, by name in the order of the office's list."""
    members, body = voucher.roll.members(voucher.body.party), voucher.body
    made = []
    for key, codes in (("absent", body.absent), ("unsigned", body.unsigned)):
        names = ", ".join(one.full_name for one in members if one.customer_code in codes)
        if names:
            label = voucher.words(f"paper.group.{key}", count=len(codes))
            made.append(Paragraph(said=(plain(label), bold(names))))
    return tuple(made)


def _handed_in(voucher: Voucher, group: Group) -> str:
    by = voucher.body.by
    key = "leader" if by == group.leader else "deputy"
    return voucher.words(f"paper.party.{key}", name=name_of(voucher, by))


def _third(voucher: Voucher, group: Group) -> tuple[Box, ...]:
    """Who approved; on a hand-in, which nobody has to, the organisation that checked the list."""
    approvers = approver_boxes(voucher)
    if approvers or group.org_code not in voucher.roll.organisations:
        return approvers
    return (box(voucher, "organisation", ""),)


def _members(voucher: Voucher, paid: tuple[Share, ...], total: int) -> Table:
    words, none = voucher.words, voucher.words("paper.none")
    rows = tuple(
        Row(
            cells=(
                str(place),
                name_of(voucher, one.customer_code),
                figures(one.cash),
                figures(one.interest) if one.interest else none,
                figures(one.deposit) if one.deposit else none,
                none if one.held is None else figures(one.held),
                "",
            )
        )
        for place, one in enumerate(paid, start=1)
    )
    sums = (total, sum(one.interest for one in paid), sum(one.deposit for one in paid))
    return Table(
        columns=(
            Column(title=words("paper.column.order"), share=30, align="center"),
            Column(title=words("paper.column.member"), share=166),
            Column(title=words("paper.column.cash"), share=72, align="right"),
            Column(title=words("paper.column.interest"), share=68, align="right"),
            Column(title=words("paper.column.deposit"), share=72, align="right"),
            Column(title=words("paper.column.deposit_after"), share=81, align="right"),
            Column(title=words("paper.column.sign"), share=50, align="center"),
        ),
        rows=rows,
        totals=(Row(cells=(words("paper.total"), *(figures(one) for one in sums), "", ""), style="bold", merged=2),),
        tall=True,
    )
