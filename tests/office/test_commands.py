"""The office's commands as processes, from an empty folder to a verified book."""

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from sync.receipt import receipt_text
from sync.visit import PackStale
from tests.journeys.warm import Warm
from tests.office.conftest import CAN_GIUOC
from tests.office.laptop import Laptop
from tests.office.test_intake import morning

ROOT = Path(__file__).parent.parent.parent
# The process that every command but a cold one is forked from; begun with the first, ended with this folder's tests.
WARM: list[Warm] = []


def run(*words: str | Path, ok: bool = True, cold: bool = False) -> str:
    """A command's output, both streams; `cold`: by an interpreter of its own."""
    if cold:
        done = subprocess.run(
            [sys.executable, "-m", "sync.office", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=120
        )
        status, said = done.returncode, done.stdout + done.stderr
    else:
        if not WARM:
            WARM.append(Warm(os.environ))
        started = WARM[0].start("sync.office", [*map(str, words)], typed=(), env=os.environ)
        try:
            said = "".join(started.communicate(timeout=120))
        finally:
            started.kill()
        assert started.returncode is not None
        status = started.returncode
    assert "Traceback" not in said
    assert (status == 0) is ok, said
    return said


@pytest.mark.feature(94)
def test_an_office_is_made_loaded_and_given_a_book_by_stick(tmp_path: Path) -> None:
    home = tmp_path / "office"
    said = run("init", "--home", home, "--name", "Phòng giao dịch thử", cold=True)
    password = re.search(r"Password \(shown once\): (\S+)", said)
    assert password
    assert not any(password[1].encode() in file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert {oct(file.stat().st_mode & 0o777) for file in (home / "keys").iterdir()} == {"0o600"}
    assert "đã có một văn phòng" in run("init", "--home", home, ok=False)

    # The recovery key is meant to be taken away; the office works on without it.
    (home / "keys" / "recovery").rename(tmp_path / "recovery")

    assert "YYYY-MM-DD" in run("import", CAN_GIUOC, "--as-of", "14/04/2099", "--home", home, ok=False)
    assert "số liệu ngày 14/04/2099" in run("import", CAN_GIUOC, "--as-of", "2099-04-14", "--home", home)
    assert "không có gì thay đổi" in run("import", CAN_GIUOC, "--home", home, cold=True)

    run("enrol", "--letter", "A", "--out", tmp_path / "a.dgd", "--home", home)
    laptop = Laptop((tmp_path / "a.dgd").read_bytes())
    (tmp_path / "answer.dgd").write_bytes(laptop.answer())
    assert "Máy A đã đăng ký" in run("enrol", "--answer", tmp_path / "answer.dgd", "--home", home, cold=True)

    session = ("prepare", "--point", "TXN0480701", "--date", "2099-04-15", "--planned", "2099-04-12", "--home", home)
    (home / "settings.toml").write_text("[session]\nleader_form = 1\n", "utf-8")
    assert "leader_form" in run(*session, ok=False)
    (home / "settings.toml").write_text("[session]\nleader_from = 90_000_000\n", "utf-8")
    run(*session, "--out", tmp_path / "pack.dgd", cold=True)
    assert "--again" in run(*session, ok=False)
    laptop.take((tmp_path / "pack.dgd").read_bytes())
    assert [str(laptop.pack.terms.as_of), str(laptop.pack.terms.planned_on)] == ["2099-04-14", "2099-04-12"]
    assert laptop.pack.terms.parameters.leader_from == 90_000_000
    morning(laptop)
    (tmp_path / "stick.batch").write_bytes(laptop.batch())
    assert "ok" in run("receive", tmp_path / "stick.batch", "--home", home, cold=True)
    assert laptop.believes((tmp_path / "stick.ack").read_bytes()).safe == len(laptop.entries)
    damaged = tmp_path / "damaged.batch"
    whole = laptop.batch()
    damaged.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "Chữ ký số" in run("receive", damaged, "--home", home, ok=False)
    assert not (tmp_path / "damaged.ack").exists()

    line = f"{laptop.pack.book.hex()} entries {len(laptop.entries)} head {laptop.head.hex()} sound"
    assert line in run("check", "--home", home, cold=True).splitlines()
    from sync.chain import stub_of

    text, undone = (receipt_text(stub_of(one.entry, one.head), one.signature) for one in laptop.entries[1:3])
    assert run("verify-receipt", text, "--home", home).startswith("genuine\n")
    assert run("verify-receipt", undone, "--home", home, ok=False).startswith("reversed\n")
    assert "receipt" not in run("verify-receipt", "DGD1:" + text[6:], "--home", home, ok=False).split("\n")[0]
    assert "0 sổ chưa an toàn" in run("backup", "--home", home).replace("còn ", "")

    for file in home.glob("office.db*"):
        file.unlink()
    assert "1 laptops, 1 packs, 1 batches" in run("restore", "--home", home)
    assert line in run("check", "--home", home).splitlines()
    assert "chỉ khôi phục" in run("restore", "--home", home, ok=False).lower()


@pytest.mark.feature(15)
def test_figures_too_old_to_pay_out_on_are_said_when_the_pack_is_made(tmp_path: Path) -> None:
    home = tmp_path / "office"
    run("init", "--home", home)
    run("import", CAN_GIUOC, "--as-of", "2024-04-07", "--home", home)
    run("enrol", "--letter", "A", "--out", tmp_path / "a.dgd", "--home", home)
    laptop = Laptop((tmp_path / "a.dgd").read_bytes())
    (tmp_path / "answer.dgd").write_bytes(laptop.answer())
    run("enrol", "--answer", tmp_path / "answer.dgd", "--home", home)
    session = ("prepare", "--point", "TXN0480701", "--home", home, "--date")
    assert "đã cũ 8 ngày" in run(*session, "2024-04-15", "--out", tmp_path / "pack.dgd")
    assert "đã cũ" not in run(*session, "2024-04-14")
    laptop.take((tmp_path / "pack.dgd").read_bytes())
    laptop.open()
    laptop.deposit()
    with pytest.raises(PackStale):
        laptop.pay(laptop.pack.terms.payouts[0].slip_no)


def test_a_faulty_export_names_every_cell_and_loads_nothing(tmp_path: Path) -> None:
    home, export = tmp_path / "office", tmp_path / "export"
    run("init", "--home", home)
    run("sample", export, "--date", "2026-08-15")
    text = (export / "loans.csv").read_text("utf-8")
    (export / "loans.csv").write_text(text.replace(",01,", ",1x1,").replace(",25,", ",2x5,"), "utf-8")
    said = run("import", export, "--home", home, ok=False)
    assert re.search(r"loans:\d+:programme_code: '1x1': mã này không có trong tệp programmes", said)
    assert re.search(r"Tệp kết xuất có \d+ lỗi", said)
    assert "chưa nạp tệp kết xuất nào" in run(
        "enrol", "--letter", "A", "--out", tmp_path / "t", "--home", home, ok=False
    )


def test_a_home_that_is_none_is_said_in_words(tmp_path: Path) -> None:
    assert "chưa có văn phòng" in run("check", "--home", tmp_path / "nowhere", ok=False, cold=True)
    assert not (tmp_path / "nowhere").exists()


def test_it_listens_on_this_machine_alone_unless_told_otherwise(tmp_path: Path) -> None:
    home = tmp_path / "office"
    run("init", "--home", home)
    serving = subprocess.Popen(
        [sys.executable, "-m", "sync.office", "serve", "--home", str(home), "--port", "0"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert serving.stdout
        found = re.search(r"http:\S+:\d+", serving.stdout.readline())
        assert found
        assert found[0].startswith("http://127.0.0.1:")
        with urllib.request.urlopen(found[0] + "/sign-in", timeout=10) as answer:  # noqa: S310 our own address
            assert "Đăng nhập văn phòng" in answer.read().decode()
    finally:
        serving.terminate()
        serving.wait(20)
        if serving.stdout:
            serving.stdout.close()
