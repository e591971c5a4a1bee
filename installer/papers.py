"""Every paper the program makes, from one session: `python3 installer/run.py papers [--pictures]`.

A session is held as `demo --headless` holds it, by default on the sample export of the tests with a morning that
asks the counter for everything; an export of your own (`--export --point --date`) gets a morning made from its
pack. Then the whole set is printed into `--out`/set, a file each, named by what it is: every kind of voucher, on
A5, and the receipts on A6 and on rolls of 80 mm and 58 mm; every document, those about a group or a person for
the one of whom it says most. What is handed out before a session is made before its first voucher.

At the end stands a table of what was printed and what had nothing to say. Exit status 0 when every paper came
out, 1 otherwise.
"""

import argparse
import secrets
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from desktop import shelf  # noqa: E402
from desktop.commands.terminal import clock  # noqa: E402
from desktop.desk import Desk  # noqa: E402
from desktop.press.paper import draw_many  # noqa: E402
from desktop.press.raster import pictures, sizes  # noqa: E402
from desktop.press.tray import Tray, attached_to, sheets_of  # noqa: E402
from desktop.sheets.catalogue import in_order, written  # noqa: E402
from desktop.sheets.documents import Document, targets_of  # noqa: E402
from desktop.sheets.occasion import Occasion  # noqa: E402
from desktop.sheets.sheet import FORMS, Paper, Sheet, on_paper  # noqa: E402
from desktop.vault import Vault  # noqa: E402
from desktop.words import LANGUAGES, Words  # noqa: E402
from installer.demo import Prepared, Refused, held, prepared, say  # noqa: E402
from sync.errors import Fault  # noqa: E402
from sync.voucher import Body, Kind  # noqa: E402

CORPUS = ROOT / "tests" / "corpus" / "can-giuoc"
POINT, DAY = "TXN0480701", "2024-04-15"
# What a receipt is printed on beside A5.
SMALL: tuple[Paper, ...] = ("a6", "roll80", "roll58")
# What goes with a voucher as a file of its own.
ATTACHED: dict[Kind, tuple[str, ...]] = {"group": ("members",)}
# What the office has to say at the sample's point: a title and its text each.
BULLETINS = {
    "Lịch giao dịch dịp nghỉ lễ 30/4 và 01/5/2024": (
        "Phiên giao dịch tại xã vẫn tổ chức đúng ngày cố định hằng tháng, kể cả ngày nghỉ, ngày lễ.\n\n"
        "Tổ trưởng Tổ TK&VV báo cho tổ viên biết giờ giao dịch và mang theo bảng kê 13/TD đã có chữ ký."
    ),
    "Vận động gửi tiết kiệm tại điểm giao dịch": (
        "Người dân gửi tiết kiệm ngay tại Điểm giao dịch xã, từ 50.000 đồng, không mất phí.\n\n"
        "Tiền gửi được trả cả gốc và lãi đúng hạn; rút trước hạn hưởng lãi suất không kỳ hạn."
    ),
}
# Sharp enough to read the smallest letters on a screen.
PICTURE_DPI = 110


class Printed(NamedTuple):
    """A paper of the set: its file's name and length; no pages where it had nothing to say or did not come out."""

    name: str
    pages: int
    size: int
    failed: str = ""


class Set:
    """The papers as they are printed into a folder."""

    def __init__(self, folder: Path, *, with_pictures: bool) -> None:
        self.folder = folder
        self.printed: list[Printed] = []
        self._with_pictures = with_pictures

    def put(self, name: str, make: Callable[[], tuple[Sheet, ...]]) -> tuple[Sheet, ...]:
        """Print what is made, or note that there is nothing or why it failed; the next is printed all the same."""
        sheets: tuple[Sheet, ...] = ()
        try:
            sheets = make()
            if not sheets:
                self.printed.append(Printed(name, 0, 0))
                return ()
            pdf = draw_many(sheets)
            (self.folder / f"{name}.pdf").write_bytes(pdf)
            self.printed.append(Printed(name, len(sizes(pdf)), len(pdf)))
            if self._with_pictures:
                self._picture(name, pdf)
        except Exception as error:  # noqa: BLE001 - a bug in one is reported, and the others are still looked at
            traceback.print_exc()
            self.printed.append(Printed(name, 0, 0, failed=type(error).__name__))
        return sheets

    def _picture(self, name: str, pdf: bytes) -> None:
        from PIL import Image

        for at, one in enumerate(pictures(pdf, dpi=PICTURE_DPI), start=1):
            Image.frombytes("L", (one.width, one.height), one.grey).save(self.folder / f"{name}-{at:02d}.png")


