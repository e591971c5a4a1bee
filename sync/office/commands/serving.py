"""The office's pages and the wire."""

import socket
import sys
from typing import Annotated

import typer

from sync.office.commands.terminal import HOME, Home, entered, say

app = typer.Typer()


@app.command()
def serve(
    folder: Home = HOME,
    host: Annotated[str, typer.Option(help="Địa chỉ nghe · address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0: cổng trống bất kỳ · any free port")] = 8480,
) -> None:
    """Mở trang văn phòng và cổng nhận sổ · Serve the pages and take in books."""
    # Only this command serves; the others do not wait for the web to be imported.
    import uvicorn

    from sync.office.api import application

    with entered(folder) as office, socket.create_server((host, port)) as listening:
        here = f"http://{host}:{listening.getsockname()[1]}"
        say(f"Văn phòng đang mở tại {here} (Ctrl C để dừng).", f"The office is open at {here} (Ctrl C ends it).")
        sys.stdout.flush()
        # The access log would hold book and laptop ids of everybody who asks; what matters is in the database.
        config = uvicorn.Config(application(office), log_level="warning", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listening])
