package flagset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

func TestCheckFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                             "",
		file:                           "", // is replaced
		filepath.Join(dir, "new"):      "",
		"new":                          "",
		filepath.Join(dir, "none/new"): "none: no such file or directory",
		filepath.Join(file, "new"):     "file is not a folder",
		dir:                            "is a folder: name a file",
	} {
		err := CheckFile("--plot", path)
		if want == "" && err != nil {
			t.Errorf("%q: %v", path, err)
		}
		if want == "" {
			continue
		}
		if err == nil || !strings.HasSuffix(err.Error(), want) || !strings.HasPrefix(err.Error(), "--plot: ") || fault.ClassOf(err) != fault.Failure {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
	}
}

func TestCheckSplit(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"dev", "train", "dev_mismatched"} {
		if err := CheckSplit(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "test", "Dev", "dev "} {
		if err := CheckSplit(bad); err == nil || fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What is no bound is refused, and so are two; and a metric that the bound is not for.
func TestCheckGate(t *testing.T) {
	t.Parallel()
	for line, ok := range map[string]bool{
		"": true, "--at-least 0": true, "--at-least -1": true, "--at-least 85%": true, "--at-most 0.4": true,
		"--at-least nan": false, "--at-least inf": false, "--at-least 0,85": false, "--at-least=": false, "--at-most=": false, "--at-most 1 --at-least 0": false,
	} {
		var gate evaluate.Gate
		cmd := &cobra.Command{Use: "test", RunE: func(cmd *cobra.Command, _ []string) error { return CheckGate(cmd, gate) }}
		AddGate(cmd, &gate, "")
		if err := execute(cmd, line); (err == nil) != ok || err != nil && fault.ClassOf(err) != fault.Usage {
			t.Errorf("%q: %v", line, err)
		}
	}
	measured := Measured(evaluate.Gate{AtMost: "2"})
	if measured(&data.Task{Metrics: []string{"mse"}}) != nil || measured(&data.Task{Metrics: []string{"accuracy"}}) == nil {
		t.Error("an error is not bounded from above, or an accuracy is")
	}
}
