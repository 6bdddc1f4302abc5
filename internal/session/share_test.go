package session

import (
	"path/filepath"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/weights"
)

// Sessions of one base model share it, whatever an adapter adds to its biases; one of whole tensors, of another model or in int8
// loads its own.
func TestShared(t *testing.T) {
	t.Parallel()
	e := env(t)
	save := func(model string, change func(a *adapter.Adapter)) *StoredAdapter {
		first, err := OpenSentiment()
		must(t, err)
		a := *first.Adapter
		if change != nil {
			change(&a)
		}
		p := *first.Provenance
		p.Model = model
		return &StoredAdapter{Path: "a", Folder: "a", Adapter: &a, Provenance: &p}
	}
	open := func(a *StoredAdapter, base *Encoder, layers ...*settings.Layer) *Session {
		s, err := Open(t.Context(), e, a, Options{Shared: base, Layers: layers})
		must(t, err)
		return s
	}
	first := open(save("mini", nil), nil)
	h := first.Encoder.Model.Config.HiddenSize
	name := "roberta.encoder.layer.0.output.dense"
	biased := open(save("mini", func(a *adapter.Adapter) {
		a.Biases = []weights.Tensor{{Name: name + ".bias", Shape: []int{h}, Data: make([]float32, h)}}
	}), first.Base())
	if biased.Encoder.Model == first.Encoder.Model || biased.Base().Model != first.Encoder.Model {
		t.Error("biases of an adapter are not its own alone")
	}
	if s := open(save("mini", nil), biased.Base()); s.Encoder.Model != first.Encoder.Model || s.Encoder == biased.Base() {
		t.Error("the base model is not shared")
	}
	int8 := settings.YAMLLayer(settings.Flag, "x.yaml", []byte("precision: int8\n"))
	if s := open(save("mini", nil), first.Base(), int8); s.Encoder.Model == first.Encoder.Model {
		t.Error("int8 is shared")
	}
	copied := filepath.Join(t.TempDir(), "mini")
	_, err := ExportBase("mini", copied, nil)
	must(t, err)
	if s := open(save(copied, nil), first.Base()); s.Encoder.Model == first.Encoder.Model {
		t.Error("a model of another name is shared")
	}
	in := first.Encoder.Model.Config.IntermediateSize
	whole := open(save("mini", func(a *adapter.Adapter) {
		a.Saved = []weights.Tensor{{Name: name + ".weight", Shape: []int{h, in}, Data: make([]float32, h*in)}, {Name: name + ".bias", Shape: []int{h}, Data: make([]float32, h)}}
		a.Saves = []string{name}
	}), first.Base())
	if whole.Encoder.Model == first.Encoder.Model || whole.Base() != nil {
		t.Error("a base model with an adapter's tensors is shared")
	}
	longer := settings.YAMLLayer(settings.Flag, "x.yaml", []byte("max_length: 9\n"))
	if s := open(save("mini", nil), first.Base(), longer); s.Encoder.MaxLength != 9 || first.Base().MaxLength == 9 {
		t.Errorf("%d tokens, and the first %d", s.Encoder.MaxLength, first.Base().MaxLength)
	}
}
