package finetune

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// garbage makes the base model's weights a file that cannot be read: an error that is not of
// it was there before.
func (f folder) garbage() {
	f.Helper()
	for _, model := range []string{"roberta", "bert"} {
		f.write(filepath.Join(model, "model.safetensors"), "garbage")
	}
}

// refused fails the test unless Prepare refuses with class and text, and leaves everything as
// it is.
func (f folder) refused(r *settings.Resolved, p Place, class fault.Class, want string) {
	f.Helper()
	before := f.tree()
	j, err := Prepare(f.Context(), f.env, r, p)
	if j != nil {
		_ = j.Close()
		f.Fatalf("want %q, is prepared", want)
	}
	if fault.ClassOf(err) != class || !strings.Contains(err.Error(), want) {
		f.Errorf("class %d: %v, want %d: %q", fault.ClassOf(err), err, class, want)
	}
	if after := f.tree(); after != before {
		f.Errorf("%v leaves\n%s\nof\n%s", err, after, before)
	}
}

// TestRefused: what can be known before a weight is read is refused before, with nothing left
// on the disk: no run folder, no runs, and the newest run stays the newest.
func TestRefused(t *testing.T) {
	f := newFolder(t)
	f.train(f.settled("max_steps: 1"), Place{Run: "start"})
	f.train(f.settled("max_steps: 1; rank: 2"), Place{Run: "start-2"})
	f.train(f.settled(alike+"; max_steps: 1"), Place{Run: "start-alike"})
	must(t, os.RemoveAll("runs"))
	f.garbage()
	f.write("occupied/notes.txt", "mine")
	f.write("empty.csv", "text,label\n")
	f.write("few.csv", "text,label\nthe boat sank,bad\nthe  boat sank,bad\nthe river was cold,good\n")
	f.write("file", "")
	cases := []struct {
		name, yaml string
		place      Place
		class      fault.Class
		want       string
	}{
		{"int8", "precision: int8", Place{}, fault.Usage, "precision: int8 is for evaluation only"},
		{"bf16", "precision: bf16", Place{}, fault.Usage, "precision: bf16 is for evaluation only"},
		{"sum of one row", "gate: matryoshka; update: strict", Place{}, fault.Usage, "update: strict needs steps of single ranks, and gate matryoshka sums all of them in every step: want all (test.yaml line 2)"},
		{"sum of mixed ranks", "gate: matryoshka; ranks_per_step: sandwich", Place{}, fault.Usage, "ranks_per_step: sandwich needs steps of single ranks"},
		{"sum and heads by rank", "heads: per-rank; gate: matryoshka", Place{}, fault.Usage, "heads: per-rank needs steps of single ranks"},
		{"occupied", "", Place{Run: "occupied"}, fault.Usage, "occupied is not empty (notes.txt)"},
		{"a run", "", Place{Run: "start"}, fault.Usage, "start holds a run"},
		{"a file", "", Place{Run: "file"}, fault.Usage, "file"},
		{"inside a file", "", Place{Run: "file/run"}, fault.Usage, "not a directory"},
		{"no run", "", Place{Run: "nosuch", Resume: true}, fault.Invalid, "nosuch: there is no run to resume"},
		{"no run's folder", "", Place{Run: "occupied", Resume: true}, fault.Invalid, "occupied: it holds no config.yaml"},
		{"no training file", "task: nosuch.csv; dev_file: sink-dev.csv", Place{}, fault.Invalid, "nosuch.csv"},
		{"no training file in folders to be made", "task: nosuch.csv; dev_file: sink-dev.csv", Place{Run: "a/b/c"}, fault.Invalid, "nosuch.csv"},
		{"no dev file", "task: sink.csv; dev_share: 0", Place{}, fault.Usage, "has no file for dev"},
		{"too few texts for a dev split", "task: few.csv", Place{}, fault.Invalid, "few.csv: its 3 examples, of 2 texts, are too few to make a dev split of"},
		{"dev file and share", "task: sink.csv; dev_file: sink-dev.csv; dev_share: 0.2", Place{}, fault.Usage, "dev_share: has no use where dev_file is given: leave one of them out (test.yaml line 3)"},
		{"dev file and seed", "task: sink.csv; dev_file: sink-dev.csv; dev_seed: 2", Place{}, fault.Usage, "dev_seed: has no use"},
		{"changed data of a new run", "allow_changed_data: true", Place{}, fault.Usage, "allow_changed_data: is for a run that is resumed"},
		{"missing dev file", "task: sink.csv; dev_file: nosuch.csv", Place{Run: "a/b/c"}, fault.Invalid, "nosuch.csv"},
		{"no examples", "task: empty.csv; dev_file: sink-dev.csv", Place{}, fault.Invalid, "empty.csv"},
		{"no dev examples", "task: sink.csv; dev_file: empty.csv", Place{}, fault.Invalid, "empty.csv"},
		{"GLUE, offline", "task: rte; model: roberta", Place{}, fault.Offline, "task rte: its train split"},
		{"GLUE, another folder", "task: rte; model: roberta; data_dir: occupied", Place{}, fault.Invalid, "occupied"},
		{"no adapter", "init_adapter: nosuch", Place{}, fault.Invalid, "init_adapter: adapter: nosuch: "},
		{"no newest run", "init_adapter: runs/latest", Place{Run: "x"}, fault.Invalid, "init_adapter: "},
		{"no adapter in it", "init_adapter: occupied", Place{}, fault.Invalid, "init_adapter: occupied: no adapter_config.json"},
		{"adapter of another rank", "init_adapter: start-2", Place{}, fault.Usage, "init_adapter: start-2 does not fit: its rank is 2, not 4"},
		{"adapter of another alpha", "init_adapter: start; alpha: 8", Place{}, fault.Usage, "init_adapter: start does not fit: its alpha is 16, not 8"},
		{"adapter of other maps", "init_adapter: start; targets: query", Place{}, fault.Usage, "value as well"},
		{"adapter of more maps", "init_adapter: start; targets: all-linear", Place{}, fault.Usage, "it does not adapt "},
		{"adapter of another model", "init_adapter: start-alike", Place{}, fault.Invalid, "init_adapter: start-alike was trained on another base model, bert: give that one as model"},
		{"rank", "rank: 25", Place{}, fault.Usage, "rank: 25 is above 24, the full rank of roberta.encoder.layer.0.attention.self.query; use a lower rank (test.yaml line 1)"},
		{"rank of bert", alike + "; rank: 21", Place{}, fault.Usage, "rank: 21 is above 20, the full rank of bert."},
		{"length", "max_length: 27", Place{}, fault.Usage, "max_length: model roberta takes at most 26 tokens, not 27 (test.yaml line 1)"},
		{"no model", "model: ./nosuch", Place{}, fault.Usage, `model "./nosuch": no such folder`},
		{"no model's folder", "model: occupied", Place{}, fault.Invalid, "occupied: has no tokenizer.json"},
		{"model of the Hub, offline", "model: someone/model", Place{}, fault.Offline, "someone/model"},
		{"weights", "", Place{Run: "a/b"}, fault.Invalid, "model.safetensors"},
		{"weights, by the task's name", "", Place{}, fault.Invalid, "model.safetensors"},
	}
	for _, runs := range []string{"no runs", "a newest run"} {
		if runs == "a newest run" {
			must(t, os.MkdirAll("runs/old", 0o777))
			must(t, os.Symlink("old", "runs/latest"))
		}
		for _, tt := range cases {
			t.Run(runs+"/"+tt.name, func(t *testing.T) {
				f := folder{t, f.env, f.notes}
				f.refused(f.settled(tt.yaml), tt.place, tt.class, tt.want)
			})
		}
	}
}

