package data

import (
	"context"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestPack(t *testing.T) {
	got := Pack([]Encoded{
		{Index: 7, IDs: []int32{0, 5, 2}, Class: 1},
		{Index: 2, IDs: []int32{0, 2}, Score: 2.5},
		{Index: 9, IDs: nil},
	})
	want := &Batch{
		IDs: []int32{0, 5, 2, 0, 2}, Offsets: []int32{0, 3, 5, 5},
		Classes: []int32{1, 0, 0}, Scores: []float32{0, 2.5, 0}, Index: []int{7, 2, 9},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Len() != 3 || got.Tokens() != 5 {
		t.Errorf("%d sequences, %d tokens", got.Len(), got.Tokens())
	}
}

// TestPackTypes: one sequence with types gives the batch types, 0 for the others.
func TestPackTypes(t *testing.T) {
	got := Pack([]Encoded{{IDs: []int32{5, 2}}, {IDs: []int32{6, 2, 7}, Types: []int32{0, 0, 1}}, {IDs: []int32{8}}})
	if want := []int32{0, 0, 0, 0, 1, 0}; !reflect.DeepEqual(got.Types, want) {
		t.Errorf("types %v, want %v", got.Types, want)
	}
}

func TestPackNothing(t *testing.T) {
	if b := Pack(nil); b.Len() != 0 || b.Tokens() != 0 || len(b.Offsets) != 1 {
		t.Errorf("batch = %+v", b)
	}
}

// lengths gives examples whose sequences have these numbers of tokens.
func lengths(of ...int) []Example {
	examples := make([]Example, len(of))
	for i, n := range of {
		examples[i] = Example{Index: i, A: string(make([]byte, n)), Class: int32(i % 2)}
	}
	return examples
}

func TestEvalBatches(t *testing.T) {
	tests := []struct {
		name           string
		lengths        []int
		tokens, number int
		want           []int // sequences per batch
	}{
		{"by tokens", []int{3, 3, 4, 5, 5, 1}, 10, 0, []int{3, 2, 1}},
		{"by number", []int{1, 1, 1, 1, 1}, 0, 2, []int{2, 2, 1}},
		{"whichever comes first", []int{1, 1, 1, 9, 1}, 10, 2, []int{2, 2, 1}},
		{"no limit", []int{3, 4, 5}, 0, 0, []int{3}},
		{"longer than a batch", []int{2, 50, 2, 2}, 10, 0, []int{1, 1, 2}},
		{"nothing", nil, 10, 10, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Encode(context.Background(), bytesAsTokens{}, lengths(tt.lengths...), 0)
			defer s.Close()
			var got []int
			for b := range EvalBatches(s, tt.tokens, tt.number) {
				got = append(got, b.Len())
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("batches of %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEvalBatchesStops(t *testing.T) {
	s := Encode(context.Background(), bytesAsTokens{}, lengths(1, 1, 1), 0)
	defer s.Close()
	n := 0
	for range EvalBatches(s, 1, 0) {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d batches after leaving at the second", n)
	}
}

// TestEvalBatchesKeepTheSplit holds that nothing is lost, doubled or moved, and that no
// batch is over its limits but for a sequence that is by itself.
func TestEvalBatchesKeepTheSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of := rapid.SliceOfN(rapid.IntRange(1, 20), 0, 200).Draw(t, "lengths")
		tokens, number := rapid.IntRange(0, 60).Draw(t, "tokens"), rapid.IntRange(0, 9).Draw(t, "number")
		s := Encode(context.Background(), bytesAsTokens{}, lengths(of...), 0)
		defer s.Close()
		next := 0
		for b := range EvalBatches(s, tokens, number) {
			if tokens > 0 && b.Tokens() > tokens && b.Len() > 1 || number > 0 && b.Len() > number || b.Len() == 0 {
				t.Errorf("%d sequences and %d tokens, limits %d and %d", b.Len(), b.Tokens(), number, tokens)
			}
			for i, index := range b.Index {
				if index != next || int(b.Offsets[i+1]-b.Offsets[i]) != of[next] || b.Classes[i] != int32(next%2) {
					t.Fatalf("place %d holds example %d", next, index)
				}
				next++
			}
		}
		if next != len(of) {
			t.Errorf("%d examples of %d", next, len(of))
		}
	})
}
