"""The command that opens the doors."""

from typing import Annotated

import typer

from matcher.cli.shared import say
from matcher.domain.messages import Message


def serve(
    demo: Annotated[bool, typer.Option("--demo", help="cli.option.demo")] = False,
    port: Annotated[int | None, typer.Option(help="cli.option.port", min=0, max=65535)] = None,
) -> None:
    """Serve the pages, until Ctrl-C."""
    from matcher.services.server import ServerSettings, server_settings
    from matcher.terminal.progress import progress
    from matcher.terminal.records import logins
    from matcher.web import serving

    if demo:
        with progress() as on_progress:
            made = serving.prepare_demo(ServerSettings().port if port is None else port, on_progress=on_progress)
        say(Message("cli.serve.demo", {"address": made.settings.origin}))
        logins(made.logins)
        serving.serve_demo(made)
        return
    settings = server_settings()
    settings = settings if port is None else settings.model_copy(update={"port": port})
    house = serving.prepare(settings)
    say(Message("cli.serve.at", {"address": settings.origin}))
    serving.serve(house)
