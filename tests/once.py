"""What is dear on purpose and the same each time: worked out once for all tests that ask for it again."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

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
