package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/safetensors"
)

// plainNames takes the prefix, such as "roberta.", off the encoder's names where they have it,
// and gives the scale and shift of LayerNorm, which old BERT checkpoints call gamma and beta,
// their present names. A name that the encoder cannot have begins with "?".
func (c *checkpoint) plainNames(a *architecture.Architecture) {
	prefixed := false
	for name := range c.tensors {
		prefixed = prefixed || strings.HasPrefix(name, a.Prefix)
	}
	plain := make(map[string]safetensors.Stored, len(c.tensors))
	for name, t := range c.tensors {
		switch rest, ok := strings.CutPrefix(name, a.Prefix); {
		case ok && (inEncoder(a, rest) || isHead(a, rest)):
			name = rest
		case ok:
			name = "?" + rest
		case prefixed && inEncoder(a, name):
			name = "?" + name // an encoder tensor without the prefix: unexpected
		}
		for old, now := range map[string]string{".LayerNorm.gamma": ".LayerNorm.weight", ".LayerNorm.beta": ".LayerNorm.bias"} {
			if rest, ok := strings.CutSuffix(name, old); ok {
				name = rest + now
			}
		}
		if _, twice := plain[name]; twice && inEncoder(a, name) {
			name = "?" + name
		}
		plain[name] = t
	}
	c.tensors = plain
}

// inEncoder says whether a name without the prefix is that of a tensor of the encoder or its
// pooler. Any other without the prefix belongs to the head of some task, whatever its name:
// the encoder does not need it, and Transformers leaves it too.
func inEncoder(a *architecture.Architecture, name string) bool {
	layers, _, _ := strings.Cut(a.Layer, ".")
	return slices.ContainsFunc([]string{"embeddings", layers, "pooler", a.EmbeddingMap}, func(part string) bool { return part != "" && strings.HasPrefix(name, part+".") })
}

// isHead says whether name is that of a tensor of a head or a loss that Transformers has,
// which some checkpoints have behind the encoder's prefix.
func isHead(a *architecture.Architecture, name string) bool {
	has := func(p string) bool { return strings.HasPrefix(name, p) }
	return slices.ContainsFunc([]string{"classifier.", "lm_head.", "cls.", "qa_outputs.", "score.", "loss"}, has) ||
		slices.ContainsFunc(a.Head.Layers, func(layer string) bool { return has(layer + ".") })
}

// buffers are tensors of earlier releases that hold counts from 0 and zeros.
var buffers = []string{"embeddings.position_ids", "embeddings.token_type_ids"}

// isStranger says whether a name that plainNames gave makes the checkpoint another model's,
// unless the configuration asks for it. A pooler that the head does not use is none.
func isStranger(a *architecture.Architecture, name string) bool {
	return strings.HasPrefix(name, "?") || inEncoder(a, name) && !strings.HasPrefix(name, "pooler.") && !slices.Contains(buffers, name)
}

// shape is a tensor that the encoder consists of.
type shape struct {
	name string
	dims []int
}

// shapes lists every tensor of the encoder.
func (c *Config) shapes() (list []shape) {
	a, h, width := c.architecture(), c.HiddenSize, c.embeddingWidth()
	linear := func(name string, out, in int) {
		list = append(list, shape{name + ".weight", []int{out, in}}, shape{name + ".bias", []int{out}})
	}
	norm := func(name string, n int) {
		list = append(list, shape{name + ".weight", []int{n}}, shape{name + ".bias", []int{n}})
	}
	list = append(list, shape{"embeddings.word_embeddings.weight", []int{c.VocabSize, width}}, shape{"embeddings.position_embeddings.weight", []int{c.MaxPositions, width}})
	if c.TypeVocabSize > 0 {
		list = append(list, shape{"embeddings.token_type_embeddings.weight", []int{c.TypeVocabSize, width}})
	}
	norm("embeddings.LayerNorm", width)
	if c.widens() {
		linear(a.EmbeddingMap, h, width)
	}
	if a.RelativeBias != "" {
		list = append(list, shape{a.RelativeBias + ".weight", []int{c.Buckets, c.Heads}})
	}
	for i := range c.Layers {
		for m := range architecture.Maps {
			in, out := c.size(m)
			linear(a.Path(i, m), out, in)
		}
		norm(a.InLayer(i, a.AttentionNorm), h)
		norm(a.InLayer(i, a.OutputNorm), h)
	}
	if a.Pooler != "" {
		linear(a.Pooler, h, h)
	}
	return list
}

// check compares the checkpoint with the configuration: all missing, unexpected and
// wrongly shaped tensors in one error.
func (c *checkpoint) check(config *Config) error {
	a := config.architecture()
	for _, name := range slices.Sorted(maps.Keys(c.tensors)) {
		if a.Rejected != "" && strings.HasPrefix(name, a.Rejected) {
			return fault.Invalidf("%s: it has %s: %s", c.path, name, a.WhyRejected)
		}
	}
	var missing, wrong, unexpected []string
	known := map[string]bool{}
	for _, s := range config.shapes() {
		known[s.name] = true
		t, ok := c.tensors[s.name]
		if !ok {
			missing = append(missing, s.name)
		} else if !slices.Equal(t.Shape, s.dims) {
			wrong = append(wrong, fmt.Sprintf("%s is %v, config.json says %v", s.name, t.Shape, s.dims))
		}
	}
	// Where the encoder is not whole, names of another one's tensors say what the file holds.
	whole := !slices.ContainsFunc(missing, func(name string) bool { return a.Pooler == "" || !strings.HasPrefix(name, a.Pooler) })
	for name := range c.tensors {
		if !known[name] && (isStranger(a, name) || !whole && !inEncoder(a, name) && !isHead(a, name)) {
			unexpected = append(unexpected, strings.TrimPrefix(name, "?"))
		}
	}
	slices.Sort(unexpected)
	if !whole {
		if other := c.otherType(a); other != "" {
			return fault.Invalidf("%s does not fit config.json: %s", c.path, other)
		}
	}
	var faults []string
	for _, f := range []struct {
		what string
		list []string
	}{{"missing", missing}, {"wrong shape", wrong}, {"unexpected", unexpected}} {
		if n := len(f.list); n > 0 {
			faults = append(faults, fmt.Sprintf("%d %s: %s", n, f.what, strings.Join(f.list[:min(n, 4)], ", ")))
		}
	}
	if whole && len(missing) > 0 {
		faults = append(faults, "a checkpoint of masked-language modelling has no pooler, and a random one in its place would make every answer random")
	}
	if len(faults) == 0 {
		return nil
	}
	err := fault.Invalidf("%s does not fit config.json: %s", c.path, strings.Join(faults, "; "))
	if whole && len(missing) > 0 && len(wrong)+len(unexpected) == 0 {
		return fault.Because(NoPooler, err)
	}
	return err
}
