"""What a morning weighs on the wire, against the least that its own columns can be packed into.

The limit knows the pack, as the office does, and writes only what cannot be worked out from it: each
field as a column of variable-length whole numbers, differences where they are smaller, everything in one
zstd frame of level 19, then the signatures and the head, which cannot be made smaller. It has no
envelope, no header and no seal. Whichever of two ways of naming an account is smaller is taken.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple

import zstandard

from sync import keys
from sync.chain import Entry, Sealed
from sync.ledger import CASH, COMPONENTS
from sync.pack import Pack
from sync.protocol import open_batch, seal_batch
from sync.terms import Terms
from tests.bench.measure import Budget, Figure, Plan, fixed
from tests.bench.morning import Act, acts, single_acts, written
from tests.bench.point import OfficeKeys, made_up_terms, office_keys, pack_for

ENTRIES = 2_000
# What no encoding can leave out: the head of the chain and the laptop's signature over it.
_HEAD_AND_SIGNATURE = 32 + 64

_KINDS = ("open", "group", "visit", "slip", "reverse", "count", "difference", "close")
_CODES = tuple(CASH)
_COMPONENTS = tuple(dict.fromkeys(name for names in COMPONENTS.values() for name in names))


def whole(values: Iterable[int]) -> bytes:
    """Variable-length whole numbers, the sign in the lowest bit (as in Protocol Buffers' sint)."""
    made = bytearray()
    for value in values:
        rest = value << 1 if value >= 0 else (-value << 1) - 1
        while rest > 127:
            made.append(rest & 127 | 128)
            rest >>= 7
        made.append(rest)
    return bytes(made)


def steps(values: Sequence[int]) -> list[int]:
    return [value - before for value, before in zip(values, (0, *values), strict=False)]


def _places(terms: Terms) -> tuple[dict[str, int], dict[str, tuple[str, int]]]:
    """Parties by their place in the pack; accounts by owner and place among the owner's."""
    parties = {one.customer_code: place for place, one in enumerate(terms.customers)}
    parties |= {one.group_code: place for place, one in enumerate(terms.groups)}
    owned: dict[str, int] = {}
    accounts: dict[str, tuple[str, int]] = {}
    for code, owner in [(one.loan_code, one.customer_code) for one in terms.loans] + [
        (one.account_no, one.customer_code) for one in terms.deposits
    ]:
        accounts[code] = (owner, owned.get(owner, 0))
        owned[owner] = owned.get(owner, 0) + 1
    return parties, accounts


def columns(entries: Sequence[Entry], terms: Terms, *, by_owner: bool) -> list[bytes]:
    """One column a field. `by_owner` names an account by the step to its owner and its place there."""
    parties, accounts = _places(terms)
    bodies = [entry.body for entry in entries]
    lines = [line for body in bodies for line in body.lines]
    walls = [entry.wall_s for entry in entries]
    made = [
        bytes(_KINDS.index(body.kind) for body in bodies),
        whole(entry.wall_s - entry.id for entry in entries),
        whole(steps(walls)),
        whole(steps([entry.wall_s - entry.mono_s for entry in entries])),
        whole(steps([entry.boot for entry in entries])),
        whole(steps([parties.get(body.party, 0) for body in bodies])),
        # Who stood there is the party, or for a group its leader: 0, or 1 for the deputy.
        bytes(int(body.kind == "group" and body.by != _leader(terms, body.party)) for body in bodies),
        whole(len(body.lines) for body in bodies),
        bytes(_CODES.index(line.code) * 16 + _COMPONENTS.index(line.component) for line in lines),
        whole(line.amount for line in lines),
        whole(len(body.notes) for body in bodies),
        whole(part for body in bodies for note in body.notes for part in note),
        whole(body.reverses for body in bodies),
        "\n".join(body.reason for body in bodies).encode(),
        bytes(len(entry.approvals) for entry in entries),
    ]
    if by_owner:
        held = [accounts.get(line.account, ("", 0)) for line in lines]
        made += [whole(steps([parties.get(owner, 0) for owner, _ in held])), bytes(place for _, place in held)]
    else:
        order = {code: place for place, code in enumerate(accounts)}
        made.append(whole(steps([order.get(line.account, 0) for line in lines])))
    return made


def _leader(terms: Terms, code: str) -> str:
    return next((one.leader for one in terms.groups if one.group_code == code), "")


def packed_small(parts: Sequence[bytes]) -> int:
    """Bytes of the columns in one frame, each with its length in front."""
    joined = b"".join(whole([len(part)]) + part for part in parts)
    return len(zstandard.ZstdCompressor(level=19).compress(joined))


class Morning(NamedTuple):
    """2,000 entries, and what their laptop and their office need to send and to take them."""

    office: OfficeKeys
    pack: Pack
    device_seed: bytes
    sealed: list[Sealed]


def a_morning(random: Random, of: Callable[..., Iterator[Act]]) -> Morning:
    office, device_seed = office_keys(random), random.randbytes(32)
    seeds = {one: random.randbytes(32) for one in ("GDV01", "KSV01", "TTR01")}
    terms = made_up_terms(random, staff_keys={one: keys.sign_public(seed) for one, seed in seeds.items()})
    pack = pack_for(terms, office, device=random.randbytes(16), sign_key=keys.sign_public(device_seed))
    sealed = written(pack, random, entries=ENTRIES, device_seed=device_seed, seeds=seeds, of=of)
    return Morning(office, pack, device_seed, sealed)


def limit_of(sealed: Sequence[Sealed], terms: Terms) -> int:
    """The least these entries can be packed into, with what cannot be packed."""
    entries = [one.entry for one in sealed]
    approvals = 64 * sum(len(entry.approvals) for entry in entries)
    return min(packed_small(columns(entries, terms, by_owner=way)) for way in (True, False)) + approvals + _HEAD_AND_SIGNATURE


def wire(plan: Plan) -> Iterator[Figure]:
    """2,000 entries, sealed for the office as they are sent: visits, and hand-ins of whole groups."""
    yield from _weighed("wire", a_morning(plan.random, acts), control=plan.control)


def wire_single(plan: Plan) -> Iterator[Figure]:
    """The same where everybody comes alone: one or two lines an entry."""
    yield from _weighed("wire single", a_morning(plan.random, single_acts), control=plan.control)


def _weighed(name: str, morning: Morning, *, control: bool) -> Iterator[Figure]:
    office, pack, device_seed, sealed = morning
    raw = seal_batch(sealed, pack=pack, office_key=office.public.seal_key, device_seed=device_seed)
    opened = open_batch(
        raw, office=office.public.office, office_secret=office.seal_secret,
        device_key=keys.sign_public(device_seed), terms_of=lambda _book: pack.terms,
    )  # fmt: skip
    if [exact for _, exact, _ in opened.entries] != [one.raw for one in sealed]:
        raise ValueError("what was sent is not what was written")
    entries, limit = [one.entry for one in sealed], limit_of(sealed, pack.terms)
    sent = len(raw) + (limit if control else 0)
    lines = sum(len(entry.body.lines) for entry in entries)
    approvals = sum(len(entry.approvals) for entry in entries)
    yield Figure(
        name, f"a morning of {len(entries):,} entries and {lines:,} lines, {approvals} approvals", "B",
        fixed(sent), "its columns, packed", fixed(limit), Budget("ratio", 1.3, 1.05),
    )  # fmt: skip
    yield Figure(f"{name} entry", "sent for each entry", "B", fixed(len(raw) / len(entries)))
    stored = sum(len(one.raw) + len(one.signature) for one in sealed)
    yield Figure(f"{name} stored", "the same entries and signatures as they are kept", "B", fixed(stored))
