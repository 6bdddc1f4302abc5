package data

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// bytesAsTokens has a token for each byte.
type bytesAsTokens struct{}

func (bytesAsTokens) Sequence(a string, b *string, maxLength int) (ids, types []int32) {
	for _, c := range []byte(a) {
		ids = append(ids, int32(c))
	}
	if b != nil { // of type 1
		types = make([]int32, len(ids), len(ids)+len(*b))
		for _, c := range []byte(*b) {
			ids, types = append(ids, int32(c)), append(types, 1)
		}
	}
	if maxLength > 0 {
		ids, types = ids[:min(maxLength, len(ids))], types[:min(maxLength, len(types))]
	}
	return ids, types
}

// counting tells how many sequences were asked for; the first closes started and all wait
// for gate, where there is one.
type counting struct {
	bytesAsTokens
	calls   atomic.Int64
	started chan struct{}
	once    sync.Once
	gate    chan struct{}
}

func (c *counting) Sequence(a string, b *string, maxLength int) (ids, types []int32) {
	c.calls.Add(1)
	if c.gate != nil {
		c.once.Do(func() { close(c.started) })
		<-c.gate
	}
	return c.bytesAsTokens.Sequence(a, b, maxLength)
}

func TestStreamGivesWhatTheTokenizerGives(t *testing.T) {
	second := "cd"
	examples := []Example{{Index: 0, A: "ab", B: &second, Class: 1}, {Index: 1, A: "abcdef", Score: 2}}
	s := Encode(context.Background(), bytesAsTokens{}, examples, 5)
	defer s.Close()
	if s.Len() != 2 {
		t.Errorf("length %d", s.Len())
	}
	for i, want := range []Encoded{
		{Index: 0, IDs: []int32{'a', 'b', 'c', 'd'}, Types: []int32{0, 0, 1, 1}, Class: 1},
		{Index: 1, IDs: []int32{'a', 'b', 'c', 'd', 'e'}, Score: 2},
	} {
		got := s.At(i)
		if got.Index != want.Index || got.Class != want.Class || got.Score != want.Score || !slices.Equal(got.IDs, want.IDs) || !slices.Equal(got.Types, want.Types) {
			t.Errorf("example %d = %+v, want %+v", i, got, want)
		}
	}
}

// TestStreamInAnyOrder reads from several goroutines while the workers run: each example
// is tokenised once, whoever comes first.
func TestStreamInAnyOrder(t *testing.T) {
	examples := make([]Example, 5*chunkSize+7)
	for i := range examples {
		examples[i] = Example{Index: i, A: string(rune('a' + i%26))}
	}
	tok := &counting{}
	s := Encode(context.Background(), tok, examples, 0)
	var readers sync.WaitGroup
	for epoch := range 4 {
		readers.Go(func() {
			for _, i := range Order(len(examples), 1, epoch) {
				if got := s.At(int(i)); got.Index != int(i) || got.IDs[0] != 'a'+i%26 {
					t.Errorf("example %d = %+v", i, got)
				}
			}
		})
	}
	readers.Wait()
	s.Close()
	if n := tok.calls.Load(); n != int64(len(examples)) {
		t.Errorf("%d sequences tokenised for %d examples", n, len(examples))
	}
}

// TestStreamRunsAhead asks for nothing, and all is tokenised.
func TestStreamRunsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tok := &counting{}
		s := Encode(context.Background(), tok, make([]Example, 1000), 0)
		synctest.Wait()
		if n := tok.calls.Load(); n != 1000 {
			t.Errorf("%d of 1000 done", n)
		}
		s.Close()
	})
}

// TestStreamAfterTheEnd has the workers stopped early, by the context and by Close: what
// they left is still there for who asks.
func TestStreamAfterTheEnd(t *testing.T) {
	for _, how := range []string{"context", "close"} {
		t.Run(how, func(t *testing.T) {
			tok := &counting{started: make(chan struct{}), gate: make(chan struct{})}
			examples := make([]Example, 100*chunkSize)
			examples[len(examples)-1].A = "x"
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			s := Encode(ctx, tok, examples, 0)
			<-tok.started
			if how == "context" {
				cancel()
			} else {
				s.cancel() // what Close does first; the rest of it waits for the gate
			}
			close(tok.gate)
			s.Close()
			if n := tok.calls.Load(); n == int64(len(examples)) {
				t.Error("the workers went on to the end")
			}
			if got := s.At(len(examples) - 1); len(got.IDs) != 1 {
				t.Errorf("last example = %+v", got)
			}
		})
	}
}

func TestStreamOfNothing(t *testing.T) {
	s := Encode(context.Background(), bytesAsTokens{}, nil, 0)
	s.Close()
	s.Close()
	if s.Len() != 0 {
		t.Errorf("length %d", s.Len())
	}
}
