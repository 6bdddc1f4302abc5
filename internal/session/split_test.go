package session

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/glue/gluetest"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

func lookup(t *testing.T, name string) *data.Task {
	t.Helper()
	task, err := data.LookupTask(name)
	must(t, err)
	return task
}

// gluePage is how many examples each split has on the Hub of onGLUE.
const gluePage = 40

// onGLUE starts a Hub that has GLUE, and lets s use it.
func onGLUE(t *testing.T, s *surroundings) *hubtest.Server {
	t.Helper()
	server := hubtest.New(t)
	gluetest.Serve(t, server, gluePage)
	s.variables["HF_ENDPOINT"], s.variables["HF_HUB_OFFLINE"] = server.URL, ""
	return server
}

func TestReadOwnFiles(t *testing.T) {
	dir := own(t)
	d := settled(t, ownTask(dir)).Data
	task, err := d.NewTask(nil)
	must(t, err)
	for split, want := range map[string]struct {
		n     int
		first string
	}{"train": {6, "a small boat"}, "dev": {9, "the boat was old"}} {
		examples, err := ReadSplit(t.Context(), env(t), task, d, split)
		must(t, err)
		if len(examples) != want.n || examples[0].A != want.first {
			t.Errorf("%s: %d examples, the first %q", split, len(examples), examples[0].A)
		}
	}
	if !slices.Equal(task.Labels, []string{"bad", "good", "so so"}) {
		t.Errorf("labels %q", task.Labels)
	}
	_, err = ReadSplit(t.Context(), env(t), task, d, "test")
	if fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) == NoData {
		t.Errorf("a split that the task does not have: %v", err)
	}
}

func TestReadBuiltIn(t *testing.T) {
	dev, err := ReadSplit(t.Context(), env(t), lookup(t, "demo"), settled(t, "").Data, "dev")
	must(t, err)
	if len(dev) < 100 {
		t.Errorf("%d examples", len(dev))
	}
}

