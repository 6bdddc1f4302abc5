package adapter_test

import (
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/weights"
)

// A slice is a prefix of the adapter: the first rows of A, and nothing is rescaled. The scale is in the gate.
func ExampleAdapter_Slice() {
	query := weights.Projection{Name: "roberta.encoder.layer.0.attention.self.query", In: 24, Out: 24}
	whole, err := adapter.New(8, 16, adapter.Paper, []weights.Projection{query}, nil, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	slice, err := whole.Slice(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := &slice.Modules[0]
	fmt.Println("rank", slice.Rank, "alpha", slice.Alpha)
	fmt.Println("A is a prefix:", slices.Equal(m.A, whole.Modules[0].A[:2*query.In]))
	gate := make([]float32, 8)
	whole.Gate(gate, &whole.Modules[0], 2)
	fmt.Println("gate of rank 2 in the whole:", gate)
	whole.Gate(gate, &whole.Modules[0], 8)
	fmt.Println("gate of rank 8 in the whole:", gate)
	_, err = whole.Slice(9)
	fmt.Println(err)
	// Output:
	// rank 2 alpha 16
	// A is a prefix: true
	// gate of rank 2 in the whole: [8 8 0 0 0 0 0 0]
	// gate of rank 8 in the whole: [2 2 2 2 2 2 2 2]
	// rank 9 is not in 1 to 8, the adapter's ranks
}
