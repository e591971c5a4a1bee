"""A morning that asks the counter for everything: every transaction, every refusal, every approval.

The acts and what each must come to stand in `counter/morning.txt`, with the sums worked out beside them;
what everybody owes and holds before is reckoned from the export's files, day by day and with fractions.
Nothing of that is asked of the program. The acts then go through the program as the demonstration runs
it: the vault, the encrypted book, the sheets, the office over HTTP.

After every voucher the balances the book keeps are held against the table's, and against a session folded
anew from the book; at the end the laptop, the office and the table must tell the same story.
"""

import argparse
import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from desktop import act_fields, acts, shelf
from desktop.desk import Desk
from desktop.press import tray
from desktop.words import Words
from installer import demo
from sync import drawer, handin, projection, requests, reversal, savings, session, slips, visit, voucher
from sync.errors import Refusal
from sync.session import Session
from sync.voucher import Body, line_of
from tests.journeys.conftest import CORPUS, House, desktop, office, prepared_warm, said_clearly
from tests.journeys.counter import bank, notation
from tests.journeys.counter.notation import Balances, Step
from tests.journeys.test_refusals import terms_of, unlocked

HERE = Path(__file__).parent / "counter"
POINT, DAY = "TXN0480701", datetime.date(2024, 4, 15)
CODES = {"GN", "TG", "TQ", "TL", "TT", "RT", "CT", "GK", "RK", "HH", "PU", "TH", "UQ", "HQ", "CL", "TF", "CX"}
NOUNS = (voucher, session, projection, handin, visit, slips, savings, drawer, requests, reversal, acts, act_fields)
# Refusals no act of a script can meet, each with the reason; those of other runs are asked for below.
ELSEWHERE = {
    "voucher.field-stray": "an act has no such field to fill",
    "voucher.reason-too-long": "a line of a script holds no such text",
    "session.head-moved": "nobody else posts between the signatures and the close",
    "group.principal-through-leader": "a hand-in is keyed as cash, so its rule is asked directly",
    "savings.scheme-unknown": "an export of this kind names every product",
    "pack.stale": "the second run",
    "session.not-holder": "the third run",
    "session.not-teller": "the third run",
}


class Seen(NamedTuple):
    """What stood right after a voucher."""

    number: int
    cash: int
    holder: str
    kept: Balances
    folded: Balances
    drawer: int


class Watch(tray.Tray):
    """A tray of paper that looks at the desk each time a sheet is laid into it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: list[Seen] = []

    def voucher(self, desk: Desk, number: int, *, words: Words) -> int:
        anew = Session(desk.session.terms)
        for sealed in desk.book.sealed():
            anew.apply(sealed.entry.body, maker=sealed.entry.maker)
        kept = {key: amount for key, amount in desk.book.balances().items() if amount}
        folded = {key: amount for key, amount in anew.balances.items() if amount}
        user = desk.standing().user.staff_id
        self.seen.append(Seen(number, desk.standing().cash, user, kept, folded, anew.cash))
        return super().voucher(desk, number, words=words)


class Held(NamedTuple):
    """A session that was held, and all that came of it."""

    out: Path
    steps: tuple[Step, ...]
    answers: list[dict[str, Any]]
    summary: dict[str, Any]
    seen: list[Seen]
    people: tuple[demo.Person, ...]
    opening: Balances

    def vouchers(self) -> Iterator[tuple[Step, dict[str, Any]]]:
        yield from ((step, answer) for step, answer in zip(self.steps, self.answers, strict=True) if step.number)


def given(out: Path, export: Path, *, as_of: str = "") -> argparse.Namespace:
    return argparse.Namespace(
        export=str(export), point=POINT, date=DAY.isoformat(), out=str(out), database="", script="", as_of=as_of
    )


def hold(folder: Path, table: str, *, as_of: str = "") -> Held:
    """Hold the session of a table on the corpus and what it lacks."""
    steps = tuple(notation.steps(HERE / table))
    export = bank.export(CORPUS, HERE / "more", folder / "export")
    script_file = folder / "acts.jsonl"
    script_file.write_text("".join(step.act + "\n" for step in steps), "utf-8")
    with prepared_warm(given(folder / "out", export, as_of=as_of)) as ready:
        watch = Watch(ready.out / "paper")
        summary, damage = demo.held(ready, script=script_file, printer=watch)
    assert damage is None
    answers = [json.loads(line) for line in (ready.out / "answers.jsonl").read_text("utf-8").splitlines()]
    return Held(ready.out, steps, answers, summary, watch.seen, ready.people, bank.opening(export, point=POINT, on=DAY))


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    return hold(tmp_path_factory.mktemp("counter"), "morning.txt")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """The same point on figures that are two weeks old."""
    return hold(tmp_path_factory.mktemp("old"), "old.txt", as_of="2024-04-01")


def differing(steps: tuple[Step, ...], answers: list[dict[str, Any]]) -> list[str]:
    """Where the program's answers are not what the table says."""
    wrong = []
    for step, answer in zip(steps, answers, strict=True):
        if step.refused:
            said = answer.get("error", "nothing was refused")
            if said != step.refused:
                wrong.append(f"line {step.place}: {said} and not {step.refused}: {answer.get('message', '')}")
            continue
        if not answer["ok"]:
            wrong.append(f"line {step.place}: {answer['error']}: {answer['message']}")
            continue
        if not step.number:
            continue
        lines = [(one["code"], one["account"], one["component"], one["amount"]) for one in answer["lines"]]
        if (answer["voucher"], answer["cash"], lines) != (step.number, step.cash, [line[:4] for line in step.lines]):
            wrong.append(f"line {step.place}: {answer['voucher']} {answer['cash']} {lines}")
    return wrong


