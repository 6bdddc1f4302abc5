package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/settings"
)

// TestOpenRefusesEarly: what the adapter, the task and the model's configuration can say is
// said before a weight is read: the weights of every model here are garbage.
func TestOpenRefusesEarly(t *testing.T) {
	roberta, bert := reference(t, "roberta"), reference(t, "bert")
	model, other := garbled(t, roberta.Model()), garbled(t, bert.Model())
	files := own(t)
	task := ownTask(files)
	on := func(model string) string { return "model: " + model + "; " + task }
	trained := func(change func(*adapter.Provenance)) string {
		p := provenance(t, roberta)
		p.Model = model
		change(p)
		return runFolder(t, task, adapterOf(t, peft(roberta)), p)
	}
	renamed := adapterOf(t, peft(roberta))
	renamed.Modules[0].Name = "roberta.encoder.layer.7.attention.self.query"
	far := filepath.Join(t.TempDir(), "far")
	must(t, adapter.Save(far, renamed, nil, adapter.SaveOptions{}))
	wider := adapterOf(t, peft(roberta))
	for i := range wider.Modules {
		m := &wider.Modules[i]
		m.In, m.Out, m.A, m.B = 8, 8, make([]float32, 8*wider.Rank), make([]float32, 8*wider.Rank)
	}
	wide := filepath.Join(t.TempDir(), "wide")
	must(t, adapter.Save(wide, wider, nil, adapter.SaveOptions{}))
	no := errors.New("no")
	for name, tt := range map[string]struct {
		path, yaml string
		options    Options
		class      fault.Class
		reason     fault.Reason
		part       string
	}{
		"nothing is known":        {path: peft(roberta), yaml: "", class: fault.Usage, reason: NoTask, part: "records no task"},
		"no task":                 {path: peft(roberta), yaml: "model: " + model, class: fault.Usage, reason: NoTask, part: peft(roberta)},
		"no model":                {path: peft(roberta), yaml: task, class: fault.Usage, reason: NoModel, part: "records no base model"},
		"no model, any task":      {path: peft(roberta), options: Options{AnyTask: true}, class: fault.Usage, reason: NoModel, part: "records no base model"},
		"two labels for three":    {path: peft(roberta), yaml: "task: sst2; model: " + model, class: fault.Invalid, reason: OtherTask, part: "has 3 outputs, task sst2 needs 2"},
		"regression for three":    {path: peft(roberta), yaml: "task: stsb; model: " + model, class: fault.Invalid, reason: OtherTask, part: "task stsb needs 1"},
		"trained for a kind":      {path: trained(func(p *adapter.Provenance) { p.Regression, p.Labels = true, nil }), yaml: "kind: classification; model: " + model, class: fault.Invalid, reason: OtherTask, part: "was trained for boats.csv"},
		"no file to train on":     {path: peft(roberta), yaml: "task: " + filepath.Join(files, "absent.csv") + "; model: " + model, class: fault.Invalid, part: "absent.csv"},
		"wrong setting":           {path: peft(roberta), yaml: on(model) + "; max_length: 1", class: fault.Usage, part: "max_length"},
		"unknown kernel":          {path: peft(roberta), yaml: on(model) + "; kernel: abacus", class: fault.Usage, part: "abacus"},
		"check":                   {path: peft(roberta), yaml: on(model), options: Options{Check: func(*data.Task, settings.Data) error { return no }}, class: fault.Failure, part: "no"},
		"no such split":           {path: peft(roberta), yaml: on(model), options: Options{Split: "test"}, class: fault.Usage, part: "test"},
		"split before the model":  {path: trained(func(*adapter.Provenance) {}), yaml: on("/no/such/model"), options: Options{Split: "test"}, class: fault.Usage, part: "test"},
		"the order before":        {path: peft(roberta), yaml: on("/no/such/model"), options: Options{Split: "test"}, class: fault.Usage, part: "no such folder"},
		"no such model":           {path: peft(roberta), yaml: on("/no/such/model"), class: fault.Usage, part: "no such folder"},
		"module of another layer": {path: far, yaml: on(model), class: fault.Invalid, reason: OtherModel, part: "layer.7.attention.self.query, which model"},
		"module of another size":  {path: wide, yaml: on(model), class: fault.Invalid, reason: OtherModel, part: "is (8, 8), in model"},
		"another kind of model":   {path: peft(roberta), yaml: on(other), class: fault.Invalid, reason: OtherModel, part: "model " + other + ", of model_type bert, does not have"},
		"longer than it takes":    {path: peft(roberta), yaml: on(model) + "; max_length: 27", class: fault.Usage, part: "at most 26"},
		"nothing is wrong":        {path: peft(roberta), yaml: on(model), class: fault.Invalid, part: "model.safetensors"},
		"remembered":              {path: trained(func(*adapter.Provenance) {}), class: fault.Invalid, part: "model.safetensors"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, env(t), tt.path, tt.yaml, tt.options)
			refused(t, err, tt.class, tt.reason, tt.part)
		})
	}
}

