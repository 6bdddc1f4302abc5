package program

import (
	"fmt"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
)

// Options say how a program trains; evaluation needs none.
type Options struct {
	Seed    uint64         // of dropout
	Dropout bool           // train with the dropout of the model's configuration
	Sum     []int          // ranks whose gates a training pass sums (adapter.Matryoshka); none: it has those of its own ranks
	Update  adapter.Update // which rows of A and B a step's gradient reaches
	Clock   *model.Clock   // measures where the time goes; nil: nothing is measured
}

// losses are those that tasks of each kind are learnt by.
var losses = map[data.Kind]model.Loss{
	data.Classification: model.CrossEntropy, data.Regression: model.SquaredError, data.MultiLabel: model.BinaryCrossEntropy,
}

// Program is a frozen encoder with an adapter and its head. It is compiled once for a
// capacity in tokens and sequences, forwards for evaluation and with the backward pass
// for training, and compiled again when a batch exceeds that. Not for concurrent use.
type Program struct {
	o             Options
	m             *model.Model
	a             *adapter.Adapter
	labels        int
	loss          model.Loss
	modules       map[string]int // module → place of its gate
	params        []Param
	byName        map[string]int
	eval, train   *model.Graph
	gates         []float32
	gradientGates []float32
	rankRow       []float32
	headRanks     []int32
	answers       []float32      // logits of the last ForwardBackward
	features      bool           // of a copy that Features makes
	moments       *model.Moments // of a copy that Moments makes; nil: none are added up
}

// New joins m and a for a task. The adapter's slices become the program's trained
// inputs: writing to them changes what it computes, and training writes to them.
func New(m *model.Model, a *adapter.Adapter, t *data.Task, o Options) (*Program, error) {
	p := &Program{o: o, m: m, a: a, labels: max(t.Outputs(), 1), loss: losses[t.Kind],
		modules: map[string]int{}, byName: map[string]int{}, rankRow: make([]float32, a.Rank)}
	for i, m := range a.Modules {
		p.modules[m.Name] = i
		p.add(Param{Name: m.Name + ".lora_A", Value: m.A, Shape: []int{a.Rank, m.In}, Decay: true, RankAxis: 0})
		p.add(Param{Name: m.Name + ".lora_B", Value: m.B, Shape: []int{m.Out, a.Rank}, Decay: true, RankAxis: 1})
	}
	want := m.Head(p.labels, 0)
	if len(a.Head) != len(want) {
		return nil, fmt.Errorf("program: the adapter's head has %d tensors, this task needs %d", len(a.Head), len(want))
	}
	for i, t := range a.Head {
		if t.Name != want[i].Name || fmt.Sprint(t.Shape) != fmt.Sprint(want[i].Shape) {
			return nil, fmt.Errorf("program: the adapter's head has %s %v where this task needs %s %v", t.Name, t.Shape, want[i].Name, want[i].Shape)
		}
	}
	p.addHead()
	return p, nil
}

// addHead adds the head to what is trained, its last layer by rank where each rank has its own.
func (p *Program) addHead() {
	head := p.a.TrainedHead()
	for i, t := range head {
		x := Param{Name: t.Name, Value: t.Data, Shape: t.Shape, Decay: !strings.HasSuffix(t.Name, ".bias"), RankAxis: -1}
		if len(p.a.Heads) > 0 && i >= len(head)-len(p.a.Heads) {
			x.Shape, x.PerRank = []int{p.a.Rank, len(t.Data) / p.a.Rank}, true
		}
		p.add(x)
	}
}

func (p *Program) add(x Param) {
	x.Grad = make([]float32, len(x.Value))
	p.byName[x.Name] = len(p.params)
	p.params = append(p.params, x)
}

// Params are the trained tensors: A and B of each module, then the head.
func (p *Program) Params() []Param { return p.params }

// Machine is the machine that the program computes on.
func (p *Program) Machine() *kernel.Machine { return p.m.Machine() }

// WithThreads is the program on another machine with the same instruction set and that many
// threads. The two share the frozen weights and what is trained, gradients included, so they
// must not run at the same time while either trains.
func (p *Program) WithThreads(threads int) *Program {
	q := *p
	q.m, q.eval, q.train = p.m.WithThreads(threads), nil, nil
	q.gates, q.gradientGates, q.rankRow, q.headRanks = nil, nil, make([]float32, len(p.rankRow)), nil
	return &q
}

