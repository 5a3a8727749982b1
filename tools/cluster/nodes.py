"""The parts of a cluster on loopback: three database nodes (PostgreSQL kept by Patroni, each with its member of etcd), the
proxy in front of databases and servers, two Canary servers. Each node is a folder and a group of processes, so that it can
be killed or frozen as a machine is: all at once."""
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

BIN = "/usr/lib/postgresql/15/bin"
NODES, SERVERS = 3, 2
USER = "postgres"  # nobody runs a database as root


def free_ports(n):
    held = [socket.socket() for _ in range(n)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def wait_until(what, ask, seconds=90):
    until = time.monotonic() + seconds
    while not ask():
        if time.monotonic() > until:
            raise SystemExit(f"cluster: {what}: not after {seconds} s")
        time.sleep(0.2)


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Group:
    """Processes that live and die together."""

    def __init__(self, name, folder, commands, env=None):
        self.name, self.folder, self.commands, self.env = name, folder, commands, env or {}
        self.processes = []

    def start(self):
        as_user = ["setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups"] if os.geteuid() == 0 else []
        for command in self.commands:
            with open(os.path.join(self.folder, "log"), "ab") as log:
                self.processes.append(subprocess.Popen(as_user + command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                       cwd=self.folder, env={**os.environ, **self.env},
                                                       start_new_session=True))

    def all_pids(self):
        """The processes and all that they started: a database's are children of Patroni's in sessions of their own."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                        parents[int(entry)] = int(stat.read().rpartition(")")[2].split()[1])
                except OSError:
                    pass
        mine = {process.pid for process in self.processes} | self.postmaster(parents)
        while True:
            more = {pid for pid, parent in parents.items() if parent in mine} - mine
            if not more:
                return mine
            mine |= more

    def postmaster(self, living):
        """Patroni's PostgreSQL: a session of its own, which outlives it."""
        try:
            with open(os.path.join(self.folder, "data", "postmaster.pid"), encoding="ascii") as file:
                return {int(file.readline())} & set(living)
        except (OSError, ValueError):
            return set()

    def signal(self, number):
        for pid in self.all_pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        """As when the power of a machine goes."""
        self.signal(signal.SIGSTOP)  # none of them sees another die
        self.signal(signal.SIGKILL)
        for process in self.processes:
            process.wait()
        self.processes = []

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)


