package predict_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/predict"
)

// letters has a token per byte.
type letters struct{}

func (letters) Sequence(a string, b *string, maxLength int) (ids, types []int32) {
	if b != nil {
		a += "|" + *b
	}
	ids = []int32{0}
	for _, c := range []byte(a) {
		ids = append(ids, int32(c))
	}
	return ids[:min(len(ids), maxLength)], nil
}

// sums answers a sequence with the sum of its tokens and its rank.
type sums struct {
	batches []int // sequences of each
	most    int   // tokens of the largest
	err     error
}

func (s *sums) Logits(b *data.Batch, ranks []int) ([]float32, error) {
	s.batches, s.most = append(s.batches, b.Len()), max(s.most, b.Tokens())
	var logits []float32
	for i := range b.Len() {
		sum := int32(0)
		for _, id := range b.IDs[b.Offsets[i]:b.Offsets[i+1]] {
			sum += id
		}
		logits = append(logits, float32(sum), float32(ranks[i]))
	}
	return logits, s.err
}

func lines(s string) iter.Seq2[predict.Text, error] {
	return predict.Read(strings.NewReader(s), "stdin", predict.Lines, false)
}

func options() predict.Options { return predict.Options{Rank: 3, MaxLength: 40, MaxTokens: 64} }

// TestRunOrder: whatever comes in, every text has its answer, in order, in batches of
// bounded size.
func TestRunOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 60 {
		var in strings.Builder
		var want []float32
		for range n * 10 {
			text := strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(60))
			fmt.Fprintln(&in, text)
			sum := 0
			for _, c := range []byte(text[:min(len(text), 39)]) {
				sum += int(c)
			}
			want = append(want, float32(sum), 3)
		}
		var got []float32
		s := &sums{}
		err := predict.Run(context.Background(), lines(in.String()), letters{}, s, options(), func(l []float32) error {
			got = append(got, l...)
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d lines: %v, or another answer", n*10, err)
		}
		if s.most > 64 {
			t.Errorf("a batch of %d tokens", s.most)
		}
	}
}

// TestRunAnswersEachLine: one who waits for an answer before the next line gets it.
func TestRunAnswersEachLine(t *testing.T) {
	in, out := io.Pipe()
	answers := make(chan float32)
	done := make(chan error)
	go func() {
		done <- predict.Run(context.Background(), predict.Read(in, "stdin", predict.Lines, false), letters{}, &sums{}, options(), func(l []float32) error {
			answers <- l[0]
			return nil
		})
	}()
	for i := range 20 {
		fmt.Fprintln(out, strings.Repeat("\x01", i))
		if got := <-answers; got != float32(i) {
			t.Fatalf("line %d: %v", i, got)
		}
	}
	out.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestRunFails: what comes before a bad line is answered; errors of every part come out,
// and nothing waits for what will not come.
func TestRunFails(t *testing.T) {
	failing := errors.New("no space")
	count := 0
	put := func(l []float32) error { count += len(l) / 2; return nil }
	err := predict.Run(context.Background(), lines("a\nb\nc\td\ne\n"), letters{}, &sums{}, options(), put)
	if err == nil || !strings.Contains(err.Error(), "line 3") || count != 2 {
		t.Errorf("bad line: %v after %d answers", err, count)
	}
	endless := func(yield func(predict.Text, error) bool) {
		for yield(predict.Text{A: "a"}, nil) {
		}
	}
	err = predict.Run(context.Background(), endless, letters{}, &sums{}, options(), func([]float32) error { return failing })
	if !errors.Is(err, failing) {
		t.Errorf("output: %v", err)
	}
	err = predict.Run(context.Background(), endless, letters{}, &sums{err: failing}, options(), put)
	if !errors.Is(err, failing) {
		t.Errorf("scorer: %v", err)
	}
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	in, _ := io.Pipe() // nothing ever comes
	cancel(stopped)
	err = predict.Run(ctx, predict.Read(in, "stdin", predict.Lines, false), letters{}, &sums{}, options(), put)
	if !errors.Is(err, stopped) {
		t.Errorf("stop: %v", err)
	}
}
