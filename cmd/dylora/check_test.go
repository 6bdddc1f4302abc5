package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/models"
)

func TestCheckFlags(t *testing.T) {
	for args, wantErr := range map[string]string{
		"": "", "x --ranks 1,2 --nested --data --json": "", "--adapter x": "",
		"x y": "unexpected argument", "x -a y": "given twice", "--ranks 0": "--ranks: ",
	} {
		var got *checkOptions
		cmd := newCheckCmd(&streams{}, func(_ context.Context, o *checkOptions) error { got = o; return nil })
		if !checkParse(t, execute(cmd, args), wantErr) {
			continue
		}
		if want := strings.Contains(args, "x"); !got.anyTask || (got.path == "x") != want || got.nested != strings.Contains(args, "--nested") {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

// checkSession is mini with an adapter of rank 3 whose B is not zero.
func checkSession(t *testing.T) *session {
	t.Helper()
	m, err := model.Load(models.Mini(), "mini", model.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	projections, err := m.Projections([]string{"query", "output.dense"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.New(3, 6, projections, m.Head(2, 1), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Modules {
		for j := range a.Modules[i].B {
			a.Modules[i].B[j] = float32((i+j)%9-4) / 200
		}
	}
	s := &session{opened: &opened{folder: "f", adapter: a}, base: &base{model: m}, task: &data.Task{Labels: []string{"a", "b"}}, maxLength: 20}
	if s.program, err = program.New(m, a, s.task, program.Options{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestConforms: all holds for an adapter as it is, on every kernel, and the right check
// fails for one that is not what the program computes with.
func TestConforms(t *testing.T) {
	for _, level := range kernel.Levels() {
		restore := kernel.Use(level)
		s := checkSession(t)
		list, err := s.conforms(t.Context(), []int{1, 3})
		restore()
		if err != nil || len(list) != 6 {
			t.Fatalf("%s: %d results, %v", level, len(list), err)
		}
		for _, c := range list {
			if !c.Holds {
				t.Errorf("%s: %+v", level, c)
			}
		}
	}
	s := checkSession(t)
	other := s.adapter.Clone()
	other.Modules[0].B[2] += 0.5 // of rank 3
	s.adapter = other
	list, err := s.conforms(t.Context(), []int{2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Holds != (c.Rank == 2) {
			t.Errorf("with another rank 3: %+v", c)
		}
	}
	same, err := s.roundTrip()
	if err != nil || !same {
		t.Errorf("round trip: %t, %v", same, err)
	}
}

// TestCheckFails: a failure is named, of class Check, and in the table.
func TestCheckFails(t *testing.T) {
	sound := checked{Adapter: "f", Rank: 1, RoundTrip: true, Nested: "yes", Agreement: []agreement{{Rank: 1, Share: 1}},
		Checks: []conformance{{"slice", 1, 0, 0, true}, {"beyond", 1, 0, 0, true}, {"merged", 1, 1e-7, 1e-4, true}}}
	for want, spoil := range map[string]func(c *checked){
		"loaded again, weights differ":                       func(c *checked) { c.RoundTrip = false },
		"check beyond at rank 1: a logit differs by 0.5":     func(c *checked) { c.Checks[1] = conformance{"beyond", 1, 0.5, 0, false} },
		"check merged at rank 1: a logit differs by 0.00025": func(c *checked) { c.Checks[2] = conformance{"merged", 1, 0.00025, 1e-4, false} },
	} {
		c := sound
		c.Checks = slices.Clone(sound.Checks)
		spoil(&c)
		if err := c.fault(false); fault.ClassOf(err) != fault.Check || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		var out bytes.Buffer
		if err := (&checkOptions{io: &streams{out: &out}}).print(&c); err != nil || !strings.Contains(out.String(), "FAILS") {
			t.Errorf("printed %q, %v", out.String(), err)
		}
	}
}

// TestNested: what the files say of training decides.
func TestNested(t *testing.T) {
	agreed := []agreement{{Rank: 1, Share: 0.6}, {Rank: 4, Share: 1}}
	facts := func(low, high int, sampler string) *adapter.Provenance {
		return &adapter.Provenance{RankMin: low, RankMax: high, Sampler: sampler, Block: 1}
	}
	for _, tt := range []struct {
		rank          int
		facts         *adapter.Provenance
		metadata      map[string]string
		verdict, says string
	}{
		{4, facts(1, 4, "uniform"), nil, "yes", "ranks 1 to 4, uniform"},
		{4, facts(2, 8, "geometric"), nil, "yes", "ranks 2 to 8"},
		{4, facts(4, 4, "uniform"), nil, "no", "rank 4 alone"},
		{4, facts(1, 8, "list:8"), nil, "no", "rank 8 alone"},
		{1, facts(1, 8, "uniform"), nil, "yes", "ranks 1 to 8"},
		{4, facts(1, 4, "odd"), nil, "unknown", "odd"},
		{4, nil, nil, "unknown", "rank 1 answers as rank 4 for 60 %"},
		{4, new(adapter.Provenance), map[string]string{"dylora.rank_min": "1", "dylora.rank_max": "4", "dylora.sampler": "uniform"}, "yes", "ranks 1 to 4"},
		{4, nil, map[string]string{"dylora.rank_min": "x", "dylora.rank_max": "99999999999999999999"}, "unknown", "do not say"},
	} {
		s := &session{opened: &opened{adapter: &adapter.Adapter{Rank: tt.rank}, facts: tt.facts, metadata: tt.metadata}}
		if verdict, why := s.nested(agreed); verdict != tt.verdict || !strings.Contains(why, tt.says) {
			t.Errorf("%+v: %s, %s", tt, verdict, why)
		}
	}
}
