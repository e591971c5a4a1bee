"""What a pack says of its day, of the day it makes up for, and of what the office sets for its sessions."""

import datetime
import unicodedata
from pathlib import Path

import pytest
from sqlmodel import select

from desktop.press import paper
from desktop.press.typeset import pages
from desktop.sheets.documents import DOCUMENTS, document
from desktop.sheets.entries import attachments, sheet_for
from desktop.sheets.occasion import Occasion
from desktop.words import Words, texts
from sync.errors import Refusal
from sync.office import home, intake, preparation, register, restoration, settings
from sync.office.settings import FormTooLong, FormUnknown, SettingBad, SettingsUnreadable, SettingUnknown
from sync.office.store import Book, CoreExport
from sync.records import changed
from sync.session import Session
from sync.terms import FORMS, Form, Parameters, Terms
from tests.desktop import full_morning, printed
from tests.desktop.test_paper import crossings
from tests.office.conftest import DAY, GROUP, POINT, Desk, counting, drawing, make_office, small_export
from tests.office.laptop import MORNING, Laptop

VI = Words("vi")
MADE_UP_FOR = datetime.date(2024, 4, 13)


def terms_of_pack(desk: Desk, *, day: datetime.date = DAY, planned_on: datetime.date | None = None) -> Terms:
    made = preparation.prepare(
        desk.office, point_code=POINT, session_date=day, letter="A", again=True, planned_on=planned_on
    )
    return made.pack.terms


def load_again(desk: Desk, as_of: datetime.date | None) -> register.Kept:
    return register.keep(desk.office, export=small_export(), as_of=as_of)


def test_figures_are_of_the_day_they_were_loaded_unless_somebody_says(tmp_path: Path) -> None:
    # Ten minutes before and after midnight in Vietnam, which is still the day before in Greenwich.
    midnight = int(datetime.datetime(2024, 4, 15, tzinfo=home.VIETNAM).timestamp())
    days = {}
    for name, seconds in (("before", midnight - 600), ("after", midnight + 600)):
        office = make_office(tmp_path / name, now_s=counting(seconds))
        with office.store.reading() as db:
            days[name] = db.exec(select(CoreExport.as_of)).one()
        office.store.close()
    assert days == {"before": datetime.date(2024, 4, 14), "after": datetime.date(2024, 4, 15)}


@pytest.mark.feature(95)
def test_the_day_of_the_figures_reaches_the_laptop_in_its_pack(desk: Desk) -> None:
    laptop = desk.laptop()
    assert laptop.pack.terms.as_of == DAY
    said = load_again(desk, datetime.date(2024, 4, 12))
    assert (said.number, said.new, said.as_of) == (2, True, datetime.date(2024, 4, 12))
    assert terms_of_pack(desk).as_of == datetime.date(2024, 4, 12)


@pytest.mark.feature(137)
def test_the_class_of_a_household_and_its_day_reach_the_laptop_in_its_pack(desk: Desk) -> None:
    first, *others = small_export().customers
    first = changed(first, beneficiary="newly_escaped", beneficiary_since=datetime.date(2021, 4, 14))
    register.keep(desk.office, export=changed(small_export(), customers=(first, *others)), as_of=DAY)
    assert desk.laptop().pack.terms.customers == (first, *others)


def test_the_same_export_again_changes_its_day_only_where_another_is_said(desk: Desk) -> None:
    load_again(desk, datetime.date(2024, 4, 12))
    for as_of in (None, datetime.date(2024, 4, 12)):
        again = load_again(desk, as_of)
        assert (again.number, again.new, again.as_of) == (2, False, datetime.date(2024, 4, 12))
    assert load_again(desk, DAY).number == 3


@pytest.mark.feature(133)
def test_a_make_up_session_knows_the_day_it_makes_up_for_and_takes_its_float(desk: Desk) -> None:
    desk.laptop()
    plan = next(one for one in small_export().cash_plan if (one.point_code, one.session_date) == (POINT, DAY))
    wednesday = datetime.date(2024, 4, 17)
    assert terms_of_pack(desk, day=wednesday).parameters.float_planned == 0
    made = terms_of_pack(desk, day=wednesday, planned_on=DAY)
    assert (made.session_date, made.planned_on) == (wednesday, DAY)
    assert made.parameters.float_planned == plan.float_amount
    assert terms_of_pack(desk, planned_on=MADE_UP_FOR).parameters.float_planned == plan.float_amount
    assert terms_of_pack(desk, planned_on=DAY).planned_on is None


