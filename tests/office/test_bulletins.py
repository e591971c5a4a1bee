"""What the office writes once is in every pack made for its points from then on, until its day or its withdrawal."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as some
from playwright.sync_api import Page
from sqlalchemy import create_engine, text
from sqlmodel import select

from desktop.press import paper
from desktop.sheets.documents import document
from desktop.sheets.occasion import Occasion
from desktop.words import Words
from sync.errors import Refusal
from sync.office import bulletins, devices, preparation
from sync.office import store as office_store
from sync.office.bulletins import (
    BulletinEmpty,
    BulletinNumberBad,
    BulletinNumberTaken,
    BulletinOver,
    BulletinTitleTooLong,
    BulletinTooLong,
    BulletinUnknown,
    BulletinUnreadable,
    BulletinUntitled,
    BulletinWordTooLong,
    TooManyBulletins,
    paragraphs,
    text_of,
)
from sync.office.home import Office
from sync.office.register import PointUnknown
from sync.office.store import AckRow, Store
from sync.records import TEXT_LETTERS_MAX
from sync.terms import Bulletin
from tests.desktop import printed
from tests.office.conftest import DAY, POINT, Desk, make_office, whole_export
from tests.office.laptop import MORNING, Laptop
from tests.office.test_commands import run
from tests.office.test_pages import nothing_cut_off, officer_in, sign_in, token

OTHER_POINT = "TXN0480702"


@pytest.fixture
def desk_of_both(database: str, tmp_path: Path) -> Iterator[Desk]:
    """An office with two points, on either database, and a laptop enrolled."""
    office = make_office(tmp_path / "office", database=database, export=whole_export())
    yield Desk(office, tmp_path / "office")
    office.store.close()


def issue(office: Office, title: str = "Lãi suất mới", **other: object) -> Bulletin:
    usual: dict[str, object] = {
        "text": "Áp dụng từ ngày 01/5.", "points": (), "until": None, "number": "", "issued_on": None, "who": "lan",
    }  # fmt: skip
    return bulletins.write(office, title=title, **(usual | other))  # type: ignore[arg-type]


def carried(desk: Desk, *, point: str = POINT, day: datetime.date = DAY) -> list[str]:
    """The numbers that a pack made now has."""
    made = preparation.prepare(desk.office, point_code=point, session_date=day, letter="A", again=True)
    return [one.bulletin_no for one in made.pack.terms.bulletins]


def test_a_pack_carries_what_is_in_force_for_its_point_and_day_the_newest_first(desk_of_both: Desk) -> None:
    desk = desk_of_both
    laptop = desk.laptop()
    assert laptop.pack.terms.bulletins == ()
    made = issue(desk.office)
    issue(desk.office, "Chỉ một điểm", number="15/TB-NHCS", points=[OTHER_POINT])
    issue(desk.office, "Đến hết ngày 16", until=datetime.date(2024, 4, 16))
    issue(desk.office, "Cũ hơn", issued_on=datetime.date(2024, 4, 1))
    assert carried(desk) == ["02/2024", "01/2024", "03/2024"]
    assert carried(desk, point=OTHER_POINT) == ["02/2024", "15/TB-NHCS", "01/2024", "03/2024"]
    assert carried(desk, day=datetime.date(2024, 4, 17)) == ["01/2024", "03/2024"]
    assert bulletins.withdraw(desk.office, number="01/2024", who="lan")
    assert carried(desk) == ["02/2024", "03/2024"]
    # The pack that was given out stays as it is, and what it carries is what was written.
    assert made == Bulletin(
        bulletin_no="01/2024", issued_on=DAY, title="Lãi suất mới", paragraphs=("Áp dụng từ ngày 01/5.",)
    )
    assert not bulletins.withdraw(desk.office, number="01/2024", who="minh")
    with pytest.raises(BulletinUnknown):
        bulletins.withdraw(desk.office, number="77", who="lan")
    first = next(one for one in bulletins.listed(desk.office) if one.bulletin.bulletin_no == "01/2024")
    assert (first.written_by, first.withdrawn_by, first.in_force) == ("lan", "lan", False)


def test_the_laptop_opens_its_pack_and_reads_the_bulletins(desk: Desk) -> None:
    laptop = desk.laptop()
    issue(desk.office, text="Đoạn một.\n\nĐoạn hai: H'Bia Niê, 200.000.000 đ.")
    desk.prepare(laptop, again=True)
    [got] = laptop.pack.terms.bulletins
    assert got.paragraphs == ("Đoạn một.", "Đoạn hai: H'Bia Niê, 200.000.000 đ.")


def test_a_number_is_given_once_also_after_it_was_withdrawn(desk_of_both: Desk) -> None:
    office = desk_of_both.office
    issue(office, number="02/2024")
    bulletins.withdraw(office, number="02/2024", who="lan")
    with pytest.raises(BulletinNumberTaken):
        issue(office, number="02/2024")
    assert [issue(office).bulletin_no, issue(office).bulletin_no] == ["01/2024", "03/2024"]


def test_a_board_holds_so_many_and_one_more_is_refused_until_another_goes(desk_of_both: Desk) -> None:
    office = desk_of_both.office
    for _ in range(bulletins.IN_FORCE_MAX - 1):
        issue(office, points=[POINT])
    issue(office)
    for points in ([POINT], []):
        with pytest.raises(TooManyBulletins) as caught:
            issue(office, points=points)
        assert POINT in caught.value.sentence()
    issue(office, points=[OTHER_POINT])
    bulletins.withdraw(office, number="01/2024", who="lan")
    issue(office, points=[POINT])


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"title": " \n "}, BulletinUntitled),
        ({"title": "x" * 151}, BulletinTitleTooLong),
        ({"text": " \n\n "}, BulletinEmpty),
        ({"text": "từ " * 2_001}, BulletinTooLong),
        ({"text": "x" * 401}, BulletinWordTooLong),
        ({"text": "a\0b"}, BulletinUnreadable),
        ({"text": "a\x1bb"}, BulletinUnreadable),
        ({"number": "15 TB"}, BulletinNumberBad),
        ({"number": "15,TB"}, BulletinNumberBad),
        ({"number": "1" * 41}, BulletinNumberBad),
        ({"points": ["TXN0999999"]}, PointUnknown),
        ({"until": datetime.date(2024, 4, 14)}, BulletinOver),
        ({"until": datetime.date(2024, 5, 1), "issued_on": datetime.date(2024, 5, 2)}, BulletinOver),
    ],
)
def test_what_cannot_be_issued_is_refused_in_words_and_nothing_is_kept(
    desk: Desk, asked: dict[str, object], refused: type[Refusal]
) -> None:
    with pytest.raises(refused) as caught:
        issue(desk.office, **asked)  # type: ignore[arg-type]
    assert caught.value.sentence("vi") != caught.value.sentence("en")
    assert bulletins.listed(desk.office) == ()
    issue(desk.office, "x" * 150, text="từ " * 2_000, until=DAY)


# A text as people write it


def test_a_text_with_blank_lines_is_cut_at_them_and_one_without_at_every_line() -> None:
    assert paragraphs("Một dòng\nbị xuống hàng.\n\nĐoạn hai.\n") == ("Một dòng bị xuống hàng.", "Đoạn hai.")
    assert paragraphs("Đoạn một.\r\nĐoạn hai.\r\n") == ("Đoạn một.", "Đoạn hai.")
    assert paragraphs("Đoạn\u00a0một\u2028Đoạn\u00ad hai") == ("Đoạn một", "Đoạn hai")


def test_the_marks_of_markdown_are_no_words() -> None:
    said = paragraphs("# Mức vay\n\nTối đa **200 triệu** đồng,\nkhông thế chấp:\n- hộ nghèo\n- hộ cận\n  nghèo\n1. một\n")
    assert said == ("Mức vay", "Tối đa 200 triệu đồng, không thế chấp:", "- hộ nghèo", "- hộ cận nghèo", "1. một")


def test_a_long_paragraph_goes_on_in_the_next_after_a_whole_sentence() -> None:
    sentence = "Hộ vay trả nợ đúng hạn được xét vay tiếp. "
    first, second = paragraphs(sentence * 15)
    assert first.endswith("vay tiếp.")
    assert len(first) <= TEXT_LETTERS_MAX < len(first) + len(sentence)
    assert f"{first} {second}" == (sentence * 15).strip()


@given(some.text(some.sampled_from("aáơ .;:\n\t-*#đ1"), max_size=1_500))
def test_no_word_is_lost_and_no_paragraph_is_longer_than_a_record_takes(said: str) -> None:
    try:
        found = paragraphs(said)
    except Refusal:
        return
    assert all(0 < len(one) <= TEXT_LETTERS_MAX for one in found)
    words = "".join(letter for letter in said if letter in "aáơđ1")
    assert "".join(letter for one in found for letter in one if letter in "aáơđ1") == words


def test_a_file_that_is_no_text_is_refused() -> None:
    assert text_of("\ufeffLãi suất".encode()) == "Lãi suất"
    for raw in (b"%PDF-1.7\n\xff\xfe", "Lãi".encode("utf-16"), "Lãi".encode("cp1258", "replace") + b"\xe3"):
        with pytest.raises(BulletinUnreadable):
            text_of(raw)
    with pytest.raises(BulletinTooLong):
        text_of(b"a" * (bulletins.FILE_BYTES_MAX + 1))


# The command line, the tables


def test_an_officer_issues_lists_and_withdraws_on_the_command_line(desk: Desk, tmp_path: Path) -> None:
    file, home = tmp_path / "moi.md", ("--home", desk.folder)
    file.write_text("# Nâng mức vay\n\nTối đa **200 triệu** đồng.\n", "utf-8")
    said = run("bulletin", "add", file, "--title", "Mức vay mới", "--points", POINT, "--until", "2099-12-31", *home)
    assert "2 đoạn" in said
    listed = run("bulletin", "list", *home)
    for part in ("→ 31/12/2099", "còn hiệu lực", POINT, "Mức vay mới"):
        assert part in listed
    number = listed.split(" | ")[0]
    assert "Không có thông báo số 9" in run("bulletin", "withdraw", "9", *home, ok=False)
    assert "Đã thu hồi" in run("bulletin", "withdraw", number, *home)
    assert "đã thu hồi từ trước" in run("bulletin", "withdraw", number, *home)
    assert "đã thu hồi" in run("bulletin", "list", *home)
    assert "TXN0999999" in run("bulletin", "add", file, "--title", "x", "--points", "TXN0999999", *home, ok=False)
    file.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in run("bulletin", "add", file, "--title", "x", *home, ok=False)


@pytest.mark.feature(140)
def test_what_the_office_issues_comes_out_on_paper_at_the_point_and_what_it_withdraws_does_not(
    desk: Desk, tmp_path: Path
) -> None:
    laptop = Laptop(devices.invite(desk.office, letter="A"))
    devices.enrol(desk.office, answer=laptop.answer())
    home = ("--home", desk.folder)
    for name, title, said in (
        ("moi", "Nâng mức cho vay nước sạch", "Từ ngày 02/9, mức vay tối đa là 25.000.000 đồng.\n\nLãi suất 9,0 %/năm.\n"),
        ("nham", "Thông báo phát nhầm", "Không có hiệu lực.\n"),
    ):
        (tmp_path / name).write_text(said, "utf-8")
        run("bulletin", "add", tmp_path / name, "--title", title, "--number", name, "--date", "2024-04-12", *home)
    run("bulletin", "withdraw", "nham", *home)
    pack = tmp_path / "pack.dgd"
    run("prepare", "--point", POINT, "--date", DAY.isoformat(), "--device", "A", "--out", pack, *home)
    # A pack made now runs out a week after the day it was made.
    laptop.take(pack.read_bytes())
    occasion = Occasion(laptop.session, Words("vi"), "A", MORNING)
    [page] = printed.pages_text(paper.draw_many(document("bulletin").write(occasion, "")))
    said = " ".join(page.split())
    for part in ("Nâng mức cho vay nước sạch", "Từ ngày 02/9, mức vay tối đa là 25.000.000 đồng.", "Lãi suất 9,0 %/năm.",
                 "moi", "12/04/2024"):  # fmt: skip
        assert part in said
    assert "phát nhầm" not in said


def test_an_office_from_before_there_were_bulletins_keeps_what_it_has(database: str, tmp_path: Path) -> None:
    url = database or f"sqlite:///{tmp_path / 'office.db'}"
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    config = Config()
    config.set_main_option("script_location", str(Path(office_store.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        connection.execute(text("INSERT INTO ack (book, ack_no, raw) VALUES (:b, 1, :b)"), {"b": b"signed"})
    engine.dispose()
    store = Store(url)
    store.migrate()
    with store.reading() as db:
        assert [one.raw for one in db.exec(select(AckRow))] == [b"signed"]
        assert bulletins.in_force(db, point_code=POINT, day=DAY) == ()
    store.close()


# The page


def test_an_officer_writes_a_bulletin_sees_it_and_withdraws_it(desk: Desk, browser: tuple[Page, str]) -> None:
    page, address = browser
    laptop = desk.laptop()
    officer_in(page, address)
    page.get_by_role("link", name="Thông báo").click()
    assert "Chưa có thông báo nào" in page.inner_text("main")
    long = "Hộ vay trả nợ đúng hạn được xét vay tiếp với mức cao hơn. " * 100
    page.get_by_label("Tiêu đề").fill("Nâng mức cho vay")
    page.get_by_label("Nội dung").fill(f"Từ ngày 01/5:\n\n{long}")
    page.get_by_label("Hết hiệu lực sau ngày").fill("31-12-2024")
    page.get_by_label("Điểm giao dịch xã Đông Thạnh").check()
    page.get_by_role("button", name="Phát thông báo").click()
    # The day cannot be read: everything else that was typed is still there.
    assert "“31-12-2024” không rõ" in page.inner_text("[role=alert]")
    assert page.get_by_label("Nội dung").input_value().startswith("Từ ngày 01/5:")
    assert page.get_by_label("Điểm giao dịch xã Đông Thạnh").is_checked()
    page.get_by_label("Hết hiệu lực sau ngày").fill("31/12/2024")
    page.get_by_role("button", name="Phát thông báo").click()
    page.get_by_text("còn hiệu lực", exact=True).wait_for()
    assert nothing_cut_off(page)
    article = page.inner_text("article")
    for said in ("Nâng mức cho vay", "Số 01/2024", "đến hết 31/12/2024", "Đông Thạnh", "vanphong"):
        assert said in article
    desk.prepare(laptop, again=True)
    [got] = laptop.pack.terms.bulletins
    assert " ".join(got.paragraphs) == f"Từ ngày 01/5: {long.strip()}"
    page.get_by_role("button", name="Thu hồi thông báo số 01/2024").click()
    page.get_by_text("đã thu hồi 15/04/2024").wait_for()
    desk.prepare(laptop, again=True)
    assert laptop.pack.terms.bulletins == ()


def test_a_bulletin_that_looks_like_a_page_is_shown_as_text_and_forms_need_their_token(
    desk: Desk, client: TestClient
) -> None:
    issue(desk.office, "<script>alert(1)</script>", text="<b>x</b>")
    sign_in(client)
    shown = client.get("/bulletins").text
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script" not in shown
    for path in ("/bulletins", "/bulletins/withdraw"):
        assert client.post(path, data={"token": "x", "title": "a", "text": "b", "number": "01/2024"}).status_code == 422
    refused = client.post("/bulletins/withdraw", data={"token": token(client), "number": "9"})
    assert "Không có thông báo số 9" in refused.text
    assert client.post("/bulletins", data={"token": token(client), "title": "a", "text": "b" * 90_000}).status_code == 413
    assert [one.in_force for one in bulletins.listed(desk.office)] == [True]
