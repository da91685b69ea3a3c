"""Which fields a template writes out, and which of them stand there bare: with no condition and no default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jinja2 import TemplateError, nodes

from hub.outreach.rendering.environment import environment

_OF_NUMBERS = frozenset({"money", "number", "plural", "round"})


def used(source: str, *, html: bool = False) -> list[str]:
    """Returns every field that a template names, as `customer.first_name`, in order; none where it cannot be read."""
    try:
        tree = environment(html=html).parse(source)
    except (TemplateError, RecursionError):
        return []
    return list(dict.fromkeys(_paths(tree)))


def bare(source: str, *, html: bool = False) -> list[str]:
    """Returns the fields that leave a hole in the sentence where they are empty, in order."""
    try:
        tree = environment(html=html).parse(source)
    except (TemplateError, RecursionError):
        return []
    return list(dict.fromkeys(_bare(tree, frozenset())))


def looped(source: str, *, html: bool = False) -> frozenset[str]:
    """Returns the fields that a template goes over in a loop."""
    try:
        tree = environment(html=html).parse(source)
    except (TemplateError, RecursionError):
        return frozenset()
    return frozenset(_path(loop.iter) for loop in tree.find_all(nodes.For))


def reckoned(source: str, *, html: bool = False) -> frozenset[str]:
    """Returns the fields that a template writes as numbers, or reckons with."""
    try:
        tree = environment(html=html).parse(source)
    except (TemplateError, RecursionError):
        return frozenset()
    written = [each.node for each in tree.find_all(nodes.Filter) if each.name in _OF_NUMBERS and each.node is not None]
    sums = [part for each in tree.find_all((nodes.Mul, nodes.Div, nodes.Sub)) for part in (each.left, each.right)]
    return frozenset(path for node in (*written, *sums) if (path := _path(node)))


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """Returns the value of a field, None where there is none."""
    found: Any = values
    for step in path.split("."):
        try:
            found = found[step]
        except (KeyError, TypeError):  # what stands there has no fields
            return None
    return found


def _bare(node: nodes.Node, guarded: frozenset[str]) -> Iterator[str]:
    match node:
        case nodes.If():
            inside = guarded | set(_paths(node.test))
            yield from _each(node.body, inside)
            yield from _each(node.elif_, inside)
            yield from _each(node.else_, inside)
        case nodes.CondExpr():
            inside = guarded | set(_paths(node.test))
            yield from _each([part for part in (node.expr1, node.expr2) if part is not None], inside)
        case nodes.Filter() if node.name == "default":
            return
        case nodes.For():
            own = node.target.name if isinstance(node.target, nodes.Name) else ""
            yield from (path for path in _each(node.body, guarded) if path.partition(".")[0] not in (own, "loop"))
            yield from _each(node.else_, guarded)
        case nodes.Getattr() | nodes.Getitem() | nodes.Name():
            path = _path(node)
            if path and path not in guarded:
                yield path
        case _:
            yield from _each(list(node.iter_child_nodes()), guarded)


def _each(those: Sequence[nodes.Node], guarded: frozenset[str]) -> Iterator[str]:
    for node in those:
        yield from _bare(node, guarded)


def _paths(node: nodes.Node) -> Iterator[str]:
    path = _path(node)
    if path:
        yield path
        return
    for child in node.iter_child_nodes():
        yield from _paths(child)


def _path(node: nodes.Node) -> str:
    steps: list[str] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        if isinstance(node, nodes.Getattr):
            steps.append(node.attr)
        elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            steps.append(node.arg.value)
        else:
            return ""
        node = node.node
    if not isinstance(node, nodes.Name):
        return ""
    return ".".join([node.name, *reversed(steps)])
