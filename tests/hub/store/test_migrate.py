"""The schema: made once, known when current, refused when newer; and the tables that the code knows."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, inspect

from hub.model.errors import ConfigurationError
from hub.store.migrate import is_current, migrate, newest_revision
from hub.store.session import open_database
from hub.store.tables import Base


async def test_a_new_database_gets_every_table_and_a_current_one_is_left_alone(database_url: str) -> None:
    assert await migrate(database_url)
    assert not await migrate(database_url)

    def look(conn: Connection, _: None) -> tuple[bool, set[str], dict[str, set[str]]]:
        inspector = inspect(conn)
        tables = set(inspector.get_table_names())
        columns = {name: {column["name"] for column in inspector.get_columns(name)} for name in Base.metadata.tables}
        return is_current(conn), tables, columns

    database = open_database(database_url)
    await database.open()
    current, tables, columns = await database.read(look, None)
    await database.close()
    assert current
    assert set(Base.metadata.tables) <= tables
    for name, table in Base.metadata.tables.items():
        assert columns[name] == {column.name for column in table.columns}, name


async def test_a_database_of_a_newer_hub_is_refused(database_url: str) -> None:
    await migrate(database_url)
    database = open_database(database_url)
    await database.open()
    await database.write(
        lambda conn, _: conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'") and None, None
    )
    await database.close()
    with pytest.raises(ConfigurationError, match="newer hub"):
        await migrate(database_url)
    assert newest_revision() < "9999"
