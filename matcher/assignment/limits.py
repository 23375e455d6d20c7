"""Which limits of groups a list has reached, for whoever is told that there is no room."""

import numpy as np

from matcher.assignment.market import Market
from matcher.assignment.rules import Case, Rules
from matcher.domain.messages import Message


def reached_limits(market: Market, rules: Rules, placed: np.ndarray) -> list[tuple[Message, np.ndarray]]:
    """
    Find the groups that are full.

    Parameters
    ----------
    market : Market
    rules : Rules
    placed : int, shape (n,)
        Positions of the pairs placed.

    Returns
    -------
    list of (Message, bool array of shape (n_pairs,))
        What the limit says, and which pairs it counts; in the order of the quotas.
    """
    case, found = Case(market, rules), []
    for k, quota in enumerate(rules.quotas):
        held = placed[case.covered(k)[placed]]
        count = len(np.unique(market.expert[held])) if quota.counts == "people" else len(held)
        if quota.maximum is not None and count >= quota.maximum:
            values = {"group": quota.named, "counts": quota.unit, "maximum": quota.maximum}
            found.append((Message("rule.maximum", values), case.covered(k)))
    return found
