package finetune

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/safetensors"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/train"
)

// TestDistill: the targets are the labels in the full-rank phase, and then labels and what the
// adapter answered at rank R when the phase ended, mixed by formula.
func TestDistill(t *testing.T) {
	for task, yaml := range map[string]string{"classes": "", "scores": alike} {
		t.Run(task, func(t *testing.T) {
			f := newFolder(t)
			j := f.prepare(f.settled(yaml+"; max_steps: 8; full_rank_phase: 0.5; distill: 0.25"), Place{Run: task})
			batch, err := j.distilled.Source.Batch(0, 0)
			must(t, err)
			var soft, want []float32
			j.Loop.On(train.Hook{Name: "test", Step: func(_ *train.Loop, s train.Step) error {
				b, err := j.distilled.Batch(0, 0)
				must(t, err)
				if (b.Soft != nil) != (s.Step > 4) { // hooks run in order: the teacher comes after this one
					t.Errorf("step %d: soft targets %v", s.Step, b.Soft)
				}
				if s.Step == 4 {
					want, err = session.LogitsAt(j.Program, batch, 4)
				}
				soft = b.Soft
				return err
			}})
			must(t, j.Run(t.Context()))
			file, err := safetensors.Read(task + "/teacher.safetensors")
			must(t, err)
			kept, _ := file.Tensor("logits")
			logits, err := kept.Float32()
			must(t, err)
			n := j.Task.Outputs()
			for i, index := range batch.Index {
				row := logits[index*n : (index+1)*n]
				if !slices.Equal(row, want[i*n:(i+1)*n]) {
					t.Errorf("example %d: logits %v are kept, want %v", index, row, want[i*n:(i+1)*n])
				}
				for c := range n {
					label, taught := float64(batch.Scores[i]), float64(row[c])
					if j.Task.Kind == data.Classification {
						label, taught = 0, math.Exp(taught)/(math.Exp(float64(row[0]))+math.Exp(float64(row[1])))
						if c == int(batch.Classes[i]) {
							label = 1
						}
					}
					if d := float64(soft[i*n+c]) - 0.75*label - 0.25*taught; math.Abs(d) > 1e-6 {
						t.Errorf("example %d, output %d: target %v, want 0.75·%v + 0.25·%v", index, c, soft[i*n+c], label, taught)
					}
				}
			}
		})
	}
}

// TestDistillFaults: a run without a teacher, or with another one's answers, does not go on.
func TestDistillFaults(t *testing.T) {
	f := newFolder(t)
	if _, err := Prepare(f.Context(), f.env, f.settled("max_steps: 4; full_rank_phase: 0.01; distill: 1"), Place{Run: "short"}); err == nil || !strings.Contains(err.Error(), "full_rank_phase of 0.01") {
		t.Errorf("a phase of no step: %v", err)
	}
	if _, err := Prepare(f.Context(), f.env, f.settled("distill: 1"), Place{Run: "short"}); err == nil || !strings.Contains(err.Error(), "set full_rank_phase") {
		t.Errorf("no phase: %v", err)
	}
	if _, err := os.Stat("short"); err == nil {
		t.Error("a refused training left a folder")
	}
	r := f.settled("full_rank_phase: 0.2; distill: 1")
	f.stop(r, Place{Run: "run"}, 7)
	whole := f.read("run", "teacher.safetensors")
	for what, text := range map[string]string{
		"":           "run/teacher.safetensors",
		"cut":        whole[:len(whole)-4],
		"other bits": whole[:len(whole)-1] + "\x41",
		"step":       strings.Replace(whole, `"step":"4"`, `"step":"5"`, 1),
	} {
		if what == "" {
			must(t, os.Remove("run/teacher.safetensors"))
		} else {
			f.write("run/teacher.safetensors", text)
		}
		p := Place{Run: "run", Resume: true}
		again, err := Resolve(p)
		must(t, err)
		j := f.prepare(again, p)
		err = j.Run(t.Context())
		if err == nil || fault.ClassOf(err) != fault.Invalid || !strings.Contains(err.Error(), "run/teacher.safetensors: ") || !strings.Contains(err.Error(), "start another run") {
			t.Errorf("%q: %v", what, err)
		}
		must(t, j.Close())
	}
}