// TestReadDataDir: a folder that was given is read, and nothing else asked.
func TestReadDataDir(t *testing.T) {
	s := surround(t)
	server := onGLUE(t, s)
	dir := t.TempDir()
	write(t, "sentence\tlabel\na fine film\t1\na dull one\t0\n", dir, "SST-2", "dev.tsv")
	d := settled(t, "task: sst2; data_dir: "+dir).Data
	examples, err := ReadSplit(t.Context(), s.Env, lookup(t, "sst2"), d, "dev")
	must(t, err)
	if len(examples) != 2 || examples[1].A != "a dull one" || examples[1].Class != 0 {
		t.Errorf("examples %+v", examples)
	}
	_, err = ReadSplit(t.Context(), s.Env, lookup(t, "sst2"), d, "train")
	refused(t, err, fault.Invalid, data.NoDataFolder, filepath.Join("SST-2", "train.tsv"))
	if n := server.Requests(""); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestReadFromHub: what came from the Hub is kept, and read without a network afterwards.
func TestReadFromHub(t *testing.T) {
	s := surround(t)
	server := onGLUE(t, s)
	sst2, d := lookup(t, "sst2"), settled(t, "task: sst2").Data
	want, err := ReadSplit(t.Context(), s.Env, sst2, d, "dev")
	must(t, err)
	if data.Fingerprint(want) != data.Fingerprint(gluetest.Examples(sst2, "dev", gluePage)) {
		t.Errorf("%d examples, and not those of the Hub", len(want))
	}
	before := server.Requests("")
	s.variables["HF_HUB_OFFLINE"] = "1"
	got, err := ReadSplit(t.Context(), s.Env, sst2, d, "dev")
	must(t, err)
	if data.Fingerprint(got) != data.Fingerprint(want) || server.Requests("") != before {
		t.Errorf("kept: %d examples, %d more requests", len(got), server.Requests("")-before)
	}
	if list := names(t, filepath.Join(s.variables["XDG_CACHE_HOME"], "dylora", "glue")); !slices.Equal(list, []string{"sst2-dev"}) {
		t.Errorf("the store holds %q", list)
	}
	_, err = ReadSplit(t.Context(), s.Env, lookup(t, "rte"), settled(t, "task: rte").Data, "dev")
	refused(t, err, fault.Offline, NoData, "task rte: its dev split, RTE/dev.tsv, is not here", "not in the cache")
}

// TestReadNothing: why there is no split, with the class of what kept it away.
func TestReadNothing(t *testing.T) {
	sst2, d := lookup(t, "sst2"), settled(t, "task: sst2").Data
	t.Run("not on the Hub", func(t *testing.T) {
		s := surround(t)
		s.variables["HF_ENDPOINT"], s.variables["HF_HUB_OFFLINE"] = hubtest.New(t).URL, ""
		_, err := ReadSplit(t.Context(), s.Env, sst2, d, "train")
		refused(t, err, fault.Usage, NoData, "task sst2: its train split, SST-2/train.tsv, is not here", "no such repository")
	})
	t.Run("stopped", func(t *testing.T) {
		s := surround(t)
		onGLUE(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := ReadSplit(ctx, s.Env, sst2, d, "train")
		if !errors.Is(err, context.Canceled) || fault.ReasonOf(err) != "" {
			t.Errorf("error %v, reason %q", err, fault.ReasonOf(err))
		}
	})
	t.Run("no address", func(t *testing.T) {
		s := surround(t)
		s.variables["HF_ENDPOINT"] = "hub"
		_, err := ReadSplit(t.Context(), s.Env, sst2, d, "train")
		refused(t, err, fault.Usage, "", "HF_ENDPOINT")
	})
}

func TestFirst(t *testing.T) {
	all := make([]data.Example, 5)
	for n, want := range map[int]int{0: 5, 1: 1, 4: 4, 5: 5, 6: 5} {
		if got := len(First(all, n)); got != want {
			t.Errorf("the first %d of 5 are %d", n, got)
		}
	}
}

func TestFetchModel(t *testing.T) {
	s := surround(t)
	onHub(t, s)
	d := settled(t, "").Data
	f, err := Fetch(t.Context(), s.Env, d, "org/boats")
	must(t, err)
	var list []string
	sum := int64(0)
	for _, file := range f.Files {
		list, sum = append(list, file.Name), sum+file.Size
		if got := int64(len(read(t, f.Folder, file.Name))); got != file.Size {
			t.Errorf("%s: %d bytes, said to be %d", file.Name, got, file.Size)
		}
	}
	if f.Name != "org/boats" || f.Kind != "model" || f.Commit != hubtest.Commit || f.Bytes != sum || f.Downloaded != sum ||
		!slices.Contains(list, "model.safetensors") || slices.Contains(list, "README.md") {
		t.Errorf("fetched %+v", f)
	}
	if f, err = Fetch(t.Context(), s.Env, d, "org/boats"); err != nil || f.Downloaded != 0 || f.Bytes != sum {
		t.Errorf("the second time %+v, %v", f, err)
	}
	if f, err = Fetch(t.Context(), s.Env, settled(t, "revision: v1").Data, "org/boats"); err != nil || f.Commit != hubtest.Commit {
		t.Errorf("another revision %+v, %v", f, err)
	}
	_, err = Fetch(t.Context(), s.Env, d, "./boats")
	refused(t, err, fault.Usage, "", `"./boats": no such folder`)
	s.variables["HF_HUB_OFFLINE"] = "1"
	_, err = Fetch(t.Context(), s.Env, d, "org/ships")
	refused(t, err, fault.Offline, hub.OfflineMode, "org/ships")
}

func TestFetchTask(t *testing.T) {
	s := surround(t)
	onGLUE(t, s)
	d := settled(t, "").Data
	f, err := Fetch(t.Context(), s.Env, d, "STS-B")
	must(t, err)
	var list []string
	for _, file := range f.Files {
		list = append(list, file.Name)
	}
	slices.Sort(list)
	if f.Name != "stsb" || f.Kind != "task" || !slices.Equal(list, []string{"stsb-dev", "stsb-test", "stsb-train"}) || f.Downloaded == 0 || f.Commit != hubtest.Commit {
		t.Errorf("fetched %+v", f)
	}
	if !slices.Equal(names(t, f.Folder), list) {
		t.Errorf("%s holds %q", f.Folder, names(t, f.Folder))
	}
	s.variables["HF_HUB_OFFLINE"] = "1"
	if f, err = Fetch(t.Context(), s.Env, d, "stsb"); err != nil || f.Downloaded != 0 || f.Bytes == 0 {
		t.Errorf("the second time %+v, %v", f, err)
	}
	if _, err = Fetch(t.Context(), s.Env, d, "wnli"); fault.ClassOf(err) != fault.Offline {
		t.Errorf("another task, offline: %v", err)
	}
}

// TestFetchBuiltIn: nothing is to be downloaded, and the list of files is empty, not null.
func TestFetchBuiltIn(t *testing.T) {
	for _, name := range []string{"mini", "demo", "DEMO"} {
		f, err := Fetch(t.Context(), env(t), settled(t, "").Data, name)
		must(t, err)
		if f.Kind != "built in" || f.Name != name || f.Files == nil || len(f.Files) != 0 || f.Bytes != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// TestSample: int8 is calibrated on the task where its training split is on this machine, and
// otherwise the user hears on what, and why.
func TestSample(t *testing.T) {
	s := surround(t)
	onGLUE(t, s)
	_, err := ReadSplit(t.Context(), s.Env, lookup(t, "sst2"), settled(t, "task: sst2").Data, "train")
	must(t, err)
	dir := own(t)
	empty := t.TempDir()
	write(t, "sentence\tlabel\n", empty, "CoLA", "dev.tsv")
	var long strings.Builder
	long.WriteString("text,label\n")
	for i := range 300 {
		long.WriteString("boat " + strings.Repeat("and on ", i%7) + "," + []string{"bad", "good"}[i%2] + "\n")
	}
	longFile := write(t, long.String(), t.TempDir(), "long.csv")
	for name, tt := range map[string]struct {
		yaml string
		n    int
		of   []string
	}{
		"kept":           {"task: sst2", gluePage, []string{"40 examples of sst2's train split"}},
		"own files":      {ownTask(dir), 6, []string{"6 examples of boats.csv's train split"}},
		"many":           {"task: " + longFile, sampleSize, []string{"128 examples of long.csv's train split"}},
		"built in":       {"task: demo", sampleSize, []string{"128 examples of demo's train split"}},
		"on the Hub":     {"task: rte", sampleSize, []string{"128 built-in sentences instead of rte's training split (", "rte-train"}},
		"not in the dir": {"task: cola; data_dir: " + empty, sampleSize, []string{"built-in sentences instead of cola's training split (", "train.tsv"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := settled(t, tt.yaml).Data
			task, err := d.NewTask(nil)
			must(t, err)
			got := findSample(s.Env, task, d)
			if len(got.Examples) != tt.n {
				t.Errorf("%d examples, want %d", len(got.Examples), tt.n)
			}
			for _, part := range tt.of {
				if !strings.Contains(got.Of, part) {
					t.Errorf("of %q, without %q", got.Of, part)
				}
			}
		})
	}
	if list := names(t, filepath.Join(s.variables["XDG_CACHE_HOME"], "dylora", "glue")); !slices.Equal(list, []string{"sst2-train"}) {
		t.Errorf("the samples have downloaded: %q", list)
	}
	s.variables["HF_ENDPOINT"] = "hub"
	if got := findSample(s.Env, lookup(t, "sst2"), settled(t, "task: sst2").Data); !strings.Contains(got.Of, "(HF_ENDPOINT") {
		t.Errorf("without a client: %q", got.Of)
	}
}

// TestTaskSample: evenly spaced, from any split.
func TestTaskSample(t *testing.T) {
	all := gluetest.Examples(lookup(t, "sst2"), "dev", 3*sampleSize)
	got := TaskSample(lookup(t, "sst2"), "dev", all)
	if got.Of != "128 examples of sst2's dev split" || len(got.Examples) != sampleSize || got.Examples[1].Index != 3 {
		t.Errorf("%q, %d examples, the second %d", got.Of, len(got.Examples), got.Examples[1].Index)
	}
}
