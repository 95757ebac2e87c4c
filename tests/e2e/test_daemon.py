"""The daemon as a guest of its host: no loops, memory, graceful stop, one instance a data directory."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import IMAGE, ContainerFiles, EngineTest, Logboom, binary, wait_until

IDLE_MEMORY_MIB = 40


class NoLoop(EngineTest):
    def test_logboom_in_a_container_collects_no_line_of_its_own(self):
        image = self.image()
        containers = os.path.join(self.engine.root, "containers")
        command = [
            "-d", "--name", "boom", "-v", f"{containers}:/var/lib/docker/containers:ro", image,
            "/bin/logboom", "up", "stdout:", "--data-dir", "/data",
        ]
        self.engine.run(*command)
        lines = 25
        self.engine.run("--name", "talker", IMAGE, "sh", "-c", f"for i in $(seq {lines}); do echo said $i; done")

        def printed():
            output = self.engine.docker("logs", "boom").splitlines()
            return [json.loads(line) for line in output if line.startswith("{")]

        said = wait_until(lambda: (r := [x for x in printed() if "said" in x.get("body", "")]) and len(r) >= lines and r, 30, "the lines")
        self.assertEqual(len(said), lines)
        count = self.status()["records"]
        time.sleep(3)  # a loop would feed itself meanwhile
        self.assertEqual(self.status()["records"], count)
        self.assertEqual({row["container_name"] for row in printed() if row.get("kind") is None}, {"talker"})
        self.engine.docker("rm", "-f", "boom", "talker")

    def status(self):
        return json.loads(self.engine.docker("exec", "boom", "/bin/logboom", "status", "--output", "json"))

    def image(self):
        """The test image with the binary under test and the libraries it links."""
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        (folder / "bin").mkdir()
        (folder / "data").mkdir()
        shutil.copy(binary(), folder / "bin/logboom")
        for line in subprocess.check_output(["ldd", binary()], text=True).splitlines():
            library = next((word for word in line.split() if word.startswith("/")), None)
            if library:
                target = folder / library.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library, target)
        with subprocess.Popen(["tar", "-C", folder, "-c", "."], stdout=subprocess.PIPE) as tar:
            subprocess.check_output(["docker", "import", "-", "logboom-in-a-container"], stdin=tar.stdout, env=self.engine.environment)
        return "logboom-in-a-container"


class Guest(unittest.TestCase):
    def setUp(self):
        self.files = ContainerFiles()
        self.addCleanup(self.files.close)

    def daemon(self):
        daemon = Logboom(self.files.root)
        self.addCleanup(daemon.close)
        return daemon

    def test_memory_with_100_idle_containers(self):
        logs = [self.files.create(f"idle-{number}") for number in range(1, 101)]
        daemon = self.daemon().start()
        for log in logs:
            with open(log, "a", encoding="utf-8") as file:
                file.write('{"log":"one line\\n","stream":"stdout","time":"2026-11-22T10:00:00.5Z"}\n')
        wait_until(lambda: daemon.status()["sources"][0]["records"] >= 100, 20, "a line of each")
        peak = daemon.memory_peak_mib()
        print(f"100 idle containers: peak {peak:.1f} MiB")
        self.assertLess(peak, IDLE_MEMORY_MIB)

    def test_graceful_stop_is_quick_and_loses_nothing(self):
        log = self.files.create("one")
        daemon = self.daemon().start()
        with open(log, "a", encoding="utf-8") as file:
            for number in range(5000):
                file.write(f'{{"log":"row {number}\\n","stream":"stdout","time":"2026-11-22T10:00:00.{number:09d}Z"}}\n')
        wait_until(lambda: daemon.status()["records"] > 0, 20)
        self.assertLess(daemon.terminate(), 5)
        self.assertEqual(daemon.process.returncode, 0)
        daemon.start()
        rows = wait_until(lambda: (r := daemon.search("row kind:log", since="2026-11-22T00:00:00Z")) and len(r) >= 5000 and r, 20)
        self.assertEqual([row["body"] for row in rows], [f"row {number}" for number in range(5000)])

    def test_a_second_instance_is_refused(self):
        daemon = self.daemon().start()
        second = subprocess.run(
            [binary(), "up", "--config", daemon.config, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=20, check=False
        )
        self.assertEqual(second.returncode, 1)
        self.assertIn(daemon.data, second.stderr)
        self.assertIn(str(daemon.process.pid), second.stderr)

    def test_reading_falls_back_to_the_data_directory(self):
        log = self.files.create("one")
        with open(log, "a", encoding="utf-8") as file:
            file.write('{"log":"kept safe\\n","stream":"stdout","time":"2026-11-22T10:00:00.5Z"}\n')
        daemon = self.daemon().start()
        since = "2026-11-22T00:00:00Z"
        wait_until(lambda: daemon.search("kept", since=since), 20)
        daemon.kill()
        self.assertEqual(len(daemon.search("kept", since=since)), 1)


if __name__ == "__main__":
    unittest.main()
