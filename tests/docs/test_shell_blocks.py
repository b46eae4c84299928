"""The shell blocks of each page are run, and those that cannot be are checked command by command."""

import sys
from pathlib import Path

import pytest

from tests.docs.commands import check_script
from tests.docs.pages import Block, Page, blocks, pages

RUN = [page for page in pages() if any(block.kind == "sh" and not block.reason for block in page.blocks)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash and a terminal")
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_the_commands_of_a_page_work_one_after_the_other(page: Page, home: Path) -> None:
    from tests.docs import shell

    done = shell.run([block for block in page.blocks if block.kind == "sh" and not block.reason], home)
    assert done.returncode == 0, f"{done.stderr[-3000:]}\n{done.stdout[-1000:]}"


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_every_command_of_ours_in_a_block_can_be_called_so(block: Block) -> None:
    check_script(block.text)
