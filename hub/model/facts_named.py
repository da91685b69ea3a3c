"""Which of a customer's facts the source of a template names, wherever it does so."""

from __future__ import annotations

import re
from functools import lru_cache

# Stands for all of them: a template that writes out `customer.facts` or `customer` as a whole.
ALL = ""
_BRACKETS = re.compile(r"\[\s*(['\"])(\w+)\1\s*\]")
_TEXTS = re.compile(r"'[^']*'|\"[^\"]*\"")
_FACT = re.compile(r"\bcustomer\s*\.\s*facts\b(?:\s*\.\s*(\w+))?")
_SAID = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_WHOLE = re.compile(r"(?<![.\w])customer\b(?!\s*\.)")


@lru_cache(maxsize=512)
def facts_named(source: str) -> frozenset[str]:
    """Returns the facts that a template names: `customer.facts.size`, `customer["facts"]["size"]`; `ALL`: any."""
    if "customer" not in source:
        return frozenset()
    written = _BRACKETS.sub(r".\2", source)
    named = {found[1] or ALL for found in _FACT.finditer(written)}
    if any(_WHOLE.search(_TEXTS.sub("", said)) for said in _SAID.findall(written)):
        named.add(ALL)
    return frozenset(named)