class Cluster:
    def __init__(self, folder, program):
        self.folder, self.program = folder, program
        self.password = secrets.token_urlsafe(18)
        ports = iter(free_ports(4 * NODES + SERVERS + 2))
        self.etcd = [(next(ports), next(ports)) for _ in range(NODES)]
        self.database = [next(ports) for _ in range(NODES)]
        self.rest = [next(ports) for _ in range(NODES)]
        self.server = [next(ports) for _ in range(SERVERS)]
        self.proxied_database, self.proxied_server = next(ports), next(ports)
        self.url = f"postgresql://canary@127.0.0.1:{self.proxied_database}/canary"
        self.env = {"PGPASSFILE": os.path.join(folder, "pgpass")}
        self.nodes, self.servers, self.proxy = [], [], None

    # ---- files ----

    def own(self, path):
        if os.geteuid() == 0:
            shutil.chown(path, USER, USER)

    def make_folder(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path, 0o700)
        self.own(path)
        return path

    def write(self, path, text, mode=0o600):
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, mode)) as file:
            file.write(text)
        self.own(path)
        return path

    # ---- database nodes ----

    def etcd_command(self, i, folder):
        client, peer = self.etcd[i]
        members = ",".join(f"db{k + 1}=http://127.0.0.1:{p}" for k, (_, p) in enumerate(self.etcd))
        return ["etcd", "--name", f"db{i + 1}", "--data-dir", os.path.join(folder, "etcd"),
                "--listen-client-urls", f"http://127.0.0.1:{client}",
                "--advertise-client-urls", f"http://127.0.0.1:{client}",
                "--listen-peer-urls", f"http://127.0.0.1:{peer}",
                "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
                "--initial-cluster", members, "--initial-cluster-state", "new", "--enable-v2", "--log-level", "error"]

    def patroni_settings(self, i, folder):
        """Synchronous: a commit is answered when a second node has it on disk, so the loss of any one node loses nothing;
        strict: with no second node nothing is answered. JSON is YAML."""
        user = {"username": "canary", "password": self.password}
        return {
            "scope": "canary", "name": f"db{i + 1}",
            "restapi": {"listen": f"127.0.0.1:{self.rest[i]}", "connect_address": f"127.0.0.1:{self.rest[i]}"},
            # Not etcd3: with Patroni 3.0.2 a primary that was frozen and comes back writes its name over the new one's
            # (put right in 3.0.3, patroni/patroni#2689), and what was acknowledged meanwhile is lost. The older
            # interface compares before it writes.
            "etcd": {"hosts": [f"127.0.0.1:{client}" for client, _ in self.etcd]},
            "bootstrap": {
                "dcs": {"ttl": 20, "loop_wait": 3, "retry_timeout": 5, "maximum_lag_on_failover": 1048576,
                        "synchronous_mode": True, "synchronous_mode_strict": True,
                        "postgresql": {"use_pg_rewind": True, "use_slots": True,
                                       "parameters": {"synchronous_commit": "on", "max_connections": 60,
                                                      "wal_keep_size": "256MB", "shared_buffers": "128MB"}}},
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
                "pg_hba": ["local all all scram-sha-256", "host all all 127.0.0.1/32 scram-sha-256",
                           "host replication all 127.0.0.1/32 scram-sha-256"],
                "users": {"canary": {"password": self.password, "options": ["createdb", "login"]}}},
            "postgresql": {
                "listen": f"127.0.0.1:{self.database[i]}", "connect_address": f"127.0.0.1:{self.database[i]}",
                "data_dir": os.path.join(folder, "data"), "bin_dir": BIN, "pgpass": os.path.join(folder, "pgpass"),
                "authentication": {"superuser": {**user, "username": "postgres"},
                                   "replication": {**user, "username": "replicator"},
                                   "rewind": {**user, "username": "rewinder"}},
                "parameters": {"unix_socket_directories": folder}}}

    def make_node(self, i):
        folder = self.make_folder(f"db{i + 1}")
        settings = self.write(os.path.join(folder, "patroni.yml"), json.dumps(self.patroni_settings(i, folder), indent=1))
        return Group(f"db{i + 1}", folder, [self.etcd_command(i, folder), ["patroni", settings]])

    def primary(self):
        """The number of the node that may be written to; None while there is none."""
        for i in range(NODES):
            if status(f"http://127.0.0.1:{self.rest[i]}/primary") == 200:
                return i
        return None

    def standbys(self):
        """Nodes whose state a new primary would begin with."""
        return [i for i in range(NODES) if status(f"http://127.0.0.1:{self.rest[i]}/synchronous") == 200]

    # ---- the proxy ----

    def proxy_settings(self):
        nodes = "\n".join(f"    server db{i + 1} 127.0.0.1:{self.database[i]} check port {self.rest[i]}" for i in range(NODES))
        servers = "\n".join(f"    server canary{i + 1} 127.0.0.1:{self.server[i]} check" for i in range(SERVERS))
        return f"""global
    maxconn 4096
defaults
    mode tcp
    timeout connect 2s
    timeout client 1h
    timeout server 1h
    option tcp-smart-connect
listen database
    bind 127.0.0.1:{self.proxied_database}
    option httpchk GET /primary
    http-check expect status 200
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
{nodes}
listen canary
    bind 127.0.0.1:{self.proxied_server}
    balance roundrobin
    option redispatch
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host 127.0.0.1
    http-check expect status 200
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""

    # ---- Canary ----

    def canary(self, *words):
        done = subprocess.run([self.program, *words], env={**os.environ, **self.env}, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        if done.returncode not in (0, 3):
            raise SystemExit(f"cluster: canary {' '.join(words)}:\n{done.stdout}")
        return done.stdout

    def make_server(self, i):
        folder = self.make_folder(f"canary{i + 1}")
        return Group(f"canary{i + 1}", folder,
                     [[self.program, "serve", "--db", self.url, "--key", os.path.join(self.folder, "canary.key"),
                       "--listen", f"127.0.0.1:{self.server[i]}"]], self.env)

    # ---- up and down ----

    def start_databases(self):
        self.write(os.path.join(self.folder, "pgpass"), f"127.0.0.1:*:*:*:{self.password}\n")
        self.nodes = [self.make_node(i) for i in range(NODES)]
        for node in self.nodes:
            node.start()
        wait_until("no primary", lambda: self.primary() is not None)
        wait_until("no synchronous standby", self.standbys)
        folder = self.make_folder("proxy")
        settings = self.write(os.path.join(folder, "haproxy.cfg"), self.proxy_settings())
        self.proxy = Group("proxy", folder, [["haproxy", "-db", "-f", settings]])
        self.proxy.start()
        # Until its first look at each the proxy believes all of them, and a standby refuses.
        wait_until("the proxy does not reach the primary",
                   lambda: self.sql("CREATE DATABASE canary", "postgres") is not None)

    def sql(self, text, database="canary"):
        done = subprocess.run([os.path.join(BIN, "psql"), "-XAtqc", text,
                               f"postgresql://canary@127.0.0.1:{self.proxied_database}/{database}?connect_timeout=3"],
                              env={**os.environ, **self.env}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              encoding="utf-8", check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    def start_servers(self):
        self.servers = [self.make_server(i) for i in range(SERVERS)]
        for server in self.servers:
            server.start()
        for i in range(SERVERS):
            wait_until(f"canary{i + 1} is not ready", lambda port=self.server[i]: status(f"http://127.0.0.1:{port}/readyz") == 200)
        wait_until("the proxy does not reach the servers",
                   lambda: status(f"http://127.0.0.1:{self.proxied_server}/readyz") == 200)

    def stop(self):
        for group in [self.proxy, *self.servers, *self.nodes]:
            if group and group.processes:
                group.thaw()
                group.kill()
