package bench_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/bench"
	"github.com/dylora/dylora/internal/data"
)

// The grid has every size once, the largest first, nothing above its bounds, and points of
// both kinds.
func TestGrid(t *testing.T) {
	points := bench.Grid(512, 2048)
	seen, kinds := map[[2]int]bool{}, map[bool]int{}
	most := 1 << 20
	for _, p := range points {
		tokens := p.Batch * p.Length
		if tokens > most || tokens > 2048 || p.Length > 512 || seen[[2]int{p.Batch, p.Length}] {
			t.Errorf("batch %d of length %d after %d tokens", p.Batch, p.Length, most)
		}
		seen[[2]int{p.Batch, p.Length}], most = true, tokens
		kinds[p.Fitted]++
	}
	if kinds[true] != 14 || kinds[false] != 9 || !seen[[2]int{256, 8}] || !seen[[2]int{1, 512}] {
		t.Errorf("%d points to fit, %d to check", kinds[true], kinds[false])
	}
	for _, p := range bench.Grid(128, 128) {
		if p.Length > 128 || p.Batch*p.Length > 128 {
			t.Errorf("batch %d of length %d", p.Batch, p.Length)
		}
	}
}

// synthetic are points whose operations cost exactly what c says.
func synthetic(c bench.Cost) []bench.Point {
	points := bench.Grid(512, 2048)
	for i := range points {
		p := &points[i]
		b, l := float64(p.Batch), float64(p.Length)
		p.Ops = map[string]float64{}
		for op, k := range c {
			p.Ops[op] = k.Step + k.FirstToken*min(b*l, 16) + k.Token*b*l + k.Sequence*b + k.Pair*b*l*l
			p.Seconds += p.Ops[op]
		}
	}
	return points
}

// A fit finds the costs that there are, and a term that would be negative is zero.
func TestFit(t *testing.T) {
	c := bench.Cost{
		"gemm":      {Step: 1e-3, FirstToken: 2e-4, Token: 6e-5},
		"attention": {Token: 1e-6, Sequence: 3e-6, Pair: 5e-8},
		"optimizer": {Step: 2e-3},
	}
	points := synthetic(c)
	got := bench.Fit(points)
	for _, p := range points {
		if math.Abs(p.Error()) > 1e-6 {
			t.Errorf("batch %d of length %d: %v s predicted, %v s", p.Batch, p.Length, p.Predicted, p.Seconds)
		}
	}
	if k := got["optimizer"]; math.Abs(k.Step-2e-3) > 1e-8 || k.Token > 1e-12 || got["gelu"] != (bench.Terms{}) {
		t.Errorf("optimizer %+v, gelu %+v", k, got["gelu"])
	}
	if k := got["gemm"]; math.Abs(k.Token-6e-5) > 1e-9 || math.Abs(k.Step-1e-3) > 1e-8 {
		t.Errorf("gemm %+v", k)
	}
	if got, want := got.Seconds([]int{7, 30}), 3e-3+16*2e-4+37*(6e-5+1e-6)+2*3e-6+(49+900)*5e-8; math.Abs(got-want) > 1e-6*want {
		t.Errorf("sequences of 7 and 30 tokens: %v s, want %v", got, want)
	}

	falling := synthetic(c)
	for i := range falling { // less for longer batches: no term says that
		falling[i].Ops["gelu"] = 1e-4 / float64(falling[i].Batch*falling[i].Length)
	}
	k := bench.Fit(falling)["gelu"]
	for _, v := range []float64{k.Step, k.FirstToken, k.Token, k.Sequence, k.Pair} {
		if v < 0 || math.IsNaN(v) {
			t.Errorf("gelu costs %+v", k)
		}
	}
}

// What is not fitted does not move the fit, and shows as an error.
func TestFitChecks(t *testing.T) {
	points := synthetic(bench.Cost{"gemm": {Step: 1e-3, Token: 5e-5}})
	for i := range points {
		if p := &points[i]; p.Batch == 32 && p.Length == 16 {
			p.Seconds *= 2
		}
	}
	bench.Fit(points)
	p := bench.LargestError(points, false)
	if p == nil || p.Batch != 32 || p.Length != 16 || math.Abs(p.Error()+0.5) > 1e-6 {
		t.Errorf("%+v", p)
	}
	if p := bench.LargestError(points, true); p == nil || math.Abs(p.Error()) > 1e-6 {
		t.Errorf("%+v", p)
	}
	if p := bench.LargestError(nil, true); p != nil {
		t.Errorf("%+v of no points", p)
	}
}

func TestEpoch(t *testing.T) {
	r := bench.Threads{Cost: bench.Cost{"gemm": {Step: 1, Sequence: 0.5, Token: 0.01}}}
	r.Epoch([]int{10, 20, 30}, 6, 2) // two batches: 2 + 3·0.5 + 60·0.01, and as much again
	if math.Abs(r.EpochSeconds-2*4.1) > 1e-9 || r.Examples != 6 {
		t.Errorf("%+v", r)
	}
}

func TestLengths(t *testing.T) {
	b := data.Pack([]data.Encoded{{IDs: make([]int32, 3)}, {IDs: make([]int32, 5)}})
	if got := bench.Lengths(b); len(got) != 2 || got[0] != 3 || got[1] != 5 {
		t.Error(got)
	}
}

// Every point is measured on the threads that are wanted, the subject stays as it was, and
// the report shows them.
func TestScale(t *testing.T) {
	t.Parallel()
	r := bench.Scaling{Model: "m", Task: "two", Mode: "train", Batch: 6}
	for n := 1; n <= 2; n++ {
		s := subject(t, 3, true)
		points := bench.Grid(38, 128)
		got, err := s.Scale(t.Context(), points, bench.Effort{Threads: n, Rounds: 2, Vocabulary: 100})
		if err != nil || s.Program.Machine().Threads() != 1 {
			t.Fatalf("%v, %d threads", err, s.Program.Machine().Threads())
		}
		for _, p := range got.Points {
			sum := 0.0
			for _, v := range p.Ops {
				sum += v
			}
			if !(p.Seconds > 0) || !(p.Predicted > 0) || math.Abs(sum-p.Seconds) > 0.02*p.Seconds {
				t.Errorf("%+v", p)
			}
		}
		if got.Threads != n || got.Steps != 3 || !(got.StepsSeconds > 0) || !(got.StepsPredicted > 0) || len(s.Batches) != 3 {
			t.Errorf("%+v", got)
		}
		got.Epoch([]int{5, 6}, 100, 2)
		r.Threads = append(r.Threads, *got)
	}
	var out strings.Builder
	if err := r.WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\n1 thread\n", "\n2 threads\n", "× 1 thread", "together", "not fitted", "3 steps of two, batch 6", "all 100 examples"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}
