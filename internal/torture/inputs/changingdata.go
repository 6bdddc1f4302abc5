package inputs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dylora/dylora/internal/data"
)

// makeTables makes two tables of the same length, and a copy of the first.
func makeTables(dir string) error {
	for _, name := range []string{first, used, second} {
		word := first
		if name == second {
			word = "other"
		}
		var b bytes.Buffer
		b.WriteString("text,label\n")
		for i := range 20_000 {
			fmt.Fprintf(&b, "%s row %06d,%d\n", word, i, i%2)
		}
		if err := writeFolder(filepath.Join(dir, name), map[string][]byte{tableName: b.Bytes()}); err != nil {
			return err
		}
	}
	return nil
}

// table reads a table as training does.
func table(dir string) ([]data.Example, []data.File, error) {
	task, err := data.Files{Train: filepath.Join(dir, tableName), Text: "text", Label: "label", Labels: []string{"0", "1"}}.Task()
	if err != nil {
		return nil, nil, err
	}
	return task.ReadFiles("", "train")
}

// changeData reads a table while it becomes another one. What is recorded of it is what was read.
func changeData(q request) (err, wrong error) {
	dir := filepath.Join(q.Dir, used)
	start := time.Now()
	if _, _, wrong = table(dir); wrong != nil {
		return nil, wrong
	}
	wait := change(q, time.Since(start))
	got, files, err := table(dir)
	if wrong = wait(); wrong != nil {
		return err, wrong
	}
	return version(err, func(name string) error {
		want, _, err := table(filepath.Join(q.Dir, name))
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(q.Dir, name, tableName))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		if len(files) != 1 || files[0].SHA256 != hex.EncodeToString(sum[:]) {
			return fmt.Errorf("recorded as %+v, not %x", files, sum)
		}
		for i := range want {
			if len(got) != len(want) || got[i].A != want[i].A || got[i].Class != want[i].Class {
				return fmt.Errorf("%d rows, of which row %d is %q, not %q", len(got), i, got[min(i, len(got)-1)].A, want[i].A)
			}
		}
		return nil
	})
}
