"""What a template may say. The list names what is allowed, so that what nobody thought of is refused.

Everything allowed costs time and memory in proportion to the template and its values: no loops over literals, no loop
within a loop but over a part of what that one is at, little in loops, no names of its own, no repetition, no calls. So
an accepted template is safe to render in the hub's own process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jinja2 import TemplateSyntaxError, nodes
from jinja2.environment import Environment

from hub.model.errors import Refused, TooLarge

LARGEST_TEMPLATE = 64 * 1024
_DEEPEST = 50
_DEEPEST_LOOP = 2
_MOST_LOOPS = 20
_MOST_IN_LOOPS = 400

FILTERS = frozenset({
    *("capitalize", "date", "datetime", "default", "escape", "first", "join", "last", "length", "lower", "money"),
    *("number", "plural", "round", "time", "title", "trim", "truncate", "upper", "weekday"),
})  # fmt: skip
TESTS = frozenset({"defined", "undefined", "none", "odd", "even", "string", "number"})
# Records that a message may be about, and what each has.
RECORDS: Mapping[str, Sequence[str]] = {
    "offer": ("title", "code", "discount", "until", "category"),
    "purchase": ("what", "category", "date", "amount"),
    "inquiry": ("subject", "date"),
    "cart": ("what", "lines", "amount", "url"),
    "task": ("title", "customer", "phone", "due", "url"),
    "advice": ("next", "because", "successor", "worn"),
}
# The names a template may use, and what each has; None: whatever the business keeps there.
NAMES: Mapping[str, Sequence[str] | None] = {
    "customer": ("name", "first_name", "language", "country", "birthday", "facts"),
    "appointment": (
        "title", "date", "weekday", "time", "ends", "starts_at", "location", "zone", "your_time", "answer_url",
    ),
    "equipment": (
        "name", "model", "serial", "location", "unit", "reading", "installed_on", "warranty_until", "last_service_on",
        "next_service_on",
    ),
    **RECORDS,
    "business": ("name", "email", "phone", "url"),
    "staff": ("name", "signature"),
    "answered": ("subject", "opens", "opens_day", "opens_time"),
    "campaign": None,
    "unsubscribe_url": (),
    "language": (),
}  # fmt: skip
_FREE = frozenset({"facts"})
_LOOP = frozenset({"first", "last", "index", "index0", "length"})
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Neg, nodes.Pos,
    nodes.Const, nodes.Tuple, nodes.List, nodes.Keyword,
)  # fmt: skip
_SAID = {
    nodes.Call: "Calls are not allowed",
    nodes.CallBlock: "Calls are not allowed",
    nodes.Macro: "Macros are not allowed",
    nodes.Assign: "Names of its own (set) are not allowed",
    nodes.AssignBlock: "Names of its own (set) are not allowed",
    nodes.With: "Names of its own (with) are not allowed",
    nodes.Include: "Other templates cannot be included",
    nodes.Import: "Other templates cannot be imported",
    nodes.FromImport: "Other templates cannot be imported",
    nodes.Extends: "Other templates cannot be extended",
    nodes.Pow: "Powers are not allowed",
    nodes.Mod: "The % operator is not allowed",
}


def check(environment: Environment, source: str, face: str, names: Mapping[str, Sequence[str] | None] = NAMES) -> None:
    """Raises Refused naming the face, the line and what is not allowed there; TooLarge beyond 64 KB."""
    if len(source.encode("utf-8", "replace")) > LARGEST_TEMPLATE:
        raise TooLarge(f"The template {face} is larger than {LARGEST_TEMPLATE // 1024} KB.", field=face)
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise Refused(f"{face}, line {error.lineno}: {error.message}.", field=face) from error
    except RecursionError as error:
        raise Refused(f"{face}: the template is nested too deeply.", field=face) from error
    _Walk(face, names).visit(tree, frozenset(), 0, 0)


class _Walk:
    def __init__(self, face: str, names: Mapping[str, Sequence[str] | None]) -> None:
        self._face = face
        self._names = names
        self._loops = 0
        self._in_loops = 0

    def visit(self, node: nodes.Node, known: frozenset[str], depth: int, loops: int) -> None:
        """Checks a node and all below it; `known`: names that loops around it have made."""
        if depth > _DEEPEST:
            raise self._refused(node, "It is nested too deeply")
        self._count(node, loops)
        match node:
            case nodes.For():
                self._for(node, known, depth, loops)
                return
            case nodes.Output():
                self._shown(node)
            case nodes.Name():
                self._name(node, known)
            case nodes.Getattr() | nodes.Getitem():
                self._path(node, known)
                return
            case nodes.Filter():
                if node.name not in FILTERS:
                    raise self._refused(node, f"The filter {node.name!r} is not one of {', '.join(sorted(FILTERS))}")
                if node.node is None:
                    raise self._refused(node, "A filter needs something to filter")
            case nodes.Test():
                if node.name not in TESTS:
                    raise self._refused(node, f"The test {node.name!r} is not one of {', '.join(sorted(TESTS))}")
            case _ if not isinstance(node, _PLAIN):
                said = _SAID.get(type(node), f"{type(node).__name__} is not allowed")
                raise self._refused(node, said)
        for child in node.iter_child_nodes():
            self.visit(child, known, depth + 1, loops)

    def _for(self, node: nodes.For, known: frozenset[str], depth: int, loops: int) -> None:
        if loops >= _DEEPEST_LOOP:
            raise self._refused(node, f"Loops may be nested {_DEEPEST_LOOP} deep")
        if node.recursive:
            raise self._refused(node, "Recursive loops are not allowed")
        if not isinstance(node.target, nodes.Name):
            raise self._refused(node, "A loop has one name")
        if node.target.name.startswith("_") or node.target.name in self._names:
            raise self._refused(node, f"A loop cannot use the name {node.target.name!r}")
        if not isinstance(node.iter, nodes.Name | nodes.Getattr | nodes.Getitem):
            raise self._refused(node, "A loop goes over a named value")
        if loops and _root(node.iter) not in known - {"loop"}:
            raise self._refused(node, "A loop within a loop goes over a part of what that one is at")
        self.visit(node.iter, known, depth + 1, loops)
        inside = known | {node.target.name, "loop"}
        for child in self._parts(node):
            self.visit(child, inside, depth + 1, loops + 1)

    def _count(self, node: nodes.Node, loops: int) -> None:
        """Keeps the work of a face small: each loop, and joining is one, goes through all that it is given."""
        self._loops += isinstance(node, nodes.For) or (isinstance(node, nodes.Filter) and node.name == "join")
        self._in_loops += bool(loops)
        if self._loops > _MOST_LOOPS:
            raise self._refused(node, f"One face has at most {_MOST_LOOPS} loops")
        if self._in_loops > _MOST_IN_LOOPS:
            raise self._refused(node, "Too much stands in its loops")

    def _shown(self, node: nodes.Output) -> None:
        """Refuses to show a whole record: nobody is to read how it is kept, nor all that is known of them."""
        for each in node.nodes:
            match each:
                case nodes.Name():
                    whole = self._names.get(each.name, ()) != ()
                case nodes.Getattr() | nodes.Getitem():
                    root, steps = self._steps(each)
                    whole = len(steps) == 1 and steps[0] in _FREE and root.name in self._names
                case _:
                    whole = False
            if whole:
                raise self._refused(each, "A record is shown by its parts, as {{ customer.name }}")

    @staticmethod
    def _parts(node: nodes.For) -> Iterator[nodes.Node]:
        yield from node.body
        yield from node.else_
        if node.test is not None:
            yield node.test

    def _name(self, node: nodes.Name, known: frozenset[str]) -> None:
        if node.name not in self._names and node.name not in known:
            raise self._refused(node, f"There is no {node.name!r}; known are {', '.join(sorted(self._names))}")

    def _path(self, node: nodes.Getattr | nodes.Getitem, known: frozenset[str]) -> None:
        """Checks `customer.facts.size`: constant names only, none beginning with _, and known ones."""
        root, steps = self._steps(node)
        self._name(root, known)
        has = _LOOP if root.name == "loop" else self._names.get(root.name) if root.name not in known else None
        if has is not None and (steps[0] not in has or (len(steps) > 1 and steps[0] not in _FREE)):
            where = f"{root.name}.{'.'.join(steps)}"
            raise self._refused(node, f"There is no {where!r}; {root.name} has {', '.join(has) or 'no parts'}")

    def _steps(self, node: nodes.Getattr | nodes.Getitem) -> tuple[nodes.Name, list[str]]:
        """Returns what a path begins with, and its steps."""
        steps: list[str] = []
        inner: nodes.Node = node
        while isinstance(inner, nodes.Getattr | nodes.Getitem):
            step = self._step(inner)
            if step.startswith("_"):
                raise self._refused(node, f"{step!r} is not allowed: names may not begin with _")
            steps.append(step)
            inner = inner.node
        if not isinstance(inner, nodes.Name):
            raise self._refused(node, "Only named values have parts")
        if len(steps) > _DEEPEST:
            raise self._refused(node, "It is nested too deeply")
        return inner, steps[::-1]

    def _step(self, node: nodes.Getattr | nodes.Getitem) -> str:
        if isinstance(node, nodes.Getattr):
            return node.attr
        if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            return node.arg.value
        raise self._refused(node, "What stands in [ ] must be a name in quotes")

    def _refused(self, node: nodes.Node, what: str) -> Refused:
        return Refused(f"{self._face}, line {node.lineno}: {what}.", field=self._face)


def _root(node: nodes.Node) -> str:
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else ""
