"""A small file is the new one or the one before it, whenever the power goes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop import files
from desktop.files import NotWritten

# Kills the program at one of its steps: before the flush, after it, between the renames, after both.
KILLED_AT = """
import os, pathlib, signal, sys
from desktop import files
step, path = int(sys.argv[1]), pathlib.Path(sys.argv[2])
done = 0
def dying(real):
    def call(*arguments):
        global done
        done += 1
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments)
    return call
os.fsync = dying(os.fsync)
pathlib.Path.replace = dying(pathlib.Path.replace)
files.keep(path, b"new")
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "folder" / "file.dgd"


def test_a_file_is_kept_and_read(path: Path) -> None:
    assert files.read(path) is None
    for raw in (b"one", b"", b"three"):
        files.keep(path, raw)
        assert files.read(path) == raw
    assert sorted(one.name for one in path.parent.iterdir()) == ["file.dgd", "file.dgd.prev"]
    assert path.with_name("file.dgd.prev").read_bytes() == b""


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_kill_at_any_step_leaves_the_old_file_or_the_new_one(path: Path, step: int) -> None:
    """Steps: flush of the new bytes, rename to .prev, rename of the new file, flush of the folder."""
    files.keep(path, b"old")
    ended = subprocess.run([sys.executable, "-c", KILLED_AT, str(step), str(path)], check=False, env={**os.environ, "PYTHONPATH": "."})
    assert ended.returncode == -signal.SIGKILL
    assert files.read(path) == (b"new" if step == 4 else b"old")
    files.keep(path, b"newer")
    assert files.read(path) == b"newer"


def test_the_kill_has_as_many_steps_as_the_keeping(path: Path) -> None:
    """The control: a fifth step is never reached, so no step was left out above."""
    files.keep(path, b"old")
    ended = subprocess.run([sys.executable, "-c", KILLED_AT, "5", str(path)], check=False, env={**os.environ, "PYTHONPATH": "."})
    assert ended.returncode == 0
    assert files.read(path) == b"new"


def test_a_half_written_file_beside_it_is_never_read(path: Path) -> None:
    files.keep(path, b"old")
    path.with_name("file.dgd.new").write_bytes(b"half")
    assert files.read(path) == b"old"
    files.keep(path, b"new")
    assert files.read(path) == b"new"


def test_what_the_disk_does_not_take_changes_nothing(path: Path) -> None:
    files.keep(path, b"old")
    with pytest.raises(NotWritten) as caught:
        files.keep(path / "no folder", b"new")
    assert caught.value.sentence("vi")
    path.with_name("file.dgd.new").mkdir()
    with pytest.raises(NotWritten):
        files.keep(path, b"new")
    assert files.read(path) == b"old"


def test_a_full_disk_is_named_and_the_old_file_stands(path: Path) -> None:
    """/dev/full takes no byte, as a full disk does."""
    files.keep(path, b"old")
    path.with_name("file.dgd.new").symlink_to("/dev/full")
    with pytest.raises(NotWritten) as caught:
        files.keep(path, b"new")
    assert "space" in str(caught.value.facts["reason"])
    assert files.read(path) == b"old"


def test_a_file_somebody_chose_is_read_no_further_than_it_may_be_long(tmp_path: Path) -> None:
    chosen = tmp_path / "ticket.dgd"
    chosen.write_bytes(b"x" * 100)
    assert files.brought(chosen, bytes_max=100) == b"x" * 100
    assert len(files.brought(chosen, bytes_max=10)) == 11
    for strange in (tmp_path, tmp_path / "none.dgd", Path("a\0b")):
        with pytest.raises(files.NotRead) as caught:
            files.brought(strange, bytes_max=10)
        assert strange.name in caught.value.sentence("vi")


def test_a_new_folder_is_flushed_into_the_one_above_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a folder that a power cut takes away goes everything that was flushed in it."""
    flushed: list[Path] = []
    monkeypatch.setattr(files, "flush_folder", flushed.append)
    files.keep(path, b"one")
    assert flushed == [path.parent.parent.parent, path.parent.parent, path.parent]
    files.keep(path, b"two")
    assert flushed[3:] == [path.parent]
