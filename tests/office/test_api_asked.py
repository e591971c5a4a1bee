"""Every address of the office asked in every way its own description allows, and in ways it does not: never a bug.

    python -m pytest tests/office/test_api_asked.py --long -s     two thousand ways each
"""

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI, Request
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from sqlmodel import select

from sync.office import devices, intake, officers
from sync.office.api import application
from sync.office.store import Book
from tests.office.conftest import PASSWORD, Desk

BYTES = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}


def described(app: FastAPI) -> Any:
    """The application by its own description, with the bodies that it reads as plain bytes."""
    said = app.openapi()
    for path in ("/v1/batches", "/v1/enrol"):
        said["paths"][path]["post"]["requestBody"] = BYTES
    app.add_api_route("/openapi.json", lambda: said)
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def asked(app: FastAPI, *, ways: int) -> dict[str, int]:
    """Every operation; how often each was asked. Raises what `not_a_server_error` raises."""
    counts: dict[str, int] = {}
    for result in described(app).get_all_operations():
        operation = result.ok()
        if operation.path != "/openapi.json":
            counts[f"{operation.method.upper()} {operation.path}"] = _asked(operation, ways=ways)
    return counts


def _asked(operation: Any, *, ways: int) -> int:
    """One operation, as its description says and otherwise."""
    times = 0
    cases = operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @settings(max_examples=ways, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def ask(case: Any) -> None:
        nonlocal times
        times += 1
        case.call_and_validate(checks=[not_a_server_error])

    ask()
    return times


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    officers.set_password(desk.office, name=officers.OFFICER, password=PASSWORD)
    laptop = desk.laptop()
    laptop.open()
    intake.receive(desk.office, batch=laptop.batch())
    return application(desk.office)


def held(desk: Desk) -> tuple[list[int], int]:
    with desk.office.store.reading() as db:
        return [one.received for one in db.exec(select(Book))], len(devices.laptops(desk.office))


def test_no_way_of_asking_meets_a_bug_or_changes_a_book(desk: Desk, app: FastAPI) -> None:
    before = held(desk)
    counts = asked(app, ways=300)
    print(f"asked {sum(counts.values()):,} times at {len(counts)} addresses, 0 bugs")
    assert held(desk) == before
    assert {"POST /v1/batches", "GET /v1/packs/{device}"} <= set(counts)


@pytest.mark.long
def test_no_way_of_asking_meets_a_bug_however_long_one_asks(app: FastAPI) -> None:
    counts = asked(app, ways=2_000)
    print(f"asked {sum(counts.values()):,} times at {len(counts)} addresses, 0 bugs")


def test_a_bug_at_one_address_is_found_out(app: FastAPI) -> None:
    @app.post("/v1/planted")
    async def _(request: Request, number: int) -> int:
        return 7 // number

    with pytest.raises(ZeroDivisionError):
        asked(app, ways=15)
