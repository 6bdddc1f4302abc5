package model

import (
	"slices"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model/architecture"
)

// GraphBytes is the memory that a graph takes which Compile makes with these options, in bytes: activations, gradients, what
// adapters keep, and inputs. It mirrors the layers of builder and the lending of op.Memory, and leaves out what does not grow
// with the batch or with what is trained, and Gorgonia's own operations on logits. Options.Head, Heads and Members do not
// matter but for the sizes of the head that the configuration has; several adapters count as one of Modules and Rank.
func (c *Config) GraphBytes(o Options) int64 {
	s := &space{c: c, o: o, tokens: int64(o.Rows), sequences: int64(o.Sequences), drop: o.Train && o.Dropout && c.HiddenDropout > 0}
	width := int64(c.embeddingWidth())
	s.own(2 * s.tokens * width)
	s.own(s.sequences * int64(2*o.Modules*o.Rank+4*o.Labels+4))
	s.begin(-1)
	if s.drop {
		s.forward(s.tokens * width)
	}
	if c.widens() {
		s.forward(s.tokens * int64(c.HiddenSize))
	}
	trained := false
	passes := make([]layerPass, c.Layers)
	for i := range passes {
		passes[i].below = trained
		trained = s.layer(i, &passes[i])
	}
	s.head()
	if o.Train {
		for i := range slices.Backward(passes) {
			s.backward(i, &passes[i])
		}
	}
	s.own(s.work)
	return 4 * s.floats
}

// space counts floats, as the parts of a graph are built.
type space struct {
	c                 *Config
	o                 Options
	tokens, sequences int64
	drop              bool
	floats            int64
	work              int64 // of adapters in a graph that only evaluates

	outputs, scratch, gradients lent
	at                          int // layer
}

// lent is op.Memory, in sizes.
type lent struct {
	slots [2][]int64
	taken map[int]int
}

// take gives what a buffer costs that is larger than the one in its place.
func (m *lent) take(layer int, n int64) int64 {
	if m.taken == nil {
		m.taken = map[int]int{}
	}
	s, next := &m.slots[layer&1], m.taken[layer]
	m.taken[layer]++
	if next == len(*s) {
		*s = append(*s, 0)
	}
	if (*s)[next] >= n {
		return 0
	}
	(*s)[next] = n
	return n
}

// layerPass is what of a layer is adapted, and whether anything under it is trained.
type layerPass struct {
	below                   bool
	adapted                 map[architecture.Map]bool
	context, middle, output bool // trained: attention's result, the sum after it, the feed-forward's result
}

func (s *space) begin(layer int) { s.at = layer }

func (s *space) own(n int64) { s.floats += n }

// forward is an operation's output.
func (s *space) forward(n int64) {
	if !s.o.Train {
		n = s.outputs.take(s.at, n)
	}
	s.own(n)
}

// once is the output of an operation that the next one alone reads, unless that one is adapted.
func (s *space) once(n int64, adapted bool) {
	switch {
	case !s.o.Train || adapted:
		s.forward(n)
	default:
		s.own(s.scratch.take(s.at, n))
	}
}

func (s *space) gradient(n int64) { s.own(s.gradients.take(s.at, n)) }

// project is a frozen product with the adapters of the maps in it.
func (s *space) project(layer int, rows int64, p *layerPass, maps ...architecture.Map) {
	total := int64(0)
	for _, m := range maps {
		in, out := s.c.size(m)
		total += int64(out)
		if s.o.Adapt == nil {
			continue
		}
		if _, ok := s.o.Adapt(s.c.modulePath(layer, m)); !ok {
			continue
		}
		if p.adapted == nil {
			p.adapted = map[architecture.Map]bool{}
		}
		p.adapted[m] = true
		rank := int64(s.o.Rank)
		if !s.o.Train {
			s.work = max(s.work, 2*rows*rank+rank*int64(out))
			continue
		}
		s.own(2*rows*rank + rank*int64(out))       // A x, gated too, and Bᵀ
		s.own(2*rows*rank + rank*int64(out))       // gated, for the gradients of A and of B, and that of Bᵀ
		s.own(2 * rank * (int64(in) + int64(out))) // the gradients, and what is kept of them
	}
	s.forward(rows * total)
}

