#!/usr/bin/env python3
"""A server of FastAPI, uvicorn and Transformers, as good as it is usually made: what bench-serve measures dylora serve against.

  scripts/bench-serve/peer.py --model minilm --port 8081 --merge a1=adapters/a1
  scripts/bench-serve/peer.py --model minilm --port 8081 a1=adapters/a1 a2=adapters/a2

POST /v1/predict takes {"text": …, "adapter": …} and answers as dylora serve does; GET /readyz. Texts are tokenised by the Rust
library when they come. One thread computes: it takes the text that has waited longest and, of those of the same adapter that wait,
the ones of nearest length, up to --max-batch, so that there is little padding; after a pause it waits --wait for others first.
With --merge the one adapter is merged into the model, which is then a plain Transformers model; otherwise PEFT computes, and
set_adapter changes the adapter between batches.

Needs what requirements.txt names.
"""

import argparse
import asyncio
import contextlib
import json
import os
import threading
import time

import torch
import uvicorn
from fastapi import FastAPI, Request, Response
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("adapters", nargs="+", metavar="NAME=FOLDER")
    p.add_argument("--model", required=True)
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--merge", action="store_true", help="merge the one adapter into the model")
    p.add_argument("--max-batch", type=int, default=32)
    p.add_argument("--wait", type=float, default=2.0, help="milliseconds")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    return p.parse_args()


class Waiting:
    """A text that waits for its answer."""

    __slots__ = ("ids", "adapter", "since", "loop", "answer")

    def __init__(self, ids, adapter, loop):
        self.ids, self.adapter, self.since = ids, adapter, time.monotonic()
        self.loop, self.answer = loop, loop.create_future()


class Batcher:
    """The queue, and the thread that computes."""

    def __init__(self, model, names, pad, max_batch, wait):
        self.model, self.names, self.pad, self.max_batch, self.wait = model, names, pad, max_batch, wait / 1000
        self.current, self.waiting = None, []
        self.lock = threading.Condition()
        threading.Thread(target=self.work, daemon=True).start()

    def put(self, item):
        with self.lock:
            self.waiting.append(item)
            self.lock.notify()

    def take(self):
        with self.lock:
            paused = not self.waiting
            while not self.waiting:
                self.lock.wait()
            if paused and self.wait > 0:
                end = time.monotonic() + self.wait
                while len(self.waiting) < self.max_batch and (left := end - time.monotonic()) > 0:
                    self.lock.wait(left)
            oldest = min(self.waiting, key=lambda w: w.since)
            same = sorted((w for w in self.waiting if w.adapter == oldest.adapter), key=lambda w: len(w.ids))
            at = same.index(oldest)
            first = max(0, min(at - self.max_batch // 2, len(same) - self.max_batch))
            batch = same[first:first + self.max_batch]
            taken = set(map(id, batch))
            self.waiting = [w for w in self.waiting if id(w) not in taken]
        return batch

    def work(self):
        while True:
            batch = self.take()
            try:
                answers = self.compute(batch)
            except Exception as e:  # the answer to all of them
                answers = [e] * len(batch)
            batch[0].loop.call_soon_threadsafe(self.give, batch, answers)

    @staticmethod
    def give(batch, answers):
        for w, a in zip(batch, answers):
            if not w.answer.done():
                w.answer.set_exception(a) if isinstance(a, Exception) else w.answer.set_result(a)

    def compute(self, batch):
        adapter = batch[0].adapter
        if self.names is not None and adapter != self.current:
            self.model.set_adapter(adapter)
            self.current = adapter
        longest = max(len(w.ids) for w in batch)
        ids = torch.tensor([w.ids + [self.pad] * (longest - len(w.ids)) for w in batch])
        mask = torch.tensor([[1] * len(w.ids) + [0] * (longest - len(w.ids)) for w in batch])
        with torch.inference_mode():
            rows = self.model(input_ids=ids, attention_mask=mask).logits.softmax(-1)
        return rows.tolist()


def labels_of(folder):
    """The labels of an adapter that dylora saved."""
    with open(os.path.join(folder, "dylora.json")) as f:
        return json.load(f)["labels"]


def load(o, folders, labels):
    base = AutoModelForSequenceClassification.from_pretrained(o.model, num_labels=len(labels), dtype=torch.float32)
    model = None
    for name, folder in folders.items():
        if model is None:
            model = PeftModel.from_pretrained(base, folder, adapter_name=name)
        else:
            model.load_adapter(folder, adapter_name=name)
    if o.merge:
        model = model.merge_and_unload()
    return model.eval()


def application(o):
    folders = dict(a.split("=", 1) for a in o.adapters)
    if o.merge and len(folders) != 1:
        raise SystemExit("peer.py: --merge takes one adapter")
    first = next(iter(folders))
    labels = {name: labels_of(folder) for name, folder in folders.items()}
    torch.set_num_threads(o.threads)
    model = load(o, folders, labels[first])
    tokenizer = AutoTokenizer.from_pretrained(o.model)
    encode = tokenizer.backend_tokenizer
    encode.enable_truncation(min(tokenizer.model_max_length, model.config.max_position_embeddings))
    encode.no_padding()
    batcher = Batcher(model, None if o.merge else list(folders), tokenizer.pad_token_id, o.max_batch, o.wait)
    batcher.compute([Waiting(encode.encode("ready").ids, name, asyncio.new_event_loop()) for name in [first]])  # lazy initialisation

    @contextlib.asynccontextmanager
    async def lifespan(_):
        yield

    app = FastAPI(lifespan=lifespan, openapi_url=None)

    @app.get("/readyz")
    async def readyz():
        return Response(status_code=200)

    @app.post("/v1/predict")
    async def predict(request: Request):
        q = json.loads(await request.body())
        name = q.get("adapter") or first
        if name not in folders:
            return Response(status_code=404)
        w = Waiting(encode.encode(q["text"]).ids, name, asyncio.get_running_loop())
        batcher.put(w)
        row = await w.answer
        best = max(range(len(row)), key=row.__getitem__)
        answer = {"index": 0, "adapter": name, "label": labels[name][best], "probability": row[best],
                  "probabilities": dict(zip(labels[name], row)), "tokens": len(w.ids)}
        return Response(json.dumps({"results": [answer]}), media_type="application/json")

    return app


def main():
    o = arguments()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    logging.set_verbosity_error()
    uvicorn.run(application(o), host="127.0.0.1", port=o.port, loop="uvloop", http="httptools", access_log=False, log_level="warning", backlog=4096)


if __name__ == "__main__":
    main()
