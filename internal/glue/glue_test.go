package glue

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/glue/gluetest"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/hub/hubtest"
	"github.com/dylora/dylora/internal/parquet"
	"github.com/dylora/dylora/internal/reftest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == parquet.Argument {
		os.Exit(parquet.Child(os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// store is one of a Hub, with folders of its own.
func store(t *testing.T, s *hubtest.Server) *Store {
	t.Helper()
	env := map[string]string{"HF_ENDPOINT": s.URL, "HF_HOME": t.TempDir()}
	client, err := hub.New(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	program, err := parquet.Program()
	if err != nil {
		t.Fatal(err)
	}
	return &Store{Hub: client, Folder: filepath.Join(t.TempDir(), "glue"), Program: program}
}

func lookup(t *testing.T, name string) *data.Task {
	t.Helper()
	task, err := data.LookupTask(name)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// plain is an example without its score where there is none: NaN is not itself.
func plain(t *data.Task, split string, examples []data.Example) string {
	examples = slices.Clone(examples)
	for i := range examples {
		if !data.Labelled(split) {
			examples[i].Score = 0
			if t.Kind == data.Regression {
				examples[i].Class = 0
			}
		}
	}
	return data.Fingerprint(examples)
}

// TestAllOfGLUE gets every split of every task, from the Hub and then from the store.
func TestAllOfGLUE(t *testing.T) {
	s := hubtest.New(t)
	gluetest.Serve(t, s, 40)
	st := store(t, s)
	for _, task := range data.Tasks() {
		if task.Folder == "" {
			continue
		}
		for _, split := range task.Splits() {
			want := gluetest.Examples(task, canonical(task, split), 40)
			got, err := st.Get(t.Context(), task, split)
			if err != nil {
				t.Fatal(err)
			}
			if plain(task, split, got.Examples) != plain(task, split, want) {
				t.Errorf("%s %s: got %+v, want %+v", task.Name, split, got.Examples[0], want[0])
			}
			requests := s.Requests("")
			again, err := st.Get(t.Context(), task, split)
			if err != nil || plain(task, split, again.Examples) != plain(task, split, want) || s.Requests("") != requests || again.Downloaded != 0 {
				t.Errorf("%s %s again: %v, %d requests", task.Name, split, err, s.Requests("")-requests)
			}
		}
	}
	all, err := st.All(t.Context(), lookup(t, "mnli"))
	if err != nil || len(all) != 6 || all[0].Rows != 40 || all[0].Commit != hubtest.Commit || all[5].File != "ax/test-00000-of-00001.parquet" {
		t.Errorf("all of mnli: %d, %v", len(all), err)
	}
}

// TestReferenceFiles sends the official files the way of the Hub: the same examples arrive.
func TestReferenceFiles(t *testing.T) {
	shared := reftest.Shared(t, "the official files of GLUE")
	read := 0
	for _, task := range data.Tasks() {
		for _, split := range []string{"dev", "test"} {
			want, err := task.Read(filepath.Join(shared, "data", "glue"), split)
			if err != nil || task.Folder == "" {
				continue
			}
			read++
			t.Run(task.Name+"/"+split, func(t *testing.T) {
				s := hubtest.New(t)
				s.Add("datasets/"+repository, map[string][]byte{file(task, split): gluetest.Parquet(t, task, want)})
				got, err := store(t, s).Get(t.Context(), task, split)
				if err != nil || plain(task, split, got.Examples) != plain(task, split, want) {
					t.Errorf("other examples, %v", err)
				}
			})
		}
	}
	if read < 5 {
		t.Errorf("only %d official files", read)
	}
}

// TestDamagedStore: what is not as it was kept is said and made again.
func TestDamagedStore(t *testing.T) {
	s := hubtest.New(t)
	gluetest.Serve(t, s, 20)
	task := lookup(t, "sst2")
	change := func(name string, f func([]byte) []byte) func(folder string) error {
		return func(folder string) error {
			path := filepath.Join(folder, name)
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, f(b), 0o600)
		}
	}
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	for name, damage := range map[string]func(string) error{
		"a bit of the rows":     change(rowsName, flip),
		"the rows cut short":    change(rowsName, func(b []byte) []byte { return b[:len(b)/2] }),
		"a bit of the manifest": change(manifestName, func(b []byte) []byte { return slices.Insert(b, 1, 'x') }),
		"a key too many":        change(manifestName, func(b []byte) []byte { return []byte(`{"more":1,` + string(b[1:])) }),
		"another split's":       change(manifestName, func(b []byte) []byte { return []byte(strings.Replace(string(b), `"dev"`, `"train"`, 1)) }),
		"another format's":      change(manifestName, func(b []byte) []byte { return []byte(strings.Replace(string(b), `"format": 1`, `"format": 2`, 1)) }),
		"the rows are gone":     func(folder string) error { return os.Remove(filepath.Join(folder, rowsName)) },
		"the manifest is gone":  func(folder string) error { return os.Remove(filepath.Join(folder, manifestName)) },
		"everything is gone":    os.RemoveAll,
		"a file where a folder was": func(folder string) error {
			return errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := store(t, s)
			var notes []string
			st.Note = func(text string) { notes = append(notes, text) }
			first, err := st.Get(t.Context(), task, "dev")
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(first.Folder); err != nil {
				t.Fatal(err)
			}
			st.Hub.Offline = true // the parquet file is still in the Hub's cache
			again, err := st.Get(t.Context(), task, "dev")
			if err != nil || data.Fingerprint(again.Examples) != data.Fingerprint(first.Examples) {
				t.Errorf("made again: %v", err)
			}
			if gone := strings.Contains(name, "gone"); (len(notes) == 0) != gone {
				t.Errorf("notes %q", notes)
			}
			if _, err := read(first.Folder, task, "dev"); err != nil && !strings.Contains(name, "a file where") {
				t.Errorf("not kept again: %v", err)
			}
		})
	}
}

func TestGetErrors(t *testing.T) {
	s := hubtest.New(t)
	task := lookup(t, "rte")
	bad := gluetest.Examples(task, "dev", 3)
	bad[1].Class = 2
	empty := gluetest.Examples(task, "dev", 3)
	empty[2].A = " "
	for name, tt := range map[string]struct {
		content []byte
		class   fault.Class
		want    string
	}{
		"no such file":    {nil, fault.Invalid, "it has no file rte/validation-00000-of-00001.parquet"},
		"no parquet file": {[]byte("PAR1, or not"), fault.Invalid, "cannot be read as a parquet file"},
		"a label too far": {gluetest.Parquet(t, task, bad), fault.Invalid, `row 1: column "label": 2 is not a label`},
		"an empty text":   {gluetest.Parquet(t, task, empty), fault.Invalid, "line 3: a text is empty"},
		"no rows":         {gluetest.Parquet(t, task, nil), fault.Invalid, "has no rows"},
		"another task's":  {gluetest.Parquet(t, lookup(t, "mnli"), gluetest.Examples(lookup(t, "mnli"), "dev", 2)), fault.Invalid, `no column "sentence1"`},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{}
			if tt.content != nil {
				files[file(task, "dev")] = tt.content
			}
			s.Add("datasets/"+repository, files)
			st := store(t, s)
			_, err := st.Get(t.Context(), task, "dev")
			if err == nil || fault.ClassOf(err) != tt.class || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
			if _, err := os.Stat(st.Folder); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("something was kept: %v", err)
			}
		})
	}
	st := store(t, s)
	st.Hub.Offline = true
	if _, err := st.Get(t.Context(), task, "train"); fault.ClassOf(err) != fault.Offline {
		t.Errorf("offline: %v", err)
	}
}

