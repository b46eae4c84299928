"""memory_graph: how what memories are about relates."""

from storage.memories import graph
from tools.errors import NotFound
from tools.memory.memories import Memories
from tools.memory.models import Graph, GraphArguments, GraphEdge, GraphNode
from tools.services import Caller

IDS_OF_EACH = 20  # of the memories behind a node or an edge


async def related(memories: Memories, caller: Caller, asked: GraphArguments) -> Graph:
    """The part of the tenant's graph around an entity, or its most mentioned entities."""
    now = memories.now()
    found = await memories.db.read(
        lambda db: graph.neighbourhood(db, caller.tenant, asked.entity, asked.depth, asked.limit, now)
    )
    if found is None:
        raise NotFound(f"No entity {asked.entity!r}. Call memory_graph without entity to see which there are.")
    nodes, edges = found
    shown = {node.name for node in nodes[: asked.limit]}
    return Graph(
        nodes=[_node(node) for node in nodes[: asked.limit]],
        edges=[_edge(edge) for edge in edges if edge.source in shown and edge.target in shown],
        is_cut=len(nodes) > asked.limit,
    )


def _node(node: graph.Node) -> GraphNode:
    return GraphNode(
        name=node.name, type=node.type, memory_ids=node.memory_ids[:IDS_OF_EACH], memory_count=len(node.memory_ids)
    )


def _edge(edge: graph.Edge) -> GraphEdge:
    return GraphEdge(
        source=edge.source, relation=edge.relation, target=edge.target, memory_ids=edge.memory_ids[:IDS_OF_EACH]
    )