// layer mirrors builder.layer.
func (s *space) layer(i int, p *layerPass) (trained bool) {
	s.begin(i)
	c, rows := s.c, s.tokens
	h, wide := int64(c.HiddenSize), int64(c.IntermediateSize)
	outside := func(m architecture.Map) bool {
		if s.o.Adapt == nil {
			return false
		}
		_, ok := s.o.Adapt(c.modulePath(i, m))
		return ok
	}
	if i < c.Layers-1 {
		s.project(i, rows, p, architecture.Query, architecture.Key, architecture.Value)
	} else {
		s.project(i, rows, p, architecture.Key, architecture.Value)
		rows = s.sequences
		s.forward(rows * h)
		s.project(i, rows, p, architecture.Query)
	}
	p.context = p.below || p.adapted[architecture.Query] || p.adapted[architecture.Key] || p.adapted[architecture.Value]
	s.once(rows*h, outside(architecture.AttentionOutput))
	s.project(i, rows, p, architecture.AttentionOutput)
	s.forward(rows * h)
	p.middle = p.context || p.adapted[architecture.AttentionOutput]
	s.project(i, rows, p, architecture.Intermediate)
	s.once(rows*wide, outside(architecture.Output))
	s.project(i, rows, p, architecture.Output)
	s.forward(rows * h)
	p.output = p.middle || p.adapted[architecture.Intermediate] || p.adapted[architecture.Output]
	return p.output
}

// backward mirrors the gradients of a layer, from its end to its beginning.
func (s *space) backward(i int, p *layerPass) {
	s.begin(i)
	c, rows := s.c, s.tokens
	h, wide, rank := int64(c.HiddenSize), int64(c.IntermediateSize), int64(s.o.Rank)
	if i == c.Layers-1 {
		rows = s.sequences
	}
	norm := func() {
		s.gradient(rows * h)
		if s.drop {
			s.gradient(rows * h)
		}
	}
	through := func(rows int64, in int64, wanted bool, maps ...architecture.Map) {
		for _, m := range maps {
			if p.adapted[m] {
				s.gradient(rows * rank)
			}
		}
		if wanted {
			s.gradient(rows * in)
		}
	}
	if !p.output {
		return
	}
	norm()
	inner := p.middle || p.adapted[architecture.Intermediate]
	through(rows, wide, inner, architecture.Output)
	if inner {
		s.gradient(rows * wide)
	}
	through(rows, h, p.middle, architecture.Intermediate)
	if !p.middle {
		return
	}
	norm()
	through(rows, h, p.context, architecture.AttentionOutput)
	if !p.context {
		return
	}
	if i < c.Layers-1 {
		s.gradient(rows * 3 * h)
		through(rows, h, p.below, architecture.Query, architecture.Key, architecture.Value)
		return
	}
	if p.below || p.adapted[architecture.Query] {
		s.gradient(rows * h)
	}
	if p.below || p.adapted[architecture.Key] || p.adapted[architecture.Value] {
		s.gradient(s.tokens * 2 * h)
	}
	through(rows, h, p.below, architecture.Query)
	if p.below {
		s.gradient(s.tokens * h) // of the first tokens, spread
	}
	through(s.tokens, h, p.below, architecture.Key, architecture.Value)
	if p.below {
		s.own(s.tokens * h) // the sum of both
	}
}

// head is the pooler and the layers of the head.
func (s *space) head() {
	h, n := int64(s.c.HiddenSize), s.sequences
	layers := int64(len(s.c.architecture().Head.Layers))
	heads := int64(max(s.o.Heads, 1))
	s.own(n * (4*layers*h + 8*int64(s.o.Labels)))
	if s.c.architecture().Pooler != "" {
		s.own(2 * n * h)
	}
	if s.o.Train {
		s.own(2*((layers-1)*(h*h+h)+heads*int64(s.o.Labels)*(h+1)) + 2*layers*n*h)
	}
}

// HeadParameters is how many numbers a head of so many outputs has.
func (c *Config) HeadParameters(outputs int) (n int) {
	for _, dims := range c.headShapes(outputs) {
		size := 1
		for _, d := range dims {
			size *= d
		}
		n += size
	}
	return n
}

// WeightBytes is the memory of the weights with the projections in a precision; of int8 what calibration needs, which has them in
// float32, too.
func (c *Config) WeightBytes(p kernel.Precision) (bytes int64) {
	for _, t := range c.shapes() {
		n := int64(4)
		for _, d := range t.dims {
			n *= int64(d)
		}
		bytes += n
	}
	projections := int64(0) // numbers
	for m := range architecture.Maps {
		in, out := c.size(m)
		projections += int64(c.Layers) * int64(in) * int64(out)
	}
	switch p {
	case kernel.Int8:
		bytes += projections
	case kernel.I16, kernel.BF16:
		bytes -= 2 * projections
	}
	return bytes
}
