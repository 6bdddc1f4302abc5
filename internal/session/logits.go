package session

import (
	"math/rand/v2"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/program"
)

// How many sequences RandomBatch has, and of how many tokens at most.
const (
	randomSequences = 16
	randomLongest   = 64
)

// RandomBatch is sixteen sequences of random tokens, always the same, of lengths up to 64
// tokens or the longest of the session: what two programs are compared on.
func (s *Session) RandomBatch() *data.Batch {
	const sequences, longest = randomSequences, randomLongest
	random := rand.New(rand.NewPCG(1, 2))
	list := make([]data.Encoded, sequences)
	for i := range list {
		n := max(2, min(s.Encoder.MaxLength, longest)*(i+1)/sequences)
		for range n {
			list[i].IDs = append(list[i].IDs, int32(random.IntN(s.Encoder.Model.Config.VocabSize)))
		}
	}
	return data.Pack(list)
}

// LogitsAt are those of a batch with every sequence at the same rank, in memory of their own.
func LogitsAt(p *program.Program, b *data.Batch, rank int) ([]float32, error) {
	logits, err := p.Logits(b, slices.Repeat([]int{rank}, b.Len()))
	return slices.Clone(logits), err
}