// TestDamagedDownload: a file of the Hub's cache that is not what it was is not read.
func TestDamagedDownload(t *testing.T) {
	s := hubtest.New(t)
	gluetest.Serve(t, s, 20)
	st, task := store(t, s), lookup(t, "cola")
	got, err := st.Get(t.Context(), task, "dev")
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := filepath.Glob(filepath.Join(st.Hub.Cache(), "datasets--nyu-mll--glue", "blobs", "*"))
	if err != nil || len(blobs) != 1 {
		t.Fatal(blobs, err)
	}
	b, err := os.ReadFile(blobs[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := errors.Join(os.WriteFile(blobs[0], b, 0o600), os.RemoveAll(got.Folder)); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Get(t.Context(), task, "dev"); fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "does not have the hash") {
		t.Errorf("error = %v", err)
	}
}

// TestAtTheSameTime: several that make a split do not disturb each other.
func TestAtTheSameTime(t *testing.T) {
	s := hubtest.New(t)
	gluetest.Serve(t, s, 200)
	st, task := store(t, s), lookup(t, "qqp")
	st.Note = func(text string) { t.Error(text) }
	want := data.Fingerprint(gluetest.Examples(task, "train", 200))
	var together sync.WaitGroup
	for range 6 {
		together.Go(func() {
			if got, err := st.Get(t.Context(), task, "train"); err != nil || data.Fingerprint(got.Examples) != want {
				t.Error(err)
			}
		})
	}
	together.Wait()
	if left, err := os.ReadDir(st.Folder); err != nil || len(left) != 1 {
		t.Errorf("the store holds %v, %v", left, err)
	}
}
