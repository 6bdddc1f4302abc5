package session

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/reftest"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/weights"
)

// permutedModel is a copy of a reference's model whose head has its rows in another order, row i
// being the former order[i], and whose id2label names them.
func permutedModel(t *testing.T, e *reftest.Encoder, order []int, labels []string) string {
	t.Helper()
	file, err := safetensors.Read(filepath.Join(e.Model(), "model.safetensors"))
	must(t, err)
	var tensors []safetensors.Tensor
	for _, x := range file.Tensors {
		v, err := x.Float32()
		must(t, err)
		w := weights.Tensor{Name: x.Name, Shape: x.Shape, Data: v}
		if strings.HasPrefix(x.Name, "classifier.out_proj.") {
			w = w.SelectRows(order)
		}
		tensors = append(tensors, safetensors.F32(w.Name, w.Shape, w.Data))
	}
	b, err := safetensors.Encode(tensors, map[string]string{"format": "pt"})
	must(t, err)
	c, names := config(t, e.Model()), map[string]string{}
	for i, at := range order {
		names[fmt.Sprint(i)] = strings.ToUpper(labels[at])
	}
	c["id2label"] = names
	delete(c, "label2id")
	text, err := json.Marshal(c)
	must(t, err)
	return copyOf(t, e.Model(), map[string]string{"config.json": string(text), "model.safetensors": string(b)})
}

// permutedAdapter is a reference's adapter, without provenance, whose head has its rows in
// another order.
func permutedAdapter(t *testing.T, e *reftest.Encoder, order []int) string {
	t.Helper()
	a := adapterOf(t, peft(e))
	for i := len(a.Head) - 2; i < len(a.Head); i++ {
		a.Head[i] = a.Head[i].SelectRows(order)
	}
	dir := filepath.Join(t.TempDir(), "permuted")
	must(t, adapter.Save(dir, a, nil, adapter.SaveOptions{}))
	return dir
}

// named are the logits of the dev split by the label that they are of, and accuracy.
func named(t *testing.T, s *Session) (map[string][]float32, float64) {
	t.Helper()
	results, err := s.Measure(t.Context(), "dev", []int{4})
	must(t, err)
	logits := map[string][]float32{}
	for i := range results[0].Len() {
		for j, v := range results[0].Row(i) {
			logits[s.Task.Labels[j]] = append(logits[s.Task.Labels[j]], v)
		}
	}
	accuracy, _ := results[0].Metrics.Get("accuracy").Float()
	return logits, accuracy
}

// TestPermutedHeads: wherever id2label names the rows of a head, in any order, the named answers are
// the same, of a head of the base model and of one of the adapter, before the merge and after.
func TestPermutedHeads(t *testing.T) {
	t.Parallel()
	e, files, labels := reference(t, "roberta"), own(t), []string{"bad", "good", "so so"}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		for kind, path := range map[string]string{"adapter": permutedAdapter(t, e, order), "base": headless(t, e)} {
			t.Run(fmt.Sprint(kind, order), func(t *testing.T) {
				plain := opened(t, env(t), map[string]string{"adapter": peft(e), "base": path}[kind], "model: "+e.Model()+"; "+ownTask(files), Options{Exact: true})
				want, accuracy := named(t, plain)
				model := permutedModel(t, e, order, labels)
				s := opened(t, env(t), path, "model: "+model+"; "+ownTask(files), Options{Exact: true, Split: "dev"})
				got, a := named(t, s)
				same(t, "logits", got, want)
				if a != accuracy {
					t.Errorf("accuracy %v, want %v", a, accuracy)
				}
				unasked := opened(t, env(t), path, "model: "+model, Options{Exact: true, AnyTask: true})
				if want := s.Task.Labels; !slices.EqualFunc(unasked.Task.Labels, want, strings.EqualFold) || !unasked.TaskUnknown() {
					t.Errorf("without a task the columns are %q, want %q", unasked.Task.Labels, want)
				}
				for _, merging := range []*Session{s, unasked} {
					out := filepath.Join(t.TempDir(), "merged")
					_, err := merging.Merge(t.Context(), 4, out)
					must(t, err)
					if got, want := config(t, out)["id2label"], config(t, model)["id2label"]; fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("merged id2label %v, want %v", got, want)
					}
					b := opened(t, env(t), headless(t, e), "model: "+out+"; "+ownTask(files), Options{Exact: true})
					results, err := b.Measure(t.Context(), "dev", []int{0})
					must(t, err)
					for i := range results[0].Len() {
						for j, v := range results[0].Row(i) {
							if w := want[b.Task.Labels[j]][i]; math.Abs(float64(v-w)) > 1e-4*max(1, math.Abs(float64(w))) {
								t.Fatalf("merged, example %d: %s has %v, want %v", i, b.Task.Labels[j], v, w)
							}
						}
					}
				}
			})
		}
	}
}

// same holds logits by label against others, to the bit.
func same(t *testing.T, what string, got, want map[string][]float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s of %d labels, want %d", what, len(got), len(want))
	}
	for label, w := range want {
		if !slices.Equal(got[label], w) {
			t.Errorf("%s of %s: %v, want %v", what, label, got[label], w)
		}
	}
}
