package weights_test

import (
	"slices"
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

func TestSelectRows(t *testing.T) {
	x := weights.Tensor{Name: "w", Shape: []int{3, 2}, Data: []float32{1, 2, 3, 4, 5, 6}}
	got := x.SelectRows([]int{2, 0, 2, 1})
	if got.Name != "w" || !slices.Equal(got.Shape, []int{4, 2}) || !slices.Equal(got.Data, []float32{5, 6, 1, 2, 5, 6, 3, 4}) {
		t.Errorf("%+v", got)
	}
	bias := weights.Tensor{Name: "b", Shape: []int{2}, Data: []float32{1, 2}}.SelectRows([]int{1, 0})
	if !slices.Equal(bias.Shape, []int{2}) || !slices.Equal(bias.Data, []float32{2, 1}) {
		t.Errorf("%+v", bias)
	}
	if got.Data[0] = 9; x.Data[4] != 5 || x.Shape[0] != 3 {
		t.Errorf("the tensor itself is changed: %+v", x)
	}
}
