package classify_test

import (
	"context"
	"fmt"

	"github.com/dylora/dylora/classify"
)

func ExampleOpen() {
	ctx := context.Background()
	c, err := classify.Open(ctx, classify.Options{Adapters: map[string]string{"sentiment": classify.Sentiment}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	results, err := c.Classify(ctx, classify.Texts("I loved every minute of it.", "What a terrible waste of time."))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		fmt.Println(r.Label)
	}
	// Output:
	// positive
	// negative
}

// The rank of each text is chosen when it is asked: a lower one takes less, and needs no other adapter.
func ExampleWithRank() {
	ctx := context.Background()
	c, err := classify.Open(ctx, classify.Options{Adapters: map[string]string{"sentiment": classify.Sentiment}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	for _, rank := range []int{1, c.Adapters()[0].Rank} {
		results, err := c.Classify(ctx, classify.Texts("A fine film."), classify.WithRank(rank), classify.WithTopK(1))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(results[0].Rank, results[0].Label)
	}
	// Output:
	// 1 positive
	// 8 positive
}
