"""A laptop that cannot sign, at the keyboard: it says so and stays useful, and the gap is closed where it was opened."""

import secrets
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from desktop import vault
from desktop.ui.approve import ApprovalSheet
from desktop.ui.close import COUNT, SIGN, ClosePage
from desktop.ui.outage import KeySheet, OutageSheet, RecoverSheet
from sync.keys import derived, seal_public
from sync.outage import NO_SIGNATURE
from sync.spare import LaptopKeys, make_mend, read_spare
from tests.bench.point import PASSPHRASE, PINS
from tests.ui.laptop import CONTROLLER, LEADER, TELLER, Laptop, Teller
from tests.ui.test_morning import closing, customers
from tests.ui.test_window import cut_off, nameless


def mend_of(laptop: Laptop) -> bytes:
    """What the office would give the teller back, made while the keys are still here."""
    opened = vault.Vault(laptop.home, draw=secrets.token_bytes, keystore=None)
    unlocked = opened.unlock(TELLER, passphrase=PASSPHRASE, now_s=0)
    held = LaptopKeys(seed=unlocked.device_seed, secret=unlocked.device_secret)
    user = unlocked._users[TELLER]
    person = derived(opened.approval_seed(user, PINS[TELLER], unlocked._key), label="user-seal/1", salt=b"")
    made = make_mend(held, device=unlocked.device, staff_id=TELLER, person_key=seal_public(person))
    unlocked.lock()
    return made


def lose_key(laptop: Laptop) -> None:
    for name in ("laptop.dgd", "laptop.second.dgd"):
        (laptop.home / "vault" / name).unlink()


def band(teller: Teller) -> str:
    return teller.desk.outage.text.text() if teller.desk.outage.isVisible() else ""


def signed(teller: Teller) -> list[bool]:
    found: list[list[bool]] = []
    teller.desk.counter.ask(
        lambda desk: [one.signature != NO_SIGNATURE for one in desk.book.sealed()], then=found.append
    )
    teller.wait(lambda: bool(found))
    return found[0]


def whole(teller: Teller) -> None:
    """Nothing is cut off or without a name, on the lowest screen there is."""
    teller.window.resize(1280, 720)
    teller.wait()
    assert cut_off(teller.window) == []
    assert nameless(teller.window) == []


def deposit(teller: Teller, amount: str) -> None:
    """Somebody brings money for their deposit."""
    before = teller.desk.counter.standing.entries
    teller.press("Ctrl+K")
    teller.type("vo thi vi")
    teller.wait()
    teller.press("Enter")
    teller.wait()
    customers(teller).accounts.setFocus()
    teller.letter("T")
    teller.type(amount)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.entries == before + 1)


def declared(teller: Teller, reason: str = "máy rơi, tệp khóa hỏng", *, approver: str = CONTROLLER) -> None:
    """The sheet that is open, filled in and approved."""
    assert isinstance(teller.desk.sheet, OutageSheet)
    teller.type(reason)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: isinstance(teller.desk.sheet, ApprovalSheet))
    teller.approve(PINS[approver])


@pytest.mark.feature(56)
def test_a_morning_goes_on_without_the_key_and_one_receipt_closes_the_gap(teller: Teller, laptop: Laptop, tmp_path: Path) -> None:
    mend = mend_of(laptop)
    teller.unlock()
    teller.open_session()
    assert band(teller) == ""
    teller.press("Ctrl+L")
    lose_key(laptop)
    teller.unlock()
    # It opens by itself and says that nothing is lost.
    teller.wait(lambda: isinstance(teller.desk.sheet, OutageSheet))
    assert "MÁY MẤT KHÓA KÝ" in band(teller)
    whole(teller)
    teller.press("Ctrl+Enter")
    assert "vì sao" in teller.desk.sheet.notice.text()  # type: ignore[union-attr]
    declared(teller)
    teller.wait(lambda: teller.desk.counter.standing.outages.laptop == 2)
    assert "1 phiếu chưa ký" in band(teller)
    deposit(teller, "50000")
    deposit(teller, "70000")
    assert "3 phiếu chưa ký" in band(teller)
    whole(teller)
    # Whoever goes to close is told before they count.
    teller.press("F9")
    teller.wait()
    left = teller.desk.pages["close"]
    assert isinstance(left, ClosePage)
    assert "chưa khóa sổ được" in left.left.notice.text()
    teller.press("F8")
    teller.wait()
    assert "ở lại trên máy" in " ".join(one.text() for one in teller.desk.pages["sync"].findChildren(QLabel))
    assert laptop.wire.batches
    sent = len(laptop.wire.batches)
    teller.press("Ctrl+U")
    sheet = teller.desk.sheet
    assert isinstance(sheet, KeySheet)
    whole(teller)
    sheet.save_to(tmp_path / "spare.dgd")
    teller.wait(lambda: "Đã ghi tệp" in sheet.notice.text())
    assert read_spare((tmp_path / "spare.dgd").read_bytes()).device == laptop.pack.device
    (tmp_path / "mend.dgd").write_bytes(mend)
    teller.type("000000")
    sheet.load_from(tmp_path / "mend.dgd")
    teller.wait(lambda: "PIN không đúng" in sheet.notice.text())
    teller.type(PINS[TELLER])
    sheet.load_from(tmp_path / "mend.dgd")
    # The key is back: the recovery is offered at once, and comes before anything else.
    teller.wait(lambda: isinstance(teller.desk.sheet, RecoverSheet))
    assert "ĐÃ CÓ LẠI KHÓA KÝ" in band(teller)
    said = " ".join(one.text() for one in teller.desk.sheet.findChildren(QLabel))  # type: ignore[union-attr]
    assert "từ số 2 đến số 4: 3 phiếu" in said
    whole(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: isinstance(teller.desk.sheet, ApprovalSheet))
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: not teller.desk.counter.standing.outages.laptop)
    assert band(teller) == ""
    assert signed(teller) == [True, False, False, False, True]
    teller.wait(lambda: teller.desk.counter.standing.marks.received == 5)
    assert len(laptop.wire.batches) > sent


