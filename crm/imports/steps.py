"""How far is the import, and does the user still want it? Every stage reports here and may be stopped
here."""

from collections.abc import Callable
from dataclasses import dataclass

from crm.errors import Cancelled

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Steps:
    """`progress(share 0..1, stage)` is told, `cancelled()` is asked."""

    progress: Progress | None = None
    cancelled: Callable[[], bool] | None = None

    def heed(self) -> None:
        """Raises Cancelled when the user stopped the import."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("The import was stopped; nothing of it was kept.")

    def at(self, share: float, stage: str) -> None:
        """Tell how far the import is. Raises Cancelled when the user stopped it."""
        self.heed()
        if self.progress is not None:
            self.progress(share, stage)
