"""What an expert can do and offers: one profile, with how many firms and how many days a year."""

from matcher.domain.roles import Principal
from matcher.pages.frame import page
from matcher.pages.own_forms import own_forms
from matcher.pages.words import Words
from matcher.store import Store


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Show the page."""
    own_forms(say, store, who, "my_profile")


if __name__ == "__main__":
    render()
