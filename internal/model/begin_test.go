package model

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/decision"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/packed"
	"github.com/dylora/dylora/internal/safetensors"
)

// begun is a loading of a folder with a cache, and the path of the weights.
func begun(t *testing.T, c *packed.Cache) (*Loading, string) {
	t.Helper()
	dir := cacheFolder(t)
	weights := filepath.Join(dir, tensorFormat.whole)
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(weights, old, old))
	text, err := os.ReadFile(filepath.Join(dir, "config.json"))
	must(t, err)
	config, err := ParseConfig("config.json", text)
	must(t, err)
	l, err := Begin(os.DirFS(dir), dir, config, LoadOptions{Machine: kerneltest.New(t), Cache: c})
	must(t, err)
	return l, weights
}

// TestChangedWhileLoading: weights that are written while they are read are refused, and
// nothing of them gets into the cache, where it would pass for one version or the other.
func TestChangedWhileLoading(t *testing.T) {
	t.Parallel()
	c := &packed.Cache{Dir: filepath.Join(t.TempDir(), "cache"), Limit: 1 << 30}
	l, weights := begun(t, c)
	b, err := os.ReadFile(weights)
	must(t, err)
	time.Sleep(20 * time.Millisecond) // the clock of the file system has ticked
	b[len(b)-1] ^= 1
	must(t, os.WriteFile(weights, b, 0o666))
	_, err = l.Finish()
	if fault.ClassOf(err) != fault.Invalid || !errors.Is(err, disk.ErrChanged) || !strings.Contains(err.Error(), weights) {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(c.Dir); err == nil && len(left) > 0 {
		t.Errorf("the cache holds %v", left)
	}
	l, _ = begun(t, c)
	if _, err := l.Finish(); err != nil {
		t.Error(err)
	}
}

// TestLoadingClosed: what is begun can be given up, and its files are closed then.
func TestLoadingClosed(t *testing.T) {
	t.Parallel()
	l, _ := begun(t, nil)
	shard := l.checkpoint.shards[0]
	must(t, l.Close())
	if _, err := shard.ReadAt(make([]byte, 1), 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file can still be read: %v", err)
	}
}

// TestSurvey: the types, the head and the tensors that are left are logged, of a whole folder
// and of shards alike.
func TestSurvey(t *testing.T) {
	t.Parallel()
	list := smallWeights(t, "roberta.")
	for _, name := range []string{"lm_head.dense.weight", "lm_head.bias", "qa_outputs.weight", "roberta.embeddings.position_ids", "roberta.pooler.dense.bias", "loss"} {
		list = append(list, safetensors.F32(name, []int{1}, []float32{1}))
	}
	head := slices.Clone(list)
	for name, shape := range map[string][]int{"dense.weight": {8, 8}, "dense.bias": {8}, "out_proj.weight": {3, 8}, "out_proj.bias": {3}} {
		n := 1
		for _, d := range shape {
			n *= d
		}
		head = append(head, safetensors.F32("classifier."+name, shape, make([]float32, n)))
	}
	for _, tt := range []struct {
		tensors []safetensors.Tensor
		head    string
	}{{list, "none"}, {head, "3 outputs"}} {
		var log decision.Log
		files := folder(t, map[string]any{"config.json": small(), tensorFormat.whole: tt.tensors})
		config, err := ParseConfig("config.json", encode(t, small()))
		must(t, err)
		must(t, Survey(files, "m", config, LoadOptions{Log: &log}))
		want := map[string]string{
			"weights": fmt.Sprintf("%d tensors, F32", len(tt.tensors)), "head": tt.head,
			"left tensors": "embeddings.position_ids, lm_head.* (2), loss, pooler.* (1), qa_outputs.* (1)",
		}
		for _, d := range log.All() {
			if v, ok := want[d.About]; ok && v != d.Value {
				t.Errorf("%s: %q, want %q", d.About, d.Value, v)
			}
			delete(want, d.About)
		}
		if len(want) > 0 {
			t.Errorf("not logged: %v", want)
		}
	}
}
