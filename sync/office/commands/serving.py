"""The office's pages and the wire."""

import ipaddress
import socket
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.office.commands.terminal import HOME, Home, entered, say

if TYPE_CHECKING:
    import uvicorn

    from sync.office.home import Office

app = typer.Typer()
# A laptop keeps its line between two vouchers of a morning; it hangs up itself after a little less.
KEEP_ALIVE_S = 60


@app.command()
def serve(
    folder: Home = HOME,
    host: Annotated[str, typer.Option(help="Địa chỉ nghe · address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: cổng trống bất kỳ · any free port")] = 8480,
    tls: Annotated[
        bool | None, typer.Option("--tls/--no-tls", help="Mặc định: mã hóa, trừ khi chỉ nghe máy này · default: on, except on this machine alone")
    ] = None,
) -> None:
    """Mở trang văn phòng và cổng nhận sổ · Serve the pages and take in books."""
    # Only this command serves; the others do not wait for the web to be imported.
    import uvicorn

    with entered(folder) as office, socket.create_server((host, port)) as listening:
        if tls is None:
            tls = not _this_machine(host) and bool(office.certificate)
        if tls and not office.certificate:
            say("Văn phòng này dùng chứng thư của máy chủ đứng trước (keys/tls.pem trống): chạy với --no-tls.",
                "This office goes by the certificate of a proxy (keys/tls.pem is empty): run with --no-tls.", error=True)  # fmt: skip
            raise typer.Exit(1)
        here = f"{'https' if tls else 'http'}://{host}:{listening.getsockname()[1]}"
        say(f"Văn phòng đang mở tại {here} (Ctrl C để dừng).", f"The office is open at {here} (Ctrl C ends it).")
        sys.stdout.flush()
        uvicorn.Server(config_of(office, tls=office.tls if tls else None)).run(sockets=[listening])


def _this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def config_of(office: "Office", *, tls: Path | None) -> "uvicorn.Config":
    """How the office is served: over TLS 1.3 with the key and certificate in a file, or in the clear."""
    import uvicorn

    from sync.office.api import application

    def context(_config: uvicorn.Config, _usual: Any) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        # One ticket is all a laptop needs to come back, and each costs a quarter of a kilobyte.
        made.num_tickets = 1
        made.load_cert_chain(tls or "")
        return made

    # The access log would hold book and laptop ids of everybody who asks; what matters is in the database.
    return uvicorn.Config(
        application(office), log_level="warning", access_log=False, server_header=False, date_header=False,
        timeout_keep_alive=KEEP_ALIVE_S, ssl_context_factory=context if tls else None,
    )  # fmt: skip
