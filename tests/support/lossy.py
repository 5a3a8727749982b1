"""A way to a PostgreSQL server on a unix socket that loses the connection at a writer's COMMIT of what it is told to look for:
before the server has heard of it, or after it has answered."""
import os
import socket
import struct
import threading
from urllib.parse import unquote, urlsplit

WRITERS = b"pg_advisory_xact_lock"
COMMIT = b"COMMIT\x00"


class Lossy:
    def __init__(self, url):
        parts = urlsplit(url)
        self.path = os.path.join(unquote(parts.hostname), ".s.PGSQL.5432")
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"postgresql://{parts.username}@127.0.0.1:{self.listener.getsockname()[1]}{parts.path}"
        self.how, self.of, self.lost = None, None, 0  # of: bytes that only the transaction to lose has
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.path)
        state = {"writes": False, "is_it": False}
        threading.Thread(target=self.back, args=(server, client, state), daemon=True).start()
        try:
            while True:
                sent = client.recv(1 << 16)
                if not sent:
                    break
                if WRITERS in sent:
                    state.update(writes=True, is_it=False)  # the clock's transactions come in between
                if self.how and state["writes"] and self.of in sent:
                    state["is_it"] = True
                if state["is_it"] and sent.endswith(COMMIT):
                    how, self.how = self.how, None
                    self.lost += how is not None
                    if how == "before":
                        break
                    state["cut"] = how == "after"
                server.sendall(sent)
        except OSError:
            pass
        self.end(server, client)

    def back(self, server, client, state):
        try:
            while True:
                said = server.recv(1 << 16)
                if not said or state.get("cut"):  # what it says now is that it is done
                    break
                client.sendall(said)
        except OSError:
            pass
        self.end(server, client)

    @staticmethod
    def end(*sockets):
        for one in sockets:
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
