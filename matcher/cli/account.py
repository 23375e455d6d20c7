"""Commands that keep the accounts: who may log in, invitations, resets; the way in when nobody can log in any more."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

import typer

from matcher.cli.shared import Json, at_terminal, say, say_lines, write_json
from matcher.domain.errors import InputError, MatcherError
from matcher.domain.messages import Message, Problem
from matcher.language import label, sentence

if TYPE_CHECKING:
    from matcher.services.accounts import AccountStatus, Invited
    from matcher.services.server import ServerSettings
    from matcher.store import Store

app = typer.Typer(name="account", help="cli.account", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="cli.option.account")]
Days = Annotated[int | None, typer.Option(help="cli.option.days", min=1, max=90)]

SHEETS: Mapping[str, Literal["docx", "xlsx"]] = {".docx": "docx", ".xlsx": "xlsx"}
"""What a sheet of invitations may be, by the suffix of its file."""

HIDDEN = ("password", "issuer", "subject")
"""Columns of an account that no list shows."""


@app.command(help="cli.account.add")
def add(
    name: Name,
    role: Annotated[Literal["administrator", "analyst", "firm", "expert"], typer.Option(help="cli.option.role")],
    party: Annotated[str | None, typer.Option(help="cli.option.party")] = None,
    code: Annotated[str | None, typer.Option(help="cli.option.code")] = None,
    person: Annotated[str, typer.Option(help="cli.option.person")] = "",
    invite: Annotated[bool, typer.Option("--invite", help="cli.option.invite")] = False,
    days: Days = None,
    as_json: Json = False,
) -> None:
    """Make an account; an administrator at a terminal sets the password at once, everybody else is invited."""
    from matcher.services import accounts
    from matcher.services.server import server_settings
    from matcher.store import open_store

    # Read before anything is made: a token whose link can't be told is lost.
    settings, store, who = server_settings(), open_store(), at_terminal()
    password = _asked() if role == "administrator" and not invite and sys.stdin.isatty() else None
    account = accounts.add(
        *(store, who), name=name, role=role, party=party, code=code, person=person, password=password
    )
    say(Message("cli.account.added", {"name": account.name, "role": Message(f"value.role.{role}")}))
    if password is None:
        found = [accounts.invite(store, who, account.id, **_held(days))]
        _hand_over(found, settings, "invite", as_json=as_json)


@app.command(help="cli.account.invite")
def invite(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="cli.option.account")] = None,
    parties: Annotated[bool, typer.Option("--parties", help="cli.option.parties")] = False,
    batch: Annotated[str | None, typer.Option("--batch", help="cli.option.batch")] = None,
    again: Annotated[bool, typer.Option("--again", help="cli.option.again")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="cli.option.sheet")] = None,
    days: Days = None,
    as_json: Json = False,
) -> None:
    """Invite whoever has an account, or all parties of a round: as links, or as sheets to hand out."""
    from matcher.services import accounts
    from matcher.services.rounds import round_named
    from matcher.services.server import server_settings
    from matcher.store import open_store

    if (name is None) != parties:
        raise InputError([Problem(Message("cli.account.name_or_parties"))])
    if out is not None and not parties:
        raise InputError([Problem(Message("cli.account.sheet_of_parties"))])
    if out is not None and out.suffix.lower() not in SHEETS:
        raise InputError([Problem(Message("cli.account.sheet_kind", {"path": out}))])
    settings, store, who = server_settings(), open_store(), at_terminal()
    if name is not None:
        found = [accounts.invite(store, who, _id_of(store, name), **_held(days))]
        _hand_over(found, settings, "invite", as_json=as_json)
        return
    round_id = round_named(store, who, batch).id
    asked: dict[str, Any] = {"again": again, **_held(days)}
    if out is not None:
        found = _sheet(out, store, round_id, asked, settings.origin)
    else:
        found = accounts.invite_parties(store, who, round_id, **asked)
        say(Message("cli.account.invited", {"count": len(found)}))
    if out is None or as_json:
        _hand_over(found, settings, "invite", as_json=as_json)


@app.command(help="cli.account.reset")
def reset(name: Name, days: Days = None, as_json: Json = False) -> None:
    """Let whoever has an account set another password."""
    from matcher.services import accounts
    from matcher.services.server import server_settings
    from matcher.store import open_store

    settings, store = server_settings(), open_store()
    found = accounts.reset(store, at_terminal(), _id_of(store, name), **_held(days))
    say(Message("cli.account.was_reset", {"name": found.account.name}))
    _hand_over([found], settings, "reset", as_json=as_json)


@app.command(help="cli.account.revoke")
def revoke(name: Name) -> None:
    """Take an invitation back."""
    from matcher.services import accounts
    from matcher.store import open_store

    store = open_store()
    accounts.revoke_invitation(store, at_terminal(), _id_of(store, name))
    say(Message("cli.account.revoked", {"name": name}))


@app.command(help="cli.account.disable")
def disable(name: Name) -> None:
    """Let nobody in by an account any more."""
    from matcher.services import accounts
    from matcher.store import open_store

    store = open_store()
    account = accounts.disable(store, at_terminal(), _id_of(store, name))
    say(Message("cli.account.disabled", {"name": account.name}))


@app.command(help="cli.account.enable")
def enable(name: Name) -> None:
    """Let an account in again."""
    from matcher.services import accounts
    from matcher.store import open_store

    store = open_store()
    account = accounts.enable(store, at_terminal(), _id_of(store, name))
    say(Message("cli.account.enabled", {"name": account.name}))


@app.command(help="cli.account.link")
def link(
    name: Name,
    issuer: Annotated[str, typer.Option(help="cli.option.issuer")],
    subject: Annotated[str, typer.Option(help="cli.option.subject")],
) -> None:
    """Let an account in by an identity provider."""
    from matcher.services import accounts
    from matcher.store import open_store

    store = open_store()
    account = accounts.link(store, at_terminal(), _id_of(store, name), issuer=issuer, subject=subject)
    say(Message("cli.account.linked", {"name": account.name, "path": issuer}))


@app.command(help="cli.account.unlink")
def unlink(name: Name) -> None:
    """Let an account in by no identity provider any more."""
    from matcher.services import accounts
    from matcher.store import open_store

    store = open_store()
    account = accounts.unlink(store, at_terminal(), _id_of(store, name))
    say(Message("cli.account.unlinked", {"name": account.name}))


@app.command(help="cli.account.change")
def change(
    name: Name,
    person: Annotated[str | None, typer.Option(help="cli.option.person")] = None,
    code: Annotated[str | None, typer.Option(help="cli.option.new_code")] = None,
) -> None:
    """Say otherwise whom an account is for, and by which code they log in."""
    from matcher.services import accounts
    from matcher.store import open_store

    store = open_store()
    account = accounts.change(store, at_terminal(), _id_of(store, name), person=person, code=code)
    said = {"name": account.name, "code": account.code or "—", "person": account.person or "—"}
    say(Message("cli.account.changed", said))


@app.command("list", help="cli.account.list")
def list_(as_json: Json = False) -> None:
    """List the accounts."""
    from matcher.services import accounts
    from matcher.store import open_store
    from matcher.terminal.records import account_list

    found = accounts.accounts(open_store(), at_terminal())
    if as_json:
        write_json([_as_json(row) for row in found])
    else:
        account_list(found)


def _held(days: int | None) -> dict[str, int]:
    """Say for how long an invitation holds, where that was said."""
    return {} if days is None else {"days": days}


def _asked() -> str:
    """Ask for a new password, twice, without showing it."""
    first, second = (getpass(label(code)) for code in ("cli.account.password", "cli.account.password_again"))
    if first != second:
        raise InputError([Problem(Message("cli.account.passwords_differ"))])
    return first


def _id_of(store: "Store", name: str) -> int:
    from matcher.services.accounts import account_named

    return account_named(store, at_terminal(), name).id


def _sheet(out: Path, store: "Store", round_id: int, asked: dict[str, Any], address: str) -> list["Invited"]:
    """Invite the parties of a round, and write their invitations into a file that is there for that already."""
    from matcher.files.writing import new_file
    from matcher.services import accounts, papers
    from matcher.services.issuing import stationery_of
    from matcher.services.server import is_near

    who = at_terminal()
    # What is wrong with the wording, or with the links, is said before anybody is invited.
    stationery_of(store).warnings("invitation")
    if is_near(urlsplit(address).hostname or ""):
        say(Message("cli.account.sheet_near", {"address": address}))
    with new_file(out) as file:
        found = accounts.invite_parties(store, who, round_id, **asked)
        if not found:
            say(Message("cli.account.nobody_to_invite"))
            return found
        try:
            paper = papers.invitations(store, who, round_id, found, address=address, to=SHEETS[out.suffix.lower()])
            file.write(paper.content)
        except (MatcherError, OSError):
            say(Message("cli.account.sheet_failed", {"count": len(found)}))
            raise
    say_lines(paper.warnings)
    say(Message("cli.account.sheet", {"count": len(found), "path": out}))
    return found


def _hand_over(found: Sequence["Invited"], settings: "ServerSettings", purpose: str, *, as_json: bool) -> None:
    """Write invitations to standard output: the one time that they are shown."""
    told = [_invitation(invited, settings, purpose) for invited in found]
    if as_json:
        write_json(told)
        return
    for values in told:
        typer.echo(sentence(Message("cli.account.invitation", {**values, "path": values["link"]})))


def _invitation(invited: "Invited", settings: "ServerSettings", purpose: str) -> dict[str, object]:
    from matcher.domain.moments import in_china
    from matcher.services.server import invitation_link
    from matcher.services.tokens import grouped

    account = invited.account
    shown = {"name": account.name, "code": account.code, "person": account.person, "party": account.party}
    opens = {"link": invitation_link(settings, invited.token, purpose=purpose), "short_code": grouped(invited.code)}
    return {**shown, **opens, "until": in_china(invited.expires_at)}


def _as_json(row: "AccountStatus") -> dict[str, object]:
    account = {name: value for name, value in asdict(row.account).items() if name not in HIDDEN}
    opens = {"has_password": row.account.password is not None, "has_identity": row.account.issuer is not None}
    return {**account, **opens, "seen_at": row.seen_at, "invited_until": row.invited_until}
