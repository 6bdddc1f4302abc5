package session_test

import (
	"context"
	"fmt"
	"time"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/session"
)

// A session joins an adapter with its base model. The rank is chosen when logits are asked for, for each text.
func ExampleOpen() {
	ctx := context.Background()
	env := &session.Env{Getenv: func(string) string { return "" }, Now: time.Now, Version: "example"}
	stored, err := session.OpenSentiment()
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := session.Open(ctx, env, stored, session.Options{AnyTask: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	ids, types := s.Encoder.Tokenizer.Sequence("What a terrible waste of time.", nil, s.LongestText())
	batch := data.Pack([]data.Encoded{{IDs: ids, Types: types}})
	for _, rank := range []int{1, s.Adapter.Rank} {
		logits, err := session.LogitsAt(s.Program, batch, rank)
		if err != nil {
			fmt.Println(err)
			return
		}
		best := 0
		for i, v := range logits {
			if v > logits[best] {
				best = i
			}
		}
		fmt.Println("rank", rank, s.Task.Labels[best])
	}
	// Output:
	// rank 1 negative
	// rank 8 negative
}
