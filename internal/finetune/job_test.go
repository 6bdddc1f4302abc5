package finetune

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/train"
)

// TestTrain: a training of each kind of task ends in a report, the adapter and the sweep.
func TestTrain(t *testing.T) {
	f := newFolder(t)
	for name, tt := range map[string]struct {
		yaml, metric string
		ranks        []int
		steps        int
		by           string
	}{
		"sink":       {"", "accuracy", []int{1, 2, 4}, 20, "the best by the mean over these ranks"},
		"alike":      {alike + "; best: 3", "pearson", []int{1, 2, 3, 4}, 12, "the best by rank 3"},
		"demo":       {"task: demo; model: mini; max_train_examples: 20; max_eval_examples: 8; rank: 2; batch: 8", "accuracy", []int{1, 2}, 6, "the best by the mean over these ranks"},
		"cut short":  {"max_steps: 3; eval_ranks: 2-3", "accuracy", []int{2, 3}, 3, "the best by the mean over these ranks"},
		"two a step": {"grad_accumulation: 2; ranks_per_step: sandwich; best: R", "accuracy", []int{1, 2, 4}, 10, "the best by rank 4"},
	} {
		t.Run(name, func(t *testing.T) {
			f := folder{t, f.env, f.notes}
			dir := strings.ReplaceAll(name, " ", "-")
			r := f.train(f.settled(tt.yaml), Place{Run: dir})
			if r.Run != dir || r.Adapter != dir+"/adapter" || r.By != tt.by || r.Metric != tt.metric || r.Split != "dev" {
				t.Errorf("report %+v of sweep %+v", r, r.Sweep)
			}
			if r.Step < 1 || r.Step > tt.steps || r.Epoch < 1 {
				t.Errorf("best at epoch %d, step %d of %d", r.Epoch, r.Step, tt.steps)
			}
			checkSweep(f, r, tt.ranks)
		})
	}
	if latest, err := train.Latest("runs"); err != nil || !slices.Contains([]string{"sink", "alike", "demo", "cut-short", "two-a-step"}, lastElement(latest)) {
		t.Errorf("runs/latest is %s, %v", latest, err)
	}
}

