"""What keeps the books of a laptop: looking at them, and what is done when one is not as it was."""

import argparse

from desktop.commands.terminal import Verbs, unlocked_by


def add(verb: Verbs) -> None:
    """Its verbs."""
    verb("check", check)


def check(given: argparse.Namespace) -> int:
    """Every book of the laptop, checked from its file to its last rule."""
    from desktop import soundness

    sound = True
    for found in soundness.check(given.home, unlocked_by(given.home, given.user)):
        state = f"damaged at {found.damaged_at}: {found.reason}" if found.reason else f"head {found.head.hex()} sound"
        print(f"{found.book.hex()} entries {found.entries} {state}", flush=True)
        sound = sound and not found.reason
    return 0 if sound else 1