# One act after the other


@pytest.mark.feature(13, 14, 16, 17, 18, 19, 20, 23, 27, 127, 129, 130, 131)
def test_every_act_comes_to_what_the_table_works_out(held: Held) -> None:
    assert len(held.steps) >= 150
    assert differing(held.steps, held.answers) == []
    assert {line.code for step in held.steps for line in step.lines} == CODES


def test_a_table_that_is_off_by_one_đồng_is_found_out(held: Held, tmp_path: Path) -> None:
    at = next(place for place, step in enumerate(held.steps) if len(step.lines) > 2)
    lines = list(held.steps[at].lines)
    lines[1] = lines[1]._replace(amount=lines[1].amount + 1)
    changed = (*held.steps[:at], held.steps[at]._replace(lines=tuple(lines)), *held.steps[at + 1 :])
    assert len(differing(changed, held.answers)) == 1
    text = (HERE / "morning.txt").read_text("utf-8")
    wrong = tmp_path / "wrong.txt"
    for true, false in (("interest 329,999 =", "interest 329,998 ="), ("    drawer 652,730,000", "    drawer 652,730,001")):
        assert true in text
        wrong.write_text(text.replace(true, false, 1), "utf-8")
        with pytest.raises(notation.TableWrong):
            list(notation.steps(wrong))


@pytest.mark.feature(43)
def test_after_every_voucher_book_table_and_a_session_folded_anew_agree(held: Held) -> None:
    balances = dict(held.opening)
    assert [one.number for one in held.seen] == list(range(1, held.summary["vouchers"] + 1))
    posted = [step for step in held.steps if step.number]
    for step, seen in zip(posted, held.seen, strict=True):
        balances = notation.applied(balances, step)
        assert seen.cash == seen.drawer == step.drawer, step
        assert seen.kept == seen.folded, step
        off = {key for key in seen.kept.keys() | balances.keys() if seen.kept.get(key, 0) != balances.get(key, 0)}
        assert not off, (step, sorted(off))
    # The control: one đồng elsewhere is seen.
    key = next(iter(balances))
    assert held.seen[-1].kept != {**balances, key: balances[key] + 1}


@pytest.mark.feature(138)
def test_what_was_owed_before_the_first_act_is_the_banks_own_figure(held: Held) -> None:
    interest = {"overdue_interest_arrears", "interest_arrears", "overdue_interest", "interest"}
    assert held.summary["interest_due"] == sum(due for (_, name), due in held.opening.items() if name in interest)
    # A rate that changed on the first of the month: 17 days at the old one, 14 at the new.
    owed = 360_000_000 * (17 * 48 + 14 * 66) / 365_000
    assert held.opening["6600480700000147", "interest"] == round(owed) == 1_716_164


# What was refused, and who approved


