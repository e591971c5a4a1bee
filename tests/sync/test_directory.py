"""The directory: signed by its own office, and never an older one in the place of a newer."""

import pytest

from sync import keys
from sync.directory import DAYS_FRESH, VERSION, Directory, DirectoryOlder, Listed, read_directory, sign_directory
from sync.errors import Damage
from sync.keys import SignatureWrong
from sync.pack import OfficeUnknown, office_id
from sync.records import changed
from tests.sync import small

LOST = b"\x77" * 16


def directory(number: int = 7) -> Directory:
    laptops = tuple(
        Listed(device=device, letter=letter, sign_key=small.DEVICE_KEY, seal_key=small.DEVICE_SEAL_KEY, revoked_s=revoked_s)
        for device, letter, revoked_s in ((small.DEVICE, "A", 0), (LOST, "B", small.BEGIN_S))
    )
    return Directory(version=VERSION, number=number, office=small.OFFICE, laptops=laptops, issued_s=small.BEGIN_S)


def test_it_says_which_laptops_are_revoked() -> None:
    read = read_directory(sign_directory(directory(), office_seed=small.OFFICE_SEED), office=small.OFFICE)
    assert [read.revoked_s(one) for one in (small.DEVICE, LOST, b"\x01" * 16)] == [0, small.BEGIN_S, 0]
    assert read.fresh(small.BEGIN_S + DAYS_FRESH * 86_400)
    assert not read.fresh(small.BEGIN_S + DAYS_FRESH * 86_400 + 1)


def test_an_older_one_is_refused_and_the_same_one_is_not() -> None:
    raw = sign_directory(directory(7), office_seed=small.OFFICE_SEED)
    assert read_directory(raw, office=small.OFFICE, newest=7) == read_directory(raw, office=small.OFFICE)
    with pytest.raises(DirectoryOlder, match="8"):
        read_directory(raw, office=small.OFFICE, newest=8)


def test_every_changed_byte_and_every_other_office_is_refused() -> None:
    raw = sign_directory(directory(), office_seed=small.OFFICE_SEED)
    for at in range(len(raw)):
        with pytest.raises((Damage, OfficeUnknown)):
            read_directory(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :], office=small.OFFICE)
    seed = b"\x55" * 32
    other = changed(small.OFFICE, office=office_id(keys.sign_public(seed)), sign_key=keys.sign_public(seed))
    with pytest.raises(OfficeUnknown):
        read_directory(sign_directory(changed(directory(), office=other), office_seed=seed), office=small.OFFICE)
    with pytest.raises(SignatureWrong):
        read_directory(sign_directory(directory(), office_seed=seed), office=small.OFFICE)
