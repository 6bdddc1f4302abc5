package evaluate

import (
	"cmp"
	"slices"

	"github.com/dylora/dylora/internal/data"
)

// ROCAUC is the area under the curve of the true positive rate over the false positive rate, as
// the threshold of the scores moves: the probability that an example that holds has a larger score
// than one that does not, equal scores counting half (Hanley and McNeil 1982). It is
// roc_auc_score; undefined where all examples hold or none does.
func ROCAUC(holds []bool, scores []float64) Value {
	positive, sum := 0, 0.0
	for i, rank := range ranked(scores) {
		if holds[i] {
			positive++
			sum += rank
		}
	}
	p, n := float64(positive), float64(len(holds)-positive)
	return Number((sum - p*(p+1)/2) / (p * n)) // 0/0 is undefined
}

// AveragePrecision is Σ (Rₙ − Rₙ₋₁) Pₙ, where Pₙ and Rₙ are precision and recall of the examples
// down to the n-th different score, as average_precision_score: 0 where no example holds.
// Undefined for no examples.
func AveragePrecision(holds []bool, scores []float64) Value {
	if len(holds) == 0 {
		return Value{}
	}
	order, positive := make([]int, len(holds)), 0
	for i, h := range holds {
		order[i] = i
		if h {
			positive++
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	sum, found, before := 0.0, 0, 0
	for i, at := range order {
		if holds[at] {
			found++
		}
		if i+1 < len(order) && scores[order[i+1]] == scores[at] {
			continue // equal scores are taken together
		}
		if found > before {
			sum += float64(found-before) / float64(positive) * float64(found) / float64(i+1)
			before = found
		}
	}
	return Number(sum)
}

// rocAUC is that of the second of two labels, and the mean over the labels, each against the
// others, of more or of a multi-label task: roc_auc_score with multi_class="ovr" and
// average="macro". Where that of a label is undefined, so is the mean.
func rocAUC(a *answers, _ int) Value { return a.overLabels(ROCAUC) }

// averagePrecision is that of the second of two labels, and the mean over the labels of more or
// of a multi-label task, where a label that never holds has 0.
func averagePrecision(a *answers, _ int) Value { return a.overLabels(AveragePrecision) }

// overLabels is the mean over the labels that count.
func (a *answers) overLabels(of func(holds []bool, scores []float64) Value) Value {
	var values []float64
	for _, label := range a.counted() {
		holds := make([]bool, a.len())
		for i := range holds {
			holds[i] = a.holds(i, label)
		}
		v, ok := of(holds, a.margins(label)).Float()
		if !ok {
			return Value{}
		}
		values = append(values, v)
	}
	return Number(mean(values))
}

// counted are the labels that a metric of scores is a mean over: all, but of two classes the
// second alone.
func (a *answers) counted() []int {
	if a.task.Kind == data.Classification && a.outputs == 2 {
		return []int{1}
	}
	labels := make([]int, a.outputs)
	for i := range labels {
		labels[i] = i
	}
	return labels
}

// meanLoss is the mean of the losses of the examples: log_loss, or mean_squared_error.
func meanLoss(a *answers, _ int) Value { return Number(mean(a.losses())) }
