"""One pair of a result as plain data: both texts with what they share, the scores taken apart, and who else."""

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.assignment import Market
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.placement import pair_gaps, readable
from matcher.ranking import Part, Ranking, Reasons, explain
from matcher.services.asking import Listed, answer, in_order_of, introduced
from matcher.services.board import Rebuilt
from matcher.text import Lexicon, common_spans, locate

Pieces = tuple[tuple[str, int], ...]
"""A text in pieces, each with its shade: 0 not shared, 1 to 3 the more it adds to the score."""

_STRONG, _NOTABLE = 0.2, 0.05
"""Shares of the agreement from which a span has the darkest shade, and the middle one."""


@dataclass(frozen=True, slots=True)
class Side:
    """
    One side's view of a pair.

    Parameters
    ----------
    score : float
        z in [0, 1].
    fit : float
        What is shown of it: the chance of a good rating where calibrated, else the score.
    rank : int or None
        Of the pair in this side's list, 1 the best; None where the pair is not acceptable.
    tier : int
        Tier in which this side named the other; 0 not named.
    parts : tuple of (str, float)
        ``"text"``, then each feature of some weight, and what each adds; they sum to the score.
    """

    score: float
    fit: float
    rank: int | None
    tier: int
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class PairView:
    """
    Why a need and an expert are together. Holds no contact data.

    Parameters
    ----------
    need_id, firm, township, industry, role_wanted : str
    need_title, need_detail : Pieces
    expert_id, expert, institution, city, title : str
    profile : tuple of (str, Pieces)
        The expert's texts by column: research fields, expertise, achievements.
    agreement : float
        Of the texts, in [0, 1]: what the spans and the channels of vectors add up to.
    spans : tuple of (str, float)
        What both texts share, as they write it, the greatest addend first.
    dense : tuple of (str, float)
        What each channel of vectors adds, by name.
    gaps : tuple of Message
        What the need names and the profile does not, and a distance that is not short; for the office.
    firm_side, expert_side : Side
    is_calibrated : bool
        Whether fits are chances of a good rating.
    """

    need_id: str
    firm: str
    township: str
    industry: str
    role_wanted: str
    need_title: Pieces
    need_detail: Pieces
    expert_id: str
    expert: str
    institution: str
    city: str
    title: str
    profile: tuple[tuple[str, Pieces], ...]
    agreement: float
    spans: tuple[tuple[str, float], ...]
    dense: tuple[tuple[str, float], ...]
    gaps: tuple[Message, ...]
    firm_side: Side
    expert_side: Side
    is_calibrated: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One who could have been chosen instead.

    Parameters
    ----------
    id, name, about : str
        ``about`` is an expert's institution, or a need's title.
    rank, tier : int
        In the list of the side that would choose.
    fit : float
        To that side.
    chosen : bool
        Whether it is placed with the side that would choose.
    elsewhere : tuple of str
        Who else has it: firms that an expert serves, experts that a need has.
    """

    id: str
    name: str
    about: str
    rank: int
    tier: int
    fit: float
    chosen: bool
    elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    Why a need and an expert are not together, or that they are.

    Parameters
    ----------
    status : str
        See `matcher.assignment.Why`.
    sentence : Message
        With names in the place of ids.
    bar : Message or None
        What makes the pair unacceptable.
    firm_side, expert_side : Side
    firm_holds, expert_holds : tuple of (str, str, int)
        Id, name and rank of those who have the places of the need, and of the needs that the expert serves.
    """

    status: str
    sentence: Message
    bar: Message | None
    firm_side: Side
    expert_side: Side
    firm_holds: tuple[tuple[str, str, int], ...]
    expert_holds: tuple[tuple[str, str, int], ...]


def view_pair(rebuilt: Rebuilt, need: Need, expert: Expert) -> PairView:
    """Show why a need and an expert go together."""
    pair = (need.need_id, expert.expert_id)
    if pair not in rebuilt.views:
        rebuilt.views[pair] = _view_of(rebuilt, need, expert)
    return rebuilt.views[pair]


