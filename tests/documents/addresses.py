"""Addresses of files that a module of a page leads to, put together from its source as the module would."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

HOLE = "\0"
"""What only the running page knows, such as an id."""
# What may stand behind the name is asked of the file.
_ADDRESS = re.compile(rf"/export/(\w+)/{HOLE}/([\w.]+){HOLE}?")

Bindings = dict[str, list[tuple[ast.expr, bool]]]
"""Expressions by the name that they are given to, each with whether the name is one element of it at a time."""


def addresses(source: str) -> set[tuple[str, str]]:
    """Give kind and name of every ``/export/KIND/ID/NAME`` of a source; each function knows its own names alone."""
    tree = ast.parse(source)
    common = _bindings(tree.body)
    scopes = [(tree.body, common)]
    scopes += [
        (node.body, common | _bindings(node.body)) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    ]
    said = {
        text
        for body, names in scopes
        for node in _inside(body)
        if isinstance(node, ast.JoinedStr)
        for text in _texts(node, names)
    }
    return {(found[1], found[2]) for text in said if (found := _ADDRESS.fullmatch(text))}


def _inside(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Walk through statements, but not into functions and classes among them."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node
            waiting += ast.iter_child_nodes(node)


def _bindings(body: list[ast.stmt]) -> Bindings:
    found: Bindings = defaultdict(list)

    def bind(target: ast.expr, value: ast.expr, *, is_each: bool) -> None:
        if isinstance(target, ast.Name):
            found[target.id].append((value, is_each))
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and not is_each:
            for one, of in zip(target.elts, value.elts, strict=True):
                bind(one, of, is_each=False)

    for node in _inside(body):
        match node:
            case ast.Assign(targets=[target], value=value) | ast.AugAssign(target=target, value=value):
                bind(target, value, is_each=False)
            case ast.For(target=target, iter=each) | ast.comprehension(target=target, iter=each):
                bind(target, each, is_each=True)
    return dict(found)


def _texts(node: ast.expr, names: Bindings) -> set[str]:
    """Give the texts that an expression may be."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.JoinedStr(values=parts):
            return {"".join(text) for text in product(*(_texts(part, names) for part in parts))}
        case ast.FormattedValue(value=value):
            return _texts(value, names)
        case ast.Name(id=name) if name in names:
            # Without itself: a name may be given anew from what it was.
            rest = {other: values for other, values in names.items() if other != name}
            of = ((_elements if is_each else _texts)(value, rest) for value, is_each in names[name])
            return set().union(*of)
    return {HOLE}


def _elements(node: ast.expr, names: Bindings) -> set[str]:
    """Give the texts that may be an element of an expression."""
    match node:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            of = (_elements(e.value, names) if isinstance(e, ast.Starred) else _texts(e, names) for e in elements)
            return set().union(*of)
        case ast.IfExp(body=one, orelse=other):
            return _elements(one, names) | _elements(other, names)
        case ast.Name(id=name) if name in names:
            rest = {other: values for other, values in names.items() if other != name}
            return set().union(*(_elements(value, rest) for value, is_each in names[name] if not is_each))
    return {HOLE}
