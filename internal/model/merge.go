package model

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// Merged is the whole checkpoint as safetensors, names with the encoder's prefix as the
// Transformers class with a head has them: each projection as merge returns it for the
// full name and the weight (Out, In), everything else as it is, and the given head. A
// model in another precision than Float32 no longer has its weights, which is an error.
// Mapped weights that can no longer be read are fault.Invalid.
func (m *Model) Merged(merge func(module string, w []float32) []float32, head []weights.Tensor) ([]safetensors.Tensor, error) {
	if m.precision != kernel.Float32 {
		return nil, fmt.Errorf("model: its weights are rounded to %s; only a model loaded in float32 can be written", m.precision)
	}
	c, e := &m.Config, &m.embeddings
	a, h, width := c.architecture(), c.HiddenSize, c.embeddingWidth()
	prefix := a.Prefix
	var list []safetensors.Tensor
	add := func(name string, v []float32, shape ...int) {
		list = append(list, safetensors.F32(prefix+name, shape, v))
	}
	add("embeddings.word_embeddings.weight", m.words(), c.VocabSize, width)
	add("embeddings.position_embeddings.weight", e.position, c.MaxPositions, width)
	if c.TypeVocabSize > 0 {
		add("embeddings.token_type_embeddings.weight", e.tokenType, c.TypeVocabSize, width)
	}
	add("embeddings.LayerNorm.weight", e.norm.Gamma, width)
	add("embeddings.LayerNorm.bias", e.norm.Beta, width)
	if m.widening.W != nil {
		add(a.EmbeddingMap+".weight", m.widening.W.Unpack(), h, width)
		add(a.EmbeddingMap+".bias", m.widening.Bias, h)
	}
	if m.relative.bias != nil {
		add(a.RelativeBias+".weight", m.relative.table, c.Buckets, c.Heads)
	}
	for i := range m.layers {
		for _, w := range m.layers[i].projections(c) {
			name := a.Path(i, w.of)
			add(name+".weight", merge(prefix+name, w.weight), w.out, w.in)
			add(name+".bias", w.bias, w.out)
		}
		l := &m.layers[i]
		add(a.InLayer(i, a.AttentionNorm)+".weight", l.attentionNorm.Gamma, h)
		add(a.InLayer(i, a.AttentionNorm)+".bias", l.attentionNorm.Beta, h)
		add(a.InLayer(i, a.OutputNorm)+".weight", l.outputNorm.Gamma, h)
		add(a.InLayer(i, a.OutputNorm)+".bias", l.outputNorm.Beta, h)
	}
	if m.pooler.W != nil {
		add(a.Pooler+".weight", merge(prefix+a.Pooler, m.pooler.W.Unpack()), h, h)
		add(a.Pooler+".bias", m.pooler.Bias, h)
	}
	for _, t := range head {
		list = append(list, safetensors.F32(t.Name, t.Shape, t.Data))
	}
	if err := m.source.lost(); err != nil {
		return nil, err
	}
	return list, nil
}

// words are the word embeddings, copied where they are mapped: who writes them need not
// expect that they cannot be read.
func (m *Model) words() []float32 {
	from := m.embeddings.word
	if m.source.file == nil {
		return from
	}
	to := make([]float32, len(from))
	m.machine.Parallel(len(from), 1<<16, func(lo, hi int) { copy(to[lo:hi], from[lo:hi]) })
	return to
}

// projection is one frozen projection apart: weight (out, in) and bias (out).
type projection struct {
	of           architecture.Map
	weight, bias []float32
	in, out      int
}

// projections takes the products that hold several projections apart again.
func (l *layer) projections(c *Config) (list []projection) {
	attention, bias := l.attention.W.Unpack(), l.attention.Bias
	if l.query.W != nil { // the last layer: query apart, key and value together
		attention, bias = append(l.query.W.Unpack(), attention...), append(append([]float32{}, l.query.Bias...), bias...)
	}
	h := c.HiddenSize
	for m := architecture.Query; m <= architecture.Value; m++ {
		i := int(m)
		list = append(list, projection{m, attention[i*h*h : (i+1)*h*h], bias[i*h : (i+1)*h], h, h})
	}
	for _, f := range []struct {
		of architecture.Map
		w  []float32
		b  []float32
	}{
		{architecture.AttentionOutput, l.attentionOutput.W.Unpack(), l.attentionOutput.Bias},
		{architecture.Intermediate, l.intermediate.W.Unpack(), l.intermediate.Bias},
		{architecture.Output, l.output.W.Unpack(), l.output.Bias},
	} {
		in, out := c.size(f.of)
		list = append(list, projection{f.of, f.w, f.b, in, out})
	}
	return list
}

// WithMerged is m with other projections, as Merged would write them, without the way
// through a file; all else is shared with m.
func (m *Model) WithMerged(merge func(module string, w []float32) []float32) (*Model, error) {
	if m.precision != kernel.Float32 {
		return nil, fmt.Errorf("model: its weights are rounded to %s; only a model loaded in float32 can be merged", m.precision)
	}
	n, c := *m, &m.Config
	n.layers = slices.Clone(m.layers)
	for i := range n.layers {
		l := &n.layers[i]
		list := l.projections(c)
		for j := range list {
			list[j].weight = merge(c.modulePath(i, list[j].of), list[j].weight)
		}
		first := 0
		if l.query.W != nil { // the last layer: query apart
			l.query, first = pack(m.machine, list[:1]), 1
		}
		l.attention = pack(m.machine, list[first:3])
		l.attentionOutput, l.intermediate, l.output = pack(m.machine, list[3:4]), pack(m.machine, list[4:5]), pack(m.machine, list[5:6])
	}
	if pooler := m.pooler; pooler.W != nil {
		w := merge(c.modulePath(0, architecture.Pooler), pooler.W.Unpack())
		n.pooler = pack(m.machine, []projection{{architecture.Pooler, w, pooler.Bias, c.HiddenSize, c.HiddenSize}})
	}
	if err := m.source.lost(); err != nil {
		return nil, err
	}
	return &n, nil
}

// pack makes one product of projections that share their input.
func pack(mc *kernel.Machine, list []projection) op.Frozen {
	var w, bias []float32
	for _, p := range list {
		w, bias = append(w, p.weight...), append(bias, p.bias...)
	}
	return op.Frozen{W: mc.Pack(kernel.Float32, w, len(bias), list[0].in), Bias: bias}
}
