"""What every worker process of the data floor does."""

from __future__ import annotations

import os
import threading
import time


def end_with_parent() -> None:
    """Let this process end when its parent has: a pool's workers wait for ever once their parent was killed."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
