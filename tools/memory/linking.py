"""memory_graph and memory_feedback: what memories say about each other, and what agents say about memories."""

from storage import feedback, graph
from storage import memories as rows
from storage.analysis import query_words
from storage.database import Connection
from tools.errors import NotFound
from tools.memory.memories import Memories, is_gone
from tools.memory.models import FeedbackArguments, Graph, GraphArguments, GraphEdge, GraphNode, Judged
from tools.services import Caller

IDS_SHOWN = 20  # of the memories behind a node or an edge


async def related(memories: Memories, caller: Caller, asked: GraphArguments) -> Graph:
    """The part of the tenant's graph around an entity, or its most mentioned entities."""
    now = memories.now()
    found = await memories.db.read(
        lambda db: graph.neighbourhood(db, caller.tenant, asked.entity, asked.depth, asked.limit, now)
    )
    if found is None:
        raise NotFound(f"No entity {asked.entity!r}. Call memory_graph without entity to see which there are.")
    nodes, edges = found[0][: asked.limit], found[1]
    names = {node.name for node in nodes}
    return Graph(
        nodes=[
            GraphNode(
                name=node.name,
                type=node.type,
                memory_ids=node.memory_ids[:IDS_SHOWN],
                memory_count=len(node.memory_ids),
            )
            for node in nodes
        ],
        edges=[
            GraphEdge(
                source=edge.source, relation=edge.relation, target=edge.target, memory_ids=edge.memory_ids[:IDS_SHOWN]
            )
            for edge in edges
            if edge.source in names and edge.target in names
        ],
        is_cut=len(found[0]) > asked.limit,
    )


async def judge(memories: Memories, caller: Caller, asked: FeedbackArguments) -> Judged:
    """Note whether a memory helped; it ranks higher or lower from now on, for that query or for any."""
    now = memories.now()

    def add(db: Connection) -> list[feedback.Verdict]:
        row = rows.fetch(db, caller.tenant, asked.memory_id)
        if is_gone(row, now):
            raise NotFound(f"No memory {asked.memory_id!r}. Call memory_retrieve to find its id.")
        feedback.add(db, row.row_id, asked.useful, query_words(asked.query), caller.key, now)
        return feedback.verdicts(db, [row.row_id])

    verdicts = await memories.db.write(add)
    useful = sum(verdict.useful for verdict in verdicts)
    return Judged(memory_id=asked.memory_id, useful=useful, not_useful=len(verdicts) - useful)
