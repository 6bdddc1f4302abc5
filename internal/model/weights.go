package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// plainNames takes the prefix, "roberta." or "bert.", off the encoder's names where they
// have it, and gives the scale and shift of LayerNorm, which old BERT checkpoints call
// gamma and beta, their present names. A name that the encoder cannot have begins with "?".
func (c *checkpoint) plainNames(prefix string) {
	prefixed := false
	for name := range c.tensors {
		prefixed = prefixed || strings.HasPrefix(name, prefix)
	}
	plain := make(map[string]safetensors.Stored, len(c.tensors))
	for name, t := range c.tensors {
		switch rest, ok := strings.CutPrefix(name, prefix); {
		case ok && (inEncoder(rest) || isHead(rest)):
			name = rest
		case ok:
			name = "?" + rest
		case prefixed && inEncoder(name):
			name = "?" + name // an encoder tensor without the prefix: unexpected
		}
		for old, now := range map[string]string{".LayerNorm.gamma": ".LayerNorm.weight", ".LayerNorm.beta": ".LayerNorm.bias"} {
			if rest, ok := strings.CutSuffix(name, old); ok {
				name = rest + now
			}
		}
		if _, twice := plain[name]; twice && inEncoder(name) {
			name = "?" + name
		}
		plain[name] = t
	}
	c.tensors = plain
}

// inEncoder says whether a name without the prefix is that of a tensor of the encoder or its
// pooler. Any other without the prefix belongs to the head of some task, whatever its name:
// the encoder does not need it, and Transformers leaves it too.
func inEncoder(name string) bool {
	return strings.HasPrefix(name, "embeddings.") || strings.HasPrefix(name, "encoder.") || strings.HasPrefix(name, "pooler.")
}

// isHead says whether name is that of a tensor of a head or a loss that Transformers has,
// which some checkpoints have behind the encoder's prefix.
func isHead(name string) bool {
	return slices.ContainsFunc([]string{"classifier.", "lm_head.", "cls.", "qa_outputs.", "score.", "loss"}, func(p string) bool { return strings.HasPrefix(name, p) })
}

// buffers are tensors of earlier releases that hold counts from 0 and zeros.
var buffers = []string{"embeddings.position_ids", "embeddings.token_type_ids"}

// isStranger says whether a name that plainNames gave makes the checkpoint another model's,
// unless the configuration asks for it. A pooler that the head does not use is none.
func isStranger(name string) bool {
	return strings.HasPrefix(name, "?") || inEncoder(name) && !strings.HasPrefix(name, "pooler.") && !slices.Contains(buffers, name)
}

// poolerName is BERT's layer between the encoder and the head.
const poolerName = "pooler.dense"

// shape is a tensor that the encoder consists of.
type shape struct {
	name string
	dims []int
}

// shapes lists every tensor of the encoder.
func (c *Config) shapes() []shape {
	h := c.HiddenSize
	list := []shape{
		{"embeddings.word_embeddings.weight", []int{c.VocabSize, h}},
		{"embeddings.position_embeddings.weight", []int{c.MaxPositions, h}},
		{"embeddings.token_type_embeddings.weight", []int{c.TypeVocabSize, h}},
		{"embeddings.LayerNorm.weight", []int{h}}, {"embeddings.LayerNorm.bias", []int{h}},
	}
	for i := range c.Layers {
		p := fmt.Sprintf("encoder.layer.%d.", i)
		for _, proj := range projections {
			in, out := c.size(proj.path)
			list = append(list, shape{p + proj.path + ".weight", []int{out, in}}, shape{p + proj.path + ".bias", []int{out}})
		}
		for _, norm := range []string{"attention.output.LayerNorm", "output.LayerNorm"} {
			list = append(list, shape{p + norm + ".weight", []int{h}}, shape{p + norm + ".bias", []int{h}})
		}
	}
	if c.architecture().pooler {
		list = append(list, shape{poolerName + ".weight", []int{h, h}}, shape{poolerName + ".bias", []int{h}})
	}
	return list
}

// check compares the checkpoint with the configuration: all missing, unexpected and
// wrongly shaped tensors in one error.
func (c *checkpoint) check(want []shape) error {
	var missing, wrong, unexpected []string
	known := map[string]bool{}
	for _, s := range want {
		known[s.name] = true
		t, ok := c.tensors[s.name]
		if !ok {
			missing = append(missing, s.name)
		} else if !slices.Equal(t.Shape, s.dims) {
			wrong = append(wrong, fmt.Sprintf("%s is %v, config.json says %v", s.name, t.Shape, s.dims))
		}
	}
	// Where the encoder is not whole, names of another one's tensors say what the file holds.
	whole := !slices.ContainsFunc(missing, func(name string) bool { return !strings.HasPrefix(name, poolerName) })
	for name := range c.tensors {
		if !known[name] && (isStranger(name) || !whole && !inEncoder(name) && !isHead(name)) {
			unexpected = append(unexpected, strings.TrimPrefix(name, "?"))
		}
	}
	slices.Sort(unexpected)
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
	if len(faults) > 0 {
		return fault.Invalidf("%s does not fit config.json: %s", c.path, strings.Join(faults, "; "))
	}
	return nil
}
