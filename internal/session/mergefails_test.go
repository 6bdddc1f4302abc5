package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
)

func TestMergeFolders(t *testing.T) {
	dir := t.TempDir()
	a := &StoredAdapter{Folder: filepath.Join(dir, "run", "adapter"), Run: filepath.Join(dir, "run")}
	loose := &StoredAdapter{Folder: filepath.Join(dir, "peft") + "/"}
	for name, tt := range map[string]struct {
		a     *StoredAdapter
		ranks []int
		out   string
		want  []string
	}{
		"of a run":           {a, []int{4}, "", []string{"run/merged-rank-4"}},
		"several of a run":   {a, []int{1, 4}, "", []string{"run/merged-rank-1", "run/merged-rank-4"}},
		"beside a folder":    {loose, []int{2}, "", []string{"merged-rank-2"}},
		"one to a place":     {a, []int{4}, dir + "/out", []string{"out"}},
		"several to a place": {a, []int{1, 2}, dir + "/out", []string{"out/merged-rank-1", "out/merged-rank-2"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.a.MergeFolders(tt.ranks, tt.out, false)
			must(t, err)
			for i := range tt.want {
				tt.want[i] = filepath.Join(dir, tt.want[i])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("folders %q, want %q", got, tt.want)
			}
		})
	}
	file := write(t, "mine", dir, "file")
	write(t, "mine", dir, "taken", "merged-rank-2", "config.json")
	must(t, os.Symlink("nowhere", filepath.Join(dir, "link")))
	for name, tt := range map[string]struct {
		ranks  []int
		out    string
		reason fault.Reason
		part   string
	}{
		"a file":                          {[]int{4}, file, Occupied, "file exists"},
		"a folder":                        {[]int{4}, filepath.Join(dir, "taken"), Occupied, "taken exists"},
		"a dangling link":                 {[]int{4}, filepath.Join(dir, "link"), Occupied, "link exists"},
		"one of several":                  {[]int{1, 2}, filepath.Join(dir, "taken"), Occupied, "merged-rank-2 exists"},
		"below a file":                    {[]int{4}, filepath.Join(file, "below"), "", "cannot write the merged model: " + filepath.Join(file, "below")},
		"to replace a file":               {[]int{4}, file, "", "file exists and is not a folder"},
		"to replace a link":               {[]int{4}, filepath.Join(dir, "link"), "", "link exists and is not a folder"},
		"to replace a folder of folders":  {[]int{4}, filepath.Join(dir, "taken"), "", "taken holds merged-rank-2, which is not part of a merged model"},
		"to replace somebody's own model": {[]int{2}, filepath.Join(dir, "taken", "merged-rank-2"), "", "may be somebody's own model"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.MergeFolders(tt.ranks, tt.out, strings.HasPrefix(name, "to replace"))
			refused(t, err, fault.Usage, tt.reason, tt.part)
		})
	}
}

// TestMergeOver: a merged model takes the place of an earlier one, with nothing left beside it; a merge that is stopped leaves the
// earlier one.
func TestMergeOver(t *testing.T) {
	e := reference(t, "roberta")
	s := opened(t, env(t), peft(e), "model: "+e.Model()+"; "+ownTask(own(t)), Options{AnyTask: true, Exact: true})
	s.Provenance = &adapter.Provenance{Task: "own.csv", Labels: []string{"bad", "good", "so so"}, Model: e.Model(), RankMin: 1, RankMax: 4}
	dir := t.TempDir()
	out := filepath.Join(dir, "merged")
	merge := func(ctx context.Context, rank int) error {
		t.Helper()
		folders, err := s.StoredAdapter.MergeFolders([]int{rank}, out, true)
		must(t, err)
		m, err := s.MergeOver(ctx, rank, folders[0])
		if err == nil && (m.Folder != out || m.Rank != rank) {
			t.Errorf("merged %+v", m)
		}
		if got := names(t, dir); !slices.Equal(got, []string{"merged"}) {
			t.Errorf("there are %q", got)
		}
		return err
	}
	must(t, merge(t.Context(), 2))
	first := read(t, out, "model.safetensors")
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := merge(stopped, 4); err == nil || read(t, out, "model.safetensors") != first {
		t.Errorf("a merge that is stopped: %v", err)
	}
	must(t, merge(t.Context(), 4))
	if read(t, out, "model.safetensors") == first {
		t.Error("the model is as it was")
	}
}

// TestMergeLeavesNothing: a merge that fails or is stopped leaves no folder, and none that
// was there is touched.
func TestMergeLeavesNothing(t *testing.T) {
	e := reference(t, "roberta")
	model := copyOf(t, e.Model(), nil)
	s := opened(t, env(t), peft(e), "model: "+model, Options{AnyTask: true})
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	t.Run("stopped", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := s.Merge(stopped, 4, filepath.Join(dir, "out")); !errors.Is(err, context.Canceled) || len(names(t, dir)) != 0 {
			t.Errorf("left %q, %v", names(t, dir), err)
		}
	})
	t.Run("something there", func(t *testing.T) {
		dir := t.TempDir()
		write(t, "mine", dir, "out", "notes.txt")
		before := tree(t, dir)
		_, err := s.Merge(t.Context(), 4, filepath.Join(dir, "out"))
		if after := tree(t, dir); err == nil || len(after) != len(before) || read(t, dir, "out", "notes.txt") != "mine" {
			t.Errorf("%d files of %d, %v", len(after), len(before), err)
		}
	})
	t.Run("rounded weights", func(t *testing.T) {
		dir := t.TempDir()
		s := opened(t, env(t), peft(e), "precision: i16; model: "+model, Options{AnyTask: true})
		if _, err := s.Merge(t.Context(), 4, filepath.Join(dir, "out")); err == nil || len(names(t, dir)) != 0 {
			t.Errorf("left %q, %v", names(t, dir), err)
		}
	})
	t.Run("another result", func(t *testing.T) {
		dir := t.TempDir()
		spoilt := opened(t, env(t), peft(e), "model: "+model, Options{AnyTask: true})
		other := spoilt.Adapter.Clone() // the program computes with the weights that were opened
		for i := range other.Modules[0].B {
			other.Modules[0].B[i] += 1
		}
		spoilt.Adapter = other
		_, err := spoilt.Merge(t.Context(), 4, filepath.Join(dir, "out"))
		refused(t, err, fault.Check, "", "a logit differs by", "the folder is removed")
		if len(names(t, dir)) != 0 {
			t.Errorf("left %q", names(t, dir))
		}
	})
	t.Run("a tokenizer's file that is a folder", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.Mkdir(filepath.Join(model, "special_tokens_map.json"), 0o777))
		if _, err := s.Merge(t.Context(), 4, filepath.Join(dir, "out")); err == nil || !strings.Contains(err.Error(), "special_tokens_map.json") || len(names(t, dir)) != 0 {
			t.Errorf("left %q, %v", names(t, dir), err)
		}
		must(t, os.Remove(filepath.Join(model, "special_tokens_map.json")))
	})
	t.Run("no config any more", func(t *testing.T) {
		dir := t.TempDir()
		write(t, "{", model, "config.json")
		_, err := s.Merge(t.Context(), 4, filepath.Join(dir, "out"))
		refused(t, err, fault.Invalid, "", "config.json")
		must(t, os.Remove(filepath.Join(model, "config.json")))
		if _, err := s.Merge(t.Context(), 4, filepath.Join(dir, "out")); err == nil || len(names(t, dir)) != 0 {
			t.Errorf("left %q, %v", names(t, dir), err)
		}
	})
}
