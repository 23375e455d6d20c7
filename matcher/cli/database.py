"""Commands that keep the database: its form, its backups, and the way in and out for spreadsheets."""

import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from matcher.cli.shared import (
    UNSOUND,
    Experts,
    Firms,
    Json,
    KeepFile,
    Objective,
    Out,
    Proposer,
    RatingsFile,
    Seed,
    SettingsFile,
    at_terminal,
    day,
    say,
    say_lines,
    warn,
    write_json,
)
from matcher.domain.errors import InputError
from matcher.domain.messages import Message
from matcher.language import sentence

app = typer.Typer(name="database", help="cli.database", no_args_is_help=True)

BatchName = Annotated[str | None, typer.Option("--batch", help="cli.option.batch")]
BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="cli.option.backup")]


@app.command(help="cli.database.upgrade")
def upgrade(
    new_secret: Annotated[bool, typer.Option("--new-secret", help="cli.option.new_secret")] = False,
) -> None:
    """Bring the database up to date, or make it."""
    from matcher.services.keeping import upgrade_database

    done = upgrade_database(new_secret=new_secret, who=at_terminal().name)
    _say_kept(done.kept)
    if done.secret is not None:
        say(Message("cli.database.secret_made", {"path": done.secret}))
    if new_secret:
        say(Message("cli.database.sealed"))
    code = "made" if done.before is None else "new_enough" if done.before == done.after else "upgraded"
    say(Message(f"cli.database.{code}", {"path": done.path, "before": done.before, "after": done.after}))


@app.command("import", help="cli.database.import")
def import_(
    experts: Experts,
    firms: Firms,
    batch: BatchName = None,
    ratings: RatingsFile = None,
    keep: KeepFile = None,
    new: Annotated[bool, typer.Option("--new", help="cli.option.new")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="cli.option.preview")] = False,
    remove_gone: Annotated[bool, typer.Option("--remove-gone", help="cli.option.remove_gone")] = False,
) -> None:
    """Bring spreadsheets into a round."""
    from matcher.services import importing
    from matcher.services.inputs import Options, load_inputs
    from matcher.services.rounds import batch_of, last_round, round_named
    from matcher.store import open_store
    from matcher.terminal.records import differences

    store, who = open_store(), at_terminal()
    given = {"experts": experts, "firms": firms, "ratings": ratings, "keep": keep}
    round_ = last_round(store, who, batch)
    if round_ is None:
        if not new and last_round(store, who) is not None:
            round_named(store, who, batch)  # says which batches there are
        if preview:
            inputs = load_inputs(experts, firms, Options(ratings=ratings, keep=keep))
            counts = {"experts": len(inputs.experts), "needs": len(inputs.needs)}
            say(Message("cli.database.would_open", counts))
            return
        year = datetime.now().astimezone().year
        round_, found = importing.import_new(store, who, (batch or str(year), year), **given)
        warn(found.warnings)
        differences(found, remove_gone=False)
        say(Message("cli.database.imported", {"batch": batch_of(store, who, round_).name, "number": round_.number}))
        return
    found = importing.preview(store, who, round_.id, **given)
    problems = (*found.problems, *(found.removal_problems if remove_gone else ()))
    if problems:
        raise InputError(problems, found.warnings)
    warn(found.warnings)
    differences(found, remove_gone=remove_gone)
    if preview:
        say(Message("cli.database.only_previewed"))
        return
    done = importing.apply(store, who, found, remove_gone=remove_gone)
    code = "imported" if done.is_any else "nothing_imported"
    say(Message(f"cli.database.{code}", {"batch": batch_of(store, who, round_).name, "number": round_.number}))


@app.command("export", help="cli.database.export")
def export(out: Out, batch: BatchName = None) -> None:
    """Write a round out as files."""
    from matcher.services.exporting import export_round
    from matcher.services.rounds import round_named
    from matcher.store import open_store

    store, who = open_store(), at_terminal()
    names = export_round(store, who, round_named(store, who, batch).id, out)
    say(Message("cli.files", {"names": tuple(out / name for name in names)}))


