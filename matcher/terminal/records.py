"""What the terminal shows of the database: logins, accounts, the log, what an import would change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from matcher.domain.messages import Message
from matcher.language import label, sentence, shown
from matcher.terminal.tables import LINES, add_row, new_console, new_table

if TYPE_CHECKING:  # what the database needs takes a while to load, and whoever has these has loaded it
    from matcher.services.accounts import AccountStatus
    from matcher.services.demo import Login
    from matcher.services.importing import Preview
    from matcher.store.entities import Event


def logins(found: Sequence["Login"]) -> None:
    """Show names with their passwords, on standard output: the one time that anybody sees them."""
    table = Table(box=box.SIMPLE_HEAD)
    for code in ("role", "name", "password"):
        table.add_column(label(f"cli.serve.{code}"))
    for login in found:
        table.add_row(label(f"page.role.{login.role}"), login.name, login.password)
    new_console().print(table)


def account_list(found: Sequence["AccountStatus"]) -> None:
    """Show accounts, on standard output."""
    from matcher.domain.moments import in_china

    table = new_table("name", "role", "party", "code", "person", "state", "seen", prefix="cli.account.column")
    for row in found:
        account = row.account
        state = (
            *(["disabled"] if account.disabled_at else []),
            *(["password"] if account.password else []),
            *(["identity"] if account.issuer else []),
            *(["invited"] if row.invited_until else []),
        )
        said = shown([Message(f"value.account.{word}") for word in state or ("waiting",)])
        seen = in_china(row.seen_at) if row.seen_at else ""
        role, names = label(f"value.role.{account.role}"), (account.party or "", account.code or "", account.person)
        add_row(table, account.name, role, *names, said, seen)
    new_console().print(table)


def log_entries(found: Sequence["Event"]) -> None:
    """Show entries of the log, on standard output: all that each says, cut nowhere but within a value."""
    from matcher.services.log_words import worded

    table = new_table("id", "at", "who", "what", "about", "changes", "why", prefix="cli.log")
    for entry in found:
        said = worded(entry)
        changes = "\n".join((sentence(said.how), *([shown(said.changes)] if said.changes else [])))
        told = (said.at, entry.who, sentence(said.what), sentence(said.about), changes, entry.why or "")
        add_row(table, str(entry.id), *told)
    new_console().print(table)


def differences(found: "Preview", *, remove_gone: bool) -> None:
    """Show what an import would change, on standard error: counts, then each field that would be another."""
    console = new_console(stderr=True)
    kinds = ("experts", "needs", "ratings", "keep")
    given = [(kind, compared) for kind in kinds if (compared := getattr(found, kind)) is not None]
    table = new_table("kind", "new", "changed", "gone", "same", prefix="cli.import")
    for kind, compared in given:
        counts = (len(compared.new), len(compared.changed), len(compared.gone), compared.same)
        add_row(table, label(f"cli.import.{kind}"), *map(str, counts))
    console.print(table)
    for kind, compared in given:
        columns = {"needs": "firms", "keep": "placements"}.get(kind, kind)
        lines = [
            Message(
                "cli.import.changed_line",
                {
                    "who": " ".join(filter(None, (row.id, row.name))),
                    "fields": tuple(
                        Message(
                            "cli.import.field",
                            {"column": Message(f"{columns}.{part.name}"), "before": part.before, "after": part.after},
                        )
                        for part in row.fields
                    ),
                },
            )
            for row in compared.changed
        ]
        for line in lines[:LINES]:
            console.print(Text(sentence(line)))
        if len(lines) > LINES:
            console.print(Text(sentence(Message("cli.more", {"count": len(lines) - LINES})), style="dim"))
        if compared.gone:
            code = "cli.import.removed" if remove_gone else "cli.import.stays"
            names = tuple(_id_of(record) for record in compared.gone[:LINES])
            values = {"kind": Message(f"cli.import.{kind}"), "count": len(compared.gone), "names": names}
            console.print(Text(sentence(Message(code, values))))


def _id_of(record: Any) -> str:
    """Name a record by its ids."""
    ids = ("need_id", "firm_id", "expert_id", "year")
    return " / ".join(dict.fromkeys(str(getattr(record, name)) for name in ids if hasattr(record, name)))
