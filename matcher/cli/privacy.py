"""Commands for personal data: what is held of a party, consents, correction, erasure, and how long a batch is kept."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matcher.cli.shared import Json, at_terminal, day, say, write_json
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Consent
from matcher.domain.settings import Side
from matcher.language import label, sentence

if TYPE_CHECKING:
    from matcher.services.erasing import Erased
    from matcher.store import Store

app = typer.Typer(name="privacy", help="cli.privacy", no_args_is_help=True)

Firm = Annotated[str | None, typer.Option("--firm", metavar="ID", help="cli.option.own_firm")]
Expert = Annotated[str | None, typer.Option("--expert", metavar="ID", help="cli.option.expert")]
Kind = Annotated[Consent, typer.Argument(metavar="KIND", help="cli.option.consent_kind")]
BatchName = Annotated[str, typer.Argument(metavar="BATCH", help="cli.option.batch_name")]
Why = Annotated[str, typer.Option("--why", help="cli.option.why")]
Yes = Annotated[bool, typer.Option("--yes", help="cli.option.yes")]


@app.command(help="cli.privacy.data")
def data(
    out: Annotated[Path, typer.Option(metavar="FILE", help="cli.option.own_data_out")],
    firm: Firm = None,
    expert: Expert = None,
) -> None:
    """Write what is held of a party."""
    from matcher.files.writing import new_file
    from matcher.services.privacy import own_data
    from matcher.store import open_store

    side, own_id = _party(firm, expert)
    store = open_store()
    with new_file(out) as file:
        file.write(own_data(store, at_terminal(), side, own_id))
    say(Message("cli.privacy.written", {"id": own_id, "path": out}))


@app.command(help="cli.privacy.consent")
def consent(
    kind: Kind,
    given: Annotated[bool, typer.Option("--given/--refused", help="cli.option.given")],
    basis: Annotated[str, typer.Option(help="cli.option.consent_basis")],
    firm: Firm = None,
    expert: Expert = None,
) -> None:
    """Record what a party has said in writing."""
    from matcher.services.consents import state_consent
    from matcher.store import open_store

    side, own_id = _party(firm, expert)
    said = state_consent(open_store(), at_terminal(), side, own_id, kind, given=given, basis=basis)
    say(Message("cli.privacy.stated", {"id": own_id, "kind": _kind(kind), "given": _given(said.given)}))


@app.command(help="cli.privacy.consents")
def consents(firm: Firm = None, expert: Expert = None, as_json: Json = False) -> None:
    """List what a party has said of each consent."""
    from matcher.domain.moments import in_china
    from matcher.services.consents import consents_of
    from matcher.store import open_store

    side, own_id = _party(firm, expert)
    found = consents_of(open_store(), at_terminal(), side, own_id)
    if as_json:
        write_json([asdict(row) for row in found])
    elif not found:
        say(Message("cli.privacy.no_consents", {"id": own_id}))
    else:
        for row in found:
            said = {"by": row.changed_by, "at": in_china(row.changed_at), "basis": row.basis or None}
            values = {"kind": _kind(row.kind), "given": _given(row.given), **said}
            typer.echo(sentence(Message("cli.privacy.consent_line", values)))


@app.command(help="cli.privacy.basis")
def basis(
    kind: Kind,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="cli.option.basis_text")] = None,
) -> None:
    """Record the ground that needs nobody's consent, or show it."""
    from matcher.services.consents import basis_of, record_basis
    from matcher.store import open_store

    store, who = open_store(), at_terminal()
    if text is not None:
        record_basis(store, who, kind, text)
    found = basis_of(store, who, kind)
    if found is None:
        say(Message("cli.privacy.no_basis", {"kind": _kind(kind)}))
    else:
        typer.echo(sentence(Message("cli.privacy.basis_is", {"kind": _kind(kind), "reason": found})))


@app.command(help="cli.privacy.correct")
def correct(
    contact: Annotated[str | None, typer.Option(help="cli.option.contact")] = None,
    firm: Firm = None,
    expert: Expert = None,
) -> None:
    """Put a party's contact data right."""
    from matcher.services.privacy import correct_contact
    from matcher.store import open_store

    side, own_id = _party(firm, expert)
    store = open_store()
    count = correct_contact(store, at_terminal(), side, own_id, _contact(contact))
    code = "corrected" if count else "nothing_corrected"
    say(Message(f"cli.privacy.{code}", {"id": own_id, "count": count}))


