package model

import (
	"maps"
	"slices"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/weights"
)

// WithBiases is m with the given biases in the place of its own, by their full names
// ("roberta.embeddings.LayerNorm.bias"); it shares the weights with m, which stays as it
// is. A name or a length that the model does not have is fault.Invalid.
func (m *Model) WithBiases(biases []weights.Tensor) (*Model, error) {
	if len(biases) == 0 {
		return m, nil
	}
	n, own := m.cloneBiases()
	for _, b := range biases {
		into, ok := own[b.Name]
		switch {
		case !ok:
			return nil, fault.Invalidf("the model has no bias %q; its first is %q", b.Name, slices.Sorted(maps.Keys(own))[0])
		case len(b.Data) != len(into):
			return nil, fault.Invalidf("bias %s has %d values, the model's has %d", b.Name, len(b.Data), len(into))
		}
		copy(into, b.Data)
	}
	return n, nil
}

// cloneBiases copies m but for its weights; the second result is where the copy has its
// biases, by full name.
func (m *Model) cloneBiases() (*Model, map[string][]float32) {
	n := *m
	n.layers = slices.Clone(m.layers)
	own := map[string][]float32{}
	clone := func(from *[]float32, names ...string) {
		*from = slices.Clone(*from)
		width := len(*from) / len(names)
		for i, name := range names {
			own[name+".bias"] = (*from)[i*width : (i+1)*width]
		}
	}
	a, prefix := m.Config.architecture(), m.Config.architecture().Prefix
	clone(&n.embeddings.norm.Beta, prefix+"embeddings.LayerNorm")
	if m.widening.W != nil {
		clone(&n.widening.Bias, prefix+a.EmbeddingMap)
	}
	if m.pooler.W != nil {
		clone(&n.pooler.Bias, prefix+a.Pooler)
	}
	for i := range n.layers {
		l := &n.layers[i]
		at := func(of architecture.Map) string { return m.Config.modulePath(i, of) }
		norm := func(path string) string { return prefix + a.InLayer(i, path) }
		q, k, v := at(architecture.Query), at(architecture.Key), at(architecture.Value)
		if l.query.W == nil {
			clone(&l.attention.Bias, q, k, v)
		} else { // the last layer
			clone(&l.query.Bias, q)
			clone(&l.attention.Bias, k, v)
		}
		clone(&l.attentionOutput.Bias, at(architecture.AttentionOutput))
		clone(&l.attentionNorm.Beta, norm(a.AttentionNorm))
		clone(&l.intermediate.Bias, at(architecture.Intermediate))
		clone(&l.output.Bias, at(architecture.Output))
		clone(&l.outputNorm.Beta, norm(a.OutputNorm))
	}
	return &n, own
}
