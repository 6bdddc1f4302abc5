"""Tiny encoders with heads and PEFT adapters, in the forms in which such folders are shipped."""

import json
import warnings

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForMaskedLM, AutoModelForSequenceClassification

TYPES = ["roberta"] * 6 + ["bert"] * 6 + ["mpnet"] * 2 + ["distilbert"] * 2 + ["electra"] * 2 + ["xlm-roberta", "camembert"]
ACTIVATIONS = ["gelu"] * 8 + ["gelu_new", "relu", "silu", "gelu_pytorch_tanh", "gelu_fast", "quick_gelu", "tanh", "mish", "swish", "relu6", "gelu_python", "sigmoid"]
NAMES = {1: [["score"], ["quality"]], 2: [["negative", "positive"], ["NEGATIVE", "POSITIVE"], ["entailment", "not_entailment"], ["spam", "ham"]],
         3: [["positive", "negative", "neutral"], ["ENTAILMENT", "NEUTRAL", "CONTRADICTION"], ["red", "Green", "blue"]]}
QUERY = {"mpnet": ["q", "v"], "distilbert": ["q_lin", "v_lin"]}
MAPS = {"mpnet": ["q", "k", "v", "o", "intermediate.dense", "output.dense"], "distilbert": ["q_lin", "k_lin", "v_lin", "out_lin", "lin1", "lin2"]}
USUAL = ["query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"]

IGNORED = {"gradient_checkpointing": False, "use_cache": False, "language": "en", "foo": {"bar": [1]}, "output_past": True, "finetuning_task": "sst2", "_num_labels": 5,
           "torch_dtype": "float16", "sentence_transformers": {"x": 1}, "task_specific_params": {}, "directionality": "bidi", "pooler_type": "first_token_transform", "adapters": None}
CHANGING = {"is_decoder": True, "chunk_size_feed_forward": 1, "position_embedding_type": "relative_key", "add_cross_attention": True, "pruned_heads": {"0": [0]}, "tie_word_embeddings": False}


def sizes(r, kind, words):
    """The keys of config.json that give the shapes, by model type."""
    heads, size = r.choice([(2, 16), (4, 8), (3, 12), (1, 24), (2, 7), (5, 4)])
    layers, inner, positions = r.randint(1, 3), r.choice([16, 33, 50, 64]), r.choice([24, 40, 66, 130])
    if kind == "distilbert":
        return {"vocab_size": words, "dim": heads * size, "n_heads": heads, "n_layers": layers, "hidden_dim": inner, "max_position_embeddings": positions, "pad_token_id": 0}
    c = {"vocab_size": words, "hidden_size": heads * size, "num_attention_heads": heads, "num_hidden_layers": layers, "intermediate_size": inner,
         "max_position_embeddings": positions, "layer_norm_eps": r.choice([1e-12, 1e-5, 1e-7, 0.1])}
    if kind in ("bert", "electra", "roberta"):
        c["type_vocab_size"] = r.choice([1, 2, 2]) if kind == "roberta" else 2
    if kind == "electra":
        c["embedding_size"] = r.choice([heads * size, 10])
    return c


def names(r, count):
    """id2label for so many outputs, or None for the generic names."""
    if r.random() < 0.35 or count > 3 and r.random() < 0.5:
        return None
    labels = list(r.choice(NAMES[count])) if count in NAMES else [f"topic {chr(97 + i)}" for i in range(count)]
    r.shuffle(labels)
    return labels


def config(r, kind, words):
    c = sizes(r, kind, words)
    c["activation" if kind == "distilbert" else "hidden_act"] = r.choice(ACTIVATIONS)
    count = r.choice([1, 2, 2, 2, 3, 3, 4, 12])
    labels = names(r, count)
    if labels:
        c["id2label"], c["label2id"] = dict(enumerate(labels)), {l: i for i, l in enumerate(labels)}
    else:
        c["num_labels"] = count
    c["problem_type"] = r.choice([None, None, None, "regression" if count == 1 else "single_label_classification", "regression" if count == 1 else "multi_label_classification"])
    return AutoConfig.for_model(kind, **c)


def spread(r, model):
    """Weights so large that the logits differ from text to text."""
    g = torch.Generator().manual_seed(r.randrange(1 << 30))
    for name, p in model.named_parameters():
        scale = 0.35 if p.dim() > 1 else 0.1
        base = 1.0 if ("LayerNorm" in name or "layer_norm" in name) and name.endswith("weight") else 0.0
        p.data = base + scale * torch.randn(p.shape, generator=g)


def lora(r, kind, bert_pooler=False):
    maps = MAPS.get(kind, USUAL)
    targets = r.choice([QUERY.get(kind, ["query", "value"])] * 3 + [maps, r.sample(maps, 2), "all-linear", None, r".*layer\.0\..*(query|q|q_lin)"])
    o = {"r": r.randint(1, 5), "lora_alpha": r.choice([1, 8, 16, 12.5]), "target_modules": targets, "use_rslora": r.random() < 0.2, "bias": r.choice(["none"] * 5 + ["all", "lora_only"]), "task_type": "SEQ_CLS"}
    if r.random() < 0.15:
        o["rank_pattern"] = {maps[0]: 2}
    if r.random() < 0.15:
        o["alpha_pattern"] = {maps[0]: 3}
    if r.random() < 0.1 and isinstance(targets, list):
        o["layers_to_transform"] = [0]
    if r.random() < 0.05:
        o["modules_to_save"] = r.choice([["classifier", "score"], ["classifier"], ["pooler"]])
    if r.random() < 0.03:
        o.update(r.choice([{"use_dora": True}, {"init_lora_weights": "gaussian"}, {"lora_bias": True}, {"fan_in_fan_out": True}]))
    return LoraConfig(**o)


