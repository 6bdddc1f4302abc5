package parquet

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/parquet/parquettest"
)

// TestDamaged changes a small file in 2,000 ways and has each read: this process lives, and
// what is no error has the right shape. A process reads many of the files, as starting one takes a hundred times
// as long as reading; the one that it dies of is read again by Lines, and another process goes on behind it.
func TestDamaged(t *testing.T) {
	count, alone := 2000, 60 // files, and those of them that Lines reads in any case
	if testing.Short() {
		count = alone
	}
	originals, err := parquettest.Originals()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for i := range count {
		if err := os.WriteFile(damagedFile(dir, i), parquettest.Damage(originals[i%len(originals)], uint64(i)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var refused, memoryOut, died, next atomic.Int64
	byLines := func(i int) {
		got, err := lines(t, damagedFile(dir, i), layouts[i%len(layouts)])
		if err != nil {
			refused.Add(1)
			if fault.ClassOf(err) != fault.Invalid || strings.Contains(err.Error(), "\n") {
				t.Errorf("%d: %v", i, err)
			}
			if strings.Contains(err.Error(), "of memory") {
				memoryOut.Add(1)
			}
		} else if !wellFormed(got) {
			t.Errorf("%d: %.100q", i, got)
		}
	}
	const some = 50
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for from := int(next.Add(some)) - some; from < count && !t.Failed(); from = int(next.Add(some)) - some {
				for i := from; i < min(from+some, count); {
					if i < alone {
						byLines(i)
						i++
						continue
					}
					read, no := readMany(t, dir, i, min(from+some, count))
					refused.Add(int64(no))
					if i += read; i < min(from+some, count) {
						died.Add(1)
						byLines(i)
						i++
					}
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d files: %d refused, %d of them for their memory; %d processes died", count, refused.Load(), memoryOut.Load(), died.Load())
	if refused.Load() < int64(count)/3 {
		t.Error("the damage does too little")
	}
}

// layouts are those of the damaged files, by turns.
var layouts = []Layout{sst2, {Texts: []Key{{"sentence1", "text_a"}, {"sentence2", "text_b"}}, Label: "label"}}

func damagedFile(dir string, i int) string { return filepath.Join(dir, fmt.Sprintf("%d.parquet", i)) }

// wellFormed says whether lines begin as those of the layouts do.
func wellFormed(lines string) bool { return lines == "" || strings.HasPrefix(lines, `{"text_a":"`) }

// many has the test binary read damaged files: its arguments are the folder, the first number and the one behind the last.
const many = "read-many"

// readMany has one process read the files from a number to another. It tells how many it read until it died, if it did,
// and how many of these were refused.
func readMany(t *testing.T, dir string, from, to int) (read, refused int) {
	program, err := Program()
	if err != nil {
		t.Error(err)
		return to - from, 0
	}
	out, err := exec.Command(program, many, dir, strconv.Itoa(from), strconv.Itoa(to)).Output()
	for line := range strings.Lines(string(out)) {
		line, whole := strings.CutSuffix(line, "\n")
		if !whole {
			break
		}
		read++
		if line == "refused" {
			refused++
		} else if line != "read" {
			t.Errorf("%d: %s", from+read-1, line)
		}
	}
	if err == nil && read != to-from {
		t.Errorf("%d files of %d were read", read, to-from)
	}
	return read, refused
}

// readDamaged is the process: a line for each file, under the limit of one that Lines starts.
func readDamaged(args []string) error {
	from, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	to, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	collectOften(memory)
	if err := limitMemory(memory); err != nil {
		return err
	}
	for i := from; i < to; i++ {
		var b bytes.Buffer
		says := "read"
		if convert(damagedFile(args[0], i), layouts[i%len(layouts)], &b) != nil {
			says = "refused"
		} else if !wellFormed(b.String()) {
			says = fmt.Sprintf("%.100q", b.String())
		}
		fmt.Println(says)
	}
	return nil
}