// TestOpenOrder: the task is refused before its data are read. The data are read before the
// model is looked for if the adapter records the order of its labels.
func TestOpenOrder(t *testing.T) {
	s := surround(t)
	server := onGLUE(t, s)
	e := reference(t, "roberta")
	p := provenance(t, e)
	p.Task, p.Labels, p.TextColumn, p.LabelColumn = "mnli", []string{"contradiction", "neutral", "entailment"}, "", ""
	path := runFolder(t, "task: mnli", adapterOf(t, peft(e)), p)
	no := errors.New("refused")
	var checked string
	check := func(t *data.Task, d settings.Data) error {
		checked = fmt.Sprint(t.Name, " ", d.Model)
		return no
	}
	_, err := open(t, s.Env, path, "task: mnli; model: org/boats", Options{Check: check, Split: "dev_matched"})
	if !errors.Is(err, no) || checked != "mnli org/boats" || server.Requests("") != 0 {
		t.Errorf("checked %q, %d requests, %v", checked, server.Requests(""), err)
	}
	_, err = open(t, s.Env, path, "task: mnli; model: org/boats", Options{Split: "dev_matched"})
	refused(t, err, fault.Usage, "", "org/boats", "no such repository")
	if server.Requests("validation_matched") == 0 {
		t.Error("the data were not read before")
	}
}

// TestOpenRun: a run folder remembers all that is needed; what a user says counts more.
func TestOpenRun(t *testing.T) {
	e := reference(t, "roberta")
	run := runFolder(t, ownTask(own(t))+"; seed: 3", adapterOf(t, peft(e)), provenance(t, e))
	s := opened(t, env(t), run, "", Options{Split: "dev"})
	if s.Task.Name != "boats.csv" || !slices.Equal(s.Task.Labels, []string{"bad", "good", "so so"}) || s.Encoder.Name != e.Model() || s.Encoder.MaxLength != 20 {
		t.Errorf("task %+v on %s, %d tokens", s.Task, s.Encoder.Name, s.Encoder.MaxLength)
	}
	if len(s.splits["dev"]) != 9 || s.Run != run {
		t.Errorf("%d examples of run %s", len(s.splits["dev"]), s.Run)
	}
	if s := opened(t, env(t), run, "max_length: 7; max_eval_examples: 4", Options{Split: "dev"}); s.Encoder.MaxLength != 7 || len(s.splits["dev"]) != 4 {
		t.Errorf("%d tokens, %d examples", s.Encoder.MaxLength, len(s.splits["dev"]))
	}
}

// TestOpenLabels: the labels of own files are the adapter's, so its training file need not
// be there.
func TestOpenLabels(t *testing.T) {
	e := reference(t, "roberta")
	dir := own(t)
	run := runFolder(t, ownTask(dir), adapterOf(t, peft(e)), provenance(t, e))
	must(t, os.Remove(filepath.Join(dir, "boats.csv")))
	s := opened(t, env(t), run, "", Options{Split: "dev"})
	if len(s.Task.Labels) != 3 {
		t.Errorf("labels %q", s.Task.Labels)
	}
}

// TestOpenOtherTask: an adapter that was trained on somebody's own files is measured on a task
// of the table that has as many labels, if the user says which label is which; what it remembers of the files does not count there.
func TestOpenOtherTask(t *testing.T) {
	e := reference(t, "roberta")
	p := provenance(t, e)
	p.TextColumn, p.LabelColumn, p.PairColumn = "line", "mood", "reply"
	run := runFolder(t, "task: boats.csv; dev_file: dev.csv; quoting: csv; data_dir: glue", adapterOf(t, peft(e)), p)
	_, err := open(t, env(t), run, "task: mnli", Options{})
	refused(t, err, fault.Invalid, OtherTask, `was trained for the labels "bad", "good", "so so", and task mnli has "entailment", "neutral", "contradiction"`)
	s := opened(t, env(t), run, "task: mnli; labels: contradiction,entailment,neutral", Options{})
	if !slices.Equal(s.Task.Labels, []string{"contradiction", "entailment", "neutral"}) {
		t.Errorf("columns %q", s.Task.Labels)
	}
	if s.Task.Name != "mnli" || s.Data.TextColumn != "text" || s.Data.DevFile != "" || s.Data.DataDir != "glue" || s.Encoder.MaxLength != 20 {
		t.Errorf("task %s with the settings %+v", s.Task.Name, s.Data)
	}
	_, err = open(t, env(t), run, "task: mnli; text_column: line", Options{})
	refused(t, err, fault.Usage, "", "text_column: is for a task of your own files", "test.yaml line 2")
	_, err = open(t, env(t), run, "task: sst2", Options{})
	refused(t, err, fault.Invalid, OtherTask, "task sst2 needs 2")
	files := own(t)
	write(t, strings.ReplaceAll(read(t, files, "dev.csv"), "text,label", "line,mood"), files, "dev.csv")
	p.PairColumn = ""
	run = runFolder(t, "task: boats.csv", adapterOf(t, peft(e)), p)
	if s := opened(t, env(t), run, ownTask(files), Options{Split: "dev"}); len(s.splits["dev"]) != 9 {
		t.Errorf("other files with the remembered columns: %d examples", len(s.splits["dev"]))
	}
}