func lastElement(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// checkSweep holds a report against the ranks wanted, sweep.json and the adapter's files.
func checkSweep(f folder, r *Report, ranks []int) {
	f.Helper()
	a, p := f.load(r.Run)
	var got []int
	for _, rank := range r.Ranks {
		got = append(got, rank.Rank)
		if rank.Parameters != a.ParametersAt(rank.Rank) || rank.Bytes == 0 {
			f.Errorf("rank %d: %d parameters, %d bytes", rank.Rank, rank.Parameters, rank.Bytes)
		}
		if metrics := p.Metrics[string('0'+rune(rank.Rank))]; !reflect.DeepEqual(metrics, rank.Metrics.Floats()) {
			f.Errorf("rank %d: dylora.json has %v, the sweep %v", rank.Rank, metrics, rank.Metrics)
		}
	}
	if !slices.Equal(got, ranks) || len(p.Metrics) != len(ranks) {
		f.Errorf("ranks %v and %v, want %v", got, p.Metrics, ranks)
	}
	var b bytes.Buffer
	must(f, r.write(&b))
	if kept := f.read(r.Run, "sweep.json"); kept != b.String() || strings.Count(kept, "\n") != 1 {
		f.Errorf("sweep.json is %s, the report %s", kept, b.String())
	}
	var read struct {
		evaluate.Sweep
		Run         string
		Epoch, Step int
	}
	must(f, json.Unmarshal(b.Bytes(), &read))
	if read.Run != r.Run || read.Epoch != r.Epoch || read.Step != r.Step || !reflect.DeepEqual(read.Ranks, r.Ranks) {
		f.Errorf("read again %+v, was %+v", read, r)
	}
	if p.Epoch != r.Epoch || p.Step != r.Step || p.RankMax != a.Rank {
		f.Errorf("provenance %+v of %+v", p, r)
	}
}

// TestDefaultFolder: without a name the run is runs/<task>-<time>, and runs/latest is it.
func TestDefaultFolder(t *testing.T) {
	f := newFolder(t)
	r := f.train(f.settled("max_steps: 1"), Place{})
	latest, err := train.Latest("runs")
	if r.Run != "runs/sink.csv-20260203-040506" || err != nil || latest != r.Run {
		t.Errorf("run %s, latest %s, %v", r.Run, latest, err)
	}
	if !f.said(r.Run+": new run") || !f.said("model roberta: 2 layers of 24; adapter: rank 4 on query,value") || !f.said("sink.csv train: 40 examples, labels bad 20, good 20") {
		t.Errorf("told %q", *f.notes)
	}
}

// TestBestEpoch: the adapter is that of the best epoch, here the first of equals, and not that
// of the last.
func TestBestEpoch(t *testing.T) {
	f := newFolder(t)
	j := f.prepare(f.settled("lr: 1.0e-9"), Place{Run: "run"})
	var after []string // each epoch
	j.Loop.On(train.Hook{Name: "keep", Epoch: func(*train.Loop) error {
		after = append(after, j.Adapter.Fingerprint())
		return nil
	}})
	must(t, j.Run(t.Context()))
	r, err := j.Finish(t.Context())
	must(t, err)
	if a, _ := f.load("run"); r.Epoch != 1 || r.Step != 10 || len(after) != 2 || after[0] == after[1] || a.Fingerprint() != after[0] {
		t.Errorf("epoch %d, step %d; after the epochs %q, saved %s", r.Epoch, r.Step, after, a.Fingerprint())
	}
}

// TestReportJSON: text of HTML's stays as it is.
func TestReportJSON(t *testing.T) {
	var b bytes.Buffer
	r := &Report{Sweep: &evaluate.Sweep{Task: "a<b>.csv"}, Run: "r&d", Epoch: 2, Step: 7, Adapter: "x", By: "y"}
	must(t, r.write(&b))
	if want := `{"task":"a<b>.csv","split":"","metric":"","ranks":null,"run":"r&d","epoch":2,"step":7}` + "\n"; b.String() != want {
		t.Errorf("%s, want %s", b.String(), want)
	}
}

// TestFirstExamples: of each split as many examples as are asked for, the first ones.
func TestFirstExamples(t *testing.T) {
	f := newFolder(t)
	j := f.prepare(f.settled("max_train_examples: 10; max_eval_examples: 5"), Place{})
	if len(j.trainExamples) != 10 || len(j.devExamples) != 5 || j.Loop.Steps() != 6 || j.trainExamples[9].Index != 9 || j.devExamples[4].Index != 4 {
		t.Errorf("%d and %d examples, %d steps", len(j.trainExamples), len(j.devExamples), j.Loop.Steps())
	}
	j = f.prepare(f.settled("max_train_examples: 1000"), Place{})
	if len(j.trainExamples) != 40 || len(j.devExamples) != 12 {
		t.Errorf("%d and %d examples, want all", len(j.trainExamples), len(j.devExamples))
	}
}

// TestNothingEvaluated: a job that has not run has no adapter to finish.
func TestNothingEvaluated(t *testing.T) {
	f := newFolder(t)
	j := f.prepare(f.settled(""), Place{Run: "run"})
	if _, err := j.Finish(t.Context()); err == nil || err.Error() != "train: nothing was evaluated" {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat("run/adapter"); err == nil {
		t.Error("there is an adapter")
	}
}

// TestUndefined: a metric that is undefined is no number of the run, and null in its files.
func TestUndefined(t *testing.T) {
	f := newFolder(t)
	f.write("alike-dev.csv", "first,second,score\nthe boat sank,the river was cold,1\nthe river sank,so old,1\n")
	r := f.train(f.settled(alike+"; max_steps: 2"), Place{Run: "run"})
	for _, rank := range r.Ranks {
		if _, ok := rank.Value.Float(); ok {
			t.Errorf("rank %d: %v", rank.Rank, rank.Value)
		}
	}
	if text := f.read("run", "sweep.json"); !strings.Contains(text, `"value":null`) {
		t.Errorf("sweep.json: %s", text)
	}
	if _, p := f.load("run"); p.Step != 2 || len(p.Metrics) != 3 || len(p.Metrics["4"]) != 0 {
		t.Errorf("provenance %+v", p)
	}
	if log := f.read("run", "metrics.jsonl"); !strings.Contains(log, `"1":null`) {
		t.Errorf("metrics.jsonl: %s", log)
	}
}

// TestWatchedRanks: the ranks of each epoch's evaluation, and the one that decides.
func TestWatchedRanks(t *testing.T) {
	f := newFolder(t)
	for yaml, want := range map[string][]int{
		"rank: 6":                           {1, 2, 4, 6},
		"rank: 6; best: 5":                  {1, 2, 4, 5, 6},
		"rank: 6; best: R":                  {1, 2, 4, 6},
		"rank: 6; eval_ranks: 2":            {2},
		"rank: 6; eval_ranks: 2; best: R":   {2, 6},
		"rank: 6; eval_ranks: 4-6; best: 1": {1, 4, 5, 6},
		"rank: 3; eval_ranks: all; best: 2": {1, 2, 3},
	} {
		j := f.prepare(f.settled(yaml), Place{})
		if !slices.Equal(j.ranks, want) {
			t.Errorf("%s: %v, want %v", yaml, j.ranks, want)
		}
		e, err := j.validate(t.Context())
		if err != nil || e.Metric != "accuracy" || len(e.Values) != len(want) {
			t.Errorf("%s: evaluated %+v, %v", yaml, e, err)
		}
		must(t, j.Close())
	}
}

// TestWithRank: the ranks stay sorted, and the caller's are not touched.
func TestWithRank(t *testing.T) {
	for _, tt := range []struct {
		rank int
		want []int
	}{{0, []int{2, 4}}, {2, []int{2, 4}}, {1, []int{1, 2, 4}}, {3, []int{2, 3, 4}}, {9, []int{2, 4, 9}}} {
		ranks := append(make([]int, 0, 8), 2, 4)
		got := withRank(ranks, tt.rank)
		if !slices.Equal(got, tt.want) || !slices.Equal(ranks, []int{2, 4}) || ranks[:3][2] != 0 {
			t.Errorf("with %d: %v of %v, want %v", tt.rank, got, ranks, tt.want)
		}
	}
	if got := withRank(nil, 0); got != nil {
		t.Errorf("none with 0: %v", got)
	}
}
