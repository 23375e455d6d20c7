"""What was wrong with a command, in words of ours: the library that reads it speaks English alone."""

from typing import Any

from typer.exceptions import TyperException

from matcher.domain.messages import Message


def misuse(fault: TyperException) -> list[Message]:
    """
    Say what was wrong with a command, and where its help is.

    Parameters
    ----------
    fault : TyperException
        As the library raises it while it reads a command.

    Returns
    -------
    list of Message
    """
    context: Any = getattr(fault, "ctx", None)
    asked = context.command_path if context is not None else "matcher"
    return [_said(fault), Message("cli.use.help", {"command": f"{asked} --help"})]


def _said(fault: Any) -> Message:
    """Tell faults apart by the names of their classes, which are in a private room of the library."""
    context = getattr(fault, "ctx", None)
    match type(fault).__name__:
        case "NoSuchOption":
            near = tuple(sorted(fault.possibilities or ()))
            code = "cli.use.no_option" if len(near) == 0 else "cli.use.no_option_but"
            return Message(code, {"name": fault.option_name, "near": near})
        case "BadOptionUsage":
            return Message("cli.use.no_value", {"name": fault.option_name})
        case "MissingParameter":
            return Message("cli.use.missing", {"name": _name(fault.param)})
        case "BadParameter" if fault.param is not None:
            return _of_value(fault)
        case "UsageError" if commands := getattr(getattr(context, "command", None), "commands", None):
            return Message("cli.use.no_command", {"commands": tuple(commands)})
        case _:
            return Message("cli.use.other", {"said": fault.format_message()})


def _of_value(fault: Any) -> Message:
    name, kind = _name(fault.param), fault.param.type_descriptor
    if kind.choices:
        return Message("cli.use.not_one_of", {"name": name, "choices": tuple(map(str, kind.choices))})
    bounds = kind.parameter_info.min, kind.parameter_info.max
    if kind.annotation is int and None not in bounds:
        return Message("cli.use.not_within", {"name": name, "low": bounds[0], "high": bounds[1]})
    if kind.annotation is int:
        return Message("cli.use.no_whole_number", {"name": name})
    return Message("cli.use.bad_value", {"name": name, "said": fault.message})


def _name(parameter: Any) -> str:
    return parameter.get_error_hint().strip("'")
