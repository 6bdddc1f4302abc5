package baseline

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestParseKinds(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string][]Kind{
		"lora":               {LoRA},
		"svd, lora,svd":      {SVD, LoRA},
		" all ":              {LoRA, Cut, SVD, SVDWeighted, SVD4R, SVD4RWeighted, Matryoshka},
		"cut,svd-weighted":   {Cut, SVDWeighted},
		"svd-4r,svd-4r,lora": {SVD4R, LoRA},
	} {
		if got, err := ParseKinds(spec); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", spec, got, err)
		}
	}
	for _, spec := range []string{"", ",", "LoRA", "lora,", "all,lora", "unknown"} {
		if _, err := ParseKinds(spec); fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q: %v", spec, err)
		}
	}
}

func TestTrainings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind  Kind
		full  int
		ranks []int // of the trainings
	}{
		"a training for each rank":    {LoRA, 100, []int{1, 2, 8}},
		"one at R":                    {SVD, 100, []int{8}},
		"the same, cut":               {Cut, 100, []int{8}},
		"four times R":                {SVD4R, 100, []int{32}},
		"once for both orders":        {SVD4RWeighted, 100, []int{32}},
		"its own at R":                {Matryoshka, 100, []int{8}},
		"no more than a map can have": {SVD4R, 20, []int{20}},
	} {
		var got []int
		for _, t := range tt.kind.trainings([]int{1, 2, 8}, 8, tt.full) {
			got = append(got, t.rank)
		}
		if !slices.Equal(got, tt.ranks) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
