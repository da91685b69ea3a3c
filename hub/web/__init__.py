"""The web room: pages for staff, forms for customers, hooks for providers, the JSON API, on one frame.

A handler says who may call it (`hub.web.auth.allow`, `public`, `hook`), answers with `hub.web.rendering.render` or
`redirect`, and raises the errors of `hub.model.errors`; `request[STAFF]` is who is signed in, `request.app[SERVICES]`
what the roof handed down. `hub.web.i18n` translates, `hub.web.pace` throttles, `hub.web.audit` notes who did what,
`hub.web.body` reads large forms as they arrive.
"""
