"""The desk asked for anything in any order: what it answered stays so, through every end and beginning of the program.

    python -m pytest tests/desktop/test_desk_states.py --long -s      5,000 stories of 60 steps
"""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from desktop import store
from desktop.desk import Preview
from desktop.store import Begun, PaperThere
from sync import protocol
from sync.chain import NO_HEAD, IdReused, Sealed
from sync.errors import Refusal
from sync.protocol import AckOld, AckWrong
from tests.desktop import enrolled
from tests.desktop.enrolled import Laptop
from tests.sync import small

AMOUNTS = st.integers(1, 60).map(lambda count: count * 10_000)


class Teller(RuleBasedStateMachine):
    """`told` is what the desk said it kept, in order; `printed` how many sheets a person counted."""

    template: ClassVar[Laptop]
    stories: ClassVar[int] = 0
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).stories += 1
        self.laptop = enrolled.copied(self.template, self.template.home.with_name(f"story-{type(self).stories}"))
        self.desk = self.laptop.desk()
        self.told: list[Sealed] = [*self.desk.book.sealed()]
        self.last: Preview | None = None
        self.printed: dict[int, int] = {}
        self.begun: set[int] = set()
        self.ack_no = 0
        self.received = 0

    def teardown(self) -> None:
        self.desk.close()
        shutil.rmtree(self.laptop.home)

    @rule(amount=AMOUNTS)
    def deposit(self, amount: int) -> None:
        self.last = enrolled.deposit(self.desk, amount)
        self.told.append(self.desk.post(self.last).sealed)

    @precondition(lambda self: self.last is not None)
    @rule(amount=AMOUNTS)
    def once_more(self, amount: int) -> None:
        """Enter pressed twice; and the same id with something else."""
        assert self.last
        again = self.desk.post(self.last)
        assert again.repeated
        assert again.sealed in self.told
        other = enrolled.deposit(self.desk, amount)
        if other.body != self.last.body:
            with pytest.raises(IdReused):
                self.desk.post(other._replace(entry_id=self.last.entry_id))

    @rule()
    def refused(self) -> None:
        with pytest.raises(Refusal):
            self.desk.post(self.desk.preview_reverse(len(self.told) + 7, reason="không có phiếu này"))

    @rule(killed=st.booleans())
    def begin_again(self, killed: bool) -> None:
        """The program ends, in the midst or in good order, and is started again."""
        if killed:
            copy = self.laptop.home.with_name(f"{self.laptop.home.name}-after")
            shutil.copytree(self.laptop.home, copy)
        self.desk.close()
        if killed:
            shutil.rmtree(self.laptop.home)
            copy.rename(self.laptop.home)
        self.desk = self.laptop.desk()

    @rule(data=st.data())
    def printing(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(1, len(self.told)))
        begun = Begun(number, 0, 1, "máy in")
        if number in self.begun or self.printed.get(number):
            with pytest.raises(PaperThere):
                self.desk.begin_print(begun)
        else:
            self.desk.begin_print(begun)
            self.begun.add(number)

    @precondition(lambda self: self.begun)
    @rule(out=st.booleans(), data=st.data())
    def answered(self, out: bool, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.begun)))
        if out:
            self.desk.mark_printed(number, sheets=1)
            self.printed[number] = self.printed.get(number, 0) + 1
        else:
            self.desk.not_printed(number)
        self.begun.discard(number)

    @rule(data=st.data(), safe=st.booleans(), ahead=st.booleans())
    def told_by_the_office(self, data: st.DataObject, safe: bool, ahead: bool) -> None:
        """A word of the office on any number it may have; also one that is no longer news."""
        number = data.draw(st.integers(0, len(self.told)))
        self.ack_no += ahead
        raw = self.word(number, safe=number if safe else 0)
        if not ahead:
            with pytest.raises(AckOld):
                self.desk.take_ack(raw)
            return
        assert self.desk.take_ack(raw).received == number
        self.received = number

    @rule(bent=st.binary(min_size=32, max_size=32))
    def told_of_another_book(self, bent: bytes) -> None:
        with pytest.raises(AckWrong):
            self.desk.take_ack(self.word(len(self.told), safe=0, head=bent, ack_no=self.ack_no + 1))

    def word(self, number: int, *, safe: int, head: bytes = b"", ack_no: int | None = None) -> bytes:
        entry = self.told[number - 1].entry if number else None
        return protocol.sign_ack(
            protocol.Ack(
                version=1, office=small.OFFICE.office, device=small.DEVICE, book=self.laptop.pack.book,
                ack_no=self.ack_no if ack_no is None else ack_no, prev_ack=bytes(32), received=number,
                received_head=head or self.head_at(number), safe=safe, safe_head=self.head_at(safe),
                cash=entry.cash if entry else 0, cash_in=entry.cash_in if entry else 0,
                cash_out=entry.cash_out if entry else 0, status="ok", reason="", differences=0, office_s=small.BEGIN_S,
            ),
            office_seed=small.OFFICE_SEED,
        )  # fmt: skip

    def head_at(self, number: int) -> bytes:
        return self.told[number - 1].head if number else NO_HEAD

    @rule()
    def sent(self) -> None:
        """What is unsent is exactly what the office has not signed for, in the same bytes each time."""
        raw = self.desk.batch()
        if raw is None:
            assert self.received == len(self.told)
            return
        opened = protocol.open_batch(
            raw, office=small.OFFICE.office, office_secret=small.OFFICE_SECRET, device_key=self.laptop.pack.sign_key,
            terms_of=lambda _book: self.laptop.pack.terms,
        )  # fmt: skip
        assert opened.header.first == self.received + 1
        assert [exact for _, exact, _ in opened.entries] == [one.raw for one in self.told[self.received : opened.header.last]]
        assert self.desk.batch() == raw

    @invariant()
    def what_was_told_is_kept(self) -> None:
        type(self).steps += 1
        assert [*self.desk.book.sealed()] == self.told
        assert self.desk.book.balances() == self.desk.session.balances
        assert self.desk.session.cash == self.told[-1].entry.cash
        assert {number: count for number, count in self.desk.book.sheets().items() if count} == self.printed
        assert {one.number for one in self.desk.begun()} == self.begun
        assert self.desk.standing().marks.received == self.received


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    folder = Path("/dev/shm") / f"states-{id(tmp_path_factory):x}"
    with pytest.MonkeyPatch.context() as patch:
        # Every story begins with a copy of it, and the log need not be as long as a morning's.
        patch.setattr(store, "LOG_PAGES", 24)
        laptop = enrolled.enrol(folder / "template")
        with contextlib.closing(laptop.desk()) as desk:
            enrolled.opened(desk)
        yield laptop
    shutil.rmtree(folder)


def told(template: Laptop, machine: type[Teller], *, stories: int, steps: int, shrink: bool = True) -> None:
    machine.template, machine.stories, machine.steps = template, 0, 0
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=stories, stateful_step_count=steps, deadline=None, database=None,
                          suppress_health_check=list(HealthCheck), phases=tuple(Phase) if shrink else (Phase.generate,)),
    )  # fmt: skip
    print(f"stories {machine.stories:,} steps {machine.steps:,} lost 0 doubled 0")


def test_a_desk_keeps_what_it_said_in_whatever_order_it_is_asked(template: Laptop) -> None:
    told(template, Teller, stories=300, steps=40)


@pytest.mark.long
def test_a_desk_keeps_what_it_said_through_thousands_of_stories(template: Laptop) -> None:
    told(template, Teller, stories=5_000, steps=60)


class Forgetful(Teller):
    """The control: an end of the program that loses the last voucher's number of sheets."""

    @rule()
    def forget(self) -> None:
        self.desk.book._connection.execute("UPDATE print_job SET sheets = 0")


def test_a_desk_that_forgets_is_found_out(template: Laptop) -> None:
    with pytest.raises(AssertionError):
        told(template, Forgetful, stories=200, steps=40, shrink=False)
