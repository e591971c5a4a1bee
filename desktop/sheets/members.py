"""A slip for each member who paid through the leader: what was handed in for them and what they hold now.

Slips are cut from a sheet of their own, so that a member can hold one beside their book although the
receipt stays with the group. A slip proves nothing alone: its code is the group voucher's, which does.
"""

from desktop.sheets.group import Share, shares
from desktop.sheets.parts import ID_DIGITS_SHOWN, amount_text, fact, heading, name_of
from desktop.sheets.sheet import Beside, Block, Code, Cuttings, Paragraph, Said, Sheet, bold, plain
from desktop.sheets.voucher import Voucher, balance_foot, code_text, marks, sheet

# Two columns of five fill a standing page; each is as high as the code and its words need.
COLUMNS, HEIGHT = 2, 150


def members_sheet(voucher: Voucher) -> Sheet:
    """A4, ten slips a page, for the kind `group`."""
    return sheet(
        voucher,
        paper="a4",
        document="members",
        blocks=(
            Cuttings(papers=tuple(_slip(voucher, one) for one in shares(voucher)), columns=COLUMNS, height=HEIGHT),
        ),
        foot=balance_foot(voucher),
    )


def _slip(voucher: Voucher, share: Share) -> tuple[Block, ...]:
    words = voucher.words
    group = voucher.roll.groups[voucher.body.party]
    hamlet = voucher.roll.hamlets.get(group.hamlet_code)
    place = " ".join(part for part in (group.group_name.removeprefix("Tổ "), hamlet.hamlet_name if hamlet else "") if part)
    said: tuple[Said, ...] = (
        (plain(voucher.session.terms.point.pos_name),),
        (bold(name_of(voucher, share.customer_code)),),
        fact(words("paper.member.code"), f"…{share.customer_code[-ID_DIGITS_SHOWN:]}"),
        fact(words("paper.member.interest"), amount_text(voucher, share.interest)),
        fact(words("paper.member.deposit"), amount_text(voucher, share.deposit)),
        fact(words("paper.member.held"), words("paper.none") if share.held is None else amount_text(voucher, share.held)),
    )
    scan = Code(text=code_text(voucher.sealed, voucher.session, words=words), lines=())
    head = tuple(Paragraph(said=(bold(mark),), tight=True) for mark in marks(voucher))
    return (
        Paragraph(said=(bold(heading(voucher, "members")), plain(f" · {voucher.when}")), tight=True),
        *head,
        Beside(left=tuple(Paragraph(said=one, tight=True) for one in said), right=(scan,), share=64),
        Paragraph(said=(plain(words("paper.party.group")), plain(place)), tight=True),
        Paragraph(said=(plain(words("paper.number")), plain(voucher.number(voucher.entry.number))), tight=True),
    )
