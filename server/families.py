"""The families of tools, each under the name that the settings have for it; a family lists its tools itself."""

from tools.attachments.handlers import TOOLS as ATTACHMENT_TOOLS
from tools.escalation.handlers import TOOLS as ESCALATION_TOOLS
from tools.memory.handlers import TOOLS as MEMORY_TOOLS
from tools.rag.handlers import TOOLS as RAG_TOOLS
from tools.text2sql.handlers import TOOLS as TEXT2SQL_TOOLS

FAMILIES = {
    "memory": MEMORY_TOOLS,
    "rag": RAG_TOOLS,
    "attachments": ATTACHMENT_TOOLS,
    "escalation": ESCALATION_TOOLS,
    "text2sql": TEXT2SQL_TOOLS,
}
TOOL_NAMES = frozenset(spec.name for specs in FAMILIES.values() for spec in specs)
