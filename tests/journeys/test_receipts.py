"""The page that checks receipts with no network, opened from a file in a real browser as on somebody's telephone."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sync import keys
from sync.chain import Stub, stub_of
from sync.money import figures, in_words
from sync.office import devices, intake, receipt_page
from sync.office.receipts import RULINGS, verify_receipt
from sync.office.store import Book
from sync.receipt import NotReceipt, ReceiptTorn, base45, compare, from_base45, read_receipt, receipt_text
from sync.records import changed
from sync.unsigned import is_unsigned, read_unsigned, unsigned_text
from tests.office.conftest import GROUP, Desk, make_office
from tests.office.laptop import Laptop

CHROMIUM = Path("/usr/bin/chromium")
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
PHONE = {"width": 390, "height": 844}


class Day(NamedTuple):
    """An office with three laptops after a morning, the page it made then, and a receipt for each verdict."""

    desk: Desk
    page: Path
    texts: dict[str, str]
    laptop: Laptop
    other: Laptop
    lost: Laptop
    made_kb: int


def text_of(laptop: Laptop, number: int) -> str:
    one = laptop.entries[number - 1]
    return receipt_text(stub_of(one.entry, one.head), one.signature)


def stub(laptop: Laptop, number: int) -> Stub:
    one = laptop.entries[number - 1]
    return stub_of(one.entry, one.head)


def signed(laptop: Laptop, said: Stub) -> str:
    return receipt_text(said, keys.sign(laptop.seed, "entry/1", said.to_bytes()))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("office")
    desk = Desk(make_office(folder / "home"), folder)
    laptop, other, lost = desk.laptop("A"), desk.laptop("B", seed=2), desk.laptop("C", seed=3)
    for one in (laptop, other, lost):
        one.open()
        one.deposit(50_000)
    laptop.hand_in(GROUP)
    laptop.deposit(70_000, place=1)
    laptop.reverse(4)
    member = laptop.session.members(GROUP)[0].customer_code
    laptop.post(laptop.session.plan_correct(3, customer_code=member, reason="ghi nhầm người"))
    for _ in range(30):
        laptop.deposit(60_000, place=2)
    for one in (laptop, lost):
        intake.receive(desk.office, batch=one.batch())
    lost.deposit(90_000)
    devices.revoke(desk.office, letter="C")
    laptop.deposit(80_000)
    laptop.deposit(80_000)
    # One fell to the floor: its key was gone for one deposit.
    dropped = desk.laptop("D", seed=4)
    dropped.open()
    dropped.post(dropped.session.plan_outage(device=True, staff="", reason="máy rơi"))
    dropped.deposit(50_000)
    dropped.post(dropped.session.plan_recover(device=True, staff="", head=dropped.head))
    intake.receive(desk.office, batch=dropped.batch())
    made = receipt_page.receipt_page(desk.office, days=30)
    page = folder / "kiem-tra-bien-lai.html"
    page.write_bytes(made)
    true = stub(laptop, 2)
    old = true.business_date.replace(month=1)
    texts = {
        "genuine": text_of(laptop, 2),
        "corrected": text_of(laptop, 3),
        "reversed": text_of(laptop, 4),
        "not-received": text_of(laptop, 37),
        "other-history": signed(laptop, changed(true, amount=5_000_000)),
        "no-session": signed(laptop, changed(true, number=60, business_date=true.business_date.replace(day=14))),
        "revoked": text_of(lost, 3),
        "altered": receipt_text(changed(true, amount=5_000_000), laptop.entries[1].signature),
        "unknown-laptop": receipt_text(changed(true, book=bytes(16)), laptop.entries[1].signature),
        "training": "TẬP HUẤN",
        "before-page": signed(laptop, changed(true, book=true.book[:8] + bytes(8), business_date=old)),
        "after-page": signed(laptop, changed(true, book=true.book[:8] + bytes(8))),
        "outage": unsigned_text(stub(dropped, 3)),
        "outage-waiting": unsigned_text(changed(stub(dropped, 3), number=9)),
        "forged": unsigned_text(stub(dropped, 1)),
        "torn": text_of(laptop, 2)[:-3],
        "stranger": "một chữ khác",
    }
    yield Day(desk, page, texts, laptop, other, lost, len(made) // 1024)
    desk.office.store.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no browser on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )  # fmt: skip
        yield chromium
        chromium.close()


def opened(browser: Browser, day: Day, *, before: str = "", **how: Any) -> tuple[BrowserContext, Page, list[str]]:
    """The page from its file, offline; what the console said and what was asked of any network."""
    context = browser.new_context(viewport=PHONE, offline=True, **how)
    page = context.new_page()
    page.set_default_timeout(15_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(("file:", "blob:")) else said.append(request.url))
    if before:
        page.add_init_script(before)
    page.goto(day.page.as_uri())
    page.locator("#made").filter(has_text=re.compile(r"\d")).wait_for()
    return context, page, said


@pytest.fixture(scope="module")
def phone(browser: Browser, day: Day) -> Iterator[Page]:
    context, page, said = opened(browser, day)
    yield page
    context.close()
    assert said == []


def judged(page: Page, text: str, *, second: str = "") -> str:
    """The verdict that stands on the page after a text was put in."""
    page.locator("#clear").click()
    if second:
        page.locator("#more").evaluate("one => { one.open = true }")
        page.locator("#second").fill(second)
    page.locator("#first").fill(text)
    shown = page.locator("#answer .verdict")
    shown.wait_for()
    page.wait_for_function("text => document.getElementById('first').value === text && document.querySelector('#answer .verdict')", arg=text)
    return shown.get_attribute("data-verdict") or ""


@pytest.mark.feature(55)
@pytest.mark.parametrize("verdict", [*RULINGS, *(name for name in receipt_page.PAGE_RULINGS if name != "no-check")])
def test_a_phone_with_no_network_says_each_verdict_in_both_languages(phone: Page, day: Day, verdict: str) -> None:
    assert judged(phone, day.texts[verdict]) == verdict
    ruling = {**RULINGS, **receipt_page.PAGE_RULINGS}[verdict]  # type: ignore[dict-item]
    by = {"reversed": "5", "corrected": "6"}.get(verdict, "")
    said = phone.inner_text("#answer")
    assert ruling.vi.format(by=by, on="15/04/2024") in said
    phone.locator("#language").click()
    assert ruling.en.format(by=by, on="15/04/2024") in phone.inner_text("#answer")
    phone.locator("#language").click()
    if ruling.ours:
        text = day.texts[verdict]
        stub_said = read_unsigned(text) if is_unsigned(text) else read_receipt(text)[0]
        for fact in (f"{figures(abs(stub_said.amount))} đ", in_words(abs(stub_said.amount)), f"{stub_said.number} ·"):
            assert fact in said
    else:
        assert "đ\n" not in said, "what nobody signed is not shown to be believed"
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_number_on_the_page_is_the_one_on_the_paper(phone: Page, day: Day) -> None:
    judged(phone, day.texts["genuine"])
    said = phone.inner_text("#answer")
    assert "TXN0480701-20240415-A-000002" in said
    digest = day.laptop.entries[1].head.hex().upper()
    assert f"2 · {digest[:4]} {digest[4:8]}" in said


def test_a_receipt_of_a_revoked_laptop_that_is_in_the_books_stands_with_a_word_about_it(phone: Page, day: Day) -> None:
    assert judged(phone, text_of(day.lost, 2)) == "genuine"
    assert "Máy này đã bị thu hồi ngày 15/04/2024" in phone.inner_text("#answer")


def test_two_receipts_are_held_against_each_other(phone: Page, day: Day) -> None:
    assert judged(phone, day.texts["genuine"], second=text_of(day.laptop, 5)) == "genuine"
    between = phone.inner_text("#both")
    cash_in = sum(one.entry.body.cash for one in day.laptop.entries[2:4])
    assert f"Giữa hai biên lai có 2 bút toán, tiền mặt thu {figures(cash_in)} đ, chi 0 đ" in between
    judged(phone, day.texts["genuine"], second=day.texts["other-history"])
    assert phone.locator("#both [data-relation=clash]").count() == 1
    assert "hai bút toán khác nhau" in phone.inner_text("#both")
    judged(phone, day.texts["genuine"], second=day.texts["altered"])
    assert "Chưa so được" in phone.inner_text("#both")


def mutations(day: Day, count: int) -> Iterator[str]:
    """Receipts as they are, receipts tampered with by anybody, and what only a stolen key could make."""
    chance = random.Random(20240415)
    laptops = (day.laptop, day.other)
    for _ in range(count):
        laptop = chance.choice(laptops)
        number = chance.randrange(1, len(laptop.entries) + 1)
        true, text = stub(laptop, number), text_of(laptop, number)
        at = chance.randrange(5, len(text))
        raw = bytearray(from_base45(text[5:]))
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        other = changed(true, **chance.choice((
            {"amount": chance.randrange(-(10**12) + 1, 10**12)}, {"number": chance.choice((0, 1, 200, 2**32, 2**63 - 1))},
            {"cash_in": chance.randrange(10**9)}, {"cash_out": chance.randrange(10**9)}, {"digest": chance.randbytes(32)},
            {"prev8": chance.randbytes(chance.choice((8, 8, 3)))}, {"book": true.book[:8] + chance.randbytes(8)},
            {"business_date": true.business_date.replace(day=chance.randrange(1, 31), month=chance.choice((1, 4, 5)))},
        )))  # fmt: skip
        yield chance.choice((
            text, text, text + "\r\n", " " + text, text + " ",
            text[:at] + chance.choice(ALPHABET) + text[at + 1 :], text[:at] + text[at + 1 :], text[:at],
            "DGD1:" + base45(bytes(raw)), "DGD1:" + base45(chance.randbytes(chance.randrange(150))),
            receipt_text(other, laptop.entries[number - 1].signature), signed(laptop, other), signed(laptop, other),
            unsigned_text(true), unsigned_text(other), unsigned_text(true)[:at],
        ))  # fmt: skip


def by_the_office(day: Day, text: str) -> str:
    """The verdict of the office itself, in the words of a page that keeps 30 days and was made on the day."""
    try:
        answer = verify_receipt(day.desk.office, text=text)
    except ReceiptTorn:
        return "torn"
    except NotReceipt:
        return "stranger"
    made = day.laptop.pack.terms.session_date
    with day.desk.office.store.reading() as db:
        prepared = answer.stub is not None and db.get(Book, answer.stub.book) is not None
    if answer.verdict in ("no-session", "forged") and answer.stub and not prepared:
        if answer.stub.business_date < made.replace(month=3, day=16):
            return "before-page" if answer.verdict == "no-session" else "outage-waiting"
        if answer.stub.business_date >= made:
            return "after-page" if answer.verdict == "no-session" else "outage-waiting"
    return answer.verdict


JUDGE = "texts => Promise.all(texts.map(async text => { const one = await judge(directory, text, true); return [one.verdict, one.number, one.undoneBy, one.stub && String(one.stub.number)]; }))"


@pytest.mark.feature(55)
def test_the_page_and_the_office_agree_on_hundreds_of_true_and_untrue_receipts(phone: Page, day: Day) -> None:
    strange = ("", " ", "\ufeff" + day.texts["genuine"], "DGD1:é", "DGD1:", "DGD1O:", "DGD1O:%%%", "dgd1:ab", "DGD1:" + "0" * 400)
    texts = [*day.texts.values(), *strange, *mutations(day, 600)]
    found = phone.evaluate(JUDGE, texts)
    wanted = [by_the_office(day, text) for text in texts]
    differing = [(text, ours, theirs) for text, ours, theirs in zip(texts, wanted, found, strict=True) if ours != theirs[0]]
    assert differing == []
    assert len(set(wanted)) >= 12, "every kind of answer was tried"
    for text, (_, number, undone, place) in zip(texts, found, strict=True):
        answer = verify_receipt(day.desk.office, text=text) if number else None
        if answer and answer.believed and answer.stub:
            assert (answer.number, list(answer.undone_by), str(answer.stub.number)) == (number, undone, place)
    control = phone.evaluate(JUDGE.replace("directory, text", "{...directory, laptops: []}, text"), texts[:1])
    assert control[0][0] == "unknown-laptop", "a page without keys is seen to differ"


def test_the_page_and_the_office_read_two_receipts_alike(phone: Page, day: Day) -> None:
    chance = random.Random(7)
    readable = []
    for text in mutations(day, 500):
        try:
            readable.append((text, read_receipt(text)[0]))
        except NotReceipt:
            continue
    pairs = [(chance.choice(readable), chance.choice(readable)) for _ in range(400)]
    script = """pairs => pairs.map(([one, other]) => { const c = compare(readReceipt(one).stub, readReceipt(other).stub);
        return [c.relation, String(c.earlier.number), String(c.later.number), String(c.between), c.cashIn, c.cashOut, c.contradictions]; })"""
    found = phone.evaluate(script, [[one[0], other[0]] for one, other in pairs])
    wanted = []
    for (_, one), (_, other) in pairs:
        made = compare(one, other)
        wanted.append([made.relation, str(made.earlier.number), str(made.later.number), str(made.between), made.cash_in,
                       made.cash_out, list(made.contradictions)])  # fmt: skip
    assert found == wanted
    assert {one[0] for one in wanted} == {"same", "next", "apart", "other-book", "clash"}


def test_amounts_are_written_and_read_out_as_on_paper(phone: Page) -> None:
    chance = random.Random(3)
    amounts = [0, 1, -1, 15, 105, 1_015, 10**9, 999_999_999_999, *(chance.randrange(10 ** chance.randrange(1, 13)) for _ in range(500))]
    amounts += [-one for one in amounts]
    found = phone.evaluate("all => all.map(one => [figures(one), inWords(one)])", amounts)
    assert found == [[figures(one), in_words(one)] for one in amounts]


def test_a_browser_that_cannot_check_signatures_says_so_and_believes_nothing(browser: Browser, day: Day) -> None:
    for before in (
        "Object.defineProperty(globalThis, 'crypto', {value: {}})",
        "SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'))",
        "SubtleCrypto.prototype.verify = () => Promise.resolve(true)",
    ):
        context, page, said = opened(browser, day, before=before)
        assert "không kiểm được chữ ký số" in page.inner_text("#unable")
        for text in (day.texts["genuine"], day.texts["altered"]):
            assert judged(page, text) == "no-check"
            assert "đừng tin" in page.inner_text("#answer")
        context.close()
        assert said == []


DETECTOR = """globalThis.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect() { return globalThis.seen.map(rawValue => ({rawValue})); }
}; globalThis.createImageBitmap = async () => ({});"""


def test_a_picture_fills_the_fields_where_the_browser_reads_codes(browser: Browser, day: Day, phone: Page) -> None:
    assert phone.locator("#photo").is_hidden(), "this browser reads none, so none is offered"
    context, page, said = opened(browser, day, before=DETECTOR)
    picture = {"name": "anh.jpg", "mimeType": "image/jpeg", "buffer": b"x"}
    page.evaluate("globalThis.seen = []")
    page.set_input_files("#picture", [picture])  # type: ignore[list-item]
    page.get_by_text("Không đọc được mã trong ảnh").wait_for()
    page.evaluate("texts => { globalThis.seen = texts }", ["một mã khác", day.texts["genuine"], text_of(day.laptop, 5)])
    page.set_input_files("#picture", [picture])  # type: ignore[list-item]
    page.locator("#both [data-relation=apart]").wait_for()
    assert page.locator("#answer [data-verdict=genuine]").count() == 1
    context.close()
    assert said == []


def test_the_office_knows_its_page_and_any_change_of_it(day: Day) -> None:
    office, made = day.desk.office, day.page.read_bytes()
    receipt_page.check(office, page=made, name="trang.html")
    for altered in (
        made.replace(b'"letter":"A"', b'"letter":"B"', 1), made[:-1], made + b" ", b"", made.replace(b"<main>", b"<main> ", 1),
        made.rpartition(b"<!-- ")[0],
    ):  # fmt: skip
        with pytest.raises(receipt_page.PageAltered):
            receipt_page.check(office, page=altered, name="trang.html")


def test_the_page_holds_no_name_and_nothing_from_elsewhere(day: Day) -> None:
    said = day.page.read_text("utf-8")
    names = {one.full_name for one in day.laptop.pack.terms.customers} | {one.full_name for one in day.laptop.pack.terms.team}
    assert [name for name in names if name in said] == []
    assert "default-src 'none'" in said
    assert not re.search(r'src=|@import|fetch\(|XMLHttpRequest|href="(?!data:)', said)
    assert said.count("http") == said.count("http://www.w3.org/2000/svg") + said.count("http-equiv")
    assert day.made_kb < 64