def desk_of(ready: Prepared) -> Desk:
    """The newest book of the laptop, as its first teller opens it."""
    home, teller = ready.out / "laptop", ready.people[0]
    vault = Vault(home, draw=secrets.token_bytes, keystore=None)
    unlocked = vault.unlock(teller.staff_id, passphrase=teller.passphrase, now_s=clock().wall_s)
    return Desk.open(shelf.open_book(home, unlocked, shelf.newest(home, unlocked)), unlocked, clock=clock)


# Vouchers


def kinds(bodies: Sequence[Body]) -> dict[str, int]:
    """Every kind of voucher of a session by a name that says what it is, each with the number of its longest."""
    found: dict[str, int] = {}
    for number, body in enumerate(bodies, start=1):
        if body.kind == "reverse":
            name = f"reverse-of-{bodies[body.reverses - 1].kind}"
        elif body.kind in ("visit", "slip", "adjust"):
            # One of each mix of what people come for: a receipt looks otherwise than what is paid out.
            name = "-".join((body.kind, *sorted({line.code for line in body.lines})))
        elif body.kind == "request":
            name = f"request-{body.detail('type') or body.slip or 'any'}"
        else:
            name = body.kind
        if name not in found or len(body.lines) > len(bodies[found[name] - 1].lines):
            found[name] = number
    return found


def print_vouchers(papers: Set, desk: Desk, words: Words) -> None:
    """The first copy of each kind, on all its papers; what goes with it; and one that was printed again."""
    found = kinds(desk.session.bodies)
    for name, number in found.items():
        sheets = papers.put(f"voucher-{name}", partial(first_copy, desk, number, words=words))
        for also in ATTACHED.get(desk.session.bodies[number - 1].kind, ()):
            papers.put(f"voucher-{name}-{also}", partial(attached, desk, number, also, words=words))
        # A form of the office has no other paper than its own.
        for medium in SMALL if sheets and sheets[0].paper not in FORMS else ():
            papers.put(f"voucher-{name}-{medium}", partial(first_copy, desk, number, words=words, medium=medium))
    again = next((number for name, number in found.items() if name.startswith("visit")), 0)
    if again:
        papers.put("voucher-reprint", partial(first_copy, desk, again, words=words, copy_of=1))


def first_copy(desk: Desk, number: int, *, words: Words, medium: Paper = "a5", copy_of: int = 0) -> tuple[Sheet, ...]:
    """A voucher's sheet on a medium."""
    return (on_paper(sheets_of(desk, number, words=words, copy_of=copy_of)[1][0], medium),)


def attached(desk: Desk, number: int, name: str, *, words: Words) -> tuple[Sheet, ...]:
    found = {file.rpartition("-")[2]: sheets for file, sheets in attached_to(desk, number, words=words, copy_of=0)}
    return found.get(name, ())


# Documents


def print_documents(papers: Set, occasion: Occasion, *, before: bool) -> None:
    """Every document that is made before a session, or every other."""
    for moment, one in in_order():
        if (moment == "before") == before:
            papers.put(f"document-{one.key}", partial(telling, occasion, one))


def telling(occasion: Occasion, one: Document) -> tuple[Sheet, ...]:
    """A document of the session; one about somebody for whomever it says most of, a group that came before others."""
    if one.scope == "session":
        return written(occasion, one.key)[1]
    codes = [target.code for target in targets_of(occasion, one.key)]
    came = [code for code in codes if one.scope == "group" and occasion.session.hand_ins(code)]
    each = (written(occasion, one.key, code)[1] for code in came or codes)
    return max(each, key=lambda sheets: sum(len(sheet.to_bytes()) for sheet in sheets), default=())


