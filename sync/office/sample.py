"""A made-up export of a real-sized office, for training, demonstrations and tests.

Communes and hamlets have real names; people are made by putting together common family, middle and
given names of several peoples, and every number that could reach a person (phone, ID) begins with
digits that are issued to nobody. The same seed and day give the same files.

The first point holds every edge the program must stand: see `_EDGES` and the calls beside it.
"""

import csv
import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

from sync.office.columns import COLUMNS

# Points of one transaction office in Cần Giuộc as merged in July 2025; the first is the one to train on.
_POINTS: Final = (
    ("TXN0480701", "Đông Thạnh", "480701", 20),
    ("TXN0480702", "Long Hậu", "480701", 5),
    ("TXN0480703", "Phước Vĩnh Tây", "480702", 4),
)
_HAMLETS: Final = ("Ấp Bắc", "Ấp Trung", "Ấp Đông", "Ấp Nam", "Ấp Tây")
_ORGANISATIONS: Final = (
    ("11", "Hội Nông dân"), ("12", "Hội Liên hiệp Phụ nữ"), ("13", "Hội Cựu chiến binh"), ("14", "Đoàn Thanh niên"),
)  # fmt: skip
# Rates as published for each programme: % a year, from a day on.
_PROGRAMMES: Final = (
    ("01", "HN", "Cho vay hộ nghèo", "6.6", "2019-03-01"),
    ("19", "HCN", "Cho vay hộ cận nghèo", "7.92", "2019-03-01"),
    ("09", "HMTN", "Cho vay hộ mới thoát nghèo", "8.25", "2019-03-01"),
    ("02", "HSSV", "Cho vay học sinh, sinh viên", "6.6", "2019-03-01"),
    ("03", "GQVL", "Cho vay hỗ trợ tạo việc làm", "7.92", "2019-03-01"),
    ("03", "GQVL", "Cho vay hỗ trợ tạo việc làm", "8.382", "2026-01-01"),
    ("06", "NSVSMT", "Cho vay nước sạch và vệ sinh môi trường nông thôn", "9.0", "2014-01-01"),
    ("12", "NOXH", "Cho vay nhà ở xã hội", "4.8", "2018-01-01"),
    ("12", "NOXH", "Cho vay nhà ở xã hội", "6.6", "2024-08-01"),
    ("12", "NOXH", "Cho vay nhà ở xã hội", "5.4", "2025-10-10"),
    ("25", "DTTS", "Cho vay đồng bào dân tộc thiểu số và miền núi", "3.3", "2022-04-26"),
)
_RATES: Final = {"01": "6.6", "19": "7.92", "09": "8.25", "02": "6.6", "06": "9.0", "25": "3.3"}
_SAVINGS: Final = (
    ("105", "Tiền gửi tổ viên", "member", "", "0.5", "", "1000", "2020-01-01"),
    ("401", "Tiết kiệm không kỳ hạn", "demand", "", "0.5", "", "50000", "2024-01-01"),
    ("402", "Tiết kiệm có kỳ hạn trả lãi cuối kỳ", "term", "6", "3.96", "0.2", "1000000", "2024-01-01"),
    ("402", "Tiết kiệm có kỳ hạn trả lãi cuối kỳ", "term", "12", "5.36", "0.2", "1000000", "2024-01-01"),
    ("402", "Tiết kiệm có kỳ hạn trả lãi cuối kỳ", "term", "24", "5.67", "0.2", "1000000", "2024-01-01"),
    ("464", "Tiết kiệm tích lũy trả lãi cuối kỳ", "term", "12", "4.9", "0.2", "100000", "2024-01-01"),
)
_STAFF: Final = (
    ("004807-11", "Đặng Thị Hạnh", "leader"), ("004807-12", "Bế Văn Sơn", "leader"),
    ("004807-21", "Phạm Văn Dũng", "controller"), ("004807-22", "Nông Thị Hương", "controller"),
    ("004807-31", "Lê Minh Tuấn", "teller"), ("004807-32", "Quách Thị Hoa", "teller"),
    ("004807-33", "Võ Thị Thủy", "teller"),
)  # fmt: skip

