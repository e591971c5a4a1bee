"""A whole morning over 2G: 64 kbit/s, 600 ms, 5 % loss, with the real courier, TLS and office; bytes and seconds.

The bytes are those of whole packets, both ways, TCP and TLS with their handshakes included. A session of 2,000
entries goes in one request, once over a new connection and once over one that is resumed; then it trickles
through its morning in letters of so many vouchers as a laptop gathers on a slow line.
The limit of the bytes is what the entries' own columns can be packed into, as in `wire`; the limit of the
time is what the bytes alone take at the line's rate, with the round trips that TCP, TLS and HTTP need.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import uvicorn

from desktop.road.courier import Courier
from desktop.road.waiting import GATHERED
from sync import keys
from sync.chain import Sealed
from sync.office import home
from sync.office.commands.serving import config_of
from sync.office.home import Office
from sync.office.store import Device
from sync.pack import Pack
from sync.protocol import seal_batch, verify_ack
from tests.bench.measure import Budget, Figure, Plan, fixed, spread
from tests.bench.morning import Act, acts, single_acts, written
from tests.bench.point import BEGIN_S, OfficeKeys, made_up_terms, pack_for
from tests.bench.slow_link import FAR, GOOD, NEAR, Link, Quality, link, possible
from tests.bench.taking_in import give_out
from tests.bench.wire import limit_of

ENTRIES = 2_000
SLOW = Quality()
SECONDS_MOST = 10.0
DEAD_S = 12.0


class Held(NamedTuple):
    """An office and one morning of its laptop."""

    office: Office
    pack: Pack
    device_seed: bytes
    seeds: dict[str, bytes]
    sealed: list[Sealed]

    def letter(self, entries: Sequence[Sealed]) -> bytes:
        return seal_batch(
            entries, pack=self.pack, office_key=self.office.public().seal_key, device_seed=self.device_seed
        )


def _held(plan: Plan, folder: Path, of: Callable[..., Iterator[Act]]) -> Held:
    random = plan.random
    home.found(folder, name="Phòng giao dịch Thử Nghiệm", database="", backup="", draw=random.randbytes)
    office = home.enter(folder, now_s=lambda: BEGIN_S + 20_000, draw=random.randbytes)
    device, device_seed = random.randbytes(16), random.randbytes(32)
    seeds = {one: random.randbytes(32) for one in ("GDV01", "KSV01", "TTR01")}
    terms = made_up_terms(random, staff_keys={one: keys.sign_public(seed) for one, seed in seeds.items()})
    known = OfficeKeys(office.sign_seed, office.seal_secret, office.public())
    pack = pack_for(terms, known, device=device, sign_key=keys.sign_public(device_seed))
    with office.store.writing() as db:
        db.add(Device(device=device, letter="A", ticket=b"", code=b"", answer=b"", made_s=BEGIN_S, enrolled_s=BEGIN_S,
                      sign_key=keys.sign_public(device_seed)))  # fmt: skip
    give_out(office, pack)
    sealed = written(pack, random, entries=ENTRIES, device_seed=device_seed, seeds=seeds, of=of)
    return Held(office, pack, device_seed, seeds, sealed)


class Served:
    """The office at the far end of a line."""

    def __init__(self, line: Link, office: Office) -> None:
        listening = line.at(FAR, lambda: socket.create_server((FAR, 0)))
        self.address = f"https://{FAR}:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(config_of(office, tls=office.tls))
        self._thread = threading.Thread(target=lambda: self._server.run(sockets=[listening]))
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()


class Journey(NamedTuple):
    """What one letter took."""

    seconds: float
    up: int
    down: int
    answer: int


def _journey(line: Link, road: Courier, raw: bytes, held: Held, *, received: int) -> Journey:
    line.reset()
    begun = time.monotonic()
    answer = line.at(NEAR, lambda: road.post_batch(raw))
    seconds = time.monotonic() - begun
    # The last acknowledgements are on their way.
    time.sleep(0.1 if line.quality is GOOD else 1.0)
    if verify_ack(answer, office_key=held.office.sign_key).received != received:
        raise ValueError("the office did not take it")
    return Journey(seconds, line.sent[0], line.sent[1], len(answer))


def _hung_up(road: Courier) -> None:
    """The line broke between two letters: the next one needs a connection of its own."""
    road._client._transport._pool.close()  # type: ignore[attr-defined]


def over_2g(plan: Plan) -> Iterator[Figure]:
    """Nothing where there cannot be such a line; says why."""
    if why := possible():
        print(f"no line: {why}", flush=True)
        return
    for name, of in (("link single", single_acts), ("link", acts)):
        held = _held(plan, plan.folder / name.replace(" ", "-"), of)
        yield from _whole(plan, held, of, name=name)
        if of is single_acts:
            yield from _trickled(plan, held)
        held.office.store.close()


def _whole(plan: Plan, held: Held, of: Callable[..., Iterator[Act]], *, name: str) -> Iterator[Figure]:
    """Over new connections, and over resumed ones; each time another morning, so that the office takes all of it in."""
    quality = SLOW._replace(bits_a_second=8_000) if plan.control else SLOW
    mornings = [held, *(_morning_more(plan, held, 100 + n, of) for n in range(2 * plan.rounds_or(5)))]
    limit = limit_of(held.sealed, held.pack.terms)
    size = len(held.letter(held.sealed))
    lines = sum(len(one.entry.body.lines) for one in held.sealed)
    said = f"{len(held.sealed):,} entries, {lines:,} lines in one request"
    first, resumed = [], []
    with link(quality, plan.random) as line, closing(Served(line, held.office)) as served:

        def courier() -> Courier:
            # A courier by itself gives up after three tries; here the line is what is measured.
            return Courier(served.address, certificate=held.office.certificate, tries=10)

        def went(road: Courier) -> Journey:
            one = mornings.pop()
            return _journey(line, road, one.letter(one.sealed), one, received=ENTRIES)

        while len(mornings) > 1:
            with closing(courier()) as road:
                first.append(went(road))
                _hung_up(road)
                resumed.append(went(road))
                if road.tls is None or not road.tls.resumed:
                    raise ValueError("nothing was resumed")
        if name == "link single":
            # Dead in the midst of the letter, as behind a hill.
            line.quality = quality._replace(dead=((1.5, DEAD_S),))
            with closing(courier()) as road:
                dead = f"{said}, the line dead for {DEAD_S:.0f} s in its midst"
                yield Figure(f"{name} dead", dead, "s", fixed(went(road).seconds))
    # TCP, TLS, HTTP.
    least = size * 8 / SLOW.bits_a_second + 3 * SLOW.round_trip_s
    for word, runs in (("first", first), ("resumed", resumed)):
        budget = Budget("median", SECONDS_MOST) if name == "link single" else None
        seconds = spread([one.seconds for one in runs])
        yield Figure(f"{name} {word}", said, "s", seconds, "its bytes at the line's rate and 3 round trips", fixed(least), budget)
        both = sorted(one.up + one.down for one in runs)[len(runs) // 2]
        yield Figure(f"{name} {word}", "bytes both ways, all headers", "B", fixed(both), "its columns, packed", fixed(limit))
        up = sorted(one.up for one in runs)[len(runs) // 2]
        yield Figure(f"{name} {word}", f"up (a letter alone {size:,} B)", "B", fixed(up))


def _trickled(plan: Plan, held: Held) -> Iterator[Figure]:
    """A line that is good but for its bytes: what a morning of small letters weighs, over one connection and over many."""
    step = 10 if plan.control else GATHERED
    for issue, word in ((2, "kept"), (3, "taken up again")):
        one = _morning_more(plan, held, issue, single_acts)
        limit, letters, answers, sent = limit_of(one.sealed, one.pack.terms), 0, 0, 0
        at_once = _morning_more(plan, held, issue + 2, single_acts)
        with (
            link(GOOD, plan.random) as line,
            closing(Served(line, one.office)) as served,
            closing(Courier(served.address, certificate=one.office.certificate)) as road,
        ):
            for at in range(0, ENTRIES, step):
                letter = one.letter(one.sealed[at : at + step])
                went = _journey(line, road, letter, one, received=min(at + step, ENTRIES))
                sent, letters, answers = sent + went.up + went.down, letters + len(letter), answers + went.answer
                if word != "kept":
                    _hung_up(road)
            _hung_up(road)
            went = _journey(line, road, at_once.letter(at_once.sealed), at_once, received=ENTRIES)
            whole = went.up + went.down
        count = -(-ENTRIES // step)
        if word == "kept":
            yield Figure(
                "link trickled", f"{count} letters through a morning and the office's words on them", "B",
                fixed(letters + answers), "its columns, packed", fixed(limit), Budget("ratio", 3.0),
            )  # fmt: skip
        yield Figure(
            "link trickled", f"the same on the line, all headers both ways, the connection {word}", "B", fixed(sent),
            "such a morning in one request, all headers both ways", fixed(whole), Budget("ratio", 3.0) if word == "kept" else None,
        )  # fmt: skip


def _morning_more(plan: Plan, held: Held, issue: int, of: Callable[..., Iterator[Act]]) -> Held:
    """Another morning of the same laptop."""
    known = OfficeKeys(held.office.sign_seed, held.office.seal_secret, held.office.public())
    pack = pack_for(
        held.pack.terms, known, device=held.pack.device, issue=issue, sign_key=keys.sign_public(held.device_seed)
    )
    give_out(held.office, pack)
    sealed = written(
        pack, plan.random, entries=ENTRIES, device_seed=held.device_seed, seeds=held.seeds, of=of
    )
    return held._replace(pack=pack, sealed=sealed)
