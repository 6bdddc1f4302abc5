"""Tokenizers of the kinds that encoders are shipped with, trained on a page of text, and the ways
in which their files differ from folder to folder."""

import copy
import json

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

PAGE = """The river was cold and the boat was old, but nobody on the boat was cold. Seven small boats sank
in the river near the harbour; nobody saw them sink. Café owners don't sell naïve paintings, they'll tell you.
I've seen the RIVER'S old bridge: it isn't safe! What is safe? The film was good, the book was better, and the
song (from 1997) was bad... "Good," she said, "is not bad." Über den Fluß. 漢字 and 日本 are words. Numbers: 12 345.""" * 3

TEXTS = ["The small boat sank in the river.", "nobody saw the OLD bridge", "  two  blanks and\ta tab ", "Café naïve ÜBER Fluß, cafe\u0301 and İstanbul",
         "漢字 and 日本boat", "a <mask> and [MASK] of </s> [SEP] <new> one<new>two", "don't they'll I've 12,345", "😀 boat 😀", "", "new_word  <tag> e2 E2 [x]",
         "the river was cold and the boat was old and the river was cold and the boat was old and nobody saw the river and the boat", "ﬁne ½ ①  zero\u200bwidth"]

NEW = ["<new>", "[x]", "<tag>", "e2", "river", "New_Word"]
BPE, WORDPIECE, UNIGRAM = "bpe", "wordpiece", "unigram"


def template(cls, sep, double, types):
    """The post-processor of a pair: cls a sep [sep] b sep, the second text of type 1 or not."""
    one = 1 if types else 0
    middle = f"{sep[0]}:0 {sep[0]}:0" if double else f"{sep[0]}:0"
    return processors.TemplateProcessing(single=f"{cls[0]}:0 $A:0 {sep[0]}:0", pair=f"{cls[0]}:0 $A:0 {middle} $B:{one} {sep[0]}:{one}", special_tokens=[cls, sep])


