"""The other maker of PDF says all that ours says, and a machine without it misses the budget."""

import html
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from desktop.press import paper
from desktop.sheets.sheet import Sheet
from tests.bench import peer
from tests.bench.measure import Plan, line
from tests.bench.printing import beside_peer
from tests.desktop import full_morning, printed


def receipt(_number: int) -> Sheet:
    return full_morning.morning().sheet("savings")


def figures(text: str) -> Counter[str]:
    return Counter(word for word in text.split() if word.strip("().,;%đ").isnumeric() or "." in word[:-1])


def test_the_peer_draws_the_same_receipt() -> None:
    sheet = receipt(0)
    theirs, ours = peer.maker()(sheet), paper.draw(sheet)
    asked = html.unescape(re.sub("<[^>]*>", " ", peer.page(sheet)))
    assert Counter(printed.text(ours).split()) - Counter(asked.split()) == Counter()
    # Its letters do not all come back from its file; what is made of digits does.
    assert figures(printed.text(ours))
    assert figures(printed.text(ours)) - figures(printed.text(theirs)) == Counter()
    assert printed.codes(theirs) == printed.codes(ours)


def test_a_machine_without_the_peer_misses_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OSError("libpango-1.0-0")

    monkeypatch.setattr(peer, "maker", missing)
    [figure] = beside_peer(Plan(tmp_path, 1, False, Random(1), lambda: 0.0), receipt)
    assert figure.met is False
    assert "WeasyPrint is not here (libpango-1.0-0)" in line(figure)
    assert line(figure).endswith("NOT met")
