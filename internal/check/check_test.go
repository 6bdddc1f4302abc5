package check

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/models"
)

// tiny is the folder of a small encoder with a tokenizer.
func tiny(t *testing.T) string { return filepath.Join(reftest.Testdata(t), "bert", "model") }

// checkSession is an encoder with an adapter of rank 3 whose B is not zero.
func checkSession(t *testing.T, mc *kernel.Machine, encoder fs.FS) *session.Session {
	t.Helper()
	m, err := model.Load(encoder, "encoder", model.LoadOptions{Machine: mc})
	if err != nil {
		t.Fatal(err)
	}
	projections, err := m.Projections([]string{"query", "output.dense"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.New(3, 6, adapter.Paper, projections, m.Head(2, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Modules {
		for j := range a.Modules[i].B {
			a.Modules[i].B[j] = float32((i+j)%9-4) / 200
		}
	}
	s := &session.Session{StoredAdapter: &session.StoredAdapter{Folder: "f", Adapter: a}, Encoder: &session.Encoder{Model: m, MaxLength: 20}, Task: &data.Task{Labels: []string{"a", "b"}}}
	if s.Program, err = program.New(m, a, s.Task, program.Options{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestConforms: all holds for an adapter as it is, on every kernel, and the right check
// fails for one that is not what the program computes with.
func TestConforms(t *testing.T) {
	subjects := map[string]*session.Session{"mini": checkSession(t, kerneltest.New(t), models.Mini())}
	for _, level := range kernel.Levels() {
		subjects[level.String()] = checkSession(t, kernel.At(level, 2), os.DirFS(tiny(t)))
	}
	for name, s := range subjects {
		list, err := conforms(t.Context(), s, []int{1, 3})
		if err != nil || len(list) != 6 {
			t.Fatalf("%s: %d results, %v", name, len(list), err)
		}
		for _, c := range list {
			if !c.Holds {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
	for _, text := range []string{"sqrt", "constant", "power:0.75"} {
		scaling, err := adapter.ParseScaling(text)
		if err != nil {
			t.Fatal(err)
		}
		s := checkSession(t, kerneltest.New(t), os.DirFS(tiny(t)))
		s.Adapter.Scaling = scaling
		list, err := conforms(t.Context(), s, []int{1, 2, 3})
		same, sameErr := roundTrip(s.Adapter)
		if err != nil || sameErr != nil || !same || slices.ContainsFunc(list, func(c Conformance) bool { return !c.Holds }) {
			t.Errorf("%s: %+v, round trip %t, %v, %v", text, list, same, err, sameErr)
		}
	}
	s := checkSession(t, kerneltest.New(t), os.DirFS(tiny(t)))
	other := s.Adapter.Clone()
	other.Modules[0].B[2] += 0.5 // of rank 3
	s.Adapter = other
	list, err := conforms(t.Context(), s, []int{2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Holds != (c.Rank == 2) {
			t.Errorf("with another rank 3: %+v", c)
		}
	}
	same, err := roundTrip(s.Adapter)
	if err != nil || !same {
		t.Errorf("round trip: %t, %v", same, err)
	}
}

// TestErr: the first failure is named, of class Check.
func TestErr(t *testing.T) {
	sound := Report{Adapter: "f", Rank: 1, RoundTrip: true, Nested: Yes, Agreement: []Agreement{{Rank: 1, Share: 1}},
		Checks: []Conformance{{"slice", 1, 0, 0, true}, {"beyond", 1, 0, 0, true}, {"merged", 1, 1e-7, 1e-4, true}}}
	for want, spoil := range map[string]func(r *Report){
		"":                             func(*Report) {},
		"loaded again, weights differ": func(r *Report) { r.RoundTrip = false },
		"check beyond at rank 1: a logit differs by 0.5":     func(r *Report) { r.Checks[1] = Conformance{"beyond", 1, 0.5, 0, false} },
		"check merged at rank 1: a logit differs by 0.00025": func(r *Report) { r.Checks[2] = Conformance{"merged", 1, 0.00025, 1e-4, false} },
		"not known to be nested: because":                    func(r *Report) { r.Nested, r.Why = Unknown, "because" },
	} {
		r := sound
		r.Checks = slices.Clone(sound.Checks)
		spoil(&r)
		r.RequireNested()
		err := r.Err()
		if (err == nil) != (want == "") || err != nil && (fault.ClassOf(err) != fault.Check || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
		if r.Holds != (want == "") {
			t.Errorf("%q: holds %t", want, r.Holds)
		}
	}
}

// TestNested: what the files say of training decides.
func TestNested(t *testing.T) {
	agreed := []Agreement{{Rank: 1, Share: 0.6}, {Rank: 4, Share: 1}}
	facts := func(low, high int, sampler string) *adapter.Provenance {
		return &adapter.Provenance{RankMin: low, RankMax: high, Sampler: sampler, Block: 1}
	}
	after := func(steps int, p *adapter.Provenance) *adapter.Provenance {
		p.Step = steps
		return p
	}
	for _, tt := range []struct {
		rank     int
		facts    *adapter.Provenance
		metadata map[string]string
		verdict  Verdict
		says     string
	}{
		{4, facts(1, 4, "uniform"), nil, "yes", "ranks 1 to 4, uniform"},
		{4, facts(2, 8, "geometric"), nil, "yes", "ranks 2 to 8"},
		{4, after(1, facts(1, 4, "uniform")), nil, "unknown", "trained for 1 step, too few to draw each of 4 ranks"},
		{4, after(3, facts(1, 4, "uniform")), nil, "unknown", "trained for 3 steps"},
		{4, after(4, facts(1, 4, "uniform")), nil, "yes", "ranks 1 to 4, uniform"},
		{4, after(1, facts(4, 4, "uniform")), nil, "no", "rank 4 alone"},
		{4, facts(4, 4, "uniform"), nil, "no", "rank 4 alone"},
		{4, facts(1, 8, "list:8"), nil, "no", "rank 8 alone"},
		{1, facts(1, 8, "uniform"), nil, "yes", "ranks 1 to 8"},
		{4, facts(1, 4, "odd"), nil, "unknown", "odd"},
		{4, nil, nil, "unknown", "rank 1 answers as rank 4 for 60 %"},
		{4, new(adapter.Provenance), map[string]string{"dylora.rank_min": "1", "dylora.rank_max": "4", "dylora.sampler": "uniform"}, "yes", "ranks 1 to 4"},
		{4, nil, map[string]string{"dylora.rank_min": "x", "dylora.rank_max": "99999999999999999999"}, "unknown", "do not say"},
		{4, nil, map[string]string{"dylora.rank_min": "1", "dylora.rank_max": "4", "dylora.sampler": "uniform", "dylora.scaling": "constant"}, "unknown", `scaling "constant", but adapter_config.json`},
		{4, nil, map[string]string{"dylora.rank_min": "4", "dylora.rank_max": "4", "dylora.sampler": "uniform", "dylora.scaling": "constant"}, "no", "rank 4 alone"},
	} {
		a := &adapter.Adapter{Rank: tt.rank, Modules: []adapter.Module{{In: 1, Out: 1, A: make([]float32, tt.rank), B: make([]float32, tt.rank)}}}
		a.Modules[0].A[0], a.Modules[0].B[0] = 1, 1
		s := &session.Session{StoredAdapter: &session.StoredAdapter{Adapter: a, Provenance: tt.facts, Metadata: tt.metadata}}
		if verdict, why := nested(s, agreed); verdict != tt.verdict || !strings.Contains(why, tt.says) {
			t.Errorf("%+v: %s, %s", tt, verdict, why)
		}
		a.Modules[0].B[0] = 0
		if verdict, why := nested(s, agreed); verdict == Yes {
			t.Errorf("%+v, whose update is zero: %s, %s", tt, verdict, why)
		}
	}
}
