"""The experts of a round: their applications, looked through, changed, taken or sent back."""

from functools import partial

from matcher.pages.forms_desk import Desk, show
from matcher.pages.frame import page_of_round

DESK = Desk(
    page="experts",
    side="expert",
    columns={"name": 66, "institution": 124, "title": 70, "discipline": 104, "consent": 90},
    filters=("institution", "discipline"),
    marks=("ineligible", "alike"),
)


render = page_of_round("experts")(partial(show, DESK))


if __name__ == "__main__":
    render()
