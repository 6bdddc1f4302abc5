package finetune

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// bare is alike's task on the reference's BERT without its pooler, as masked-language modelling
// leaves one.
const bare = "task: alike.csv; dev_file: alike-dev.csv; text_column: first; pair_column: second; label_column: score; kind: regression; model: bare"

// takePooler makes bare of bert.
func (f folder) takePooler() {
	f.Helper()
	must(f, os.CopyFS("bare", os.DirFS("bert")))
	file := filepath.Join("bare", "model.safetensors")
	st, err := safetensors.Read(file)
	must(f, err)
	before := len(st.Tensors)
	rest := slices.DeleteFunc(st.Tensors, func(x safetensors.Tensor) bool { return strings.Contains(x.Name, "pooler") })
	if len(rest) == before {
		f.Fatal("the reference has no pooler")
	}
	b, err := safetensors.Encode(rest, st.Metadata)
	must(f, err)
	must(f, os.WriteFile(file, b, 0o666))
}

// A pooler that the base model lacks is made from the seed if that is asked for, and kept in the
// adapter: what is measured, resumed, sliced and merged later has the same one.
func TestInitMissing(t *testing.T) {
	f := newFolder(t)
	f.takePooler()
	if _, err := Prepare(t.Context(), f.env, f.settled(bare), Place{Run: "refused"}); fault.ReasonOf(err) != model.NoPooler {
		t.Errorf("without init_missing: %v", err)
	}
	for _, targets := range []string{"query,value", "all-linear"} {
		r := f.settled(bare + "; init_missing: true; targets: " + targets)
		report := f.train(r, Place{Run: targets})
		f.stop(r, Place{Run: targets + "-stopped"}, 5)
		f.resume(targets + "-stopped")
		f.sameRun(targets+"-stopped", targets)

		stored, err := session.OpenAdapter(f.env, targets, adapter.Options{})
		must(t, err)
		if saved := stored.Adapter.Saved; len(saved) != 2 || saved[1].Name != "bert.pooler.dense.weight" {
			t.Fatalf("%s: the adapter holds %d whole tensors", targets, len(saved))
		}
		s, err := session.Open(t.Context(), f.env, stored, session.Options{})
		must(t, err)
		var ranks []int
		for _, p := range report.Ranks {
			ranks = append(ranks, p.Rank)
		}
		again, err := s.Sweep(t.Context(), "dev", ranks)
		must(t, err)
		for i, p := range report.Ranks {
			if got, want := again.Ranks[i].Value, p.Value; got != want {
				t.Errorf("%s, rank %d: %v, in training %v", targets, p.Rank, got, want)
			}
		}
		if _, err := s.Merge(t.Context(), 2, "merged-"+targets); err != nil {
			t.Errorf("%s: %v", targets, err)
		}
		st, err := safetensors.Read(filepath.Join("merged-"+targets, "model.safetensors"))
		must(t, err)
		if _, ok := st.Tensor("bert.pooler.dense.weight"); !ok {
			t.Errorf("%s: the merged model has no pooler", targets)
		}
	}
}

// What all-linear means, and a target that the encoder does not have.
func TestTargets(t *testing.T) {
	const layers = "query key value attention.output.dense intermediate.dense output.dense"
	for _, tt := range []struct {
		kind, remembered, given, want string // want "" is refused
	}{
		{"bert", "", "targets: all-linear", layers + " pooler.dense"},
		{"roberta", "", "targets: all-linear", layers},
		{"bert", "", "targets: pooler.dense,query", "query pooler.dense"},
		{"roberta", "", "targets: pooler.dense,query", ""},
		{"bert", "targets: all-linear; init_missing: false", "", layers + " pooler.dense"},
		{"bert", "targets: all-linear", "", layers}, // a run of a version that had no init_missing
		{"bert", "targets: all-linear", "targets: all-linear", layers},
		{"bert", "targets: query", "", "query"},
	} {
		var all []*settings.Layer
		if tt.remembered != "" {
			all = append(all, settings.YAMLLayer(settings.Run, "config.yaml", []byte(strings.ReplaceAll(tt.remembered+"; rank: 2", "; ", "\n"))))
		}
		r, err := settings.Resolve(append(all, layer(tt.given))...)
		must(t, err)
		c, err := model.ParseConfig("config.json", []byte(`{"model_type":"`+tt.kind+`"}`))
		must(t, err)
		got, err := Targets(r, c)
		if tt.want == "" {
			if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "pooler.dense") {
				t.Errorf("%+v: %v", tt, err)
			}
			continue
		}
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("%+v: %q, %v", tt, got, err)
		}
	}
}