def test_the_day_made_up_for_comes_back_from_the_backup(desk: Desk) -> None:
    laptop = desk.laptop()
    made = preparation.prepare(
        desk.office, point_code=POINT, session_date=DAY, letter="A", again=True, planned_on=MADE_UP_FOR
    )
    laptop.take(made.sealed)
    laptop.open()
    intake.receive(desk.office, batch=laptop.batch())
    desk.office.store.close()
    for file in desk.folder.glob("office.db*"):
        file.unlink()
    office = home.enter(desk.folder, now_s=counting(MORNING + 86_400), draw=drawing("restored"))
    restoration.restore(office)
    with office.store.reading() as db:
        days = {row.book: row.planned_on for row in db.exec(select(Book))}
    assert days[laptop.pack.book] == MADE_UP_FOR
    assert list(days.values()).count(None) == 1
    office.store.close()


def test_a_pack_issued_again_before_the_session_begins_supersedes_the_first(desk: Desk) -> None:
    laptop = desk.laptop()
    first = laptop.pack
    load_again(desk, MADE_UP_FOR)
    desk.prepare(laptop, again=True)
    assert (first.issue, laptop.pack.issue) == (1, 2)
    assert (first.terms.as_of, laptop.pack.terms.as_of) == (DAY, MADE_UP_FOR)
    assert preparation.offered(desk.office, device=laptop.device) == (laptop.pack.pack,)
    with pytest.raises(preparation.PackMissing):
        preparation.fetch(desk.office, device=laptop.device, wanted=first.pack)
    other = Laptop(laptop.ticket.to_bytes())
    other.take(preparation.fetch(desk.office, device=laptop.device, wanted=None))
    assert other.pack == laptop.pack


# What the office sets for its sessions


def setting(desk: Desk, text: str) -> None:
    desk.office.session_settings.write_text(text, "utf-8")


def test_an_office_that_sets_nothing_has_the_defaults_and_one_that_sets_has_what_it_said(desk: Desk) -> None:
    laptop = desk.laptop()
    planned = laptop.pack.terms.parameters.float_planned
    assert laptop.pack.terms.parameters == Parameters(float_planned=planned)
    setting(
        desk,
        '[session]\nleader_from = 50_000_000\npack_days_max = 3\ntraining = true\n'
        "suggestion_step = 50_000\nfloat_planned = 7\n",
    )
    desk.prepare(laptop, again=True)
    assert laptop.pack.terms.parameters == Parameters(
        leader_from=50_000_000, pack_days_max=3, training=True, suggestion_step=50_000,
        float_planned=planned,
    )  # fmt: skip
    # A float the plan names stands before the one of the settings, which is for days without a plan.
    assert terms_of_pack(desk, day=datetime.date(2024, 4, 17)).parameters.float_planned == 7
    setting(desk, "")
    assert terms_of_pack(desk).parameters == Parameters(float_planned=planned)


