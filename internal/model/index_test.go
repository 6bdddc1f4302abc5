package model

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
)

// FuzzIndex: an index is refused in one line, or names tensors that are where it says, in files of
// the folder.
func FuzzIndex(f *testing.F) {
	shard, err := safetensors.Encode([]safetensors.Tensor{safetensors.F32("a", []int{2}, []float32{1, 2}), safetensors.F32("b", []int{1}, []float32{3})}, nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{
		`{"metadata":{"total_size":12},"weight_map":{"a":"x.safetensors","b":"x.safetensors"}}`,
		`{"weight_map":{"a":"x.safetensors"}}`, `{"weight_map":{"a":"../x.safetensors"}}`, `{"weight_map":{"a":"sub/x.safetensors"}}`,
		`{"weight_map":{"a":"y.safetensors","a":"x.safetensors"}}`, `{"weight_map":null}`, `{"metadata":[[[[]]]],"weight_map":{"":".safetensors"}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, index []byte) {
		files := fstest.MapFS{tensorFormat.list(): {Data: index}, "x.safetensors": {Data: shard}, "sub/x.safetensors": {Data: shard}}
		c, err := readCheckpoint(files, "m", false)
		if err != nil {
			if text := err.Error(); fault.ClassOf(err) != fault.Invalid || strings.ContainsAny(text, "\n\x00") || !strings.HasPrefix(text, "m/") {
				t.Fatalf("class %d, message %q", fault.ClassOf(err), text)
			}
			return
		}
		defer func() { _ = c.close() }()
		if len(c.tensors) != 2 || len(c.shards) != 1 || c.shards[0].name != "m/x.safetensors" {
			t.Fatalf("%q gives %d tensors of %d files", index, len(c.tensors), len(c.shards))
		}
	})
}
