"""An older laptop and a newer office, and the reverse: whose program is old is said by name, and nothing is lost.

There is one version so far, so the other end of each pair is played: the same programs, told that they speak another.
"""

import contextlib
import datetime
from collections.abc import Iterator
from contextlib import closing

import msgspec
import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from desktop import shelf
from desktop.road.courier import Courier, OfficeRefused
from sync import envelope, pack, protocol
from sync.envelope import LaptopBehind, OfficeBehind, read_header
from sync.errors import Fault
from sync.office import devices, intake, preparation
from sync.records import changed
from tests.office.conftest import DAY, POINT
from tests.office.laptop import MORNING
from tests.wire.point import Point, served
from tests.wire.trial import Sender, judged, stored


@contextlib.contextmanager
def program(*versions: int) -> Iterator[None]:
    """Whoever acts meanwhile runs a program that speaks these, the newest last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(envelope, "VERSIONS", versions)
        patch.setattr(pack, "VERSION", versions[-1])
        yield


def road(at: Point, address: str) -> Courier:
    return Courier(address, certificate=at.office.certificate, timeout_s=5, tries=1)


def sent_as(at: Point, version: int) -> bytes:
    """The laptop's letter as a program of another version would seal it, whose pack said so."""
    entries = list(at.desk.book.sealed())
    return protocol.seal_batch(
        entries, pack=changed(at.desk.pack, version=version), office_key=at.unlocked.office.seal_key,
        device_seed=at.unlocked.device_seed,
    )  # fmt: skip


@pytest.mark.feature(96)
def test_a_newer_laptop_writes_its_book_as_the_older_office_said_and_is_understood(at_point: Point) -> None:
    with program(1, 2):
        at_point.deposit()
        raw = at_point.desk.batch()
    assert raw is not None
    # The pack was made in version 1, and so is the letter of its book, whatever the program could do.
    assert read_header(raw, kind="batch").version == at_point.desk.pack.version == 1
    with served(at_point.office) as address, closing(road(at_point, address)) as courier:
        answer = courier.post_batch(raw)
        with program(1, 2):
            at_point.desk.take_ack(answer)
            assert courier.offers(at_point.unlocked.device)
    assert judged(at_point, Sender(at_point), stored(at_point)) == (0, 0, 0)


@pytest.mark.feature(90, 96)
def test_a_letter_newer_than_the_office_is_kept_and_goes_again_when_the_office_was_updated(at_point: Point) -> None:
    with program(1, 2):
        raw = sent_as(at_point, 2)
    with served(at_point.office) as address, closing(road(at_point, address)) as courier:
        with pytest.raises(OfficeRefused) as told:
            courier.post_batch(raw)
        assert told.value.facts["error"] == "version.office-behind"
        assert "Văn phòng phải cập nhật" in told.value.sentence()
        assert "nothing is lost" in told.value.sentence("en")
        with pytest.raises(OfficeRefused) as nothing:
            courier.fetch_ack(at_point.desk.book.book)
        assert nothing.value.facts["error"] == "intake.book-unknown"
        assert stored(at_point)[:-1] == []
        # The office was updated: the very same bytes.
        with program(1, 2):
            at_point.desk.take_ack(courier.post_batch(raw))
    assert at_point.desk.standing().marks.received == 1


@pytest.mark.feature(96)
def test_an_older_laptop_is_taken_in_by_a_newer_office_and_told_of_its_new_packs(at_point: Point) -> None:
    with program(1, 2):
        newer = preparation.prepare(
            at_point.office, point_code=POINT, session_date=DAY + datetime.timedelta(days=1), letter="A", again=False
        )
    at_point.deposit()
    raw = at_point.desk.batch()
    assert raw is not None
    with served(at_point.office) as address, closing(road(at_point, address)) as courier:
        with program(1, 2):
            answer = courier.post_batch(raw)
        # The book under way is written and signed for in its own version.
        at_point.desk.take_ack(answer)
        assert at_point.desk.standing().marks.received == 2
        offered = courier.offers(at_point.unlocked.device)
        fetched = courier.fetch_pack(at_point.unlocked.device, pack=offered[-1])
    assert fetched == newer.sealed
    before = sorted(one.name for one in (at_point.home / "books").iterdir())
    with pytest.raises(LaptopBehind) as told:
        shelf.take_pack(at_point.home, at_point.unlocked, raw=fetched, now_s=MORNING, point="", day=None)
    assert "Cập nhật máy giao dịch" in told.value.sentence()
    assert sorted(one.name for one in (at_point.home / "books").iterdir()) == before