@pytest.mark.parametrize(
    ("text", "refused", "named"),
    [
        ("[session]\nleader_form = 1", SettingUnknown, "leader_form"),
        ("leader_from = 1", SettingUnknown, "leader_from"),
        ("[sesion]\nleader_from = 1", SettingUnknown, "sesion"),
        ("session = 1", SettingBad, "session"),
        ("[session]\nleader_from = -1", SettingBad, "leader_from"),
        ("[session]\nleader_from = 1_000_000_000_000", SettingBad, "leader_from"),
        ('[session]\nleader_from = "200000000"', SettingBad, "leader_from"),
        ("[session]\nleader_from = 2e8", SettingBad, "leader_from"),
        ("[session]\nleader_from = true", SettingBad, "leader_from"),
        ("[session]\nleader_from = 99999999999999999999", SettingBad, "leader_from"),
        ("[session]\nleader_from = nan", SettingBad, "leader_from"),
        ("[session]\nleader_from = 2024-04-15", SettingBad, "leader_from"),
        ("[session]\ntraining = 1", SettingBad, "training"),
        ("[session]\nsuggestion_step = 0", SettingBad, "suggestion_step"),

        ("[session]\nleader_from = 1\nleader_from = 2", SettingsUnreadable, "settings.toml"),
        ("[session\n", SettingsUnreadable, "settings.toml"),
    ],
)
def test_a_setting_nobody_knows_or_that_cannot_be_makes_no_pack_and_is_named(
    desk: Desk, text: str, refused: type[Exception], named: str
) -> None:
    laptop = desk.laptop()
    setting(desk, text)
    with pytest.raises(refused) as caught:
        desk.prepare(laptop, again=True)
    assert isinstance(caught.value, SettingUnknown | SettingBad | SettingsUnreadable)
    for language in ("vi", "en"):
        assert named in caught.value.sentence(language)
    # Nothing was made: the pack the laptop has is still the one in force.
    assert preparation.offered(desk.office, device=laptop.device) == (laptop.pack.pack,)
    setting(desk, "[session]\n")
    desk.prepare(laptop, again=True)


def test_every_parameter_can_be_set_to_its_own_default(desk: Desk, tmp_path: Path) -> None:
    import json

    names = [name for name in Parameters.__struct_fields__ if name != "forms"]
    lines = [f"{name} = {json.dumps(getattr(Parameters(), name))}" for name in names]
    forms = [f'{one.document} = {{ number = "{one.number}", heading = "{one.heading}" }}' for one in Parameters().forms]
    path = tmp_path / "settings.toml"
    path.write_text("\n".join(("[session]", *lines, "[session.forms]", *forms)), "utf-8")
    assert settings.parameters(path) == Parameters()
    assert settings.parameters(tmp_path / "none.toml") == Parameters()
    assert changed(Parameters(), leader_from=0).leader_from == 0


# What the bank calls its papers


def forms(tmp_path: Path, text: str) -> Parameters:
    path = tmp_path / "settings.toml"
    path.write_text(f"[session.forms]\n{text}\n", "utf-8")
    return settings.parameters(path)


def test_a_form_is_set_by_its_number_or_by_number_and_heading_and_the_others_stay(desk: Desk) -> None:
    laptop = desk.laptop()
    setting(
        desk,
        '[session.forms]\ngroup_list = "13A/TD"\nclose = { heading = "BIÊN BẢN KHÓA SỔ" }\n'
        'receipt = { number = "01/BN", heading = "PHIẾU THU" }\ncount = ""\n',
    )
    desk.prepare(laptop, again=True)
    parameters = laptop.pack.terms.parameters
    assert parameters.form("group_list") == Form(document="group_list", number="13A/TD")
    # Its number was not said, so it keeps the one it has.
    assert parameters.form("close") == Form(document="close", number="KS/GD", heading="BIÊN BẢN KHÓA SỔ")
    assert parameters.form("receipt") == Form(document="receipt", number="01/BN", heading="PHIẾU THU")
    assert parameters.form("count").number == ""
    untouched = [one for one in FORMS if one.document not in ("group_list", "close", "count")]
    assert [parameters.form(one.document) for one in untouched] == untouched


def test_what_the_office_calls_a_paper_stands_on_it(desk: Desk) -> None:
    laptop = desk.laptop()
    setting(
        desk,
        '[session.forms]\nclose = { number = "09/KS", heading = "BIÊN BẢN KHÓA SỔ" }\nmembers = { heading = "PHIẾU THU" }\n'
        'disbursements = { number = "21/GN", heading = "BẢNG KÊ PHÁT TIỀN VAY" }\n',
    )
    desk.prepare(laptop, again=True)
    laptop.open()
    hand_in = laptop.hand_in(GROUP)
    laptop.close()
    [(_, members)] = attachments(hand_in, laptop.session, letter="A", words=VI)
    occasion = Occasion(laptop.session, VI, "A", MORNING)
    for sheets, said in (
        ([sheet_for(laptop.entries[-1], laptop.session, letter="A", copy=1, words=VI)], ("BIÊN BẢN KHÓA SỔ", "Mẫu 09/KS")),
        ([members], ("PHIẾU THU",)),
        (document("disbursements").write(occasion, ""), ("BẢNG KÊ PHÁT TIỀN VAY", "Mẫu 21/GN")),
    ):
        text = printed.text(paper.draw_many(sheets))
        assert all(part in text for part in said), text


