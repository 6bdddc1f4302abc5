package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/model/op"
	"github.com/dylora/dylora/internal/weights"
)

// Member is one of several adapters that a graph for evaluation computes side by side: each sequence of a batch is computed
// with one of them, at a rank of its own. What says so is the gate of the sequence, which is 0 for all rows of the other
// members' A and B.
type Member struct {
	Adapt   Adapt
	Rank    int                // R
	Modules int                // number of adapted projections: its gates are (sequences, Modules·Rank)
	Heads   [][]weights.Tensor // its head, or one for each rank that differ in the last layer alone; names as Model.Head gives them
}

// gateWidths are the columns where the gates of each member begin, and how many there are of all.
func gateWidths(members []Member) (first []int, width int) {
	for _, m := range members {
		first = append(first, width)
		width += m.Modules * m.Rank
	}
	return first, width
}

// checkMembers refuses heads that are none of this model's, or wider than the graph's logits.
func (m *Model) checkMembers(o Options) error {
	if o.Train || o.Features || o.Moments != nil || len(o.Head) > 0 {
		return fmt.Errorf("model: %d adapters side by side are for evaluation alone", len(o.Members))
	}
	for k, member := range o.Members {
		if len(member.Heads) == 0 {
			return fmt.Errorf("model: adapter %d has no head", k)
		}
		for _, head := range member.Heads {
			if n := len(m.Config.headNames()); len(head) != n || len(head[n-1].Data) > o.Labels {
				return fmt.Errorf("model: adapter %d has a head of %d tensors, and the graph %d logits", k, len(head), o.Labels)
			}
		}
	}
	return nil
}

// memberName is the name of something of a member, unique among the graph's.
func (b *builder) memberName(member int, name string) string {
	if len(b.o.Members) == 0 {
		return name
	}
	return fmt.Sprintf("adapter.%d.%s", member, name)
}

// layers are the layers of the members' heads at a place, and what says which of them is a sequence's.
func (b *builder) layers(place, of int) (list []op.Layer, which *G.Node) {
	last := place == of-1
	for k, member := range b.o.Members {
		for r, head := range member.Heads {
			if r > 0 && !last { // heads of ranks share all layers but the last
				break
			}
			w, bias := head[2*place], head[2*place+1]
			name := fmt.Sprintf("%s.%d", b.memberName(k, w.Name), r)
			list = append(list, op.Layer{W: b.input(name, w.Data, w.Shape...), Bias: b.input(name+".bias", bias.Data, bias.Shape...)})
		}
	}
	if last {
		return list, b.in.LastLayers
	}
	return list, b.in.Heads
}

// setMembers writes the numbers of each sequence's head and of its last layer.
func (gr *Graph) setMembers(in *Input, n int) error {
	if len(gr.Members) == 0 {
		return nil
	}
	if len(in.Members) != n || len(in.Ranks) != n {
		return fmt.Errorf("model: %d adapters and %d ranks for %d sequences", len(in.Members), len(in.Ranks), n)
	}
	for i, k := range in.Members {
		if k < 0 || int(k) >= len(gr.Members) {
			return fmt.Errorf("model: adapter %d of sequence %d is not in 0 to %d", k, i, len(gr.Members)-1)
		}
		before, ranks := 0, len(gr.Members[k].Heads)
		for _, m := range gr.Members[:k] {
			before += len(m.Heads)
		}
		gr.memberHeads[i], gr.ranks[i] = k+1, int32(before)+1
		if r := int(in.Ranks[i]); ranks > 1 {
			if r < 1 || r > ranks {
				return fmt.Errorf("model: rank %d of sequence %d is not in 1 to %d", r, i, ranks)
			}
			gr.ranks[i] += int32(r) - 1
		}
	}
	return nil
}
