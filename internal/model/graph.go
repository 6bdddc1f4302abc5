package model

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/dylora/dylora/internal/model/architecture"
	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/weights"
)

// Pair is the adapter of one projection, as the graph computes with it: A (R, In) and
// B (Out, R), row-major. The graph reads this memory on every run, so writing to it
// trains. Module is the place of its gate among the modules'.
type Pair struct {
	A, B   []float32
	Module int
}

// Adapt gives the pair of a projection, by its full name; false where it has none.
type Adapt func(module string) (Pair, bool)

// Options say what a graph is compiled for.
type Options struct {
	Rows      int // capacity in tokens
	Sequences int // capacity in sequences
	Labels    int // outputs of the head
	Loss      Loss
	Rank      int // R
	Modules   int // number of adapted projections: gates are (sequences, Modules·Rank)
	Adapt     Adapt
	Head      []weights.Tensor // pinned like the pairs; names as Model.Head gives them
	Heads     int              // ranks that have a last layer of their own, stacked in Head's last two tensors, (Heads, Labels, H) and (Heads, Labels); 0: one for all
	Features  bool             // keep what the head's last layer reads
	Train     bool             // loss and gradients
	Dropout   bool             // with Train: dropout as the configuration says
	Clock     *Clock           // measures each run by kind of operation; nil: nothing is measured
	Moments   *Moments         // without Train: adds up those of each module in each run; nil: none
	Members   []Member         // without Train: several adapters, in place of Rank, Modules, Adapt, Head and Heads
}

// Moments are what [op.Moments] says, a module being the place of its gate.
type Moments = op.Moments

// NewMoments has sums of nothing for so many adapted projections of rank R.
func NewMoments(modules, rank int) *Moments { return op.NewMoments(modules, rank) }

// Clock is where the time of runs goes: see [op.Clock]. Beside the operations' kinds it has
// "embeddings", and "gorgonia": the machine itself and Gorgonia's own operations, which are
// the head and the loss.
type Clock = op.Clock

// builder holds what the parts of one graph share.
type builder struct {
	m      *Model
	o      Options
	g      *G.ExprGraph
	in     *op.Inputs
	params []param
	site   uint32 // of the next dropout
	hidden []*G.Node

	members   []Member // of Options, or the one adapter
	firstGate []int    // column where the gates of each member begin
}

// param is a trained input.
type param struct {
	name  string
	shape []int
	node  *G.Node
}

// input makes a graph input over memory that the caller keeps; names are unique, since
// Gorgonia merges inputs of equal name.
func (b *builder) input(name string, backing any, shape ...int) *G.Node {
	v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(backing))
	return G.NewTensor(b.g, v.Dtype(), len(shape), G.WithName(name), G.WithShape(shape...), G.WithValue(v))
}

func (b *builder) param(name string, data []float32, shape ...int) *G.Node {
	n := b.input(name, data, shape...)
	b.params = append(b.params, param{name, shape, n})
	return n
}

// drop is dropout at the next site. A graph that only evaluates has none.
func (b *builder) drop(p float64) op.Drop {
	b.site++
	if !b.o.Train || b.in.Random == nil {
		p = 0
	}
	return op.Drop{P: p, Site: b.site}
}

func (b *builder) dropout(name string, x *G.Node, per op.Rows, p float64, trained bool) (*G.Node, error) {
	d := b.drop(p)
	if d.P == 0 {
		return x, nil
	}
	return op.Dropout(b.in, name, x, per, d, trained)
}

// module is one projection inside a frozen product, and the column where it begins.
type module struct {
	of          architecture.Map
	column, out int
}

// project is x through a frozen product and the adapters of the modules in it. It reports
// for each module whether it is adapted. The pooler is in no layer.
func (b *builder) project(layer int, x *G.Node, per op.Rows, w op.Frozen, trained bool, modules ...module) (*G.Node, []bool, error) {
	var pairs []op.Pair
	adapted := make([]bool, len(modules))
	for i, mod := range modules {
		path := b.m.Config.modulePath(layer, mod.of)
		for k, member := range b.members {
			pair, ok := member.Adapt(path)
			if !ok {
				continue
			}
			adapted[i] = true
			name := b.memberName(k, path)
			pairs = append(pairs, op.Pair{Module: pair.Module, First: b.firstGate[k], Column: mod.column, Out: mod.out,
				A: b.param(name+".lora_A", pair.A, member.Rank, w.W.In),
				B: b.param(name+".lora_B", pair.B, mod.out, member.Rank)})
		}
	}
	name := modules[0].of.String()
	if modules[0].of != architecture.Pooler {
		name = fmt.Sprintf("layer.%d.%s", layer, name)
	}
	if len(pairs) == 0 {
		y, err := op.Linear(b.in, name, x, per, w, trained)
		return y, adapted, err
	}
	y, err := op.LowRank(b.in, name, x, per, w, pairs, trained)
	b.in.Copies = nil // from here on, copies of a sequence differ by their gates
	return y, adapted, err
}

