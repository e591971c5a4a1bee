"""What a pack says of its day, of the day it makes up for, and of what the office sets for its sessions."""

import datetime
from pathlib import Path

import pytest
from sqlmodel import select

from sync.office import home, intake, preparation, register, restoration, settings
from sync.office.settings import SettingBad, SettingsUnreadable, SettingUnknown
from sync.office.store import Book, CoreExport
from sync.records import changed
from sync.terms import Parameters, Terms
from tests.office.conftest import DAY, POINT, Desk, counting, drawing, make_office, small_export
from tests.office.laptop import MORNING, Laptop

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

    lines = [f"{name} = {json.dumps(getattr(Parameters(), name))}" for name in Parameters.__struct_fields__]
    path = tmp_path / "settings.toml"
    path.write_text("[session]\n" + "\n".join(lines), "utf-8")
    assert settings.parameters(path) == Parameters()
    assert settings.parameters(tmp_path / "none.toml") == Parameters()
    assert changed(Parameters(), leader_from=0).leader_from == 0
