//go:build linux

package files

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/torture/filetrace"
	"github.com/dylora/dylora/internal/torture/row"
	"github.com/dylora/dylora/internal/train"
)

// training is a training of a tiny encoder that is tried again and again, and what it has to end with.
type training struct {
	t     *row.Trial
	args  []string
	want  map[string]string // files of a run that nothing happened to, by name
	took  time.Duration     // of that run
	bytes int64             // that its folder has at the end, in blocks of a disk
	last  string            // its last checkpoint
}

// place is the folder of the run, below that of the case.
const place = "runs/x"

// newTraining trains for so many steps, with a checkpoint every few and two epochs, undisturbed.
func newTraining(t *row.Trial, steps, every int) (*training, error) {
	const batch = 8
	s := &training{t: t, last: fmt.Sprintf("step-%09d-evaluated", steps)}
	s.args = append(strings.Fields("train --run "+place+" --max-eval-examples 16 --max-length 20 --epochs 2 --threads 1 --quiet"),
		"--batch", strconv.Itoa(batch), "--max-train-examples", strconv.Itoa(steps/2*batch), "--checkpoint-every", strconv.Itoa(every),
		"--model", filepath.Join(t.Root, "internal", "reftest", "testdata", "bert", "model"))
	err := scratch(func(dir string) error {
		start := time.Now()
		r, err := dylora(t, dir, s.args...)
		s.took = time.Since(start)
		if err == nil && r.code != 0 {
			err = fmt.Errorf("the training that nothing happens to: %v", r)
		}
		if err == nil {
			s.want, err = s.results(dir)
		}
		if err == nil {
			s.bytes, err = occupied(dir)
		}
		return err
	})
	return s, err
}

// scratch gives a folder that no case owns.
func scratch(use func(dir string) error) error {
	dir, err := os.MkdirTemp("", "torture-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // among temporary files
	return use(dir)
}

// occupied is the room that the files below dir take on a disk.
func occupied(dir string) (bytes int64, err error) {
	const block = 4096
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			bytes += (info.Size() + block - 1) / block * block
		}
		return err
	})
	return bytes, err
}

// results are the files of a finished run that must not depend on what happened to it.
func (s *training) results(dir string) (map[string]string, error) {
	m := map[string]string{}
	for _, name := range []string{"metrics.jsonl", "sweep.json", "adapter/adapter_model.safetensors", "adapter/adapter_config.json", "adapter/dylora.json",
		"checkpoints/" + s.last + "/manifest.json", "checkpoints/" + s.last + "/state.safetensors"} {
		b, err := os.ReadFile(filepath.Join(dir, place, name))
		if err != nil {
			return nil, err
		}
		m[name] = string(b)
	}
	return m, nil
}

// same compares the files of a finished run.
func (s *training) same(dir string) error {
	got, err := s.results(dir)
	if err != nil {
		return err
	}
	for name, want := range s.want {
		if got[name] != want {
			return fmt.Errorf("%s is not that of the training that nothing happened to", name)
		}
	}
	return nil
}

// again is the command that goes on with the training in dir, whether it had begun or not.
func (s *training) again(dir string) []string {
	if _, err := os.Stat(filepath.Join(dir, place, train.SettingsName)); err != nil {
		return s.args
	}
	return append(slices.Clone(s.args), "--resume")
}

// resume goes on with the training in dir to its end, and compares what it leaves.
func (s *training) resume(dir string) error {
	r, err := dylora(s.t, dir, s.again(dir)...)
	if err != nil {
		return err
	}
	if r.code != 0 {
		return fmt.Errorf("resumed: %v", r)
	}
	return s.same(dir)
}

// checkpoint reads the newest whole checkpoint in dir as dylora does, and refuses one that is older
// than those that the operations have made to last.
func checkpoint(dir string, ops []filetrace.Op) error {
	newest, notes, err := train.NewestCheckpoint(filepath.Join(dir, place))
	if err != nil {
		return err
	}
	if want := lasting(ops); newest < want {
		return fmt.Errorf("the newest checkpoint that loads is %q, and %s was on the disk: %s", newest, want, strings.Join(notes, "; "))
	}
	return nil
}

// newest refuses a newest checkpoint of another step.
func newest(dir, step string) error {
	name, notes, err := train.NewestCheckpoint(filepath.Join(dir, place))
	if err == nil && !strings.HasPrefix(name, step) {
		err = fmt.Errorf("the newest checkpoint is %q, want %s: %s", name, step, strings.Join(notes, "; "))
	}
	return err
}

// lasting is the name of the newest checkpoint that was renamed to its place in a folder that was
// flushed afterwards, "" if there is none. Names sort by step.
func lasting(ops []filetrace.Op) (name string) {
	renamed := ""
	for _, o := range ops {
		base := filepath.Base(o.To)
		switch {
		case o.Err != 0 || o.Result < 0:
		case o.Kind == filetrace.Rename && strings.HasPrefix(base, "step-"):
			renamed = base
		case o.Kind == filetrace.Sync && filepath.Base(o.Path) == "checkpoints":
			name = max(name, renamed)
		}
	}
	return name
}
