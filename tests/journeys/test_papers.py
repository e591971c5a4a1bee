"""Every paper the program makes, printed from one session by one command, as a person starts it."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from desktop.press.raster import sizes
from desktop.sheets.documents import DOCUMENTS
from desktop.sheets.sheet import Sheet, Title
from installer import papers
from tests.journeys.conftest import ROOT, world

# What a head can print on of 80 mm and 58 mm of roll, and A6 lying, across in points.
ACROSS = {"roll80": 72 / 25.4 * 72, "roll58": 48 / 25.4 * 72, "a6": 148 / 25.4 * 72}
KINDS = {
    *("open", "float", "return", "handover", "transit", "group", "correct", "visit", "slip", "request", "suspense"),
    *("counterfeit", "loss", "count", "difference", "close", "reverse"),
}


class Whole(NamedTuple):
    """A finished run: its folder, exit status, and what it said."""

    folder: Path
    status: int
    said: str

    @property
    def files(self) -> dict[str, Path]:
        return {path.stem: path for path in self.folder.glob("*.pdf")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    out = tmp_path_factory.mktemp("papers") / "out"
    done = subprocess.run(
        [sys.executable, str(ROOT / "installer" / "run.py"), "papers", "--out", str(out)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", env=world(), timeout=600, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return Whole(out / "set", done.returncode, done.stdout)


def test_every_document_comes_out_once_and_nothing_fails(whole: Whole) -> None:
    assert whole.status == 0, whole.said
    assert {name for name in whole.files if name.startswith("document-")} == {f"document-{one.key}" for one in DOCUMENTS}
    # A file too small to hold a page is none.
    assert all(path.read_bytes().startswith(b"%PDF-1.") and path.stat().st_size > 5_000 for path in whole.files.values())


def test_every_kind_of_voucher_is_printed_and_receipts_on_every_paper(whole: Whole) -> None:
    found = {name.split("-")[1] for name in whole.files if name.startswith("voucher-")}
    assert found == KINDS | {"reprint"}
    codes = {code for name in whole.files for code in re.findall(r"\b[A-Z]{2}\b", name)}
    assert codes >= {"TG", "TQ", "TL", "TT", "RT", "CT", "GK", "RK", "GN", "HH", "PU", "TH"}
    for medium, across in ACROSS.items():
        those = {name: path for name, path in whole.files.items() if name.endswith(f"-{medium}")}
        assert len(those) > 10
        assert all(abs(width - across) < 1 for path in those.values() for width, _ in sizes(path.read_bytes())), medium


def test_the_table_says_of_each_file_what_it_is(whole: Whole) -> None:
    told = dict(re.findall(r"^(\S+)\.pdf +(\d+) ", whole.said, re.MULTILINE))
    assert told == {name: str(len(sizes(path.read_bytes()))) for name, path in whole.files.items()}
    size = sum(path.stat().st_size for path in whole.files.values())
    pages = sum(map(int, told.values()))
    assert whole.said.splitlines()[-1].startswith(f"{len(told)} files, {pages} pages, {size:,} bytes; ")


def test_pictures_are_the_pages_of_the_file(tmp_path: Path) -> None:
    made = papers.Set(tmp_path, with_pictures=True)
    made.put("twice", lambda: (document_of("overdue"), document_of("due")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["twice-01.png", "twice-02.png", "twice.pdf"]
    assert (tmp_path / "twice-01.png").read_bytes().startswith(b"\x89PNG")


def document_of(name: str) -> Sheet:
    """A sheet with nothing on it but its name."""
    return Sheet(paper="a5", family="sans", name=name, language="vi-VN", blocks=(Title(text=name),), foot="", page="{page}/{pages}")


def test_what_is_handed_out_before_a_session_counts_no_voucher_of_it(whole: Whole) -> None:
    def said(name: str) -> str:
        command = ["pdftotext", "-layout", str(whole.files[name]), "-"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "cộng các phiếu đến số" not in said("document-group_list")
    assert "cộng các phiếu đến số" in said("document-group_collected")
    assert "Lịch giao dịch dịp nghỉ lễ" in said("document-bulletin")


def broken() -> tuple[Sheet, ...]:
    raise ZeroDivisionError


@pytest.mark.parametrize("make", [broken, tuple], ids=["raises", "nothing"])
def test_control_a_paper_that_raises_makes_it_fail_and_one_without_words_does_not(
    make: Callable[[], tuple[Sheet, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = papers.Set(tmp_path, with_pictures=False)
    made.put("document-odd", make)
    monkeypatch.setattr(papers, "print_set", lambda _given: tuple(made.printed))
    monkeypatch.setattr(sys, "argv", ["papers.py"])
    with pytest.raises(SystemExit) as ended:
        papers.main()
    said = capsys.readouterr().out
    if make is broken:
        assert ended.value.code == 1
        assert "failed: ZeroDivisionError" in said
    else:
        assert ended.value.code == 0
        assert "nothing to say" in said
    assert not list(tmp_path.iterdir())