def test_backing_out_leaves_the_band_and_nothing_can_be_posted(teller: Teller, laptop: Laptop) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("Ctrl+L")
    lose_key(laptop)
    teller.unlock()
    teller.wait(lambda: isinstance(teller.desk.sheet, OutageSheet))
    teller.press("Esc")
    assert teller.desk.sheet is None
    assert "chưa ghi được phiếu nào" in band(teller)
    found: list[str] = []
    teller.desk.counter.ask(
        lambda desk: desk.preview_float(notes={500_000: 1}), then=lambda _preview: None,
        failed=lambda fault: found.append(fault.code),
    )  # fmt: skip
    teller.wait(lambda: bool(found))
    assert found == ["outage.key-gone"]
    teller.desk.outage.do.click()
    declared(teller)
    teller.wait(lambda: teller.desk.counter.standing.outages.laptop == 2)


def test_who_cannot_sign_is_offered_on_paper_with_a_warning_in_their_outage_only(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("Ctrl+U")
    sheet = teller.desk.sheet
    assert isinstance(sheet, OutageSheet)
    # Its key works, so the laptop is none of those that may be declared.
    names = [sheet.what.itemData(at) for at in range(sheet.what.count())]
    assert sorted(names) == [TELLER, CONTROLLER, LEADER]
    sheet.what.setCurrentIndex(names.index(CONTROLLER))
    sheet.reason.setFocus()
    declared(teller, "quên mã PIN", approver=LEADER)
    teller.wait(lambda: teller.desk.counter.standing.outages.person == CONTROLLER)
    assert "KÝ TRÊN GIẤY" in band(teller)
    teller.press("F4")
    teller.wait()
    teller.press("Space", "Ctrl+Enter")
    teller.wait(lambda: isinstance(teller.desk.sheet, ApprovalSheet))
    approval = teller.desk.sheet
    assert isinstance(approval, ApprovalSheet)
    assert approval.on_paper
    assert not approval.pin.isVisible()
    assert "ký tay vào cả hai liên" in approval.notice.text()
    whole(teller)
    teller.press("Enter")
    # A hand on paper does not pay out alone: the leader is asked for beside it.
    teller.wait(lambda: isinstance(teller.desk.sheet, ApprovalSheet) and teller.desk.sheet is not approval)
    assert not teller.desk.sheet.on_paper  # type: ignore[union-attr]
    teller.approve(PINS[LEADER])
    teller.wait(lambda: teller.desk.counter.standing.entries == 3)
    teller.press("Ctrl+U")
    assert isinstance(teller.desk.sheet, RecoverSheet)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: isinstance(teller.desk.sheet, ApprovalSheet))
    assert not teller.desk.sheet.on_paper  # type: ignore[union-attr]
    teller.approve(PINS[CONTROLLER])
    teller.wait(lambda: not teller.desk.counter.standing.outages.person)
    assert band(teller) == ""


def test_the_close_is_signed_by_two_and_on_paper_by_the_one_who_cannot(teller: Teller) -> None:
    teller.unlock()
    teller.open_session()
    teller.press("Ctrl+U")
    sheet = teller.desk.sheet
    assert isinstance(sheet, OutageSheet)
    sheet.what.setCurrentIndex(sheet.what.findData(LEADER))
    sheet.reason.setFocus()
    declared(teller, "quên mã PIN", approver=CONTROLLER)
    teller.wait(lambda: teller.desk.counter.standing.outages.person == LEADER)
    teller.press("F9")
    teller.wait()
    teller.press("Ctrl+Enter")
    teller.wait(lambda: closing(teller).step == COUNT)
    teller.type_notes(teller.desk.counter.standing.cash)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: closing(teller).step == COUNT + 1 and closing(teller).check_go.isEnabled())
    teller.press("Ctrl+Enter")
    teller.wait(lambda: closing(teller).step == SIGN and closing(teller).sign.preview is not None)
    assert closing(teller).sign.signers[2][1].placeholderText() == "Enter: ký trên giấy"
    for who in (TELLER, CONTROLLER):
        # Nobody else is let through with an empty field.
        teller.press("Enter")
        teller.wait()
        assert not closing(teller).sign.on.isEnabled()
        teller.type(PINS[who])
        teller.press("Enter")
        teller.wait()
    whole(teller)
    teller.press("Enter")
    teller.wait(lambda: closing(teller).sign.on.isEnabled())
    assert closing(teller).sign.signers[2][2].text() == "ký trên giấy"
    whole(teller)
    teller.press("Ctrl+Enter")
    teller.wait(lambda: teller.desk.counter.standing.state == "closed")