@pytest.mark.feature(24, 46, 126, 128)
def test_every_refusal_the_counter_knows_is_met_and_changes_nothing(held: Held) -> None:
    refused = [answer for answer in held.answers if not answer["ok"]]
    assert held.summary["refused"] == len(refused) == sum(bool(step.refused) for step in held.steps)
    for answer in refused:
        assert said_clearly(answer["message"]), answer
    # An act that is refused takes no number: the vouchers stand without a gap.
    assert [answer["voucher"] for _, answer in held.vouchers()] == list(range(1, held.summary["vouchers"] + 1))
    classes = [one for noun in NOUNS for one in vars(noun).values() if isinstance(one, type) and issubclass(one, Refusal)]
    known = {one.code for one in classes if one is not Refusal}
    missing = known - {answer["error"] for answer in refused} - ELSEWHERE.keys()
    assert not missing, sorted(missing)
    assert ELSEWHERE.keys() <= known


@pytest.mark.feature(26, 42, 45, 78)
def test_each_voucher_is_approved_by_those_its_rule_asks_for(held: Held) -> None:
    book = approvals(held)
    first, second, controller, leader = "004807-31", "004807-32", "004807-21", "004807-11"
    wanted = {
        "open": {controller}, "float": {controller}, "return": {controller}, "transit": {controller},
        "slip": {controller}, "correct": {controller}, "counterfeit": {controller}, "loss": {controller},
        "suspense": {controller}, "request": set(), "group": set(),
        "handover": {first, second}, "close": {second, controller, leader},
    }  # fmt: skip
    for kind, by in wanted.items():
        found = [approved for one, _, approved in book if one.kind == kind]
        assert found, kind
        assert all(approved == by for approved in found if kind != "slip"), (kind, found)
    by_act = {json.loads(step.act).get("slip"): approved for step, (_, _, approved) in zip(posted(held), book, strict=True)}
    assert by_act["GN-0424-0022"] == {controller}
    assert by_act["GN-0424-0901"] == {controller, leader}
    counts = [(one.detail("blind"), approved) for one, _, approved in book if one.kind == "count"]
    assert counts == [
        (controller, {controller}), ("", set()), ("004807-22", {"004807-22"}), ("", set()),
        (controller, {controller}), ("", set()),
    ]  # fmt: skip
    # Within the tolerance the controller; above it, the small ones of the day together, the leader.
    differences = [approved for one, _, approved in book if one.kind == "difference"]
    assert differences == [{controller}, {leader}, {controller}, {leader}]
    paying = [approved for one, _, approved in book if one.kind == "visit" and {"RT", "RK"} & {line.code for line in one.lines}]
    assert paying
    assert all(approved & {controller, "004807-22"} for approved in paying)


def posted(held: Held) -> list[Step]:
    return [step for step in held.steps if step.number]


def approvals(held: Held) -> list[tuple[Body, str, set[str]]]:
    """Every voucher of the laptop's book, its maker and who approved it."""
    opened = unlocked(House(held.out, held.people))
    book = shelf.open_book(held.out / "laptop", opened, shelf.newest(held.out / "laptop", opened))
    try:
        return [(one.entry.body, one.entry.maker, {by.staff_id for by in one.entry.approvals}) for one in book.sealed()]
    finally:
        book.close()


@pytest.mark.feature(8, 38, 39, 40)
def test_after_the_hand_over_the_other_teller_makes_the_vouchers(held: Held) -> None:
    makers = [maker for _, maker, _ in approvals(held)]
    kinds = [json.loads(step.act)["act"] for step in posted(held)]
    at = kinds.index("handover")
    assert set(makers[: at + 1]) == {"004807-31"}
    assert set(makers[at + 1 :]) == {"004807-32"}
    assert held.seen[at].holder == "004807-31"
    assert {one.holder for one in held.seen[at + 1 :]} == {"004807-32"}
    floats = [(body.kind, body.detail("seal"), body.detail("giver") or body.detail("taker")) for body, _, _ in approvals(held)
              if body.kind in ("open", "float", "return")]  # fmt: skip
    assert floats == [
        ("open", "NP-01", "Thủ quỹ"), ("return", "HQ-01", "Thủ quỹ"), ("float", "NP-02", "Thủ quỹ"), ("return", "HQ-02", "Thủ quỹ"),
    ]  # fmt: skip


def test_a_leader_cannot_hand_in_principal_whatever_makes_the_voucher(held: Held) -> None:
    bodies = approvals(held)
    anew = Session(terms_of(House(held.out, held.people)))
    anew.apply(bodies[0][0], maker="004807-31")
    principal = Body(
        kind="group", party="8070001", by="4807000001", notes=((500_000, 1),),
        lines=(line_of("TG", "6600480700000002", "principal", 500_000),),
    )  # fmt: skip
    with pytest.raises(handin.PrincipalThroughLeader) as refusal:
        anew.check(principal, maker="004807-31", approvers=None, head=b"")
    assert said_clearly(refusal.value.sentence("vi"))
    # The near miss: the same money as interest is taken.
    interest = Body(
        kind="group", party="8070001", by="4807000001", notes=((100_000, 1),),
        lines=(line_of("TL", "6600480700000002", "interest", 100_000),),
    )  # fmt: skip
    anew.check(interest, maker="004807-31", approvers=(), head=b"")




