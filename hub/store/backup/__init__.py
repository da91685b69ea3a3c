"""Backups: one archive file of a running hub's rows and blobs, the same from either engine and into either engine.

The archive is a tar file that any program can open: `about.json`, `tables/NAME/000001.jsonl.gz` (a JSON array a row),
`blobs/SHA256`, and `manifest.json` last, whose counts and digests a restored copy must agree with.
"""