// TestRefusedKernel: a kernel that is not known is refused before anything is read.
func TestRefusedKernel(t *testing.T) {
	f := newFolder(t)
	f.garbage()
	f.refused(f.settled("").With("kernel", "abacus"), Place{}, fault.Usage, `kernel: `)
	f.refused(f.settled("").With("precision", kernel.BF16), Place{}, fault.Usage, "precision: ")
}

// TestRefusedMemory: a training that needs more memory than the process may use is refused before weights are read where that is certain, by the
// sizes of the sequences else, and one that just fits is not, nor one whose batch the examples do not fill.
func TestRefusedMemory(t *testing.T) {
	f := newFolder(t)
	r := f.settled("batch: 8")
	survey, err := NewSurvey(t.Context(), f.env, r, Place{})
	must(t, err)
	size := func(lengths []int) int64 { return survey.Footprint(r, lengths).Total() }
	need, least := size(Lengths(t.Context(), survey.Tokenizer, survey.MaxLength, survey.Train)), size([]int{leastTokens})
	if least >= need {
		t.Fatalf("%d bytes for the shortest sequences, %d for those of the task", least, need)
	}
	limit := func(bytes int64) { f.env.Memory = session.Limits{{Bytes: bytes, Of: "the machine"}} }
	for bytes, want := range map[int64]string{need: "", 1 << 40: "", need - 1: " of memory, and the machine leaves ", least - 1: " of memory or more, and the machine leaves "} {
		limit(bytes)
		if want == "" {
			must(t, f.prepare(r, Place{}).Close())
			continue
		}
		f.refused(r, Place{}, fault.Usage, "training needs ")
		f.refused(r, Place{}, fault.Usage, want)
		f.refused(r, Place{}, fault.Usage, ": lower batch (8, test.yaml line 1) or max_length (26), raise micro_batches (1), or set precision to i16")
	}
	limit(need)
	must(t, f.prepare(f.settled("batch: 1000; max_train_examples: 8"), Place{}).Close())
	limit(least - 1)
	f.garbage()
	f.refused(f.settled("batch: 1000"), Place{}, fault.Usage, "training needs ")
}

// TestRefusedLocked: a folder that another run is in is refused at once, and the run in it is
// not harmed.
func TestRefusedLocked(t *testing.T) {
	f := newFolder(t)
	claimed, err := train.OpenRun(train.RunOptions{Root: "runs", Dir: "run", Task: "sink", Now: f.env.Now})
	must(t, err)
	model := f.read("roberta", "model.safetensors")
	f.garbage()
	f.refused(f.settled(""), Place{Run: "run"}, fault.Locked, "run is in use by process ")
	must(t, claimed.Close())
	f.write("roberta/model.safetensors", model)
	j := f.prepare(f.settled(""), Place{Run: "run"})
	f.garbage()
	p := Place{Run: "run", Resume: true}
	r, err := Resolve(p)
	must(t, err)
	f.refused(r, p, fault.Locked, "run is in use by process ")
	f.refused(f.settled(""), Place{Run: "run"}, fault.Locked, "run is in use by process ")
	must(t, j.Run(t.Context()))
	must(t, j.Close())
}
