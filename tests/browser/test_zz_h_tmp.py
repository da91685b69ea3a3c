import re
from hub.desk import breaches, rights, consents as cons
from hub.model.person_request import RequestKind
from hub.store import do_not_call, privacy_notices, campaigns, segments, templates
from hub.store.audit import Actor
from tests.builders import NOW
from datetime import timedelta

async def test_shots(full_room, sign_in):
    room, world = full_room
    keys = room.services.keys
    now = room.clock()
    by = Actor(name="ada", at=now, key=keys.audit)
    def fill(conn, _):
        rights.ask(conn, RequestKind.ACCESS, by, now + timedelta(days=30), evidence="By phone: “tell me what you keep of me”", customer_id=world.ada, checked="called back on the number we know")
        rights.ask(conn, RequestKind.ERASURE, by, now - timedelta(days=1), evidence="A letter of 3 March", who="Eve Stranger")
        rights.ask(conn, RequestKind.OBJECTION, by, now + timedelta(days=30), evidence="By mail", customer_id=world.ada)
        breaches.note(conn, breaches.Facts(title="Lost phone", what="A phone of the counter was lost, with the names and numbers of customers of a day.", people=30, measures="It was locked from afar."), now, now + timedelta(hours=72), by)
        privacy_notices.keep(conn, "en", "We keep what you tell us.", by)
        one = do_not_call.begin(conn, "National registry", now - timedelta(days=40), "ada", now); do_not_call.finish(conn, one, 240_000, 3)
        two = do_not_call.begin(conn, "Own list", now, "ada", now); do_not_call.finish(conn, two, 12, 0)
    await room.services.database.write(fill, None)
    for w in (1280, 360):
        page = await sign_in("admin")
        await page.set_viewport_size({"width": w, "height": 900})
        for path in ("/rights", "/rights/breaches", "/rights/notices", "/do-not-call", f"/customers/{world.ada}/rights", f"/customers/{world.ada}", "/channels", "/tasks"):
            await page.goto(path)
            name = re.sub(r"\W+", "_", path).strip("_")
            await page.screenshot(path=f"/tmp/w7/shot_{name}_{w}.png", full_page=True)
            over = await page.evaluate("document.documentElement.scrollWidth>document.documentElement.clientWidth")
            print(w, path, "OVERFLOWS" if over else "fits")