@app.command(help="cli.database.assign")
def assign(
    out: Out,
    batch: BatchName = None,
    settings: SettingsFile = None,
    objective: Objective = None,
    proposer: Proposer = None,
    seed: Seed = None,
) -> None:
    """Match a round as it is, and save."""
    started = time.perf_counter()
    from matcher.services.exporting import place_round
    from matcher.services.inputs import Options
    from matcher.services.rounds import round_named
    from matcher.store import open_store
    from matcher.terminal.lists import summary
    from matcher.terminal.progress import progress

    store, who = open_store(), at_terminal()
    options = Options(settings, objective=objective, proposer=proposer, seed=seed)
    with progress() as on_progress:
        inputs, result = place_round(
            *(store, who, round_named(store, who, batch).id, options, out), started=started, on_progress=on_progress
        )
    warn(inputs.warnings)
    summary(result, out)


@app.command(help="cli.database.backup")
def backup(
    file: BackupFile,
    replace: Annotated[bool, typer.Option("--replace", help="cli.option.replace_file")] = False,
) -> None:
    """Write everything into one file."""
    from matcher.services.keeping import backup_database

    done = backup_database(file, replace=replace)
    say(Message("cli.database.backed_up", {"path": file, "rows": done.rows}))
    _say_head(done.head)


@app.command(help="cli.database.restore")
def restore(
    file: BackupFile,
    replace: Annotated[bool, typer.Option("--replace", help="cli.option.replace_rows")] = False,
) -> None:
    """Put a backup into the database."""
    from matcher.services.keeping import restore_database

    done = restore_database(file, replace=replace)
    _say_kept(done.kept)
    say(Message("cli.database.restored", {"path": done.path, "rows": done.rows, "file": file}))
    _say_head(done.head)
    if not done.fits:
        say(Message("cli.database.restored_without_secret"))


@app.command(help="cli.database.verify")
def verify(
    head: Annotated[str | None, typer.Option("--head", help="cli.option.head")] = None,
    as_json: Json = False,
) -> None:
    """Hold the log, publications and files against what was written."""
    from matcher.services.keeping import verify_database

    found = verify_database(head)
    if as_json:
        said = {name: [sentence(message) for message in getattr(found, name)] for name in ("findings", "unseen")}
        write_json({"sound": found.is_sound, "head": found.head, **found.counts, **said})
    else:
        say_lines(found.findings)
        values = {**found.counts, "findings": len(found.findings)}
        say(Message("cli.database.verified" if found.is_sound else "cli.database.not_verified", values))
        _say_head(found.head)
        say_lines(found.unseen)
    if not found.is_sound:
        raise typer.Exit(UNSOUND)


@app.command(help="cli.database.log")
def log(
    round_id: Annotated[int | None, typer.Option("--round", help="cli.option.log_round")] = None,
    about: Annotated[str | None, typer.Option(help="cli.option.log_about")] = None,
    by: Annotated[str | None, typer.Option(help="cli.option.log_by")] = None,
    what: Annotated[str | None, typer.Option(help="cli.option.log_what")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="cli.option.since")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="cli.option.until")] = None,
    before: Annotated[int | None, typer.Option(help="cli.option.log_before")] = None,
    limit: Annotated[int, typer.Option(help="cli.option.log_limit", min=1)] = 200,
    as_json: Json = False,
) -> None:
    """List the log, the newest entries first."""
    from matcher.services.log import entries
    from matcher.store import open_store
    from matcher.terminal.records import log_entries

    found = entries(
        open_store(),
        at_terminal(),
        round_id=round_id,
        about=about,
        by=by,
        what=what,
        since=None if since is None else day(since),
        until=None if until is None else day(until),
        before=before,
        limit=limit,
    )
    if as_json:
        write_json([asdict(entry) for entry in found])
    elif found:
        log_entries(found)
    else:
        say(Message("cli.log.none"))
    if len(found) == limit:
        say(Message("cli.log.more", {"count": limit, "before": found[-1].id}))


def _say_kept(kept: Path | None) -> None:
    if kept is not None:
        say(Message("cli.database.kept", {"path": kept}))


def _say_head(head: str) -> None:
    if head:
        say(Message("cli.database.head", {"head": head}))
