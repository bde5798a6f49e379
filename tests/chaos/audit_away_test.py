#!/usr/bin/python3 -B
"""The audit's database is away under load: trading goes on, and afterwards every outcome is there.

Locked: another connection holds BEGIN EXCLUSIVE. Full: the database lies on a small file system that something else fills; where
we may not mount one, the audit's process gets a limit of file size instead (EFBIG for ENOSPC; the line that is printed says
which)."""
import ctypes
import os
import resource
import sqlite3
import unittest

from away import Away
from world import house

MIB = 1 << 20


class FileAway(Away):
    def test_locked(self):
        load = self.load()
        other = sqlite3.connect(load.world.path(load.world.database), timeout=30, isolation_level=None)
        self.addCleanup(other.close)
        self.story(load, lambda: other.execute("BEGIN EXCLUSIVE"), lambda: other.execute("ROLLBACK"))

    def test_the_audit_is_killed_while_it_is_locked(self):
        """t+2 kill -9 of the audit, which comes up with the database still locked: what it had not stored is told again."""
        load = self.load()
        other = sqlite3.connect(load.world.path(load.world.database), timeout=30, isolation_level=None)
        self.addCleanup(other.close)

        def leave():
            other.execute("BEGIN EXCLUSIVE")
            load.trade(2)
            load.world.kill("audit")
            load.world.start_actor("audit")
        self.story(load, leave, lambda: other.execute("ROLLBACK"))

    def test_the_disk_is_full(self):
        folder = self.small_disk()
        load = self.load(database=os.path.join(folder, "copier.db") if folder else "copier.db")
        if folder:
            filler = os.path.join(folder, "filler")

            def leave():
                with open(filler, "wb") as file:
                    try:
                        for chunk in (MIB, 4096, 1):
                            while True:
                                file.write(b"x" * chunk)
                                file.flush()
                    except OSError as error:
                        self.assertEqual(error.errno, 28)
                    size = os.statvfs(folder)
                self.assertLess(size.f_bavail * size.f_frsize, 8192)
            print("\ndisk full: a tmpfs of 64 MiB, ENOSPC", flush=True)
            self.story(load, leave, lambda: os.unlink(filler))
        else:
            print("\ndisk full: no mount allowed here, RLIMIT_FSIZE, EFBIG", flush=True)
            self.story(load, lambda: self.limit(load, 4096), lambda: self.limit(load, resource.RLIM_INFINITY))

    def small_disk(self):
        """A mounted tmpfs, unmounted after the test; None where it is not permitted."""
        folder = house.tempfile.mkdtemp(prefix="tc-disk-")
        self.addCleanup(os.rmdir, folder)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"none", folder.encode(), b"tmpfs", 0, b"size=64m") != 0:
            return None
        self.addCleanup(libc.umount2, folder.encode(), 2)
        return folder

    @staticmethod
    def limit(load, size):
        resource.prlimit(load.world.children["audit"].pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


if __name__ == "__main__":
    unittest.main(verbosity=2)
