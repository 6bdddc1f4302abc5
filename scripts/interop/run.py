#!/usr/bin/env python3
"""Holds dylora against PEFT, Transformers and TensorBoard, in both directions.

  pip install -r scripts/interop/requirements.txt
  go build ./cmd/dylora && DYLORA_BIN=./dylora scripts/interop/run.py --data-dir glue
  scripts/interop/run.py --data-dir glue --model models/mini --model bert-folder

For each model an adapter is trained by dylora on SST-2, for 20 steps, and PEFT loads its slices:
every rank, --compat, a rank per module, f16 and bf16, and slices of adapters with other scalings;
Transformers loads the merged model;
TensorBoard reads the events. Then PEFT trains adapters of several kinds and dylora loads them. Each
time both sides compute the logits of the first 200 sentences of SST-2's dev split. Exit code 1 if a
logit differs by more than 1e-4, an event by anything, or an adapter hardly moves the logits.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers

from reference import Reference
from tensorboard_events import difference

BOUND = 1e-4
RANK = 8

# How dylora scales ranks beside the paper's way.
SCALINGS = ["sqrt", "constant", "power:0.75"]

# What PEFT trains, besides the settings in from_peft.
ADAPTERS = {
    "plain": {},
    "modules_to_save": {"task_type": None, "modules_to_save": ["classifier"]},
    "bias: all": {"bias": "all"},
    "bias: lora_only": {"bias": "lora_only"},
    "rank_pattern": {"rank_pattern": {"query": 2, "layer.1.attention.self.value": 7}},
    "rank_pattern, alpha_pattern": {"rank_pattern": {"value": 3}, "alpha_pattern": {"value": 9, r"layer\.0\.attention\.self\.query": 1}},
    "use_rslora": {"use_rslora": True},
    "use_rslora, rank_pattern": {"use_rslora": True, "rank_pattern": {"query": 1}},
    "all targets": {"target_modules": ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"], "exclude_modules": ["classifier.dense"]},
    "all-linear": {"target_modules": "all-linear"},
    "modules_to_save: a LayerNorm": {"modules_to_save": ["embeddings.LayerNorm"]},
    "modules_to_save: an output": {"modules_to_save": ["layer.1.output.dense"]},
    "targets as an expression": {"target_modules": r".*encoder\.layer\.[02]\.attention\.self\.(query|key)"},
}

# What other encoders call the modules that BERT and RoBERTa name like this, and the modules of their heads
# that PEFT does not save unless it is told to.
NAMES = {
    "mpnet": {
        "attention.self.query": "attention.attn.q", "attention.self.value": "attention.attn.v", "attention.output.dense": "attention.attn.o",
        "(query|key)": "(q|k)", "query": "q", "key": "k", "value": "v", "attention.self": "attention.attn",
    },
    "distilbert": {
        "encoder.layer": "transformer.layer", "attention.self.query": "attention.q_lin", "attention.self.value": "attention.v_lin", "attention.output.dense": "attention.out_lin",
        "intermediate.dense": "ffn.lin1", "output.dense": "ffn.lin2", "(query|key)": "(q_lin|k_lin)", "query": "q_lin", "key": "k_lin", "value": "v_lin", "attention.self": "attention",
    },
}
POOLED = {"modules_to_save: the pooler": {"modules_to_save": ["pooler"]}}  # of BERT alone
HEADS = {"distilbert": ["pre_classifier", "classifier"]}


def renamed(value, names):
    """The settings with an encoder's own names, in expressions too."""
    if isinstance(value, dict):
        return {renamed(k, names): renamed(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [renamed(v, names) for v in value]
    if isinstance(value, str):
        for ours, theirs in names.items():
            value = value.replace(ours.replace(".", "\\."), theirs.replace(".", "\\.")).replace(ours, theirs)
    return value


class Dylora:
    """The program's side, on one base model."""

    def __init__(self, model, data, work):
        self.type = json.loads((Path(model) / "config.json").read_text())["model_type"]
        self.names = NAMES.get(self.type, {})
        self.program = os.environ.get("DYLORA_BIN", "dylora")
        self.task = ["--task", "sst2", "--data-dir", data, "--model", model, "--max-length", "128"]
        self.work = work
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("DYLORA_")}

    def __call__(self, *args):
        r = subprocess.run([self.program, *map(str, args)], capture_output=True, text=True, env=self.env)
        if r.returncode:
            sys.exit(f"{self.program} {' '.join(map(str, args))}: exit code {r.returncode}\n{r.stderr}")

    def train(self, targets="query,value,output.dense", *flags):
        run = self.work / "-".join(["run", targets, *flags])
        self("train", *self.task, "--run", run, "--rank", RANK, "--targets", targets, "--lr", "4e-3",
             "--epochs", 1, "--max-train-examples", 640, "--max-eval-examples", 64, *flags)
        return run

    def slice(self, run, name, *flags):
        out = self.work / name
        self("slice", "--adapter", run, "--out", out, *flags)
        return out

    def logits(self, adapter, rank=None, count=200):
        out = self.work / "predictions.jsonl"
        flags = ["--rank", rank] if rank else []
        self("eval", *self.task, "--adapter", adapter, "--max-eval-examples", count, "--predictions", out, "--force-base", *flags)
        return torch.tensor([json.loads(line)["logits"] for line in out.read_text().splitlines()])


class Table:
    """The result: a line per comparison, printed as it is there."""

    def __init__(self):
        self.failed, self.worst = 0, 0.0
        print(f"{'':3}{'comparison':58}{'difference':>11}{'bound':>8}{'effect':>8}", flush=True)

    def logits(self, name, got, want, effect=None):
        same = got.shape == want.shape and torch.isfinite(got).all()
        d = (got - want).abs().max().item() if same else float("inf")
        self.worst = max(self.worst, d)
        self.line(name, d, BOUND, effect)

    def line(self, name, d, bound, effect=None):
        ok = d <= bound and (effect is None or effect > 100 * BOUND)
        self.failed += not ok
        print(f"{'' if ok else '!!':3}{name:58}{d:11.1e}{bound:8.0e}{'' if effect is None else f'{effect:8.2f}'}", flush=True)


def from_dylora(table, dylora, reference):
    run = dylora.train()
    for b in range(1, RANK + 1):
        logits, effect = reference.adapted(dylora.slice(run, f"rank-{b}", "--rank", b))
        table.logits(f"slice at rank {b}: PEFT, dylora at rank {b}", logits, dylora.logits(run, b), effect)
    for name, flags in {
        "compat": ["--rank", 4, "--compat"],
        "rank_pattern": ["--rank", 6, "--ranks-per-module", renamed("query=2,layer.1.attention.self.value=5", dylora.names)],
        "compat of rank_pattern": ["--rank", 6, "--ranks-per-module", renamed("query=2,layer.1.attention.self.value=5", dylora.names), "--compat"],
        "f16": ["--rank", 8, "--dtype", "f16"],
        "bf16": ["--rank", 8, "--dtype", "bf16"],
        "compat in bf16": ["--rank", 3, "--compat", "--dtype", "bf16"],
    }.items():
        folder = dylora.slice(run, name.replace(" ", "-"), *flags)
        logits, effect = reference.adapted(folder)
        table.logits(f"slice, {name}: PEFT, dylora", logits, dylora.logits(folder), effect)
    for b in (1, RANK):
        out = dylora.work / f"merged-{b}"
        dylora("merge", *dylora.task, "--adapter", run, "--rank", b, "--out", out)
        table.logits(f"merged at rank {b}: Transformers, dylora at rank {b}", reference.merged(out), dylora.logits(run, b))
    everything = dylora.train("all-linear")
    for b in (3, RANK):
        logits, effect = reference.adapted(dylora.slice(everything, f"all-{b}", "--rank", b))
        table.logits(f"all-linear, slice at rank {b}: PEFT, dylora at rank {b}", logits, dylora.logits(everything, b), effect)
    out = dylora.work / "merged-all"
    dylora("merge", *dylora.task, "--adapter", everything, "--rank", 3, "--out", out)
    table.logits("all-linear, merged at rank 3: Transformers, dylora at rank 3", reference.merged(out), dylora.logits(everything, 3))
    for scaling in SCALINGS:
        scaled_from_dylora(table, dylora, reference, scaling)
    d, points = difference(run)
    table.line(f"events: TensorBoard, metrics.jsonl ({points} points)", d, 0)


def scaled_from_dylora(table, dylora, reference, scaling):
    """Slices, a slice of a slice, a rank per module and --compat of an adapter that was trained with a scaling."""
    run = dylora.train("query,value", "--scaling", scaling)
    name = scaling.replace(":", "-")
    for b in (1, 3, RANK):
        logits, effect = reference.adapted(dylora.slice(run, f"{name}-{b}", "--rank", b))
        table.logits(f"{scaling}, slice at rank {b}: PEFT, dylora at rank {b}", logits, dylora.logits(run, b), effect)
    again = dylora.slice(dylora.work / f"{name}-3", f"{name}-3-2", "--rank", 2)
    table.logits(f"{scaling}, slice of a slice at rank 2: PEFT, dylora at rank 2", reference.adapted(again)[0], dylora.logits(run, 2))
    for kind, flags in {"rank_pattern": [], "compat of rank_pattern": ["--compat"]}.items():
        folder = dylora.slice(run, f"{name}-{kind}".replace(" ", "-"), "--rank", 6, "--ranks-per-module", renamed("query=2", dylora.names), *flags)
        table.logits(f"{scaling}, {kind}: PEFT, dylora", reference.adapted(folder)[0], dylora.logits(folder))
    out = dylora.work / f"merged-{name}"
    dylora("merge", *dylora.task, "--adapter", run, "--rank", 2, "--out", out)
    table.logits(f"{scaling}, merged at rank 2: Transformers, dylora at rank 2", reference.merged(out), dylora.logits(run, 2))
    dylora("check", "--adapter", run, "--nested")


def from_peft(table, dylora, reference, examples):
    adapters = ADAPTERS | (POOLED if dylora.type == "bert" else {})
    for i, (name, settings) in enumerate(adapters.items()):
        folder = dylora.work / f"peft-{i}"
        settings = {"task_type": "SEQ_CLS", "r": 4, "lora_alpha": 16, "target_modules": ["query", "value"], "init_lora_weights": True, **settings}
        settings = renamed(settings, dylora.names)
        if dylora.type in HEADS:
            settings["modules_to_save"] = HEADS[dylora.type] + settings.get("modules_to_save", [])
        logits, effect = reference.train(folder, examples, **settings)
        table.logits(f"PEFT's, {name}: dylora, PEFT", dylora.logits(folder), logits, effect)


def read(data, split, count):
    """(sentence, label) of the first lines of a split of SST-2."""
    lines = (Path(data) / "SST-2" / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1 : count + 1]
    return [(text, int(label)) for text, label in (line.split("\t") for line in lines)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data-dir", required=True, help="folder with SST-2/train.tsv and dev.tsv")
    p.add_argument("--model", action="append", help="base model's folder; several are allowed (default: models/mini)")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    o = p.parse_args()
    torch.set_num_threads(o.threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    examples, dev, failed = read(o.data_dir, "train", 160), read(o.data_dir, "dev", 200), 0
    for model in o.model or [str(Path(__file__).resolve().parents[2] / "models" / "mini")]:
        print(f"{model}: largest difference of a logit over {len(dev)} sentences; effect: what the adapter changes")
        with tempfile.TemporaryDirectory() as work:
            table, dylora = Table(), Dylora(model, o.data_dir, Path(work))
            reference = Reference(model, [text for text, _ in dev])
            from_dylora(table, dylora, reference)
            from_peft(table, dylora, reference, examples)
        print(f"largest difference {table.worst:.1e}, {table.failed} failed\n", flush=True)
        failed += table.failed
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
