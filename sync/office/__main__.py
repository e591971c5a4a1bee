"""The office's command line: `python -m sync.office VERB`.

Here and in `commands`, and nowhere else in the office, are the clock, chance and the place on the disk. Every sentence
is said in Vietnamese and then in English; exit status 0 when it was done, 1 when it was not.
"""

import importlib
import sys
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

# Which module of `sync.office.commands` has a verb: only that one is imported. In the order in which they are listed.
VERBS = {
    "init": "keeping",
    "password": "keeping",
    "import": "sessions",
    "enrol": "devices",
    "revoke": "devices",
    "mend": "devices",
    "prepare": "sessions",
    "serve": "serving",
    "receive": "sessions",
    "dispose": "dispositions",
    "stick": "stick",
    "backup": "keeping",
    "restore": "keeping",
    "check": "keeping",
    "totals": "keeping",
    "verify-receipt": "receipts",
    "receipt-page": "receipts",
    "compare-closing": "receipts",
    "cases": "cases",
    "decide": "cases",
    "rebuild": "rebuilding",
    "bulletin": "bulletins",
    "messages": "messages",
    "sample": "keeping",
}


class Verbs(TyperGroup):
    """The verbs of all modules; the one that was asked for is looked up in its own."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 as the library asks
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"sync.office.commands.{VERBS[cmd_name]}")
        return get_group(module.app).get_command(ctx, cmd_name)


app = typer.Typer(
    cls=Verbs, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Văn phòng · The office"
)


@app.callback()
def _office() -> None:
    """Văn phòng · The office"""


def main() -> None:
    """The program's way in; Windows consoles are told to take Vietnamese."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    app()


if __name__ == "__main__":
    main()