// Labels is the number of logits of a sequence.
func (p *Program) Labels() int { return p.labels }

// Logits are those of each sequence of b, (n, labels) row-major, sequence i at rank
// ranks[i]; rank 0 is the base model. They are valid until the next call.
func (p *Program) Logits(b *data.Batch, ranks []int) ([]float32, error) {
	in, err := p.input(b, ranks)
	if err != nil {
		return nil, err
	}
	if err := p.fit(&p.eval, b, false); err != nil {
		return nil, err
	}
	logits, _, err := p.eval.Run(in)
	return logits, err
}

// ForwardBackward runs b forwards and backwards, adds the gradients to the parameters'
// Grad, and returns Σ weight · loss over its sequences; b.Weights and b.OutputWeights are factors
// of the weight.
func (p *Program) ForwardBackward(b *data.Batch, pass Pass) (loss float64, err error) {
	in, err := p.input(b, pass.Ranks)
	if err != nil {
		return 0, err
	}
	p.trainingGates(in, pass)
	in.Classes, in.Scores, in.Soft = b.Classes, b.Scores, b.Soft
	in.Weight, in.Weights, in.OutputWeights = pass.Weight, b.Weights, b.OutputWeights
	in.Seed, in.Step = p.o.Seed, uint64(pass.Step)<<20|uint64(pass.Micro)
	if err := p.fit(&p.train, b, true); err != nil {
		return 0, err
	}
	if p.answers, loss, err = p.train.Run(in); err != nil {
		return 0, err
	}
	adding := p.o.Clock.Start(p.m.Machine())
	for _, g := range p.train.Gradients() {
		p.m.Machine().AddScaled(p.params[p.byName[g.Name]].Grad, g.Data, 1)
	}
	p.o.Clock.Stop("accumulate", adding)
	return loss, nil
}

// input is the batch with the gates of its ranks.
func (p *Program) input(b *data.Batch, ranks []int) (*model.Input, error) {
	if len(ranks) != b.Len() {
		return nil, fmt.Errorf("program: %d ranks for %d sequences", len(ranks), b.Len())
	}
	for _, r := range ranks {
		if r < 0 || r > p.a.Rank {
			return nil, fmt.Errorf("program: rank %d is not in [0, %d]", r, p.a.Rank)
		}
	}
	p.fill(&p.gates, ranks, p.a.Gate)
	in := &model.Input{IDs: b.IDs, Types: b.Types, Offsets: b.Offsets, Copies: b.Copies, Gates: p.gates}
	if len(p.a.Heads) > 0 {
		p.headRanks = p.headRanks[:0]
		for _, r := range ranks {
			if r == 0 {
				r = p.a.Rank
			}
			p.headRanks = append(p.headRanks, int32(r))
		}
		in.Ranks = p.headRanks
	}
	return in, nil
}

// options are those of a graph but for its capacity.
func (p *Program) options(train bool) model.Options {
	heads := 0
	if len(p.a.Heads) > 0 {
		heads = p.a.Rank
	}
	return model.Options{
		Labels: p.labels, Loss: p.loss, Heads: heads, Features: p.features,
		Rank: p.a.Rank, Modules: len(p.a.Modules), Head: p.a.TrainedHead(), Train: train, Dropout: p.o.Dropout, Clock: p.o.Clock, Moments: p.moments,
		Adapt: p.adapt,
	}
}

// adapt gives the pair of a module.
func (p *Program) adapt(module string) (model.Pair, bool) {
	i, ok := p.modules[module]
	if !ok {
		return model.Pair{}, false
	}
	return model.Pair{A: p.a.Modules[i].A, B: p.a.Modules[i].B, Module: i}, true
}

// Flops counts the operations of the products of Logits for a batch at a rank, or of
// ForwardBackward; 0 is the base model.
func (p *Program) Flops(b *data.Batch, rank int, train bool) model.Flops {
	o := p.options(train)
	o.Rank = min(rank, o.Rank)
	return p.m.Flops(o, b.Offsets)
}
