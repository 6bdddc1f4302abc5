package model

import (
	"fmt"
	"runtime"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/weights"
)

// Graph is a compiled program of fixed capacity. It serves every batch, rank and step
// that fits; not for concurrent use.
type Graph struct {
	Options
	m             *Model
	vm            G.VM
	x, sum        []float32 // embeddings' output and scratch, (Rows, width)
	layout        op.Layout
	copies        []int32 // one number: Input.Copies
	random        op.Random
	gates         []float32 // (Sequences, Modules·Rank)
	gradientGates []float32
	targets       []float32 // (Sequences, Labels)
	weights       []float32 // (Sequences, Labels), of each target in the loss; not for CrossEntropy
	logits        []float32 // (Sequences, Labels)
	ranks         []int32   // (Sequences), from 1; with Heads or Members
	memberHeads   []int32   // (Sequences), from 1; with Members
	features      []float32 // (Sequences, H); with Features
	loss          G.Value
	gradients     []weights.Tensor
	hidden        []*G.Node
	graph         *G.ExprGraph
	width         int // Modules·Rank, of all members
}

// Compile builds and compiles the graph.
func (m *Model) Compile(o Options) (*Graph, error) {
	if o.Train {
		return m.compile(o, &op.Inputs{Clock: o.Clock, GradientMemory: &op.Memory{}, ScratchMemory: &op.Memory{}})
	}
	return m.compile(o, &op.Inputs{Clock: o.Clock, Memory: &op.Memory{}, Moments: o.Moments, Work: &op.Work{}})
}

// compile builds and compiles the graph; in says where outputs lie.
func (m *Model) compile(o Options, in *op.Inputs) (*Graph, error) {
	members := o.Members
	if len(members) == 0 {
		members = []Member{{Adapt: o.Adapt, Rank: o.Rank, Modules: o.Modules}}
	} else if err := m.checkMembers(o); err != nil {
		return nil, err
	}
	if o.Rows < 1 || o.Sequences < 2 || o.Labels < 1 || len(o.Members) == 0 && len(o.Head) != len(m.Config.headNames()) {
		return nil, fmt.Errorf("model: no graph for %d rows, %d sequences, %d labels and %d head tensors", o.Rows, o.Sequences, o.Labels, len(o.Head))
	}
	if o.Train && !m.precision.Trains() {
		return nil, fmt.Errorf("model: no gradients in %s", m.precision)
	}
	h := m.Config.embeddingWidth()
	firstGate, width := gateWidths(members)
	gr := &Graph{
		Options: o, m: m, width: width,
		x: make([]float32, o.Rows*h), sum: make([]float32, o.Rows*h),
		layout: make(op.Layout, o.Sequences+2), copies: make([]int32, 1), random: make(op.Random, 2),
		gates: make([]float32, o.Sequences*max(width, 1)), gradientGates: make([]float32, o.Sequences*max(width, 1)),
		targets: make([]float32, o.Sequences*o.Labels), weights: make([]float32, o.Sequences*o.Labels),
		ranks: make([]int32, o.Sequences), memberHeads: make([]int32, o.Sequences),
	}
	in.Machine = m.machine
	b := &builder{m: m, o: o, g: G.NewGraph(), in: in, members: members, firstGate: firstGate}
	if err := gr.build(b); err != nil {
		return nil, fmt.Errorf("model: building the graph: %w", err)
	}
	gr.hidden, gr.graph = b.hidden, b.g
	gr.vm = G.NewTapeMachine(b.g)
	// Gorgonia gives the machine a finalizer, for CUDA. It does nothing here but keep a graph that is let go for one collection more.
	runtime.SetFinalizer(gr.vm, nil)
	return gr, nil
}

// inputs declares the graph inputs over gr's memory.
func (gr *Graph) inputs(b *builder) (x *G.Node) {
	o, width := gr.Options, max(gr.width, 1)
	b.in.Layout = b.input("layout", []int32(gr.layout), len(gr.layout))
	b.in.Gates = b.input("gates", gr.gates, o.Sequences, width)
	switch {
	case len(o.Members) > 0:
		b.in.Heads, b.in.LastLayers = b.input("heads", gr.memberHeads, o.Sequences), b.input("last layers", gr.ranks, o.Sequences)
	case o.Heads > 0:
		b.in.Ranks = b.input("ranks", gr.ranks, o.Sequences)
	}
	if o.Train {
		b.in.GradientGates = b.input("gradient gates", gr.gradientGates, o.Sequences, width)
		c := &b.m.Config
		if o.Dropout && (c.HiddenDropout > 0 || c.AttentionDropout > 0 || c.ClassifierDropout > 0) {
			b.in.Random = b.input("random", []int64(gr.random), len(gr.random))
		}
	} else {
		b.in.Copies = b.input("copies", gr.copies, 1)
	}
	return b.input("embeddings", gr.x, o.Rows, b.m.Config.embeddingWidth())
}

