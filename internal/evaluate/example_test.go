package evaluate_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
)

// lengths is a model for the example: it takes a text of more tokens than its rank for a bad one.
type lengths struct{}

func (lengths) Logits(b *data.Batch, ranks []int) ([]float32, error) {
	var logits []float32
	for i, rank := range ranks {
		bad := float32(0)
		if int(b.Offsets[i+1]-b.Offsets[i]) > rank {
			bad = 1
		}
		logits = append(logits, bad, 1-bad)
	}
	return logits, nil
}

// A split is measured at several ranks in one pass: each batch goes through the model as copies, one for each rank.
func ExampleRun() {
	task := &data.Task{Name: "reviews.csv", Labels: []string{"bad", "good"}, Metrics: []string{"accuracy", "f1"}}
	batch := data.Pack([]data.Encoded{
		{Index: 0, Class: 1, IDs: []int32{0, 2}},
		{Index: 1, Class: 1, IDs: []int32{0, 7, 2}},
		{Index: 2, Class: 0, IDs: []int32{0, 7, 7, 7, 2}},
	})
	results, err := evaluate.Run(context.Background(), lengths{}, slices.Values([]*data.Batch{batch}), task, []int{1, 2, 4}, evaluate.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Printf("rank %d:", r.Rank)
		for _, m := range r.Metrics {
			value, _ := m.Value.Float() // each is defined here
			fmt.Printf(" %s %.2f", m.Name, value)
		}
		fmt.Println()
	}
	// Output:
	// rank 1: accuracy 0.33 f1 0.00
	// rank 2: accuracy 0.67 f1 0.67
	// rank 4: accuracy 1.00 f1 1.00
}
