package train

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/program"
)

// Teacher is a learner that tells what it answered in its last ForwardBackward, for n sequences,
// as targets of a batch (data.Batch.Soft). They are valid until the next call of either.
type Teacher interface {
	Answers(n int) []float32
}

// window is the batches of the next step; the epoch's last window may be short.
func (l *Loop) window() (batches []*data.Batch, sequences, tokens int, err error) {
	for i := l.state.Batch; i < min(l.state.Batch+l.config.Accumulate, l.source.Batches()); i++ {
		b, err := l.source.Batch(l.state.Epoch, i)
		if err != nil {
			return nil, 0, 0, fmt.Errorf("train: epoch %d, batch %d: %w", l.state.Epoch+1, i+1, err)
		}
		batches, sequences, tokens = append(batches, b), sequences+b.Len(), tokens+b.Tokens()
	}
	return batches, sequences, tokens, nil
}

// learn adds up the gradients of a window, and returns the mean loss of its sequences and the ranks
// of the step, ascending, each once. The mean of sequences with weights is divided by the sum of
// the weights, as torch.nn.CrossEntropyLoss(weight=…) does.
func (l *Loop) learn(window []*data.Batch, sequences int) (loss float64, ranks []int, err error) {
	sampler := l.phase.sampler(l.sampler, l.state.Step)
	assigned := l.config.RanksPerStep.assign(sampler, l.config.Seed, l.state.Step, window)
	ranks = distinct(assigned)
	learn := l.pass
	if l.config.RanksPerStep == Distill && ranks[0] < l.phase.rank {
		learn, ranks = l.twice, []int{ranks[0], l.phase.rank}
	}
	share := 1 / weightOf(window, sequences)
	parts := parted(window, assigned, l.config.MicroBatches)
	lo, hi := l.share(len(parts))
	loss, err = l.tree(lo, hi, func(k int) (loss float64, err error) {
		for i, piece := range parts[k] {
			if piece.batch.Len() == 0 {
				continue
			}
			add, err := learn(piece.batch, program.Pass{
				Step: l.state.Step, Micro: i*len(parts) + k, Ranks: piece.ranks, Whole: l.phase.has(l.state.Step), Weight: share,
			})
			if err != nil {
				return 0, err
			}
			loss += add
		}
		return loss, nil
	})
	loss, err = l.exchange(loss, err)
	return loss, ranks, err
}

// weightOf is the sum of the weights of a window's sequences.
func weightOf(window []*data.Batch, sequences int) float32 {
	if window[0].Weights == nil {
		return float32(sequences)
	}
	sum := 0.0
	for _, b := range window {
		for _, w := range b.Weights {
			sum += float64(w)
		}
	}
	return float32(sum)
}

func (l *Loop) pass(b *data.Batch, p program.Pass) (float64, error) {
	return l.learner.ForwardBackward(b, p)
}

// twice learns a batch at full rank from its targets, and at the drawn rank from what the full rank
// answered: half of the weight for each. Both passes drop the same activations, so that they
// differ by the rank alone.
func (l *Loop) twice(b *data.Batch, p program.Pass) (float64, error) {
	drawn := p.Ranks
	p.Weight /= 2
	p.Ranks = slices.Repeat([]int{l.phase.rank}, b.Len())
	full, err := l.learner.ForwardBackward(b, p)
	if err != nil {
		return 0, fmt.Errorf("at full rank: %w", err)
	}
	taught := *b
	taught.Soft, p.Ranks = l.learner.(Teacher).Answers(b.Len()), drawn
	low, err := l.learner.ForwardBackward(&taught, p)
	return full + low, err
}
