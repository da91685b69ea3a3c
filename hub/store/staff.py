"""Staff members: who they are, what they may do, how they prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, func, select, update

from hub.model.errors import NotFound, Refused
from hub.store import links, tokens
from hub.store.tables import SessionRow, StaffRow
from hub.store.upsert import insert_new

ROLES = ("viewer", "agent", "marketer", "admin", "auditor")
# What a token or a person of one role may be trusted with of another's rights.
_COVERS: Mapping[str, frozenset[str]] = {
    "admin": frozenset(ROLES),
    "agent": frozenset({"agent", "viewer"}),
    "marketer": frozenset({"marketer", "viewer"}),
    "auditor": frozenset({"auditor", "viewer"}),
    "viewer": frozenset({"viewer"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Who acts. `language` and `time_zone` are empty where the hub's own hold; `signature` ends their mails.

    `sees_sensitive`: whether they may see what is health-class, which no role includes.
    """

    id: int
    email: str
    display_name: str
    role: str
    language: str = ""
    time_zone: str = ""
    signature: str = ""
    invited: bool = False
    disabled: bool = False
    sees_sensitive: bool = False


def covers(role: str, asked: str) -> bool:
    """Tells whether a role includes the rights of another."""
    return asked in _COVERS.get(role, ())


def known_role(role: str) -> str:
    """Returns the role. Raises Refused when there is none of that name."""
    if role not in ROLES:
        raise Refused(f"{role[:40]!r} is no role.", field="role", next_step=f"Choose one of {', '.join(ROLES)}.")
    return role


def known_email(address: str) -> str:
    """Returns a sign-in address as it is kept: without spaces around it, in small letters. Raises Refused."""
    email = address.strip().lower()
    name, at, domain = email.rpartition("@")
    if not (name and at and domain) or len(email) > 254 or any(part.isspace() or part < " " for part in email):
        raise Refused("This is no e-mail address.", field="email", next_step="Write it as name@example.com.")
    return email


