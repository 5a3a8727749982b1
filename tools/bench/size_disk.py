"""Bytes on disk, by table and index, from SQLite's own account of its pages. Summed here: its own sums have 32 bits."""
import sqlite3

SQL = """SELECT s.tbl_name, s.name, d.bytes, d.payload, d.cells FROM sqlite_schema s JOIN
    (SELECT name, SUM(pgsize) AS bytes, SUM(payload) AS payload, SUM(ncell) FILTER (WHERE pagetype = 'leaf') AS cells
    FROM dbstat GROUP BY name) d ON d.name = s.name ORDER BY d.bytes DESC"""


def read(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = [dict(zip(("table", "name", "bytes", "payload", "cells"), row)) for row in db.execute(SQL)]
    db.close()
    return rows
