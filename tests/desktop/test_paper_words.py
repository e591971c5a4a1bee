"""Both languages say the same things, and nothing is ever said with an empty label."""

import string
import unicodedata

import pytest

from desktop import words
from desktop.words import LANGUAGES, Words
from sync.ledger import CASH, COMPONENTS


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_language_has_the_same_keys_with_the_same_facts() -> None:
    vi, en = (words.texts(language) for language in LANGUAGES)
    assert vi.keys() == en.keys()
    assert {key for key in vi if places(vi[key]) != places(en[key])} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_says_something_in_nfc(language: str) -> None:
    texts = words.texts(language)
    assert all(text.strip() for text in texts.values())
    assert all(unicodedata.is_normalized("NFC", text) for text in texts.values())


def test_a_key_that_is_not_there_or_a_fact_not_given_is_a_mistake_and_not_an_empty_label() -> None:
    with pytest.raises(KeyError):
        Words("vi")("paper.nothing")
    with pytest.raises(KeyError):
        Words("vi")("paper.reprint", times=1)


def test_whole_numbers_are_said_in_groups_of_three() -> None:
    assert Words("vi")("paper.group.members", paid=3, all=1_200).startswith("Có 3/1.200 ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_and_component_of_the_ledger_has_a_name_on_paper(language: str) -> None:
    said = Words(language)
    assert all(said(f"paper.code_name.{code}") for code in CASH)
    assert all(said(f"paper.line.{code}_{one}") for code, them in COMPONENTS.items() for one in them)
