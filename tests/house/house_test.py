#!/usr/bin/env python3
"""house_test.py: the house rules hold, and the tests of them can fail."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def run(script, root):
    done = subprocess.run([sys.executable, str(HERE / script), str(root)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


class House(unittest.TestCase):
    def planted(self, script, path, text):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / path
            file.parent.mkdir(parents=True)
            file.write_text(text)
            return run(script, folder)

    def test_include_rules_hold(self):
        code, out = run("check_includes.py", ROOT)
        self.assertEqual((code, out), (0, ""))

    def test_sizes_hold(self):
        code, out = run("check_sizes.py", ROOT)
        self.assertEqual(code, 0, out)

    def test_a_core_that_includes_czmq_fails(self):
        code, out = self.planted("check_includes.py", "actors/listener/listener.c", "#include <czmq.h>\n")
        self.assertEqual(code, 1)
        self.assertIn("actors/listener/listener.c:1: czmq", out)

    def test_every_other_breach_fails(self):
        for path, text in (
                ("actors/listener/x.c", '#include "storage/storage.h"\n'),
                ("actors/listener/x.c", '#include "actors/dispatcher/dispatcher.h"\n'),
                ("actors/audit/x.c", "#include <time.h>\n"),
                ("actors/audit/x.c", "#include <sys/socket.h>\n"),
                ("messages/x.c", "#include <jansson.h>\n"),
                ("broker/alpaca/x.c", '#include "actors/actor.h"\n'),
                ("broker/alpaca/x.c", "#include <curl/curl.h>\n#include <jansson.h>\n"),
                ("storage/x.c", '#include "broker/broker.h"\n'),
                ("scripts/commands/x.c", '#include "tests/lib/core_test.h"\n')):
            with self.subTest(path=path, text=text):
                self.assertEqual(self.planted("check_includes.py", path, text)[0], 1)

    def test_what_is_allowed_passes(self):
        text = '#include <stdio.h>\n#include "actors/actor.h"\n#include "messages/fixed.h"\n#include "actors/audit/audit.h"\n'
        self.assertEqual(self.planted("check_includes.py", "actors/audit/audit.c", text)[0], 0)

    def test_a_long_file_and_a_long_function_fail(self):
        self.assertEqual(self.planted("check_sizes.py", "messages/x.c", "\n" * 501)[0], 1)
        code, out = self.planted("check_sizes.py", "messages/x.c", "int f (void)\n{\n" + "    ;\n" * 70 + "}\n")
        self.assertEqual(code, 1)
        self.assertIn("f has 73 lines", out)


if __name__ == "__main__":
    unittest.main(verbosity=1)
