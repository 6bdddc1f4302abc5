package baseline

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/tensorboard"
	"github.com/dylora/dylora/internal/train"
)

// Spent reads from its log and events what the training in a run folder has cost: seconds from its first step's end to its last event,
// while a process trained. What is not there counts as nothing.
func Spent(dir string) (c evaluate.Training, err error) {
	c.Trainings = 1
	if c.Seconds, err = tensorboard.Span(dir); err != nil {
		return c, err
	}
	f, err := os.Open(filepath.Join(dir, train.LogName))
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var step struct {
			Kind     string
			Examples int
		}
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			return c, fault.Invalidf("%s line %d: %w", f.Name(), n, err)
		}
		c.Examples += step.Examples
	}
	return c, lines.Err()
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
