"""The wire as a laptop meets it: bytes in, bytes out, a limit on each body, and one shape for every fault."""

import datetime
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from sync import pack
from sync.directory import read_directory
from sync.envelope import BATCH_BYTES_MAX
from sync.office import devices
from sync.office.api import ENROL_BYTES_MAX, application
from tests.office.conftest import DAY, POINT, Desk
from tests.office.laptop import MORNING, Laptop
from tests.office.test_intake import counts, morning


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    with TestClient(application(desk.office), raise_server_exceptions=False) as client:
        yield client


def said(answer: object) -> str:
    body = answer.json()  # type: ignore[attr-defined]
    assert set(body) == {"error", "message", "message_en"}
    assert body["message"]
    assert body["message_en"]
    return str(body["error"])


@pytest.mark.feature(84)
def test_a_laptop_enrols_fetches_its_pack_and_sends_its_book(desk: Desk, client: TestClient) -> None:
    from sync.office import preparation

    laptop = Laptop(devices.invite(desk.office, letter="A"))
    answer = client.post("/v1/enrol", content=laptop.answer())
    assert (answer.status_code, answer.json()["letter"]) == (200, "A")
    assert client.post("/v1/enrol", content=laptop.answer()).status_code == 200
    path = f"/v1/packs/{laptop.device.hex()}"
    nothing = client.get(path)
    assert (nothing.status_code, said(nothing)) == (404, "prepare.pack-missing")
    preparation.prepare(desk.office, point_code=POINT, session_date=DAY, letter="A", again=False)
    found = client.get(path)
    assert found.headers["content-type"] == "application/octet-stream"
    laptop.take(found.content)
    morning(laptop)
    assert client.get(f"/v1/acks/{laptop.pack.book.hex()}").status_code == 404
    ack = client.post("/v1/batches", content=laptop.batch())
    assert laptop.believes(ack.content).received == len(laptop.entries)
    assert client.get(f"/v1/acks/{laptop.pack.book.hex()}").content == ack.content
    asked = client.get(f"{path}/{laptop.pack.pack.hex()}")
    assert (
        pack.open_pack(
            asked.content, device=laptop.device, device_secret=laptop.secret, office=laptop.ticket.office, now_s=MORNING
        )
        == laptop.pack
    )


def test_whoever_asks_gets_the_signed_directory(desk: Desk, client: TestClient) -> None:
    laptop = desk.laptop()
    devices.revoke(desk.office, letter="A")
    answer = client.get("/v1/directory")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert read_directory(answer.content, office=laptop.ticket.office).revoked_s(laptop.device)


@pytest.mark.feature(133)
def test_every_pack_in_force_is_on_offer_and_one_made_anew_only_once(desk: Desk, client: TestClient) -> None:
    laptop = desk.laptop()
    path = f"/v1/offers/{laptop.device.hex()}"
    assert client.get(path).json() == {"packs": [laptop.pack.pack.hex()], "versions": [1]}
    first = laptop.pack.pack
    desk.prepare(laptop, again=True)
    newer = laptop.pack.pack
    desk.prepare(laptop, day=DAY + datetime.timedelta(days=1))
    assert client.get(path).json()["packs"] == [newer.hex(), laptop.pack.pack.hex()]
    assert first != newer
    assert client.get(f"/v1/offers/{'00' * 16}").json()["packs"] == []
    assert client.get("/v1/offers/abc").status_code == 422


def test_a_ticket_is_used_by_one_laptop(desk: Desk, client: TestClient) -> None:
    ticket = devices.invite(desk.office, letter="A")
    assert client.post("/v1/enrol", content=Laptop(ticket).answer()).status_code == 200
    thief = client.post("/v1/enrol", content=Laptop(ticket, seed=9).answer())
    assert (thief.status_code, said(thief)) == (409, "device.enrolled-already")
    with pytest.raises(devices.LetterTaken):
        devices.invite(desk.office, letter="A")


def test_an_older_ticket_is_worthless_once_a_new_one_was_made(desk: Desk, client: TestClient) -> None:
    old = Laptop(devices.invite(desk.office, letter="A"))
    new = Laptop(devices.invite(desk.office, letter="A"))
    assert old.device == new.device
    assert said(client.post("/v1/enrol", content=old.answer())) == "keys.signature-wrong"
    assert client.post("/v1/enrol", content=new.answer()).status_code == 200


@pytest.mark.feature(114)
def test_every_fault_has_one_shape_and_a_status_that_says_whose_turn_it_is(desk: Desk, client: TestClient) -> None:
    laptop = desk.laptop()
    laptop.open()
    batch = laptop.batch()
    before = counts(desk)
    altered = client.post("/v1/batches", content=batch[:-1] + bytes([batch[-1] ^ 1]))
    assert (altered.status_code, said(altered)) == (400, "keys.signature-wrong")
    junk = client.post("/v1/batches", content=b"junk")
    assert (junk.status_code, said(junk)) == (400, "bytes.malformed")
    unknown = client.post("/v1/batches", content=batch.replace(laptop.device, bytes(16)))
    assert (unknown.status_code, said(unknown)) == (422, "device.unknown")
    large = client.post("/v1/batches", content=bytes(BATCH_BYTES_MAX + 1))
    assert (large.status_code, said(large)) == (413, "envelope.too-large")
    assert client.post("/v1/enrol", content=bytes(ENROL_BYTES_MAX + 1)).status_code == 413
    assert said(client.get("/v1/packs/nothing")) == "http.422"
    assert said(client.get("/v1/nothing")) == "http.404"
    assert said(client.get("/v1/batches")) == "http.405"
    assert counts(desk) == before
    desk.office.store.close()
    assert client.post("/v1/batches", content=batch).status_code == 200


def test_a_body_that_never_ends_is_cut_off_at_its_limit(client: TestClient) -> None:
    sent = 0

    def flood() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 65_536
            yield bytes(65_536)

    assert client.post("/v1/batches", content=flood()).status_code == 413


def test_a_database_that_is_away_is_said_to_be_away(desk: Desk, client: TestClient) -> None:
    laptop = desk.laptop()
    laptop.open()
    batch = laptop.batch()
    desk.office.store.close()
    database = desk.folder / "office.db"
    away = desk.folder / "away"
    for file in desk.folder.glob("office.db*"):
        file.rename(away.with_name(file.name + ".away"))
    database.mkdir()
    answer = client.post("/v1/batches", content=batch)
    assert (answer.status_code, said(answer)) == (503, "office.database-unavailable")
