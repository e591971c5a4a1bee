"""A screen of its own for a whole program, and the keyboard before it; there is no mouse.

The screen is Xvfb's, which keeps it in a file: what a person would see is read from there. What can be
told from a picture without reading it is told by the colours of the program's palette: which page is
marked, what has the focus, whether a sheet lies over the window, whether the primary button may be
pressed. Places are counted in pixels from the window's own corner.
"""

import os
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageColor

from tests.journeys.conftest import world

WIDTH, HEIGHT = 1366, 768
# What has not come on a busy machine by then never will.
WAIT_S = 60
# Time between two keys: far less than a hand needs, so what only works slowly is found.
KEY_MS = "4"
# A page has letters, smoothed in many shades; a blank or half-made screen has a handful.
COLOURS_MIN = 200

# Long enough for a worker's answer to be painted; a field's cursor moves the picture now and then.
STILL_S, STILL_TRIES = 0.15, 10

Box = tuple[int, int, int, int]
KEYS = {" ": "space", ".": "period", "/": "slash"}


class NotSeen(AssertionError):
    """What was waited for did not come; the kept picture says what stood there instead."""


class Screen:
    """A display, its picture and its keyboard. Pictures that are kept go to `album`."""

    def __init__(self, display: str, *, frame: Path, home: Path, album: Path) -> None:
        self.display, self.album = display, album
        self._frame, self._home = frame, home
        self._corner: tuple[int, int] | None = None
        self.kept: list[Path] = []
        self.wait_s: float = WAIT_S

    @property
    def world(self) -> dict[str, str]:
        """The environment of a program that is shown here."""
        own = {
            "DISPLAY": self.display,
            "QT_QPA_PLATFORM": "xcb",
            "HOME": str(self._home),
            "XDG_RUNTIME_DIR": str(self._home),
        }
        return {**{key: value for key, value in world().items() if key != "WAYLAND_DISPLAY"}, **own}

    # Looking

    def picture(self, top: int = 0, bottom: int = HEIGHT) -> Image.Image:
        """The screen as it is now, or only these rows of it."""
        with self._frame.open("rb") as file:
            # The file is in the format of xwd: 25 numbers, the window's name, the colours, the pixels.
            head = struct.unpack(">25I", file.read(100))
            size, width, line, colours = head[0], head[4], head[12], head[19]
            file.seek(size + colours * 12 + top * line)
            raw = file.read((bottom - top) * line)
        return Image.frombuffer("RGB", (width, bottom - top), raw, "raw", "BGRX", line, 1)

    def inside(self, box: Box) -> Image.Image:
        """A box of the window; before its corner was found (once, by the first pixel of its rail), of the screen."""
        left, top = self._corner or (0, 0)
        rows = self.picture(top + box[1], min(top + box[3], HEIGHT))
        return rows.crop((left + box[0], 0, left + box[2], box[3] - box[1]))

    def find_corner(self, colour: str) -> bool:
        """Where the window begins: the first pixel of this colour. False as long as there is none."""
        raw, wanted = self.picture().tobytes(), bytes(ImageColor.getrgb(colour)[:3])
        at = raw.find(wanted)
        while at % 3 and at >= 0:
            at = raw.find(wanted, at + 1)
        self._corner = None if at < 0 else (at // 3 % WIDTH, at // 3 // WIDTH)
        return at >= 0

    def count(self, box: Box, colour: str) -> int:
        """Pixels of exactly this colour in a box of the window."""
        shown = self.inside(box)
        each = {rgb: many for many, rgb in shown.getcolors(shown.width * shown.height) or ()}
        return each.get(ImageColor.getrgb(colour)[:3], 0)

    def colour(self, left: int, top: int) -> str:
        """The colour of one pixel of the window, as `#rrggbb`."""
        return f"#{_rgb(self.inside((left, top, left + 1, top + 1)))[0]:06x}"

    def bands(self, box: Box, colour: str) -> int:
        """How many things of this colour stand one under the other in a box."""
        shown = self.inside(box)
        pixels, code = _rgb(shown), _code(colour)
        marked = [code in pixels[row * shown.width : (row + 1) * shown.width] for row in range(shown.height)]
        return sum(now and not before for before, now in zip([False, *marked], marked, strict=False))

    def keep(self, name: str) -> None:
        """Keep the screen under a name, once it stands still; a blank one is a failure."""
        shown = self.picture()
        for _ in range(STILL_TRIES):
            time.sleep(STILL_S)
            before, shown = shown, self.picture()
            if before.tobytes() == shown.tobytes():
                break
        path = self.album / f"{len(self.kept) + 1:02d}-{name}.png"
        shown.save(path)
        self.kept.append(path)
        colours = len(shown.getcolors(WIDTH * HEIGHT) or ())
        assert colours > COLOURS_MIN, f"{path} has {colours} colours"

    def wait(self, holds: Callable[[], bool], what: str, *, wait_s: float = 0) -> None:
        """Until it holds; 0 is the screen's usual patience. Raises `NotSeen`."""
        until = time.monotonic() + (wait_s or self.wait_s)
        while True:
            looked = time.monotonic()
            if holds():
                return
            if time.monotonic() > until:
                path = self.album / "not-seen.png"
                self.picture().save(path)
                raise NotSeen(f"{what}: see {path}")
            # What looking takes, the program that is looked at does not have.
            time.sleep(max(0.05, time.monotonic() - looked))

    # Typing

    def press(self, *keys: str) -> None:
        """Keys by their X names, one after the other: `Return`, `F2`, `ctrl+d`, `7`."""
        subprocess.run(
            ["xdotool", "key", "--delay", KEY_MS, *keys],
            env=self.world,
            stdin=subprocess.DEVNULL,
            timeout=WAIT_S,
            check=True,
        )

    def type(self, text: str) -> None:
        """Letters, digits and spaces; no tones, since the keyboard of the screen has none."""
        self.press(*(KEYS.get(letter, letter) for letter in text))


def _code(colour: str) -> int:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red << 16 | green << 8 | blue


def _rgb(shown: Image.Image) -> list[int]:
    """A picture's pixels as numbers, row by row."""
    raw = shown.convert("RGBA").tobytes("raw", "BGRA")
    return [one & 0xFFFFFF for one in struct.unpack(f"<{len(raw) // 4}I", raw)]


@contextmanager
def shown(folder: Path) -> Iterator[Screen]:
    """A screen of the commonest laptop's size with a window manager, for as long as the block lasts."""
    frames, home, album = folder / "frames", folder / "person", folder / "pictures"
    for path in (frames, home, album):
        path.mkdir(parents=True, mode=0o700)
    reading, writing = os.pipe()
    # It takes a free display by itself, and says its number.
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(frames)]
    started = [quiet([*command, "-nocursor", "-nolisten", "tcp"], pass_fds=(writing,))]
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        screen = Screen(f":{number}", frame=frames / "Xvfb_screen0", home=home, album=album)
        started.append(quiet(["openbox"], env=screen.world))
        yield screen
    finally:
        for one in reversed(started):
            one.terminate()
            one.wait(timeout=WAIT_S)


def quiet(
    command: Sequence[str], *, env: dict[str, str] | None = None, pass_fds: Sequence[int] = ()
) -> "subprocess.Popen[bytes]":
    """A program beside the tests, which says nothing."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=env,
        pass_fds=tuple(pass_fds),
    )
