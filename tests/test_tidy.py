"""The rules of the house, each as a function from (path, source) to findings, and each with a control.

A rule that no test runs is a wish. A rule that finds nothing may also be blind: so every one of them
is shown a small bad example that it has to reject, and the near misses that it has to let pass.
Sources are parsed, never imported: a rule holds for a module that does not run yet.
"""

import ast
import functools
import gc
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TypeVar

import pytest

ROOT = Path(__file__).parent.parent
Rule = Callable[[str, str], Iterator[str]]
N = TypeVar("N", bound=ast.AST)


@functools.cache
def by_kind(source: str) -> dict[type[ast.AST], list[ast.AST]]:
    """The nodes of a source by what they are: every rule asks every tree for a few of them."""
    found: dict[type[ast.AST], list[ast.AST]] = {}
    # A tree has no cycles; to look for some in a million nodes costs three times what parsing them does.
    gc.disable()
    try:
        for node in ast.walk(ast.parse(source)):
            found.setdefault(type(node), []).append(node)
    finally:
        gc.enable()
    return found


def nodes(source: str, *kinds: type[N]) -> Iterator[N]:
    for kind in kinds:
        yield from by_kind(source).get(kind, [])  # type: ignore[misc]


# ---------------------------------------------------------------------------------------------------
# Who may import whom

# Each module of sync may import only those before it; what two machines must agree on has no cycles.
ORDER = (
    *("errors", "records", "money", "ledger", "voucher", "terms", "loans", "savings", "projection"),
    *("handin", "visit", "slips", "adjustment", "drawer", "requests", "reversal", "outage", "resumption", "session", "followup", "meeting", "sms"),
    *("keys", "envelope", "chain", "receipt", "unsigned", "pack", "leases", "joint", "directory", "spare", "protocol", "disposition", "mirror"),
)

