"""Do-not-call lists: whom no machine calls; loaded as a file of numbers, good for some weeks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from hub.desk import do_not_call as desk
from hub.desk.do_not_call import Loaded
from hub.model.errors import Refused
from hub.outreach.do_not_call import good_for
from hub.outreach.quiet_hours import Rulebook, rulebook_of
from hub.store import do_not_call as store
from hub.web.api.call import Call
from hub.web.api.file_operation import FileOperation
from hub.web.api.operation import EDITORS, READERS, operation
from hub.web.api.values import ById, Done, Id, Items, Moment, Told
from hub.web.body import parts
from hub.web.days import day_of


class DoNotCallList(Told):
    """A list that counts. `as_of`: from when it is, `good_until`: when it must be loaded anew; `unread`: lines that
    were no numbers.
    """

    id: Id
    name: str
    numbers: int
    unread: int
    as_of: Moment
    good_until: Moment
    loaded_at: Moment
    loaded_by: str


@operation("GET", "/do-not-call", roles=READERS, summary="Do-not-call lists, by name")
async def list_do_not_call(call: Call) -> Items[DoNotCallList]:
    rulebook = rulebook_of(call.services.settings)
    return await call.read(_listed, rulebook, call.now)


@operation("DELETE", "/do-not-call/{id}", roles=EDITORS, summary="Take a do-not-call list back")
async def forget_do_not_call(call: Call, path: ById) -> Done:
    await desk.forget(call.services.database, path.id, call.by)
    return Done()


async def load_do_not_call(call: Call) -> DoNotCallList:
    """Loads a list as it comes; fields stand before the file."""
    told: dict[str, str] = {}
    loaded: Loaded | None = None
    async for part in parts(call.request):
        if part.filename is None:
            told[part.name] = await part.text()
        elif part.name == "file" and loaded is None:
            loaded = await desk.load(
                call.services.database,
                call.services.keys,
                part.chunks(),
                call.by,
                name=told.get("name", "") or part.filename,
                region=told.get("region", "").upper() or call.region,
                as_of=day_of(told.get("as_of", "")),
            )
    if loaded is None:
        raise Refused("No file was sent.", field="file", next_step="Send it as the part `file`, after the fields.")
    made = loaded.id
    items = (await call.read(_listed, rulebook_of(call.services.settings), call.now)).items
    return next(one for one in items if one.id == made)


def _listed(conn: Connection, rulebook: Rulebook, now: datetime) -> Items[DoNotCallList]:
    holds = good_for(rulebook.listed, now.date())
    rows = [{**row, "good_until": row["as_of"] + holds} for row in store.lists(conn)]
    return Items[DoNotCallList].model_validate({"items": rows, "next": None})


loading = FileOperation(
    method="POST",
    path="/do-not-call",
    roles=EDITORS,
    summary="Load a do-not-call list: multipart/form-data, `name`, perhaps `as_of` and `region`, then `file`",
    status=200,
    creates=False,
    run=load_do_not_call,
    inputs={},
    answer=DoNotCallList,
)