_FAMILIES: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi")
_GIVEN: Final = {
    "F": ("Lan", "Hoa", "Hương", "Thủy", "Hạnh", "Phượng", "Ngọc", "Mai"),
    "M": ("Hùng", "Sơn", "Tuấn", "Dũng", "Minh", "Phúc", "Phước", "Lợi"),
}
# People -> how often in a thousand, and the names a family goes by there.
_PEOPLES: Final[Mapping[str, tuple[int, Sequence[str]]]] = {
    "Kinh": (880, _FAMILIES),
    "Tày": (20, ("Nông", "Lục", "Bế", "Đàm")),
    "Thái": (20, ("Lò", "Cà", "Quàng", "Vi")),
    "Mường": (20, ("Quách", "Đinh")),
    "Hmông": (10, ("Giàng", "Sùng", "Thào", "Vàng")),
    "Ê Đê": (10, ("Niê", "Mlô", "Êban")),
    "Gia Rai": (10, ("Rơ Châm", "Rmah", "Siu")),
    "Khmer": (30, ("Thạch", "Danh")),
}
_PURPOSES: Final = ("Chăn nuôi bò", "Trồng rau màu", "Buôn bán nhỏ", "Mua máy cày", "Công trình nước sạch")
_LONG_NAME: Final = "Nguyễn Hoàng Phương Thảo Nguyên Công Tằng Tôn"

Rows = dict[str, list[dict[str, str]]]


class _Office:
    """The export as it grows; every row is written once, by code order."""

    def __init__(self, random: Random, session_date: datetime.date) -> None:
        self.random = random
        self.day = session_date
        self.rows: Rows = {name: [] for name in COLUMNS}
        self.customers = 0
        self.loans = 0
        self.slips = 0

    def add(self, file: str, *values: object) -> dict[str, str]:
        """A row in the order of the file's columns."""
        row = {c: "" if v is None else str(v) for c, v in zip(COLUMNS[file], values, strict=True)}
        self.rows[file].append(row)
        return row

    def before(self, least_days: int, most_days: int) -> datetime.date:
        return self.day - datetime.timedelta(days=self.random.randint(least_days, most_days))

    def after(self, least_days: int, most_days: int) -> datetime.date:
        return self.day + datetime.timedelta(days=self.random.randint(least_days, most_days))

    def number(self, prefix: str, digits: int) -> str:
        return prefix + "".join(str(self.random.randrange(10)) for _ in range(digits))


def _name(random: Random, people: str, gender: str) -> str:
    family = random.choice(_PEOPLES[people][1])
    given = random.choice(_GIVEN[gender])
    match people:
        case "Ê Đê":
            first = "H'" if gender == "F" else "Y "
            return f"{first}{random.choice(('Bia', 'Ơi', 'Nuê', 'Loan'))} {family}"
        case "Gia Rai":
            first = "H'" if gender == "F" else ""
            return f"{family} {first}{random.choice(('Ŭt', 'Blĕč', 'Mai', 'Ŏnh'))}"
        case "Hmông":
            return f"{family} {'Thị' if gender == 'F' else 'A'} {given}"
        case _:
            return f"{family} {'Thị' if gender == 'F' else 'Văn'} {given}"


def _customer(
    office: _Office, hamlet: Mapping[str, str], group_code: str, address: str, **fixed: str
) -> dict[str, str]:
    random = office.random
    office.customers += 1
    people = random.choices(list(_PEOPLES), [share for share, _ in _PEOPLES.values()])[0]
    gender = random.choice("FFM")
    born = office.before(22 * 365, 74 * 365)
    found: dict[str, str] = {
        "customer_code": f"4807{office.customers:06d}",
        "full_name": _name(random, people, gender),
        "birth_date": str(born.year) if random.random() < 0.05 else born.isoformat(),
        "gender": gender,
        "ethnicity": people,
        "id_number": office.number("000", 9),
        "id_expires_on": office.after(200, 7_000).isoformat(),
        "phone": "" if random.random() < 0.1 else office.number("0000", 6),
        "address": address,
        "hamlet_code": hamlet["hamlet_code"],
        "group_code": group_code,
        "beneficiary": random.choice(("poor", "near_poor", "near_poor", "newly_escaped", "other")),
    }
    return office.add("customers", *{**found, **fixed}.values())


