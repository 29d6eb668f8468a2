"""What the Hub prepares before it starts an instructor's JupyterLab."""

import asyncio
from pathlib import Path

from groundwork.hubside.labs import LabSpawner


class SlowLab(LabSpawner):
    """A Lab whose commands take a moment, and note how many were at work at once."""

    at_work = most_at_once = 0

    async def _groundwork(self, *arguments: str) -> None:
        SlowLab.at_work += 1
        SlowLab.most_at_once = max(SlowLab.most_at_once, SlowLab.at_work)
        await asyncio.sleep(0.01)
        if arguments[0] == "notebooks":
            (Path(self.data) / "lessons").mkdir()
        SlowLab.at_work -= 1


def test_two_labs_that_start_at_once_prepare_one_after_the_other(tmp_path: Path) -> None:
    async def both_start() -> None:
        labs = [SlowLab(data=str(tmp_path), root="."), SlowLab(data=str(tmp_path), root=".")]
        await asyncio.gather(*(lab._build_course("spring") for lab in labs))

    asyncio.run(both_start())

    assert SlowLab.most_at_once == 1
    assert (tmp_path / "lessons").is_dir()
