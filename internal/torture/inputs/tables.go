package inputs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/dylora/dylora/internal/parquet"
	"github.com/dylora/dylora/internal/parquet/parquettest"
	"github.com/dylora/dylora/internal/torture/row"
)

// layouts are those of parquettest's two originals.
func layouts() [2]parquet.Layout {
	return [2]parquet.Layout{
		{Texts: []parquet.Key{{Column: "sentence", Key: "text_a"}}, Label: "label", Labels: []string{"0", "1"}},
		{Texts: []parquet.Key{{Column: "sentence1", Key: "text_a"}, {Column: "sentence2", Key: "text_b"}}, Label: "label"},
	}
}

// readTable reads a file as dylora reads those of the Hub: by a process of the program with bounded
// memory, and bounded time, that this one starts.
func readTable(q request) (err, wrong error) {
	var lines bytes.Buffer
	err = parquet.Lines(context.Background(), q.Binary, filepath.Join(q.Dir, tableFile), layouts()[q.Seed%2], &lines)
	if err == nil && lines.Len() > 0 && !strings.HasPrefix(lines.String(), `{"text_a":"`) {
		wrong = fmt.Errorf("lines %.100q", lines.String())
	}
	return err, wrong
}

const tableFile = "damaged.parquet"

// tables is row R7. The process that starts the program, and may not end, is none that the other
// cases need.
func tables(t *row.Trial) error {
	originals, err := parquettest.Originals()
	if err != nil {
		return err
	}
	seed := t.Random.Uint64() &^ 1
	readers := make(chan *reader, 3)
	for range cap(readers) {
		readers <- new(reader)
	}
	var tried, refused atomic.Int64
	row.Each(cap(readers), t.Pick(2000), func(i int) {
		t.Case(fmt.Sprintf("file of seed %d", seed+uint64(i)), func(dir string) error {
			r := <-readers
			defer func() { readers <- r }()
			if err := os.WriteFile(filepath.Join(dir, tableFile), parquettest.Damage(originals[i%2], seed+uint64(i)), 0o666); err != nil {
				return err
			}
			a, err := r.ask(request{Way: "table", Dir: dir, Seed: seed + uint64(i), Binary: t.Binary})
			if err != nil {
				return err
			}
			tried.Add(1)
			if a.Class != 0 {
				refused.Add(1)
			}
			return a.refused(dir, true)
		})
	})
	t.Printf("%d of %d refused", refused.Load(), tried.Load())
	if refused.Load() < tried.Load()/3 {
		err = errors.New("the damage does too little")
	}
	for range cap(readers) {
		err = errors.Join(err, (<-readers).close())
	}
	return err
}
