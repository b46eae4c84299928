"""Which rows of a working set are neighbours: a turn of a conversation and the two before and after it, in order of
row, as long as they are of one sitting."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from storage.working_sets.columns import NEIGHBOURS, ScopeColumns, ScopeEntry

SITTING_MS = 3_600_000


class ScopeTurns:
    """Keeps `ScopeColumns.near`. What it cannot mend by itself is a session whose turns are torn: `relink` it."""

    def __init__(self, columns: ScopeColumns) -> None:
        self._columns = columns
        self._turns: defaultdict[str, dict[int, int]] = defaultdict(dict)  # where the turns of a session stand, by row
        self._session_of: dict[int, str] = {}

    def take(self, entry: ScopeEntry, at: int, before: int | None) -> set[str]:
        """Put a turn among those of its session: it stands ``at``, and stood ``before`` unless it is new. The session,
        if its turns have to be linked anew."""
        turns = self._turns[entry.session_id]
        stays = before is not None and entry.row_id in turns and self._columns.occurred[before] == entry.occurred_at
        is_last = not turns or entry.row_id > next(reversed(turns))
        turns[entry.row_id] = at
        self._session_of[entry.row_id] = entry.session_id
        if stays and before is not None:
            self._take_place(at, before)
        elif is_last:
            self._link(at, list(islice(reversed(turns.values()), 1, 3)))
        else:
            return {entry.session_id}
        return set()

    def leave(self, row_id: int) -> set[str]:
        """Take a row from among the turns, if it is one; the session whose turns are torn by it."""
        session_id = self._session_of.pop(row_id, None)
        if session_id is None:
            return set()
        del self._turns[session_id][row_id]
        return {session_id}

    def relink(self, session_id: str) -> None:
        """Find the neighbours of all turns of a session anew."""
        self._turns[session_id] = dict(sorted(self._turns[session_id].items()))
        places = list(self._turns[session_id].values())
        self._columns.near[places] = -1
        for number, at in enumerate(places):
            self._link(at, places[max(0, number - 2) : number][::-1])

    def _link(self, at: int, before: Sequence[int]) -> None:
        """Make the turn and the one and two before it neighbours, within one sitting."""
        occurred, near = self._columns.occurred, self._columns.near
        for place, other in enumerate(before):
            if abs(int(occurred[at] - occurred[other])) <= SITTING_MS:
                near[at, place] = other
                near[other, 2 + place] = at

    def _take_place(self, at: int, before: int) -> None:
        """A changed turn keeps the neighbours it had."""
        near = self._columns.near
        near[at] = near[before]
        for place, other in enumerate(near[before].tolist()):
            if other >= 0:
                near[other, (place + 2) % NEIGHBOURS] = at
