package finetune

import (
	"os"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/train"
)

// lengthen resumes a run with other settings, up to a step; 0: to its end.
func (f folder) lengthen(run, yaml string, step int) *Report {
	f.Helper()
	p := Place{Run: run, Resume: true}
	r, err := Resolve(p, layer(yaml))
	must(f, err)
	if step > 0 {
		f.stop(r, p, step)
		return nil
	}
	return f.train(r, p)
}

// TestLonger: a finished run of one epoch becomes one of two; stopped on the way and resumed, without saying the length again, it
// ends with the same bits. Its adapter tells that it was made longer. sink.csv has 10 steps an epoch.
func TestLonger(t *testing.T) {
	f := newFolder(t)
	for _, name := range []string{"whole", "stopped"} {
		f.train(f.settled("epochs: 1"), Place{Run: name})
	}
	if r := f.lengthen("whole", "epochs: 2", 0); r.Step > 20 || !f.said("whole: the finished run of 10 steps becomes one of 20") {
		t.Errorf("step %d, told %q", r.Step, *f.notes)
	}
	f.lengthen("stopped", "epochs: 2", 14)
	f.resume("stopped")
	f.sameRun("stopped", "whole")
	if _, p := f.load("whole"); p.Training["made_longer_after_step"] != "10" || p.Training["epochs"] != "2" {
		t.Errorf("settings of training %v", p.Training)
	}
	if text := f.read("whole", "config.yaml"); !strings.Contains(text, "\nepochs: 2") {
		t.Errorf("config.yaml:\n%s", text)
	}
	other := f.train(f.settled("epochs: 2"), Place{Run: "two"})
	if other.Step == 20 && f.read("two", "adapter/adapter_model.safetensors") == f.read("whole", "adapter/adapter_model.safetensors") {
		t.Error("a run of two epochs from the beginning has the same learning rates")
	}
}

// TestLongerOfPlan: the length of a plan's training is the plan's.
func TestLongerOfPlan(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("max_steps: 1"), Place{Run: "run"})
	f.write("run/"+PlanRecordName, "{}")
	_, err := Resolve(Place{Run: "run", Resume: true}, layer("max_steps: 2"))
	if fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "is a training of a plan") {
		t.Errorf("%v", err)
	}
	if _, err := Resolve(Place{Run: "run", Resume: true}, layer("max_steps: 1")); err != nil {
		t.Errorf("the same length: %v", err)
	}
}

// TestOverwrite: the run that is there stays until the new one is complete, and a training that is refused leaves it as it is.
func TestOverwrite(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("max_steps: 1"), Place{Run: "run"})
	old := f.read("run", "adapter/adapter_model.safetensors")
	p := Place{Run: "run", Overwrite: true}
	f.refused(f.settled("task: nosuch.csv; dev_file: sink-dev.csv"), p, fault.Invalid, "nosuch.csv")
	f.stop(f.settled("max_steps: 3"), p, 2)
	if f.read("run", "adapter/adapter_model.safetensors") != old {
		t.Error("the old run was changed before the new one was complete")
	}
	r := f.train(f.settled("max_steps: 2"), p)
	if r.Run != "run" || r.Adapter != "run/adapter" || !f.said("run.new: new run; it takes the place of run when it is complete") {
		t.Errorf("report %+v, told %q", r, *f.notes)
	}
	if text := f.read("run", "sweep.json"); !strings.Contains(text, `"run":"run"`) || f.read("run", "adapter/adapter_model.safetensors") == old {
		t.Errorf("sweep.json %s", text)
	}
	if _, err := os.Stat("run.new"); err == nil {
		t.Error("the folder beside is left")
	}
	if latest, err := train.Latest("runs"); err != nil || !strings.HasSuffix(latest, "/run") {
		t.Errorf("the newest run is %s, %v", latest, err)
	}
}

// TestPlaceLoRA: LoRA trains, evaluates and keeps rank R alone, and may be said again when it is resumed.
func TestPlaceLoRA(t *testing.T) {
	f := newFolder(t)
	p := Place{Run: "run", LoRA: "--lora"}
	r, err := Resolve(p, layer("task: sink.csv; dev_file: sink-dev.csv; model: roberta; rank: 3; epochs: 1"))
	must(t, err)
	f.stop(r, p, 1)
	p.Resume = true
	r, err = Resolve(p)
	must(t, err)
	report := f.train(r, p)
	if len(report.Ranks) != 1 || report.Ranks[0].Rank != 3 || report.By != "the best by rank 3" {
		t.Errorf("report %+v", report)
	}
	f.train(f.settled("max_steps: 1"), Place{Run: "nested"})
	if _, err := Resolve(Place{Run: "nested", Resume: true, LoRA: "--lora"}); fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "r_min is 4 (--lora), the run was started with 1") {
		t.Errorf("a nested run: %v", err)
	}
}
