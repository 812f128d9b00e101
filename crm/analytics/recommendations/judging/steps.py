"""Steps: how far is the work, and is it to go on?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from crm.errors import Cancelled


@dataclass
class Steps:
    """progress(share 0..1, stage) is told before every step; cancelled() is asked before every step and every block."""

    progress: Callable[[float, str], None] | None = None
    cancelled: Callable[[], bool] | None = None
    n_steps: int = 0
    n_done: int = field(default=0)

    def begin(self, stage: str) -> None:
        self.go_on()
        if self.progress is not None:
            self.progress(min(1.0, self.n_done / max(self.n_steps, 1)), stage)
        self.n_done += 1

    def go_on(self) -> None:
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("Measuring the recommendations was stopped.")
