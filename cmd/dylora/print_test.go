package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/check"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/session"
)

// printed holds what print writes to stdout against a text, whose lines may end in spaces
// more, and asks that a stdout that takes nothing is an error.
func printed(t *testing.T, name string, print func(io *streams) error, want string) {
	t.Helper()
	var out, talk bytes.Buffer
	if err := print(&streams{out: &out, err: &talk}); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.TrimRight(line, " \n"))
	}
	if text := strings.Join(got, "\n"); text != strings.Trim(want, "\n") || !strings.HasSuffix(out.String(), "\n") {
		t.Errorf("%s prints\n%s\nwant\n%s", name, text, want)
	}
	if talk.Len() > 0 {
		t.Errorf("%s tells %q", name, talk.String())
	}
	if err := print(&streams{out: failing{}, err: io.Discard}); err == nil {
		t.Errorf("%s: a full disk is no error", name)
	}
}

// report is of an adapter of rank 4 that passes every check.
func report() *check.Report {
	r := &check.Report{Adapter: "runs/a/adapter", Rank: 4, RoundTrip: true, Holds: true, Nested: check.Yes, Why: "trained for ranks 1 to 4, uniform", Notes: []string{}}
	for _, rank := range []int{1, 4} {
		r.Checks = append(r.Checks, check.Conformance{Check: "slice", Rank: rank, Holds: true}, check.Conformance{Check: "beyond", Rank: rank, Holds: true},
			check.Conformance{Check: "merged", Rank: rank, Difference: 2.5e-7, Bound: 1e-4, Holds: true})
	}
	low, high := evaluate.Number(0.5), evaluate.Number(0.875)
	r.Agreement = []check.Agreement{{Rank: 1, Share: 0.905, Value: &low}, {Rank: 4, Share: 1, Value: &high}}
	return r
}

func TestPrintCheck(t *testing.T) {
	t.Parallel()
	print := func(o checkOptions, r *check.Report) func(io *streams) error {
		return func(io *streams) error { o.io = io; return o.print(r) }
	}
	printed(t, "check", print(checkOptions{}, report()), `
 rank  slice      beyond     merged   same answers
───────────────────────────────────────────────────
    1  same bits  same bits  2.5e-07  90.5 %
    4  same bits  same bits  2.5e-07  100.0 %

round trip  the same bits
nested      yes: trained for ranks 1 to 4, uniform`)

	broken := report()
	broken.RoundTrip, broken.Nested, broken.Why = false, check.Unknown, "its files do not say"
	broken.Checks[0].Holds, broken.Checks[0].Difference = false, 0.25
	broken.Checks[5].Holds, broken.Checks[5].Difference = false, 12.34
	printed(t, "check that fails", print(checkOptions{data: true}, broken), `
 rank  slice       beyond     merged      same answers  dev
──────────────────────────────────────────────────────────────
    1  FAILS 0.25  same bits  2.5e-07     90.5 %        0.5
    4  same bits   same bits  FAILS 12.3  100.0 %       0.875

round trip  FAILS
nested      unknown: its files do not say`)

	small := report()
	small.Checks, small.Agreement = small.Checks[:1], nil
	printed(t, "check --json", print(checkOptions{json: true}, small), `{"adapter":"runs/a/adapter","rank":4,"round_trip":true,"checks":[{"check":"slice","rank":1,"largest_difference":0,"bound":0,"holds":true}],`+
		`"nested":"yes","nested_why":"trained for ranks 1 to 4, uniform","agreement":null,"holds":true,"changes_nothing":false,"notes":[]}`)
}

