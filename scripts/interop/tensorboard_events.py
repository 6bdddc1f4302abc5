"""Holds a run's event files, as TensorBoard reads them, against its metrics.jsonl."""

import json
import math
from pathlib import Path

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def logged(run):
    """The charts that metrics.jsonl asks for: tag to [(step, float32)]."""
    charts = {}
    for line in (Path(run) / "metrics.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["kind"] == "step":
            values = {"train/" + key: entry[key] for key in ("loss", "lr", "grad_norm")}
        else:
            values = {f"dev_{entry['metric']}/rank_{rank}": v for rank, v in entry["values"].items()}
        for tag, v in values.items():
            if v is not None and math.isfinite(v):
                charts.setdefault(tag, []).append((entry["step"], numpy.float32(v)))
    return charts


def difference(run):
    """The largest difference of a value, and how many points there are. Infinite if TensorBoard
    sees another number of points, or other steps, than the log has."""
    events = EventAccumulator(str(run), size_guidance={"scalars": 0}).Reload()
    tags, worst, count = events.Tags()["scalars"], 0.0, 0
    for tag, points in logged(run).items():
        shown = events.Scalars(tag) if tag in tags else []
        if [p.step for p in shown] != [step for step, _ in points]:
            return math.inf, count
        count += len(points)
        worst = max([worst] + [abs(float(p.value) - float(v)) for p, (_, v) in zip(shown, points)])
    return (worst if count else math.inf), count
