"""What is said of the database as a whole: whether it is a demonstration."""

from matcher.store.engine import Store
from matcher.store.entities import Mark

_DEMO = "demo"


def is_demo(store: Store) -> bool:
    """Tell whether a database is marked as a demonstration, whose data are nobody's."""
    with store.reading() as view:
        return view.find(Mark, name=_DEMO) is not None


def mark_demo(store: Store, who: str) -> None:
    """Mark a database as a demonstration; nothing takes the mark away."""
    with store.writing(who) as work:
        work.insert(Mark, "mark_demo", name=_DEMO, value=work.at)