@app.command(help="cli.privacy.erase")
def erase(why: Why, firm: Firm = None, expert: Expert = None, yes: Yes = False, as_json: Json = False) -> None:
    """Erase what is held of a party, as far as nothing stands against it."""
    from matcher.services.erasing import erase_party
    from matcher.store import open_store

    side, own_id = _party(firm, expert)
    store = open_store()
    _confirm(own_id, yes=yes)
    _tell(erase_party(store, at_terminal(), side, own_id, why), as_json=as_json)


@app.command(help="cli.privacy.keep")
def keep(
    batch: BatchName,
    until: Annotated[str, typer.Option(metavar="DATE", help="cli.option.keep_day")],
) -> None:
    """Say until which day a batch is kept."""
    from matcher.services.erasing import keep_until
    from matcher.store import open_store

    store = open_store()
    kept = keep_until(store, at_terminal(), _batch_id(store, batch), day(until))
    say(Message("cli.privacy.kept", {"batch": kept.name, "date": kept.keep_until}))


@app.command(help="cli.privacy.over")
def over(as_json: Json = False) -> None:
    """List the batches that were kept long enough, and those of which nobody said for how long."""
    from matcher.services.erasing import batches_over
    from matcher.services.rounds import batches
    from matcher.store import open_store

    store, who = open_store(), at_terminal()
    found = batches_over(store, who)
    if as_json:
        write_json([{"batch": row.name, "year": row.year, "keep_until": row.keep_until} for row in found])
    elif not found:
        say(Message("cli.privacy.none_over"))
    else:
        for row in found:
            values = {"batch": row.name, "year": row.year, "date": row.keep_until}
            typer.echo(sentence(Message("cli.privacy.over_line", values)))
    without = tuple(row.name for row in batches(store, who) if row.keep_until is None and row.erased_on is None)
    if without:
        say(Message("cli.privacy.without_day", {"names": without}))


@app.command("erase-batch", help="cli.privacy.erase_batch")
def erase_batch(batch: BatchName, why: Why, yes: Yes = False, as_json: Json = False) -> None:
    """Erase the personal data of a batch that was kept long enough."""
    from matcher.services import erasing
    from matcher.store import open_store

    store = open_store()
    batch_id = _batch_id(store, batch)
    _confirm(batch, yes=yes)
    _tell(erasing.erase_batch(store, at_terminal(), batch_id, why), as_json=as_json)


def _tell(done: "Erased", *, as_json: bool) -> None:
    """Say what is gone, and what stays and why: to be handed to whoever asked."""
    if as_json:
        write_json({name: [sentence(message) for message in getattr(done, name)] for name in ("gone", "kept")})
        return
    for message in (*done.gone, *done.kept):
        typer.echo(sentence(message))


def _party(firm: str | None, expert: str | None) -> tuple[Side, str]:
    """Tell which party is meant."""
    if (firm is None) == (expert is None):
        raise InputError([Problem(Message("cli.privacy.one_party"))])
    return ("expert", expert) if expert is not None else ("firm", str(firm))


def _batch_id(store: "Store", name: str) -> int:
    from matcher.services.rounds import round_named

    return round_named(store, at_terminal(), name).batch_id


def _kind(kind: Consent) -> Message:
    return Message(f"value.consent_kind.{kind}")


def _given(given: bool) -> Message:
    return Message("cli.privacy.given" if given else "cli.privacy.refused")


def _contact(given: str | None) -> str:
    """Take contact data from the command line or, where they are not there, from standard input; never none."""
    text = given
    if given in (None, "-"):
        if sys.stdin.isatty():
            typer.echo(label("cli.privacy.contact_asked"), nl=False, err=True)
        text = sys.stdin.readline()
    if not (text or "").strip():
        raise InputError([Problem(Message("cli.privacy.contact_missing"))])
    return str(text)


def _confirm(value: str, *, yes: bool) -> None:
    """Let what can't be undone be confirmed by typing what it is done to, or by ``--yes``."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError([Problem(Message("cli.confirm.yes_needed"))])
    typer.echo(sentence(Message("cli.confirm.type", {"value": value})), nl=False, err=True)
    if sys.stdin.readline().strip() != value:
        raise InputError([Problem(Message("cli.confirm.not_typed", {"value": value}))])
