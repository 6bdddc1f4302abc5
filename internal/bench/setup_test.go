package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// workFolder makes a working folder with the committed RoBERTa as model, and a task of 30
// training examples and 11 of dev.
func workFolder(t *testing.T) {
	t.Helper()
	base := os.DirFS(filepath.Join(reftest.Testdata(t), "roberta", "model"))
	t.Chdir(t.TempDir())
	must(t, os.CopyFS("model", base))
	for file, n := range map[string]int{"train.csv": 30, "dev.csv": 11} {
		text := "text,label\n"
		for i := range n {
			text += fmt.Sprintf("the %s %s,%d\n", []string{"boat", "old boat", "river"}[i%3], strings.Repeat("so ", i%4)+"cold", i%2)
		}
		must(t, os.WriteFile(file, []byte(text), 0o666))
	}
}

// env collects what the user is told.
func env(notes *[]string) *session.Env {
	return &session.Env{
		Note: func(line string) { *notes = append(*notes, line) },
		Getenv: func(name string) string {
			return map[string]string{"DYLORA_CACHE": "off", "HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent"}[name]
		},
		Now: time.Now,
	}
}

// request measures n steps of the task on the model, unless yaml says otherwise.
func request(t *testing.T, train bool, n int, yaml string) Request {
	t.Helper()
	usual := settings.YAMLLayer(settings.File, "usual.yaml", []byte("task: train.csv\nmodel: model\nbatch: 4\nrank: 3\nthreads: 1\n"))
	if !strings.Contains(yaml, "task: ") {
		yaml += "; dev_file: dev.csv"
	}
	r, err := settings.WithRecipe(usual, settings.YAMLLayer(settings.Flag, "test.yaml", []byte(strings.ReplaceAll(strings.TrimPrefix(yaml, "; "), "; ", "\n"))))
	must(t, err)
	return Request{Settings: r, Train: train, Steps: n}
}

// TestPrepareRefuses: what does not fit together is refused before the model, whose weights
// are garbage, is read.
func TestPrepareRefuses(t *testing.T) {
	workFolder(t)
	must(t, os.WriteFile("model/model.safetensors", []byte("garbage"), 0o666))
	must(t, os.MkdirAll("glue/RTE", 0o777))
	for _, split := range []string{"train", "dev"} {
		must(t, os.WriteFile("glue/RTE/"+split+".tsv", []byte("index\tsentence1\tsentence2\tlabel\n"), 0o666))
	}
	tokenizer := request(t, false, 1, "")
	tokenizer.Tokenizer = "model"
	unknown := request(t, true, 1, "")
	unknown.Settings = unknown.Settings.With("kernel", "abacus")
	for name, tt := range map[string]struct {
		q     Request
		class fault.Class
		want  string
	}{
		"too many steps":     {request(t, true, 1<<18+1, ""), fault.Usage, "262145 steps of 4 sentences are more than can be measured at a time, 1048576"},
		"too large a batch":  {request(t, true, 1, "batch: 1048577"), fault.Usage, "1 steps of 1048577 sentences"},
		"tokenizer":          {tokenizer, fault.Usage, "a tokenizer is given for random models: model model has its own"},
		"training in int8":   {request(t, true, 1, "precision: int8"), fault.Usage, "precision: int8 is for evaluation only"},
		"training in bf16":   {request(t, true, 1, "precision: bf16"), fault.Usage, "precision: bf16 is for evaluation only"},
		"kernel":             {unknown, fault.Usage, "kernel: "},
		"task":               {request(t, false, 1, "task: nosuch.csv"), fault.Invalid, "nosuch.csv"},
		"no dev file":        {request(t, false, 1, "task: train.csv"), fault.Usage, "no file for dev"},
		"no examples":        {request(t, true, 1, "task: rte; data_dir: glue"), fault.Invalid, "train"},
		"no dev examples":    {request(t, false, 1, "task: rte; data_dir: glue"), fault.Invalid, "dev"},
		"model":              {request(t, true, 1, "model: ./nosuch"), fault.Usage, "no such folder"},
		"random model":       {request(t, true, 1, "model: 'random:nosuch'"), fault.Usage, "model random:nosuch: "},
		"length":             {request(t, true, 1, "max_length: 27"), fault.Usage, "max_length: model model takes at most 26 tokens, not 27"},
		"weights":            {request(t, true, 1, ""), fault.Invalid, "model.safetensors"},
		"weights, evaluated": {request(t, false, 1, "precision: int8"), fault.Invalid, "model.safetensors"},
	} {
		var notes []string
		s, err := Prepare(t.Context(), env(&notes), tt.q)
		if s != nil || fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.want) || len(notes) > 0 {
			t.Errorf("%s: class %d: %v; told %q; want %d: %q", name, fault.ClassOf(err), err, notes, tt.class, tt.want)
		}
	}
}

