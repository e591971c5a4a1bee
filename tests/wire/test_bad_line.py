"""Whatever a line does to a letter or its answer, every voucher is at the office once, and the laptop knows it."""

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random

import pytest
from fastapi import FastAPI, Request, Response

from desktop.road.courier import LETTER, Courier
from sync import protocol
from sync.errors import Fault, Unavailable
from sync.office import intake
from sync.protocol import AckOld
from tests.journeys.badline import Cut, Mode, bad_line
from tests.wire.point import Point, served
from tests.wire.trial import Found, Sender, drawing, judged, send_all, stored, trial

# A silent line is given up after this; a good one answers in a tenth of it.
SILENT_S = 0.4
# About as many bytes as a journey has: a letter of one or two vouchers and what stands around it, and the answer;
# over TLS the hellos, the certificate and the ticket with them.
TLS, PLAIN = (1_900, 1_850), (1_050, 720)
MODES: tuple[Mode, ...] = ("fin", "rst", "flip", "stall")


def courier_of(at: Point) -> Callable[[str], Courier]:
    return lambda address: Courier(address, certificate=at.office.certificate, timeout_s=SILENT_S, tries=1)


def said(found: Found, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{found.line(name)}")


@pytest.mark.feature(84, 86, 93)
@pytest.mark.parametrize(("tls", "batches"), [(True, 70), (False, 30)], ids=["tls", "plain"])
def test_a_line_that_breaks_at_any_byte_loses_nothing_and_doubles_nothing(
    tls: bool, batches: int, at_point: Point, capsys: pytest.CaptureFixture[str]
) -> None:
    up, down = TLS if tls else PLAIN
    drawn = drawing(Random(20), up_most=up, down_most=down)
    with served(at_point.office, tls=tls) as address, bad_line(address, drawn=drawn) as line:
        found = trial(at_point, Sender(at_point), line, courier_of(at_point), batches=batches)
    said(found, "line", capsys)
    assert found.sound
    assert found.faults.total() > batches
    assert {way.split()[1] for way in found.faults} == {"fin", "rst", "stall", "flip"}
    # Also of letters that had arrived, behind which the answer was lost: what came again was passed over.
    assert found.tries > batches + 20


@pytest.mark.long
@pytest.mark.parametrize("tls", [True, False], ids=["tls", "plain"])
def test_a_line_is_cut_or_flipped_at_every_byte(tls: bool, at_point: Point, capsys: pytest.CaptureFixture[str]) -> None:
    random, sender, make = Random(21), Sender(at_point), courier_of(at_point)
    with served(at_point.office, tls=tls) as address, bad_line(address) as line:
        # What a journey of one voucher weighs: a few bytes more or less is what the next one weighs.
        trial(at_point, sender, line, make, batches=1, posts=1)
        line.carried.clear()
        trial(at_point, sender, line, make, batches=0)
        up, down = line.carried["up"] - 5, line.carried["down"] - 5
        places = [*(Cut(at, way="up") for at in range(up)), *(Cut(at) for at in range(down))]

        def cuts(n: int) -> list[Cut]:
            mode: Mode = random.choices(MODES, (6, 6, 7, 1))[0]
            return [places[n]._replace(mode=mode, bit=random.randrange(8))]

        found = trial(at_point, sender, line, make, batches=len(places), cuts=cuts, posts=1)
    said(found, f"every byte of {up} up and {down} down", capsys)
    assert found.sound
    assert found.faults.total() > 0.9 * len(places)


class Credulous(Sender):
    """The control: whatever was sent counts as arrived, answer or not."""

    sent = 0

    def unsent(self, *, rough: bool) -> bytes | None:
        last = len(self.at.desk.session.bodies)
        if self.sent == last:
            return None
        self.at.desk._marks = self.at.desk._marks._replace(received=self.sent)
        raw = self.at.desk.batch(rough=rough)
        self.sent = last
        return raw

    def take(self, _ack: bytes) -> None:
        self.at.desk._marks = self.at.desk._marks._replace(received=self.sent, safe=self.sent)

    def failed(self, _fault: Fault) -> None:
        self.take(b"")


def test_a_laptop_that_believes_half_an_answer_is_found_out(at_point: Point) -> None:
    drawn = drawing(Random(22), up_most=TLS[0], down_most=TLS[1])
    with served(at_point.office) as address, bad_line(address, drawn=drawn) as line:
        found = trial(at_point, Credulous(at_point), line, courier_of(at_point), batches=15)
    assert found.lost > 0
    assert not found.sound


def forgetful(at: Point, has: list[tuple[int, bytes]]) -> FastAPI:
    """The control: an office that books whatever comes, as often as it comes."""
    app = FastAPI()
    office = at.office

    @app.post("/v1/batches")
    async def _(request: Request) -> Response:
        batch = protocol.open_batch(
            await request.body(), office=office.office_id, office_secret=office.seal_secret,
            device_key=at.unlocked.sign_key, terms_of=lambda _book: at.desk.pack.terms,
        )  # fmt: skip
        has.extend((entry.number, head) for entry, _, head in batch.entries)
        last, _, head = batch.entries[-1]
        ack = protocol.Ack(
            version=1, office=office.office_id, device=batch.header.sender, book=batch.header.subject, ack_no=len(has),
            prev_ack=bytes(32), received=last.number, received_head=head, safe=last.number, safe_head=head,
            cash=last.cash, cash_in=last.cash_in, cash_out=last.cash_out, status="ok", reason="", differences=0, office_s=0,
        )  # fmt: skip
        return Response(protocol.sign_ack(ack, office_seed=office.sign_seed), media_type=LETTER)

    return app


def test_an_office_that_takes_a_letter_twice_is_found_out(at_point: Point) -> None:
    has: list[tuple[int, bytes]] = []
    drawn = drawing(Random(23), up_most=TLS[0], down_most=TLS[1])
    with served(at_point.office, app=forgetful(at_point, has)) as address, bad_line(address, drawn=drawn) as line:
        found = trial(at_point, Sender(at_point), line, courier_of(at_point), batches=15, has=lambda _at: has)
    assert found.doubled > 0
    assert not found.sound


@pytest.mark.feature(87, 88)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_letters_and_answers_may_be_lost_come_again_and_in_any_order(seed: int, at_point: Point) -> None:
    random, desk = Random(seed), at_point.desk
    letters: list[bytes] = []
    answers: list[bytes] = []
    seen: Counter[str] = Counter()

    def deliver(raw: bytes) -> None:
        answers.append(intake.receive(at_point.office, batch=raw))
        seen[protocol.verify_ack(answers[-1], office_key=at_point.office.sign_key).status] += 1

    for step in range(80):
        at_point.deposit(step)
        # Sealed long or short, and some never arrive.
        raw = desk.batch(rough=random.random() < 0.5)
        assert raw is not None
        letters.append(raw)
        for _ in range(random.choice((0, 0, 1, 2))):
            deliver(random.choice(letters[-6:]))
        for ack in random.sample(answers[-8:], k=min(len(answers[-8:]), random.choice((0, 1, 1, 3)))):
            try:
                desk.take_ack(ack)
            except AckOld:
                seen["old"] += 1
        if random.random() < 0.05:
            # An answer of long ago, which was lost until now.
            with pytest.raises(AckOld):
                desk.take_ack(answers[0] if answers and desk.standing().marks.ack_no else b"")
    while (raw := desk.batch()) is not None:
        deliver(raw)
        desk.take_ack(answers[-1])
    assert judged(at_point, Sender(at_point), stored(at_point)) == (0, 0, 0)
    assert seen["old"] > 10


def test_a_letter_of_the_end_before_one_of_the_middle_is_asked_for_from_there(at_point: Point) -> None:
    desk = at_point.desk
    first = desk.batch()
    assert first is not None
    later: list[bytes] = []
    for _ in range(2):
        at_point.deposit()
        desk._marks = desk._marks._replace(received=len(desk.session.bodies) - 1)
        later.append(desk.batch() or b"")
    middle, end = later
    desk._marks = desk.book.marks()
    gap = protocol.verify_ack(intake.receive(at_point.office, batch=end), office_key=at_point.office.sign_key)
    assert (gap.status, gap.received, gap.reason) == ("gap", 0, "1")
    for raw in (first, middle, end, middle, first):
        answer = intake.receive(at_point.office, batch=raw)
    desk.take_ack(answer)
    assert judged(at_point, Sender(at_point), stored(at_point)) == (0, 0, 0)


def test_a_courier_that_cannot_get_through_says_so_and_goes_on(at_point: Point) -> None:
    refused: Counter[str] = Counter()
    silent: Iterable[Cut] = [Cut(0, "fin", "up"), Cut(0, "rst", "down"), Cut(700, "stall", "up")]
    with served(at_point.office) as address, bad_line(address, *silent) as line:
        road = courier_of(at_point)(line.address)
        assert send_all(Sender(at_point), road, refused) == 4
        road.close()
    assert refused == {"courier.office-away": 3}
    assert issubclass(Unavailable, Fault)
