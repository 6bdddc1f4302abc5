// Package architecture describes the encoders that can be loaded, as data: what their tensors
// and the keys of their config.json are called, what Transformers takes where a key is absent,
// and in what embeddings and head differ. The graph, the checkpoint's reader and the adapters
// take all of it from here; none of them asks for an encoder by name.
package architecture

import (
	"maps"
	"slices"
)

// Architecture is one model_type. Names of tensors are without Prefix.
type Architecture struct {
	ModelType string // model_type of config.json
	Class     string // Transformers' name of the encoder with this head
	Prefix    string // of the encoder's tensors in a checkpoint with a head: "roberta."

	Layer         string       // the list of layers: "encoder.layer", of which "encoder.layer.0" is the first
	Maps          [Maps]string // paths of the linear maps in a layer
	AttentionNorm string       // path of the normalisation after attention
	OutputNorm    string       // path of that at the end of the layer
	RelativeBias  string       // what attention adds to its scores by relative position, in all layers: a table of a row per bucket, a column per head; "": nothing

	EmbeddingMap string // the linear map behind the embeddings, where their width is not the layers'; "": none
	AfterPad     bool   // positions count from the id of padding plus 1, and padding has none of its own
	Pooler       string // a linear map, frozen unless an adapter is on it, and tanh on the first token, before the head; "": none
	Head         Head
	Keys         Keys

	Rejected, WhyRejected string // the beginning of a name that only tensors of an unsupported relative have, and why it is none; "": none
}

// Map is a linear map of a layer, by what it does. Their order is that of the modules of an
// adapter.
type Map int

// The linear maps of a layer.
const (
	Query Map = iota
	Key
	Value
	AttentionOutput
	Intermediate
	Output
	Maps // how many they are
)

// Pooler is the linear map of Architecture.Pooler, which is in no layer.
const Pooler = Maps

// Head is the layers between the first token's state and the logits. It is trained.
type Head struct {
	Layers     []string // linear maps in their order; the last one gives the logits
	Activation string   // between two layers, and behind the pooler: a name of ACT2FN
	DropInput  bool     // dropout before the first layer, too, and not only between two
}

// Number is a key of config.json, and what the class takes where the file has none. Where the
// class does not read the key from the file, Key is empty and Default is the value that it computes with.
type Number struct {
	Key     string
	Default float64
	Also    string // another name of the key (attribute_map of the class); "": none
}

// HiddenDropout as the default of the head's dropout is that of the hidden states.
const HiddenDropout = -1

// Keys are the keys of config.json.
type Keys struct {
	Vocabulary, Hidden, Embedding, Layers, Heads, Intermediate, Positions Number // Embedding: without a key and a default the width is Hidden's
	Types                                                                 Number // token types; 0 is a model without them
	Pad                                                                   Number
	Buckets                                                               Number // rows of RelativeBias
	NormEpsilon                                                           Number
	HiddenDropout, AttentionDropout, HeadDropout                          Number
	InitializerRange                                                      Number
	Activation                                                            string // the key of the feed-forward layers' function; the default is "gelu" everywhere
}

// Of is the architecture of a model_type; nil if it cannot be loaded.
func Of(modelType string) *Architecture {
	for i := range all {
		if all[i].ModelType == modelType {
			return &all[i]
		}
	}
	return nil
}

// All are the architectures that can be loaded, in a fixed order. They are not to be changed.
func All() []Architecture { return all }

// Types are the values of model_type that can be loaded, in the order of All.
func Types() (names []string) {
	for i := range all {
		names = append(names, all[i].ModelType)
	}
	return names
}

// HeadTensors are the tensors of the head: each layer's weight and bias.
func (a *Architecture) HeadTensors() (names []string) {
	for _, layer := range a.Head.Layers {
		names = append(names, layer+".weight", layer+".bias")
	}
	return names
}

// Reads says whether the class takes a key of config.json as one of Keys.
func (a *Architecture) Reads(key string) bool {
	k := &a.Keys
	numbers := []Number{
		k.Vocabulary, k.Hidden, k.Embedding, k.Layers, k.Heads, k.Intermediate, k.Positions, k.Types, k.Pad, k.Buckets,
		k.NormEpsilon, k.HiddenDropout, k.AttentionDropout, k.HeadDropout, k.InitializerRange,
	}
	return key != "" && (key == k.Activation || slices.ContainsFunc(numbers, func(n Number) bool { return n.Key == key || n.Also == key }))
}

// refused says of encoders near to these what they have that is not supported, by model_type.
var refused = map[string]string{
	"albert":               "its layers share their weights",
	"longformer":           "its attention has a window",
	"big_bird":             "its attention has a window and random blocks",
	"deberta":              "its attention has relative positions of its own kind",
	"deberta-v2":           "its attention has relative positions of its own kind",
	"modernbert":           "its layers have rotary positions, gated feed-forward maps and windows of attention",
	"xlm-roberta-xl":       "its layers normalise before attention",
	"roberta-prelayernorm": "its layers normalise before attention",
	"convbert":             "its attention has convolutions",
	"funnel":               "its layers pool the sequence",
	"mobilebert":           "its layers have bottlenecks",
	"squeezebert":          "its linear maps are grouped convolutions",
	"nystromformer":        "its attention is approximated by landmarks",
	"xlnet":                "its attention has two streams and relative positions",
	"luke":                 "its input has entities",
	"ernie":                "its embeddings have task types",
	"rembert":              "its embeddings and head are others",
	"xlm":                  "its embeddings and head are others",
	"flaubert":             "its embeddings and head are others",
	"canine":               "it reads characters and has no vocabulary",
	"eurobert":             "its layers have rotary positions and gated feed-forward maps",
	"nomic_bert":           "its layers have rotary positions and gated feed-forward maps",
	"jina_embeddings_v3":   "its layers have rotary positions and adapters of their own",
}

// WhyNot says what a model_type has that is not supported; "" where that is not known.
func WhyNot(modelType string) string { return refused[modelType] }

// Near are the values of model_type that WhyNot knows, sorted.
func Near() []string { return slices.Sorted(maps.Keys(refused)) }
