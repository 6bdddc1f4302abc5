package model

import "github.com/dylora/dylora/internal/model/architecture"

// Flops are the floating-point operations of the products of a run, two for each multiply
// and add. What is not a product (activations, normalisation, softmax, dropout, biases,
// optimizer) is not counted, and nothing twice: the attention probabilities that the
// backward pass makes anew count in the forward pass alone.
type Flops struct {
	Frozen    int64 // with frozen weights, forwards, and backwards where something below is trained
	Attention int64 // queries by keys and probabilities by values, and their gradients
	Adapter   int64 // A x and B (g ⊙ A x), and the gradients of A, B and x
	Head      int64
}

// Total is the sum of all.
func (f Flops) Total() int64 { return f.Frozen + f.Attention + f.Adapter + f.Head }

// Flops counts what a graph that is compiled with o computes for a batch with these
// offsets. With T tokens and n sequences of lengths L:
//
//	a frozen product of (out, in) on r rows     2·r·in·out, as much again for its input's gradient
//	attention, a layer                          2·2·H·ΣL², the last layer 2·2·H·T; gradients of Q and K
//	                                            and of V as needed: half as much for each of dP, dV, dQ, dK
//	an adapter at rank b on r rows              2·r·b·(in + out), gradients of A and B the same together
//	                                            with Bᵀdy, and 2·r·b·in for the input's gradient
//	the head, RoBERTa                           2·n·(H² + H·labels), three times that in training
//	the head, BERT                              2·n·H·labels, as RoBERTa's; its pooler is a product as the layers'
//	embeddings of another width E than H        2·T·E·H, forwards alone
//
// r is T, but n in the last layer, where only keys and values are computed for all tokens.
// A gradient is counted where the graph has it: see builder.layer. b is the rank of o: the graph
// computes no higher rank of A and B than the batch uses.
func (m *Model) Flops(o Options, offsets []int32) Flops { return m.Config.Flops(o, offsets) }

// Flops is that of a model of the configuration, whose weights need not be there.
func (c *Config) Flops(o Options, offsets []int32) Flops {
	n := &count{c: c, o: o, tokens: int64(offsets[len(offsets)-1]), sequences: int64(len(offsets) - 1)}
	for i := range len(offsets) - 1 {
		l := int64(offsets[i+1] - offsets[i])
		n.pairs += l * l
	}
	if c.widens() {
		n.f.Frozen += 2 * n.tokens * int64(c.embeddingWidth()) * int64(c.HiddenSize)
	}
	trained := false // something below
	for i := range c.Layers {
		trained = n.layer(i, trained)
	}
	n.head(trained)
	return n.f
}

// head counts the pooler and the layers of the head.
func (c *count) head(trained bool) {
	h, labels, a := int64(c.c.HiddenSize), int64(c.o.Labels), c.c.architecture()
	if a.Pooler != "" {
		trained = c.project(0, architecture.Pooler, c.sequences, trained) || trained
	}
	first := labels // outputs of the first layer
	if len(a.Head.Layers) > 1 {
		first = h
	}
	c.f.Head = 2 * c.sequences * h * (h*int64(len(a.Head.Layers)-1) + labels)
	if c.o.Train { // gradients of the weights, and of what they are multiplied with
		c.f.Head *= 3
		if !trained {
			c.f.Head -= 2 * c.sequences * h * first
		}
	}
}

type count struct {
	c                        *Config
	o                        Options
	tokens, sequences, pairs int64
	f                        Flops
}

// project counts one projection on r rows; it says whether it is adapted.
func (c *count) project(layer int, m architecture.Map, r int64, below bool) bool {
	in, out := c.c.size(m)
	product := 2 * r * int64(in) * int64(out)
	c.f.Frozen += product
	if c.o.Train && below {
		c.f.Frozen += product
	}
	if c.o.Adapt == nil {
		return false
	}
	if _, ok := c.o.Adapt(c.c.modulePath(layer, m)); !ok {
		return false
	}
	rank := int64(c.o.Rank)
	c.f.Adapter += 2 * r * rank * int64(in+out)
	if c.o.Train {
		c.f.Adapter += 2 * r * rank * int64(in+2*out) // dA; Bᵀdy and dB
		if below {
			c.f.Adapter += 2 * r * rank * int64(in)
		}
	}
	return true
}

// layer mirrors builder.layer: below says whether something under the layer is trained.
func (c *count) layer(i int, below bool) bool {
	rows, pairs := c.tokens, c.pairs
	if i == c.c.Layers-1 {
		rows, pairs = c.sequences, c.tokens
	}
	q := c.project(i, architecture.Query, rows, below) || below
	k := c.project(i, architecture.Key, c.tokens, below) || below
	v := c.project(i, architecture.Value, c.tokens, below) || below
	c.attention(pairs, q, k, v)
	trained := c.project(i, architecture.AttentionOutput, rows, q || k || v) || q || k || v
	trained = c.project(i, architecture.Intermediate, rows, trained) || trained
	return c.project(i, architecture.Output, rows, trained) || trained
}

// attention counts one layer's, with gradients of query, key and value as wanted.
func (c *count) attention(pairs int64, q, k, v bool) {
	product := 2 * pairs * int64(c.c.HiddenSize)
	n := int64(2)
	if c.o.Train {
		for _, wanted := range []bool{q || k, q, k, v} { // dP, dQ, dK, dV
			if wanted {
				n++
			}
		}
	}
	c.f.Attention += n * product
}