# What a pure module may ask of Python: values, arithmetic, text and bytes. Whatever reads a clock, a
# disk, a socket, the environment or chance is absent, and so is whatever nobody thought of yet.
PURE = {
    *("__future__", "abc", "base64", "binascii", "bisect", "calendar", "collections", "contextlib", "copy"),
    *("dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "hmac", "io"),
    *("itertools", "json", "math", "operator", "re", "string", "struct", "textwrap", "types", "typing"),
    "unicodedata",
}
CLOCK_AND_CHANCE = {"now", "utcnow", "today", "urandom", "getenv", "perf_counter", "monotonic"}
DISK_AND_SCREEN = {"open", "print", "input", "exec", "eval", "__import__"}

# One library, one door: replacing a library is a change of one file.
DOORS = {
    "sqlcipher3": ("desktop/store.py",),
    "sqlite3": ("desktop/store.py", "sync/office/"),  # in the clear: never for a laptop's own file
    "cryptography": ("sync/keys.py",),
    "reportlab": ("desktop/press/paper.py",),
    "zxingcpp": ("desktop/press/paper.py", "sync/office/photos.py"),
    "PIL": ("sync/office/photos.py",),
    "pypdfium2": ("desktop/press/raster.py",),
    "httpx2": ("desktop/road/courier.py",),
    "keyring": ("desktop/keystore.py",),
    "msgspec": ("sync/records.py",),
    "zstandard": ("sync/records.py",),
    "fastapi": ("sync/office/api.py", "sync/office/page"),
    "starlette": ("sync/office/api.py", "sync/office/page"),
    "openpyxl": ("sync/office/core_export.py", "desktop/leader_file.py"),
    "PySide6": ("desktop/ui/",),
    "threading": ("desktop/ui/tasks.py",),
    "concurrent": ("desktop/ui/tasks.py",),
    "PySide6.QtCore.QThread": ("desktop/ui/tasks.py",),
    "PySide6.QtCore.QThreadPool": ("desktop/ui/tasks.py",),
    "PySide6.QtCore.QRunnable": ("desktop/ui/tasks.py",),
}


@functools.cache
def imports(path: str, source: str) -> tuple[str, ...]:
    """Every imported name with its dots: `from a.b import c` gives a.b.c, relative ones made whole."""
    package = PurePosixPath(path).parent.parts
    found = [alias.name for node in nodes(source, ast.Import) for alias in node.names]
    for node in nodes(source, ast.ImportFrom):
        stem = list(package[: len(package) - node.level + 1]) if node.level else []
        start = ".".join([*stem, *((node.module or "").split(".") if node.module else [])])
        found += [f"{start}.{alias.name}" for alias in node.names]
    return tuple(found)


def inside(name: str, library: str) -> bool:
    return name == library or name.startswith(f"{library}.")


def directions(path: str, source: str) -> Iterator[str]:
    """sync never imports desktop; its own modules only those before them; only the window knows the window."""
    place = PurePosixPath(path)
    for name in imports(path, source):
        if place.parts[0] == "sync" and inside(name, "desktop"):
            yield f"{path}: imports {name}"
        window = path.startswith("desktop/ui/") or path == "desktop/__main__.py"
        if place.parts[0] == "desktop" and inside(name, "desktop.ui") and not window:
            yield f"{path}: imports {name}"
        if str(place.parent) == "sync" and inside(name, "sync"):
            before = ORDER[: ORDER.index(place.stem)] if place.stem in ORDER else ()
            if not any(inside(name, f"sync.{module}") for module in before):
                yield f"{path}: imports {name}, which does not stand before it"
    if str(place.parent) == "sync" and place.stem not in (*ORDER, "__init__"):
        yield f"{path}: has no place in the order {' '.join(ORDER)}"


def purity(path: str, source: str) -> Iterator[str]:
    """The modules of sync draw nothing from outside: no I/O, clock, chance, environment or framework."""
    if str(PurePosixPath(path).parent) != "sync":
        return
    for name in imports(path, source):
        root = name.split(".")[0]
        if root not in PURE and root != "sync" and path not in DOORS.get(root, ()):
            yield f"{path}: imports {name}"
    for node in nodes(source, ast.Call):
        called = ast.unparse(node.func)
        if called.rpartition(".")[2] in CLOCK_AND_CHANCE or called in DISK_AND_SCREEN:
            yield f"{path}:{node.lineno}: calls {called}"


def doors(path: str, source: str) -> Iterator[str]:
    """Each library is imported in one place."""
    if not path.startswith(("sync/", "desktop/")):
        return
    for name in imports(path, source):
        for library, places in DOORS.items():
            if inside(name, library) and not path.startswith(places):
                yield f"{path}: imports {name}; its door is {' or '.join(places)}"


# ---------------------------------------------------------------------------------------------------
# Names, sizes, money

# Words that say where code was put, and not what it is.
NO_NOUNS = {
    *("util", "utils", "helper", "helpers", "common", "base", "core", "misc"),
    *("manager", "managers", "service", "services", "handler", "handlers"),
}
MODULE_LINES_MAX = 600
FUNCTION_LINES_MAX = 60  # a screen


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from nodes(source, ast.FunctionDef)
    yield from nodes(source, ast.AsyncFunctionDef)


def names(path: str, source: str) -> Iterator[str]:
    """No file, folder, function or class whose whole name, or last word of a class, is no noun of the field."""
    for part in PurePosixPath(path).parts:
        if part.split(".")[0] in NO_NOUNS:
            yield f"{path}: {part} says nothing"
    for function in functions(source):
        if function.name.strip("_") in NO_NOUNS:
            yield f"{path}:{function.lineno}: {function.name} says nothing"
    for node in nodes(source, ast.ClassDef):
        last = re.findall(r"[A-Z][a-z0-9]*|[a-z0-9]+", node.name)[-1:]
        if last and last[0].lower() in NO_NOUNS:
            yield f"{path}:{node.lineno}: {node.name} says nothing"


def sizes(path: str, source: str) -> Iterator[str]:
    """A module is read in one sitting, a function on one screen."""
    lines = source.count("\n")
    if lines > MODULE_LINES_MAX and not path.startswith("tests/"):
        yield f"{path}: {lines} lines"
    for function in functions(source):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES_MAX and not path.startswith("tests/"):
            yield f"{path}:{function.lineno}: {function.name} has {length} lines"


def whole_money(path: str, source: str) -> Iterator[str]:
    """What two machines must agree on counts in whole numbers: no float, and no division that makes one."""
    if str(PurePosixPath(path).parent) != "sync":
        return
    for node in ast.walk(ast.parse(source)):
        notes: list[ast.expr | None] = []
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield f"{path}:{node.lineno}: the float {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield f"{path}:{node.lineno}: divides with /"
        elif isinstance(node, ast.Call):
            notes = [node.func]
        elif isinstance(node, ast.AnnAssign | ast.arg):
            notes = [node.annotation]
        elif isinstance(node, ast.FunctionDef):
            notes = [node.returns]
        for note in filter(None, notes):
            if any(isinstance(part, ast.Name) and part.id == "float" for part in ast.walk(note)):
                yield f"{path}:{note.lineno}: float"


# ---------------------------------------------------------------------------------------------------
# Sentences of faults

FAMILIES = {"Fault", "Refusal", "Unavailable", "Damage"}


def last_word(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def text_of(body: ast.ClassDef, name: str) -> str | None:
    """The string that a class gives to a name, annotated or not."""
    for node in body.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Constant):
            return value.value if isinstance(value.value, str) else None
    return None


def fields(sentence: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in string.Formatter().parse(sentence) if name}


def faults(tree: dict[str, str]) -> Iterator[str]:
    """Every fault has its own code and says the same facts in both languages; whoever raises it gives them."""
    classes = {
        node.name: (path, node) for path, source in tree.items() for node in nodes(source, ast.ClassDef)
    }
    known = set(FAMILIES)
    while more := {
        name
        for name, (_, node) in classes.items()
        if name not in known and any(last_word(base) in known for base in node.bases)
    }:
        known |= more
    parents = {last_word(base) for name in known & classes.keys() for base in classes[name][1].bases}
    codes: dict[str, str] = {}
    needs: dict[str, set[str]] = {}
    for name in sorted(known & classes.keys() - FAMILIES):
        path, node = classes[name]
        code, vi, en = (text_of(node, word) for word in ("code", "vi", "en"))
        if code is None:
            if name not in parents or vi or en:
                yield f"{path}: {name} has no code"
            continue
        if code in codes:
            yield f"{path}: {name} has the code of {codes[code]}: {code}"
        codes[code] = name
        if not vi or not en:
            yield f"{path}: {name} is not said in both languages"
        elif fields(vi) != fields(en):
            yield f"{path}: {name} says {sorted(fields(vi))} in Vietnamese, {sorted(fields(en))} in English"
        needs[name] = fields(vi or "") | fields(en or "")
    for path, source in tree.items():
        yield from untold(path, source, needs)


def untold(path: str, source: str, needs: dict[str, set[str]]) -> Iterator[str]:
    for node in nodes(source, ast.Call):
        # What is called is last in what is written before the bracket; anything else names no class.
        if isinstance(node.func, ast.Name | ast.Attribute) and (name := last_word(node.func)) in needs:
            given = {keyword.arg for keyword in node.keywords}
            if None not in given and (missing := needs[name] - given):
                yield f"{path}:{node.lineno}: {name} is raised without {sorted(missing)}"


# ---------------------------------------------------------------------------------------------------
# Words that have no place in what is handed on

# Names that never lead to a machine (RFC 2606, RFC 6761), this machine, and namespaces that are only names.
NOWHERE = re.compile(
    r"localhost|127\.0\.0\.1|0\.0\.0\.0|\[?::1\]?|testserver|(.+\.)?(example|test|invalid|localhost)"
    r"|(.+\.)?example\.(com|org|net)|www\.w3\.org|schemas\.openxmlformats\.org|[A-Z_]+|[{$%<*].*|"
)
ADDRESS = re.compile(r"\b(?:https?|ftp|wss?)://(\[[^\]]*\]|[^\s/\"'`<>()\\,;:]*)")
# A host without a scheme. In code `cash.net` is an attribute, so only prose is asked about short endings.
HOST_IN_CODE = re.compile(r"(?<![\w.@\\-])((?:www\.[\w-]+|[a-z0-9-]+)(?:\.[a-z0-9-]+)*\.(?:com|vn))(?![\w(-])")
HOST_IN_PROSE = re.compile(
    r"(?<![\w.@\\-])((?:[a-z0-9-]+\.)+(?:com|vn|org|net|io|dev|gov))(?![\w(-]|\.\w)"
)
PROSE = {".md", ".txt", ".toml", ".lock", ".yml", ".yaml", ".sh", ".ini", ".cfg", ""}
# Written so that this file does not accuse itself.
HERE = re.compile(r"(?<![\w.])/(?:wor[k]|roo[t])/|bash_job[s]")
TRACES = re.compile(
    r"\bissues?\s*#?\d|(?<!user[- ])\ba[g]ents?\b|\bLL[M]s?\b|\b(?:chatgp[t]|claud[e]|anthropi[c]|opena[i])\b",
    re.IGNORECASE,
)


def hosts(path: str, source: str) -> Iterator[str]:
    """No address of anybody's machine: the program runs where there is none, and a mirror is not ours to name."""
    if PurePosixPath(path).name.startswith("LICENSE"):
        return
    bare = HOST_IN_PROSE if PurePosixPath(path).suffix in PROSE else HOST_IN_CODE
    if not (ADDRESS.search(source) or bare.search(source)):
        return
    for number, line in enumerate(source.splitlines(), start=1):
        for host in (*ADDRESS.findall(line), *bare.findall(line)):
            if not NOWHERE.fullmatch(host):
                yield f"{path}:{number}: {host}"


def traces(path: str, source: str) -> Iterator[str]:
    """Nothing of the machine it was made on, nor of how it was made."""
    if PurePosixPath(path).name.startswith("LICENSE") or not (HERE.search(source) or TRACES.search(source)):
        return
    for number, line in enumerate(source.splitlines(), start=1):
        for found in (*HERE.finditer(line), *TRACES.finditer(line)):
            yield f"{path}:{number}: {found[0]}"


def locked(path: str, source: str) -> Iterator[str]:
    """Every package of the lock has a version and a hash, and none an address."""
    if path != "installer/requirements.lock":
        return
    if "://" in source or " @ " in source:
        yield f"{path}: names an address"
    for block in re.split(r"\n(?=\S)", source.strip()):
        if not block.startswith("#") and not re.match(r"[\w.\[\],-]+==\S+(?: ; .*)? \\\n {4}--hash=sha256:", block):
            yield f"{path}: no version or no hash: {block.splitlines()[0]}"


# ---------------------------------------------------------------------------------------------------
# The project, and the controls

CODE = ("sync", "desktop", "installer", "tests")
ABOUT_CODE: tuple[Rule, ...] = (directions, purity, doors, names, sizes, whole_money)
ABOUT_TEXT: tuple[Rule, ...] = (hosts, traces, locked)
# Not ours, or not handed on: dot-folders except the checks', caches, and what a run leaves behind.
ELSEWHERE = {"__pycache__", "out", "build", "dist", "node_modules"}


def texts() -> Iterator[tuple[str, str]]:
    """Every text file of the project, with its path from the root."""
    folders = [ROOT]
    while folders:
        for entry in sorted(folders.pop().iterdir()):
            if entry.is_dir():
                if entry.name not in ELSEWHERE and (entry.name == ".ci" or not entry.name.startswith(".")):
                    folders.append(entry)
                continue
            try:
                source = entry.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            if "\0" not in source:
                yield entry.relative_to(ROOT).as_posix(), source


@functools.cache
def project() -> dict[str, str]:
    """Read when a rule is first asked, not by everybody who only collects the tests."""
    return dict(texts())


@functools.cache
def sources() -> dict[str, str]:
    return {path: text for path, text in project().items() if path.endswith(".py") and path.startswith(CODE)}


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    """A million nodes are nobody else's to carry along."""
    yield
    for kept in (by_kind, imports, project, sources):
        kept.cache_clear()


def expect_none(findings: Iterator[str]) -> None:
    if listed := list(findings):
        pytest.fail("\n".join(listed), pytrace=False)


def test_the_project_is_seen() -> None:
    assert "tests/test_tidy.py" in sources()
    assert {"pyproject.toml", ".ci/run", "installer/requirements.lock"} <= project().keys()


@pytest.mark.parametrize("rule", ABOUT_CODE, ids=lambda rule: rule.__name__)
def test_the_code_keeps(rule: Rule) -> None:
    expect_none(finding for path, source in sources().items() for finding in rule(path, source))


@pytest.mark.parametrize("rule", ABOUT_TEXT, ids=lambda rule: rule.__name__)
def test_every_text_keeps(rule: Rule) -> None:
    expect_none(finding for path, text in project().items() for finding in rule(path, text))


def test_every_fault_is_said_in_both_languages() -> None:
    ours = {path: source for path, source in sources().items() if path.startswith(("sync/", "desktop/"))}
    expect_none(faults(ours))


BAD: list[tuple[Rule, str, str]] = [
    (directions, "sync/money.py", "import desktop.store"),
    (directions, "sync/office/api.py", "from desktop import paper"),
    (directions, "sync/money.py", "from sync.loans import Loan"),
    (directions, "sync/money.py", "from sync import loans"),
    (directions, "sync/money.py", "from . import chain"),
    (directions, "sync/money.py", "from .chain import Entry"),
    (directions, "sync/money.py", "from sync.money import Dong"),
    (directions, "sync/protocol.py", "def f():\n    from sync.office import store"),
    (directions, "sync/extra.py", ""),
    (directions, "desktop/desk.py", "from .ui import today"),
    (purity, "sync/chain.py", "import os"),
    (purity, "sync/chain.py", "from pathlib import Path"),
    (purity, "sync/chain.py", "import secrets"),
    (purity, "sync/chain.py", "from sqlalchemy import text"),
    (purity, "sync/chain.py", "from datetime import date\ndate.today()"),
    (purity, "sync/chain.py", "import datetime\ndatetime.datetime.now(tz)"),
    (purity, "sync/chain.py", "open('book')"),
    (doors, "desktop/desk.py", "import sqlcipher3.dbapi2"),
    (doors, "desktop/store.py", "from cryptography.hazmat.primitives import hashes"),
    (doors, "desktop/vault.py", "from PySide6 import QtCore"),
    (doors, "desktop/road/mirror.py", "from concurrent.futures import ThreadPoolExecutor"),
    (doors, "desktop/ui/today.py", "from PySide6.QtCore import QThread"),
    (doors, "sync/office/store.py", "import fastapi"),
    (doors, "sync/chain.py", "import msgspec"),
    (names, "desktop/utils.py", ""),
    (names, "sync/common/dates.py", ""),
    (names, "sync/dates.py", "def helper(): ..."),
    (names, "sync/dates.py", "class BookManager: ..."),
    (sizes, "sync/terms.py", "\n" * (MODULE_LINES_MAX + 1)),
    (sizes, "sync/terms.py", "def f():\n" + "    pass\n" * FUNCTION_LINES_MAX),
    (whole_money, "sync/loans.py", "rate = 0.066"),
    (whole_money, "sync/loans.py", "x = float(amount)"),
    (whole_money, "sync/loans.py", "x = amount * days / 365"),
    (whole_money, "sync/loans.py", "def interest(rate: float | None) -> int: ..."),
    (hosts, "README.md", "see https://" + "registry.somewhere.org/simple"),
    (hosts, "README.md", "packages come from files.somewhere" + ".io, mostly"),
    (hosts, "sync/office/pages.py", "CDN = '//cdn.somewhere" + ".com/x.js'"),
    (hosts, "desktop/road/courier.py", "OFFICE = 'bank" + ".gov.vn'"),
    (traces, "README.md", "found in /wor" + "k/main"),
    (traces, "README.md", "as is" + "sue #2 says"),
    (traces, "sync/chain.py", "# another ag" + "ent writes this"),
    (locked, "installer/requirements.lock", "alembic==1.20.1\n    # via x\n"),
    (locked, "installer/requirements.lock", "alembic>=1 \\\n    --hash=sha256:00\n"),
    (locked, "installer/requirements.lock", "alembic @ https://" + "a.example/x.whl \\\n    --hash=sha256:00\n"),
]

GOOD: list[tuple[Rule, str, str]] = [
    (directions, "sync/session.py", "from sync.money import Dong\nfrom .loans import Loan\nfrom sync import errors"),
    (directions, "sync/office/store.py", "from sync import protocol, chain\nfrom sync.office import api"),
    (directions, "desktop/__main__.py", "from desktop.ui import window"),
    (purity, "sync/keys.py", "from cryptography.exceptions import InvalidTag\nfrom datetime import date\nimport hashlib"),
    (purity, "sync/office/store.py", "import os"),
    (doors, "desktop/ui/tasks.py", "from PySide6.QtCore import QThread\nimport threading"),
    (doors, "desktop/press/paper.py", "import reportlab.pdfgen.canvas, zxingcpp"),
    (names, "sync/office/core_export.py", "def core_rows(): ...\nclass BasePair: ..."),
    (sizes, "sync/terms.py", "\n" * MODULE_LINES_MAX),
    (whole_money, "sync/loans.py", "x = amount * days // 365\ny = session.float"),
    (hosts, "README.md", "http://127.0.0.1:8080 http://localhost/x https://office.example:443 http://[::1]:1/ http://{host}/"),
    (hosts, "a.svg", 'xmlns="http://www.w3.org/2000/svg"'),
    (hosts, "sync/cash.py", "total = drawer.net + row.org"),
    (traces, "sync/office/api.py", "headers['User-Ag" + "ent']; path = 'homework/x'"),
    (locked, "installer/requirements.lock", "a==1 ; sys_platform == 'win32' \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\n"),
]


@pytest.mark.parametrize(("rule", "path", "source"), BAD)
def test_a_rule_rejects(rule: Rule, path: str, source: str) -> None:
    assert list(rule(path, source))


@pytest.mark.parametrize(("rule", "path", "source"), GOOD)
def test_a_rule_lets_pass(rule: Rule, path: str, source: str) -> None:
    assert list(rule(path, source)) == []


SHORT = "class CashShort(Refusal):\n    code = 'cash.short'\n    vi = 'Thiếu {amount} đồng.'\n    en = '{amount} missing.'\n"


@pytest.mark.parametrize(
    "source",
    [
        SHORT.replace("    en = '{amount} missing.'\n", ""),
        SHORT.replace("{amount} missing", "{sum} missing"),
        SHORT.replace("    code = 'cash.short'\n", ""),
        SHORT + SHORT.replace("CashShort", "CashShorter"),
        SHORT + SHORT.replace("Refusal", "CashShort").replace("CashShort(", "Drawer(").replace("{amount}", "{n}", 1),
        SHORT + "raise CashShort()",
        SHORT + "raise desk.CashShort(sum=1)",
    ],
)
def test_a_fault_that_cannot_say_itself_is_rejected(source: str) -> None:
    assert list(faults({"desktop/desk.py": source}))


def test_a_fault_that_says_itself_passes() -> None:
    middle = "class CashTrouble(Refusal): ...\n"
    told = "raise CashShort(amount=1, number=2)\nraise CashShort(**facts)"
    source = middle + SHORT.replace("Refusal", "CashTrouble") + told
    assert list(faults({"desktop/desk.py": source})) == []
