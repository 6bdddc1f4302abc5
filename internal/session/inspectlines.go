package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
)

// ChangesNothing is told of an adapter whose update is zero.
const ChangesNothing = "none: the update of every module is zero at every rank, so beside the head it is the base model"

// Lines describe the adapter for a person: what, and what it is; hashes is whether the base model's is shown.
func (i *Inspection) Lines(hashes bool) [][2]string {
	lines := [][2]string{
		{"folder", i.Folder},
		{"rank, alpha", fmt.Sprintf("%d, %v", i.Rank, i.Alpha)},
		{"adapted", fmt.Sprintf("%d projections", len(i.Sites))},
		{"head", fmt.Sprintf("%d parameters", i.Head)},
	}
	if i.Heads > 0 {
		lines[3][1] += fmt.Sprintf(", and a last layer for each of %d ranks", i.Heads)
	}
	if i.Scaling != adapter.Paper.String() {
		lines[1][1] += ", scale " + i.Scale
	}
	if low := slices.Min(i.Own); low < i.Rank {
		lines[2][1] += fmt.Sprintf(" of ranks %d to %d", low, i.Rank)
	}
	if i.Biases > 0 {
		lines = append(lines, [2]string{"biases", fmt.Sprintf("%d parameters, in the place of the base model's", i.Biases)})
	}
	if i.Idle {
		lines = append(lines, [2]string{"effect", ChangesNothing})
	}
	for _, n := range i.Notes {
		lines = append(lines, [2]string{"note", n})
	}
	if f := i.Facts; f != nil {
		if hashes && f.ModelHash != "" {
			lines = append(lines, [2]string{"model hash", f.ModelHash})
		}
		lines = append(lines,
			[2]string{"task", f.Task},
			[2]string{"model", f.Model},
			[2]string{"targets", strings.Join(f.Targets, ", ")},
			[2]string{"trained", fmt.Sprintf("ranks %d to %d, %s, update %s, seed %d, epoch %d, step %d", f.RankMin, f.RankMax, f.Sampler, f.Update, f.Seed, f.Epoch, f.Step)},
			[2]string{"dylora", f.Version})
		if f.MultiLabel {
			lines = append(lines, [2]string{"multi-label", fmt.Sprintf("%s; a label holds above %v", strings.Join(f.Labels, ", "), f.Threshold)})
		}
		if f.Nested != "" {
			lines = append(lines, [2]string{"nested", f.Nested + ": the ranks were put in order after training"})
		}
		for r := 1; r <= i.Rank; r++ {
			if c := f.At(r); c != nil {
				lines = append(lines, [2]string{"calibrated", fmt.Sprintf("rank %d: %s", r, c)})
			}
		}
		if f.CutFrom > 0 {
			lines = append(lines, [2]string{"cut from", fmt.Sprintf("rank %d", f.CutFrom)})
		}
	}
	return lines
}
