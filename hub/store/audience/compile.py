"""A segment as one condition over the customers' table."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, not_, or_, true

from hub.model.segment import Group, Node, Not
from hub.model.segment.about_habits import BestChannel, BestHour
from hub.model.segment.about_history import Answered, Bought, Meets, Reached, Scored, Spoke
from hub.model.segment.about_person import Address, Agreed, Birthday, Created, Fact, Field
from hub.model.segment.about_records import Advised, Earned, Offered, Owns, Valued
from hub.store.audience import answers, habits, history, person, records
from hub.store.audience.scope import Scope


def condition(node: Node, scope: Scope) -> ColumnElement[bool]:
    """Returns the condition that a row of the customers' table belongs."""
    match node:
        case Group(word, members):
            inner = [condition(each, scope) for each in members]
            if not inner:
                return true()
            return and_(*inner) if word == "all" else or_(*inner)
        case Not(member):
            return not_(condition(member, scope))
        case Field():
            return person.field(node)
        case Birthday():
            return person.birthday(node, scope)
        case Created():
            return person.created(node, scope)
        case Address():
            return person.address(node, scope)
        case Agreed():
            return person.agreed(node, scope)
        case Fact():
            return answers.fact(node, scope)
        case Bought():
            return history.bought(node, scope)
        case Meets():
            return history.meets(node, scope)
        case Spoke():
            return history.spoke(node, scope)
        case Reached():
            return history.reached(node, scope)
        case Scored():
            return answers.scored(node, scope)
        case Answered():
            return answers.answered(node, scope)
        case Owns():
            return records.owns(node, scope)
        case Offered():
            return records.offered(node, scope)
        case Earned():
            return records.earned(node, scope)
        case Valued():
            return records.valued(node, scope)
        case Advised():
            return records.advised(node, scope)
        case BestHour():
            return habits.best_hour(node, scope)
        case BestChannel():
            return habits.best_channel(node, scope)
    raise TypeError(f"{type(node).__name__} is no condition")