def test_the_longest_heading_and_number_find_room_on_every_voucher() -> None:
    number, heading = "W" * settings.FORM_NUMBER_LETTERS_MAX, "WỆ MƯỜNG " * 10
    named = tuple(Form(document=one, number=number, heading=heading.strip()) for one in settings.documents())
    book = full_morning.morning()
    terms = changed(book.session.terms, parameters=changed(book.session.terms.parameters, forms=named))
    session = Session(terms)
    for sealed in book.found.values():
        session.apply(sealed.entry.body, maker=sealed.entry.maker)
    for sealed in book.found.values():
        sheets = [sheet_for(sealed, session, letter="A", copy=1, words=VI)]
        sheets += [one for _, one in attachments(sealed, session, letter="A", words=VI)]
        for sheet in sheets:
            assert [off for page in pages(sheet, measure=paper.measure()) for off in crossings(page)] == []
    assert len(heading.strip()) == settings.FORM_HEADING_LETTERS_MAX - 1


def test_a_heading_is_printed_with_whole_letters_on_one_line(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "DANH SÁCH  THU LÃI")
    assert forms(tmp_path, f'group_list = {{ heading = "{apart}" }}').form("group_list").heading == "DANH SÁCH THU LÃI"


def test_every_paper_of_the_laptop_can_be_given_a_number_and_nothing_else_can(tmp_path: Path) -> None:
    titles = {key.removeprefix("paper.title.") for key in texts("vi") if key.startswith("paper.title.")}
    assert {one.key for one in DOCUMENTS} <= titles
    assert titles | {one.document for one in FORMS} == set(settings.documents())
    text = "\n".join(f'{key} = "X/{place}"' for place, key in enumerate(settings.documents()))
    made = forms(tmp_path, text)
    assert [made.form(key).number for key in settings.documents()] == [f"X/{n}" for n in range(len(settings.documents()))]


@pytest.mark.parametrize(
    ("text", "refused", "named"),
    [
        ('gruop_list = "13/TD"', FormUnknown, "gruop_list"),
        ('gruop_list = "13/TD"', FormUnknown, "group_list, member_interest"),
        ("group_list = 13", SettingBad, "forms.group_list"),
        ("group_list = true", SettingBad, "forms.group_list"),
        ('group_list = ["13/TD"]', SettingBad, "forms.group_list"),
        ("group_list = { number = 13 }", SettingBad, "forms.group_list.number"),
        ('group_list = { nunber = "13/TD" }', SettingBad, "forms.group_list"),
        ('group_list = "13\\u0000TD"', SettingBad, "forms.group_list.number"),
        ('group_list = { heading = "A\\nB" }', SettingBad, "forms.group_list.heading"),
        (f'group_list = "{"1" * 25}"', FormTooLong, "forms.group_list.number"),
        (f'group_list = {{ heading = "{"A" * 91}" }}', FormTooLong, "forms.group_list.heading"),
    ],
)
def test_a_form_that_no_paper_has_or_no_paper_holds_is_refused_and_named(
    tmp_path: Path, text: str, refused: type[Refusal], named: str
) -> None:
    with pytest.raises(refused) as caught:
        forms(tmp_path, text)
    for language in ("vi", "en"):
        assert named in caught.value.sentence(language)
    assert forms(tmp_path, f'group_list = {{ number = "{"1" * 24}", heading = "{"A" * 90}" }}').forms
    path = tmp_path / "settings.toml"
    path.write_text('[session]\nforms = "13/TD"\n', "utf-8")
    with pytest.raises(SettingBad):
        settings.parameters(path)
