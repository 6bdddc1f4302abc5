package nest

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/session"
)

// apart is the norm of the difference of two adapters' updates of module i: that of an adapter with the rows of both, which
// needs no matrix of the size of the weight.
func apart(a, b *adapter.Adapter, i int) float64 {
	r := a.Rank
	both := &adapter.Adapter{Rank: 2 * r, Alpha: float64(2 * r)} // its scale is 1
	m := adapter.Module{In: a.Modules[i].In, Out: a.Modules[i].Out}
	m.A = append(append(m.A, a.Modules[i].A...), b.Modules[i].A...)
	m.B = make([]float32, m.Out*2*r)
	_, s := a.Scale(&a.Modules[i], r)
	_, t := b.Scale(&b.Modules[i], r)
	for o := range m.Out {
		for k := range r {
			m.B[o*2*r+k] = float32(s * float64(a.Modules[i].B[o*r+k]))
			m.B[o*2*r+r+k] = float32(-t * float64(b.Modules[i].B[o*r+k]))
		}
	}
	return both.DeltaNorm(&m, 2*r)
}

// TestReferenceAdapters: adapters found in the wild, PEFT's and loralib's, are nested: the same update at full rank, and in fewer
// ranks more of it than their own first rows have.
func TestReferenceAdapters(t *testing.T) {
	root := reftest.Shared(t, "adapters of public repositories")
	paths, err := filepath.Glob(filepath.Join(root, "data", "adapters", "*", "adapter_config.json"))
	must(t, err)
	paths = append(paths, filepath.Join(root, "data", "adapters", "microsoft-lora-mnli", "roberta_base_lora_mnli.bin"))
	for _, path := range paths {
		o := adapter.Options{AllowPickle: true, Alpha: 16}
		if filepath.Base(path) == "adapter_config.json" {
			path, o = filepath.Dir(path), adapter.Options{}
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			from, err := session.OpenAdapter(quiet(), path, o)
			must(t, err)
			r, err := Make(t.Context(), quiet(), from, Options{Out: filepath.Join(t.TempDir(), "nested")})
			if from.Adapter.ChangesNothing() && fault.ClassOf(err) == fault.Usage {
				t.Logf("refused: %v", err)
				return
			}
			must(t, err)
			n, _, err := adapter.Load(r.Folder)
			must(t, err)
			size, moved := 0.0, 0.0
			for i := range n.Modules {
				size += math.Pow(from.Adapter.DeltaNorm(&from.Adapter.Modules[i], n.Rank), 2)
				moved += math.Pow(apart(from.Adapter, n, i), 2)
			}
			last := 0.0
			for _, k := range r.Ranks {
				if k.Kept < k.Before || k.Kept < last {
					t.Errorf("rank %d keeps %v, its first rows %v, the rank before %v", k.Rank, k.Kept, k.Before, last)
				}
				last = k.Kept
			}
			t.Logf("rank %d: the update moved by %.1e of its norm; rank 1 keeps %.0f %%, its first row %.0f %%", n.Rank, math.Sqrt(moved/size), 100*r.Ranks[0].Kept, 100*r.Ranks[0].Before)
			if moved > 1e-12*size {
				t.Errorf("the update moved by %g of its norm", math.Sqrt(moved/size))
			}
			if _, err := os.Stat(filepath.Join(r.Folder, "adapter_model.safetensors")); err != nil {
				t.Error(err)
			}
		})
	}
}
