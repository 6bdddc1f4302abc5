package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/torture/row"
)

// compared are the packages whose tests hold forward pass, losses, gradients, steps of AdamW and slices against what PyTorch, Transformers and PEFT computed:
// internal/reftest/testdata, and more where DYLORA_SHARED names a folder with it. The comparison is theirs, and so are the tolerances.
var compared = []string{"model", "program", "train", "adapter"}

// references runs the packages' tests against references, each of which is a case. They are few enough to be tried whole, whatever the share is.
func references(t *row.Trial) error {
	if _, err := exec.LookPath("go"); err != nil {
		return row.Skipped{Why: "there is no Go to run the packages' tests with"}
	}
	args := []string{"test", "-vet=off", "-count=1", "-json", "-run", "^TestReference"}
	for _, name := range compared {
		args = append(args, "./internal/"+name)
	}
	c := exec.CommandContext(t, "go", args...)
	c.Dir, c.Env = t.Root, append(os.Environ(), "CGO_ENABLED=0")
	var talk bytes.Buffer
	c.Stderr = &talk
	out, err := c.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	results, err := leaves(out)
	if err != nil {
		return fmt.Errorf("%w: %s", err, talk.String())
	}
	for _, name := range compared {
		if !slices.ContainsFunc(results, func(r result) bool { return strings.HasSuffix(r.Package, "/internal/"+name) }) {
			return fmt.Errorf("package %s compares nothing: %s", name, talk.String())
		}
	}
	for _, r := range results {
		t.Case(r.Package[strings.LastIndex(r.Package, "/")+1:]+" "+r.Test, func(string) error {
			if r.Action != "pass" {
				return errors.New(r.Action + ": " + strings.TrimSpace(r.said))
			}
			return nil
		})
	}
	if exit != nil && !slices.ContainsFunc(results, func(r result) bool { return r.Action == "fail" }) {
		return fmt.Errorf("go test: %w: %s", exit, talk.String())
	}
	return nil
}

// result is an event of 'go test -json', and what a test has printed.
type result struct {
	Action, Package, Test, Output string

	said string
}

// leaves are the outcomes of the tests without parts, in the order in which they ended. One that is skipped lacks data that not everybody has.
func leaves(out []byte) (all []result, err error) {
	said := map[string]string{}
	parts := map[string]bool{}
	var ended []result
	for line := range bytes.Lines(out) {
		var e result
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("go test says %q: %w", line, err)
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			said[key] += e.Output
		case "run":
			if i := strings.LastIndex(e.Test, "/"); i >= 0 {
				parts[e.Package+" "+e.Test[:i]] = true
			}
		case "pass", "fail":
			if e.Test != "" {
				e.said = said[key]
				ended = append(ended, e)
			}
		}
	}
	for _, e := range ended {
		if e.Action == "fail" || !parts[e.Package+" "+e.Test] {
			all = append(all, e)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("go test has run nothing")
	}
	return all, nil
}
