package session

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/glue/gluetest"
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
