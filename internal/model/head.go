package model

import (
	"fmt"
	"math"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/seed"
	"github.com/dylora/dylora/internal/weights"
)

// Head is a classification head for this encoder: the checkpoint's own where it has one
// with that many labels, else a NewHead. Regression has one label.
func (m *Model) Head(labels int, seed uint64) []weights.Tensor {
	if head, ok := m.OwnHead(labels); ok {
		return head
	}
	return m.NewHead(labels, seed)
}

// NewHead is a head with that many labels: weights from N(0, initializer_range²) and zero
// biases, a function of the seed, as Hugging Face initialises it.
func (m *Model) NewHead(labels int, seed uint64) []weights.Tensor {
	names, shapes := m.Config.headNames(), m.Config.headShapes(labels)
	head := make([]weights.Tensor, len(names))
	for i, name := range names {
		n := 1
		for _, d := range shapes[i] {
			n *= d
		}
		head[i] = weights.Tensor{Name: name, Shape: shapes[i], Data: make([]float32, n)}
		if len(shapes[i]) == 2 {
			normal(head[i].Data, m.Config.InitializerRange, seed, name)
		}
	}
	return head
}

// headShapes are those of the tensors of a head with that many labels, as headNames has them.
func (c *Config) headShapes(labels int) [][]int {
	h, names := c.HiddenSize, c.headNames()
	shapes := make([][]int, len(names))
	for i := range names {
		out := h
		if i >= len(names)-2 {
			out = labels
		}
		shapes[i] = [][]int{{out, h}, {out}}[i%2]
	}
	return shapes
}

// OwnHead is the checkpoint's own head if it has one with that many labels.
func (m *Model) OwnHead(labels int) ([]weights.Tensor, bool) {
	same := func(t weights.Tensor, s []int) bool { return slices.Equal(t.Shape, s) }
	if m.classifier == nil || !slices.EqualFunc(m.classifier, m.Config.headShapes(labels), same) {
		return nil, false
	}
	return weights.CloneAll(m.classifier), true
}

// OwnOutputs is the number of columns of the checkpoint's own head; 0 if it has none.
func (m *Model) OwnOutputs() int {
	if m.classifier == nil {
		return 0
	}
	bias := m.classifier[len(m.classifier)-1] // of the last layer
	if len(bias.Shape) != 1 {
		return 0
	}
	return bias.Shape[0]
}

// CompleteHead is the given head, and before it what it lacks of the encoder's, from the
// checkpoint: PEFT saves a DistilBERT's "classifier" unless it is told otherwise, and leaves its
// "pre_classifier" with the base model. A head of another encoder, or a checkpoint without the
// layers that are missing, is an error that names the tensors.
func (m *Model) CompleteHead(head []weights.Tensor) ([]weights.Tensor, error) {
	names := m.Config.headNames()
	at := func(list []weights.Tensor, name string) int {
		return slices.IndexFunc(list, func(t weights.Tensor) bool { return t.Name == name })
	}
	var whole []weights.Tensor
	for _, name := range names {
		if i := at(head, name); i >= 0 {
			whole = append(whole, head[i])
		} else if i := at(m.classifier, name); i >= 0 {
			whole = append(whole, m.classifier[i].Clone())
		} else {
			return nil, fmt.Errorf("neither the adapter nor the model has the head's %s: a random one in its place would make every answer random", name)
		}
	}
	for _, t := range head {
		if !slices.Contains(names, t.Name) {
			return nil, fmt.Errorf("the adapter's head has %s, and a %s has %s", t.Name, m.Config.Class(), strings.Join(names, ", "))
		}
	}
	return whole, nil
}

// normal fills v with N(0, std²) by Box and Muller's method, a function of the run's seed
// and the tensor's name alone.
func normal(v []float32, std float64, runSeed uint64, name string) {
	stream := seed.Named(runSeed, "head", name)
	uniform := func() float64 { return seed.OpenUnit(stream.Uint64()) }
	for i := range v {
		v[i] = float32(std * math.Sqrt(-2*math.Log(uniform())) * math.Cos(2*math.Pi*uniform()))
	}
}

// head builds the classification head on the first tokens' states, (sequences, H): BERT's
// pooler, frozen as PEFT leaves it or with an adapter, then dropout and a layer, with a
// function between layers. The features are what the last layer reads.
func (b *builder) head(x *G.Node, params G.Nodes, trained bool) (logits, features *G.Node, err error) {
	pooled := b.m.pooler.W != nil
	if pooled {
		var adapted []bool
		x, adapted, err = b.project(0, x, op.Sequences, b.m.pooler, trained, module{architecture.Pooler, 0, b.m.Config.HiddenSize})
		if err != nil {
			return nil, nil, err
		}
		trained = trained || adapted[0]
	}
	if x, err = op.Trim(b.in, "classifier.input", x, trained); err != nil {
		return nil, nil, err
	}
	head := b.m.Config.architecture().Head
	for i, name := range head.Layers {
		if i > 0 || pooled {
			if x, err = b.between(name, head.Activation, x); err != nil {
				return nil, nil, err
			}
		}
		if i > 0 || head.DropInput {
			if x, err = b.dropout(name+".dropout", x, op.Sequences, b.m.Config.ClassifierDropout, i > 0 || trained); err != nil {
				return nil, nil, err
			}
		}
		features = x
		if x, err = b.dense(i, name, x, params, i > 0 || trained); err != nil {
			return nil, nil, err
		}
	}
	return x, features, nil
}

// dense is a layer of the head: the one of all sequences, or each sequence's own by its rank or its adapter.
func (b *builder) dense(i int, name string, x *G.Node, params G.Nodes, trained bool) (*G.Node, error) {
	switch of := len(b.m.Config.architecture().Head.Layers); {
	case len(b.o.Members) > 0:
		layers, which := b.layers(i, of)
		return op.DenseOf(b.in, name, x, layers, which)
	case b.o.Heads > 0 && i == of-1:
		return op.RankedDense(b.in, name, x, params[2*i], params[2*i+1], trained)
	}
	return op.Dense(b.in, name, x, params[2*i], params[2*i+1], trained)
}

// between is the function before a layer of the head: Gorgonia's own tanh, or an operation of
// ours. The gradient of that is read by those of the layer before, on which no later gradient
// depends, so its memory is its own (see op.Memory).
func (b *builder) between(name, function string, x *G.Node) (*G.Node, error) {
	if function == "tanh" {
		return G.Tanh(x)
	}
	f, ok := kernel.ParseActivation(function)
	if !ok {
		return nil, fmt.Errorf("no function %q", function)
	}
	own := *b.in
	own.GradientMemory = nil
	return op.Activate(&own, f, name+".input", x, op.Sequences, true)
}
