package track

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// The bounds of MLflow.
const (
	maxBatch  = 1000 // entries of a request
	maxParams = 100  // of a request, and tags the same
	maxKey    = 250  // characters
	maxValue  = 6000 // of a parameter; tags and names are shorter here
)

// metric is a value at a step.
type metric struct {
	Key       string `json:"key"`
	Value     number `json:"value"`
	Timestamp int64  `json:"timestamp"` // milliseconds
	Step      int    `json:"step"`
}

// number is a value; nil is NaN.
type number struct{ v *float64 }

// MarshalJSON writes what MLflow reads, "NaN" included.
func (n number) MarshalJSON() ([]byte, error) {
	if n.v == nil {
		return []byte(`"NaN"`), nil
	}
	return json.Marshal(*n.v)
}

// pair is a parameter or a tag.
type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// key is a name that MLflow takes: what it does not is an underscore.
func key(s string) string {
	s = strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-. :/", c) {
			return c
		}
		return '_'
	}, s)
	return cut(s, maxKey)
}

// cut is at most n bytes of a text, whole characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[:n]
	for !utf8.ValidString(s) && len(s) > n-utf8.UTFMax {
		s = s[:len(s)-1]
	}
	return s
}

// pairs are those of a map, by key.
func pairs(m map[string]string) (list []pair) {
	for k, v := range m {
		if v != "" { // which no server takes
			list = append(list, pair{key(k), cut(v, maxValue)})
		}
	}
	slices.SortFunc(list, func(a, b pair) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// logName is the log of a run folder, and resultName the file that is written last.
const (
	logName    = "metrics.jsonl"
	resultName = "sweep.json"
)

// line is one of the log.
type line struct {
	Kind     string              `json:"kind"`
	Step     int                 `json:"step"`
	Loss     *float64            `json:"loss"`
	Ranks    []int               `json:"ranks"`
	LR       *float64            `json:"lr"`
	GradNorm *float64            `json:"grad_norm"`
	Metric   string              `json:"metric"`
	Values   map[string]*float64 `json:"values"`
}

// metrics are those of a line: the loss also under the rank that learnt it, an evaluation's value at each rank.
func (l *line) metrics() (list []metric) {
	add := func(name string, v *float64) {
		list = append(list, metric{Key: key(name), Value: number{v}, Step: l.Step})
	}
	switch l.Kind {
	case "step":
		add("train/loss", l.Loss)
		add("train/lr", l.LR)
		add("train/grad_norm", l.GradNorm)
		if len(l.Ranks) == 1 {
			add(fmt.Sprintf("train/loss/rank_%d", l.Ranks[0]), l.Loss)
		}
	case "evaluation":
		for rank, v := range l.Values {
			add("dev_"+l.Metric+"/rank_"+rank, v)
		}
		slices.SortFunc(list, func(a, b metric) int { return strings.Compare(a.Key, b.Key) })
	}
	return list
}

// position is how much of the log the server has: everything before a step, and of the step its first lines.
type position struct {
	Step  int `json:"step"`
	Lines int `json:"lines"` // of Step
}

// read gives the metrics of the log behind a position, at most max of them in whole lines, and the position behind these.
// A last line that is being written is left for later.
func read(dir string, after position, most int) (list []metric, next position, more bool, err error) {
	f, err := os.Open(filepath.Join(dir, logName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, after, false, nil
	}
	if err != nil {
		return nil, after, false, err
	}
	defer f.Close()
	next = after
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	sc.Split(wholeLines)
	at := position{}
	for sc.Scan() {
		var l line
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			return nil, after, false, fmt.Errorf("%s: %w", filepath.Join(dir, logName), err)
		}
		if l.Step != at.Step {
			at = position{Step: l.Step}
		}
		at.Lines++
		if at.Step < after.Step || at.Step == after.Step && at.Lines <= after.Lines {
			continue
		}
		m := l.metrics()
		if len(list) > 0 && len(list)+len(m) > most {
			return list, next, true, nil
		}
		list, next = append(list, m...), at
	}
	return list, next, false, sc.Err()
}

// wholeLines splits as bufio.ScanLines does, without a last line that has no end.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	advance, token, err = bufio.ScanLines(data, false)
	if atEOF && advance == 0 {
		return len(data), nil, err
	}
	return advance, token, err
}
