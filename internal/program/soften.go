package program

import (
	"math"

	"github.com/dylora/dylora/internal/model"
)

// Answers are the logits of the last ForwardBackward, of n sequences, as targets: dropout included.
func (p *Program) Answers(n int) []float32 { return p.Soften(p.answers[:n*p.labels]) }

// Soften makes targets of a teacher's logits, (n, labels): the probabilities of classes
// (softmax, at temperature 1) or of labels (sigmoid), or the numbers themselves for a regression.
func (p *Program) Soften(logits []float32) []float32 {
	soft := make([]float32, len(logits))
	switch p.loss {
	case model.SquaredError:
		copy(soft, logits)
	case model.BinaryCrossEntropy:
		for i, x := range logits {
			soft[i] = float32(1 / (1 + math.Exp(-float64(x))))
		}
	default:
		for i := 0; i < len(logits); i += p.labels {
			softmax(soft[i:i+p.labels], logits[i:i+p.labels])
		}
	}
	return soft
}

// softmax is computed in float64 and rounded once.
func softmax(dst, x []float32) {
	most, sum := x[0], 0.0
	for _, v := range x {
		most = max(most, v)
	}
	for _, v := range x {
		sum += math.Exp(float64(v) - float64(most))
	}
	for i, v := range x {
		dst[i] = float32(math.Exp(float64(v)-float64(most)) / sum)
	}
}
