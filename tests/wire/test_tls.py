"""The line to the office is the office's own, whatever the laptop's clock says, and costs little to take up again."""

import contextlib
import datetime
import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from desktop.road import pinning
from desktop.road.courier import AnswerStrange, CertificateWrong, Courier, OfficeAway, RoadOpen
from desktop.vault import Vault
from sync import keys
from sync.errors import Fault
from sync.office import devices, home
from sync.pack import read_ticket
from tests.desktop.enrolled import Draw
from tests.wire.point import Point, served

DEVICE = b"\1" * 16
TODAY = datetime.datetime.now(datetime.UTC)


def courier(address: str, certificate: bytes) -> Courier:
    return Courier(address, certificate=certificate, timeout_s=5, tries=1)


def end_line(road: Courier) -> None:
    """The connection ends, as a network in the hills ends it."""
    road._client._transport._pool.close()  # type: ignore[attr-defined]


@contextlib.contextmanager
def standing_in(pem: bytes, folder: Path, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Iterator[str]:
    """Somebody who answers as an office would, with a certificate of their own."""

    class Speaks(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            said = b'{"packs": []}'
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None: ...

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None: ...

    file = folder / "their.pem"
    file.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.maximum_version = newest
    server = Server(("127.0.0.1", 0), Speaks)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(key: ec.EllipticCurvePrivateKey, *, begins: datetime.datetime, ends: datetime.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "office")])
    return (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(7)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )


def as_pem(key: ec.EllipticCurvePrivateKey, one: x509.Certificate) -> bytes:
    held = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return held + one.public_bytes(serialization.Encoding.PEM)


def test_the_ticket_names_the_certificate_that_the_office_answers_with(house: Point) -> None:
    laptop = Vault(house.home, draw=Draw(), keystore=None)
    assert laptop.certificate == house.unlocked.office.certificate == house.office.certificate
    with served(house.office) as address, closing(courier(address, laptop.certificate)) as road:
        assert len(road.offers(laptop.device)) == 1
        road.post_batch(house.desk.batch() or b"")
    assert len(house.office.certificate) < 400


def test_a_line_taken_up_again_is_resumed_and_one_that_holds_is_kept(house: Point) -> None:
    with served(house.office) as address:
        road = courier(address, house.office.certificate)
        assert road.tls is not None
        for _ in range(3):
            road.offers(DEVICE)
        assert (road.tls.made, road.tls.resumed) == (1, 0)
        for again in range(1, 4):
            end_line(road)
            road.offers(DEVICE)
            assert (road.tls.made, road.tls.resumed) == (1 + again, again)
        end_line(road)
    # An office that was started again knows none of its tickets: all of it is said anew, and it works.
    with served(house.office, port=int(address.rpartition(":")[2])), closing(road):
        road.offers(DEVICE)
        assert (road.tls.made, road.tls.resumed) == (5, 3)


@pytest.mark.feature(69)
@pytest.mark.parametrize("years", [-10, 10])
def test_a_laptop_whose_clock_is_ten_years_off_sends_all_the_same(
    years: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # For TLS a clock that is years off is a certificate whose time is years off.
    key = ec.generate_private_key(ec.SECP256R1())
    middle = TODAY - datetime.timedelta(days=365 * years)
    span = datetime.timedelta(days=300)
    one = certificate(key, begins=middle - span, ends=middle + span)
    der = one.public_bytes(serialization.Encoding.DER)
    with standing_in(as_pem(key, one), tmp_path) as address:
        with closing(courier(address, der)) as road:
            assert road.offers(DEVICE) == ()
        # The control: whoever asks the clock sends nothing.
        monkeypatch.setattr(pinning, "NO_CHECK_TIME", 0)
        with closing(courier(address, der)) as asks, pytest.raises(CertificateWrong):
            asks.offers(DEVICE)


def test_somebody_in_between_is_told_nothing(house: Point, tmp_path: Path) -> None:
    ours = house.office.certificate
    theirs = keys.self_signed(b"\7" * 32, name="Phòng giao dịch thử")
    with standing_in(theirs.pem, tmp_path) as address:
        for known_by in (ours, b""):
            with closing(courier(address, known_by)) as road, pytest.raises(CertificateWrong) as told:
                road.offers(DEVICE)
            assert "USB" in told.value.sentence()
        # The control: who knows them by their own certificate speaks with them.
        with closing(courier(address, theirs.der)) as road:
            assert road.offers(DEVICE) == ()


def test_what_the_offices_key_signed_for_another_is_not_the_office(tmp_path: Path) -> None:
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    year = datetime.timedelta(days=365)
    office = certificate(root, begins=TODAY - year, ends=TODAY + year)
    signed = (
        x509.CertificateBuilder(
            issuer_name=office.subject, public_key=leaf.public_key(),
            subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "other")]),
        )
        .serial_number(8).not_valid_before(TODAY - year).not_valid_after(TODAY + year).sign(root, hashes.SHA256())
    )  # fmt: skip
    with standing_in(as_pem(leaf, signed), tmp_path) as address:
        with closing(courier(address, office.public_bytes(serialization.Encoding.DER))) as road, pytest.raises(Fault) as told:
            road.offers(DEVICE)
        assert isinstance(told.value, CertificateWrong)


def test_older_tls_and_no_tls_at_all_are_not_the_office(house: Point, tmp_path: Path) -> None:
    mine = keys.self_signed(b"\7" * 32, name="o")
    older = standing_in(mine.pem, tmp_path, newest=ssl.TLSVersion.TLSv1_2)
    with older as address, closing(courier(address, mine.der)) as road, pytest.raises(AnswerStrange):
        road.offers(DEVICE)
    with served(house.office, tls=False) as address:
        road = courier(address.replace("http:", "https:"), house.office.certificate)
        with closing(road), pytest.raises(AnswerStrange):
            road.offers(DEVICE)


def test_without_tls_nothing_leaves_this_machine(house: Point) -> None:
    for host in ("10.1.2.3:8480", "office.example", "[2001:db8::1]:80"):
        with pytest.raises(RoadOpen) as told:
            courier(f"http://{host}", b"")
        assert "https://" in told.value.sentence()
    for address in ("http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"):
        with closing(courier(address, house.office.certificate)) as road, pytest.raises(OfficeAway):
            road.offers(DEVICE)


def test_an_older_home_is_given_a_certificate_once_and_keeps_it(house: Point, tmp_path: Path) -> None:
    folder = tmp_path / "older"
    home.found(folder, name="Cũ", database="", backup="", draw=Draw())
    file = folder / "keys" / home.TLS
    file.unlink()

    def entered() -> bytes:
        office = home.enter(folder, now_s=lambda: 0, draw=Draw(b"other"))
        office.store.close()
        assert office.public().certificate == office.certificate
        return office.certificate

    first = entered()
    assert entered() == first != b""
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in file.parent.iterdir()) == ["recovery", "recovery.public", "seal", "sign", "tls.pem"]
    # A proxy in front has a certificate of its own: tickets name none.
    file.write_bytes(b"")
    assert entered() == b""


def test_the_next_ticket_carries_it_too(house: Point) -> None:
    assert read_ticket(devices.invite(house.office, letter="B")).office.certificate == house.office.certificate