def _loan(office: _Office, customer: Mapping[str, str], **fixed: object) -> dict[str, str]:
    random = office.random
    office.loans += 1
    programme = random.choice(("01", "19", "19", "09", "02", "06", "25", "12"))
    since = max(office.before(60, 1_500), datetime.date(2022, 4, 26))
    # Water and sanitation: at most 25 million for each of two works.
    amount = random.randrange(10, 51 if programme == "06" else 101, 5) * 1_000_000
    paid_to = max(since, office.before(27, 33))
    found: dict[str, object] = {
        "loan_code": f"6600480700{office.loans:06d}",
        "customer_code": customer["customer_code"],
        "group_code": customer["group_code"],
        "programme_code": programme,
        "fund_source": random.choice((1, 1, 1, 2)),
        "annual_rate": _RATES.get(programme),
        "disbursed_on": since,
        "due_on": since + datetime.timedelta(days=random.choice((1_096, 1_826, 3_652))),
        "next_instalment_on": office.after(0, 180),
        "next_instalment_amount": amount // 10,
        "balance_in_term": amount,
        "balance_overdue": 0,
        "overdue_since": None,
        "balance_frozen": 0,
        "interest_paid_to": paid_to,
        "interest_arrears": 0,
        "overdue_interest_arrears": 0,
        "last_transaction_on": paid_to,
    }
    return office.add("loans", *{**found, **fixed}.values())


def _member_deposit(office: _Office, customer: Mapping[str, str], *, prefix: str = "105", balance: int) -> None:
    opened = office.before(100, 2_000)
    office.add("deposits", prefix + customer["customer_code"], customer["customer_code"], "105", "member",
               balance, "0.5", None, opened, None, None)  # fmt: skip