@pytest.mark.feature(96)
def test_an_office_that_no_longer_speaks_a_laptops_version_says_that_the_laptop_is_to_be_updated(at_point: Point) -> None:
    raw = at_point.desk.batch()
    assert raw is not None
    with served(at_point.office) as address, closing(road(at_point, address)) as courier:
        with program(2, 3), pytest.raises(OfficeRefused) as told:
            courier.post_batch(raw)
        assert told.value.facts["error"] == "version.laptop-behind"
        with program(2, 3):
            said = courier._carry("GET", f"/v1/offers/{bytes(16).hex()}", body=None, bytes_max=999, kind="application/json")
        assert b'"versions":[2,3]' in said
    assert at_point.desk.batch() == raw


def test_what_begins_with_another_version_is_never_called_damaged(at_point: Point) -> None:
    ticket = devices.invite(at_point.office, letter="B")
    answer = intake.receive(at_point.office, batch=at_point.desk.batch() or b"")
    key = at_point.office.sign_key
    for raw, read in (
        (ticket, pack.read_ticket), (answer, lambda one: protocol.verify_ack(one, office_key=key)),
    ):  # fmt: skip
        # Another version, and a field more than is known here.
        with pytest.raises(LaptopBehind):
            read(_later(raw))
        with program(2, 3), pytest.raises(OfficeBehind):
            read(raw)
    claimed = pack.Answer(
        version=2, office=bytes(16), device=bytes(16), sign_key=bytes(32), seal_key=bytes(32), users=(), proof=bytes(32)
    )
    with pytest.raises(OfficeBehind):
        devices.enrol(at_point.office, answer=claimed.to_bytes())


def _later(raw: bytes) -> bytes:
    """A record of version 2: one field more, and the two in the order a later day may want."""
    fields = msgspec.msgpack.decode(raw)
    return msgspec.msgpack.encode([2, *reversed(fields[1:]), "more"])


@pytest.mark.feature(96)
@pytest.mark.parametrize(("spoken", "behind"), [([1], OfficeBehind), (None, OfficeBehind), ([3, 4], None), ([5], LaptopBehind)])
def test_before_anything_is_tried_the_two_see_whether_they_understand_each_other(
    spoken: list[int] | None, behind: type[Fault] | None, house: Point
) -> None:
    app = FastAPI()

    @app.get("/v1/offers/{device}")
    def _(device: str) -> JSONResponse:
        # An office of before this was said says nothing of it.
        return JSONResponse({"packs": [device]} | ({} if spoken is None else {"versions": spoken}))

    with served(house.office, app=app) as address, closing(road(house, address)) as courier, program(3, 4):
        if behind is None:
            assert courier.offers(bytes(16)) == (bytes(16),)
        else:
            with pytest.raises(behind):
                courier.offers(bytes(16))


@pytest.mark.feature(96)
def test_a_kind_of_voucher_that_the_office_does_not_know_is_its_turn_to_learn(at_point: Point) -> None:
    at_point.deposit()
    with pytest.MonkeyPatch.context() as newer:
        # A program of a later day has many kinds more, and this is one of them.
        renamed = tuple("float" if kind == "visit" else kind for kind in protocol._KINDS)
        newer.setattr(protocol, "_KINDS", (*renamed, *("return",) * 40, "visit"))
        raw = at_point.desk.batch()
    assert raw is not None
    with served(at_point.office) as address, closing(road(at_point, address)) as courier, pytest.raises(OfficeRefused) as told:
        courier.post_batch(raw)
    assert told.value.facts["error"] == "version.office-behind"
    assert "gửi lại sau" in told.value.sentence()
    assert stored(at_point)[:-1] == []
