"""Bytes on disk, by table and index, from SQLite's own account of its pages. Pages are counted: the account's sum of
bytes has 32 bits."""
import sqlite3

SQL = """SELECT s.tbl_name, s.name, d.bytes, d.payload, d.cells FROM sqlite_schema s JOIN
    (SELECT name, SUM(pageno) AS bytes, SUM(payload) AS payload, SUM(ncell) AS cells FROM dbstat WHERE aggregate = 1
    GROUP BY name) d ON d.name = s.name ORDER BY d.bytes DESC"""


def read(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = [dict(zip(("table", "name", "bytes", "payload", "cells"), row)) for row in db.execute(SQL)]
    page, = db.execute("PRAGMA page_size").fetchone()
    db.close()
    for row in rows:
        row["bytes"] *= page
    return rows