// TestPrepareOrder: training is measured on the training split in the order of an epoch,
// evaluation on dev as it is, from the beginning again where there are too few.
func TestPrepareOrder(t *testing.T) {
	workFolder(t)
	var notes []string
	s, err := Prepare(t.Context(), env(&notes), request(t, true, 3, "seed: 5"))
	must(t, err)
	order := data.Order(30, 5, 0)
	for i, e := range s.examples {
		if e.Index != int(order[i]) {
			t.Fatalf("training: example %d is %d, want %d", i, e.Index, order[i])
		}
	}
	if len(s.examples) != 30 || s.request.mode() != "train" || s.request.split() != "train" {
		t.Errorf("training: %d examples, %s of %s", len(s.examples), s.request.mode(), s.request.split())
	}
	if u := s.subject(t.Context()); len(u.Batches) != 3 || u.Batches[0].Len() != 4 || !u.Train || u.Rank != 3 || u.Program != s.Program || u.Probe != kernel.Float32 {
		t.Errorf("training: %+v", u)
	}
	if s, err = Prepare(t.Context(), env(&notes), request(t, false, 4, "")); err != nil {
		t.Fatal(err)
	}
	if len(s.examples) != 11 || s.request.mode() != "eval" || s.request.split() != "dev" || !slices.IsSortedFunc(s.examples, func(a, b data.Example) int { return a.Index - b.Index }) {
		t.Errorf("evaluation: %d examples, %s of %s", len(s.examples), s.request.mode(), s.request.split())
	}
	u := s.subject(t.Context())
	if len(u.Batches) != 4 || u.Train {
		t.Fatalf("evaluation: %+v", u)
	}
	all := data.Encode(t.Context(), s.Encoder.Tokenizer, s.examples, s.Encoder.MaxLength)
	defer all.Close()
	for i, b := range u.Batches {
		var want []data.Encoded
		for j := range 4 {
			want = append(want, all.At((4*i+j)%11))
		}
		if !slices.Equal(b.IDs, data.Pack(want).IDs) {
			t.Errorf("evaluation: batch %d is %v, want %v", i, b.IDs, data.Pack(want).IDs)
		}
	}
	if len(notes) > 0 {
		t.Errorf("told %q", notes)
	}
}

// TestPrepareFails: an adapter that the model is too small for is refused, and gives nothing
// half-built.
func TestPrepareFails(t *testing.T) {
	workFolder(t)
	var notes []string
	s, err := Prepare(t.Context(), env(&notes), request(t, true, 1, "rank: 25"))
	if s != nil || fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "rank: 25 is above 24, the full rank of roberta.encoder.layer.0.attention.self.query") {
		t.Errorf("%v, %v", s, err)
	}
}

// TestPrepareInt8: int8 is calibrated on what is measured, which the user is told by the
// task's name, and the program computes in it.
func TestPrepareInt8(t *testing.T) {
	workFolder(t)
	var notes []string
	s, err := Prepare(t.Context(), env(&notes), request(t, false, 2, "precision: int8"))
	must(t, err)
	if want := "int8: calibrated on 11 examples of train.csv's dev split"; !slices.Equal(notes, []string{want}) {
		t.Errorf("told %q, want %q", notes, want)
	}
	if p := s.Encoder.Model.Precision(); p != kernel.Int8 || s.subject(t.Context()).Probe != kernel.Int8 {
		t.Errorf("computes in %s", p)
	}
	r, err := s.Measure(t.Context(), false)
	must(t, err)
	if r.Mode != "eval" || r.Precision != "int8" || r.Task != "train.csv" || r.Model != "model" || len(r.Products) > 0 {
		t.Errorf("report %+v", r)
	}
}

// TestMeasure: the report says what was measured, and the products where they are wanted.
func TestMeasure(t *testing.T) {
	workFolder(t)
	var notes []string
	s, err := Prepare(t.Context(), env(&notes), request(t, true, 3, ""))
	must(t, err)
	r, err := s.Measure(t.Context(), true)
	must(t, err)
	if r.Mode != "train" || r.Precision != "float32" || r.Task != "train.csv" || r.Model != "model" || r.Batch != 4 || r.Threads != 1 ||
		r.Kernel != s.Program.Machine().Name() || r.Steps != 3 || r.LoadSeconds <= 0 {
		t.Errorf("report %+v", r)
	}
	if len(r.Products) != 8 { // four, forwards and backwards
		t.Errorf("products %+v", r.Products)
	}
}

// TestSetupScaling: a part for each number of threads, of which the user is told.
func TestSetupScaling(t *testing.T) {
	workFolder(t)
	var notes []string
	s, err := Prepare(t.Context(), env(&notes), request(t, false, 1, ""))
	must(t, err)
	r, err := s.Scaling(t.Context(), env(&notes), []int{1, 2}, 128, 1)
	must(t, err)
	if r.Mode != "eval" || r.Task != "train.csv" || r.Model != "model" || r.Batch != 4 || len(r.Threads) != 2 {
		t.Errorf("%+v", r)
	}
	if want := []string{"measuring on 1 thread", "measuring on 2 threads"}; !slices.Equal(notes, want) {
		t.Errorf("told %q, want %q", notes, want)
	}
}

// TestShapes: the products of a layer, query, key and value as one.
func TestShapes(t *testing.T) {
	want := []Shape{{"query, key and value", 72, 24}, {"attention output", 24, 24}, {"intermediate", 36, 24}, {"output", 24, 36}}
	if got := shapes(model.Config{HiddenSize: 24, IntermediateSize: 36}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// machine is the one that a request computes on.
func machine(t *testing.T, q Request) *kernel.Machine {
	t.Helper()
	a, err := session.TrainingArithmetic(q.Settings)
	must(t, err)
	return a.Machine
}
