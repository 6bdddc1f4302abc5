package finetune

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// heldOut is a training without a dev file.
const heldOut = "task: sink.csv; dev_share: 0.25; dev_seed: 4; max_steps: 6"

// TestHeldOut: without a dev file a share of the training file is dev. The run records which rows they are; it resumes with them to
// the bits of one that was not stopped, and its adapter is evaluated on them.
func TestHeldOut(t *testing.T) {
	f := newFolder(t)
	r := f.settled(heldOut)
	report := f.train(r, Place{Run: "whole"})
	if !f.said("dev: ") || report.Examples == 0 {
		t.Errorf("told %q", *f.notes)
	}
	record, err := session.ReadRunData("whole")
	must(t, err)
	if record.Held == nil || record.Held.Rows != 40 || record.Held.Share != 0.25 || record.Held.Seed != 4 || len(record.Splits["dev"]) != 0 || len(record.Splits["train"][0].SHA256) != 64 {
		t.Fatalf("recorded %+v", record)
	}
	if report.Examples != len(record.Held.Dev) {
		t.Errorf("%d examples of dev, %d rows", report.Examples, len(record.Held.Dev))
	}
	f.stop(r, Place{Run: "run"}, 3)
	f.resume("run")
	f.sameRun("run", "whole")

	a, err := session.OpenAdapter(f.env, "whole", adapter.Options{})
	must(t, err)
	s, err := session.Open(t.Context(), f.env, a, session.Options{Split: "dev"})
	must(t, err)
	dev, err := s.Split(t.Context(), "dev")
	must(t, err)
	rest, err := s.Split(t.Context(), "train")
	must(t, err)
	if len(dev) != report.Examples || len(dev)+len(rest) != 40 {
		t.Errorf("%d and %d examples", len(dev), len(rest))
	}
	texts := map[data.Key]bool{}
	for i := range dev {
		texts[data.TextKey(&dev[i])] = true
	}
	for i := range rest {
		if texts[data.TextKey(&rest[i])] {
			t.Errorf("%q is in both splits", rest[i].A)
		}
	}
	results, err := s.Measure(t.Context(), "dev", []int{4})
	must(t, err)
	if got, want := results[0].Metrics.Headline().Value, report.Ranks[len(report.Ranks)-1].Value; got != want {
		t.Errorf("evaluated again: %v, in training %v", got, want)
	}
}

// TestHeldOutSlice: an adapter without its run draws the same rows from the file again, and takes no other file.
func TestHeldOutSlice(t *testing.T) {
	f := newFolder(t)
	report := f.train(f.settled(heldOut), Place{Run: "run"})
	must(t, os.CopyFS("alone", os.DirFS("run/adapter")))
	open := func(yaml string) (*session.Session, error) {
		a, err := session.OpenAdapter(f.env, "alone", adapter.Options{})
		must(t, err)
		return session.Open(t.Context(), f.env, a, session.Options{Split: "dev", Layers: []*settings.Layer{layer(yaml)}})
	}
	s, err := open("model: roberta")
	must(t, err)
	dev, err := s.Split(t.Context(), "dev")
	must(t, err)
	if len(dev) != report.Examples || len(s.OtherData) > 0 {
		t.Errorf("%d examples, %d in training; %q", len(dev), report.Examples, s.OtherData)
	}
	f.write("sink.csv", sentences(30, 1))
	if _, err := open("model: roberta"); err == nil || !strings.Contains(err.Error(), "alone: ") || !strings.Contains(err.Error(), "is not the file that it was trained with as its train data") {
		t.Errorf("another file of the name: %v", err)
	}
	must(t, os.Remove("sink.csv"))
	if _, err := open("model: roberta"); err == nil || !strings.Contains(err.Error(), "its train data, sink.csv, are not there") {
		t.Errorf("no file: %v", err)
	}
}

// TestResumeMoved: a run that was moved with its data, or whose data the user names, ends with the bits of one that
// stayed.
func TestResumeMoved(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled(""), Place{Run: "whole"})
	f.stop(f.settled(""), Place{Run: "p/run"}, 5)
	must(t, os.CopyFS("copied", os.DirFS("p")))
	must(t, os.MkdirAll("q", 0o777))
	for _, file := range []string{"sink.csv", "sink-dev.csv"} {
		must(t, os.Rename(file, filepath.Join("q", file)))
	}
	must(t, os.Rename("p", "q/p"))
	f.write("sink.csv", sentences(40, 1)) // of the same name in the current folder
	f.write("sink-dev.csv", sentences(12, 1))
	place := Place{Run: "copied/run", Resume: true}
	r, err := Resolve(place)
	must(t, err)
	if _, err := Prepare(t.Context(), f.env, r, place); err == nil || !strings.Contains(err.Error(), "is not the file that it was trained with") {
		t.Errorf("data of the same name: %v", err)
	}
	must(t, os.Remove("sink.csv"))
	must(t, os.Remove("sink-dev.csv"))
	if r, err = Resolve(place, layer("task: q/sink.csv; dev_file: q/sink-dev.csv")); err != nil {
		t.Fatal(err)
	}
	f.train(r, place)
	f.sameRun("copied/run", "whole")
	// The run in q finds them two folders up, as before.
	f.resume("q/p/run")
	f.sameRun("q/p/run", "whole")
}

// TestResumeChanged: with other data, which have to be allowed, a run goes on, and its adapter says so.
func TestResumeChanged(t *testing.T) {
	f := newFolder(t)
	f.stop(f.settled(""), Place{Run: "run"}, 5)
	f.write("sink.csv", strings.Replace(f.read("sink.csv"), ",good", ",bad", 1))
	place := Place{Run: "run", Resume: true}
	r, err := Resolve(place, layer("allow_changed_data: true"))
	must(t, err)
	report := f.train(r, place)
	const want = "train: sink.csv, SHA-256 "
	if len(report.OtherData) != 1 || !strings.HasPrefix(report.OtherData[0], want) || !f.said("other data than the run began with: "+report.OtherData[0]) {
		t.Errorf("%q, told %q", report.OtherData, *f.notes)
	}
	_, p := f.load("run")
	if p.Data == nil || len(p.Data.Other) != 1 || !strings.Contains(f.read("run/adapter/README.md"), "other data") || !strings.Contains(f.read("run/sweep.json"), want) {
		t.Errorf("the adapter records %+v", p.Data)
	}
}

// TestResumeUnrecorded: a run of an older version, which records nothing of its data, goes on by its settings, told once.
func TestResumeUnrecorded(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled(""), Place{Run: "whole"})
	f.stop(f.settled(""), Place{Run: "run"}, 5)
	must(t, os.Remove("run/"+session.DataName))
	f.resume("run")
	f.sameRun("run", "whole")
	if n := strings.Count(strings.Join(*f.notes, "\n"), "run records no hashes of its data, as older versions made it"); n != 1 {
		t.Errorf("told %d times: %q", n, *f.notes)
	}
}
