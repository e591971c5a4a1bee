"""Three people sign the close, each with their own PIN, over one and the same voucher."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from desktop.ui.approve import TYPED_MAX
from desktop.ui.chips import Notice, button, label, row, toned
from desktop.ui.close_step import sided
from desktop.ui.counter import Counter
from desktop.ui.posting import Posting
from sync.chain import Approval
from sync.errors import Fault
from sync.outage import NO_SIGNATURE

if TYPE_CHECKING:
    from desktop.desk import Posted, Preview


class SignStep(QWidget):
    """Emits `closed` once the close is in the book."""

    closed = Signal()

    def __init__(self, counter: Counter, posting: Posting) -> None:
        super().__init__()
        self.counter, self.say, self.posting = counter, counter.say, posting
        self.preview: Preview | None = None
        self.approvals: dict[int, Approval] = {}
        self._make()

    def _make(self) -> None:
        say = self.say
        self.text = label(say("close.sign_text"), name="muted", wrap=True)
        self.notice = Notice()
        self.on = button(say("close.seal"), name="primary", key="Ctrl Enter")
        self.on.clicked.connect(self.seal)
        content = sided(self, self.text, self.notice, self.on)
        self.signers: list[tuple[QComboBox, QLineEdit, QLabel]] = []
        for at, role in enumerate(("teller", "controller", "leader")):
            who, pin, state = QComboBox(), QLineEdit(), label(name="muted")
            for one in self.counter.colleagues({role}):
                who.addItem(one.full_name, one.staff_id)
            who.setCurrentIndex(max(who.findData(self.counter.standing.user.staff_id), 0))
            name = self.say(f"role.{role}")
            who.setAccessibleName(name)
            pin.setAccessibleName(f"{say('approve.pin')}, {name}")
            pin.setEchoMode(QLineEdit.EchoMode.Password)
            pin.setMaxLength(TYPED_MAX)
            pin.setPlaceholderText(say("approve.pin"))
            pin.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly | Qt.InputMethodHint.ImhSensitiveData)
            pin.setFixedWidth(190)
            pin.returnPressed.connect(partial(self._sign, at))
            content.addSpacing(8)
            content.addWidget(label(name, name="strong"))
            content.addLayout(row(who, pin, gap=10))
            content.addWidget(state)
            self.signers.append((who, pin, state))
        content.addStretch(1)

    def start(self) -> None:
        """A close as the book stands now, and nobody has signed it."""
        self.approvals, self.preview = {}, None
        for _, pin, state in self.signers:
            pin.clear()
            pin.setEnabled(True)
            state.setText(self.say("close.unsigned"))
            toned(state, "")
        self.notice.tell("")
        self._show_signed()

        def planned(preview: "Preview") -> None:
            self.preview = preview
            for who, pin, _ in self.signers:
                bare = who.currentData() in preview.paper
                pin.setPlaceholderText(self.say("close.sign_paper" if bare else "approve.pin"))
            self.signers[0][1].setFocus()

        self.counter.ask(lambda desk: desk.preview_close(), then=planned, failed=self._unsigned)

    def _sign(self, at: int) -> None:
        who, pin, _ = self.signers[at]
        preview = self.preview
        staff_id, typed = str(who.currentData()), pin.text()
        bare = preview is not None and staff_id in preview.paper
        if preview is None or not (typed or bare) or at in self.approvals:
            return
        pin.setEnabled(False)
        self.counter.ask(
            lambda desk: desk.approve_on_paper(preview, staff_id=staff_id) if bare
            else desk.approve(preview, staff_id=staff_id, pin=typed),
            then=partial(self._signed, at, preview),
            failed=partial(self._unsigned, at=at),
        )

    def _signed(self, at: int, preview: "Preview", approval: Approval) -> None:
        if preview is not self.preview:
            return
        self.approvals[at] = approval
        _, pin, state = self.signers[at]
        pin.clear()
        bare = approval.signature == NO_SIGNATURE
        state.setText(self.say("close.signed_paper" if bare else "close.signed"))
        toned(state, "warn" if bare else "ok")
        self.notice.tell("")
        self._show_signed()
        after = next((pin for n, (_, pin, _) in enumerate(self.signers) if n not in self.approvals), None)
        (after or self.on).setFocus()

    def _unsigned(self, fault: Fault, *, at: int | None = None) -> None:
        self.notice.tell(self.counter.sentence(fault))
        if at is not None:
            pin = self.signers[at][1]
            pin.setEnabled(True)
            pin.clear()
            pin.setFocus()

    def _show_signed(self) -> None:
        self.on.setEnabled(len(self.approvals) == len(self.signers) and not self.posting.busy)

    def seal(self) -> None:
        """Close the book; passed over as long as a signature is missing."""
        if self.preview is not None and self.on.isEnabled():
            approvals = [self.approvals[at] for at in sorted(self.approvals)]
            self.posting.give(self.preview, approvals=approvals, done=self._closed, refused=self._unsigned)

    def _closed(self, _posted: "Posted") -> None:
        self.closed.emit()
