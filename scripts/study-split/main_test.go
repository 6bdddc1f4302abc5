package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// examples are the lines of a file without its header.
func examples(t *testing.T, header bool, parts ...string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	if header {
		list = list[1:]
	}
	return list
}

// writeGlue writes one task's files and gives their folder.
func writeGlue(t *testing.T, task, train string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, task), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"train.tsv": train, "dev.tsv": "the official dev\n"} {
		if err := os.WriteFile(filepath.Join(dir, task, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestSplit: a tenth of every label, the same whatever the order of the file; nothing is lost or
// in both files; equal lines stay together; the report has everything.
func TestSplit(t *testing.T) {
	var lines []string
	for i := range 400 {
		lines = append(lines, fmt.Sprintf("sentence %d \t%d", i, min(1, i%4)))
	}
	lines = append(lines, lines[:50]...) // said twice
	var first []string
	for _, order := range []string{"as written", "reversed"} {
		dir, out := writeGlue(t, "SST-2", "sentence\tlabel\n"+strings.Join(lines, "\r\n")+"\n\n"), t.TempDir()
		var talk bytes.Buffer
		if err := split(dir, out, []official{{folder: "SST-2", header: true, label: 1}}, &talk); err != nil {
			t.Fatal(err)
		}
		train := examples(t, true, out, "choose/SST-2/train.tsv")
		dev := examples(t, true, out, "choose/SST-2/dev.tsv")
		if all := append(slices.Clone(train), dev...); !slices.Equal(slices.Sorted(slices.Values(all)), slices.Sorted(slices.Values(lines))) {
			t.Errorf("%s: train and dev are not the lines of train.tsv", order)
		}
		ones := 0
		for _, l := range dev {
			if slices.Contains(train, l) {
				t.Errorf("%s: %q is in both", order, l)
			}
			if strings.HasSuffix(l, "1") {
				ones++
			}
		}
		if len(dev) < 45 || len(dev) > 47 || ones < 33 || ones > 36 {
			t.Errorf("%s: %d of %d lines in dev, %d of label 1", order, len(dev), len(lines), ones)
		}
		if got := examples(t, true, out, "report/SST-2/train.tsv"); !slices.Equal(got, lines) {
			t.Errorf("%s: the report's train has %d lines of %d", order, len(got), len(lines))
		}
		if got := examples(t, false, out, "report/SST-2/dev.tsv"); !slices.Equal(got, []string{"the official dev"}) {
			t.Errorf("%s: the report's dev is %q", order, got)
		}
		slices.Sort(dev)
		if first == nil {
			first = dev
		}
		if !slices.Equal(first, dev) {
			t.Errorf("the split depends on the order of the file")
		}
		slices.Reverse(lines)
	}
}

// TestBound: a task with a bound has so many lines, in the file's order, in both folders together.
func TestBound(t *testing.T) {
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprintf("a\t%03d\t%.1f", i, float64(i%51)/10))
	}
	dir, out := writeGlue(t, "STS-B", "x\ty\tscore\n"+strings.Join(lines, "\n")+"\n"), t.TempDir()
	var talk bytes.Buffer
	if err := split(dir, out, []official{{folder: "STS-B", header: true, label: -1, score: true, most: 200}}, &talk); err != nil {
		t.Fatal(err)
	}
	train := examples(t, true, out, "choose/STS-B/train.tsv")
	dev := examples(t, true, out, "choose/STS-B/dev.tsv")
	report := examples(t, true, out, "report/STS-B/train.tsv")
	if len(train)+len(dev) != 200 || len(dev) < 17 || len(dev) > 23 || len(report) != 200 {
		t.Errorf("%d and %d lines, report %d", len(train), len(dev), len(report))
	}
	if !slices.IsSorted(train) || !slices.IsSorted(dev) || !slices.IsSorted(report) {
		t.Error("the order of the file is lost")
	}
	if !strings.HasPrefix(talk.String(), "STS-B: choose ") || !strings.Contains(talk.String(), "4: ") || strings.Contains(talk.String(), "5: ") {
		t.Errorf("it says %q", talk.String())
	}
}

// TestRefused: files that are not GLUE's end with an error that names the task.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		task  official
		train string
	}{
		"empty":    {official{folder: "CoLA", label: 1}, "\n"},
		"no label": {official{folder: "CoLA", label: 1}, "one column\n"},
		"no score": {official{folder: "STS-B", header: true, label: -1, score: true}, "score\nhigh\n"},
		"above 5":  {official{folder: "STS-B", header: true, label: -1, score: true}, "score\n5.1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			err := split(writeGlue(t, c.task.folder, c.train), t.TempDir(), []official{c.task}, new(bytes.Buffer))
			if err == nil || !strings.Contains(err.Error(), c.task.folder) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := split(t.TempDir(), t.TempDir(), tasks(), new(bytes.Buffer)); err == nil {
		t.Error("a missing folder is no error")
	}
}
