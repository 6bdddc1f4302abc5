package page

import (
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
)

// mostWorst is how many wrong answers a page has.
const mostWorst = 10

// worst are the examples of a split with the largest losses of those that shown gets wrong.
func worst(t *data.Task, examples []data.Example, shown, full *evaluate.Result) (list []Mistake) {
	for _, m := range evaluate.Mistakes(t, shown, examples, mostWorst) {
		at := slices.Index(full.Index, m.Index)
		list = append(list, Mistake{Mistake: m, AtFull: evaluate.AnswerOf(t, full, at), Rank: shown.Rank, Full: full.Rank})
	}
	return list
}
