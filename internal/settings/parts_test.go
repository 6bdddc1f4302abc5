package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train"
)

// resolved are the settings that words KEY=VALUE make.
func resolved(t *testing.T, words string) *Settings {
	t.Helper()
	r, err := Resolve(flags(t, words))
	if err != nil {
		t.Fatalf("%s: %v", words, err)
	}
	return &r.Settings
}

func TestLoopConfig(t *testing.T) {
	for words, want := range map[string]struct {
		best   train.Best
		strict bool
	}{
		"":                       {train.BestByMean(), false},
		"best=R update=frozen":   {train.BestAt(8), false},
		"best=log-loss":          {train.BestOf("log_loss"), false},
		"best=f1:Mean":           {train.BestOf("f1:Mean"), false},
		"best=R rank=4":          {train.BestAt(4), false},
		"best=3 update=strict":   {train.BestAt(3), true},
		"lr=0.5 seed=7 epochs=9": {train.BestByMean(), false},
	} {
		s := resolved(t, words)
		before := *s
		c, err := s.LoopConfig()
		whole := s.Train.Loop
		whole.Best, whole.Strict, whole.OwnRow = want.best, want.strict, s.Adapter.Update != adapter.All
		if err != nil || c != whole || c.Validate() != nil {
			t.Errorf("%s: %+v, %v, want %+v", words, c, err, whole)
		}
		if *s != before {
			t.Errorf("%s: the settings became %+v", words, s)
		}
	}
	s := Defaults()
	s.Train.Best = "9"
	if _, err := s.LoopConfig(); err == nil || fault.ClassOf(err) != fault.Usage {
		t.Errorf("best 9 of rank 8: %v", err)
	}
}

// Whatever Resolve lets pass, the loop takes: there is one set of rules.
func TestLoopTakesWhatResolves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := map[string]any{}
		c := train.DefaultConfig()
		fields := new(Settings).Fields()
		for _, f := range fields {
			switch f.Key {
			case "lr", "weight_decay", "warmup", "clip":
				values[f.Key] = rapid.OneOf(rapid.Float64Range(-0.5, 1.5), rapid.Just(0.0), rapid.Float64()).Draw(t, f.Key)
			case "epochs", "max_steps", "grad_accumulation", "patience":
				values[f.Key] = rapid.IntRange(-1, 3).Draw(t, f.Key)
			}
		}
		l := NewLayer(File)
		for key, v := range values {
			l.Set(key, "here", v)
		}
		r, err := Resolve(l)
		c.LR, c.WeightDecay, c.Warmup, c.Clip = values["lr"].(float64), values["weight_decay"].(float64), values["warmup"].(float64), values["clip"].(float64)
		c.Epochs, c.MaxSteps, c.Accumulate, c.Patience = values["epochs"].(int), values["max_steps"].(int), values["grad_accumulation"].(int), values["patience"].(int)
		if loop := c.Validate(); (loop == nil) != (err == nil) {
			t.Fatalf("settings: %v, loop: %v", err, loop)
		}
		if err == nil && r.Train.Loop != c {
			t.Fatalf("resolved %+v, want %+v", r.Train.Loop, c)
		}
	})
}

func TestEvalRanks(t *testing.T) {
	for words, want := range map[string][]int{
		"": {1, 2, 4, 8}, "rank=6": {1, 2, 4, 6}, "rank=1": {1}, "eval_ranks=all rank=3": {1, 2, 3}, "eval_ranks=8,2,4-5,2": {2, 4, 5, 8},
	} {
		if got, err := resolved(t, words).EvalRanks(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", words, got, err, want)
		}
	}
	s := Defaults()
	s.Train.EvalRanks = "9"
	if got, err := s.EvalRanks(); err == nil || fault.ClassOf(err) != fault.Usage {
		t.Errorf("rank 9 of 8: %v, %v", got, err)
	}
}

func TestTargetList(t *testing.T) {
	for targets, want := range map[string]string{
		"query,value": "query value", " value , query ": "query value", "all-linear": "query key value attention.output.dense intermediate.dense output.dense pooler.dense",
		"output.dense": "output.dense",
	} {
		got, err := Adapter{Targets: targets}.TargetList()
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: %v, %v, want %s", targets, got, err, want)
		}
	}
	for _, targets := range []string{"", "queries", "query,", "query,query value"} {
		if got, err := (Adapter{Targets: targets}).TargetList(); err == nil {
			t.Errorf("%q: %v, want an error", targets, got)
		}
	}
}

func TestNewSampler(t *testing.T) {
	for words, want := range map[string]struct {
		ranks []int
		pmf   []float64
	}{
		"": {[]int{1, 2, 3, 4, 5, 6, 7, 8}, nil}, "rank=4 r_min=2": {[]int{2, 3, 4}, nil}, "block=4": {[]int{4, 8}, []float64{0.5, 0.5}},
		"sampler=list:2,3 rank=4": {[]int{2, 3}, []float64{0.5, 0.5}}, "sampler=pmf:1,3 rank=2": {[]int{1, 2}, []float64{0.25, 0.75}},
	} {
		a := resolved(t, words).Adapter
		s, err := a.NewSampler()
		if err != nil || !slices.Equal(s.Ranks(), want.ranks) || want.pmf != nil && !slices.Equal(s.PMF(), want.pmf) || s.String() != a.Sampler {
			t.Errorf("%s: %v, %v, want %v", words, s, err, want)
		}
	}
	if s, err := (Adapter{Sampler: "dice", Rank: 8, RMin: 1, Block: 1}).NewSampler(); err == nil || fault.ClassOf(err) != fault.Usage {
		t.Errorf("dice: %v, %v", s, err)
	}
}

func TestNewTask(t *testing.T) {
	mrpc, err := resolved(t, "task=MRPC").Data.NewTask([]string{"does", "not", "count"})
	if want, _ := data.LookupTask("mrpc"); err != nil || mrpc.Name != "mrpc" || len(mrpc.Labels) != len(want.Labels) {
		t.Errorf("mrpc: %+v, %v", mrpc, err)
	}
	d := resolved(t, "task=a.csv kind=regression").Data
	if own, err := d.NewTask(nil); err != nil || own.Kind != data.Regression {
		t.Errorf("regression: %+v, %v", own, err)
	}
	d = resolved(t, "task=a.csv").Data
	if own, err := d.NewTask([]string{"no", "yes"}); err != nil || !slices.Equal(own.Labels, []string{"no", "yes"}) || own.Kind != data.Classification {
		t.Errorf("labels given: %+v, %v", own, err)
	}
	d.Task = filepath.Join(t.TempDir(), "own.csv")
	if err := os.WriteFile(d.Task, []byte("text,label,more\na,up,b\nc,down,d\ne,up,f\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.PairColumn = "more"
	if own, err := d.NewTask(nil); err != nil || own.Name != "own.csv" || !own.Pair || !slices.Equal(slices.Sorted(slices.Values(own.Labels)), []string{"down", "up"}) {
		t.Errorf("labels of the file: %+v, %v", own, err)
	}
	if _, err := (Data{Task: "sst3"}).NewTask(nil); err == nil || fault.ClassOf(err) != fault.Usage {
		t.Errorf("no task: %v", err)
	}
}
