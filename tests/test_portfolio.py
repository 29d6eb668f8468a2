"""A portfolio adds up what a person lists, says what is not known, and is theirs alone."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from PIL import Image
from pydantic import ValidationError

from groundwork.curriculum import load_curriculum
from groundwork.endorsement import ABOUT
from groundwork.errors import AnswerError, ContentErrors
from groundwork.facts import Facts, load_facts
from groundwork.items import Form
from groundwork.portal.portfolio_forms import minutes_of
from groundwork.portfolio import (
    COPY_FIELDS,
    Meeting,
    Part,
    Plan,
    Portfolio,
    Training,
    as_csv,
    by_area,
    copy_lines,
    gap,
    years_of_work,
)
from groundwork.portfolio_entries import TrainingEntry, read_proof
from groundwork.portfolio_pdf import Appended, portfolio_pdf
from groundwork.settings import Settings
from small_portal import MODULE, complete_module, portal
from small_portfolio import FACTS, WORKSHOP, settings_in

TODAY = date(2026, 11, 25)
PDF = b"%PDF-1.4\n"


@pytest.fixture(scope="module")
def facts() -> Facts:
    return load_facts(FACTS)


@pytest.fixture
def settings(tmp_path: Path, log_url: str) -> Settings:
    return settings_in(tmp_path, database_url=log_url)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """One portal for all that leaves nothing behind."""
    with portal(settings_in(tmp_path_factory.mktemp("still"))) as client:
        yield client


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    with portal(settings) as client:
        yield client


def training(**changes: Any) -> Training:
    given: dict[str, Any] = {
        "id": "a",
        "origin": "elsewhere",
        "title": "Attuned conversations",
        "starts": date(2026, 2, 3),
        "ends": date(2026, 2, 4),
        "minutes": 360,
        "trainer": "R. Okafor",
        "sponsor": "Lakeside",
        "areas": {"tf-attachment": 240},
    }
    return Training(**given | changes)


def meeting(**changes: Any) -> Meeting:
    given: dict[str, Any] = {
        "id": "m",
        "met_on": date(2026, 3, 3),
        "minutes": 90,
        "provider": "Dana Whitfield",
        "qualification": "IMHM-C",
        "form": "group",
        "about_own": False,
        "note": "",
        "version": 1,
    }
    return Meeting(**given | changes)


def work(starts: date, ends: date | None = None, **changes: Any) -> Part:
    given: dict[str, Any] = {
        "id": "w",
        "kind": "work",
        "title": "Home visitor",
        "done": True,
        "note": "",
    }
    return Part(**given | {"starts": starts, "ends": ends, "version": 1} | changes)


def put_file(client: httpx.Client, entry_id: str, data: bytes, name: str = "x.pdf") -> Any:
    return client.post(f"api/portfolio/trainings/{entry_id}/file", files={"file": (name, data)})


def add(client: httpx.Client, **changes: Any) -> str:
    answer = client.post("api/portfolio/trainings", json=WORKSHOP | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def one_page() -> bytes:
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(made)
    return made.getvalue()


# What associations ask


def test_every_kind_of_requirement_is_said_somewhere(facts: Facts) -> None:
    assert {one.requirement for one in facts.endorsement.requirements} == set(ABOUT)


def test_a_requirement_is_a_dated_fact_with_its_place(facts: Facts) -> None:
    fact = facts.facts["endorsement.ct-ifs-training"]

    assert fact.where == "Connecticut (CT-AIMH)"
    assert fact.source.startswith("https://ct-aimh.org/")


def test_an_overdue_requirement_is_named_with_its_line(facts: Facts) -> None:
    found = [str(one) for one in facts.overdue(date(2030, 1, 1)) if "tx-renewal-due" in str(one)]

    assert len(found) == 1
    assert "endorsement.yml:" in found[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("association: texas", "association: utah", "names the association 'utah'"),
        ("categories: [ifs]", "categories: [level-2]", "names the category 'level-2'"),
        ("id: ct-ifs-training", "id: ct-ifs-supervision", "stands twice"),
        ("requirement: exam", "requirement: quiz", "requirement"),
        ('day: "2027-12-31"', 'day: "someday"', "day"),
        ("  - id: tx-renewal-proof", "  - id: who-decides", "stands twice"),
    ],
)
def test_rules_that_do_not_fit_are_named_with_their_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    shutil.copytree(FACTS, tmp_path / "facts")
    path = tmp_path / "facts" / "endorsement.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ContentErrors, match=rf"endorsement\.yml:\d+: .*{message}"):
        load_facts(tmp_path / "facts")


# The gap


def test_numbers_are_compared_and_what_nobody_knows_is_unknown(facts: Facts) -> None:
    held = Portfolio(
        plan=Plan(association="connecticut", category="ifs"),
        trainings=[training(minutes=33 * 60)],
        supervision=[meeting()],
    )

    found = gap(held, facts.endorsement, today=TODAY)

    assert found is not None
    states = {one.kind: one.state for one in found.first}
    assert states["training"] == "enough"
    assert states["supervision"] == "short"
    assert states["education"] == "read"
    assert states["references"] == "unknown"
    assert next(one.missing for one in found.first if one.kind == "supervision") == 22.5
    assert {one.state for one in found.renewal} == {"unknown"}


def test_without_a_choice_there_is_nothing_to_compare_with(facts: Facts) -> None:
    held = Portfolio(plan=Plan(association="connecticut"), trainings=[training()])

    assert gap(held, facts.endorsement, today=TODAY) is None


def test_a_renewal_counts_only_its_own_cycle(facts: Facts) -> None:
    before = training(starts=date(2024, 12, 31), ends=date(2024, 12, 31), minutes=600)
    within = training(starts=date(2024, 12, 30), ends=date(2025, 1, 1), minutes=120)
    held = Portfolio(plan=Plan(association="florida", category="ifs"), trainings=[before, within])

    found = gap(held, facts.endorsement, today=TODAY)

    assert found is not None
    assert found.cycle is not None
    assert (found.cycle.starts, found.cycle.due) == (date(2025, 1, 1), date(2027, 12, 31))
    have = {one.kind: one.have for one in found.renewal}
    assert have["renewal-training"] == 2
    assert {one.state for one in found.renewal if one.kind.endswith("on-supervision")} == {
        "only_if"
    }


def test_after_the_day_it_is_due_the_next_cycle_has_begun(facts: Facts) -> None:
    held = Portfolio(plan=Plan(association="florida", category="ifs"))

    found = gap(held, facts.endorsement, today=date(2031, 5, 1))

    assert found is not None
    assert found.cycle is not None
    assert (found.cycle.starts, found.cycle.due) == (date(2031, 1, 1), date(2033, 12, 31))


def test_years_of_work_count_a_day_once() -> None:
    jobs = [
        work(date(2022, 1, 1), date(2023, 12, 31)),
        work(date(2023, 7, 1), date(2023, 9, 30)),
        work(date(2025, 11, 26)),
    ]

    assert years_of_work(jobs, today=TODAY) == pytest.approx(3, abs=0.01)


# Entries


def test_each_minute_counts_for_one_area_only() -> None:
    with pytest.raises(ValidationError, match=r"This is 7 hours, but the training has 6"):
        TrainingEntry.model_validate(WORKSHOP | {"areas": {"tf-attachment": 400, "x": 20}})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x\0y"}, "title"),
        ({"starts": "soon"}, "starts"),
        ({"starts": "2099-01-01", "ends": "2099-01-02"}, "starts"),
        ({"ends": "2026-01-01"}, "ends"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1.5}, "minutes"),
        ({"minutes": True}, "minutes"),
        ({"equity_minutes": 361}, "equity_minutes"),
        ({"areas": {"nowhere": 10}}, "areas"),
        ({"note": "x" * 4001}, "note"),
        ({"approved": True}, "approved"),
    ],
)
def test_an_entry_that_does_not_fit_is_named_and_not_kept(
    still: httpx.Client, changes: dict[str, Any], field: str
) -> None:
    answer = still.post("api/portfolio/trainings", json=WORKSHOP | changes)

    assert answer.status_code == 422
    assert field in answer.json()["detail"][0]["loc"]
    assert still.get("api/portfolio").json()["trainings"] == []


def test_the_same_new_entry_sent_twice_is_one(client: httpx.Client) -> None:
    sent = WORKSHOP | {"id": "from-my-phone"}

    first = client.post("api/portfolio/trainings", json=sent)
    again = client.post("api/portfolio/trainings", json=sent)

    assert (first.status_code, again.status_code) == (201, 200)
    assert len(client.get("api/portfolio").json()["trainings"]) == 1


def test_a_page_that_is_behind_hears_of_it_and_overwrites_nothing(client: httpx.Client) -> None:
    entry = add(client)
    newer = WORKSHOP | {"title": "Newer", "version": 1}
    assert client.put(f"api/portfolio/trainings/{entry}", json=newer).json()["version"] == 2

    behind = client.put(
        f"api/portfolio/trainings/{entry}", json=WORKSHOP | {"title": "Older", "version": 1}
    )
    gone = client.delete(f"api/portfolio/trainings/{entry}", params={"version": 1})

    assert (behind.status_code, gone.status_code) == (409, 409)
    assert "another window" in behind.json()["detail"]
    assert client.get("api/portfolio").json()["trainings"][0]["title"] == "Newer"


def test_supervision_parts_and_the_choice_are_kept_changed_and_removed(
    client: httpx.Client,
) -> None:
    met = {"met_on": "2026-03-03", "minutes": 90, "provider": "Dana Whitfield", "form": "group"}
    entry = client.post("api/portfolio/supervision", json=met).json()["id"]
    client.post("api/portfolio/parts", json={"kind": "reference", "title": "Ana", "done": True})
    client.put("api/portfolio/plan", json={"association": "texas", "category": "ifs"})

    told = client.get("api/portfolio").json()
    assert told["totals"]["supervision"] == 90
    assert [part["title"] for part in told["parts"]] == ["Ana"]
    assert told["gap"]["cycle"]["due"] == "2027-12-31"

    client.delete(f"api/portfolio/supervision/{entry}", params={"version": 1})
    assert client.get("api/portfolio").json()["supervision"] == []


def test_an_association_that_is_not_listed_cannot_be_chosen(still: httpx.Client) -> None:
    answer = still.put("api/portfolio/plan", json={"association": "atlantis"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "association"]


def test_looking_at_a_portfolio_writes_nothing(client: httpx.Client, settings: Settings) -> None:
    for path in ("portfolio", "portfolio/copy", "api/portfolio", "portfolio/trainings/new"):
        assert client.get(path).status_code == 200

    assert client.get("portfolio/everything.zip").status_code == 404


def test_a_module_with_a_record_is_a_training_of_its_own(
    client: httpx.Client, settings: Settings
) -> None:
    form_b: Form = load_curriculum(settings).quizzes[MODULE].form("B")
    complete_module(client, form_b)
    record = client.post("api/records", json={"module": MODULE}).json()

    told = client.get("api/portfolio").json()

    (own,) = told["trainings"]
    assert (own["origin"], own["id"]) == ("groundwork", record["id"])
    assert sum(own["areas"].values()) == own["minutes"] == told["totals"]["groundwork"]
    assert "Self-paced" in own["trainer"]
    assert record["id"] in told["copy"][0]["comment"]


# Files


@pytest.mark.parametrize(
    ("name", "data", "kept"),
    [
        ("My certificate.PDF", PDF, "My certificate.pdf"),
        ("../../etc/passwd", b"\xff\xd8\xff\xe0", "passwd.jpg"),
        ('a"b\r\n<c>.png', b"\x89PNG\r\n\x1a\n", "a_b___c_.png"),
        ("", PDF, "certificate.pdf"),
    ],
)
def test_a_file_is_known_by_its_bytes_and_named_safely(name: str, data: bytes, kept: str) -> None:
    assert read_proof(name, data).name == kept


@pytest.mark.parametrize("data", [b"<svg/>", b"MZ\x90", b"PK\x03\x04", b" %PDF-1.4", b""])
def test_a_file_of_another_kind_is_refused(data: bytes) -> None:
    with pytest.raises(AnswerError, match="PDF, a JPG or a PNG"):
        read_proof("certificate.pdf", data)


def test_a_file_goes_with_its_training(client: httpx.Client) -> None:
    entry = add(client)
    assert put_file(client, entry, PDF, "proof.pdf").status_code == 201

    answer = client.get(f"portfolio/trainings/{entry}/file")
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")

    client.delete(f"api/portfolio/trainings/{entry}", params={"version": 1})
    assert client.get(f"portfolio/trainings/{entry}/file").status_code == 404


def test_a_file_that_is_too_large_is_refused(client: httpx.Client) -> None:
    entry = add(client)

    large = put_file(client, entry, PDF + b"0" * (5 * 1024 * 1024))
    larger = put_file(client, entry, PDF + b"0" * (7 * 1024 * 1024))

    assert (large.status_code, larger.status_code) == (422, 413)


# Forms


def form(client: httpx.Client, path: str, data: dict[str, str], **more: Any) -> httpx.Response:
    return client.post(path, data=data, headers={"accept": "text/html"}, **more)


def test_a_training_can_be_written_in_without_a_script(client: httpx.Client) -> None:
    typed = {
        "title": "Attuned conversations",
        "starts": "2026-02-03",
        "ends": "",
        "hours": "1:30",
        "area-1": "tf-attachment",
        "area_hours-1": "1",
        "area-3": "tf-development",
        "area_hours-3": "0,5",
        "version": "0",
    }

    saved = form(client, "portfolio/trainings/abc", typed, files={"file": ("c.pdf", PDF)})

    assert saved.status_code == 303
    (kept,) = client.get("api/portfolio").json()["trainings"]
    assert (kept["minutes"], kept["ends"]) == (90, "2026-02-03")
    assert kept["areas"] == {"tf-attachment": 60, "tf-development": 30}
    assert kept["file"]["name"] == "c.pdf"
    assert 'value="1.5"' in client.get("portfolio/trainings/abc").text


def test_a_form_that_does_not_fit_comes_back_with_what_was_typed(still: httpx.Client) -> None:
    typed = {"title": "Kept <b>title</b>", "starts": "2026-02-03", "hours": "six", "version": "0"}

    answer = form(still, "portfolio/trainings/abc", typed)

    assert answer.status_code == 422
    assert "Kept &lt;b&gt;title&lt;/b&gt;" in answer.text
    assert "Write hours as a number" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_form_that_is_behind_shows_both(client: httpx.Client) -> None:
    entry = add(client)
    client.put(f"api/portfolio/trainings/{entry}", json=WORKSHOP | {"title": "Newer", "version": 1})

    behind = {"title": "Mine", "starts": "2026-02-03", "hours": "6", "version": "1"}
    answer = form(client, f"portfolio/trainings/{entry}", behind)

    assert answer.status_code == 409
    assert "Newer" in answer.text
    assert 'value="Mine"' in answer.text
    assert 'name="version" value="2"' in answer.text


def test_another_site_can_write_nothing_into_a_portfolio(still: httpx.Client) -> None:
    answer = still.post(
        "portfolio/trainings/abc",
        data={"title": "Bad", "starts": "2026-02-03", "hours": "6"},
        headers={"Origin": "https://elsewhere.example"},
    )

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("text", "minutes"), [("6", 360), ("1.5", 90), ("1,5 h", 90), ("1:30", 90), ("0.33", 20)]
)
def test_hours_are_read_as_people_type_them(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("text", ["", "six", "-1", "1:75", "1e3", "NaN", "1.5.2"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Write hours"):
        minutes_of(text)


# Out and in


def test_hours_by_area_keep_here_and_elsewhere_apart(facts: Facts) -> None:
    held = Portfolio(
        trainings=[training(), training(origin="groundwork", areas={"tf-attachment": 30})]
    )

    (area,) = [one for one in by_area(held, facts) if one.minutes]

    assert (area.groundwork, area.elsewhere) == (30, 240)


def test_the_copy_sheet_has_one_line_a_training_in_the_order_of_the_form(facts: Facts) -> None:
    held = Portfolio(trainings=[training(title="Second"), training(title="First")])

    lines = copy_lines(held, facts)

    assert [line["title"] for line in lines] == ["First", "Second"]
    assert [list(line) for line in lines] == [[name for name, _ in COPY_FIELDS]] * 2
    assert lines[0]["dates"] == "02/03/2026 to 02/04/2026"
    assert lines[0]["areas"] == "Attachment, separation, trauma, grief and loss (4 h)"


def test_no_cell_of_the_table_is_a_formula(facts: Facts) -> None:
    held = Portfolio(trainings=[training(title="=HYPERLINK(1)", sponsor="+1")])

    text = as_csv(held, facts).decode("utf-8-sig")

    assert "'=HYPERLINK(1)" in text
    assert ",'+1," in text


def test_a_portfolio_goes_to_another_portal_and_counts_once_there(
    client: httpx.Client, settings: Settings, tmp_path: Path
) -> None:
    add(client)
    client.post("api/portfolio/parts", json={"kind": "work", "title": "Home visitor"})
    whole = client.get("portfolio/portfolio.json").json()
    progress = client.get("api/export").json()
    whole["portfolio"]["trainings"].append({"id": "bad", "title": "No day"})

    elsewhere = replace(settings, database_url=f"sqlite:///{tmp_path / 'elsewhere.db'}")
    with portal(elsewhere) as other:
        first = other.post("api/portfolio/bring", json=whole).json()
        again = other.post("api/portfolio/bring", json=progress).json()
        page = other.post("portfolio/bring", files={"file": ("p.json", json.dumps(whole))})
        kept = other.get("api/portfolio").json()

    assert (first["added"], first["known"]) == (2, 0)
    assert "training 2, starts" in first["refused"][0]
    assert (again["added"], again["known"]) == (0, 2)
    assert "0 new, 2 were here already" in page.text
    assert len(kept["trainings"]) == 1


@pytest.mark.parametrize("data", [b"", b"no json", b"[]", b'{"format": "other"}', b"\xff\xfe\x00"])
def test_a_file_that_holds_no_portfolio_is_refused_in_one_sentence(
    still: httpx.Client, data: bytes
) -> None:
    answer = still.post("portfolio/bring", files={"file": ("p.json", data)})

    assert answer.status_code == 422
    assert 'id="e-bring"' in answer.text


def test_the_pdf_holds_certificates_and_files_and_names_what_it_leaves_out(facts: Facts) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(picture, "PNG")
    held = Portfolio(name="Ada Lovelace", trainings=[training()], supervision=[meeting()])
    kept = [
        Appended("Issued", "groundwork-1.pdf", "application/pdf", True, one_page()),
        Appended("Photo", "p.png", "image/png", False, picture.getvalue()),
        Appended("Broken", "b.pdf", "application/pdf", False, PDF + b"nonsense"),
    ]

    made = portfolio_pdf(held, facts, kept, today=TODAY)

    with pikepdf.open(io.BytesIO(made)) as pdf:
        assert len(pdf.pages) == 2 + 2
        attached = pdf.attachments["groundwork-1.pdf"].get_file().read_bytes()
    assert attached == kept[0].data


def _pages(data: bytes) -> int:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return len(pdf.pages)


def test_the_portal_gives_the_pdf_the_table_and_the_page(client: httpx.Client) -> None:
    entry = add(client)
    put_file(client, entry, one_page())

    pdf = client.get("portfolio/portfolio.pdf")

    assert pdf.headers["content-type"] == "application/pdf"
    assert _pages(pdf.content) >= 3
    assert "Attuned conversations" in client.get("portfolio/trainings.csv").text
    assert "Your association decides." in client.get("portfolio").text
    assert "Attuned conversations" in client.get("portfolio/copy").text
