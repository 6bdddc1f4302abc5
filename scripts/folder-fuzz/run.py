#!/usr/bin/env python3
"""Holds dylora's answers for generated folders against those of Transformers and PEFT.

  pip install -r scripts/folder-fuzz/requirements.txt
  go build ./cmd/dylora && DYLORA_BIN=./dylora scripts/folder-fuzz/run.py --folders 2000

Each folder is a tiny encoder with random weights, a tokenizer and an adapter, whose files differ in
what folders that people ship differ in: model type, activation, labels and their order, kinds of
heads, forms of the weights, the tokenizer's files and what contradicts what in them, and the
adapter's settings. Both sides answer the same texts. A folder is a function of --seed and its number,
so --only makes one of them again; --keep leaves those that are answered wrongly.

Right is the answer of Transformers, or a refusal. Where Transformers makes up weights that the files
lack, or raises an error, only a refusal is right. The exit code is 1 if an answer is wrong, or if less
than 90 % of the folders that Transformers answers are answered.
"""

import argparse
import collections
import json
import logging
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers
from peft import PeftModel
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

import models_of
import tokenizers_of

BOUND = 2e-4  # of a probability; of a score as a share of the largest
LEAST = 0.9  # of the folders that Transformers answers


class NoAnswer(Exception):
    """Transformers has no answer that the files determine."""


def make(r, folder, kinds):
    """Writes a folder; returns what is in it, and the task and texts to ask."""
    kind = r.choice(models_of.TYPES)
    own = {"bert": ["bert", "bert", "bert-cased"]}.get(kind, [kind])
    if r.random() < 0.03:
        own = ["bert", "roberta"]  # the tokenizer of another kind of encoder
    tokenizer = kinds[r.choice(own)]
    (folder / "base").mkdir()
    words = tokenizer.size + 10 + r.choice([0, 0, 7])
    what = models_of.write(r, folder, kind, words)
    tokenizers_of.write(r, folder / "base", tokenizer)
    c = json.loads((folder / "base/config.json").read_text())
    labels = [str(v).casefold() for v in c.get("id2label", {}).values()]
    pair = {("entailment", "not_entailment"): "rte", ("contradiction", "entailment", "neutral"): "mnli"}.get(tuple(sorted(labels)))
    texts = r.sample(tokenizers_of.TEXTS, 4)
    if pair and c.get("problem_type") != "multi_label_classification":
        return what + ", pairs", pair, [(t.replace("\t", " "), r.choice(tokenizers_of.TEXTS).replace("\t", " ")) for t in texts]
    return what, None, [(t, None) for t in texts]


