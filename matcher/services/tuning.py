"""Learning from ratings, and a settings file of what was learned: the step that nobody takes unawares."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import TEXT_FILES, Settings, Side
from matcher.files.settings_text import write_settings
from matcher.language import label, sentence
from matcher.ranking.learning import Estimate, Evidence, Score, learn, rated_pairs, settled, too_few
from matcher.services.inputs import Inputs
from matcher.services.placing import refuse_inputs

_ALWAYS = {"ranking": {"firm": {}, "expert": {}}}


@dataclass(frozen=True, slots=True, eq=False)
class Tuned:
    """
    What was learned.

    Attributes
    ----------
    settings : Settings
        Those that the run started from, with what was learned in its place.
    evidence : mapping of {"firm", "expert"} to Evidence
    found : tuple of Message
        What that means, in sentences.
    """

    settings: Settings
    evidence: Mapping[Side, Evidence]
    found: tuple[Message, ...]


def tune(
    inputs: Inputs,
    out: Path,
    *,
    settings: Path | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Tuned:
    """
    Learn weights and calibration from ratings, and write a settings file.

    Parameters
    ----------
    inputs : Inputs
        With ratings.
    out : path
        The settings file to write: what was learned, and whatever else the settings at hand have besides defaults. Its
        comments say what it rests on. The same input gives the same bytes.
    settings : path or None
        The file that the settings at hand come from.
    on_progress : callable or None
        Called with (done, total, stage).

    Returns
    -------
    Tuned

    Raises
    ------
    InputError
        When there are too few ratings; with how many there are and how many it takes.
    StorageError
        When the file can't be written, or is an input.
    """
    taken = {"settings": settings.resolve()} if settings else {}
    refuse_inputs(replace(inputs, paths={**inputs.paths, **taken}), [out])
    learned = learn_from(inputs, on_progress=on_progress)
    chosen = _seen_from(out, inputs).model_copy(update={"ranking": learned.settings.ranking})
    tuned = replace(learned, settings=chosen)
    write_settings(out, chosen, list(_notes(inputs, tuned)), _ALWAYS)
    return tuned


def learn_from(inputs: Inputs, *, on_progress: Callable[[int, int, str], None] | None = None) -> Tuned:
    """Learn weights and calibration from ratings, and write nothing; takes and raises what `tune` does of them."""
    rated = rated_pairs(
        *(inputs.experts, inputs.needs, inputs.ratings, inputs.settings.text),
        lexicon=inputs.lexicon,
        vectors=inputs.vectors,
        epoch=inputs.epoch,
    )
    if lacking := [message for pairs in rated.values() for message in too_few(pairs)]:
        raise InputError([Problem(message, path=str(inputs.paths.get("ratings", ""))) for message in lacking])
    evidence: dict[Side, Evidence] = {}
    for side, pairs in rated.items():
        prior = inputs.settings.ranking.firm if side == "firm" else inputs.settings.ranking.expert
        step = _stage(on_progress, f"tuning.{side}")
        evidence[side] = learn(pairs, prior, seed=inputs.settings.assignment.seed, on_progress=step)
    chosen = inputs.settings.model_copy(update={"ranking": settled(evidence, inputs.settings.ranking)})
    return Tuned(chosen, evidence, tuple(_conclusions(evidence, chosen)))


def tuned_json(tuned: Tuned) -> dict[str, Any]:
    """Give what was learned as plain values."""
    ranking = tuned.settings.ranking
    return {
        "calibrated": ranking.is_calibrated,
        "calibration": ranking.calibration.model_dump(),
        "weights": {"firm": ranking.firm.model_dump(), "expert": ranking.expert.model_dump()},
        "sides": {side: _figures(one) for side, one in tuned.evidence.items()},
        "sentences": [sentence(message) for message in tuned.found],
    }


def _figures(one: Evidence) -> dict[str, Any]:
    def plain(value: Estimate | Score) -> dict[str, float]:
        return {name: round(getattr(value, name), 6) for name in value.__slots__}

    return {
        **{name: getattr(one, name) for name in ("n", "n_good", "n_firms", "n_experts", "strength")},
        **{name: plain(getattr(one, name)) for name in ("base", "fixed", "learned", "gain", "over_base")},
        "calibration_error": round(one.calibration_error, 6),
        "shares": {name: plain(share) for name, share in one.shares.items()},
    }


def _stage(on_progress: Callable[[int, int, str], None] | None, stage: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: on_progress(done, total, stage)) if on_progress else None


def _seen_from(out: Path, inputs: Inputs) -> Settings:
    """Name word lists, vectors and epoch as seen from where the new file is."""
    text = inputs.settings.text
    named = {
        role: Path(os.path.relpath(inputs.paths[role], out.resolve().parent)).as_posix()
        for role in TEXT_FILES
        if getattr(text, role)
    }
    return inputs.settings.model_copy(update={"text": text.model_copy(update=named)})


def _conclusions(evidence: Mapping[Side, Evidence], chosen: Settings) -> Iterator[Message]:
    """Say what the figures mean."""
    for one in evidence.values():
        yield _interval("tuning.gain" if one.gain.is_gain else "tuning.no_gain", one.side, one.gain)
        yield _interval(
            "tuning.foretells" if one.is_calibrated else "tuning.foretells_nothing", one.side, one.over_base
        )
    if chosen.ranking.is_calibrated:
        yield Message("tuning.calibrated")
    elif any(one.gain.is_gain for one in evidence.values()):
        yield Message("tuning.uncalibrated")
    else:
        yield Message("tuning.nothing")


def _interval(code: str, side: Side, found: Estimate) -> Message:
    figures = {name: f"{getattr(found, name):.4f}" for name in ("value", "low", "high")}
    return Message(code, {"side": Message(f"tuning.side.{side}"), **figures})


def _notes(inputs: Inputs, tuned: Tuned) -> Iterator[str]:
    """Say at the head of the file what it rests on; nothing of when or where, so that the bytes stay the same."""
    yield label("tuning.head")
    for source in inputs.digests.values():
        yield f"{source['file']} sha256 {source['sha256']}"
    for one in tuned.evidence.values():
        side = Message(f"tuning.side.{one.side}")
        counts = {"count": one.n, "good": one.n_good, "firms": one.n_firms, "experts": one.n_experts}
        yield sentence(Message("tuning.counts", {"side": side, **counts}))
        losses = {name: f"{getattr(one, name).log_loss:.4f}" for name in ("base", "fixed", "learned")}
        orders = {f"{name}_auc": f"{getattr(one, name).auc:.3f}" for name in ("fixed", "learned")}
        error = f"{one.calibration_error:.3f}"
        yield sentence(Message("tuning.scores", {**losses, **orders, "error": error}))
        for name, share in one.shares.items():
            figures = {key: f"{getattr(share, key):.3f}" for key in ("value", "low", "high")}
            yield sentence(Message("tuning.share", {"part": label(f"part.{name}"), **figures}))
    yield from map(sentence, tuned.found)
