package train

import "github.com/dylora/dylora/internal/data"

// Source gives the training batches of an epoch: a pure function of its arguments.
type Source interface {
	Batches() int // per epoch
	Batch(epoch, i int) (*data.Batch, error)
}

// Examples are a split's encoded examples; *data.Stream is one.
type Examples interface {
	Len() int
	At(i int) data.Encoded
}

// Shuffled cuts a split into batches in data.Order of the epoch; the last one may be
// short.
type Shuffled struct {
	examples Examples
	size     int
	seed     uint64
	weights  []float32 // by class; nil: every example counts alike
	positive []float32 // by label of a multi-label task; nil: it counts alike where it holds and where it does not

	epoch int // of order
	order []int32
}

// NewShuffled makes batches of size sequences, which may be more than there are.
func NewShuffled(examples Examples, size int, seed uint64) *Shuffled {
	return &Shuffled{examples: examples, size: min(size, max(examples.Len(), 1)), seed: seed}
}

// Weigh gives the examples of each class a weight in the loss.
func (s *Shuffled) Weigh(byClass []float32) { s.weights = byClass }

// WeighLabels gives each label of a multi-label task a weight in the loss of the examples in which it holds: pos_weight of
// torch.nn.BCEWithLogitsLoss.
func (s *Shuffled) WeighLabels(positive []float32) { s.positive = positive }

// Batches is the number of batches in an epoch.
func (s *Shuffled) Batches() int { return (s.examples.Len() + s.size - 1) / s.size }

// Batch is batch i of an epoch, both from 0.
func (s *Shuffled) Batch(epoch, i int) (*data.Batch, error) {
	if s.order == nil || s.epoch != epoch {
		s.epoch, s.order = epoch, data.Order(s.examples.Len(), s.seed, epoch)
	}
	batch := make([]data.Encoded, 0, s.size)
	for _, j := range s.order[i*s.size : min((i+1)*s.size, len(s.order))] {
		batch = append(batch, s.examples.At(int(j)))
	}
	b := data.Pack(batch)
	if s.weights != nil {
		for _, class := range b.Classes {
			b.Weights = append(b.Weights, s.weights[class])
		}
	}
	if s.positive != nil {
		b.OutputWeights = PositiveWeights(s.positive, b.Scores)
	}
	return b, nil
}

// PositiveWeights are those of each label of examples in the loss, (examples, labels) as holds is: the label's own where it holds, else 1.
func PositiveWeights(positive, holds []float32) []float32 {
	w := make([]float32, len(holds))
	for i, h := range holds {
		w[i] = 1
		if h != 0 {
			w[i] = positive[i%len(positive)]
		}
	}
	return w
}
