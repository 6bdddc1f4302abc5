package data

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/reftest"
)

// write makes a file, and the folders above it.
func write(t *testing.T, content string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func lookup(t *testing.T, name string) *Task {
	t.Helper()
	task, err := LookupTask(name)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func TestReadFindsTheFolder(t *testing.T) {
	for _, folder := range []string{"SST-2", "sst-2", "sst2", "SST_2", "."} {
		t.Run(folder, func(t *testing.T) {
			dir := t.TempDir()
			write(t, "sentence\tlabel\nfine \t1\n", dir, folder, "dev.tsv")
			got, err := lookup(t, "sst2").Read(dir, "dev")
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].A != "fine " || got[0].Class != 1 {
				t.Errorf("examples = %+v", got)
			}
		})
	}
}

func TestReadPrefersTheOfficialName(t *testing.T) {
	dir := t.TempDir()
	write(t, "sentence\tlabel\nlower\t1\n", dir, "sst2", "dev.tsv")
	write(t, "sentence\tlabel\nabove\t1\n", dir, "dev.tsv")
	write(t, "sentence\tlabel\nofficial\t1\n", dir, "SST-2", "dev.tsv")
	got, err := lookup(t, "sst2").Read(dir, "dev")
	if err != nil || got[0].A != "official" {
		t.Errorf("examples = %+v, error = %v", got, err)
	}
}

func TestReadSplitsOfMNLI(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{"train", "dev_matched", "dev_mismatched", "test_matched", "test_mismatched"} {
		write(t, "gold_label\tsentence1\tsentence2\nneutral\t"+file+"\tb\n", dir, "MNLI", file+".tsv")
	}
	write(t, "index\tsentence1\tsentence2\n0\tdiagnostic\tb\n", dir, "diagnostic", "diagnostic.tsv")
	for split, want := range map[string]string{
		"train": "train", "dev": "dev_matched", "dev_matched": "dev_matched", "dev_mismatched": "dev_mismatched",
		"test": "test_matched", "test_matched": "test_matched", "test_mismatched": "test_mismatched", "diagnostic": "diagnostic",
	} {
		got, err := lookup(t, "mnli").Read(dir, split)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].A != want {
			t.Errorf("%s reads %s", split, got[0].A)
		}
	}
}

func TestReadErrors(t *testing.T) {
	empty, other := t.TempDir(), t.TempDir()
	write(t, "sentence\tlabel\nfine\t1\n", other, "SST-2", "train.tsv")
	if err := os.MkdirAll(filepath.Join(other, "SST-2", "dev.tsv"), 0o700); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, dir, split, want string
		class                  fault.Class
	}{
		{"unknown split", other, "valid", `no split "valid": choose one of train, dev, test`, fault.Usage},
		{"no folder given", "", "dev", "task sst2 needs its data, the GLUE folder that has SST-2/dev.tsv", fault.Usage},
		{"no such folder", filepath.Join(empty, "glue"), "dev", "cannot read the data folder", fault.Invalid},
		{"a file for a folder", filepath.Join(other, "SST-2", "train.tsv"), "dev", "cannot read the data folder", fault.Invalid},
		{"no such file", empty, "dev", "SST-2/dev.tsv: the data folder must be the GLUE folder, the one that has SST-2/dev.tsv", fault.Invalid},
		{"a folder for a file", other, "dev", "SST-2/dev.tsv: the data folder must be the GLUE folder, the one that has SST-2/dev.tsv", fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := lookup(t, "sst2").Read(tt.dir, tt.split)
			checkError(t, err, tt.class, tt.want)
		})
	}
}

// checkError wants an error of one line, of a class, with a text in it.
func checkError(t *testing.T, err error, class fault.Class, want string) {
	t.Helper()
	switch {
	case err == nil || !strings.Contains(err.Error(), want):
		t.Fatalf("error = %v, want %q", err, want)
	case fault.ClassOf(err) != class:
		t.Errorf("class %d, want %d: %v", fault.ClassOf(err), class, err)
	case strings.Contains(err.Error(), "\n"):
		t.Errorf("more than a line: %q", err)
	}
}

func TestReadDemo(t *testing.T) {
	for _, split := range []string{"train", "dev"} {
		got, err := lookup(t, "demo").Read("", split)
		if err != nil {
			t.Fatal(err)
		}
		positive := 0
		for i, e := range got {
			if e.Index != i || e.B != nil || e.A == "" {
				t.Fatalf("example %d = %+v", i, e)
			}
			positive += int(e.Class)
		}
		if len(got) < 1000 || positive != len(got)/2 {
			t.Errorf("%s: %d examples, %d positive", split, len(got), positive)
		}
	}
}

// TestReferenceGLUE reads every official file there is for the splits of every task, and
// compares the number of examples with the number of line ends.
func TestReferenceGLUE(t *testing.T) {
	shared := reftest.Shared(t, "the official files of GLUE")
	glue, read := filepath.Join(shared, "data", "glue"), 0
	for _, task := range Tasks() {
		for _, split := range task.Splits() {
			folder := task.Folder
			if split == diagnostic {
				folder = diagnostic
			}
			path := filepath.Join(glue, folder, task.fileName(split))
			raw, err := os.ReadFile(path)
			if task.Folder == "" || os.IsNotExist(err) {
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			read++
			t.Run(task.Name+"/"+split, func(t *testing.T) { checkOfficial(t, task, glue, split, raw) })
		}
	}
	if read == 0 {
		t.Errorf("no official file under %s", glue)
	}
}

func checkOfficial(t *testing.T, task *Task, glue, split string, raw []byte) {
	lines := bytes.SplitAfter(raw, []byte("\n"))
	if n := len(lines); len(lines[n-1]) == 0 {
		lines = lines[:n-1]
	}
	if task.columns == 0 || !Labelled(split) {
		lines = lines[1:]
	}
	dirs := []string{glue, filepath.Join(glue, task.Folder)}
	if split == diagnostic {
		dirs[1] = filepath.Join(glue, diagnostic)
	}
	for _, dir := range dirs {
		got, err := task.Read(dir, split)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(lines) {
			t.Fatalf("%d examples from %s, want %d", len(got), dir, len(lines))
		}
		classes := map[int32]int{}
		for i, e := range got {
			classes[e.Class]++
			if e.Index != i || (e.B != nil) != task.Pair || !bytes.Contains(lines[i], []byte("\t"+e.A)) && !bytes.HasPrefix(lines[i], []byte(e.A)) {
				t.Fatalf("example %d = %+v, line %q", i, e, lines[i])
			}
		}
		if !Labelled(split) {
			if task.Kind == Classification && classes[NoLabel] != len(got) {
				t.Errorf("classes %v in a split without labels", classes)
			}
			continue
		}
		if len(classes) != max(1, len(task.Labels)) {
			t.Errorf("classes %v, want all of %v", classes, task.Labels)
		}
	}
}
