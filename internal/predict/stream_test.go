package predict_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/predict"
)

// longestText is where sums cuts a text.
const longestText = 39

// sums answers a text with the sum of its bytes and the rank of the call.
type sums struct {
	lock  sync.Mutex
	calls []int // texts of each
	err   error
}

func (s *sums) Classify(_ context.Context, texts []classify.Text, options ...classify.Option) (results []classify.Result, err error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.calls = append(s.calls, len(texts))
	for _, t := range texts {
		text, sum := t.Text, 0
		if t.Pair != nil {
			text += "|" + *t.Pair
		}
		for _, c := range []byte(text[:min(len(text), longestText)]) {
			sum += int(c)
		}
		results = append(results, classify.Result{Logits: []float32{float32(sum), float32(len(options))}, Truncated: len(text) > longestText})
	}
	return results, s.err
}

func lines(s string) iter.Seq2[*predict.Row, error] { return plain(strings.NewReader(s)) }

func plain(r io.Reader) iter.Seq2[*predict.Row, error] { return predict.Input{Name: "stdin"}.Rows(r) }

func options() predict.Options { return predict.Options{Rank: 3} }

// TestRunOrder: whatever comes in, every text has its answer, in order, in calls of
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
			for _, c := range []byte(text[:min(len(text), longestText)]) {
				sum += int(c)
			}
			want = append(want, float32(sum), 2)
		}
		var got []float32
		s := &sums{}
		_, err := predict.Run(context.Background(), lines(in.String()), s, options(), func(_ []*predict.Row, l []float32) error {
			got = append(got, l...)
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d lines: %v, or another answer", n*10, err)
		}
		for _, n := range s.calls {
			if n > 256 {
				t.Errorf("a call of %d texts", n)
			}
		}
	}
}

// TestRunAnswersEachLine: one who waits for an answer before the next line gets it.
func TestRunAnswersEachLine(t *testing.T) {
	in, out := io.Pipe()
	answers := make(chan float32)
	done := make(chan error)
	go func() {
		_, err := predict.Run(context.Background(), plain(in), &sums{}, options(), func(_ []*predict.Row, l []float32) error {
			answers <- l[0]
			return nil
		})
		done <- err
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
	put := func(_ []*predict.Row, l []float32) error { count += len(l) / 2; return nil }
	_, err := predict.Run(context.Background(), lines("a\nb\nc\td\ne\n"), &sums{}, options(), put)
	if err == nil || !strings.Contains(err.Error(), "line 3") || count != 2 {
		t.Errorf("bad line: %v after %d answers", err, count)
	}
	endless := func(yield func(*predict.Row, error) bool) {
		for yield(&predict.Row{Text: predict.Text{A: "a"}}, nil) {
		}
	}
	_, err = predict.Run(context.Background(), endless, &sums{}, options(), func([]*predict.Row, []float32) error { return failing })
	if !errors.Is(err, failing) {
		t.Errorf("output: %v", err)
	}
	_, err = predict.Run(context.Background(), endless, &sums{err: failing}, options(), put)
	if !errors.Is(err, failing) {
		t.Errorf("scorer: %v", err)
	}
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(context.Background())
	in, _ := io.Pipe() // nothing ever comes
	cancel(stopped)
	_, err = predict.Run(ctx, plain(in), &sums{}, options(), put)
	if !errors.Is(err, stopped) {
		t.Errorf("stop: %v", err)
	}
}

// TestRunPolicies: a row that cannot be read ends the answers, has its error in its place, or is left out;
// the rows behind it are answered all the same, and each is counted.
func TestRunPolicies(t *testing.T) {
	long := strings.Repeat("x", 40)
	for policy, want := range map[predict.Policy]string{
		predict.Fail: "0 1",
		predict.Null: "0 1 2:error 3:truncated 4:error 5 6:error",
		predict.Skip: "0 1 3:truncated 5",
	} {
		var got []string
		answered := 0
		o := options()
		o.OnError = policy
		o.Progress = func(rows int) { answered = rows }
		tally, err := predict.Run(context.Background(), lines("a\nb\nc\td\n"+long+"\n\xff\ng\nh\ti"), &sums{}, o, func(rows []*predict.Row, l []float32) error {
			texts := 0
			for _, r := range rows {
				switch {
				case r.Err != nil:
					got = append(got, fmt.Sprintf("%d:error", r.Index))
					continue
				case r.Truncated:
					got = append(got, fmt.Sprintf("%d:truncated", r.Index))
				default:
					got = append(got, fmt.Sprint(r.Index))
				}
				texts++
			}
			if len(l) != 2*texts {
				t.Errorf("%d logits of %d texts", len(l), texts)
			}
			return nil
		})
		if strings.Join(got, " ") != want {
			t.Errorf("policy %d: %q, want %q", policy, got, want)
		}
		switch {
		case policy == predict.Fail && (fault.ReasonOf(err) != predict.BadRow || fault.ClassOf(err) != fault.Invalid || tally.Rows != 2):
			t.Errorf("%v of reason %q, %+v", err, fault.ReasonOf(err), tally)
		case policy != predict.Fail && (err != nil || tally != predict.Tally{Rows: 7, Failed: 3, Truncated: 1} || answered != 7):
			t.Errorf("policy %d: %v, %+v, %d told", policy, err, tally, answered)
		}
	}
	for _, name := range []string{"fail", "null", "skip"} {
		if _, err := predict.ParsePolicy(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := predict.ParsePolicy("never"); fault.ClassOf(err) != fault.Usage {
		t.Errorf("never: %v", err)
	}
}

// rows is an input of n rows that is never in memory as a whole: every hundredth cannot be read.
type rows struct {
	n, at int
	row   string
	left  []byte
}

func (r *rows) Read(p []byte) (int, error) {
	if len(r.left) == 0 {
		if r.at == r.n {
			return 0, io.EOF
		}
		if r.at++; r.at%100 == 0 {
			r.left = append(r.left[:0], "\"bad\" x,y\n"...)
		} else {
			r.left = append(r.left[:0], r.row...)
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// TestRunMemory: what is in memory does not grow with the input, nor beyond bounds with the length of its rows.
func TestRunMemory(t *testing.T) {
	for _, tt := range []struct {
		rows  int
		row   string
		bound uint64
	}{
		{100_000, "1,a day\n", 12 << 20},
		{300, "\"" + strings.Repeat("long ", 200_000) + "\",a day\n", 64 << 20},
	} {
		in := predict.Input{Name: "in", Format: predict.CSV, Columns: predict.Columns{A: []string{"text"}}, Pass: true}
		runtime.GC()
		var before, now runtime.MemStats
		runtime.ReadMemStats(&before)
		answered, most := 0, uint64(0)
		o := options()
		o.OnError = predict.Null
		put := func(list []*predict.Row, _ []float32) error {
			for _, r := range list {
				if r.Header {
					continue
				}
				if answered++; answered%max(1, tt.rows/20) == 0 {
					runtime.GC()
					runtime.ReadMemStats(&now)
					most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
				}
			}
			return nil
		}
		whole := io.MultiReader(strings.NewReader("id,text\n"), &rows{n: tt.rows, row: tt.row})
		tally, err := predict.Run(context.Background(), in.Rows(whole), &sums{}, o, put)
		if err != nil || answered != tt.rows || tally.Failed != tt.rows/100 {
			t.Errorf("%v: %d answers to %d rows, %+v", err, answered, tt.rows, tally)
		}
		if most > tt.bound {
			t.Errorf("%d rows of %d bytes: %d MiB in memory, more than %d", tt.rows, len(tt.row), most>>20, tt.bound>>20)
		}
	}
}
