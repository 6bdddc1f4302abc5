package weights_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dylora/dylora/internal/weights"
)

func list() []weights.Tensor {
	return []weights.Tensor{
		{Name: "classifier.weight", Shape: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}},
		{Name: "classifier.bias", Shape: []int{2}, Data: []float32{7, 8}},
	}
}

// TestCloneAll: the copy is equal, and writing to any part of it leaves the original as it is.
func TestCloneAll(t *testing.T) {
	original := list()
	c := weights.CloneAll(original)
	if d := cmp.Diff(original, c); d != "" {
		t.Errorf("the copy differs (-original +copy):\n%s", d)
	}
	c[0].Data[4], c[0].Shape[1], c[1].Name = -1, 9, "other"
	c[1] = weights.Tensor{}
	if d := cmp.Diff(list(), original); d != "" {
		t.Errorf("the original has changed (-before +after):\n%s", d)
	}
	if weights.CloneAll(nil) != nil {
		t.Error("the copy of no list is not nil")
	}
}

func TestSameShapes(t *testing.T) {
	for name, tt := range map[string]struct {
		change func([]weights.Tensor) []weights.Tensor
		same   bool
	}{
		"equal":        {func(l []weights.Tensor) []weights.Tensor { return l }, true},
		"other values": {func(l []weights.Tensor) []weights.Tensor { l[0].Data[0] = 9; return l }, true},
		"another name": {func(l []weights.Tensor) []weights.Tensor { l[1].Name = "b"; return l }, false},
		"another size": {func(l []weights.Tensor) []weights.Tensor { l[0].Shape[0] = 4; return l }, false},
		"fewer axes":   {func(l []weights.Tensor) []weights.Tensor { l[0].Shape = l[0].Shape[:1]; return l }, false},
		"one fewer":    {func(l []weights.Tensor) []weights.Tensor { return l[:1] }, false},
		"swapped":      {func(l []weights.Tensor) []weights.Tensor { return []weights.Tensor{l[1], l[0]} }, false},
	} {
		if got := weights.SameShapes(list(), tt.change(list())); got != tt.same {
			t.Errorf("%s: %t, want %t", name, got, tt.same)
		}
	}
	if !weights.SameShapes(nil, []weights.Tensor{}) {
		t.Error("two empty lists differ")
	}
}
