"""The servers of a comparison: each runs on loopback, on a free port, and is stopped again.

    with Workspace() as space:
        quotad = space.start(Quotad(space))
        quotad.port
"""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

# Far more than a start or a stop takes on a busy machine.
PATIENCE_SECONDS = 120
# Set in the folder that the programs were built in.
PROJECT = pathlib.Path(__file__).resolve().parents[2]
CATALOG = PROJECT / "benchmarks" / "catalog.textproto"


class BenchError(Exception):
    """What went wrong, and what to do next, for people."""


class Workspace:
    """A temporary folder on a real disk, and the processes that use it."""

    def __init__(self, bin_folder, parent="/var/tmp"):
        self.bin = pathlib.Path(bin_folder)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="quotad-bench-", dir=parent))
        # PostgreSQL runs as another user and must get through.
        self.folder.chmod(0o711)
        self._running = []
        self._folders = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        while self._running:
            self._running[-1].stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        path = self.bin / name
        if not path.exists():
            raise BenchError(f"{path} is not built; run scripts/bench, which builds it")
        return str(path)

    def new_folder(self, name):
        self._folders += 1
        folder = self.folder / f"{name}-{self._folders}"
        folder.mkdir()
        return folder

    def start(self, server):
        self._running.append(server)
        server.start()
        return server

    def stopped(self, server):
        if server in self._running:
            self._running.remove(server)

    def filesystem(self):
        """What the data is on, such as ext4."""
        out = subprocess.run(["stat", "-f", "-c", "%T", str(self.folder)], text=True,
                             stdout=subprocess.PIPE, check=True)
        return out.stdout.strip()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(ready, what, process):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if process is not None and process.poll() is not None:
            raise BenchError(f"{what} ended with code {process.returncode} instead of serving")
        if time.monotonic() > deadline:
            raise BenchError(f"{what} was not ready within {PATIENCE_SECONDS} s")
        time.sleep(0.02)


class Server:
    """One process. Its log is a file in the workspace."""

    name = "server"

    def __init__(self, space):
        self.space = space
        self.process = None
        self.port = 0

    def start(self):
        raise NotImplementedError

    def launch(self, command, **options):
        self.log_path = self.space.folder / f"{self.name}-{time.monotonic_ns()}.log"
        # A session of its own: Ctrl-C reaches the script alone, which stops what it started.
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True, **options)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait(self, ready):
        try:
            wait_until(ready, self.name, self.process)
        except BenchError as error:
            raise BenchError(f"{error}; its log ends:\n{self.log()[-2000:]}") from None

    def stop(self, how=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.space.stopped(self)

    def cpu_seconds(self):
        """User and system time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self, seconds=10.0):
        """Waits until what it does in the background is over, so that others' runs don't pay."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = self.cpu_seconds()
            time.sleep(0.1)
            if self.cpu_seconds() - before <= 0.01:
                return

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024


class Quotad(Server):
    """quotad, durable, on a data folder of its own unless `data` names one."""

    name = "quotad"

    def __init__(self, space, data=None, options=()):
        super().__init__(space)
        self.data = data or space.new_folder("quotad")
        self.options = list(options)
        self.http_port = 0

    def start(self):
        self.port, self.http_port = free_port(), free_port()
        self.launch([self.space.program("quotad"), "--data-dir", str(self.data),
                     "--catalog", str(CATALOG), "--grpc-listen", f"127.0.0.1:{self.port}",
                     "--http-listen", f"127.0.0.1:{self.http_port}", *self.options])
        self.wait(lambda: "serves: " in self.log())

    def takes(self, option):
        """Whether this quotad knows the option."""
        text = subprocess.run([self.space.program("quotad"), "--help"], text=True,
                              stdout=subprocess.PIPE, check=True).stdout
        return option in text

    def option(self, name, value):
        """The option, or nothing where this quotad does not know it."""
        return [name, str(value)] if self.takes(name) else []

    def metric(self, name):
        url = f"http://127.0.0.1:{self.http_port}/metrics"
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as page:
            text = page.read().decode()
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))

    def wal_bytes(self):
        return {path.name: path.stat().st_size for path in self.data.rglob("*.log")}


class Noop(Server):
    """The no-op gRPC service."""

    name = "noop_server"
    options = ()

    def start(self):
        self.launch([self.space.program("noop_server"), *self.options])
        self.wait(lambda: "grpc port " in self.log())
        self.port = int(self.log().split("grpc port ")[1].split()[0])


class SyncingNoop(Noop):
    """The no-op gRPC service, whose answers wait for one sync of their group."""

    name = "noop_server with syncs"

    def __init__(self, space):
        super().__init__(space)
        self.options = [str(space.folder)]


class Redis(Server):
    """Redis with an append-only file; what is not needed for durability is off."""

    name = "redis-server"

    def __init__(self, space, appendfsync):
        super().__init__(space)
        self.appendfsync = appendfsync

    def start(self):
        if shutil.which("redis-server") is None:
            raise BenchError("redis-server is not installed; run scripts/prepare bench")
        self.port = free_port()
        self.launch(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                     "--dir", str(self.space.new_folder("redis")), "--appendonly", "yes",
                     "--appendfsync", self.appendfsync, "--save", "",
                     # No rewrite of the file in the background: it would only slow Redis down.
                     "--auto-aof-rewrite-percentage", "0"])
        self.wait(lambda: "Ready to accept connections" in self.log())


class Postgres(Server):
    """PostgreSQL with synchronous_commit on, and room for its log so that it need not checkpoint."""

    name = "postgres"
    PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")

    def start(self):
        if not (self.PROGRAMS / "postgres").exists():
            raise BenchError("postgresql-15 is not installed; run scripts/prepare bench")
        data = self.space.new_folder("postgres")
        as_user = {}
        # It refuses to run as root: the package's own user it is.
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(data, user.pw_uid, user.pw_gid)
            as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": data}
        data.chmod(0o700)
        subprocess.run([str(self.PROGRAMS / "initdb"), "--pgdata", str(data), "--username",
                        "postgres", "--auth", "trust", "--encoding", "UTF8", "--no-locale"],
                       check=True, stdout=subprocess.DEVNULL, **as_user)
        self.port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": self.port,
                    "unix_socket_directories": "", "max_connections": 100,
                    "synchronous_commit": "on", "fsync": "on", "shared_buffers": "512MB",
                    "max_wal_size": "8GB", "checkpoint_timeout": "1h"}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.launch([str(self.PROGRAMS / "postgres"), "-D", str(data), *flags], **as_user)
        self.wait(lambda: "ready to accept connections" in self.log())

    def stop(self, how=signal.SIGINT):
        # SIGINT is its fast shutdown: it does not wait for its clients.
        super().stop(how)
