package session

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/weights"
)

// TestOpenOtherBase: an adapter of other weights is refused, unless it is forced.
func TestOpenOtherBase(t *testing.T) {
	e := reference(t, "roberta")
	p := provenance(t, e)
	p.ModelHash = strings.Repeat("0", 64)
	run := runFolder(t, ownTask(own(t)), adapterOf(t, peft(e)), p)
	_, err := open(t, env(t), run, "", Options{})
	refused(t, err, fault.Invalid, adapter.OtherBase, "000000000000", filepath.Join(run, "adapter"))
	s := opened(t, env(t), run, "", Options{ForceBase: true})
	if s.Encoder.Model.Hash == p.ModelHash {
		t.Error("the hash is the wrong one")
	}
}

// headless is the folder of a reference's adapter without its head.
func headless(t *testing.T, e *reftest.Encoder) string {
	t.Helper()
	a := adapterOf(t, peft(e))
	a.Head = nil
	to := filepath.Join(t.TempDir(), "headless")
	must(t, adapter.Save(to, a, nil, adapter.SaveOptions{}))
	return to
}

// TestOpenWithoutHead: an adapter without a head takes the model's, if that has as many
// outputs, and stays without one itself.
func TestOpenWithoutHead(t *testing.T) {
	e := reference(t, "roberta")
	dir, files := headless(t, e), own(t)
	a, err := OpenAdapter(env(t), dir, adapter.Options{})
	must(t, err)
	s, err := Open(t.Context(), env(t), a, Options{Layers: []*settings.Layer{layer("model: " + e.Model() + "; " + ownTask(files))}})
	must(t, err)
	want, ok := s.Encoder.Model.OwnHead(3)
	if !ok || !weights.SameShapes(s.Adapter.Head, want) || !slices.Equal(s.Adapter.Head[0].Data, want[0].Data) {
		t.Errorf("the head has %d tensors, and not the model's", len(s.Adapter.Head))
	}
	if len(a.Adapter.Head) != 0 {
		t.Error("the stored adapter has the model's head now")
	}
	_, err = open(t, env(t), dir, "model: "+e.Model()+"; task: sst2", Options{})
	refused(t, err, fault.Invalid, OtherModel, "it has no head", "none of 2 outputs")
	_, err = open(t, env(t), dir, "task: sst2; model: mini", Options{})
	refused(t, err, fault.Invalid, OtherModel, "is (24, 24), in model mini (256, 256)")
}

// biased is the folder of a reference's adapter with a bias of a length.
func biased(t *testing.T, name, bias string, length int) string {
	t.Helper()
	a := adapterOf(t, peft(reference(t, name)))
	v := make([]float32, length)
	for i := range v {
		v[i] = float32(i%5) - 2
	}
	a.Biases = []weights.Tensor{{Name: bias, Shape: []int{length}, Data: v}}
	to := filepath.Join(t.TempDir(), "biased")
	must(t, adapter.Save(to, a, nil, adapter.SaveOptions{}))
	return to
}

// TestOpenBiases: an adapter's biases take the place of the model's.
func TestOpenBiases(t *testing.T) {
	e := reference(t, "roberta")
	yaml := "model: " + e.Model() + "; " + ownTask(own(t))
	plain := opened(t, env(t), peft(e), yaml, Options{})
	s := opened(t, env(t), biased(t, "roberta", "roberta.embeddings.LayerNorm.bias", 24), yaml, Options{})
	batch := plain.RandomBatch()
	before, err := LogitsAt(plain.Program, batch, 4)
	must(t, err)
	after, err := LogitsAt(s.Program, batch, 4)
	must(t, err)
	if slices.Equal(before, after) {
		t.Error("the biases change nothing")
	}
	_, err = open(t, env(t), biased(t, "roberta", "roberta.encoder.layer.9.output.dense.bias", 24), yaml, Options{})
	refused(t, err, fault.Invalid, "", "layer.9.output.dense.bias")
}
