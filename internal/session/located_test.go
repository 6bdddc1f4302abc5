package session

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// project is a folder with data/train.csv, data/dev.csv and a run folder runs/a that records both. The test's working
// folder is another one, which has a data/dev.csv of its own.
type project struct {
	*testing.T
	dir string
}

const someRows = "text,label\nthe boat sank,bad\nthe river was cold,good\n"

func newProject(t *testing.T) project {
	t.Helper()
	p := project{t, filepath.Join(t.TempDir(), "project")}
	write(t, someRows, p.dir, "data", "train.csv")
	write(t, strings.ToUpper(someRows), p.dir, "data", "dev.csv")
	t.Chdir(p.dir)
	r := settled(t, "task: data/train.csv; dev_file: data/dev.csv; text_column: TEXT")
	files := map[string][]data.File{}
	for split, path := range map[string]string{"train": "data/train.csv", "dev": "data/dev.csv"} {
		f, err := data.Sum(path)
		must(t, err)
		files[split] = []data.File{f}
	}
	record, err := NewRunData("runs/a", &data.Task{Name: "train.csv"}, r.Data, files, nil)
	must(t, err)
	must(t, os.MkdirAll("runs/a", 0o777))
	must(t, record.Write("runs/a"))
	write(t, string(r.YAML()), "runs", "a", train.SettingsName)
	elsewhere := t.TempDir()
	write(t, someRows+"another,good\n", elsewhere, "data", "dev.csv")
	t.Chdir(elsewhere)
	return p
}

// find looks for the dev file of a run.
func (p project) find(run string, allow bool, given ...string) (paths, other []string, err error) {
	p.Helper()
	record, err := ReadRunData(run)
	must(p.T, err)
	f := &finder{run: run, name: "the run", data: record, allow: allow}
	return f.find("dev", given)
}

// TestFind: a file is found beside the run that was moved with it, and where it was once; one of the same name in the current
// folder is never taken.
func TestFind(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(p project) (run string)
		want   string // below the test's folders; "": nowhere
		reason fault.Reason
	}{
		"nothing moved": {func(p project) string { return filepath.Join(p.dir, "runs/a") }, "project/data/dev.csv", ""},
		"project moved": {func(p project) string {
			must(p.T, os.Rename(p.dir, p.dir+"-moved"))
			return p.dir + "-moved/runs/a"
		}, "project-moved/data/dev.csv", ""},
		"run copied": {func(p project) string {
			must(p.T, os.CopyFS("a", os.DirFS(filepath.Join(p.dir, "runs/a"))))
			return "a"
		}, "project/data/dev.csv", ""},
		"run copied to where its relative path leads to another file": {func(p project) string {
			must(p.T, os.CopyFS("runs/a", os.DirFS(filepath.Join(p.dir, "runs/a"))))
			return "runs/a"
		}, "project/data/dev.csv", ""},
		"by a link": {func(p project) string {
			must(p.T, os.Symlink(filepath.Join(p.dir, "runs/a"), "latest"))
			return "latest"
		}, "project/data/dev.csv", ""},
		"a link to a moved project": {func(p project) string {
			must(p.T, os.Rename(p.dir, p.dir+"-moved"))
			must(p.T, os.Symlink(p.dir+"-moved/runs/a", "latest"))
			return "latest"
		}, "project-moved/data/dev.csv", ""},
		"data gone": {func(p project) string {
			must(p.T, os.RemoveAll(filepath.Join(p.dir, "data")))
			return filepath.Join(p.dir, "runs/a")
		}, "", MovedDev},
		"data changed": {func(p project) string {
			write(p.T, someRows, p.dir, "data", "dev.csv")
			return filepath.Join(p.dir, "runs/a")
		}, "", ChangedData},
		"a folder in its place": {func(p project) string {
			must(p.T, os.Remove(filepath.Join(p.dir, "data/dev.csv")))
			must(p.T, os.Mkdir(filepath.Join(p.dir, "data/dev.csv"), 0o777))
			return filepath.Join(p.dir, "runs/a")
		}, "", MovedDev},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(t)
			paths, other, err := p.find(tt.change(p), false)
			if tt.want == "" {
				refused(t, err, fault.Invalid, tt.reason, "the run: ", "dev.csv")
				return
			}
			if err != nil || len(other) > 0 || len(paths) != 1 || !strings.HasSuffix(paths[0], tt.want) {
				t.Errorf("%q, %q, %v; want %s", paths, other, err, tt.want)
			}
		})
	}
}

// TestFindOther: other data are taken where that is allowed or they are named, and that is told.
func TestFindOther(t *testing.T) {
	p := newProject(t)
	run := filepath.Join(p.dir, "runs/a")
	_, other, err := p.find(run, false, "data/dev.csv")
	if err != nil || len(other) != 1 || !strings.HasPrefix(other[0], "dev: dev.csv, SHA-256 ") || !strings.Contains(other[0], "…, in place of dev.csv, ") {
		t.Errorf("named: %q, %v", other, err)
	}
	if _, other, err = p.find(run, false, filepath.Join(p.dir, "data/dev.csv")); err != nil || len(other) > 0 {
		t.Errorf("its own, named: %q, %v", other, err)
	}
	if _, other, err = p.find(run, false, filepath.Join(p.dir, "data/dev.csv"), "data/dev.csv"); err != nil || len(other) != 1 || !strings.HasSuffix(other[0], "besides the run's files") {
		t.Errorf("one more: %q, %v", other, err)
	}
	_, _, err = p.find(run, false, "none.csv")
	refused(t, err, fault.Invalid, "", "cannot read none.csv")
	changed := write(t, someRows, p.dir, "data", "dev.csv")
	paths, other, err := p.find(run, true)
	if err != nil || !slices.Equal(paths, []string{changed}) || len(other) != 1 {
		t.Errorf("changed and allowed: %q, %q, %v", paths, other, err)
	}
}

