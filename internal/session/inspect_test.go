package session

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
)

// TestInspect: what an adapter holds, and what each rank changes.
func TestInspect(t *testing.T) {
	e := reference(t, "roberta")
	a := storedRoberta(t)
	i, err := a.Inspect()
	must(t, err)
	if i.Folder != a.Folder || i.Rank != 4 || i.Alpha != 16 || i.RSLoRA || !slices.Equal(i.Sites, e.Modules) || !slices.Equal(i.Own, []int{4, 4, 4, 4}) {
		t.Errorf("inspected %+v", i)
	}
	if i.Head != 24*24+24+3*24+3 || i.Biases != 0 || i.Notes == nil || i.Facts != a.Provenance || len(i.Ranks) != 4 {
		t.Errorf("inspected %+v", i)
	}
	before := 0.0
	for k, r := range i.Ranks {
		out := filepath.Join(t.TempDir(), "cut")
		cut, err := a.Slice([]int{r.Rank}, Form{}, out, false)
		must(t, err)
		if r.Rank != k+1 || r.Parameters != cut[0].Parameters || r.Bytes != cut[0].Bytes || r.Parameters != i.Head+4*r.Rank*48 {
			t.Errorf("rank %d: %+v, a slice is %+v", k+1, r, cut[0])
		}
		if r.DeltaNorm == before || !(r.DeltaNorm > 0) {
			t.Errorf("rank %d: norm %v, before it %v", r.Rank, r.DeltaNorm, before)
		}
		before = r.DeltaNorm
	}
	foreign := asPEFT(t, biased(t, "bert", "bert.embeddings.LayerNorm.bias", 20))
	if i, err = foreign.Inspect(); err != nil || i.Facts != nil || i.Biases != 20 || i.Head != 21 {
		t.Errorf("an adapter from elsewhere: %+v, %v", i, err)
	}
	mixed := asPEFT(t, peft(e))
	cut := filepath.Join(t.TempDir(), "cut")
	_, err = mixed.Slice([]int{2}, Form{ModuleRanks: map[string]int{"query": 4}}, cut, false)
	must(t, err)
	if i, err = asPEFT(t, cut).Inspect(); err != nil || !slices.Equal(i.Own, []int{4, 2, 4, 2}) || i.Ranks[3].Parameters != i.Head+2*(4+2)*48 {
		t.Errorf("of mixed ranks: %+v, %v", i, err)
	}
}

// TestInspectJSON: the names are an interface for scripts.
func TestInspectJSON(t *testing.T) {
	i, err := asPEFT(t, peft(reference(t, "bert"))).Inspect()
	must(t, err)
	b, err := json.Marshal(i)
	must(t, err)
	var keys map[string]any
	must(t, json.Unmarshal(b, &keys))
	for _, key := range []string{"folder", "rank", "alpha", "rslora", "scaling", "scale", "sites", "site_ranks", "head_parameters", "bias_parameters", "notes", "ranks", "facts", "changes_nothing"} {
		if _, has := keys[key]; !has {
			t.Errorf("no %s in %s", key, b)
		}
		delete(keys, key)
	}
	if len(keys) > 0 {
		t.Errorf("more in it: %v", keys)
	}
	if _, err := (&StoredAdapter{Adapter: &adapter.Adapter{Rank: 1, Alpha: 1}}).Inspect(); err == nil {
		t.Error("an adapter without modules is inspected")
	}
}