// before is for the operation whose output the projection alone reads. The gradient of an
// adapter needs it once more; a frozen product's does not, and then its memory serves other
// layers too.
func (b *builder) before(layer int, m architecture.Map) *op.Inputs {
	path := b.m.Config.modulePath(layer, m)
	if slices.ContainsFunc(b.members, func(member Member) bool { _, adapted := member.Adapt(path); return adapted }) {
		return b.in
	}
	return b.in.Scratch()
}

// encoder stacks the layers on x; the result is the first tokens' states, and whether
// anything below them is trained.
func (b *builder) encoder(x *G.Node) (h *G.Node, trained bool, err error) {
	b.in.Layer = -1
	if x, err = b.dropout("embeddings.dropout", x, op.Tokens, b.m.Config.HiddenDropout, false); err != nil {
		return nil, false, err
	}
	if b.m.widening.W != nil {
		if x, err = op.Linear(b.in, b.m.Config.architecture().EmbeddingMap, x, op.Tokens, b.m.widening, false); err != nil {
			return nil, false, err
		}
	}
	for i := range b.m.layers {
		b.in.Layer = i
		b.hidden = append(b.hidden, x)
		if x, trained, err = b.layer(i, x, trained); err != nil {
			return nil, false, err
		}
	}
	return x, trained, nil
}

// layer is one encoder layer: attention, add and norm, feed-forward, add and norm.
func (b *builder) layer(i int, x *G.Node, below bool) (*G.Node, bool, error) {
	c, l := &b.m.Config, &b.m.layers[i]
	b.in.Residual = &op.Residual{Of: x}
	residual, ctx, per, trained, err := b.attention(i, x, below)
	if err != nil {
		return nil, false, err
	}
	att, adapted, err := b.project(i, ctx, per, l.attentionOutput, trained, module{architecture.AttentionOutput, 0, c.HiddenSize})
	if err != nil {
		return nil, false, err
	}
	trained = trained || adapted[0]
	h, err := op.AddLayerNorm(b.in, fmt.Sprintf("layer.%d.attention.output", i), residual, att, per, l.attentionNorm, b.drop(c.HiddenDropout), [2]bool{below, trained})
	if err != nil {
		return nil, false, err
	}
	middle := below || trained
	b.in.Residual = &op.Residual{Of: h}
	u, adapted, err := b.project(i, h, per, l.intermediate, middle, module{architecture.Intermediate, 0, c.IntermediateSize})
	if err != nil {
		return nil, false, err
	}
	trained = middle || adapted[0]
	if u, err = op.Activate(b.before(i, architecture.Output), c.Activation, fmt.Sprintf("layer.%d.intermediate", i), u, per, trained); err != nil {
		return nil, false, err
	}
	o, adapted, err := b.project(i, u, per, l.output, trained, module{architecture.Output, 0, c.HiddenSize})
	if err != nil {
		return nil, false, err
	}
	trained = trained || adapted[0]
	y, err := op.AddLayerNorm(b.in, fmt.Sprintf("layer.%d.output", i), h, o, per, l.outputNorm, b.drop(c.HiddenDropout), [2]bool{middle, trained})
	return y, middle || trained, err
}

// attention gives the residual (the layer's input) and the context, for all tokens or,
// in the last layer, for the first token of each sequence.
func (b *builder) attention(i int, x *G.Node, below bool) (residual, ctx *G.Node, per op.Rows, trained bool, err error) {
	c, l := &b.m.Config, &b.m.layers[i]
	h := c.HiddenSize
	query := module{architecture.Query, 0, h}
	heads := op.Heads{Count: c.Heads, Size: c.HeadSize(), Drop: b.drop(c.AttentionDropout), Bias: b.m.relative.bias}
	name := fmt.Sprintf("layer.%d.attention.self", i)
	if i < c.Layers-1 {
		qkv, need, err := b.project(i, x, op.Tokens, l.attention, below, query, module{architecture.Key, h, h}, module{architecture.Value, 2 * h, h})
		if err != nil {
			return nil, nil, 0, false, err
		}
		needs := [3]bool{below || need[0], below || need[1], below || need[2]}
		ctx, err = op.Attention(b.before(i, architecture.AttentionOutput), name, qkv, heads, needs)
		return x, ctx, op.Tokens, needs != [3]bool{}, err
	}
	kv, need, err := b.project(i, x, op.Tokens, l.attention, below, module{architecture.Key, 0, h}, module{architecture.Value, h, h})
	if err != nil {
		return nil, nil, 0, false, err
	}
	if residual, err = op.Pool(b.in, name, x, b.o.Sequences, below); err != nil {
		return nil, nil, 0, false, err
	}
	b.in.Residual = &op.Residual{Of: residual}
	q, adapted, err := b.project(i, residual, op.Sequences, l.query, below, query)
	if err != nil {
		return nil, nil, 0, false, err
	}
	queries, needs := below || adapted[0], [2]bool{below || need[0], below || need[1]}
	ctx, err = op.FirstAttention(b.before(i, architecture.AttentionOutput), name, q, kv, heads, queries, needs)
	return residual, ctx, op.Sequences, queries || needs != [2]bool{}, err
}
