"""Names of the actions that are written down, read off the sources: there is no list of them to keep."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import matcher

ROOMS = ("services", "store", "web")
WRITES = {"insert": 1, "insert_all": 1, "change": 1, "change_all": 1, "delete": 1, "note": 0, "erase": 0}
"""Methods of `Writer`, and where each takes the action."""


@dataclass(frozen=True, eq=False)
class Place:
    """An expression, in the function and in the module where it stands."""

    expression: ast.expr
    function: ast.FunctionDef
    module: ast.Module


class Sources:
    """All modules of the rooms that write."""

    @cached_property
    def modules(self) -> list[ast.Module]:
        root = Path(matcher.__file__).parent
        return [
            ast.parse(path.read_text(encoding="utf-8"), str(path))
            for room in ROOMS
            for path in sorted((root / room).glob("*.py"))
            if path.name != "writing.py"  # where `Writer` itself is
        ]

    @cached_property
    def calls(self) -> list[tuple[ast.Call, Place]]:
        """Every call within a function, innermost last."""
        return [
            (node, Place(node, function, module))
            for module in self.modules
            for function in ast.walk(module)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
            if isinstance(node, ast.Call)
        ]

    def actions(self) -> Iterator[str]:
        """Give the action of every write; a place where it can't be told is an error."""
        for call, place in self.calls:
            method = getattr(call.func, "attr", None)
            if method in WRITES and ast.unparse(getattr(call.func, "value", call)) in self._writers(place.function):
                yield from self.told(Place(_arguments(call)[WRITES[method]], place.function, place.module))

    def told(self, place: Place) -> Iterator[str]:
        """Find the words that an expression may be."""
        match place.expression:
            case ast.Constant(value=None):
                return
            case ast.Constant(value=str(word)):
                yield word
            case ast.IfExp(body=body, orelse=orelse):
                yield from self.told(Place(body, place.function, place.module))
                yield from self.told(Place(orelse, place.function, place.module))
            case ast.Starred(value=inner):
                yield from self.told(Place(inner, place.function, place.module))
            case ast.Tuple(elts=[first, *_]):
                yield from self.told(Place(first, place.function, place.module))
            case ast.Name(id=name):
                yield from self._named(name, place)
            case other:
                raise AssertionError(f"no action can be read off {ast.unparse(other)} in {place.function.name}")

    def _named(self, name: str, place: Place) -> Iterator[str]:
        parameters = [argument.arg for argument in place.function.args.args]
        if name in parameters:
            for call, caller in self.calls:
                is_near = caller.module is place.module or not place.function.name.startswith("_")
                if is_near and getattr(call.func, "id", None) == place.function.name:
                    given = {keyword.arg: keyword.value for keyword in call.keywords}
                    given |= dict(zip(parameters, _arguments(call), strict=False))
                    yield from self.told(Place(given[name], caller.function, caller.module))
            return
        for node in (*place.module.body, *ast.walk(place.function)):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
                yield from self.told(Place(node.value, place.function, place.module))
                return
        raise AssertionError(f"nothing is known of {name} in {place.function.name}")

    def _writers(self, function: ast.FunctionDef) -> set[str]:
        """Name what writes in a function: what it is given as a `Writer`, or opens as one."""
        given = {a.arg for a in function.args.args if a.annotation and ast.unparse(a.annotation) == "Writer"}
        opened = {
            ast.unparse(item.optional_vars)
            for node in ast.walk(function)
            if isinstance(node, ast.With)
            for item in node.items
            if item.optional_vars and ".writing(" in ast.unparse(item.context_expr)
        }
        return given | opened


def _arguments(call: ast.Call) -> list[ast.expr]:
    """Give the positional arguments, those of a tuple that is laid out too."""
    return [
        inner
        for argument in call.args
        for inner in (
            argument.value.elts
            if isinstance(argument, ast.Starred) and isinstance(argument.value, ast.Tuple)
            else [argument]
        )
    ]
