package model

import "fmt"

// architecture is what encoders of different names differ in; their layers are the same.
type architecture struct {
	prefix   string   // of the encoder's tensors in a checkpoint with a head
	class    string   // Transformers' name of the encoder with this head
	words    int      // vocab_size where config.json has none
	padToken int      // pad_token_id where config.json has none
	afterPad bool     // positions count from pad_token_id + 1, and padding has none of its own
	pooler   bool     // a frozen dense layer and tanh on the first token, before the head
	head     []string // the head's layers in order, with tanh between them; the last gives the logits
}

// architectures are those that can be loaded, by model_type. DistilRoBERTa is a RoBERTa
// of six layers. Source: modeling_roberta.py and modeling_bert.py of Transformers,
// RobertaClassificationHead, BertPooler and BertForSequenceClassification.
var architectures = map[string]architecture{
	"roberta": {
		prefix: "roberta.", class: "RobertaForSequenceClassification", words: 50265, padToken: 1,
		afterPad: true, head: []string{"classifier.dense", "classifier.out_proj"},
	},
	"bert": {
		prefix: "bert.", class: "BertForSequenceClassification", words: 30522, padToken: 0,
		pooler: true, head: []string{"classifier"},
	},
}

// refused says why an encoder near to these cannot be loaded.
var refused = map[string]string{
	"xlm-roberta": "its tokenizer is SentencePiece, which is not read",
	"distilbert":  "its layers have other names and another head",
	"albert":      "its layers share their weights",
	"electra":     "its head is another one",
	"deberta-v2":  "its attention is another one",
	"camembert":   "its tokenizer is SentencePiece, which is not read",
	"mpnet":       "its attention has relative positions",
	"modernbert":  "its layers are others",
}

// typeFault is what is wrong with a model_type; empty if it can be loaded.
func typeFault(name string) string {
	if _, ok := architectures[name]; ok {
		return ""
	}
	why, near := refused[name]
	if near {
		why = ": " + why
	}
	return fmt.Sprintf("model_type %q is not supported%s: use a RoBERTa or BERT model", name, why)
}

func (c *Config) architecture() architecture { return architectures[c.ModelType] }

// Class is the name of the encoder with a classification head in Transformers.
func (c *Config) Class() string { return c.architecture().class }

// positionOffset is the row of the first token's position.
func (c *Config) positionOffset() int {
	if c.architecture().afterPad {
		return c.PadToken + 1
	}
	return 0
}

// headNames are the tensors of the head: each layer's weight and bias.
func (c *Config) headNames() (names []string) {
	for _, layer := range c.architecture().head {
		names = append(names, layer+".weight", layer+".bias")
	}
	return names
}
