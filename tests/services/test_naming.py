"""One place has one name: those that the bureau knows are offered, and nothing else of anybody is told."""

from dataclasses import replace

import pytest

from matcher.domain.settings import Settings
from matcher.services import forms, naming
from matcher.services.naming import nearest
from matcher.store import Store
from tests.bureau import NEEDS, WHO, collecting, firm

TOWNSHIPS = ("三江街道", "剡湖街道", "甘霖镇", "长乐镇", "石璜镇", "贵门乡")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("甘霖", "甘霖镇"),
        ("甘林镇", "甘霖镇"),
        ("嵊州市甘霖镇", "甘霖镇"),
        ("三江镇", "三江街道"),
        (" 三江 街道", "三江街道"),
        ("甘霖镇", None),
        ("黄泽镇", None),
        ("鹿山街道", None),
        ("甘", None),
        ("", None),
    ],
)
def test_another_spelling_finds_the_name_that_is_meant_and_another_place_finds_none(
    typed: str, meant: str | None
) -> None:
    assert nearest(typed, TOWNSHIPS) == meant


def test_names_are_those_of_quotas_and_of_accepted_needs_alone(store: Store) -> None:
    settings = Settings.model_validate(
        {"assignment": {"quotas": [{"column": "township", "value": "贵门乡", "minimum": 1},
                                   {"column": "industry", "minimum": 1}]}}
    )  # fmt: skip
    round_ = collecting(store, settings=settings)
    for id_, township in (("F3-2", "〔草稿镇〕"), ("F3-3", "〔待审镇〕")):
        form = forms.write_form(store, WHO, round_.id, replace(NEEDS[0], firm_id="F3", need_id=id_, township=township))
    forms.submit_form(store, WHO, form)
    known = naming.known_names(store, firm("F1"), "firm", "F1", round_id=round_.id)
    assert set(known) == {"township", "industry"}
    assert set(known["township"]) == {"贵门乡"} | {need.township for need in NEEDS}
    assert set(known["industry"]) == {need.industry for need in NEEDS}
    assert all(list(names) == sorted({*names}) for names in known.values())