def _view_of(rebuilt: Rebuilt, need: Need, expert: Expert) -> PairView:
    ranking = rebuilt.ranking
    i, j = ranking.need_position[need.need_id], ranking.expert_position[expert.expert_id]
    reasons = explain(ranking.ranker, i, j)
    lexicon = ranking.ranker.profiles.lexicon
    runs = common_spans(need.text, expert.profile, lexicon)
    shades = shaded(reasons.spans, reasons.text, runs)
    firm_side, expert_side = _sides(reasons, *_ranks(rebuilt.market, need.need_id, expert.expert_id))
    texts = {name: getattr(expert, name) for name in ("research_fields", "expertise", "achievements")}
    return PairView(
        need_id=need.need_id,
        firm=need.name,
        township=need.township,
        industry=need.industry,
        role_wanted=need.role_wanted,
        need_title=pieces(need.need_title, shades, lexicon),
        need_detail=pieces(need.need_detail, shades, lexicon),
        expert_id=expert.expert_id,
        expert=expert.name,
        institution=expert.institution,
        city=expert.city,
        title=expert.title,
        profile=tuple((name, pieces(text, shades, lexicon)) for name, text in texts.items() if text),
        agreement=reasons.text,
        spans=tuple(zip(reasons.names, (value for _, value in reasons.spans), strict=True)),
        dense=reasons.dense,
        gaps=pair_gaps(ranking.ranker, i, j),
        firm_side=firm_side,
        expert_side=expert_side,
        is_calibrated=ranking.ranker.settings.is_calibrated,
    )


def candidates(rebuilt: Rebuilt, whose: Need | Expert, top: int = 6) -> list[Candidate]:
    """
    List the best experts for a need, or the best needs for an expert, in its own order, each with who else has it.

    Parameters
    ----------
    rebuilt : Rebuilt
    whose : Need or Expert
    top : int
        How many; those placed with it come besides, however far down they stand.

    Returns
    -------
    list of Candidate
    """
    ranking, market, ranker = rebuilt.ranking, rebuilt.market, rebuilt.ranking.ranker
    if isinstance(whose, Need):
        own, ranks, fits, tiers = 0, market.firm_rank, ranking.firm_fit, ranker.wishes.firm_tier
    else:
        own, ranks, fits, tiers = 1, market.expert_rank, ranking.expert_fit, ranker.wishes.expert_tier
    own_id, _, _ = introduced(whose)
    name_of = {key: name for key, name, _ in map(introduced, (ranker.needs, ranker.experts)[own])}
    holders = _partners(rebuilt.pairs, 1 - own)
    found = []
    for n, p in enumerate(in_order_of(ranking, market, whose).tolist()):
        i, j = int(market.need[p]), int(market.expert[p])
        other = introduced((ranker.experts[j], ranker.needs[i])[own])
        held = holders.get(other[0], ())
        if n < top or own_id in held:
            elsewhere = tuple(name_of[one] for one in held if one != own_id)
            rank, tier, fit = int(ranks[p]), int(tiers[i, j]), round(float(fits[p]), 6)
            found.append(Candidate(*other, rank, tier, fit, own_id in held, elsewhere))
    return found


def why_not(rebuilt: Rebuilt, need: Need, expert: Expert) -> Refusal:
    """Say why an expert is not placed with a need: the class of the pair, who holds the places, what bars it."""
    ranking: Ranking = rebuilt.ranking
    found = answer(ranking, rebuilt.market, Listed(rebuilt.pairs, rebuilt.rules), need, expert)
    experts, needs = ranking.ranker.experts, ranking.ranker.needs
    of_expert = {name: experts[ranking.expert_position[name]].name for name, _ in found.why.firm_holds}
    of_need = {name: needs[ranking.need_position[name]].name for name, _ in found.why.expert_holds}
    firm_holds = tuple((name, of_expert[name], rank) for name, rank in found.why.firm_holds)
    expert_holds = tuple((name, of_need[name], rank) for name, rank in found.why.expert_holds)
    values = {
        **found.why.message.values,
        "firm": need.name,
        "expert": expert.name,
        "firm_holds": tuple(Message("why.held", {"id": name, "rank": rank}) for _, name, rank in firm_holds),
        "expert_holds": tuple(Message("why.held", {"id": name, "rank": rank}) for _, name, rank in expert_holds),
    }
    firm_side, expert_side = _sides(found.reasons, found.why.firm_rank, found.why.expert_rank)
    return Refusal(
        status=found.why.status,
        sentence=Message(found.why.message.code, values),
        bar=Message(found.reasons.bar.code) if found.reasons.bar else None,
        firm_side=firm_side,
        expert_side=expert_side,
        firm_holds=firm_holds,
        expert_holds=expert_holds,
    )


