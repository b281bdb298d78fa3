"""How any Singer tap is asked: discover, choose streams, sync, and sync again from the state it left."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.witness.places import Place

Row = Mapping[str, Any]
Keys = Mapping[str, tuple[str, ...]]
SINCE = "2019-01-01T00:00:00Z"


@dataclass
class Heard:
    """What a witness emitted: the last version of every record by stream and id, and every line of this pass."""

    records: dict[str, dict[str, Row]] = field(default_factory=dict)
    lines: dict[str, list[tuple[str, Row]]] = field(default_factory=dict)
    state: Row = field(default_factory=dict)

    def collect(self, messages: Iterable[Row], keys: Keys) -> None:
        """Sort a pass's lines by stream; a later line about a record replaces the earlier, as a target would do it."""
        self.lines = {stream: [] for stream in keys}
        for message in messages:
            if message.get("type") == "STATE":
                self.state = message["value"]
            elif message.get("type") == "RECORD" and message["stream"] in keys:
                self._take(message["stream"], message["record"], keys)

    def _take(self, stream: str, row: Row, keys: Keys) -> None:
        id = " ".join(str(row[name]) for name in keys[stream])
        self.lines[stream].append((id, row))
        self.records.setdefault(stream, {})[id] = row


def sing(place: Place, tap: str, config: Row, keys: Keys, *, heard: Heard) -> None:
    """Run a tap over the streams of `keys`: from the start, or from the state in which it ended last time."""
    kept, catalog, state = (place.folder / name for name in ("config.json", "catalog.json", "state.json"))
    if not kept.exists():
        kept.write_text(json.dumps({"start_date": SINCE, "user_agent": "duewell-witness", **config}))
        found = json.loads(place.start([tap, "--config", str(kept), "--discover"]))
        chosen = [_chosen(stream) for stream in found["streams"] if stream["tap_stream_id"] in keys]
        catalog.write_text(json.dumps({"streams": chosen}))
    state.write_text(json.dumps(heard.state, default=str))
    heard.collect(place.run([tap, "--config", str(kept), "--catalog", str(catalog), "--state", str(state)]), keys)


def _chosen(stream: dict[str, Any]) -> dict[str, Any]:
    """The stream with every field that can be had."""
    stream["schema"]["selected"] = True
    for one in stream["metadata"]:
        one["metadata"]["selected"] = True
    if all(one["breadcrumb"] for one in stream["metadata"]):
        stream["metadata"].append({"breadcrumb": [], "metadata": {"selected": True}})
    return stream
