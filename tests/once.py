"""What is dear on purpose and the same each time: worked out once for all tests that ask for it again."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from sync import keys

stretched = functools.cache(keys.stretched)


@contextmanager
def typed_before() -> Iterator[None]:
    """Whatever was typed once at a copy of the same laptop, or the same office's page, is not worked out again.

    A passphrase, its salt and its cost always come to the same key; tests/desktop/test_vault.py asks for each anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "stretched", stretched)
        yield


@contextmanager
def asked_before(store: ModuleType) -> Iterator[None]:
    """Each database of this store has an engine of its own; what SQLAlchemy makes of a question is the same for all of them.

    A program has one of them and works each question out once; here it would be once for every test.
    """
    first: dict[str, Engine] = {}
    made = store._engine

    def engine_of(to: Any) -> Engine:
        engine: Engine = made(to)
        if engine.dialect.name not in first:
            try:
                # What a dialect finds out about its database it asks at its first connection.
                engine.connect().close()
            except (OperationalError, InterfaceError):
                return engine
            first[engine.dialect.name] = engine
        known = first[engine.dialect.name]
        engine.dialect, engine._compiled_cache = known.dialect, known._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_engine", engine_of)
        yield
