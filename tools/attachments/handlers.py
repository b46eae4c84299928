"""The attachment tools, a handler each: their docstrings are what an agent's model reads. Use cases are imported when
first called, as in `tools.memory.handlers`."""

from tools.attachments.models import ProcessArguments, Processed, SaveArguments, Saved
from tools.services import Caller, Services
from tools.spec import ToolSpec


async def attachment_save(services: Services, caller: Caller, asked: SaveArguments) -> Saved:
    """Save a file for attachment_process."""
    from tools.attachments.saving import save

    return await save(services.attachments, caller, asked)


async def attachment_process(services: Services, caller: Caller, asked: ProcessArguments) -> Processed:
    """Read a file: pdf docx xlsx csv txt md html json xml png jpg."""
    from tools.attachments.processing import process

    return await process(services.attachments, caller, asked)


TOOLS = (
    ToolSpec(
        title="Save a file",
        handler=attachment_save,
        arguments=SaveArguments,
        result=Saved,
        scope="write",
        idempotent=True,
    ),
    ToolSpec(
        title="Read a file",
        handler=attachment_process,
        arguments=ProcessArguments,
        result=Processed,
        scope="write",
        idempotent=True,
        runs_apart=True,
    ),
)
