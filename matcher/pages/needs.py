"""The firms of a round and their needs: looked through, changed, taken or sent back with what is missing."""

from functools import partial

from matcher.pages.forms_desk import Desk, show
from matcher.pages.frame import page_of_round

DESK = Desk(
    page="needs",
    side="firm",
    columns={"name": 172, "need_title": 160, "township": 74},
    filters=("township", "industry"),
    marks=("vague", "alike"),
)


render = page_of_round("needs")(partial(show, DESK))


if __name__ == "__main__":
    render()