# Facts of a voucher that are said under the same name in its act; those of other acts mean something else.
FACTS = {
    "open": ("seal", "giver"), "float": ("seal", "giver"), "return": ("seal", "taker"),
    "group": ("cadre", "paper_no", "paper_at"), "visit": ("card", "paper_no", "paper_at"), "disburse": ("card",),
    "transit": ("seal", "from", "to", "carriers", "left_at"), "counterfeit": ("minutes", "outcome"),
    "request": ("type", "account", "until"), "loss": ("at", "place", "told"), "suspense": ("name", "phone"),
    "handover": ("to",),
}  # fmt: skip


@pytest.mark.feature(47, 48, 132, 146)
def test_what_was_said_beside_the_money_is_kept_as_it_was_said(held: Held) -> None:
    seen = set()
    for step, (body, _, _) in zip(posted(held), approvals(held), strict=True):
        said = json.loads(step.act)
        wanted = {name: said[name] for name in FACTS.get(said["act"], ()) if name in said}
        wanted |= {name: str(said[name]) for name in ("list", "amount") if name in said and said["act"] in ("group", "loss")}
        if said["act"] != "count":
            assert dict(body.details) == wanted, step
        notes = said.get("denominations", said.get("float", {}))
        assert {str(note): count for note, count in body.notes} == {note: count for note, count in notes.items() if count}, step
        assert body.absent == tuple(said.get("absent", ())), step
        assert body.unsigned == tuple(said.get("unsigned", ())), step
        reason = said.get("text", said.get("reason", ""))
        assert body.reason == reason, step
        if said["act"] in ("request", "counterfeit", "suspense", "group", "visit"):
            assert body.party == said.get("group", said.get("customer", "")), step
        seen |= {said["act"]} if wanted else set()
    assert seen == FACTS.keys()


def test_each_voucher_is_known_again_as_its_own_acts_and_as_no_other_kinds(held: Held) -> None:
    bodies = [body for body, _, _ in approvals(held)]
    read = list(act_fields.acts(step.act.encode() for step in posted(held)))
    for at, act in enumerate(read):
        assert isinstance(act, act_fields.Act)
        assert acts.made(act, bodies[at]), act
        others = [body for body in bodies if acts.made(act, body)]
        assert {body.kind for body in others} == {bodies[at].kind}
    slip = next(act for act in read if isinstance(act, act_fields.Act) and act.name == "pay")
    assert not any(acts.made(slip, body) for body in bodies if body.slip != slip.fields["slip"])


# The end of the morning


@pytest.mark.feature(39, 41, 44)
def test_the_drawer_is_counted_minuted_and_carried_back(held: Held) -> None:
    vouchers = list(held.vouchers())
    cash = held.summary["cash"]
    moved = [step.cash for step, _ in vouchers]
    assert cash["opening"] == moved[0] == 650_000_000
    assert cash["in"] == sum(max(one, 0) for one in moved[1:])
    assert cash["out"] == sum(max(-one, 0) for one in moved)
    assert cash["closing"] == cash["counted"] == 0 == vouchers[-1][0].drawer
    minuted = [line.amount for step, _ in vouchers for line in step.lines if line.code == "CL"]
    assert minuted[:3] == [-500, -50_000, -500]
    assert -500 < minuted[3] < 0


