"""A firm finds experts for its need, and ranks them."""

from functools import partial

from matcher.pages.finding import show
from matcher.pages.frame import page

render = page(partial(show, "firm"))


if __name__ == "__main__":
    render()
