package architecture

// all are the supported encoders. Names, keys and defaults are those of the modeling and
// configuration files of Transformers 5.23; models that differ in sizes alone need no row, so
// DistilRoBERTa is a roberta of six layers.
var all = []Architecture{
	{
		ModelType: "roberta", Class: "RobertaForSequenceClassification", Prefix: "roberta.",
		Layer: "encoder.layer", Maps: bertMaps, AttentionNorm: "attention.output.LayerNorm", OutputNorm: "output.LayerNorm",
		AfterPad: true, Head: robertaHead, Keys: bertKeys(50265, 1),
	},
	{
		ModelType: "bert", Class: "BertForSequenceClassification", Prefix: "bert.",
		Layer: "encoder.layer", Maps: bertMaps, AttentionNorm: "attention.output.LayerNorm", OutputNorm: "output.LayerNorm",
		Pooler: "pooler.dense", Head: Head{Layers: []string{"classifier"}, Activation: "tanh", DropInput: true}, Keys: bertKeys(30522, 0),
	},
	{
		ModelType: "xlm-roberta", Class: "XLMRobertaForSequenceClassification", Prefix: "roberta.",
		Layer: "encoder.layer", Maps: bertMaps, AttentionNorm: "attention.output.LayerNorm", OutputNorm: "output.LayerNorm",
		AfterPad: true, Head: robertaHead, Keys: bertKeys(30522, 1),
	},
	{
		ModelType: "camembert", Class: "CamembertForSequenceClassification", Prefix: "roberta.",
		Layer: "encoder.layer", Maps: bertMaps, AttentionNorm: "attention.output.LayerNorm", OutputNorm: "output.LayerNorm",
		AfterPad: true, Head: robertaHead, Keys: bertKeys(30522, 1),
	},
	{
		ModelType: "distilbert", Class: "DistilBertForSequenceClassification", Prefix: "distilbert.",
		Layer: "transformer.layer", AttentionNorm: "sa_layer_norm", OutputNorm: "output_layer_norm",
		Maps: [Maps]string{
			Query: "attention.q_lin", Key: "attention.k_lin", Value: "attention.v_lin", AttentionOutput: "attention.out_lin",
			Intermediate: "ffn.lin1", Output: "ffn.lin2",
		},
		Head: Head{Layers: []string{"pre_classifier", "classifier"}, Activation: "relu"}, Keys: distilbertKeys,
	},
	{
		ModelType: "electra", Class: "ElectraForSequenceClassification", Prefix: "electra.",
		Layer: "encoder.layer", Maps: bertMaps, AttentionNorm: "attention.output.LayerNorm", OutputNorm: "output.LayerNorm",
		EmbeddingMap: "embeddings_project",
		Head:         Head{Layers: []string{"classifier.dense", "classifier.out_proj"}, Activation: "gelu", DropInput: true}, Keys: electraKeys(),
		Rejected: "generator_", WhyRejected: "it is ELECTRA's generator, and a classifier is made of the discriminator",
	},
	{
		ModelType: "mpnet", Class: "MPNetForSequenceClassification", Prefix: "mpnet.",
		Layer: "encoder.layer", Maps: mpnetMaps, AttentionNorm: "attention.LayerNorm", OutputNorm: "output.LayerNorm",
		RelativeBias: "encoder.relative_attention_bias", AfterPad: true, Head: robertaHead, Keys: mpnetKeys(),
	},
}

// mpnetMaps are the linear maps of MPNet's layers.
var mpnetMaps = [Maps]string{
	Query: "attention.attn.q", Key: "attention.attn.k", Value: "attention.attn.v", AttentionOutput: "attention.attn.o",
	Intermediate: "intermediate.dense", Output: "output.dense",
}

// bertMaps are the linear maps of the layers of BERT and of what was copied from it.
var bertMaps = [Maps]string{
	Query: "attention.self.query", Key: "attention.self.key", Value: "attention.self.value", AttentionOutput: "attention.output.dense",
	Intermediate: "intermediate.dense", Output: "output.dense",
}

// robertaHead is RobertaClassificationHead, which XLM-RoBERTa, CamemBERT and MPNet copy.
var robertaHead = Head{Layers: []string{"classifier.dense", "classifier.out_proj"}, Activation: "tanh", DropInput: true}

// mpnetKeys are those of MPNetConfig. The classes of MPNet count positions from 1, whatever the
// configuration says of padding, have no token types, and drop in the head what they drop of hidden states.
func mpnetKeys() Keys {
	k := bertKeys(30527, 1)
	k.Pad.Key, k.HeadDropout.Key = "", ""
	k.Types = Number{}
	k.Buckets = Number{Key: "relative_attention_num_buckets", Default: 32}
	return k
}

// bertKeys are those of BertConfig and RobertaConfig, which differ in two defaults.
func bertKeys(words, pad float64) Keys {
	return Keys{
		Vocabulary: Number{Key: "vocab_size", Default: words},
		Hidden:     Number{Key: "hidden_size", Default: 768}, Layers: Number{Key: "num_hidden_layers", Default: 12},
		Heads: Number{Key: "num_attention_heads", Default: 12}, Intermediate: Number{Key: "intermediate_size", Default: 3072},
		Positions: Number{Key: "max_position_embeddings", Default: 512}, Types: Number{Key: "type_vocab_size", Default: 2},
		Pad: Number{Key: "pad_token_id", Default: pad}, NormEpsilon: Number{Key: "layer_norm_eps", Default: 1e-12},
		HiddenDropout: Number{Key: "hidden_dropout_prob", Default: 0.1}, AttentionDropout: Number{Key: "attention_probs_dropout_prob", Default: 0.1},
		HeadDropout: Number{Key: "classifier_dropout", Default: HiddenDropout}, InitializerRange: Number{Key: "initializer_range", Default: 0.02},
		Activation: "hidden_act",
	}
}

// distilbertKeys are those of DistilBertConfig. Its layers have a fixed ε, and no token types.
var distilbertKeys = Keys{
	Vocabulary: Number{Key: "vocab_size", Default: 30522},
	Hidden:     Number{Key: "dim", Default: 768, Also: "hidden_size"}, Layers: Number{Key: "n_layers", Default: 6, Also: "num_hidden_layers"},
	Heads: Number{Key: "n_heads", Default: 12, Also: "num_attention_heads"}, Intermediate: Number{Key: "hidden_dim", Default: 3072},
	Positions: Number{Key: "max_position_embeddings", Default: 512},
	Pad:       Number{Key: "pad_token_id", Default: 0}, NormEpsilon: Number{Default: 1e-12},
	HiddenDropout: Number{Key: "dropout", Default: 0.1}, AttentionDropout: Number{Key: "attention_dropout", Default: 0.1},
	HeadDropout: Number{Key: "seq_classif_dropout", Default: 0.2}, InitializerRange: Number{Key: "initializer_range", Default: 0.02},
	Activation: "activation",
}

// electraKeys are those of ElectraConfig, which is small by default.
func electraKeys() Keys {
	k := bertKeys(30522, 0)
	k.Embedding = Number{Key: "embedding_size", Default: 128}
	k.Hidden.Default, k.Heads.Default, k.Intermediate.Default = 256, 4, 1024
	return k
}