func (gr *Graph) build(b *builder) error {
	x := gr.inputs(b)
	state, trained, err := b.encoder(x)
	if err != nil {
		return err
	}
	b.hidden = append(b.hidden, state)
	var head G.Nodes
	for i, t := range gr.Head {
		shape := t.Shape
		if gr.Heads > 0 && i == len(gr.Head)-2 { // as RankedDense takes it
			shape = []int{gr.Heads * gr.Labels, len(t.Data) / (gr.Heads * gr.Labels)}
		}
		head = append(head, b.param(t.Name, t.Data, shape...))
	}
	logits, features, err := b.head(state, head, trained)
	if err != nil {
		return err
	}
	if gr.Features {
		if _, gr.features, err = op.Keep("features", features); err != nil {
			return err
		}
	}
	if _, gr.logits, err = op.Keep("logits", logits); err != nil || !gr.Train {
		return err
	}
	return gr.backward(b, logits)
}

// backward adds loss and gradients. The gradients of the head are Gorgonia's own nodes,
// whose memory it may reuse, so they are kept apart.
func (gr *Graph) backward(b *builder, logits *G.Node) error {
	targets := b.input("targets", gr.targets, gr.Sequences, gr.Labels)
	var weight *G.Node
	if gr.Loss != CrossEntropy {
		weight = b.input("weights", gr.weights, gr.Sequences, gr.Labels)
	}
	loss, err := b.loss(logits, targets, weight)
	if err != nil {
		return err
	}
	G.Read(loss, &gr.loss)
	var wrt G.Nodes
	for _, p := range b.params {
		wrt = append(wrt, p.node)
	}
	grads, err := G.Grad(loss, wrt...)
	if err != nil {
		return err
	}
	for i, p := range b.params {
		node := grads[i]
		if node.Dims() == 1 { // kept as one row
			if node, err = G.Reshape(node, []int{1, p.shape[0]}); err != nil {
				return err
			}
		}
		_, data, err := op.Keep(p.name+".gradient", node)
		if err != nil {
			return err
		}
		gr.gradients = append(gr.gradients, weights.Tensor{Name: p.name, Shape: p.shape, Data: data})
	}
	return nil
}

// Run computes the logits of a batch, (n, Labels) row-major, valid until the next run; in
// a training graph also the loss Σ Weight·loss_i and the gradients. Mapped weights that can
// no longer be read are fault.Invalid.
func (gr *Graph) Run(in *Input) (logits []float32, loss float64, err error) {
	if err := gr.set(in); err != nil {
		return nil, 0, err
	}
	running := gr.Clock.Start(gr.m.machine)
	gr.vm.Reset()
	err = gr.vm.RunAll()
	gr.Clock.Stop("gorgonia", running)
	if err := gr.m.source.lost(); err != nil {
		return nil, 0, err
	}
	if err != nil {
		return nil, 0, fmt.Errorf("model: %w", err)
	}
	if gr.Train {
		loss = float64(gr.loss.Data().(float32))
	}
	return gr.logits[:(len(in.Offsets)-1)*gr.Labels], loss, nil
}

// set copies the batch into the graph's inputs.
func (gr *Graph) set(in *Input) error {
	n := len(in.Offsets) - 1
	if err := gr.layout.Set(in.Offsets, gr.Rows); err != nil {
		return err
	}
	if len(in.IDs) != int(in.Offsets[n]) || len(in.Gates) != n*gr.width {
		return fmt.Errorf("model: %d ids for %d tokens, %d gates for %d sequences of %d", len(in.IDs), in.Offsets[n], len(in.Gates), n, gr.width)
	}
	if len(in.Types) != 0 && len(in.Types) != len(in.IDs) {
		return fmt.Errorf("model: %d token types for %d tokens", len(in.Types), len(in.IDs))
	}
	if gr.Heads > 0 {
		if len(in.Ranks) != n {
			return fmt.Errorf("model: %d ranks for %d sequences", len(in.Ranks), n)
		}
		copy(gr.ranks, in.Ranks)
	}
	if err := gr.setMembers(in, n); err != nil {
		return err
	}
	copy(gr.gates, in.Gates)
	distinct, err := in.distinct()
	if err != nil {
		return err
	}
	gr.copies[0] = int32(n / distinct)
	embedding := gr.Clock.Start(gr.m.machine)
	err = gr.embed(in, distinct)
	gr.Clock.Stop("embeddings", embedding)
	if err != nil || !gr.Train {
		return err
	}
	if len(in.GradientGates) != len(in.Gates) {
		return fmt.Errorf("model: %d gradient gates, want %d", len(in.GradientGates), len(in.Gates))
	}
	copy(gr.gradientGates, in.GradientGates)
	gr.random[0], gr.random[1] = int64(in.Seed), int64(in.Step)
	return gr.setTargets(in, n)
}

// LastFeatures are what the head's last layer read in the last run for n sequences, (n, H)
// row-major and valid until the next run; of a graph with Features.
func (gr *Graph) LastFeatures(n int) []float32 {
	return gr.features[:n*(len(gr.features)/gr.Sequences)]
}

// Gradients are the gradients of the last run, in the order of the trained inputs: pairs
// layer by layer, named after the module with ".lora_A" or ".lora_B", then the tensors of
// the head. They are valid until the next run.
func (gr *Graph) Gradients() []weights.Tensor { return gr.gradients }

// Bytes is the memory that the graph takes.
func (gr *Graph) Bytes() int64 { return gr.m.Config.GraphBytes(gr.Options) }

// Close releases the machine.
func (gr *Graph) Close() error { return gr.vm.Close() }