def bpe():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    t.train_from_iterator(PAGE.split("\n"), trainers.BpeTrainer(vocab_size=420, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return t


def wordpiece(special, lower=True, double=False):
    """special: unknown, cls, sep, pad, mask in the order of their ids."""
    names = {"unk": next(s for s in special if "unk" in s.lower()), "cls": next(s for s in special if s in ("[CLS]", "<s>")), "sep": next(s for s in special if s in ("[SEP]", "</s>"))}
    t = Tokenizer(models.WordPiece(unk_token=names["unk"]))
    t.normalizer = normalizers.BertNormalizer(lowercase=lower)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t.train_from_iterator(PAGE.split("\n"), trainers.WordPieceTrainer(vocab_size=260, special_tokens=special, show_progress=False))
    at = lambda name: (names[name], t.token_to_id(names[name]))
    t.post_processor = template(at("cls"), at("sep"), double, not double)
    return t


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    t.train_from_iterator(PAGE.split("\n"), trainers.UnigramTrainer(vocab_size=220, special_tokens=special, unk_token="<unk>", show_progress=False))
    t.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    t.post_processor = template(("<s>", 0), ("</s>", 2), True, False)
    return t


class Kind:
    """A tokenizer's files in their usual form: tokenizer.json and its settings."""

    def __init__(self, name, tokenizer, settings):
        self.name, self.json, self.settings = name, json.loads(tokenizer.to_str()), settings
        self.size = tokenizer.get_vocab_size()

    def copy(self):
        return copy.deepcopy(self.json), dict(self.settings)


def kinds():
    bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    mpnet = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    named = lambda c, u, s, p, m: {"cls_token": c, "unk_token": u, "sep_token": s, "pad_token": p, "mask_token": m}
    roberta = {**named("<s>", "<unk>", "</s>", "<pad>", "<mask>"), "bos_token": "<s>", "eos_token": "</s>"}
    b = named("[CLS]", "[UNK]", "[SEP]", "[PAD]", "[MASK]")
    return {
        "roberta": Kind(BPE, bpe(), {"tokenizer_class": "RobertaTokenizer", **roberta}),
        "bert": Kind(WORDPIECE, wordpiece(bert), {"tokenizer_class": "BertTokenizer", "do_lower_case": True, **b}),
        "bert-cased": Kind(WORDPIECE, wordpiece(bert, lower=False), {"tokenizer_class": "BertTokenizer", "do_lower_case": False, **b}),
        "distilbert": Kind(WORDPIECE, wordpiece(bert), {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": True, **b}),
        "electra": Kind(WORDPIECE, wordpiece(bert), {"tokenizer_class": "ElectraTokenizer", "do_lower_case": True, **b}),
        "mpnet": Kind(WORDPIECE, wordpiece(mpnet, double=True), {"tokenizer_class": "MPNetTokenizer", "do_lower_case": True, **roberta}),
        "xlm-roberta": Kind(UNIGRAM, unigram(), {"tokenizer_class": "XLMRobertaTokenizer", **roberta}),
        "camembert": Kind(UNIGRAM, unigram(), {"tokenizer_class": "CamembertTokenizer", **roberta}),
    }


# What may differ in tokenizer.json: each takes the random source, the file and its kind.


def other_normalizer(r, t, kind):
    before = t["normalizer"]
    some = [{"type": "NFC"}, {"type": "NFD"}, {"type": "NFKC"}, {"type": "NFKD"}, {"type": "Lowercase"}, {"type": "StripAccents"},
            {"type": "Strip", "strip_left": True, "strip_right": r.random() < 0.5}, {"type": "Replace", "pattern": {"String": "o"}, "content": "a"},
            {"type": "Sequence", "normalizers": []}, {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": r.random() < 0.5, "strip_accents": r.choice([None, True, False]), "lowercase": r.random() < 0.5}]
    new = r.choice(some)
    t["normalizer"] = {"type": "Sequence", "normalizers": [x for x in ([before] if before else []) + [new]]} if r.random() < 0.6 else new


def wrap_pre_tokenizer(r, t, kind):
    more = r.choice([[], [], [{"type": "WhitespaceSplit"}], [{"type": "Digits", "individual_digits": True}], [{"type": "Punctuation", "behavior": "Isolated"}]])
    t["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": more + [t["pre_tokenizer"]]}


def prefix_space(r, t, kind):
    if kind.name == BPE:
        t["pre_tokenizer"]["add_prefix_space"] = True


def other_post_processor(r, t, kind):
    if kind.name != BPE:
        return
    cls, sep = ["<s>", 0], ["</s>", 2]
    special = {n: {"id": n, "ids": [i], "tokens": [n]} for n, i in (cls, sep)}
    s = lambda n, k=0: {"SpecialToken": {"id": n, "type_id": k}}
    q = lambda n, k=0: {"Sequence": {"id": n, "type_id": k}}
    t["post_processor"] = r.choice([
        {"type": "BertProcessing", "sep": sep, "cls": cls},
        {"type": "TemplateProcessing", "single": [s("<s>"), q("A"), s("</s>")], "pair": [s("<s>"), q("A"), s("</s>"), s("</s>"), q("B"), s("</s>")], "special_tokens": special},
        {"type": "TemplateProcessing", "single": [s("<s>"), q("A"), s("</s>")], "pair": [s("<s>"), q("A"), s("</s>"), q("B"), s("</s>")], "special_tokens": special},
        {"type": "Sequence", "processors": [{"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}, t["post_processor"]]},
    ])


def left_settings(r, t, kind):
    t["truncation"] = {"direction": "Right", "max_length": 6, "strategy": "LongestFirst", "stride": 0}
    t["padding"] = {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 1, "pad_type_id": 0, "pad_token": "<pad>"}


def model_settings(r, t, kind):
    m = t["model"]
    if kind.name == BPE:
        r.choice([lambda: m.update(ignore_merges=True), lambda: m.update(unk_token="<unk>"), lambda: m.update(fuse_unk=True), lambda: m.update(dropout=None), lambda: m.update(byte_fallback=False),
                  lambda: m.update(merges=[" ".join(x) if isinstance(x, list) else x for x in m["merges"]]), lambda: m.update(end_of_word_suffix="")])()
    elif kind.name == WORDPIECE:
        m["max_input_chars_per_word"] = r.choice([5, 100, 200])


def added(r, t, kind):
    size = max([*(t["model"]["vocab"].values() if isinstance(t["model"]["vocab"], dict) else range(len(t["model"]["vocab"]))), *(a["id"] for a in t["added_tokens"])]) + 1
    for i, content in enumerate(r.sample(NEW, r.randint(1, 3))):
        flag = lambda: r.random() < 0.25
        t["added_tokens"].append({"id": size + i, "content": content, "single_word": flag(), "lstrip": flag(), "rstrip": flag(), "normalized": r.random() < 0.5, "special": r.random() < 0.5})


FILE = [other_normalizer, wrap_pre_tokenizer, prefix_space, other_post_processor, left_settings, model_settings, added]


def config_changes(r, c, kind):
    """One change of tokenizer_config.json."""
    flag = r.random() < 0.5
    some = [lambda: c.update(model_max_length=r.choice([8, 16, 512, 10**30])), lambda: c.update(padding_side="left"), lambda: c.update(truncation_side=r.choice(["left", "right"])),
            lambda: c.update(additional_special_tokens=r.sample(NEW, 2)), lambda: c.update(extra_special_tokens=r.choice([r.sample(NEW, 1), {"new_token": "<tag>"}])),
            lambda: c.update(tokenizer_class=kind.settings["tokenizer_class"] + "Fast"), lambda: c.update(tokenizer_class=r.choice(["PreTrainedTokenizerFast", "TokenizersBackend"])),
            lambda: c.pop("tokenizer_class", None), lambda: c.update(clean_up_tokenization_spaces=flag), lambda: c.update(mask_token={"content": kind.settings["mask_token"], "lstrip": flag, "rstrip": False, "normalized": False, "single_word": False, "__type": "AddedToken"}),
            lambda: c.update(model_input_names=["input_ids", "attention_mask"]), lambda: c.update(add_prefix_space=flag), lambda: c.update(use_fast=flag), lambda: c.update(name_or_path="x")]
    if kind.name == WORDPIECE:
        some += [lambda: c.update(do_lower_case=flag), lambda: c.update(strip_accents=r.choice([None, True, False])), lambda: c.update(tokenize_chinese_chars=flag), lambda: c.pop("do_lower_case", None), lambda: c.update(do_basic_tokenize=True)] * 2
    if kind.name == BPE:
        some += [lambda: c.update(add_prefix_space=flag), lambda: c.update(trim_offsets=flag), lambda: c.update(errors="replace")] * 2
    r.choice(some)()


def write(r, folder, kind, vocabulary_only=0.2):
    """Writes a tokenizer's files with some differences, and returns the ids that a model needs."""
    t, c = kind.copy()
    for change in r.sample(FILE, r.choice([0, 0, 1, 1, 2])):
        change(r, t, kind)
    for _ in range(r.choice([0, 0, 1, 1, 2])):
        config_changes(r, c, kind)
    plain = kind.name in (BPE, WORDPIECE) and r.random() < vocabulary_only
    if plain and kind.name == BPE:
        (folder / "vocab.json").write_text(json.dumps(kind.json["model"]["vocab"], ensure_ascii=False))
        merges = [" ".join(x) if isinstance(x, list) else x for x in kind.json["model"]["merges"]]
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    elif plain:
        lines = sorted(kind.json["model"]["vocab"], key=kind.json["model"]["vocab"].get)
        (folder / "vocab.txt").write_text("\n".join(lines) + r.choice(["", "\n", "\n", "\n\n"]))
    else:
        (folder / "tokenizer.json").write_text(json.dumps(t, ensure_ascii=r.random() < 0.5))
    if not plain or r.random() < 0.7:
        (folder / "tokenizer_config.json").write_text(json.dumps(c))
    if r.random() < 0.3:
        names = {k: v for k, v in kind.settings.items() if k.endswith("_token")}
        if r.random() < 0.3:
            names["additional_special_tokens"] = r.sample(NEW, 1)
        (folder / "special_tokens_map.json").write_text(json.dumps(names))
    if r.random() < 0.12:
        (folder / "added_tokens.json").write_text(json.dumps({x: kind.size + i for i, x in enumerate(r.sample(NEW, 2))}))
    return kind.size + 10
