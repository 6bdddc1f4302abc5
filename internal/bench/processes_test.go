package bench

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train/grouptest"
)

// flat costs a second a token, 5 a step and 100 an update.
var flat = Cost{"gemm": {Step: 5, Token: 1}, "optimizer": {Step: 100}}

func TestTogetherCosts(t *testing.T) {
	for _, tt := range []struct {
		processes, parts int
		slower, exchange float64
		want             float64
	}{
		{1, 1, 1, 0, 5 + 20 + 100},
		{1, 2, 1, 0, 2*5 + 20 + 100},
		{2, 2, 1, 7, 5 + 10 + 100 + 7},
		{2, 4, 1, 0, 2*5 + 9 + 8 + 100}, // each sequence is a part, and the first two are those of the first process
		{2, 2, 2, 7, 2*(5+10+100) + 7},  // two threads on each processor
		{4, 4, 1, 0, 5 + 9 + 100},       // the longest sequence alone
		{8, 8, 1, 0, 5 + 9 + 100},       // parts without a sequence cost nothing
		{1, 8, 1, 0, 4*5 + 20 + 100},
	} {
		if got := flat.Together([]int{9, 8, 2, 1}, tt.processes, tt.parts, tt.slower, tt.exchange); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%d processes, %d parts: %v, want %v", tt.processes, tt.parts, got, tt.want)
		}
	}
}

// No number of processes is slower than half as many with the same parts, and none is faster than an equal share.
func TestTogetherBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.IntRange(1, 128), 1, 64).Draw(t, "lengths")
		parts := 1 << rapid.IntRange(0, 6).Draw(t, "parts")
		last := math.Inf(1)
		all := flat.Together(lengths, 1, parts, 1, 0) - 100
		for n := 1; n <= parts; n *= 2 {
			got := flat.Together(lengths, n, parts, 1, 0)
			if got > last+1e-9 || got-100 < all/float64(n)-1e-9 {
				t.Fatalf("%d processes: %v, of half as many %v; one: %v", n, got, last, all)
			}
			last = got
		}
	})
}

// A gradient of 8 MB among 4 processes: each sends three others 2 MB, twice.
func TestExchange(t *testing.T) {
	n := Network{Latency: 0.001, Bandwidth: 1e6}
	if got := n.Exchange(4, 8e6); math.Abs(got-(6*0.001+12)) > 1e-9 {
		t.Errorf("%v", got)
	}
	if got := n.Exchange(1, 8e6); got != 0 {
		t.Errorf("alone: %v", got)
	}
}

func TestPredict(t *testing.T) {
	r := Threads{Cost: flat}
	r.predict([]int{9, 8, 2, 1, 9, 8, 2, 1, 5}, 4, 1, 4e6)
	if len(r.Together) != 3 || r.Together[2].Processes != 4 || r.Together[2].MicroBatches != 4 || r.Together[0].Speedup[0] != 1 {
		t.Fatalf("%+v", r.Together)
	}
	if p := r.Together[1]; p.Computing != 5+10+100 || p.Step[1] != p.Computing+Networks()[1].Exchange(2, 4e6) || math.Abs(p.Speedup[1]-125/p.Step[1]) > 1e-9 {
		t.Errorf("%+v", p)
	}
	var b bytes.Buffer
	s := Scaling{Threads: []Threads{r}}
	if err := s.WriteTable(&b); err != nil || !strings.Contains(b.String(), "gradients of 4.00 MB") {
		t.Errorf("%v: %s", err, b.String())
	}
	three := Threads{Cost: flat}
	if three.predict([]int{9, 8, 2, 1}, 4, 3, 4e6); len(three.Together) != 1 {
		t.Errorf("three parts are no multiple of two: %+v", three.Together)
	}
}

