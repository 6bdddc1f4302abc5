package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/program"
	"github.com/dylora/dylora/internal/weights"
)

// TestMeasure: several ranks in one pass are each as it is alone, to the bit, and as the
// program computes it; the examples are in their order.
func TestMeasure(t *testing.T) {
	s := onRoberta(t, Options{})
	ranks := []int{0, 1, 2, 3, 4}
	all, err := s.Measure(t.Context(), "dev", ranks)
	must(t, err)
	examples, err := s.Split(t.Context(), "dev")
	must(t, err)
	for i, rank := range ranks {
		alone, err := s.Measure(t.Context(), "dev", []int{rank})
		must(t, err)
		if all[i].Rank != rank || !slices.Equal(all[i].Logits, alone[0].Logits) {
			t.Errorf("rank %d in one pass with others differs from rank %d alone", all[i].Rank, rank)
		}
		a, aok := all[i].Metrics.Headline().Value.Float()
		b, bok := alone[0].Metrics.Headline().Value.Float()
		if a != b || !aok || !bok {
			t.Errorf("rank %d: %v of all, %v alone", rank, a, b)
		}
		if i > 0 && slices.Equal(all[i].Logits, all[i-1].Logits) {
			t.Errorf("ranks %d and %d do not differ", rank, rank-1)
		}
		hits := 0
		for k, e := range examples {
			ids, types := s.Encoder.Tokenizer.Sequence(e.A, e.B, s.Encoder.MaxLength)
			got, err := LogitsAt(s.Program, data.Pack([]data.Encoded{{IDs: ids, Types: types}}), rank)
			must(t, err)
			if !slices.Equal(got, all[i].Row(k)) {
				t.Errorf("rank %d, example %d: %v, measured %v", rank, k, got, all[i].Row(k))
			}
			if slices.Index(got, slices.Max(got)) == int(e.Class) {
				hits++
			}
		}
		if accuracy, _ := all[i].Metrics.Get("accuracy").Float(); accuracy != float64(hits)/9 {
			t.Errorf("rank %d: accuracy %v with %d of 9 right", rank, accuracy, hits)
		}
	}
	if _, err := s.Measure(t.Context(), "dev", []int{5}); err == nil {
		t.Error("a rank above the adapter's is measured")
	}
	_, err = s.Measure(t.Context(), "test", []int{1})
	if fault.ClassOf(err) != fault.Usage {
		t.Errorf("a split that is not there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Measure(ctx, "dev", ranks); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// TestSweep: what Measure says, and what a slice of each rank holds.
func TestSweep(t *testing.T) {
	s := onRoberta(t, Options{})
	ranks := []int{1, 2, 4}
	results, err := s.Measure(t.Context(), "dev", ranks)
	must(t, err)
	sweep, err := s.Sweep(t.Context(), "dev", ranks)
	must(t, err)
	if sweep.Task != "boats.csv" || sweep.Split != "dev" || sweep.Metric != "accuracy" || len(sweep.Ranks) != 3 {
		t.Fatalf("sweep %+v", sweep)
	}
	for i, r := range sweep.Ranks {
		cut, err := s.StoredAdapter.Slice([]int{r.Rank}, Form{}, filepath.Join(t.TempDir(), "cut"), false)
		must(t, err)
		info, err := os.Stat(filepath.Join(cut[0].Folder, "adapter_model.safetensors"))
		must(t, err)
		if r.Rank != ranks[i] || r.Value != results[i].Metrics.Headline().Value || r.Bytes != info.Size() || r.Parameters != adapterOf(t, cut[0].Folder).Parameters() {
			t.Errorf("rank %d: %+v; a slice has %d bytes", ranks[i], r, info.Size())
		}
	}
	if _, err := s.Sweep(t.Context(), "dev", []int{0}); err == nil {
		t.Error("a slice of rank 0 has a size")
	}
	if _, err := s.Sweep(t.Context(), "test", ranks); err == nil {
		t.Error("a split that is not there is swept")
	}
}

// TestSplitIsReadOnce: the files may change while a session measures.
func TestSplitIsReadOnce(t *testing.T) {
	e, dir := reference(t, "roberta"), own(t)
	s := opened(t, env(t), peft(e), "max_eval_examples: 5; model: "+e.Model()+"; "+ownTask(dir), Options{Split: "dev"})
	must(t, os.Remove(filepath.Join(dir, "dev.csv")))
	results, err := s.Measure(t.Context(), "dev", []int{4})
	must(t, err)
	if results[0].Len() != 5 {
		t.Errorf("%d examples of 5", results[0].Len())
	}
	if again, err := s.Split(t.Context(), "dev"); err != nil || len(again) != 5 {
		t.Errorf("%d examples, %v", len(again), err)
	}
	if train, err := s.Split(t.Context(), "train"); err != nil || len(train) != 5 {
		t.Errorf("another split: %d examples, %v", len(train), err)
	}
}

// TestProgress: a user sees how much of a split is done, and the end.
func TestProgress(t *testing.T) {
	e, u := reference(t, "roberta"), surround(t)
	s := opened(t, u.Env, peft(e), "model: "+e.Model()+"; "+ownTask(own(t)), Options{})
	_, err := s.Measure(t.Context(), "dev", []int{1, 2})
	must(t, err)
	from := slices.Index(u.tasks, "evaluate 9") // behind the packing of weights
	if n := len(u.tasks); from < 0 || n < from+3 || u.tasks[n-2] != "at 9" || u.tasks[n-1] != "end" {
		t.Errorf("progress %q", u.tasks)
	}
}

// headOf is a head of a model as an adapter has it, changed so that it is not the model's.
func headOf(s *Session) []weights.Tensor {
	head := weights.CloneAll(s.Adapter.Head)
	for i := range head[0].Data {
		head[0].Data[i] += 0.25
	}
	return head
}

// TestScoreOther: Score runs any program over any stream.
func TestScoreOther(t *testing.T) {
	s := onRoberta(t, Options{})
	other := s.Adapter.Clone()
	other.Head = headOf(s)
	p, err := program.New(s.Encoder.Model, other, s.Task, program.Options{})
	must(t, err)
	examples, err := s.Split(t.Context(), "dev")
	must(t, err)
	stream := data.Encode(t.Context(), s.Encoder.Tokenizer, examples, s.Encoder.MaxLength)
	defer stream.Close()
	a, err := Score(t.Context(), env(t), s.Program, stream, s.Task, []int{2})
	must(t, err)
	b, err := Score(t.Context(), env(t), p, stream, s.Task, []int{2})
	must(t, err)
	if slices.Equal(a[0].Logits, b[0].Logits) || a[0].Len() != b[0].Len() {
		t.Error("another head has the same logits")
	}
}
