"""The experts of a round: their applications, looked through, changed, taken or sent back."""

from matcher.pages.forms_desk import Desk, show

DESK = Desk(
    page="experts",
    side="expert",
    columns={"name": 66, "institution": 124, "title": 70, "discipline": 104, "consent": 90},
    filters=("institution", "discipline"),
    marks=("ineligible", "alike"),
)


def render() -> None:
    """Show the page."""
    show(DESK)


if __name__ == "__main__":
    render()