def sums(steps: tuple[Step, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in steps:
        for line in step.lines:
            found[line.code] = found.get(line.code, 0) + line.amount
    return found


def changes(held: Held) -> dict[str, dict[tuple[str, str], int]]:
    """What the table changes in every loan, deposit and savings account, by kind."""
    found: dict[str, dict[tuple[str, str], int]] = {"loans": {}, "deposits": {}, "savings": {}}
    for step in held.steps:
        for line in step.lines:
            component = notation.BECOMES.get(line.component, line.component)
            if line.code not in notation.BALANCE or not component:
                continue
            kind = {"deposit": "deposits", "savings": "savings"}.get(component, "loans")
            key = (line.account, component)
            found[kind][key] = found[kind].get(key, 0) + notation.BALANCE[line.code] * line.amount
    return found


@pytest.mark.feature(104)
def test_office_laptop_and_table_have_the_same_totals(held: Held) -> None:
    book = held.summary["book"]
    assert held.summary["office"]["status"] == "reconciled"
    assert held.summary["office"]["differences"] == 0
    assert held.summary["by_code"] == sums(held.steps)
    told = office("totals", "--home", held.out / "office", "--book", book)
    assert told.status == 0, told.err
    totals = json.loads(told.out)
    assert totals["entries"] == held.summary["vouchers"]
    assert totals["lines"] == held.summary["lines"] == sum(len(step.lines) for step in held.steps)
    assert {code: one["amount"] for code, one in totals["by_code"].items()} == sums(held.steps)
    for kind, wanted in changes(held).items():
        assert {(one["account"], one["component"]): one["change"] for one in totals[kind]} == wanted, kind
    cash = held.summary["cash"]
    assert totals["drawer"] == {
        "opening": cash["opening"], "cash_in": cash["in"], "cash_out": cash["out"], "closing": cash["closing"],
    }  # fmt: skip


@pytest.mark.feature(65)
def test_the_book_is_sound_on_both_sides_and_every_voucher_has_its_sheet(held: Held) -> None:
    typed = (held.out / "passphrases.txt").read_text("utf-8").splitlines()
    sound = f"{held.summary['book']} entries {held.summary['vouchers']} head {held.summary['head']} sound"
    checked = desktop("check", "--home", held.out / "laptop", typed=typed)
    assert (checked.status, checked.out) == (0, f"{sound}\n"), checked.err
    assert sound in office("check", "--home", held.out / "office").out
    sheets = {path.stem.removesuffix("-members") for path in (held.out / "paper").iterdir()}
    assert sheets == {answer["number"] for _, answer in held.vouchers()}


# On other figures, and with other people


@pytest.mark.long
@pytest.mark.feature(15)
def test_on_figures_that_are_too_old_money_comes_in_and_none_goes_out(old: Held) -> None:
    assert differing(old.steps, old.answers) == []
    stale = [answer for answer in old.answers if answer.get("error") == "pack.stale"]
    assert len(stale) == 6
    assert all("01/04/2024" in answer["message"] for answer in stale)
    assert old.summary["office"]["status"] == "reconciled"


@pytest.mark.feature(8, 78)
def test_only_the_teller_who_holds_the_drawer_posts(house: House, tmp_path: Path) -> None:
    tellers = [one for one in house.people if one.role == "teller"]
    controller = next(one for one in house.people if one.role == "controller")
    said = {"act": "suspense", "amount": 500_000, "denominations": {"500000": 1}, "reason": "chưa rõ của ai"}
    done = [
        {"act": "open", "float": {"500000": 100}},
        {"act": "handover", "to": tellers[1].staff_id, "denominations": {"500000": 100}},
        said,
    ]  # fmt: skip
    file, answers = tmp_path / "acts.jsonl", tmp_path / "answers.jsonl"

    def play(one: demo.Person, *more: str, known: bool = False) -> list[dict[str, Any]]:
        """The acts that are left, as one person; `known`: everybody's passphrase is typed too."""
        file.write_text("".join(json.dumps(act) + "\n" for act in done), "utf-8")
        lines = [f"{by.staff_id} {by.pin}" + (f" {by.passphrase}" if known else "") for by in house.people]
        ended = desktop(
            "play", "--home", house.laptop, "--user", one.staff_id, "--script", file, "--answers", answers, *more,
            typed=[one.passphrase, *lines],
        )  # fmt: skip
        assert ended.out, ended.err
        return [json.loads(line) for line in answers.read_text("utf-8").splitlines()]

    assert [one.get("error") for one in play(tellers[0])] == [None, None, "session.not-holder"]
    # Killed after the hand-over was kept and before it was answered: it is answered now, not made again.
    answers.write_bytes(answers.read_bytes().splitlines(keepends=True)[0])
    resumed = play(tellers[0], "--resume")
    assert [one.get("voucher", one.get("error")) for one in resumed] == [1, 2, "session.not-holder"]
    done += [said, {**said, "amount": 1_000_000, "denominations": {"500000": 2}}]
    assert play(controller, "--resume")[3]["error"] == "session.not-teller"
    done.append({**said, "amount": 1_500_000, "denominations": {"500000": 3}})
    assert [one["ok"] for one in play(tellers[0], "--resume", known=True)][5:] == [True]