func TestPrintInspect(t *testing.T) {
	t.Parallel()
	print := func(json bool, i *session.Inspection) func(io *streams) error {
		return func(io *streams) error {
			o := inspectOptions{io: io, json: json}
			return o.print(i)
		}
	}
	foreign := &session.Inspection{Folder: "peft", Rank: 2, Alpha: 16, Scaling: "paper", Sites: []string{"a.query"}, Own: []int{2}, Notes: []string{},
		Ranks: []session.RankSize{{Rank: 1, Parameters: 512, Bytes: 2200, DeltaNorm: 0.5}, {Rank: 2, Parameters: 1024, Bytes: 4300, DeltaNorm: 1.23456}}}
	printed(t, "inspect", print(false, foreign), `
folder       peft
rank, alpha  2, 16
adapted      1 projections
head         0 parameters

 rank  parameters  size    ‖ΔW‖
──────────────────────────────────
    1         512  2.2 kB  0.5000
    2        1024  4.3 kB  1.2346`)

	own := &session.Inspection{Folder: "runs/a/adapter", Rank: 4, Alpha: 0.5, RSLoRA: true, Scaling: "sqrt", Scale: "alpha/√rank", Sites: []string{"a.query", "a.value"}, Own: []int{4, 1}, Head: 66306, Biases: 12,
		Notes: []string{"x.bias was not loaded"}, Ranks: []session.RankSize{{Rank: 4, Parameters: 3, Bytes: 999}},
		Facts: &adapter.Provenance{Version: "v0.1.0", Task: "sst2", Model: "mini", ModelHash: "0123456789abcdef", RankMin: 1, RankMax: 8, Sampler: "uniform", Update: "all",
			Seed: 42, Epoch: 2, Step: 300, Targets: []string{"query", "value"}, CutFrom: 8}}
	printed(t, "inspect of its own", print(false, own), `
folder       runs/a/adapter
rank, alpha  4, 0.5, scale alpha/√rank
adapted      2 projections of ranks 1 to 4
head         66306 parameters
biases       12 parameters, in the place of the base model's
note         x.bias was not loaded
task         sst2
model        mini
targets      query, value
trained      ranks 1 to 8, uniform, update all, seed 42, epoch 2, step 300
dylora       v0.1.0
cut from     rank 8

 rank  parameters  size   ‖ΔW‖
─────────────────────────────────
    4           3  999 B  0.0000`)
}

func TestPrintFetch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		f    session.Fetched
		want string
	}{
		{session.Fetched{Name: "mini", Kind: "built in"}, "mini: built in"},
		{session.Fetched{Name: "org/mini", Kind: "model", Folder: "/cache/org", Commit: "0123456789abcdef", Files: make([]hub.File, 3), Bytes: 10_800_000, Downloaded: 0},
			"model org/mini: 3 files, 10.8 MB (0 B downloaded)\n  /cache/org"},
		{session.Fetched{Name: "sst2", Kind: "task", Folder: "/cache/glue", Commit: "fedcba9", Files: make([]hub.File, 3), Bytes: 5100, Downloaded: 5100},
			"task sst2: 3 splits, 5.1 kB (5.1 kB downloaded)\n  /cache/glue"},
	} {
		printed(t, "fetch "+tt.f.Name, func(io *streams) error { o := fetchOptions{io: io}; return o.print(&tt.f) }, tt.want)
	}
	f := session.Fetched{Name: "sst2", Kind: "task", Folder: "/cache/glue", Commit: "fedcba9876543210", Files: make([]hub.File, 3)}
	printed(t, "fetch --verbose", func(io *streams) error { io.verbose = true; o := fetchOptions{io: io}; return o.print(&f) }, "task sst2: 3 splits, 0 B (0 B downloaded), commit fedcba9876543210\n  /cache/glue")
}

func TestPrintMerge(t *testing.T) {
	t.Parallel()
	all := []*session.Merged{
		{Folder: "m/merged-rank-1", Rank: 1, Difference: 1.2345e-7, Largest: 2.5, Sequences: 16},
		{Folder: "m/merged-rank-2", Rank: 2, Difference: 0, Largest: 3, Sequences: 16},
	}
	print := func(json bool, m ...*session.Merged) func(io *streams) error {
		return func(io *streams) error { o := mergeOptions{io: io, json: json}; return o.print(m) }
	}
	printed(t, "merge", print(false, all...), `
rank 1 merged into m/merged-rank-1
largest difference of a logit on 16 random sequences: 1.23e-07 (largest logit 2.5)
rank 2 merged into m/merged-rank-2
largest difference of a logit on 16 random sequences: 0 (largest logit 3)`)
	one := `{"folder":"m/merged-rank-2","rank":2,"largest_difference":0,"largest_logit":3,"sequences":16}`
	printed(t, "merge --json", print(true, all[1]), one)
	printed(t, "merge --json of several", print(true, all[1], all[1]), `{"merged":[`+one+","+one+"]}")
}
