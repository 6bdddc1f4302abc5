"""The Python side: logits of Transformers and PEFT, and adapters that PEFT trains."""

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer


class Reference:
    """A base model folder of Transformers, in float32, with 200 or so sentences."""

    def __init__(self, folder, sentences):
        self.folder, self.sentences = folder, sentences
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def base(self, folder=None, **settings):
        """The model of a folder; a head that the folder lacks is drawn from the current seed."""
        folder = folder or self.folder
        config = AutoConfig.from_pretrained(folder, **settings)
        return AutoModelForSequenceClassification.from_pretrained(folder, config=config, dtype=torch.float32)

    def encode(self, texts):
        return self.tokenizer(texts, padding=True, truncation=True, max_length=128, return_tensors="pt")

    def logits(self, model):
        model.eval()
        with torch.no_grad():
            parts = [model(**self.encode(self.sentences[i : i + 25])).logits for i in range(0, len(self.sentences), 25)]
        return torch.cat(parts)

    def merged(self, folder):
        return self.logits(self.base(folder))

    def adapted(self, adapter):
        """The logits of PEFT with an adapter's folder, and by how much its B move them."""
        model = PeftModel.from_pretrained(self.base(num_labels=2), adapter)
        return self.effect(model)

    def effect(self, model):
        """The logits, and their largest change when all B are zero: what a fault could hide."""
        whole = self.logits(model)
        with torch.no_grad():
            for name, p in model.named_parameters():
                if "lora_B" in name:
                    p.zero_()
        return whole, (whole - self.logits(model)).abs().max().item()

    def train(self, folder, examples, **settings):
        """Trains an adapter of PEFT for ten steps from random B, saves it, and says its logits and effect."""
        torch.manual_seed(7)
        model = get_peft_model(self.base(num_labels=2), LoraConfig(**settings))
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3)
        with torch.no_grad():  # ten steps from zero would be too little to see a fault by
            for name, p in model.named_parameters():
                if "lora_B" in name:
                    p.normal_(std=0.3)
        model.train()
        for step in range(10):
            texts, labels = zip(*examples[16 * step : 16 * step + 16])
            loss = model(**self.encode(list(texts)), labels=torch.tensor(labels)).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        model.save_pretrained(folder)
        return self.effect(model)
