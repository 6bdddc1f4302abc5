package finetune

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// folder is a test in a working folder of its own, with the base models of the committed
// reference, roberta and bert, and the files of two tasks: sink.csv, of two labels, for
// roberta, and alike.csv, of two texts and a score, for bert.
type folder struct {
	*testing.T
	env   *session.Env
	notes *[]string // what the user was told
}

func newFolder(t *testing.T) folder {
	t.Helper()
	dir := t.TempDir()
	for _, model := range []string{"roberta", "bert"} {
		must(t, os.CopyFS(filepath.Join(dir, model), os.DirFS(filepath.Join(reftest.Testdata(t), model, "model"))))
	}
	t.Chdir(dir)
	f := folder{T: t, notes: new([]string)}
	f.write("sink.csv", sentences(40, 0))
	f.write("sink-dev.csv", sentences(12, 3))
	f.write("alike.csv", pairs(24, 0))
	f.write("alike-dev.csv", pairs(8, 5))
	variables := map[string]string{"HF_HUB_OFFLINE": "1", "HF_HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "DYLORA_CACHE": "off"}
	f.env = &session.Env{
		Note:    func(line string) { *f.notes = append(*f.notes, line) },
		Getenv:  func(name string) string { return variables[name] },
		Now:     func() time.Time { return time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC) },
		Version: "test",
	}
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sentences is a CSV file of n rows, whose text decides their label; from moves on in the
// list of texts.
func sentences(n, from int) string {
	b := "text,label\n"
	for i := range n {
		thing := []string{"boat", "river", "old boat", "small boat", "cold river"}[(i+from)%5]
		where := []string{"", " and all saw", " so cold", " on the river"}[(i/5+from)%4]
		does := []string{" sank", " was not so old"}[i%2]
		b += "the " + thing + does + where + "," + []string{"bad", "good"}[i%2] + "\n"
	}
	return b
}

// pairs is a CSV file of n rows of two texts and a score, in columns of other names than the
// usual ones.
func pairs(n, from int) string {
	b := "first,second,score\n"
	for i := range n {
		things := []string{"boat", "river", "small boat", "old boat"}
		a, c := things[(i+from)%4], things[(i/4+from)%4]
		b += fmt.Sprintf("the %s sank,the %s was cold,%d.5\n", a, c, (i*7+from)%5)
	}
	return b
}

// alike are the settings of the task of two texts.
const alike = "task: alike.csv; dev_file: alike-dev.csv; text_column: first; pair_column: second; label_column: score; kind: regression; model: bert"

func (f folder) write(name, text string) {
	f.Helper()
	must(f, os.MkdirAll(filepath.Dir(name), 0o777))
	must(f, os.WriteFile(name, []byte(text), 0o666))
}

func (f folder) read(elem ...string) string {
	f.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	must(f, err)
	return string(b)
}

// tree is every path below the working folder, and where links point to.
func (f folder) tree() string {
	f.Helper()
	var lines []string
	must(f, fs.WalkDir(os.DirFS("."), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type() == fs.ModeSymlink {
			var target string
			target, err = os.Readlink(path)
			path += " to " + target
		}
		lines = append(lines, path)
		return err
	}))
	return strings.Join(lines, "\n")
}

// layer is lines of YAML, with "; " between them.
func layer(yaml string) *settings.Layer {
	return settings.YAMLLayer(settings.Flag, "test.yaml", []byte(strings.ReplaceAll(yaml, "; ", "\n")))
}

// settled are the settings of a short training on sink.csv, unless yaml says otherwise.
func (f folder) settled(yaml string) *settings.Resolved {
	f.Helper()
	usual := settings.YAMLLayer(settings.File, "usual.yaml", []byte(`task: sink.csv
model: roberta
rank: 4
batch: 4
epochs: 2
lr: 0.01
checkpoint_every: 3
threads: 1
`))
	if !strings.Contains(yaml, "task: ") {
		yaml += "; dev_file: sink-dev.csv"
	}
	r, err := Resolve(Place{}, usual, layer(strings.TrimPrefix(yaml, "; ")))
	must(f, err)
	return r
}

// prepare is Prepare without an error; the job is closed when the test ends.
func (f folder) prepare(r *settings.Resolved, p Place) *Job {
	f.Helper()
	j, err := Prepare(f.Context(), f.env, r, p)
	must(f, err)
	f.Cleanup(func() { _ = j.Close() }) // again, where the test has closed it
	return j
}

// train runs a training to its end and closes it.
func (f folder) train(r *settings.Resolved, p Place) *Report {
	f.Helper()
	j := f.prepare(r, p)
	must(f, j.Run(f.Context()))
	report, err := j.Finish(f.Context())
	must(f, errors.Join(err, j.Close()))
	return report
}

// stop starts a run and stops it behind a step.
func (f folder) stop(r *settings.Resolved, p Place, step int) {
	f.Helper()
	j := f.prepare(r, p)
	ctx, cancel := context.WithCancelCause(f.Context())
	defer cancel(nil)
	j.Loop.On(train.Hook{Name: "stop", Step: func(_ *train.Loop, s train.Step) error {
		if s.Step == step {
			cancel(errors.New("enough"))
		}
		return nil
	}})
	if err := j.Run(ctx); !errors.Is(err, train.ErrStopped) || j.Loop.State().Step != step {
		f.Fatalf("stopped after step %d with %v, want step %d", j.Loop.State().Step, err, step)
	}
	must(f, j.Close())
}

// load is the adapter of a run.
func (f folder) load(run string) (*adapter.Adapter, *adapter.Provenance) {
	f.Helper()
	a, p, err := adapter.Load(filepath.Join(run, "adapter"))
	must(f, err)
	return a, p
}

// said says whether a note holds the text.
func (f folder) said(text string) bool { return strings.Contains(strings.Join(*f.notes, "\n"), text) }