# The session


@contextmanager
def session_of(given: argparse.Namespace) -> Iterator[tuple[argparse.Namespace, Path | None, dict[str, Path]]]:
    """What `prepared` is to begin with, the script of the morning (None: one made from the pack), and the bulletins."""
    plain, script, bulletins = {"export": given.export, "point": given.point, "date": given.date}, None, {}
    with tempfile.TemporaryDirectory() as folder:
        if not given.export and CORPUS.exists():
            # The table of the counter's own test: every transaction, on the sample and what it lacks.
            from tests.journeys.counter import bank, notation

            here = Path(bank.__file__).parent
            script = Path(folder) / "acts.jsonl"
            script.write_text("".join(f"{step.act}\n" for step in notation.steps(here / "morning.txt")), "utf-8")
            plain = {"export": str(bank.export(CORPUS, here / "more", Path(folder) / "export")), "point": POINT, "date": DAY}
            for at, (title, text) in enumerate(BULLETINS.items()):
                bulletins[title] = Path(folder) / f"{at}.txt"
                bulletins[title].write_text(text, "utf-8")
        yield argparse.Namespace(**plain, out=given.out, database="", as_of=""), script, bulletins


def print_set(given: argparse.Namespace) -> tuple[Printed, ...]:
    """Hold the session and print everything. Raises `Refused`, and the fault that ended it."""
    folder, words = Path(given.out) / "set", Words(given.language)
    if (Path(given.out) / "passphrases.txt").exists():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    papers = Set(folder, with_pictures=given.pictures)
    with session_of(given) as (plain, script, bulletins), prepared(plain, bulletins=bulletins) as ready:
        with closing(desk_of(ready)) as desk:
            print_documents(papers, desk.occasion(words), before=True)
        _, damage = held(ready, script=script, printer=Tray(ready.out / "paper"))
        if damage is not None:
            raise damage
        say("In cả bộ giấy tờ…", "Printing the whole set.")
        with closing(desk_of(ready)) as desk:
            print_vouchers(papers, desk, words)
            print_documents(papers, desk.occasion(words), before=False)
    return tuple(papers.printed)


def table(printed: Sequence[Printed]) -> Iterator[str]:
    """What came out, what had nothing to say and what failed, for the end."""
    wide = max((len(one.name) for one in printed), default=0) + 4
    for one in printed:
        if one.pages:
            yield f"{one.name + '.pdf':<{wide}} {one.pages:>3} {one.size:>9,}"
    for one in printed:
        if not one.pages:
            yield f"{one.name:<{wide}} {'failed: ' + one.failed if one.failed else 'nothing to say'}"
    out, failed = sum(bool(one.pages) for one in printed), sum(bool(one.failed) for one in printed)
    pages, size = sum(one.pages for one in printed), sum(one.size for one in printed)
    yield f"{out} files, {pages} pages, {size:,} bytes; {len(printed) - out - failed} with nothing to say, {failed} failed"


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="installer/run.py papers", description=__doc__)
    parser.add_argument("--out", default="out", help="nơi để kết quả · where everything goes")
    parser.add_argument("--export", default="", help="tệp kết xuất của hệ thống lõi · core system's export")
    parser.add_argument("--point", default="", help="mã điểm · point code")
    parser.add_argument("--date", default="", help="YYYY-MM-DD")
    parser.add_argument("--language", choices=LANGUAGES, default="vi")
    parser.add_argument("--pictures", action="store_true", help="thêm ảnh PNG từng trang · a PNG of each page too")
    return parser


def main() -> NoReturn:
    given = arguments().parse_args()
    try:
        printed = print_set(given)
    except Refused as refused:
        say(f"Dừng ở bước: {refused}", "It stopped at the step above.")
        sys.exit(1)
    except Fault as fault:
        say(fault.sentence("vi"), fault.sentence("en"))
        sys.exit(1)
    for line in table(printed):
        print(line)
    sys.exit(1 if any(one.failed for one in printed) else 0)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    main()
