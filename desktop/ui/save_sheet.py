"""Where a document's PDF is to be kept: a folder, remembered by the laptop, with the one thing to know about it."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from desktop.ui.chips import button, label, row
from desktop.ui.counter import Counter
from desktop.ui.sheets import Sheet

# The laptop remembers it from one session to the next.
SETTING = "documents/folder"


class SaveSheet(Sheet):
    """`folder` is what was chosen; `what` says which document, or how many."""

    def __init__(self, window: QWidget, counter: Counter, *, what: str, folder: str) -> None:
        say = counter.say
        super().__init__(window, title=say("documents.save_title"), width=560)
        self.body.addWidget(label(what, name="strong", wrap=True))
        # What leaves the encrypted file is in the clear, and whoever saves it answers for it.
        self.body.addWidget(label(say("documents.save_care"), name="muted", wrap=True))
        self.path = QLineEdit(folder or usual_folder())
        self.path.setAccessibleName(say("documents.save_folder"))
        browse = button(say("documents.save_browse"))
        browse.clicked.connect(self._browse)
        self.body.addSpacing(4)
        self.body.addWidget(label(say("documents.save_folder"), name="small"))
        self.body.addLayout(row(self.path, browse))
        back, self.go = button(say("back"), key="Esc"), button(say("documents.save_go"), name="primary", key="Enter")
        back.clicked.connect(self.drop)
        self.go.clicked.connect(self.accepted.emit)
        self.body.addSpacing(8)
        self.body.addLayout(row(None, back, self.go))
        self.path.textChanged.connect(lambda _text: self.go.setEnabled(bool(self.folder)))
        self.accepted.connect(self.end)
        self.open_at(self.path)
        self.path.selectAll()

    @property
    def folder(self) -> str:
        # A file manager copies a path with quotes, or as an address.
        return self.path.text().strip().strip('"').removeprefix("file://")

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "", self.folder)
        if chosen:
            self.path.setText(str(Path(chosen)))


def usual_folder() -> str:
    """Where this system keeps people's documents."""
    return QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
