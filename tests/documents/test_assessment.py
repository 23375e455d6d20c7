"""The template of the impact assessment: who sees what, as the code has it."""

from pathlib import Path

from matcher.pages.frame import PAGES
from matcher.placement.public import PUBLIC_COLUMNS
from matcher.services.permissions import RULES

TEMPLATE = Path(__file__).resolve().parents[2] / "docs" / "templates" / "impact-assessment.zh.md"
OF_PEOPLE = {"expert": "姓名", "institution": "派出单位", "expert_title": "职称", "research_fields": "研究方向"}


def seen_by() -> dict[str, str]:
    """Give whom the table names, by what is seen."""
    lines = TEMPLATE.read_text(encoding="utf-8").partition("谁能看到")[2].partition("\n分析员：")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.count("|") == 5]
    return {row[0]: row[3] for row in cells if not row[0].startswith("---")}


def test_what_the_public_reads_of_a_person_is_what_is_published() -> None:
    assert set(OF_PEOPLE) == {name for name in PUBLIC_COLUMNS if name in OF_PEOPLE or name.startswith("expert")}
    public = [what for what, whom in seen_by().items() if "公众" in whom]
    assert public == ["、".join(OF_PEOPLE.values())]


def test_analysts_have_no_page_of_people_and_no_row_names_them() -> None:
    assert {"experts", "needs"} & {name for names in PAGES["analyst"].values() for name in names} == set()
    assert [what for what, whom in seen_by().items() if "分析员" in whom] == []
    # What the note below the table says of calls that no page makes.
    assert all("analyst" in RULES[name].roles for name in ("forms.forms", "preferences.all_preferences"))


def test_the_age_of_an_expert_is_for_the_office_and_the_expert_alone() -> None:
    assert seen_by()["出生年、在岗、其他派驻"] == "本人；管理员"
