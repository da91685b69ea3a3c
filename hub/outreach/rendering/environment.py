"""The sandbox in which templates run: plain values in, no methods, no globals, dates in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hub.outreach.rendering.allowed import FILTERS, TESTS
from hub.outreach.rendering.filters import LARGEST, OWN

# Not among the filters that a template may name.
_EACH = "each of"


class Missing(StrictUndefined):
    """A value that is not there; whoever wrote the template is told of it in their own words."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        return f"{self._undefined_name!r} is not known; where it may be missing, write |default('...') after it"


class MessageEnvironment(ImmutableSandboxedEnvironment):
    """Looks things up in mappings only, and multiplies numbers only: text times a number is how bombs are made."""

    intercepted_binops = frozenset({"+", "-", "*", "/"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and not attribute.startswith("_"):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.getattr(obj, argument) if isinstance(argument, str) else self.undefined(obj=obj, name=str(argument))

    def _generate(self, source: nodes.Template, *given: Any, **named: Any) -> str:
        """Lets loops go over several things only: a text has thousands of letters."""
        for loop in source.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, _EACH, [], [], None, None, lineno=loop.lineno)
        return super()._generate(source, *given, **named)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "*" and not (_is_small(left) and _is_small(right)):
            raise SecurityError("only numbers can be multiplied")
        return super().call_binop(context, operator, _exact(left), _exact(right))


def _exact(number: Any) -> Any:
    """Returns what a template writes as 0.5 as a decimal, as amounts are: the two do not mix."""
    return Decimal(str(number)) if isinstance(number, float) else number


def _is_small(number: Any) -> bool:
    return isinstance(number, int | float | Decimal) and -LARGEST < number < LARGEST


def _each(several: Any) -> Any:
    if isinstance(several, list | tuple | Mapping | Undefined):
        return several
    raise SecurityError("a loop goes over several things, and this is one")


def _environment(*, html: bool) -> MessageEnvironment:
    environment = MessageEnvironment(
        autoescape=html, undefined=Missing, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.globals.clear()
    jinjas = {name: work for name, work in environment.filters.items() if name in FILTERS}
    environment.filters = {**jinjas, **OWN, _EACH: _each}
    environment.tests = {name: work for name, work in environment.tests.items() if name in TESTS}
    return environment


@lru_cache(maxsize=512)
def compiled(source: str, *, html: bool) -> Template:
    """Returns a template compiled, the same one for the same source."""
    return environment(html=html).from_string(source)


@lru_cache(maxsize=2)
def environment(*, html: bool) -> MessageEnvironment:
    """Returns the sandbox for HTML, which escapes, or for plain text, which does not."""
    return _environment(html=html)
