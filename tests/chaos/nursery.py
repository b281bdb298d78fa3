"""Where children are born: one process that has imported everything, has no threads and holds no database.

Workers are not forked from a test's own process: SQLite's memory of who holds which lock would be copied in
mid-sentence, and so would the locks of the sandbox's threads.
"""

import multiprocessing

NURSERY = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload(["tests.chaos.storming", "tests.chaos.killing"])