// TestOpenOtherModel: a revision that is remembered is one of the remembered model, and does
// not count for the one that a user names instead.
func TestOpenOtherModel(t *testing.T) {
	e := reference(t, "roberta")
	p := provenance(t, e)
	p.Model, p.Revision, p.HubModel = "org/ships", "v7", true
	run := runFolder(t, ownTask(own(t)), adapterOf(t, peft(e)), p)
	s := opened(t, env(t), run, "model: "+e.Model(), Options{})
	if s.Data.Revision != "" || s.Encoder.Name != e.Model() {
		t.Errorf("model %s at revision %q", s.Encoder.Name, s.Data.Revision)
	}
	for yaml, part := range map[string]string{
		"":                                  "org/ships@v7 is not in the cache",
		"model: org/ships":                  "org/ships@v7 is not in the cache",
		"revision: v8":                      "org/ships@v8 is not in the cache",
		"model: org/boats":                  "org/boats is not in the cache",
		"model: org/boats; revision: v8":    "org/boats@v8 is not in the cache",
		"revision: v8; model: " + e.Model(): "only models of the Hub have revisions",
	} {
		_, err := open(t, env(t), run, yaml, Options{})
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q: %v, want %q", yaml, err, part)
		}
	}
}

// TestOpenOnHub: an adapter on a model of the Hub by its name.
func TestOpenOnHub(t *testing.T) {
	s := surround(t)
	server := onHub(t, s)
	o := opened(t, s.Env, peft(reference(t, "roberta")), "model: org/boats; "+ownTask(own(t)), Options{})
	if !o.Encoder.Hub || o.Encoder.Name != "org/boats" || server.Requests("model.safetensors") == 0 {
		t.Errorf("encoder %s", o.Encoder.Name)
	}
}

// TestOpenAnyTask: where no task is known the head's outputs are the labels, of the adapter's head or
// of the base's.
func TestOpenAnyTask(t *testing.T) {
	for name, want := range map[string]struct {
		kind   data.Kind
		labels []string
	}{"roberta": {data.Classification, []string{"LABEL_0", "LABEL_1", "LABEL_2"}}, "bert": {data.Regression, nil}} {
		e := reference(t, name)
		s := opened(t, env(t), peft(e), "model: "+e.Model(), Options{AnyTask: true})
		if s.Task.Name != "unknown" || s.Task.Kind != want.kind || !slices.Equal(s.Task.Labels, want.labels) || s.Program.Labels() != max(1, len(want.labels)) {
			t.Errorf("%s: task %+v", name, s.Task)
		}
	}
	e := reference(t, "roberta")
	s := opened(t, env(t), peft(e), "model: "+e.Model()+"; "+ownTask(own(t)), Options{AnyTask: true})
	if s.Task.Name != "boats.csv" {
		t.Errorf("a task that is given is not taken: %s", s.Task.Name)
	}
	s = opened(t, env(t), headless(t, e), "model: "+e.Model(), Options{AnyTask: true})
	if !slices.Equal(s.Task.Labels, []string{"LABEL_0", "LABEL_1", "LABEL_2"}) {
		t.Errorf("the columns of the base's head are %q", s.Task.Labels)
	}
	_, err := open(t, env(t), headless(t, e), "model: "+e.Model(), Options{})
	refused(t, err, fault.Usage, NoTask)
}

// TestOpenPrecision: the model is held as the settings say, and for Exact in float32.
func TestOpenPrecision(t *testing.T) {
	e := reference(t, "roberta")
	yaml := "model: " + e.Model() + "; " + ownTask(own(t)) + "; precision: "
	for precision, want := range map[string]kernel.Precision{"float32": kernel.Float32, "i16": kernel.I16, "int8": kernel.Int8} {
		s := opened(t, env(t), peft(e), yaml+precision, Options{})
		if got := s.Encoder.Model.Precision(); got != want {
			t.Errorf("%s: the model is in %s", precision, got)
		}
		s = opened(t, env(t), peft(e), yaml+precision, Options{Exact: true})
		if got := s.Encoder.Model.Precision(); got != kernel.Float32 {
			t.Errorf("%s, exact: the model is in %s", precision, got)
		}
	}
}

// TestOpenStopped: a session that is stopped while it calibrates is none.
func TestOpenStopped(t *testing.T) {
	e := reference(t, "roberta")
	a, err := OpenAdapter(env(t), peft(e), adapter.Options{})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Open(ctx, env(t), a, Options{Layers: []*settings.Layer{layer("precision: int8; model: " + e.Model() + "; " + ownTask(own(t)))}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v", err)
	}
}