def _savings(office: _Office, customer: Mapping[str, str]) -> None:
    months, rate = office.random.choice(((6, "3.96"), (12, "5.36"), (24, "5.67")))
    opened = max(office.before(10, months * 30), datetime.date(2024, 1, 1))
    matures = opened + datetime.timedelta(days=months * 365 // 12)
    office.add("deposits", "402" + customer["customer_code"], customer["customer_code"], "402", "term",
               office.random.randrange(1, 60) * 1_000_000, rate, "0.2", opened, matures,
               office.number("AA", 6))  # fmt: skip


# Loans a point must have at least once, given to members of its first group in this order.
def _edges(office: _Office) -> Sequence[tuple[str, Mapping[str, object]]]:
    day = office.day
    some_days_ago = day - datetime.timedelta(days=45)
    return (
        ("frozen", {"balance_in_term": 0, "balance_frozen": 50_000_000}),
        ("overdue", {"balance_in_term": 0, "balance_overdue": 10_000_000, "overdue_since": some_days_ago,
                     "due_on": some_days_ago, "interest_paid_to": some_days_ago, "next_instalment_on": None,
                     "next_instalment_amount": None}),
        ("overdue in arrears", {"balance_overdue": 8_000_000, "overdue_since": some_days_ago,
                                "interest_arrears": 132_411, "overdue_interest_arrears": 88_151}),
        ("one đồng of arrears", {"interest_arrears": 1}),
        ("payoff to the đồng", {"balance_in_term": 1_234_567, "due_on": day, "next_instalment_on": day,
                                "next_instalment_amount": 1_234_567}),
        ("two rates in one period", {"programme_code": "12", "annual_rate": None,
                                     "interest_paid_to": day - datetime.timedelta(days=250),
                                     "disbursed_on": day - datetime.timedelta(days=400)}),
    )  # fmt: skip


def _group(office: _Office, number: int, hamlet: Mapping[str, str], address: str, *, first: bool) -> None:
    random = office.random
    code = f"807{number:04d}"
    edges = list(_edges(office)) if first else []
    members: list[dict[str, str]] = []
    for place in range(random.randint(37, 46)):
        # Two leaders of one point bear one name: records are joined by code and by nothing else.
        fixed = {"full_name": "Nguyễn Thị Lan", "gender": "F", "ethnicity": "Kinh"} if place == 0 and number < 3 else {}
        if first and place == 2:
            fixed = {"full_name": _LONG_NAME, "gender": "F", "ethnicity": "Kinh"}
        if first and place == 3:
            fixed = {"birth_date": "1948"}
        if first and place == 4:
            fixed = {"id_expires_on": (office.day - datetime.timedelta(days=40)).isoformat()}
        if first and place == 5:
            fixed = {"full_name": "H'Bia Niê", "gender": "F", "ethnicity": "Ê Đê"}
        members.append(_customer(office, hamlet, code, address, **fixed))
    for place, member in enumerate(members):
        two = (first and place == 1) or random.random() < 0.25
        if not (first and place == 6):
            _loan(office, member, **(edges[place - 7][1] if 7 <= place < 7 + len(edges) else {}))
            if two:
                _loan(office, member)
        _member_deposit(office, member, balance=random.choice((0, 50_000, 150_000, 350_000, 1_204_500)))
        if first and place == 1:
            _member_deposit(office, member, prefix="106", balance=72_000)
        if random.random() < 0.05:
            _savings(office, member)
    office.add("groups", code, f"Tổ {number:03d}", hamlet["hamlet_code"], random.choice(_ORGANISATIONS)[0],
               members[0]["customer_code"], members[1]["customer_code"],
               "" if first else office.number("0000", 6), 50_000, random.choice(("good", "good", "fair")))  # fmt: skip


def _residents(office: _Office, hamlets: Sequence[Mapping[str, str]], address: str) -> None:
    """People who save at the point and are in no group."""
    for hamlet in hamlets:
        for _ in range(office.random.randint(2, 5)):
            _savings(office, _customer(office, hamlet, "0000000", address, beneficiary="other"))


def _slips(office: _Office, point_code: str, groups: Sequence[Mapping[str, str]]) -> None:
    random, day = office.random, office.day
    month = f"{day:%m%y}"

    def number(kind: str) -> str:
        office.slips += 1
        return f"{kind}-{month}-{office.slips:04d}"

    members = [c for c in office.rows["customers"] if c["group_code"] in {g["group_code"] for g in groups}]
    for place, customer in enumerate(random.sample(members, 14)):
        office.loans += 1
        programme = random.choice(("01", "19", "09", "06"))
        # The first slip of a point has run out the day before: it must be refused at the table.
        until = day - datetime.timedelta(days=1) if place == 0 else day + datetime.timedelta(days=30)
        office.add("disbursements", number("GN"), f"6600480700{office.loans:06d}", customer["customer_code"],
                   programme, random.choice((1, 2)), _RATES[programme],
                   25_000_000 if programme == "06" else random.randrange(20, 101, 10) * 1_000_000,
                   f"{random.randint(100, 999)}/QĐ-NHCS", random.choice(_PURPOSES),
                   day.replace(year=day.year + 5, day=min(day.day, 28)),
                   day - datetime.timedelta(days=5), until)  # fmt: skip
    for group in groups:
        office.add("payouts", number("HH"), "commission", None, group["group_code"], None, point_code,
                   random.randint(600_000, 2_400_000))  # fmt: skip
    for org_code, _ in _ORGANISATIONS:
        office.add("payouts", number("PU"), "entrustment_fee", None, None, org_code, point_code,
                   random.randint(300_000, 3_400_000))  # fmt: skip
    office.add("payouts", number("TH"), "remuneration", _name(random, "Kinh", "M"), None, None, point_code, 450_000)


def sample(*, session_date: datetime.date, random: Random) -> Rows:
    """The rows of every file, for sessions on this day and the two after it."""
    office = _Office(random, session_date)
    for code, name, rate_name, rate, since in _PROGRAMMES:
        office.add("programmes", code, name, rate_name, rate, 130, since)
    for product in _SAVINGS:
        office.add("savings_products", *product)
    for one in _STAFF:
        office.add("staff", *one, office.number("0000", 6))
    for organisation in _ORGANISATIONS:
        office.add("organisations", *organisation)
    made = 0
    for place, (point_code, name, commune, group_count) in enumerate(_POINTS):
        day = session_date + datetime.timedelta(days=place)
        office.add("points", point_code, f"Điểm giao dịch {name}", commune, f"Xã {name}",
                   f"Trụ sở UBND xã {name} (cũ)", "004807", "Phòng giao dịch Cần Giuộc", "0000 000 000",
                   # The last point's session is moved off its day.
                   (day - datetime.timedelta(days=place // 2)).day, "08:00", "11:30")  # fmt: skip
        office.add("cash_plan", point_code, day, 650_000_000)
        hamlets = [
            office.add("hamlets", f"{point_code[4:]}{number:02d}", hamlet, point_code)
            for number, hamlet in enumerate(_HAMLETS, start=1)
        ]
        for number in range(made + 1, made + group_count + 1):
            hamlet = hamlets[number % len(hamlets)]
            _group(office, number, hamlet, f"{hamlet['hamlet_name']}, xã {name}", first=number == made + 1)
        _residents(office, hamlets, f"xã {name}")
        _slips(office, point_code, office.rows["groups"][made : made + group_count])
        made += group_count
    return office.rows


def write(folder: Path, *, rows: Rows) -> None:
    """The rows as the core system would export them, one CSV file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in COLUMNS.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(columns), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[name])
