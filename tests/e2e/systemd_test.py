"""systemd_test.py: the units are good as far as systemd can say without running them: verify, and how exposed they are."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

BINARY = os.path.abspath(os.environ["TRADE_COPIER"])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNITS = {"trade-copier.service": "trade-copier.service",
         "trade-copier-executor@.service": "trade-copier-executor@executor-1.service"}
EXPOSURE_MAX = 15  # of 100; systemd's own word for that is "OK"


def analyze(*arguments):
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


class Systemd(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tc-e2e-")
        self.addCleanup(shutil.rmtree, self.folder)

    def unit(self, name, change=lambda text: text):
        """As installed, but with the binary of this build."""
        with open(os.path.join(ROOT, "compose", "systemd", name), encoding="utf-8") as file:
            text = change(file.read().replace("/usr/bin/trade-copier", BINARY))
        paths = [os.path.join(self.folder, one) for one in {name, UNITS[name]}]
        for path in paths:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return os.path.join(self.folder, UNITS[name])

    def test_they_verify(self):
        for name in UNITS:
            with self.subTest(unit=name):
                self.assertEqual(analyze("verify", self.unit(name)), (0, ""))

    def test_verify_finds_a_mistake(self):
        for wrong in (lambda text: text.replace("WatchdogSec=", "WatchdogsSec="),
                      lambda text: text.replace(BINARY, "/nowhere/at/all"),
                      lambda text: text.replace("RestartPreventExitStatus=64", "RestartPreventExitStatus=never")):
            self.assertNotEqual(analyze("verify", self.unit("trade-copier.service", wrong)), (0, ""))

    def test_they_give_little_away(self):
        for name in UNITS:
            with self.subTest(unit=name):
                code, out = analyze("security", "--offline=true", "--no-pager", "--threshold=%d" % EXPOSURE_MAX, self.unit(name))
                self.assertEqual(code, 0, out)
        code, _ = analyze("security", "--offline=true", "--no-pager", "--threshold=%d" % EXPOSURE_MAX, self.unit(
            "trade-copier.service", lambda text: text.replace("SystemCallFilter=", "#")))
        self.assertNotEqual(code, 0)

    def test_they_start_what_there_is(self):
        """The commands of the units have the options that they are given."""
        for name in UNITS:
            with open(self.unit(name), encoding="utf-8") as file:
                line = re.search(r"^ExecStart=(.*(?:\\\n.*)?)$", file.read(), re.M).group(1).replace("\\\n", " ").split()
            shown = subprocess.run([*line[:2], "--help"], capture_output=True, text=True, check=True).stdout
            for option in (word for word in line if word.startswith("--")):
                self.assertIn(option, shown)


if __name__ == "__main__":
    unittest.main(verbosity=2)
