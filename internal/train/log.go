package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// LogName is the file of a run's course, one JSON object per line. It holds no times, so
// two runs of the same settings write the same bytes.
const LogName = "metrics.jsonl"

type stepLine struct {
	Kind     string  `json:"kind"` // "step"
	Step     int     `json:"step"`
	Epoch    int     `json:"epoch"`
	Loss     float64 `json:"loss"`
	Ranks    []int   `json:"ranks"`
	LR       float64 `json:"lr"`
	GradNorm float64 `json:"grad_norm"`
	Examples int     `json:"examples"`
	Tokens   int     `json:"tokens"`
}

type evaluationLine struct {
	Kind   string  `json:"kind"` // "evaluation"
	Step   int     `json:"step"`
	Epoch  int     `json:"epoch"`
	Metric string  `json:"metric"`
	Values Values  `json:"values"`
	By     *byLine `json:"by,omitempty"` // of the metric that decides, where it is another
	Best   bool    `json:"best"`
}

type byLine struct {
	Metric string `json:"metric"`
	Values Values `json:"values"`
}

// metricsLog appends to metrics.jsonl.
type metricsLog struct {
	file *os.File
	size int64
}

// openLog opens the log and cuts what was written after the checkpoint that recorded
// size: those steps are taken again. A log that is shorter is not worth a run.
func openLog(path string, size int64) (*metricsLog, []string, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, nil, err
	}
	l := &metricsLog{file: f, size: size}
	var notes []string
	info, err := f.Stat()
	if err == nil && info.Size() < size {
		notes = append(notes, fmt.Sprintf("%s: %d bytes are missing; going on behind what is there", path, size-info.Size()))
		l.size = info.Size()
	}
	if err == nil {
		err = f.Truncate(l.size)
	}
	if err == nil {
		_, err = f.Seek(l.size, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("cannot go on with the log: %w", err)
	}
	return l, notes, nil
}

// hook logs each step and each evaluation.
func (l *metricsLog) hook() Hook {
	return Hook{
		Name: "log",
		Step: func(_ *Loop, s Step) error {
			return l.line(stepLine{"step", s.Step, s.Epoch, s.Loss, s.Ranks, s.LR, s.GradNorm, s.Examples, s.Tokens})
		},
		Evaluated: func(_ *Loop, e Evaluated) error {
			line := evaluationLine{Kind: "evaluation", Step: e.Step, Epoch: e.Epoch, Metric: e.Metric, Values: e.Values, Best: e.Best}
			if e.By != nil {
				line.By = &byLine{e.By.Metric, e.By.Values}
			}
			return l.line(line)
		},
	}
}

// line writes v in one piece.
func (l *metricsLog) line(v any) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		return err
	}
	n, err := l.file.Write(b.Bytes())
	l.size += int64(n)
	return err
}