def shaded(spans: Sequence[tuple[str, float]], agreement: float, runs: Sequence[str] = ()) -> dict[int, list[str]]:
    """
    Sort what two texts share into shades.

    Parameters
    ----------
    spans : sequence of (str, float)
        As `explain` gives them.
    agreement : float
        What they sum to.
    runs : sequence of str
        All that the texts have in common. What stands alone of a span elsewhere has the lightest shade.

    Returns
    -------
    dict of int to list of str
        Spans of shades 1 to 3; single characters only for want of others, as in the reasons of the list.

    Examples
    --------
    >>> shaded([("bldc", 0.3), ("of", 0.01), ("a", 0.01)], 0.32, ["bldc", "dc"])
    {1: ['of', 'dc'], 2: [], 3: ['bldc']}
    """
    found: dict[int, list[str]] = {1: [], 2: [], 3: []}
    shown = set(readable(tuple(spans), len(spans)))
    for span, value in spans:
        share = value / agreement if agreement else 0.0
        if span in shown:
            found[3 if share >= _STRONG else 2 if share >= _NOTABLE else 1].append(span)
    spread = {span for shade in found.values() for span in shade}
    found[1] += [run for run in runs if len(run) > 1 and run not in spread and any(run in span for span in spread)]
    return found


def pieces(text: str, shades: dict[int, list[str]], lexicon: Lexicon | None = None) -> Pieces:
    """
    Cut a text where what it shares begins and ends.

    Parameters
    ----------
    text : str
    shades : dict of int to list of str
        As `shaded` gives them; the darker shade wins where two overlap.
    lexicon : Lexicon or None
        That of the spans; None stands for the package's.

    Returns
    -------
    tuple of (str, int)
        Pieces that make the text again, each with its shade.

    Examples
    --------
    >>> pieces("An AGV motor", {3: ["agv"]})
    (('An ', 0), ('AGV', 3), (' motor', 0))
    """
    shade_of = [0] * len(text)
    for shade, spans in sorted(shades.items()):
        for start, end in locate(text, spans, lexicon):
            shade_of[start:end] = [shade] * (end - start)
    found: list[tuple[str, int]] = []
    for character, shade in zip(text, shade_of, strict=True):
        if found and found[-1][1] == shade:
            found[-1] = (found[-1][0] + character, shade)
        else:
            found.append((character, shade))
    return tuple(found)


def _sides(reasons: Reasons, firm_rank: int | None, expert_rank: int | None) -> tuple[Side, Side]:
    return (
        Side(reasons.firm_score, reasons.firm_fit, firm_rank, reasons.firm_tier, _added(reasons.firm)),
        Side(reasons.expert_score, reasons.expert_fit, expert_rank, reasons.expert_tier, _added(reasons.expert)),
    )


def _added(parts: Sequence[Part]) -> tuple[tuple[str, float], ...]:
    """Sum the parts of each kind, the text's first."""
    sums: dict[str, float] = {"text": 0.0}
    for part in parts:
        sums[part.kind] = sums.get(part.kind, 0.0) + part.value
    return tuple(sums.items())


def _ranks(market: Market, need_id: str, expert_id: str) -> tuple[int | None, int | None]:
    position = market.position.get((need_id, expert_id))
    if position is None:
        return None, None
    return int(market.firm_rank[position]), int(market.expert_rank[position])


def _partners(pairs: Sequence[tuple[str, str]], place: int) -> dict[str, list[str]]:
    """Gather the partners of each need (place 0) or of each expert (place 1)."""
    found: dict[str, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair[place], []).append(pair[1 - place])
    return found
