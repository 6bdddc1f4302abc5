// Package gluetest writes examples as the Hub's data set nyu-mll/glue has them.
package gluetest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

type one struct {
	Sentence string `parquet:"sentence,snappy"`
	Label    int64  `parquet:"label"`
	Idx      int32  `parquet:"idx"`
}

type pair struct {
	A     string `parquet:"sentence1,snappy"`
	B     string `parquet:"sentence2,snappy"`
	Label int64  `parquet:"label"`
}

type questions struct {
	A     string `parquet:"question1,snappy"`
	B     string `parquet:"question2,snappy"`
	Label int64  `parquet:"label"`
}

type premises struct {
	A     string `parquet:"premise,snappy"`
	B     string `parquet:"hypothesis,snappy"`
	Label int64  `parquet:"label"`
}

type question struct {
	A     string `parquet:"question,snappy"`
	B     string `parquet:"sentence,snappy"`
	Label int64  `parquet:"label"`
}

type scored struct {
	A     string  `parquet:"sentence1,snappy"`
	B     string  `parquet:"sentence2,snappy"`
	Label float32 `parquet:"label"`
}

// Parquet is a split of a task as the Hub's file.
func Parquet(t testing.TB, task *data.Task, examples []data.Example) []byte {
	t.Helper()
	switch task.Name {
	case "cola", "sst2":
		return encode(t, examples, func(e data.Example) one { return one{e.A, int64(e.Class), int32(e.Index)} })
	case "stsb":
		return encode(t, examples, func(e data.Example) scored { return scored{e.A, *e.B, e.Score} })
	case "qqp":
		return encode(t, examples, func(e data.Example) questions { return questions{e.A, *e.B, int64(e.Class)} })
	case "mnli":
		return encode(t, examples, func(e data.Example) premises { return premises{e.A, *e.B, int64(e.Class)} })
	case "qnli":
		return encode(t, examples, func(e data.Example) question { return question{e.A, *e.B, int64(e.Class)} })
	}
	return encode(t, examples, func(e data.Example) pair { return pair{e.A, *e.B, int64(e.Class)} })
}

func encode[T any](t testing.TB, examples []data.Example, row func(data.Example) T) []byte {
	t.Helper()
	rows := make([]T, len(examples))
	for i, e := range examples {
		rows[i] = row(e)
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Examples are n invented ones of a task, of every label in turn, or without labels.
func Examples(task *data.Task, split string, n int) []data.Example {
	examples := make([]data.Example, n)
	for i := range examples {
		e := data.Example{Index: i, A: fmt.Sprintf("a %s sentence, the %d. of %s", task.Name, i, split)}
		if task.Pair {
			b := fmt.Sprintf("and \"another\" to go with %d", i)
			e.B = &b
		}
		switch {
		case !data.Labelled(split):
			e.Class, e.Score = data.NoLabel, -1
		case task.Kind == data.Regression:
			e.Score = float32(i%6) * 0.8
		default:
			e.Class = int32(i % len(task.Labels))
		}
		examples[i] = e
	}
	return examples
}

// Serve puts a data set of invented splits on a Hub, as large as n says.
func Serve(t testing.TB, s *hubtest.Server, n int) {
	t.Helper()
	files := map[string][]byte{"README.md": []byte("GLUE")}
	for _, task := range data.Tasks() {
		if task.Folder == "" {
			continue
		}
		names := map[string]string{"train": "train", "dev": "validation", "test": "test"}
		if task.Name == "mnli" {
			names = map[string]string{"train": "train", "dev_matched": "validation_matched", "dev_mismatched": "validation_mismatched", "test_matched": "test_matched", "test_mismatched": "test_mismatched"}
			files["ax/test-00000-of-00001.parquet"] = Parquet(t, task, Examples(task, "diagnostic", n))
		}
		for split, name := range names {
			files[task.Name+"/"+name+"-00000-of-00001.parquet"] = Parquet(t, task, Examples(task, split, n))
		}
	}
	s.Add("datasets/nyu-mll/glue", files)
}
