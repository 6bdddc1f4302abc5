package plan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gofrs/flock"

	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/train"
)

// Scores are values of the headline metric by rank; null is one that is undefined.
type Scores map[int]*float64

// Result is what a finished training has reached and what it took.
type Result struct {
	*Record
	Task   string `json:"task"`
	Metric string `json:"metric,omitzero"` // the headline
	Epoch  int    `json:"epoch,omitzero"`  // that the adapter is of
	Final  Scores `json:"final"`           // dev as the adapter of the run has it: at the best epoch, with what was fitted to it
	Last   Scores `json:"last"`            // dev after the last epoch, which no look at dev has chosen
}

// sweepFile is the part of sweep.json that is read here.
type sweepFile struct {
	Task   string `json:"task"`
	Metric string `json:"metric"`
	Epoch  int    `json:"epoch"`
	Ranks  []struct {
		Rank  int      `json:"rank"`
		Value *float64 `json:"value"`
	} `json:"ranks"`
}

// result reads what the run folder of a finished training holds.
func result(l *Line) (*Result, error) {
	r := &Result{Final: Scores{}, Last: Scores{}}
	var err error
	if r.Record, err = readRecord(l.Run); err != nil {
		return nil, err
	}
	if r.Record == nil { // it was trained without a plan
		r.Record = &Record{}
	}
	r.Line = *l
	var s sweepFile
	if _, err := readJSON(filepath.Join(l.Run, finetune.SweepName), &s); err != nil {
		return nil, err
	}
	r.Task, r.Metric, r.Epoch = s.Task, s.Metric, s.Epoch
	for _, rank := range s.Ranks {
		r.Final[rank.Rank] = rank.Value
	}
	log, err := readLog(filepath.Join(l.Run, train.LogName))
	r.Last = log.scores
	return r, err
}

// logged is what a run's log says of its end.
type logged struct {
	step   int    // the last one
	metric string // of the last evaluation
	scores Scores
}

// readLog reads a run's log.
func readLog(path string) (l logged, err error) {
	f, err := os.Open(path)
	if err != nil {
		return l, err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	l.scores = Scores{}
	for sc.Scan() {
		var e struct {
			Step   int                 `json:"step"`
			Metric string              `json:"metric"`
			Values map[string]*float64 `json:"values"` // of an evaluation
		}
		if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
			return l, fault.Invalidf("%s: %w", path, err)
		}
		l.step = e.Step
		if e.Values == nil {
			continue
		}
		l.metric, l.scores = e.Metric, Scores{}
		for text, v := range e.Values {
			if rank, err := strconv.Atoi(text); err == nil {
				l.scores[rank] = v
			}
		}
	}
	return l, sc.Err()
}

// encode is v as one line of JSON.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// Append adds the result of a finished line to a file of results, unless the file has one of
// its ID. The file is replaced as a whole, so it never holds a part of a line; processes that
// append to it wait for each other.
func Append(path string, l *Line) error {
	r, err := result(l)
	if err != nil {
		return err
	}
	lock := flock.New(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock"))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer lock.Close()
	if info, err := os.Stat(path); err == nil && info.Size() > maxPlanBytes {
		return fault.Invalidf("%s: %d bytes is too much for a file of results", path, info.Size())
	}
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return disk.PathFirst(err, path)
	}
	for line := range bytes.Lines(before) {
		var known struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(line, &known); err != nil {
			return fault.Invalidf("%s: a line is no JSON, so it is no file of results: %w", path, err)
		}
		if known.ID == l.ID {
			return nil
		}
	}
	if n := len(before); n > 0 && before[n-1] != '\n' {
		before = append(before, '\n')
	}
	line, err := encode(r)
	if err != nil {
		return err
	}
	return disk.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(append(before, line...))
		return err
	})
}
