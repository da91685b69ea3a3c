"""Full-text search over the history: folded words, newest first, by the id that is also the time.

SQLite keeps a contentless FTS5 table (the rowid is the interaction id), PostgreSQL a tsvector with GIN. Each document
also holds one word for its identity, so a search within one customer is an intersection, not a filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Text, text
from sqlalchemy.types import TypeEngine

from hub.model.search_words import words_of, words_said
from hub.store.batch import Batch

_DOCUMENT: dict[str, TypeEngine[Any]] = {"id": BigInteger(), "words": Text()}
_INDEX = {
    "sqlite": Batch(_DOCUMENT, "INSERT INTO interaction_search (rowid, words) {rows}"),
    "postgresql": Batch(
        _DOCUMENT,
        # Not to_tsvector: its parser splits words by its own rules, which depend on the database's locale.
        "INSERT INTO interaction_search (interaction_id, words)"
        " SELECT id, array_to_tsvector(string_to_array(words, ' ')) FROM ({rows}) AS document"
        " ON CONFLICT (interaction_id) DO NOTHING",
    ),
}
_SEARCH = {
    "sqlite": text(
        "SELECT rowid AS id FROM interaction_search WHERE interaction_search MATCH :query AND rowid < :before"
        " ORDER BY rowid DESC LIMIT :limit"
    ),
    # Materialised: with ORDER BY and LIMIT beside it PostgreSQL walks all rows by id for a word that few of them hold
    # (a million: 190 ms), since it cannot know how many words a beginning stands for.
    "postgresql": text(
        "WITH found AS MATERIALIZED (SELECT interaction_id AS id FROM interaction_search"
        " WHERE words @@ CAST(:query AS tsquery) AND interaction_id < :before)"
        " SELECT id FROM found ORDER BY id DESC LIMIT :limit"
    ),
}
# A common word is found soonest among the newest: 10,000 rows are walked in 4 ms, its 100,000 places sorted in 80.
_NEWEST = text(
    "SELECT interaction_id AS id FROM (SELECT interaction_id, words FROM interaction_search"
    " WHERE interaction_id < :before ORDER BY interaction_id DESC LIMIT 10000) AS newest"
    " WHERE words @@ CAST(:query AS tsquery) ORDER BY interaction_id DESC LIMIT :limit"
)
_LAST = (1 << 63) - 1


def document(identity: int, subject: str, body: str) -> str:
    """Returns the words under which an interaction is found."""
    return with_identity(identity, words_said(subject, body))


def with_identity(identity: int, words: str) -> str:
    """Returns a document of words that were made ready before (hub.model.search_words)."""
    return f"{_identity_word(identity)} {words}" if words else _identity_word(identity)


def index_interactions(conn: Connection, rows: Sequence[tuple[int, int, str, str]]) -> None:
    """Indexes (interaction, identity, subject, text)."""
    index_documents(conn, [(key, document(identity, subject, body)) for key, identity, subject, body in rows])


def index_documents(conn: Connection, documents: Sequence[tuple[int, str]]) -> None:
    """Indexes (interaction, its document)."""
    # FTS5 writes a segment of its own wherever a rowid is smaller than the one before it (fts5_index.c).
    _INDEX[conn.dialect.name].written(conn, sorted(documents))


def search(
    conn: Connection, words: str, *, identities: Sequence[int] = (), before: int | None = None, limit: int = 50
) -> list[int]:
    """Returns ids of interactions that hold all the words, newest first; the last word also matches as a beginning.

    `identities`: only those of these identities. An empty query finds nothing.
    """
    wanted = words_of(words, 16)
    if not wanted:
        return []
    query = _sqlite_query(wanted, identities) if conn.dialect.name == "sqlite" else _tsquery(wanted, identities)
    asked = {"query": query, "before": before if before is not None else _LAST, "limit": limit}
    if conn.dialect.name == "postgresql" and not identities:
        newest = list(conn.scalars(_NEWEST, asked))
        if len(newest) == limit:
            return newest
    return list(conn.scalars(_SEARCH[conn.dialect.name], asked))


def _identity_word(identity: int) -> str:
    # Folding turns every ł into l, so nobody can type this word, nor one that it begins with.
    return f"ł{identity}"


def _sqlite_query(words: Sequence[str], identities: Sequence[int]) -> str:
    # tokens() leaves letters and digits only, and every token is quoted: nothing here can be FTS5 syntax.
    parts = [f'"{word}"' for word in words[:-1]] + [f'"{words[-1]}"*']
    if identities:
        parts.append("(" + " OR ".join(f'"{_identity_word(identity)}"' for identity in identities) + ")")
    return " AND ".join(parts)


def _tsquery(words: Sequence[str], identities: Sequence[int]) -> str:
    parts = [f"'{word}'" for word in words[:-1]] + [f"'{words[-1]}':*"]
    if identities:
        parts.append("(" + " | ".join(f"'{_identity_word(identity)}'" for identity in identities) + ")")
    return " & ".join(parts)