// TestLocated: the settings of a run that is resumed name its data where they are, or what the user names if it is the same.
func TestLocated(t *testing.T) {
	p := newProject(t)
	moved := p.dir + "-moved"
	must(t, os.Rename(p.dir, moved))
	run := filepath.Join(moved, "runs/a")
	at := func(yaml string) (*settings.Resolved, *RunData, error) {
		l, err := settings.FileLayer(settings.Run, filepath.Join(run, train.SettingsName))
		must(t, err)
		r, err := settings.Resolve(l, layer(yaml))
		must(t, err)
		return Located(r, run)
	}
	r, record, err := at("")
	must(t, err)
	if r.Data.Task != filepath.Join(moved, "data/train.csv") || r.Data.DevFile != filepath.Join(moved, "data/dev.csv") || len(record.Other) > 0 {
		t.Errorf("%s and %s, %q", r.Data.Task, r.Data.DevFile, record.Other)
	}
	copied := write(t, someRows, "copied.csv")
	if r, _, err = at("task: " + copied); err != nil || r.Data.Task != copied {
		t.Errorf("%v, %v", r, err)
	}
	_, _, err = at("dev_file: " + copied)
	refused(t, err, fault.Invalid, ChangedData, "these are not the data that it was trained with: dev: copied.csv")
	r, record, err = at("allow_changed_data: true; dev_file: " + copied)
	if err != nil || len(record.Other) != 1 || r.Data.DevFile != copied {
		t.Errorf("%v, %v", record, err)
	}

	a := &StoredAdapter{Run: run}
	l, err := settings.FileLayer(settings.Recipe, filepath.Join(run, train.SettingsName))
	must(t, err)
	for yaml, want := range map[string]string{"": filepath.Join(moved, "data/train.csv"), "task: " + copied: copied, "task: sst2": filepath.Join(moved, "data/train.csv")} {
		got, other, err := a.LocatedLayer(l, []*settings.Layer{layer(yaml)})
		must(t, err)
		task, _ := got.Value("task")
		dev, _ := got.Value("dev_file")
		if task != want || dev != filepath.Join(moved, "data/dev.csv") || len(other) > 0 {
			t.Errorf("%q: %v and %v, %q", yaml, task, dev, other)
		}
	}
	must(t, os.Remove(filepath.Join(run, DataName)))
	if r, record, err = at(""); err != nil || record != nil || r.Data.Task != "data/train.csv" {
		t.Errorf("a run without a record: %v, %v, %v", r.Data.Task, record, err)
	}
}

// TestLocatedFolder: the folder of GLUE's files moves with the run, too, and its files are compared.
func TestLocatedFolder(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	write(t, "sentence\tlabel\nfine\t1\n", "p", "glue", "SST-2", "train.tsv")
	write(t, "sentence\tlabel\ndull\t0\n", "p", "glue", "SST-2", "dev.tsv")
	t.Chdir("p")
	r := settled(t, "task: sst2; data_dir: glue")
	task := lookup(t, "sst2")
	files := map[string][]data.File{}
	for _, split := range []string{"train", "dev"} {
		_, read, err := ReadFiles(t.Context(), env(t), task, r.Data, split)
		must(t, err)
		files[split] = read
	}
	record, err := NewRunData("runs/a", task, r.Data, files, nil)
	must(t, err)
	must(t, os.MkdirAll("runs/a", 0o777))
	must(t, record.Write("runs/a"))
	t.Chdir(dir)
	must(t, os.Rename("p", "q"))
	located, _, err := Located(r, "q/runs/a")
	if want := filepath.Join(dir, "q/glue"); err != nil || located.Data.DataDir != want {
		t.Fatalf("%v, %v, want %s", located, err, want)
	}
	write(t, "sentence\tlabel\ndull\t1\n", "q", "glue", "SST-2", "dev.tsv")
	_, _, err = Located(r, "q/runs/a")
	refused(t, err, fault.Invalid, ChangedData, "q/runs/a: these are not the data that it was trained with: dev: dev.tsv")
	must(t, os.RemoveAll("q/glue"))
	_, _, err = Located(r, "q/runs/a")
	refused(t, err, fault.Invalid, data.NoDataFolder, filepath.Join("p", "glue"))
}

// TestRunDataBroken: a record that is none is refused, and one that is missing is no error.
func TestRunDataBroken(t *testing.T) {
	dir := t.TempDir()
	if r, err := ReadRunData(dir); r != nil || err != nil {
		t.Errorf("%v, %v", r, err)
	}
	for _, text := range []string{"", "{", `{"splits": 3}`, "[]"} {
		write(t, text, dir, DataName)
		_, err := ReadRunData(dir)
		refused(t, err, fault.Invalid, "", "cannot read ", DataName)
	}
	write(t, `{"task":"a.csv","splits":{"train":[{}],"dev":[{"path":"/dev/zero","absolute":"/dev/zero"}]},"data_dir":{},"held":{"rows":-1,"dev":[-5]}}`, dir, DataName)
	record, err := ReadRunData(dir)
	must(t, err)
	f := &finder{run: dir, data: record}
	for _, split := range []string{"train", "dev"} {
		_, _, err := f.find(split, nil)
		refused(t, err, fault.Invalid, MovedFolder, "are not there")
	}
	if got := f.folder(); got != "" {
		t.Errorf("folder %q", got)
	}
}
