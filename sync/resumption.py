"""A session that goes on at another laptop: the one that held it is broken, lost, or has no power.

A book has one writer, so the other laptop writes a book of its own that begins where the first one ended. Numbers
and running totals go on; its first entry, the *resumption*, follows the last entry of the first laptop, names its
number, carries its head, is signed by whoever makes it with their own key, and approved by an officer. Should the first laptop come back and write on, two entries
follow the same head, and whoever holds both sees it.
"""

from sync.errors import Refusal
from sync.projection import LAPTOP, Projection
from sync.voucher import Body, ReasonMissing, facts, said


class NothingToResume(Refusal):
    code = "resume.nothing"
    vi = "Máy kia chưa ghi phiếu nào nên không có gì để tiếp nối. Mở gói của máy này và bắt đầu phiên như thường."
    en = "The other laptop had posted nothing, so there is nothing to go on from. Open this laptop's own pack and begin as usual."


class ResumeDiffers(Refusal):
    code = "resume.differs"
    vi = "Phiếu tiếp nối ghi đến số {last}, không đúng chỗ sổ kia dừng. Lập lại phiếu tiếp nối từ USB."
    en = "The resumption names {last} as the last voucher, which is not where the other book ended. Make it again from the stick."


class ResumeUnsigned(Refusal):
    code = "resume.unsigned"
    vi = "Sổ kia dừng giữa khoảng máy không ký được (từ số {number}), nên máy này không nối tiếp được. Gọi văn phòng; ghi phiếu tay cho đến khi có hướng dẫn."
    en = "The other book ends inside a gap its laptop could not sign (since {number}), so it is not gone on from. Call the office; write by hand until it answers."


def plan_resume(session: Projection, *, head: bytes, reason: str) -> Body:
    """Going on from the newest entry, whose head this is."""
    return Body(kind="resume", head=head, details=facts(last=str(len(session.bodies))), reason=said(reason))


def check_resume(session: Projection, body: Body) -> None:
    """After something, exactly where it ended, with a reason. That another laptop wrote it is the chain's to say."""
    if not session.bodies:
        raise NothingToResume
    if not body.reason:
        raise ReasonMissing
    if LAPTOP in session.outages:
        raise ResumeUnsigned(number=session.outages[LAPTOP])
    if body != plan_resume(session, head=body.head, reason=body.reason):
        raise ResumeDiffers(last=body.detail("last") or "?")
