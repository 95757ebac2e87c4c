"""What the end-to-end tests share: a private Docker Engine, containers that are files only, a logboom daemon, and
waiting for a condition.

Only the standard library is used. LOGBOOM_BIN names the binary (./test sets it).
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
IMAGE = "logboom-test"
LONG = os.environ.get("LOGBOOM_TEST_TIER") == "all"


def binary():
    """The logboom binary under test."""
    path = os.environ.get("LOGBOOM_BIN") or shutil.which("logboom")
    if not path:
        raise unittest.SkipTest("set LOGBOOM_BIN to the logboom binary")
    return path


def wait_until(condition, seconds=30, what="the condition"):
    """Polls until the condition returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Engine:
    """A private Docker Engine with everything it owns in one folder."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="logboom-e2e-engine.")
        self.host = subprocess.check_output(
            [REPOSITORY / "scripts/private-engine", "start", self.folder], text=True
        ).strip()
        self.environment = {**os.environ, "DOCKER_HOST": self.host}
        self.root = os.path.join(self.folder, "root")
        self.import_image()

    def import_image(self):
        script = REPOSITORY / "scripts/private-engine"
        subprocess.check_call([script, "image", IMAGE], env=self.environment)

    def docker(self, *arguments, check=True):
        """Runs the docker client and returns its stdout."""
        result = subprocess.run(
            ["docker", *arguments], env=self.environment, text=True, capture_output=True, check=False, timeout=120
        )
        if check and result.returncode != 0:
            raise AssertionError(f"docker {' '.join(arguments)}: {result.stderr}")
        return result.stdout.strip()

    def run(self, *arguments):
        """`docker run` without a network."""
        return self.docker("run", "--network", "none", *arguments)

    def restart(self):
        """Stops the daemon as an administrator would, and starts it again on the same data."""
        pid = int(pathlib.Path(self.folder, "dockerd.pid").read_text(encoding="ascii"))
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 30, "dockerd to stop")
        subprocess.check_output([REPOSITORY / "scripts/private-engine", "start", self.folder], text=True)

    def stop(self):
        subprocess.check_call([REPOSITORY / "scripts/private-engine", "stop", self.folder])


class ContainerFiles:
    """A Docker root whose containers are files only, laid out as Docker does: for tests that need no engine."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="logboom-e2e-root.")
        self.count = 0
        os.mkdir(os.path.join(self.root, "containers"))

    def create(self, name):
        """A container's folder; returns the path of its json-file, which is empty."""
        self.count += 1
        identity = f"{self.count:064x}"
        folder = pathlib.Path(self.root, "containers", identity)
        folder.mkdir()
        log = folder / f"{identity}-json.log"
        log.write_text("", encoding="utf-8")
        (folder / "hostconfig.json").write_text('{"LogConfig":{"Type":"json-file","Config":{}}}', encoding="utf-8")
        config = {
            "ID": identity, "Name": f"/{name}", "LogPath": str(log), "Created": "2026-11-22T00:00:00Z",
            "Config": {"Image": "files", "Labels": {}, "Env": None, "Tty": False},
            "State": {"Running": True, "StartedAt": "2026-11-22T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
        }
        (folder / "config.v2.json").write_text(json.dumps(config), encoding="utf-8")
        return log

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def python_with_readers():
    """A Python that has DuckDB and pyarrow; made by scripts/prepare. Without it the test fails."""
    subprocess.check_call([REPOSITORY / "scripts/prepare", "python"])
    return os.path.join(REPOSITORY, os.environ.get("CARGO_TARGET_DIR", "target"), "python", "bin", "python")


class Logboom:
    """A daemon on a data directory; it can be killed and started again on the same one."""

    def __init__(
        self, docker_root, docker_host="unix:///nonexistent/docker.sock", backlog="all", extra="", max_bytes="4GiB"
    ):
        self.folder = tempfile.mkdtemp(prefix="logboom-e2e.")
        self.data = os.path.join(self.folder, "data")
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.config = os.path.join(self.folder, "logboom.yaml")
        pathlib.Path(self.config).write_text(
            f"listen: 127.0.0.1:{self.port}\n"
            f"data_dir: {self.data}\n"
            f"store: {{ max_bytes: {max_bytes}, min_free: 100MiB }}\n"
            f"sources:\n  docker: {{ root: {docker_root}, host: \"{docker_host}\", backlog: {backlog} }}\n{extra}",
            encoding="utf-8",
        )
        self.process = None

    def start(self, *arguments, stdout=subprocess.DEVNULL):
        self.spawn(*arguments, stdout=stdout)
        self.wait_ready()
        return self

    def spawn(self, *arguments, stdout=subprocess.DEVNULL):
        log = open(os.path.join(self.folder, "logboom.log"), "ab")
        self.process = subprocess.Popen(
            [binary(), "up", "--config", self.config, *arguments], stdout=stdout, stderr=log, stdin=subprocess.DEVNULL
        )
        log.close()

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"logboom ended with {self.process.returncode}:\n{self.messages()}")
            with contextlib.suppress(OSError):
                with urllib.request.urlopen(f"{self.address}/readyz", timeout=2) as answer:
                    return answer.status == 200
            return False

        wait_until(ready, 30, "logboom to be ready")

    def messages(self):
        return pathlib.Path(self.folder, "logboom.log").read_text(encoding="utf-8", errors="replace")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self):
        """SIGTERM; returns the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        return time.monotonic() - started

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cli(self, *arguments, check=True):
        """Runs a reading command against this daemon and returns its stdout."""
        result = subprocess.run(
            [binary(), *arguments, "--server", self.address, "--data-dir", self.data],
            text=True, capture_output=True, check=False, timeout=120,
        )
        if check and result.returncode != 0:
            raise AssertionError(f"logboom {' '.join(arguments)}: exit {result.returncode}: {result.stderr}")
        return result.stdout

    def search(self, query, since="24h", limit=10000):
        """Records as `logboom search --output json` prints them."""
        output = self.cli("search", query, "--since", since, "--limit", str(limit), "--output", "json")
        return [json.loads(line) for line in output.splitlines()]

    def search_seqs(self, first, end, step=2000):
        """Every record with first <= seq < end, a few at a time, in the order of seqs."""
        for start in range(first, end, step):
            rows = self.search(f"seq>={start} seq<{min(start + step, end)}", since="2000-01-01T00:00:00Z")
            yield from sorted(rows, key=lambda row: row["seq"])

    def count(self, query):
        """How many records of all times a query finds."""
        output = self.cli("search", f"{query} | count", "--since", "2000-01-01T00:00:00Z", "--output", "json")
        (row,) = [json.loads(line) for line in output.splitlines()] or [{"count": 0}]
        return row["count"]

    def missing(self):
        """How many seqs can not be read any more, of a moment in which no record came in."""
        while True:
            seq = self.status()["seq"]
            readable = self.count("*")
            if self.status()["seq"] == seq:
                return seq - readable

    def status(self):
        return json.loads(self.cli("status", "--output", "json"))

    def memory_peak_mib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


class EngineTest(unittest.TestCase):
    """A test class with one engine for all its tests."""

    @classmethod
    def setUpClass(cls):
        binary()
        cls.engine = Engine()

    @classmethod
    def tearDownClass(cls):
        cls.engine.stop()

    def logboom(self, docker_host=None, **options):
        daemon = Logboom(self.engine.root, docker_host or self.engine.host, **options)
        self.addCleanup(daemon.close)
        return daemon