def member(conn: Connection, staff_id: int) -> StaffMember:
    """Returns one staff member. Raises NotFound."""
    row = conn.execute(_ALL.where(StaffRow.id == staff_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such staff member.")
    return as_member(row)


def everyone(conn: Connection) -> list[StaffMember]:
    """Returns all staff, those who may sign in first, by name."""
    rows = conn.execute(_ALL.order_by(StaffRow.disabled_at.is_not(None), StaffRow.display_name, StaffRow.id)).mappings()
    return [as_member(row) for row in rows]


def as_member(row: RowMapping | Mapping[str, Any]) -> StaffMember:
    """Returns a row's staff member."""
    return StaffMember(
        id=row["id"],
        email=row["email"],
        display_name=row["display_name"],
        role=row["role"],
        language=row["language"],
        time_zone=row["time_zone"],
        signature=row["signature"],
        invited=not row["password_hash"],
        disabled=row["disabled_at"] is not None,
        sees_sensitive=row["sees_sensitive"],
    )


def for_sign_in(conn: Connection, email: str) -> tuple[StaffMember, str] | None:
    """Returns who signs in with this address, and their password's hash; None when nobody may."""
    found = _ALL.where(StaffRow.email == email, StaffRow.disabled_at.is_(None), StaffRow.password_hash != "")
    row = conn.execute(found).mappings().first()
    return (as_member(row), row["password_hash"]) if row else None


def password_of(conn: Connection, staff_id: int) -> str:
    """Returns the hash of a staff member's password, empty where there is none yet."""
    return conn.scalar(select(StaffRow.password_hash).where(StaffRow.id == staff_id)) or ""


def invite(conn: Connection, email: str, display_name: str, role: str, now: datetime) -> int:
    """Adds somebody who has yet to choose a password; returns the id. Raises Refused when the address is taken."""
    name = display_name.strip()[:200] or email
    values = {"email": known_email(email), "display_name": name, "role": known_role(role), "created_at": now}
    if insert_new(conn, StaffRow, [values]) != 1:
        raise Refused("Somebody with this address is on the list already.", field="email")
    return conn.scalars(select(StaffRow.id).where(StaffRow.email == values["email"])).one()


def set_password(conn: Connection, staff_id: int, password_hash: str, *, display_name: str = "") -> None:
    """Keeps a new password's hash and signs the person out everywhere; open links to it no longer work."""
    changed: dict[str, Any] = {"password_hash": password_hash}
    if display_name.strip():
        changed["display_name"] = display_name.strip()[:200]
    conn.execute(update(StaffRow).where(StaffRow.id == staff_id).values(**changed))
    sign_out_everywhere(conn, staff_id)
    links.revoke_of(conn, staff_id)


def keep_rehashed(conn: Connection, staff_id: int, old: str, new: str) -> None:
    """Replaces the hash of an unchanged password by one that costs what the settings ask for now."""
    conn.execute(
        update(StaffRow).where(StaffRow.id == staff_id, StaffRow.password_hash == old).values(password_hash=new)
    )


def set_role(conn: Connection, staff_id: int, role: str) -> None:
    """Gives another role and signs the person out everywhere. Raises NotFound, and Refused for the last admin."""
    who = member(conn, staff_id)
    conn.execute(update(StaffRow).where(StaffRow.id == staff_id).values(role=known_role(role)))
    _keep_an_admin(conn)
    if who.role != role:
        sign_out_everywhere(conn, staff_id)


def set_sight(conn: Connection, staff_id: int, sees: bool) -> None:
    """Says whether somebody may see what is health-class, from their next request on. Raises NotFound."""
    member(conn, staff_id)
    conn.execute(update(StaffRow).where(StaffRow.id == staff_id).values(sees_sensitive=sees))


def disable(conn: Connection, staff_id: int, now: datetime) -> None:
    """Shuts somebody out at once: sessions, tokens and links end. Raises NotFound, and Refused for the last admin."""
    member(conn, staff_id)
    conn.execute(update(StaffRow).where(StaffRow.id == staff_id).values(disabled_at=now))
    _keep_an_admin(conn)
    sign_out_everywhere(conn, staff_id)
    tokens.revoke_of(conn, staff_id, now)
    links.revoke_of(conn, staff_id)


def enable(conn: Connection, staff_id: int) -> None:
    """Lets somebody sign in again, with the password they had. Raises NotFound."""
    member(conn, staff_id)
    conn.execute(update(StaffRow).where(StaffRow.id == staff_id).values(disabled_at=None))


def set_profile(conn: Connection, staff_id: int, **values: str) -> None:
    """Keeps what a staff member chose: display_name, language, time_zone, signature."""
    conn.execute(update(StaffRow).where(StaffRow.id == staff_id).values(**values))


def sign_out_everywhere(conn: Connection, staff_id: int, *, but: str = "") -> None:
    """Ends the sessions of a staff member, except the one with the given digest."""
    conn.execute(delete(SessionRow).where(SessionRow.staff_id == staff_id, SessionRow.digest != but))


def anyone(conn: Connection) -> bool:
    """Tells whether the hub has staff: until then anybody with the first link becomes its administrator."""
    return bool(conn.scalar(select(exists().where(StaffRow.id.is_not(None)))))


def _keep_an_admin(conn: Connection) -> None:
    """Refuses to leave the hub without an administrator who can sign in.

    Their rows are locked in one order, so two who demote each other at once do not both succeed.
    """
    admins = select(StaffRow.id).where(
        StaffRow.role == "admin", StaffRow.disabled_at.is_(None), func.length(StaffRow.password_hash) > 0
    )
    if not conn.scalars(admins.order_by(StaffRow.id).with_for_update()).all():
        raise Refused(
            "This is the last administrator.", field="role", next_step="Make somebody else administrator first."
        )


_ALL = select(StaffRow.__table__)
