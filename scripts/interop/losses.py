#!/usr/bin/env python3
"""Trains the same adapter with PEFT and with dylora, and compares the loss of every step.

  go build ./cmd/dylora && DYLORA_BIN=./dylora scripts/interop/losses.py --data-dir glue --model mpnet-folder

Both begin with the same head and the same A and B, see the same batches of SST-2 in the same order, and
use AdamW, clipping and a linear schedule alike, without dropout. PEFT trains in float64, which is what
both are compared with, and in float32: rounding grows from step to step, so PyTorch's own distance says how
much of a difference means nothing. Exit code 1 if dylora is further from float64 than 1e-5 in the
first ten steps, or in any step than three times the largest distance of PyTorch's float32.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

FIRST, BOUND, TIMES = 10, 1e-5, 3
RANK, ALPHA, LR, WARMUP, DECAY, SEED = 4, 16, 1e-3, 0.06, 0.01, 42


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data-dir", required=True, help="folder with SST-2/train.tsv and dev.tsv")
    p.add_argument("--model", required=True, help="base model's folder")
    p.add_argument("--targets", default="query,value", help="PEFT's names of the adapted maps, query's before value's")
    p.add_argument("--steps", type=int, default=50)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--threads", type=int, default=os.cpu_count())
    return p.parse_args()


def order(n, seed, epoch):
    """The order of an epoch, as internal/data has it: a shuffle by SplitMix64."""
    mask = 2**64 - 1

    def mix(z):
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        return z ^ z >> 31

    key = mix(mix(mix(seed) + int.from_bytes(b"order", "big") & mask) + epoch & mask)
    rows = list(range(n))
    for i in range(n - 1, 0, -1):
        j = mix(key + i * 0x9E3779B97F4A7C15 & mask) * (i + 1) >> 64
        rows[i], rows[j] = rows[j], rows[i]
    return rows


def prepare(o, work):
    """The base model with a head and without dropout, an adapter to start from, and the data, as folders."""
    config = AutoConfig.from_pretrained(o.model, num_labels=2)
    for key in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout", "dropout", "attention_dropout", "seq_classif_dropout"):
        if getattr(config, key, None) is not None:
            setattr(config, key, 0.0)
    torch.manual_seed(SEED)
    model = AutoModelForSequenceClassification.from_pretrained(o.model, config=config, dtype=torch.float32)
    AutoTokenizer.from_pretrained(o.model).save_pretrained(work / "base")
    model.save_pretrained(work / "base")
    adapted = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=RANK, lora_alpha=ALPHA, target_modules=o.targets.split(",")))
    with torch.no_grad():
        for name, p in adapted.named_parameters():
            if "lora_B" in name:
                p.normal_(std=0.02)
    adapted.save_pretrained(work / "start")
    (work / "SST-2").mkdir()
    for split, count in (("train", o.batch * FIRST), ("dev", 8)):
        lines = (Path(o.data_dir) / "SST-2" / f"{split}.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
        (work / "SST-2" / f"{split}.tsv").write_text("".join(lines[: count + 1]), encoding="utf-8")


def peft(o, work, dtype):
    """The loss of each step of PEFT."""
    base = AutoModelForSequenceClassification.from_pretrained(work / "base", dtype=dtype, attn_implementation="eager")
    model = PeftModel.from_pretrained(base, work / "start", is_trainable=True).to(dtype)
    tokenizer = AutoTokenizer.from_pretrained(work / "base")
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([
        {"params": [p for name, p in trained if not name.endswith("bias")], "weight_decay": DECAY},
        {"params": [p for name, p in trained if name.endswith("bias")], "weight_decay": 0.0},
    ], lr=LR)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, math.ceil(o.steps * WARMUP), o.steps)
    lines = (work / "SST-2" / "train.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    losses = []
    model.train()
    for step in range(o.steps):
        epoch, i = divmod(step, len(rows) // o.batch)
        batch = [rows[j] for j in order(len(rows), SEED, epoch)[i * o.batch : (i + 1) * o.batch]]
        inputs = tokenizer([text for text, _ in batch], padding=True, truncation=True, max_length=128, return_tensors="pt")
        loss = model(**inputs, labels=torch.tensor([int(label) for _, label in batch])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for _, p in trained], 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return torch.tensor(losses, dtype=torch.float64)


def dylora(o, work):
    """The loss of each step of dylora."""
    steps, epochs = o.steps, -(-o.steps // FIRST)
    command = [os.environ.get("DYLORA_BIN", "dylora"), "train", "--task", "sst2", "--data-dir", work, "--model", work / "base", "--run", work / "run",
               "--init-adapter", work / "start", "--rank", RANK, "--alpha", ALPHA, "--sampler", f"list:{RANK}", "--targets", "query,value",
               "--lr", LR, "--warmup", WARMUP, "--weight-decay", DECAY, "--clip", 1, "--batch", o.batch, "--grad-accumulation", 1, "--seed", SEED,
               "--epochs", epochs, "--max-steps", steps, "--patience", 0, "--max-length", 128, "--max-train-examples", 0, "--threads", o.threads]
    env = {k: v for k, v in os.environ.items() if not k.startswith("DYLORA_")}
    r = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=env)
    if r.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {r.returncode}\n{r.stderr}")
    lines = map(json.loads, (work / "run" / "metrics.jsonl").read_text().splitlines())
    return torch.tensor([line["loss"] for line in lines if line["kind"] == "step"], dtype=torch.float64)


def main():
    o = arguments()
    torch.set_num_threads(o.threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        prepare(o, work)
        ours, single, exact = dylora(o, work), peft(o, work, torch.float32), peft(o, work, torch.float64)
    if len(ours) != o.steps:
        sys.exit(f"dylora took {len(ours)} steps, not {o.steps}")
    own, theirs = (ours - exact).abs(), (single - exact).abs()
    print(f"{o.model}: loss {exact[0]:.4f} in the first step, {exact[-1]:.4f} in the last")
    print(f"{'largest distance from float64':32}{'dylora':>10}{'PyTorch':>10}{'bound':>10}")
    failed = False
    for steps, bound in ((min(FIRST, o.steps), BOUND), (o.steps, max(BOUND, TIMES * theirs.max().item()))):
        d = own[:steps].max().item()
        failed |= not d <= bound
        print(f"{f'in {steps} steps':32}{d:10.1e}{theirs[:steps].max().item():10.1e}{bound:10.1e}{'  !!' if not d <= bound else ''}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
