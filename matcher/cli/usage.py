"""The library that reads a command speaks English alone: what was wrong with one, and its help, in words of ours."""

import difflib
import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any

from typer.exceptions import TyperException

from matcher.domain.messages import Message
from matcher.language import label

_EXTRA = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)", re.DOTALL)
"""The one fault that the library tells by its sentence alone."""

_PANELS = ("ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE")
_MADE = "_make_rich_text"
"""What makes the texts of help."""


def misuse(fault: TyperException, command: Any, words: Sequence[str]) -> list[Message]:
    """
    Say what was wrong with a command, and where its help is.

    Parameters
    ----------
    fault : TyperException
        As the library raises it while it reads a command.
    command : Command
        The whole one, with those within it.
    words : sequence of str
        As they were written.

    Returns
    -------
    list of Message
    """
    path, asked, rest = _asked(command, words)
    return [_said(fault, asked, rest), _help_of(path)]


def without_value(command: Any, words: Sequence[str]) -> list[Message]:
    """Say which option was given another in the place of its value, or a path of nothing, and where help is."""
    path, asked, rest = _asked(command, words)
    options = _options(asked)
    for word, following in pairwise([*rest, "--"]):
        if word == "--":
            break
        name, joined, value = word.partition("=")
        option = options.get(name)
        # The library takes a path of nothing for the folder where one stands.
        is_empty = option is not None and option.type_descriptor.is_path and not (value if joined else following)
        if is_empty or (word in options and _takes_value(option) and following in (*options, "--help")):
            return [Message("cli.use.no_value", {"name": name}), _help_of(path)]
    return []


def put_into_words(command: Any) -> None:
    """Put a command, and all within it, into words: its own texts, which are codes, and what the library says."""
    for described in (command, *command.params):
        code = getattr(described, "help", None)
        if code and code.startswith("cli."):
            described.help = label(code)
    for parameter in command.params:
        _put_type_into_words(parameter)
    _put_help_into_words(command)
    for inner in _commands(command).values():
        put_into_words(inner)


def _put_help_into_words(command: Any) -> None:
    show, use, of_help = command.format_help, command.get_usage, command.get_help_option
    command.options_metavar = label("cli.help.options_metavar")
    if _commands(command):
        command.subcommand_metavar = label("cli.help.command_metavar")

    def get_usage(context: Any) -> str:
        return use(context).replace("Usage: ", label("cli.help.usage"), 1)

    def get_help_option(context: Any) -> Any:
        option = of_help(context)
        option.help = label("cli.help.help")
        _put_type_into_words(option)
        return option

    def format_help(context: Any, formatter: Any) -> None:
        from typer import rich_utils  # what draws tables takes a while to load, and is for help alone

        for name in _PANELS:
            setattr(rich_utils, name, label(f"cli.help.{name.partition('_')[0].lower()}"))
        rich_utils.REQUIRED_LONG_STRING = label("cli.help.required")
        rich_utils.DEFAULT_STRING = label("cli.help.default").replace("{value}", "{}")
        made = getattr(rich_utils, _MADE)

        def folded(**given: Any) -> Any:
            text = made(**given)
            text.overflow = "fold"  # a Chinese sentence is one word to it, of which it showed what a line holds
            return text

        setattr(rich_utils, _MADE, folded)
        try:
            show(context, formatter)
        finally:
            setattr(rich_utils, _MADE, made)

    command.get_usage, command.get_help_option, command.format_help = get_usage, get_help_option, format_help


def _put_type_into_words(parameter: Any) -> None:
    """Say what a value is to be; of a switch, which takes none, nothing."""
    kind = parameter.type_descriptor
    if getattr(parameter, "is_flag", False):
        shown = None
    elif kind.choices:
        shown = f"<{'|'.join(map(str, kind.choices))}>"
    else:
        shown = label(f"cli.help.{'path' if kind.is_path else 'number' if kind.annotation is int else 'text'}")
    parameter.display_type_rich = lambda ctx: shown  # noqa: ARG005 - as the library calls it


def _asked(command: Any, words: Sequence[str]) -> tuple[str, Any, list[str]]:
    """Follow words to the innermost command that they name: its path, itself, and the words behind it."""
    path, rest = ["matcher"], list(words)
    while commands := _commands(command):
        at = next((at for at, word in enumerate(rest) if not word.startswith("-")), len(rest))
        if at == len(rest) or rest[at] not in commands:
            break
        command = commands[rest[at]]
        path.append(rest[at])
        rest = rest[at + 1 :]
    return " ".join(path), command, rest


def _help_of(path: str) -> Message:
    return Message("cli.use.help", {"command": f"{path} --help"})


def _said(fault: Any, command: Any, rest: Sequence[str]) -> Message:
    """Tell faults apart by the names of their classes, which are in a private room of the library."""
    match type(fault).__name__:
        case "NoSuchOption":
            near = _near(fault.option_name, [*_options(command), "--help", "--lang"])
            return _but("cli.use.no_option", near, {"name": fault.option_name})
        case "BadOptionUsage":
            takes_value = _takes_value(_options(command).get(fault.option_name))
            return Message("cli.use.no_value" if takes_value else "cli.use.takes_none", {"name": fault.option_name})
        case "MissingParameter":
            return Message("cli.use.missing", {"name": _name(fault.param)})
        case "BadParameter" if fault.param is not None:
            return _of_value(fault)
        case _:
            return _of_words(fault.format_message(), command, rest)


def _of_words(said: str, command: Any, rest: Sequence[str]) -> Message:
    """Say of the words that are no options what is wrong with them: a command that there is not, or one too many."""
    if commands := _commands(command):
        name = next((word for word in rest if not word.startswith("-") or word == "-"), "")
        return _but("cli.use.no_command", _near(name, commands), {"name": name, "commands": tuple(commands)})
    extra = _EXTRA.fullmatch(said)
    return Message("cli.use.extra", {"words": extra[1]}) if extra else Message("cli.use.other", {"said": said})


def _but(code: str, near: Sequence[str], values: dict[str, Any]) -> Message:
    return Message(f"{code}_but", {**values, "near": tuple(near)}) if near else Message(code, values)


def _near(name: str, known: Collection[str]) -> list[str]:
    """Find what was meant; dashes, which all options begin with, do not make two of them alike."""
    bare = {one.lstrip("-"): one for one in known}
    return sorted(bare[one] for one in difflib.get_close_matches(name.lstrip("-"), bare))


def _of_value(fault: Any) -> Message:
    name, kind = _name(fault.param), fault.param.type_descriptor
    if kind.choices:
        return Message("cli.use.not_one_of", {"name": name, "choices": tuple(map(str, kind.choices))})
    if kind.annotation is not int:
        return Message("cli.use.bad_value", {"name": name, "said": fault.message})
    low, high = kind.parameter_info.min, kind.parameter_info.max
    if low is None:
        return Message("cli.use.no_whole_number", {"name": name})
    if high is None:
        return Message("cli.use.not_from", {"name": name, "low": low})
    return Message("cli.use.not_within", {"name": name, "low": low, "high": high})


def _commands(command: Any) -> dict[str, Any]:
    return getattr(command, "commands", {})


def _options(command: Any) -> dict[str, Any]:
    """Give the options of a command, by the names that they are written with."""
    return {name: option for option in command.params for name in option.opts if name.startswith("-")}


def _takes_value(option: Any) -> bool:
    return option is not None and not option.is_flag


def _name(parameter: Any) -> str:
    return parameter.get_error_hint().strip("'")