def reference(folder, texts):
    """Transformers' answers: a list of numbers for each text, and the labels' names."""
    base = folder / "base"
    try:
        tokenizer = AutoTokenizer.from_pretrained(base)
        model, info = AutoModelForSequenceClassification.from_pretrained(base, output_loading_info=True, dtype=torch.float32)
        made_up = set(info["missing_keys"])
        if info.get("mismatched_keys") or info.get("error_msgs"):
            raise NoAnswer(f"shapes differ: {info}")
        adapted = PeftModel.from_pretrained(model, folder / "ad").eval()
        from safetensors import safe_open

        with safe_open(folder / "ad/adapter_model.safetensors", "pt") as f:
            brought = {k.removeprefix("base_model.model.") for k in f.keys()}
        made_up = {k for k in made_up if not any(b == k or b.endswith("." + k) for b in brought)}
        if made_up:
            raise NoAnswer(f"made up: {sorted(made_up)[:3]}")
        longest = adapted.config.max_position_embeddings - (adapted.config.pad_token_id + 1 if adapted.config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet") else 0)
        longest = min(longest, 128)
        answers = []
        for a, b in texts:
            with torch.no_grad():
                ids = tokenizer([a], None if b is None else [b], truncation=True, max_length=longest, return_tensors="pt")
                logits = adapted(**ids).logits[0].double()
            c = adapted.config
            if not torch.isfinite(logits).all():
                raise NoAnswer("not finite")
            if c.problem_type == "regression" or c.num_labels == 1:  # of one output the plain number, whatever a pipeline makes of it
                answers.append(logits.tolist())
            elif c.problem_type == "multi_label_classification":
                answers.append(logits.sigmoid().tolist())
            else:
                answers.append(logits.softmax(0).tolist())
        return answers, [str(c.id2label[i]) for i in range(c.num_labels)]
    except NoAnswer:
        raise
    except Exception as e:  # whatever Transformers raises
        raise NoAnswer(f"{type(e).__name__}: {str(e)[:150]}") from e


def ask(program, folder, task, texts):
    """dylora's answers, or the message of its refusal."""
    lines = "".join(json.dumps({"text": a, **({"text_pair": b} if b is not None else {})}) + "\n" for a, b in texts)
    (folder / "in.jsonl").write_text(lines)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DYLORA_", "HF_"))} | {"DYLORA_CACHE": "off", "HF_HUB_OFFLINE": "1"}
    args = [program, "predict", "--adapter", "ad", "--model", "base", "--json", "--in", "in.jsonl", "--format", "jsonl", "--threads", "1", *(["--task", task] if task else [])]
    p = subprocess.run(args, cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    if p.returncode not in (0, 1, 2, 3) or "goroutine " in p.stderr:
        raise AssertionError(f"exit code {p.returncode}: {p.stderr[-300:]}")
    if p.returncode:
        return None, next((line for line in p.stderr.splitlines() if line.startswith("dylora: ")), p.stderr)
    return [json.loads(line) for line in p.stdout.splitlines()], p.stderr


def fault(want, labels, got):
    """What is wrong with answers; empty if they are right."""
    if len(got) != len(want):
        return f"{len(got)} answers, want {len(want)}"
    for i, (w, g) in enumerate(zip(want, got)):
        if "probabilities" in g:
            p = {k.casefold(): v for k, v in g["probabilities"].items()}
            if sorted(p) != sorted(l.casefold() for l in labels):
                return f"labels {sorted(p)}, want {labels}"
            have, bound = [p[l.casefold()] for l in labels], BOUND
        else:
            have = g.get("scores", [g.get("score")])
            bound = BOUND * max(1, *map(abs, w))
        if len(have) != len(w) or max(abs(a - b) for a, b in zip(have, w)) > bound:
            return f"text {i}: {[round(x, 4) for x in have]}, want {[round(x, 4) for x in w]}"
    return ""


def cause(message):
    """A refusal without what differs from folder to folder."""
    return re.sub(r"[-+]?\d+(\.\d+)?(e-?\d+)?", "N", re.sub(r'"[^"]{0,40}"', '"…"', message))[:150]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--folders", type=int, default=2000)
    p.add_argument("--first", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", type=int, help="this folder alone, kept in ./folder-N")
    p.add_argument("--refused", action="store_true", help="print every refusal of a folder that Transformers answers")
    p.add_argument("--keep", help="copy folders that are answered wrongly to this one")
    o = p.parse_args()
    program = os.path.abspath(os.environ.get("DYLORA_BIN", "dylora"))
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    kinds = tokenizers_of.kinds()
    count, refusals, wrong, why = collections.Counter(), collections.Counter(), [], collections.Counter()
    for n in [o.only] if o.only is not None else range(o.first, o.first + o.folders):
        r = random.Random(f"{o.seed}/{n}")
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work)
            try:
                what, task, texts = make(r, folder, kinds)
            except (ValueError, TypeError, ImportError) as e:  # PEFT refuses the settings themselves
                count["not made"] += 1
                why[f"not made: {str(e)[:100]}"] += 1
                continue
            try:
                want, labels = reference(folder, texts)
            except NoAnswer as e:
                want, reason = None, str(e)
            try:
                got, said = ask(program, folder, task, texts)
                bad = "" if got is None else fault(want, labels, got) if want else f"answered, Transformers does not: {reason}"
            except (AssertionError, subprocess.TimeoutExpired) as e:
                got, bad = [], f"crash: {e}"
            count["answered by Transformers"] += want is not None
            if bad:
                wrong.append(n)
                print(f"folder {n}: {what}: {bad}", flush=True)
                if o.keep:
                    shutil.copytree(folder, Path(o.keep) / str(n), dirs_exist_ok=True)
            elif got is None and want:
                refusals[cause(said)] += 1
                if o.refused:
                    print(f"folder {n}: refused: {said}", flush=True)
                if o.only is not None:
                    print(said)
            elif got is None:
                count["refused by both"] += 1
                why[reason[:90]] += 1
            else:
                count["answered alike"] += 1
            if o.only is not None:
                shutil.copytree(folder, f"folder-{n}", dirs_exist_ok=True)
    asked = max(1, count["answered by Transformers"])
    print("\nrefused, though Transformers answers:")
    for message, k in refusals.most_common():
        print(f"{k:5} {message}")
    print("\nno answer of Transformers:")
    for message, k in why.most_common(20):
        print(f"{k:5} {message}")
    share = count["answered alike"] / asked
    print(f"\n{dict(count)}: {share:.1%} of {asked} answered, {len(wrong)} wrong: {wrong[:40]}")
    return 1 if wrong or share < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