def spoil_weights(r, folder, kind):
    """The same model in another form: other tensors beside, another type, no prefix, shards."""
    tensors = load_file(folder / "model.safetensors")
    prefix = {"xlm-roberta": "roberta", "camembert": "roberta"}.get(kind, kind)
    form = r.choice(["plain"] * 6 + ["lm_head", "qa", "buffers", "half", "bfloat", "shards", "bare", "gamma", "double"])
    h = 8
    if form == "lm_head":
        tensors |= {"lm_head.bias": torch.zeros(h), "lm_head.dense.weight": torch.zeros(h, h), "cls.predictions.bias": torch.zeros(h)}
    elif form == "qa":
        tensors |= {"qa_outputs.weight": torch.zeros(2, h), "qa_outputs.bias": torch.zeros(2)}
    elif form == "buffers":
        tensors[f"{prefix}.embeddings.position_ids"] = torch.arange(20)[None]
    elif form in ("half", "bfloat", "double"):
        kinds = {"half": torch.float16, "bfloat": torch.bfloat16, "double": torch.float64}
        tensors = {k: v.to(kinds[form]) for k, v in tensors.items()}
    elif form == "bare":
        tensors = {k.removeprefix(prefix + "."): v for k, v in tensors.items() if k.startswith(prefix + ".")}
    elif form == "gamma":
        tensors = {k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v for k, v in tensors.items()}
    tensors = {k: v.contiguous() for k, v in tensors.items()}
    if form != "shards":
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return form
    (folder / "model.safetensors").unlink()
    keys, where = sorted(tensors), {}
    for i in range(2):
        file = f"model-0000{i + 1}-of-00002.safetensors"
        part = {k: tensors[k] for k in keys[i::2]}
        save_file(part, folder / file, metadata={"format": "pt"})
        where |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": where}))
    return form


def spoil_config(r, folder):
    """Keys that nothing reads, keys that change the computation, and defaults left out."""
    path = folder / "config.json"
    c = json.loads(path.read_text())
    for key in r.sample(sorted(IGNORED), r.choice([0, 1, 2])):
        c[key] = IGNORED[key]
    if r.random() < 0.04:
        key = r.choice(sorted(CHANGING))
        c[key] = CHANGING[key]
    usual = type(AutoConfig.for_model(c["model_type"]))().to_dict()
    for key in r.sample(sorted(c), r.choice([0, 0, 3, 8])):
        if key != "model_type" and key in usual and usual[key] == c[key]:
            del c[key]
    if "id2label" in c and r.random() < 0.3:
        items = list(c["id2label"].items())
        r.shuffle(items)
        c["id2label"] = dict(items)
    if r.random() < 0.05:
        c.pop("label2id", None)
    path.write_text(json.dumps(c, indent=2))


def spoil_adapter(r, folder):
    """adapter_config.json as an earlier or later release of PEFT writes it."""
    path = folder / "adapter_config.json"
    c = json.loads(path.read_text())
    form = r.choice(["plain"] * 4 + ["short", "later", "no base", "in use"])
    if form == "short":
        c = {k: v for k, v in c.items() if k in ("peft_type", "task_type", "r", "lora_alpha", "target_modules", "bias", "modules_to_save", "lora_dropout", "base_model_name_or_path", "rank_pattern", "alpha_pattern", "use_rslora", "layers_to_transform", "use_dora", "lora_bias", "fan_in_fan_out")}
    elif form == "later":
        c |= {"use_later_thing": False, "later_config": None, "later_list": []}
    elif form == "no base":
        c["base_model_name_or_path"] = None
    elif form == "in use" and r.random() < 0.1:
        c["use_later_thing"] = True
    path.write_text(json.dumps(c))


def write(r, folder, kind, words):
    """Writes base/ and ad/. Returns a line that describes them."""
    base, ad = folder / "base", folder / "ad"
    cfg = config(r, kind, words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(r.randrange(1 << 30))
        model = AutoModelForSequenceClassification.from_config(cfg)
        spread(r, model)
        masked = r.random() < 0.07
        if masked:  # the checkpoint has no classifier; the adapter brings it
            other = AutoModelForMaskedLM.from_config(cfg)
            spread(r, other)
            other.save_pretrained(base)
        else:
            model.save_pretrained(base)
        adapted = get_peft_model(model, lora(r, kind))
        spread_adapter(r, adapted)
        adapted.save_pretrained(ad)
    form = "masked" if masked else spoil_weights(r, base, kind)
    spoil_config(r, base)
    spoil_adapter(r, ad)
    return f"{kind}, {form}, {cfg.problem_type}, {cfg.num_labels} labels"


def spread_adapter(r, model):
    g = torch.Generator().manual_seed(r.randrange(1 << 30))
    for name, p in model.named_parameters():
        if p.requires_grad:
            p.data = p.data + 0.2 * torch.randn(p.shape, generator=g)
