package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"github.com/dylora/dylora/internal/model/op"
)

// Loss is the quantity that training minimises. Each is a mean over the outputs of a sequence, and the
// sequence's weight is in Input: with 1/n that is the mean that the classes *ForSequenceClassification
// of Transformers compute for the three values of problem_type.
type Loss int

// CrossEntropy is of one class per sequence (torch.nn.CrossEntropyLoss), SquaredError of a score
// per output (MSELoss), BinaryCrossEntropy of a truth value per output (BCEWithLogitsLoss, with
// Input.OutputWeights of p where a label holds and 1 elsewhere that of pos_weight p).
const (
	CrossEntropy Loss = iota
	SquaredError
	BinaryCrossEntropy
)

// loss is Σ_i weight_i · loss_i. For CrossEntropy targets holds weight_i at the class of
// sequence i and 0 elsewhere, or weight_i times the probability of each class; for the others it
// holds the targets, and weights the weight of each of them.
func (b *builder) loss(logits, targets, weights *G.Node) (*G.Node, error) {
	switch b.o.Loss {
	case SquaredError:
		d, err := G.Sub(logits, targets)
		if err != nil {
			return nil, err
		}
		if d, err = G.HadamardProd(d, d); err != nil {
			return nil, err
		}
		return weighted(d, weights)
	case BinaryCrossEntropy:
		d, err := op.BinaryLoss(b.in, "classifier.loss", logits, targets)
		if err != nil {
			return nil, err
		}
		return weighted(d, weights)
	}
	logp, err := G.LogSoftMax(logits, 1)
	if err != nil {
		return nil, err
	}
	sum, err := weighted(logp, targets)
	if err != nil {
		return nil, err
	}
	return G.Neg(sum)
}

// weighted is the sum of x ⊙ w.
func weighted(x, w *G.Node) (*G.Node, error) {
	p, err := G.HadamardProd(x, w)
	if err != nil {
		return nil, err
	}
	return G.Sum(p)
}

// setTargets copies the targets of n sequences, and their weights, into the graph's inputs.
func (gr *Graph) setTargets(in *Input, n int) error {
	clear(gr.targets)
	clear(gr.weights)
	if in.Weights != nil && len(in.Weights) != n {
		return fmt.Errorf("model: %d weights for %d sequences", len(in.Weights), n)
	}
	if in.OutputWeights != nil && (gr.Loss == CrossEntropy || len(in.OutputWeights) != n*gr.Labels) {
		return fmt.Errorf("model: %d weights of outputs for %d sequences of %d outputs", len(in.OutputWeights), n, gr.Labels)
	}
	targets := in.Scores
	if in.Soft != nil {
		targets = in.Soft
	}
	if (in.Soft != nil || gr.Loss != CrossEntropy) && len(targets) != n*gr.Labels {
		return fmt.Errorf("model: %d targets for %d sequences of %d outputs", len(targets), n, gr.Labels)
	}
	if gr.Loss != CrossEntropy {
		copy(gr.targets, targets)
		for i := range targets {
			gr.weights[i] = in.weight(i/gr.Labels) / float32(gr.Labels)
		}
		for i, w := range in.OutputWeights {
			gr.weights[i] *= w
		}
		return nil
	}
	if in.Soft != nil {
		for i, p := range targets {
			gr.targets[i] = in.weight(i/gr.Labels) * p
		}
		return nil
	}
	for i := range n {
		c := int(in.Classes[i])
		if c < 0 || c >= gr.Labels {
			return fmt.Errorf("model: class %d of sequence %d, the head has %d", c, i, gr.Labels)
		}
		gr.targets[i*gr.Labels+c] = in.weight(i)
	}
	return nil
}

// weight is that of sequence i in the loss.
func (in *Input) weight(i int) float32 {
	if in.Weights == nil {
		return in.Weight
	}
	return in.Weight * in.Weights[i]
}