func TestReadCost(t *testing.T) {
	workFolder(t)
	q := request(t, true, 1, "")
	mc := machine(t, q)
	good := Scaling{Mode: "train", Kernel: mc.Name(), Precision: "float32", Threads: []Threads{{Threads: 1, Cost: flat}}}
	for name, tt := range map[string]struct {
		change func(*Scaling)
		says   string
	}{
		"good":      {func(*Scaling) {}, ""},
		"mode":      {func(s *Scaling) { s.Mode = "eval" }, `mode is "eval"`},
		"kernel":    {func(s *Scaling) { s.Kernel = "abacus" }, `kernel is "abacus"`},
		"precision": {func(s *Scaling) { s.Precision = "i16" }, `precision is "i16"`},
		"threads":   {func(s *Scaling) { s.Threads[0].Threads = 2 }, "no costs for 1 thread"},
	} {
		s := good
		s.Threads = slices.Clone(good.Threads)
		tt.change(&s)
		b, err := json.Marshal(s)
		must(t, err)
		must(t, os.WriteFile("cost.json", b, 0o666))
		q.Cost = "cost.json"
		c, err := readCost(q, mc)
		if (err == nil) != (tt.says == "") || err != nil && (fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && c["gemm"] != flat["gemm"] {
			t.Errorf("%s: %+v", name, c)
		}
	}
	must(t, os.WriteFile("cost.json", []byte("nothing"), 0o666))
	if _, err := readCost(q, mc); fault.ClassOf(err) != fault.Invalid {
		t.Error(err)
	}
	q.Cost = "nosuch.json"
	if _, err := readCost(q, mc); fault.ClassOf(err) != fault.Usage {
		t.Error(err)
	}
}

// Processes measure the steps that they take together, and predict them from the costs of one.
func TestTogetherMeasured(t *testing.T) {
	workFolder(t)
	plain := request(t, true, 3, "micro_batches: 2")
	cost, err := json.Marshal(Scaling{Mode: "train", Kernel: machine(t, plain).Name(), Precision: "float32", Threads: []Threads{{Threads: 1, Cost: flat}}})
	must(t, err)
	must(t, os.WriteFile("cost.json", cost, 0o666))
	plain.Cost = "cost.json"
	room := grouptest.NewRoom(2)
	reports, errs := make([]*Together, 2), make([]error, 2)
	var all sync.WaitGroup
	for rank := range reports {
		var notes []string
		e := env(&notes)
		e.Group = room.Process(rank)
		all.Go(func() {
			var s *Setup
			if s, errs[rank] = Prepare(t.Context(), e, plain); errs[rank] == nil {
				reports[rank], errs[rank] = s.Together(t.Context(), 2)
			}
		})
	}
	all.Wait()
	for rank, r := range reports {
		must(t, errs[rank])
		if r.Processes != 2 || r.MicroBatches != 2 || r.Steps != 3 || !(r.Seconds > 0) || !(r.Exchange > 0) || !(r.InStep > 0) || r.Gradient == 0 || r.Predicted < 100 {
			t.Errorf("%+v", r)
		}
		var b bytes.Buffer
		if err := r.WriteTable(&b); err != nil || !strings.Contains(b.String(), "2 processes of 1 thread") || !strings.Contains(b.String(), "predicted") {
			t.Errorf("%v: %s", err, b.String())
		}
	}
}

// Fewer sequences at a time need less memory: as many rows as a part has.
func TestParts(t *testing.T) {
	workFolder(t)
	var notes []string
	s, err := Prepare(t.Context(), env(&notes), request(t, true, 2, ""))
	must(t, err)
	r, err := s.Measure(t.Context(), false)
	must(t, err)
	if len(r.Parts) != 3 || r.Parts[2].MicroBatches != 4 || !(r.Parts[2].StepSeconds > 0) {
		t.Errorf("%+v", r.Parts)
	}
	if s, err = Prepare(t.Context(), env(&notes), request(t, true, 2, "batch: 3")); err == nil {
		r, err = s.Measure(t.Context(), false)
	}
	must(t, err)
	if len(r.Parts) != 2 {
		t.Errorf("three sequences in %+v", r.Parts)
	}
}
